"""Records in Marketo's wire shape, and what the sandbox keeps beside it."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from sandbox.instants import parse_instant, zendesk_instant
from sandbox.vendors.marketo.fields import (
    CHANGE_DATA_VALUE,
    DELETE_LEAD,
    LEAD_FIELD_NAMES,
    field_number,
)

Record = dict[str, Any]


def asset_instant(at: datetime) -> str:
    """The asset API writes the zone twice."""
    return f"{zendesk_instant(at)}+0000"


def read_instant(text: str) -> datetime:
    return parse_instant(re.sub(r"Z\+0000$", "Z", text)).astimezone(UTC)


def lead(number: int, fields: Record, created: datetime, updated: datetime) -> Record:
    """A lead with every field; what the `updatedAt` filter sees is kept beside what is shown."""
    empty = dict.fromkeys(LEAD_FIELD_NAMES)
    stamps = {"createdAt": zendesk_instant(created), "updatedAt": zendesk_instant(updated)}
    return {**empty, "id": number, **fields, **stamps, "changedAt": zendesk_instant(updated)}


def activity(
    number: int,
    lead_id: int,
    kind: int,
    at: datetime,
    *,
    about: tuple[int, str],
    attributes: Record,
) -> Record:
    """One line of a lead's log; `about` is the id and the name of what it is about."""
    return {
        "id": number,
        "marketoGUID": str(number),
        "leadId": lead_id,
        "activityDate": zendesk_instant(at),
        "activityTypeId": kind,
        "primaryAttributeValueId": about[0],
        "primaryAttributeValue": about[1],
        "attributes": [{"name": name, "value": value} for name, value in attributes.items()],
    }


def lead_change(
    number: int, lead_id: int, kind: int, at: datetime, changes: dict[str, tuple[Any, Any]]
) -> Record:
    """A change as its own endpoint shows it; `changes` is field -> old and new value."""
    return {
        "id": number,
        "marketoGUID": str(number),
        "leadId": lead_id,
        "activityDate": zendesk_instant(at),
        "activityTypeId": kind,
        "fields": [
            {
                "id": field_number(name),
                "name": name,
                "newValue": _as_text(new),
                "oldValue": _as_text(old),
            }
            for name, (old, new) in changes.items()
        ],
        "attributes": [
            {"name": "Reason", "value": "Form Fill-out"},
            {"name": "Source", "value": "Web form fillout"},
        ],
    }


def _as_text(value: Any) -> str:
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def change_as_activity(change: Record) -> Record:
    """The same line as the general log shows it."""
    shown = {name: value for name, value in change.items() if name != "fields"}
    if change["activityTypeId"] != CHANGE_DATA_VALUE or not change["fields"]:
        return shown
    field = change["fields"][0]
    values = [
        {"name": "New Value", "value": field["newValue"]},
        {"name": "Old Value", "value": field["oldValue"]},
    ]
    return {
        **shown,
        "primaryAttributeValueId": field["id"],
        "primaryAttributeValue": field["name"],
        "attributes": [*values, *change["attributes"]],
    }


def deletion(record: Record) -> Record:
    """The log's last line about a lead that was deleted."""
    number = 9_000_000_000 + record["id"]
    name = f"{record['firstName'] or ''} {record['lastName'] or ''}".strip()
    at = parse_instant(record["deletedAt"])
    about = (record["id"], name)
    return activity(number, record["id"], DELETE_LEAD, at, about=about, attributes={})


def member(program: Record, lead_id: int, fields: Record, at: datetime) -> Record:
    stamp = zendesk_instant(at)
    return {
        "leadId": lead_id,
        "programId": program["id"],
        "program": program["name"],
        "isExhausted": False,
        **fields,
        "membershipDate": stamp,
        "createdAt": stamp,
        "updatedAt": stamp,
    }


def program(
    number: int, name: str, kind: str, channel: str, at: datetime, *, costs: Iterable[Record]
) -> Record:
    """A program as it is shown by its id; the list leaves the costs and the tags out."""
    return {
        "id": number,
        "name": name,
        "description": "",
        "createdAt": asset_instant(at),
        "updatedAt": asset_instant(at),
        "url": f"https://app-sandbox.marketo.com/#PG{number}A1",
        "type": kind,
        "channel": channel,
        "folder": {"type": "Folder", "id": 28, "value": 28, "folderName": "Marketing Activities"},
        "status": "on" if kind == "Engagement" else "",
        "workspace": "Default",
        "tags": [{"tagType": "Region", "tagValue": "JP"}],
        "costs": list(costs),
        "headStart": False,
    }
