"""Reads which record belongs to which: all of it once a day, at once for what was changed since."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any

import msgspec

from connectors.core.http import ToolClient
from connectors.core.source import Page, Reading
from connectors.hubspot.objects import ID_ONLY, SEARCH_LIMIT, CrmObject, State, looked_back
from connectors.hubspot.paging import ids_of, in_batches
from warehouse.errors import Unavailable

BATCH = 1_000
# NOTES.md 9: no stamp tells that an association was made or removed.
EVERY = timedelta(days=1)
ACTIVITIES = ("calls", "meetings", "emails", "notes", "tasks")
# Each pair is read from one side, which shows the same as the other.
PAIRS: tuple[tuple[str, str], ...] = (
    ("deals", "companies"),
    ("deals", "contacts"),
    ("contacts", "companies"),
    ("companies", "companies"),
    *((kind, other) for kind in ACTIVITIES for other in ("contacts", "companies", "deals")),
)

Parts = dict[str, msgspec.Raw]


class _Ended(msgspec.Struct):
    id: str


class _Paged(msgspec.Struct):
    after: str


class _Paging(msgspec.Struct):
    next: _Paged | None = None


class _Result(msgspec.Struct, rename={"origin": "from"}):
    origin: _Ended
    to: list[msgspec.Raw]
    paging: _Paging | None = None


_RESULT = msgspec.json.Decoder(_Result)


class Associations:
    """The stream of all associations; `objects` are those that it starts from."""

    def __init__(self, objects: Sequence[CrmObject]) -> None:
        self._objects = {one.kind: one for one in objects}

    def read(self, reading: Reading) -> Iterator[Page]:
        """A walk over everything when a day has passed, else only what search shows as changed.

        The cursor holds `since`, up to where changes are read, `walked`, when the last walk over
        everything began, and the place inside an unfinished `walk` or `window`.
        """
        state: State = reading.cursor or {}
        now = self._objects["deals"].now(reading.client)
        if "walk" not in state and _is_due(state, now):
            state = {**state, "walk": {"place": 0, "after": "", "began": now.isoformat()}}
        if "walk" in state:
            yield from self._walk(reading, state)
        else:
            yield from self._changes(reading, state, now)

    # -- everything ------------------------------------------------------------------------

    def _walk(self, reading: Reading, state: State) -> Iterator[Page]:
        known = _Known(reading)
        walk = dict(state["walk"])
        for place in range(walk["place"], len(PAIRS)):
            first, second = PAIRS[place]
            after = walk["after"] if place == walk["place"] else ""
            ids = [one for one in self._ids(reading, first) if one > after]
            for batch in in_batches(ids, BATCH):
                records = _associated(reading.client, (first, second), batch, known)
                going_on = {"place": place, "after": batch[-1], "began": walk["began"]}
                yield Page(records, {**state, "walk": going_on})
        since = looked_back(walk["began"], walk["began"])
        yield Page(self._orphans(reading, known), {"since": since, "walked": walk["began"]})

    def _ids(self, reading: Reading, kind: str) -> list[str]:
        """The ids of an object as landed; asked for where none is landed, in the same order."""
        landed = reading.known(kind)
        return landed or sorted(one for ids in self._objects[kind].ids(reading) for one in ids)

    def _orphans(self, reading: Reading, known: _Known) -> list[msgspec.Raw]:
        """What is left of records that are gone: nobody can be asked about them any more."""
        live = {kind: set(self._ids(reading, kind)) for kind in {first for first, _ in PAIRS}}
        return [
            _record(*key, [])
            for key in known.parts()
            if key[0] in live and key[1] not in live[key[0]]
        ]

    # -- what has changed ------------------------------------------------------------------

    def _changes(self, reading: Reading, state: State, now: datetime) -> Iterator[Page]:
        known = _Known(reading)
        window = dict(state.get("window") or {"kind": "", "until": now.isoformat()})
        for kind, one in sorted(self._objects.items()):
            if kind < window["kind"]:
                continue
            last_id = window.get("last_id", "0") if kind == window["kind"] else "0"
            place = {"kind": kind, "until": window["until"], "last_id": last_id}
            while True:
                hits = one.search(reading.client, ID_ONLY, {"since": state["since"], **place})
                records = self._of_changed(reading.client, kind, ids_of(hits), known)
                is_last = len(hits) < SEARCH_LIMIT
                place = {**place, **({} if is_last else {"last_id": one.last_id(hits)})}
                yield Page(records, {**state, "window": place})
                if is_last:
                    break
        since = looked_back(state["since"], window["until"])
        yield Page([], {"since": since, "walked": state["walked"]})

    def _of_changed(
        self, client: ToolClient, kind: str, ids: list[str], known: _Known
    ) -> list[msgspec.Raw]:
        if not ids:
            return []
        pairs = [pair for pair in PAIRS if pair[0] == kind]
        return [one for pair in pairs for one in _associated(client, pair, ids, known)]


def _is_due(state: State, now: datetime) -> bool:
    return "walked" not in state or now - datetime.fromisoformat(state["walked"]) >= EVERY


class _Known:
    """The associations that are landed and not empty, looked up when they are first needed."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    @cached_property
    def _keys(self) -> set[str]:
        return set(self._reading.known("associations"))

    def holds(self, first: str, record_id: str, second: str) -> bool:
        return f"{first}/{record_id}/{second}" in self._keys

    def parts(self) -> Iterator[tuple[str, str, str]]:
        for key in sorted(self._keys):
            first, record_id, second = key.split("/")
            yield first, record_id, second


def _associated(
    client: ToolClient, pair: tuple[str, str], ids: Sequence[str], known: _Known
) -> list[msgspec.Raw]:
    """The associations of records with one object; an empty list for each that had some before.

    Who has none is left out of the answer, and named in its errors.
    """
    first, second = pair
    path = f"/crm/v4/associations/{first}/{second}/batch/read"
    wanted: list[dict[str, Any]] = [{"id": one} for one in ids]
    found: dict[str, list[msgspec.Raw]] = {}
    while wanted:
        more = []
        for record in client.post(path, {"inputs": wanted}).records("results"):
            result = _RESULT.decode(record)
            record_id = result.origin.id
            found.setdefault(record_id, []).extend(result.to)
            if result.paging and result.paging.next:
                more.append({"id": record_id, "after": result.paging.next.after})
        if more == wanted:
            raise Unavailable(f"HubSpot gave the same page of {first} with {second} twice: stopped")
        wanted = more
    for record_id in ids:
        if record_id not in found and known.holds(first, record_id, second):
            found[record_id] = []
    return [_record(first, one, second, to) for one, to in found.items()]


def _record(first: str, record_id: str, second: str, to: list[msgspec.Raw]) -> msgspec.Raw:
    """One record of the stream, its associations in an order that does not change by itself."""
    whole = {
        "fromObjectType": first,
        "toObjectType": second,
        "from": {"id": record_id},
        "to": sorted(to, key=bytes),
    }
    return msgspec.Raw(msgspec.json.encode(whole))
