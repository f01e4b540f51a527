"""The log of activities, in bulk and by its own endpoints, and its types."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import msgspec

from connectors.core.source import Page, Read, Reading
from connectors.marketo.answers import results
from connectors.marketo.export import Extract, Row
from connectors.marketo.leads import (
    ACTIVITIES,
    DELETED,
    MERGE_LEADS,
    beginning,
    in_parts,
    known_fields,
)
from connectors.marketo.walks import State, behind_windows, by_tokens, by_windows, instant

TYPES = "/rest/v1/activities/types.json"
EXPORT = "/bulk/v1/activities/export"
# Those that Marketo gives unasked; its description wants them named.
FIELDS = (
    "marketoGUID",
    "leadId",
    "activityDate",
    "activityTypeId",
    "campaignId",
    "primaryAttributeValueId",
    "primaryAttributeValue",
    "attributes",
)
LEAD_CHANGES = "/rest/v1/activities/leadchanges.json"
# NOTES.md 8: nothing is kept longer than 25 months.
KEPT = timedelta(days=800)


def read_activity_types(reading: Reading) -> Iterator[Page]:
    yield Page(results(reading.client.get(TYPES)), {})


def read_activities(reading: Reading) -> Iterator[Page]:
    """Every activity but deletions, which no extract shows, in windows of when it was logged."""
    client, state = reading.client, dict(reading.cursor or {})
    for _ in range(2 if "until" in state else 1):
        if "until" not in state:
            client.get(TYPES)
            now = client.source_time()
            began = state.get("since") or max(beginning(), instant(now - KEPT))
            state = {"since": began, "began": began, "until": instant(now)}
        for page in by_windows(client, state, _define, _activity):
            yield page
            state = dict(page.cursor)
        state = behind_windows(state, state["began"])
        yield Page([], state)


def _define(window: dict[str, str]) -> Extract:
    body = {"fields": list(FIELDS), "format": "CSV", "filter": {"createdAt": window}}
    return Extract(EXPORT, body)


def _activity(row: Row) -> msgspec.Raw:
    """A row as a record; its attributes are a JSON document within a cell."""
    attributes = row.get("attributes")
    if isinstance(attributes, str):
        try:
            row = row | {"attributes": msgspec.json.decode(attributes)}
        except msgspec.DecodeError:
            row = row | {"attributes": {"text": attributes}}
    return msgspec.Raw(msgspec.json.encode(row))


def read_lead_changes(reading: Reading) -> Iterator[Page]:
    """Changes of lead fields with their old and new values."""
    names = in_parts(known_fields(reading.client, "lead_changes"))
    if len(names) > 1:
        reading.say(
            "marketo has more lead fields than fit one question: lead_changes leaves those of"
            f" {len(names) - 1} further parts out; activities of type 13 hold them all"
        )
    yield from _walk(reading, LEAD_CHANGES, {"fields": names[0]})


def _walk(reading: Reading, path: str, params: dict[str, str]) -> Iterator[Page]:
    state: State = dict(reading.cursor or {"from": beginning()})
    for lines, place in by_tokens(reading.client, path, params, state):
        yield Page(lines, place)


def log_of(path: str, params: dict[str, str]) -> Read:
    """Read one endpoint of the log."""

    def read(reading: Reading) -> Iterator[Page]:
        yield from _walk(reading, path, params)

    return read


read_deleted_leads = log_of(DELETED, {})
read_merges = log_of(ACTIVITIES, {"activityTypeIds": str(MERGE_LEADS)})
