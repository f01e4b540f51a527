"""Numbers every step of I/O of a run, and ends the run at one of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import sqlalchemy as sa

from warehouse.deliveries import Deliveries, Entry, NewEntry, PlanHeader, Settlement
from warehouse.state import StateStore


class Killed(BaseException):
    """The process is no more: no `except Exception` of the program may see it."""


class Steps:
    """The steps of one run in order; `killed_at` is where it ended, if it was killed."""

    def __init__(self, kill_at: int | None = None) -> None:
        self._kill_at = kill_at
        self.taken: Counter[str] = Counter()
        self.killed_at: str | None = None

    def take(self, place: str) -> None:
        if self.killed_at is not None:
            raise Killed(f"the dead do nothing, not even {place}")
        self.taken[place] += 1
        if self.taken.total() == self._kill_at:
            self.killed_at = place
            raise Killed(place)


class KillableState(StateStore):
    """A state store in which every commit of the ledger is two steps: before it and after it."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.steps = Steps()
        self.doing: str | None = None

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        doing = self.doing
        with super().transaction() as connection:
            yield connection
            if doing is not None:
                self.steps.take(f"before commit: {doing}")
        if doing is not None:
            self.steps.take(f"after commit: {doing}")


class KillableDeliveries(Deliveries):
    """The real ledger, which says what it is about to write."""

    def __init__(self, state: KillableState) -> None:
        super().__init__(state)
        self._doing = state

    def open_plan(self, header: PlanHeader, rows: Sequence[NewEntry], at: datetime) -> list[Entry]:
        with self._named("planned"):
            return super().open_plan(header, rows, at)

    def go_on(self, header: PlanHeader, rows: Sequence[NewEntry], at: datetime) -> list[Entry]:
        with self._named("planned"):
            return super().go_on(header, rows, at)

    def mark_in_flight(self, entries: Sequence[Entry], request_hash: str, at: datetime) -> None:
        with self._named("in flight"):
            super().mark_in_flight(entries, request_hash, at)

    def mark_submitted(self, entries: Sequence[Entry], job: str) -> None:
        with self._named("submitted"):
            super().mark_submitted(entries, job)

    def settle(self, sync: str, settlements: Sequence[Settlement], at: datetime) -> None:
        with self._named("settled"):
            super().settle(sync, settlements, at)

    def turn(
        self,
        sync: str,
        settlements: Sequence[Settlement],
        sending: Sequence[tuple[Sequence[Entry], str]],
        at: datetime,
    ) -> None:
        with self._named("settled" if settlements else "in flight"):
            super().turn(sync, settlements, sending, at)

    def abandon(self, entries: Sequence[Entry], reason: str, at: datetime) -> None:
        with self._named("abandoned"):
            super().abandon(entries, reason, at)

    @contextmanager
    def _named(self, doing: str) -> Iterator[None]:
        self._doing.doing = doing
        try:
            yield
        finally:
            self._doing.doing = None
