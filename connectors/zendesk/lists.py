"""Reads what Zendesk shows in lists: ratings, fields, schedules with holidays, and merges."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import msgspec

from connectors.core.pages import Envelope
from connectors.core.source import Ids, Page, Read, Reading, last_valid
from connectors.zendesk.exports import BEGINNING, pages_by_time
from connectors.zendesk.records import Organization
from warehouse.errors import Refused, Unavailable

PAGE_SIZE = 100
# Each organization of a page is asked on its own: a short page repeats little after a kill.
ORGANIZATIONS_AT_ONCE = 100
# NOTES.md 12: how long after it was asked for a rating may still change.
RATINGS_CHANGE_FOR = timedelta(days=35)
# What an account answers whose plan does not have the thing, or whose record is gone.
GONE = 404

_record = msgspec.json.Decoder(dict[str, Any])


def pages_of(
    reading: Reading, name: str, params: Mapping[str, str | int], after: str | None = None
) -> Iterator[tuple[Envelope, str | None]]:
    """Every page of a list by cursor, with the cursor of the next one, None on the last."""
    while True:
        turned = {"page[size]": PAGE_SIZE} | ({"page[after]": after} if after else {})
        envelope = reading.client.get(f"/api/v2/{name}", dict(params) | turned)
        meta = envelope.value("meta", {})
        new = meta.get("after_cursor") if meta.get("has_more") else None
        if new is not None and new == after:
            raise Unavailable(f"Zendesk gave the same cursor twice for {name}: stopped")
        after = new
        yield envelope, after
        if after is None:
            return


def whole(name: str) -> Read:
    """Read a short list from its beginning, each time: it shows everything that there is."""

    def read(reading: Reading) -> Iterator[Page]:
        for envelope, _ in pages_of(reading, name, {}):
            yield Page(envelope.records(name), {})

    return read


def ids_of(name: str) -> Ids:
    """List the keys of everything that a list shows."""

    def ids(reading: Reading) -> Iterator[list[str]]:
        for envelope, _ in pages_of(reading, name, {}):
            yield [str(_record.decode(record)["id"]) for record in envelope.records(name)]

    return ids


def ratings(reading: Reading) -> Iterator[Page]:
    """Read ratings by the time of their creation, those that may have changed once more."""
    name, cursor = "satisfaction_ratings", dict(reading.cursor or {})
    since, began = int(cursor.get("start_time", BEGINNING)), cursor.get("began")
    for envelope, after in pages_of(reading, name, {"start_time": since}, cursor.get("after")):
        began = began or int(reading.client.source_time().timestamp())
        yield Page(envelope.records(name), _ratings_cursor(since, began, after))


def _ratings_cursor(since: int, began: int, after: str | None) -> dict[str, Any]:
    if after is not None:
        return {"start_time": since, "began": began, "after": after}
    return {"start_time": max(since, began - int(RATINGS_CHANGE_FOR.total_seconds()))}


def schedules(reading: Reading) -> Iterator[Page]:
    """Read the business hours."""
    yield Page(_schedules(reading), {})


def holidays(reading: Reading) -> Iterator[Page]:
    """Read the holidays of every schedule, each with the schedule that it belongs to."""
    found = [_record.decode(schedule)["id"] for schedule in _schedules(reading)]
    for schedule_id in found:
        path = f"/api/v2/business_hours/schedules/{schedule_id}/holidays.json"
        with _gone_is_nothing():
            records = reading.client.get(path).records("holidays")
            yield Page([_with(one, "schedule_id", schedule_id) for one in records], {})
    if not found:
        yield Page([], {})


def _schedules(reading: Reading) -> list[msgspec.Raw]:
    """Every schedule; a plan without business hours has no such path (NOTES.md 13)."""
    try:
        return reading.client.get("/api/v2/business_hours/schedules.json").records("schedules")
    except Refused as refused:
        if refused.status != GONE or reading.known("schedules"):
            raise
        reading.say("Zendesk knows no business hours: the plan of this account has none")
        return []


def organization_merges(reading: Reading) -> Iterator[Page]:
    """Ask every organization that changed, winner and loser, which merges it was part of."""
    params = {"per_page": ORGANIZATIONS_AT_ONCE}
    for envelope, cursor in pages_by_time(reading, "organizations", params):
        found: list[msgspec.Raw] = []
        for record in envelope.records("organizations"):
            organization = last_valid([record], Organization)
            if organization is not None:
                found += _merges_of(reading, organization.id)
        yield Page(found, cursor)


def _merges_of(reading: Reading, organization: int) -> list[msgspec.Raw]:
    """The merges of one organization; one that was deleted cannot be asked, its winner can."""
    found: list[msgspec.Raw] = []
    with _gone_is_nothing():
        for envelope, _ in pages_of(reading, f"organizations/{organization}/merges", {}):
            found += envelope.records("organization_merges")
    return found


@contextmanager
def _gone_is_nothing() -> Iterator[None]:
    """What hangs on a deleted record is gone with it, and stops nothing (NOTES.md 8)."""
    try:
        yield
    except Refused as refused:
        if refused.status != GONE:
            raise


def _with(record: msgspec.Raw, name: str, value: int) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode({**_record.decode(record), name: value}))
