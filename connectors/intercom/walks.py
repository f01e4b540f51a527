"""Walks what Intercom pages by `starting_after`: all by list, then what changed by search."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import msgspec

from connectors.core.http import ToolClient
from connectors.core.pages import Envelope
from connectors.core.source import Ids, Page, Read, Reading
from warehouse.errors import Refused, Unavailable

# NOTES.md 4: searches show what is new some minutes late.
LOOK_BACK = int(timedelta(minutes=15).total_seconds())
# NOTES.md 5: what an index kept back for longer than that is looked for once a day.
LONG_LOOK_BACK = int(timedelta(days=2).total_seconds())
BEGIN_AGAIN = 3
DAY = int(timedelta(days=1).total_seconds())

Fetch = Callable[[Reading, list[msgspec.Raw]], list[msgspec.Raw]]
Ask = Callable[[str | None], Envelope]
State = dict[str, Any]


def as_shown(_: Reading, records: list[msgspec.Raw]) -> list[msgspec.Raw]:
    return records


@dataclass(frozen=True)
class Walk:
    """One kind of record that is listed and searched.

    Attributes:
        kind: its path, such as `contacts`.
        holds: the name under which an answer holds the records.
        per_page: how many records one request asks for, 150 at most.
        window: the filters that find, at the least, what changed in a time of unix seconds.
        fetch: makes of listed records what is landed.
    """

    kind: str
    holds: str
    per_page: Callable[[], int]
    window: Callable[[int, int], list[Mapping[str, object]]]
    fetch: Fetch = as_shown

    def read(self) -> Read:
        """Read everything once by list, then the changes by search."""

        def read(reading: Reading) -> Iterator[Page]:
            state = dict(reading.cursor or {"backfill": None})
            if "backfill" in state:
                for page in self._backfill(reading, state):
                    yield page
                    state = dict(page.cursor)
            # A resumed window ends when the interrupted run began: then read on to the present.
            for _ in range(2 if "until" in state else 1):
                for page in self._changes(reading, state):
                    yield page
                    state = dict(page.cursor)

        return read

    def ids(self) -> Ids:
        """List every live id: nothing else tells what was deleted or merged away."""

        def ids(reading: Reading) -> Iterator[list[str]]:
            for records, _ in pages(reading, self.kind, self._list(reading.client), self.holds):
                yield [str(msgspec.json.decode(record, type=Named).id) for record in records]

        return ids

    def count(self, client: ToolClient) -> int:
        """How many the search knows: what it does not show yet, we do not land yet."""
        everything = {"field": "created_at", "operator": ">", "value": 0}
        answer = client.post(
            f"/{self.kind}/search",
            {
                "query": {"operator": "AND", "value": [everything]},
                "pagination": {"per_page": 1},
            },
        )
        return int(answer.value("total_count"))

    def _backfill(self, reading: Reading, state: State) -> Iterator[Page]:
        started = state.get("started")
        ask = self._list(reading.client)
        for records, after in pages(reading, self.kind, ask, self.holds, state["backfill"]):
            started = started or _now(reading.client) - LOOK_BACK
            going_on = {"backfill": after, "started": started}
            whole = {"since": started, "looked": started}
            yield Page(self.fetch(reading, records), going_on if after else whole)

    def _changes(self, reading: Reading, state: State) -> Iterator[Page]:
        """Walk a window with a fixed end; its stamps only grow, so nothing slips behind us."""
        if "until" not in state:
            reading.client.get("/me")
            state = _opened(state, _now(reading.client))
        since, until = int(state["since"]), int(state["until"])

        def ask(after: str | None) -> Envelope:
            paging = {"per_page": self.per_page()} | ({"starting_after": after} if after else {})
            return reading.client.post(
                f"/{self.kind}/search",
                {
                    "query": {"operator": "AND", "value": self.window(since, until)},
                    "sort": {"field": "updated_at", "order": "ascending"},
                    "pagination": paging,
                },
            )

        held = {"since": since, "until": until, "looked": state["looked"]}
        ended = {"since": until - LOOK_BACK, "looked": state["looked"]}
        for records, after in pages(reading, self.kind, ask, self.holds, state.get("after")):
            changed = [record for record in records if _changed_since(record, since)]
            yield Page(self.fetch(reading, changed), held | {"after": after} if after else ended)

    def _list(self, client: ToolClient) -> Ask:
        def ask(after: str | None) -> Envelope:
            params = {"per_page": self.per_page()} | ({"starting_after": after} if after else {})
            return client.get(f"/{self.kind}", params)

        return ask


class Named(msgspec.Struct):
    """What every listed record has."""

    id: str | int


class _Stamped(msgspec.Struct):
    updated_at: int


def _changed_since(record: msgspec.Raw, since: int) -> bool:
    """Whether it is news; a window by the day shows two days of what is none (NOTES.md 2)."""
    try:
        return msgspec.json.decode(record, type=_Stamped).updated_at >= since
    except msgspec.ValidationError:
        return True  # It breaks its contract, and is set aside for that.


def _opened(state: State, now: int) -> State:
    """A window from where the last one ended to now; once a day it reaches back much further."""
    is_due = now - int(state["looked"]) >= DAY
    since = int(state["since"]) - (LONG_LOOK_BACK if is_due else 0)
    return {"since": since, "until": now, "looked": now if is_due else state["looked"]}


def pages(
    reading: Reading, kind: str, ask: Ask, holds: str, after: str | None = None
) -> Iterator[tuple[list[msgspec.Raw], str | None]]:
    """Every page's records, and the cursor of the next page or None.

    Raises:
        Unavailable: Intercom gave the cursor again that it was asked with.
        Refused: Intercom does not take the request.
    """
    begun_again = 0
    while True:
        try:
            envelope = ask(after)
        except Refused as refused:
            begun_again += 1
            if after is None or refused.status not in {400, 404, 422} or begun_again > BEGIN_AGAIN:
                raise
            reading.say(
                f"intercom.{kind}: the page cursor is no longer accepted, so this walk begins"
                " again from its first page; nothing is landed twice"
            )
            after = None
            continue
        following = (envelope.value("pages", {}).get("next") or {}).get("starting_after")
        if following is not None and following == after:
            raise Unavailable(f"Intercom gave the same page cursor twice for {kind}: stopped")
        after = following
        yield envelope.records(holds), after
        if after is None:
            return


def _now(client: ToolClient) -> int:
    return int(client.source_time().timestamp())
