"""Reads everything once, then what Stripe's events say has changed, each object by its id."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from connectors.core.http import ToolClient
from connectors.core.source import Ids, Page, Read, Reading
from connectors.stripe.listing import (
    Kind,
    get,
    list_params,
    pages,
    shown,
    whole,
)

EVENTS = "/v1/events"
DAY = 86_400
# Events are listed for 30 days; an hour of them is left for the reading itself.
KEPT = 30 * DAY - 3_600
# Events may show up late and out of order: read so much again, in seconds.
LOOK_BACK = 3_600
BATCH = 50


class _About(msgspec.Struct):
    """The object of an event: itself, and the other objects that may have changed with it."""

    object: str = ""
    id: str | None = None
    customer: Any = None
    subscription: Any = None
    invoice: Any = None


class _Data(msgspec.Struct):
    object: _About


class _Event(msgspec.Struct):
    type: str
    created: int
    data: _Data


_EVENT = msgspec.json.Decoder(_Event)


@dataclass(frozen=True)
class Changing:
    """A kind, the events that tell of its changes, and how other objects' events name it."""

    kind: Kind
    types: tuple[str, ...]
    named_by: str | None = None

    def subject(self, about: _About) -> str | None:
        """The id of the object that changed; an upcoming invoice has none yet."""
        if about.object == self.kind.noun:
            return about.id
        named = getattr(about, self.named_by) if self.named_by else None
        return named.get("id") if isinstance(named, dict) else named


def read_changes(what: Changing) -> Read:
    """Everything by list; afterwards what events tell of, each object fetched by its id."""

    def read(reading: Reading) -> Iterator[Page]:
        position = dict(reading.cursor or {})
        if "since" in position:
            since = int(position["since"])
            first, until = _first_told(what, reading.client, since)
            if until - since < KEPT:
                yield from _fetched(what, reading, first, since)
                yield Page([], {"since": until})
                return
            _say_too_old(reading, since)
            position = {}
        if "began" in position and _asked_now(reading.client) - position["began"] >= KEPT:
            _say_too_old(reading, position["began"])
            position = {}
        seen: set[str] = set()
        began = yield from _everything(what.kind, reading, position, seen)
        first, _ = _first_told(what, reading.client, began)
        # What this reading has shown already is left to the next: the cursor stays before it.
        news = {found: created for found, created in first.items() if found not in seen}
        for page in _fetched(what, reading, news, began):
            yield Page(page.records, {"since": began})

    return read


def _say_too_old(reading: Reading, since: int) -> None:
    reading.say(
        f"last read on {_day(since)}, and Stripe lists events for 30 days: all is read again"
    )


def _everything(
    kind: Kind, reading: Reading, position: dict[str, Any], seen: set[str]
) -> Generator[Page, None, int]:
    """Every object, newest first; when the list was begun, from which on events have to tell."""
    client, began = reading.client, position.get("began")
    listed = pages(
        client, kind.path, list_params(kind), position.get("after"), position.get("created")
    )
    for page in listed:
        began = began or now(client)
        rows = [whole(client, kind, row) for row in page.rows if _is_new(row, seen)]
        if page.has_more and page.last:
            after = {"after": page.last.id, "created": page.last.created}
            yield Page(rows, {"began": began, **after})
        else:
            yield Page(rows, {"since": began})
    return int(began or now(client))


def _is_new(row: msgspec.Raw, seen: set[str]) -> bool:
    """Whether this reading has not shown it: two versions in one would have no order."""
    found = shown(row)
    if found is None:
        return True
    is_new = found.id not in seen
    seen.add(found.id)
    return is_new


def _fetched(what: Changing, reading: Reading, first: dict[str, int], since: int) -> Iterator[Page]:
    """The objects as they are now, in the order in which they first changed."""
    todo = sorted((created, found) for found, created in first.items())
    for start in range(0, len(todo), BATCH):
        batch = todo[start : start + BATCH]
        records = [get(reading.client, what.kind, found) for _, found in batch]
        # What changed first after the last of these is still to come.
        yield Page(records, {"since": max(since, batch[-1][0])})


def _first_told(what: Changing, client: ToolClient, since: int) -> tuple[dict[str, int], int]:
    """Every object that events name, with the first of them, and when the list was begun."""
    params = {"types[]": list(what.types), "created[gte]": since - LOOK_BACK}
    first: dict[str, int] = {}
    until = None
    for page in pages(client, EVENTS, params, None):
        until = until or now(client)
        for row in page.rows:
            event = _EVENT.decode(row)
            found = what.subject(event.data.object)
            if found is not None:
                first[found] = min(event.created, first.get(found, event.created))
    return first, until or now(client)


def read_events(types: tuple[str, ...]) -> Read:
    """The events themselves, in windows: each from its newest on, up to where it was begun."""

    def read(reading: Reading) -> Iterator[Page]:
        position = dict(reading.cursor or {})
        is_resumed = "until" in position
        since = yield from _window(reading, types, position)
        if is_resumed:
            yield from _window(reading, types, {"since": since})

    return read


def _window(
    reading: Reading, types: tuple[str, ...], position: dict[str, Any]
) -> Generator[Page, None, int]:
    """One window, from `since` until now or until where it was begun before."""
    client, since, until = reading.client, int(position.get("since", 0)), position.get("until")
    params = {"types[]": list(types), "created[gte]": max(0, since - LOOK_BACK)}
    for page in pages(client, EVENTS, params, position.get("after"), position.get("created")):
        if until is None:
            until = now(client)
            if since and until - since >= KEPT:
                reading.say(f"events since {_day(since)} that are older than 30 days are lost")
        if page.has_more and page.last:
            after = {"after": page.last.id, "created": page.last.created}
            yield Page(page.rows, {"since": since, "until": until, **after})
        else:
            yield Page(page.rows, {"since": until})
    return until or now(client)


def list_ids(kind: Kind) -> Ids:
    """The ids of everything that is listed, for deletions that nobody told of."""

    def ids(reading: Reading) -> Iterator[list[str]]:
        for page in pages(reading.client, kind.path, dict(kind.filters), None):
            yield [found.id for row in page.rows if (found := shown(row))]

    return ids


def count_of(kind: Kind) -> Any:
    """Stripe counts nothing: the number of objects where they fit one page, else unknown."""

    def count(client: ToolClient) -> int | None:
        envelope = client.get(kind.path, {**dict(kind.filters), "limit": 100})
        return None if envelope.value("has_more") else len(envelope.records("data"))

    return count


def now(client: ToolClient) -> int:
    """Unix seconds of Stripe's own clock, from the last answer."""
    return int(client.source_time().timestamp())


def _asked_now(client: ToolClient) -> int:
    client.get(EVENTS, {"limit": 1})
    return now(client)


def _day(unix: int) -> str:
    return f"{datetime.fromtimestamp(unix, UTC):%Y-%m-%d}"
