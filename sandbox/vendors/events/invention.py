"""Invents web and product events: unknown visitors first, users later, repeats, wrong clocks."""

import csv
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np

from sandbox.generation.customer import Customer, KnownPerson
from sandbox.generation.invention import Invention
from sandbox.generation.output import RecordFiles
from sandbox.generation.product import visitor_id
from sandbox.vendors.events import visits
from sandbox.vendors.events.drawing import draw, repeated
from sandbox.vendors.events.visitors import Visitor, visitor_of
from sandbox.vendors.events.writing import Pieces, columns_of, lines, write_calls

_CALLS_PER_COMPANY = {"few": 30, "many": 76}
_MANY = 10_000
_SAYS_ODDS = 0.75
_SECOND_BROWSER_ODDS = 0.3
_STRANGER_ODDS = 0.6
_NEXT_DAY_CALLS = 40


class EventsInvention(Invention):
    """Calls of the tracking library as files below `events/`."""

    vendor = "events"

    def credentials(self) -> dict[str, Any]:
        return {"folder": "{data}/events"}

    def begin(self) -> None:
        self._visitors: list[Visitor] = []
        self._buys: list[bool] = []
        self._companies = 0
        self._planned: list[list[visits.Visit]] = []

    def enter(self, customer: Customer) -> None:
        self._companies += 1
        for known in customer.people:
            says = self.rng.random() < _SAYS_ODDS
            if self.rng.plain:
                self._follow(customer, known, says=says)
                continue
            for device in range(1, 3 if self.rng.random() < _SECOND_BROWSER_ODDS else 2):
                self._meet(visitor_of(customer, known, device, says=says), customer.is_paying)
        if not self.rng.plain and self.rng.random() < _STRANGER_ODDS:
            key = f"stranger/{customer.presence.company.key}"
            self._meet(Visitor(visitor_id(key), ""), buys=False)

    def _follow(self, customer: Customer, known: KnownPerson, *, says: bool) -> None:
        """Plan what somebody does; whom nobody else knows, nobody recognises."""
        says = says and known.is_known
        browsers: dict[str, list[visits.Visit]] = {}
        for device in range(1, 3 if self.rng.random() < _SECOND_BROWSER_ODDS else 2):
            visitor = visitor_of(customer, known, device, says=says)
            drawn = visits.draw_visits(
                self.rng, self.scene.as_of, says=says, buys=customer.is_paying
            )
            free = [one for one in drawn if known.is_free(self.vendor, one.started_at, *one.kinds)]
            browsers[visitor.anonymous] = free
            self._meet(visitor, customer.is_paying)
            self._planned.append(free)
        account = customer.presence.company.key
        visits.write_all(self.scene.ledger, known, account, browsers, says=says)

    def _meet(self, visitor: Visitor, buys: bool) -> None:  # noqa: FBT001
        self._visitors.append(visitor)
        self._buys.append(buys and bool(visitor.user))

    def end(self) -> None:
        if not self._visitors:
            return
        if self.rng.plain:
            self._write_planned()
            return
        scale = "many" if self._companies >= _MANY else "few"
        self._draw(self._companies * _CALLS_PER_COMPANY[scale])
        self._tell_truth(self.scene.files.directory / "truth" / "visitors.csv")

    def _write_planned(self) -> None:
        until = int(self.scene.as_of.timestamp() * 1_000)
        chance = np.random.default_rng(self.rng.getrandbits(64))
        calls = repeated(chance, visits.calls_of(self.rng, self._planned, until), until)
        write_calls(self.scene.files.directory / "events", calls, Pieces(self._visitors), until)
        self._tell_truth(self.scene.files.directory / "truth" / "visitors.csv")

    def _draw(self, count: int) -> None:
        says = np.array([bool(one.user) for one in self._visitors])
        until = int(self.scene.as_of.timestamp() * 1_000)
        chance = np.random.default_rng(self.rng.getrandbits(64))
        calls = draw(chance, says, np.array(self._buys), count, until)
        folder = self.scene.files.directory / "events"
        write_calls(folder, calls, Pieces(self._visitors), until)

    def _tell_truth(self, path: Path) -> None:
        """Who is behind each browser; nobody knows who the strangers are."""
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(("anonymous_id", "user_id", "person"))
            writer.writerows((one.anonymous, one.user, one.person) for one in self._visitors)

    def next_day(self, files: RecordFiles, directory: Path) -> list[dict[str, Any]]:  # noqa: ARG002
        """Another day's file, and a late one of the day before."""
        if not self._visitors:
            return []
        until = int((self.scene.as_of + timedelta(days=1)).timestamp() * 1_000)
        says = np.array([bool(one.user) for one in self._visitors])
        chance = np.random.default_rng(self.rng.getrandbits(64))
        calls = draw(chance, says, np.array(self._buys), _NEXT_DAY_CALLS * 90, until)
        newest = np.flatnonzero(calls.received >= until - 86_400_000)
        text = lines(columns_of(calls.take(newest), Pieces(self._visitors)))
        late, rest = text.splitlines(keepends=True)[:3], text.splitlines(keepends=True)[3:]
        for day, part, content in ((0, "late", late), (1, "0000", rest)):
            at = self.scene.as_of + timedelta(days=day)
            path = directory / "events" / f"{at:%Y/%m/%d}" / f"calls-{part}.ndjson"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"".join(content))
        return []


INVENTION = EventsInvention
