"""Leads: by extracts of what changed, or of what was created and changed since, and who is gone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from connectors.core.drift import require_fields
from connectors.core.http import ToolClient
from connectors.core.source import Page, Reading
from connectors.marketo.answers import is_refusal, results
from connectors.marketo.export import Extract, Row
from connectors.marketo.settings import NAME, settings
from connectors.marketo.walks import State, behind_windows, by_tokens, by_windows, instant
from warehouse.errors import Refused

DESCRIBE = "/rest/v1/leads/describe2.json"
EXPORT = "/bulk/v1/leads/export"
ACTIVITIES = "/rest/v1/activities.json"
DELETED = "/rest/v1/activities/deletedleads.json"
MERGE_LEADS, DATA_VALUE, SCORE = 32, 13, 22
# NOTES.md 9: an address may be 8 KB long.
FIELDS_LENGTH, IDS_PER_CALL = 5_000, 100

# What staging reads, with Marketo's own type where another one would mean something else.
NEEDED: dict[str, str | None] = {
    "id": "integer",
    "email": "email",
    "firstName": "string",
    "lastName": "string",
    "company": "string",
    "title": None,
    "phone": None,
    "country": None,
    "industry": None,
    "leadSource": None,
    "leadStatus": None,
    "leadScore": None,
    "unsubscribed": "boolean",
    "createdAt": "datetime",
    "updatedAt": "datetime",
}


def describe(client: ToolClient) -> list[Row]:
    """Every field that a lead has today, the company's own ones too."""
    found: list[Row] = []
    for described in results(client.get(DESCRIBE)):
        found += msgspec.json.decode(described)["fields"]
    return found


def known_fields(client: ToolClient, stream: str = "leads") -> list[str]:
    """The names of all fields.

    Raises:
        Drifted: one that staging needs is gone or has another type.
    """
    found = {field["name"]: field["dataType"] for field in describe(client)}
    require_fields(NAME, stream, NEEDED, found)
    return list(found)


def beginning() -> str:
    return f"{settings().start:%Y-%m-%d}T00:00:00Z"


def read_lead_fields(reading: Reading) -> Iterator[Page]:
    fields = describe(reading.client)
    yield Page([msgspec.Raw(msgspec.json.encode(field)) for field in fields], {})


def read_leads(reading: Reading) -> Iterator[Page]:
    """Windows of changed leads, then the tombstones of those that were deleted or merged away."""
    client, state = reading.client, dict(reading.cursor or {})
    fields = known_fields(client)
    is_resumed = "until" in state
    # A resumed window ends when the interrupted run began: then read on to the present.
    for _ in range(2 if is_resumed else 1):
        for page in _changed(reading, fields, state):
            yield page
            state = dict(page.cursor)
    yield from _gone(client, state)


def _changed(reading: Reading, fields: list[str], state: State) -> Iterator[Page]:
    """Leads by when they changed; where the subscription cannot filter so, by the other way."""
    if "until" not in state:
        began = state.get("since", beginning())
        now = instant(reading.client.source_time())
        state = state | {"since": began, "began": began, "until": now, "filter": "updatedAt"}
    try:
        yield from _windows(reading.client, fields, state)
    except Refused as error:
        if not is_refusal(error, "1035") or state["filter"] != "updatedAt":
            raise
        # The very first job was refused: nothing was read yet.
        reading.say(
            "marketo's subscription has no filter by change (1035): leads are read by when they"
            " were created, and changed ones by the log of changes; what is not logged is missed"
            " (Marketo's support can switch the filter on)"
        )
        yield from _windows(reading.client, fields, _by_creation(state))


def _by_creation(state: State) -> State:
    """The log is walked from where the last run stood; a first run reads every lead anyway."""
    is_first = state["since"] == beginning()
    since = behind_windows(state, state["began"])["since"] if is_first else state["since"]
    return {"changes": {"from": since}} | state | {"filter": "createdAt"}


def _windows(client: ToolClient, fields: list[str], state: State) -> Iterator[Page]:
    name = state["filter"]
    if name == "createdAt":
        for page in _changed_since(client, fields, state):
            yield page
            state = dict(page.cursor)

    def define(window: dict[str, str]) -> Extract:
        return Extract(EXPORT, {"fields": fields, "format": "CSV", "filter": {name: window}})

    for page in by_windows(client, state, define, _record):
        yield page
        state = dict(page.cursor)
    del state["filter"]
    if name == "updatedAt":
        state.pop("changes", None)
    yield Page([], behind_windows(state, state["began"]))


def _record(row: Row) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(row))


def _changed_since(client: ToolClient, fields: list[str], state: State) -> Iterator[Page]:
    """The leads that the log names, as they are now."""
    params = {"activityTypeIds": f"{DATA_VALUE},{SCORE},{MERGE_LEADS}"}
    for lines, place in by_tokens(client, ACTIVITIES, params, state["changes"]):
        ids = sorted({int(msgspec.json.decode(line)["leadId"]) for line in lines})
        yield Page(_fetch(client, fields, ids), state | {"changes": place})


def _fetch(client: ToolClient, fields: list[str], ids: list[int]) -> list[msgspec.Raw]:
    found: dict[int, Row] = {one: {} for one in ids}
    for first in range(0, len(ids), IDS_PER_CALL):
        values = ",".join(str(one) for one in ids[first : first + IDS_PER_CALL])
        for names in in_parts(fields):
            params = {"filterType": "id", "filterValues": values, "fields": names}
            for lead in results(client.get("/rest/v1/leads.json", params)):
                row = msgspec.json.decode(lead)
                found[int(row["id"])] |= row
    return [_record(row) for row in found.values() if row]


def in_parts(fields: list[str]) -> list[str]:
    """The names as lists that fit an address."""
    parts = [""]
    for name in fields:
        if len(parts[-1]) + len(name) >= FIELDS_LENGTH:
            parts.append("")
        parts[-1] += f"{',' if parts[-1] else ''}{name}"
    return parts


def _gone(client: ToolClient, state: State) -> Iterator[Page]:
    """Tombstones: an extract never shows who was deleted, or merged into another."""
    gone: State = state.get("gone", {})
    for name, path, params, tombstones in (
        ("deleted", DELETED, {}, _deleted),
        ("merged", ACTIVITIES, {"activityTypeIds": str(MERGE_LEADS)}, _merged),
    ):
        since = gone.get(name) or {"from": beginning()}
        for lines, place in by_tokens(client, path, params, since):
            gone = gone | {name: place}
            rows = [row for line in lines for row in tombstones(msgspec.json.decode(line))]
            yield Page([_record(row) for row in rows], state | {"gone": gone})


def _deleted(line: Row) -> list[Row]:
    return [{"id": line["leadId"], "updatedAt": line["activityDate"], "isDeleted": True}]


def _merged(line: Row) -> list[Row]:
    into = {"updatedAt": line["activityDate"], "isDeleted": True, "mergedInto": line["leadId"]}
    return [{"id": one, **into} for one in losing_ids(line)]


def losing_ids(line: dict[str, Any]) -> list[int]:
    """Who was merged into the lead that a line of the log is about."""
    values = [one.get("value") for one in line["attributes"] if one["name"] == "Merge IDs"]
    return [int(one) for value in values for one in re.findall(r"\d+", str(value))]
