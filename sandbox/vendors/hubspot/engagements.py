"""Calls, meetings, e-mails, notes and tasks: their properties, and records in wire shape."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sandbox.instants import hubspot_instant

Shape = tuple[str, str, str]

# name: label, type, fieldType
_COMMON: dict[str, Shape] = {
    "hs_timestamp": ("Activity date", "datetime", "date"),
    "hubspot_owner_id": ("Activity assigned to", "enumeration", "select"),
    "hs_createdate": ("Create date", "datetime", "date"),
    "hs_lastmodifieddate": ("Last modified date", "datetime", "date"),
    "hs_object_id": ("Record ID", "number", "number"),
}
SHAPES: dict[str, dict[str, Shape]] = {
    "calls": {
        **_COMMON,
        "hs_call_title": ("Call Title", "string", "text"),
        "hs_call_body": ("Call notes", "string", "html"),
        "hs_call_direction": ("Call direction", "enumeration", "select"),
        "hs_call_duration": ("Call duration", "number", "number"),
        "hs_call_disposition": ("Call outcome", "enumeration", "select"),
        "hs_call_status": ("Call status", "enumeration", "select"),
    },
    "meetings": {
        **_COMMON,
        "hs_meeting_title": ("Meeting name", "string", "text"),
        "hs_meeting_body": ("Meeting description", "string", "html"),
        "hs_meeting_start_time": ("Meeting start time", "datetime", "date"),
        "hs_meeting_end_time": ("Meeting end time", "datetime", "date"),
        "hs_meeting_outcome": ("Meeting outcome", "enumeration", "select"),
        "hs_meeting_location": ("Meeting location", "string", "text"),
        "hs_activity_type": ("Call and meeting type", "enumeration", "select"),
    },
    "emails": {
        **_COMMON,
        "hs_email_subject": ("Email subject", "string", "text"),
        "hs_email_text": ("Email body", "string", "textarea"),
        "hs_email_direction": ("Email direction", "enumeration", "select"),
        "hs_email_status": ("Email send status", "enumeration", "select"),
        "hs_email_from_email": ("Email from address", "string", "text"),
        "hs_email_to_email": ("Email to address", "string", "text"),
    },
    "notes": {**_COMMON, "hs_note_body": ("Note body", "string", "html")},
    "tasks": {
        **_COMMON,
        "hs_task_subject": ("Task title", "string", "text"),
        "hs_task_body": ("Task notes", "string", "html"),
        "hs_task_status": ("Task status", "enumeration", "radio"),
        "hs_task_priority": ("Priority", "enumeration", "radio"),
        "hs_task_type": ("Task type", "enumeration", "radio"),
        "hs_task_completion_date": ("Completed at", "datetime", "date"),
    },
}
OPTIONS: dict[str, tuple[str, ...]] = {
    "hs_call_direction": ("INBOUND", "OUTBOUND"),
    "hs_call_disposition": (
        "f240bbac-87c9-4f6e-bf70-924b57d47db7",
        "73a0d17f-1163-4015-bdd5-ec830791da20",
        "b2cf5968-551e-4856-9783-52b3da59a7d0",
    ),
    "hs_call_status": ("COMPLETED", "NO_ANSWER", "BUSY", "FAILED", "CANCELED", "QUEUED"),
    "hs_meeting_outcome": ("SCHEDULED", "COMPLETED", "RESCHEDULED", "NO_SHOW", "CANCELED"),
    "hs_activity_type": ("Demo", "初回商談", "定例"),
    "hs_email_direction": ("EMAIL", "INCOMING_EMAIL", "FORWARDED_EMAIL"),
    "hs_email_status": ("SENT", "BOUNCED", "FAILED", "SCHEDULED", "SENDING"),
    "hs_task_status": ("NOT_STARTED", "IN_PROGRESS", "WAITING", "COMPLETED", "DEFERRED"),
    "hs_task_priority": ("NONE", "LOW", "MEDIUM", "HIGH"),
    "hs_task_type": ("TODO", "CALL", "EMAIL"),
}


def engagement(
    kind: str,
    record_id: str,
    properties: Mapping[str, str | None],
    created: datetime,
    updated: datetime,
) -> dict[str, Any]:
    """One activity; every defined property is present, absent ones as null."""
    values: dict[str, str | None] = dict.fromkeys(SHAPES[kind])
    values.update(properties)
    values["hs_createdate"] = hubspot_instant(created)
    values["hs_lastmodifieddate"] = hubspot_instant(updated)
    values["hs_object_id"] = record_id
    return {
        "id": record_id,
        "properties": values,
        "createdAt": hubspot_instant(created),
        "updatedAt": hubspot_instant(updated),
        "archived": False,
    }
