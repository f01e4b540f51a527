"""Records in Zendesk's wire shape."""

from datetime import datetime
from typing import Any

from sandbox.instants import epoch_seconds, zendesk_instant

HOST = "https://sandbox.zendesk.com"


def changed_at(kind: str, record: dict[str, Any]) -> int:
    """The second by which exports order a record: system updates move that of tickets."""
    if kind == "tickets":
        return int(record["generated_timestamp"])
    if kind == "ticket_events":
        return int(record["timestamp"])
    return epoch_seconds(record["updated_at"])


def _record(
    kind: str, record_id: int, fields: dict[str, Any], created: datetime, updated: datetime
) -> dict[str, Any]:
    return {
        "url": f"{HOST}/api/v2/{kind}/{record_id}.json",
        "id": record_id,
        **fields,
        "created_at": zendesk_instant(created),
        "updated_at": zendesk_instant(updated),
    }


def organization(
    record_id: int,
    *,
    name: str,
    domains: list[str],
    external_id: str | None,
    plan: str,
    created: datetime,
    updated: datetime,
) -> dict[str, Any]:
    fields = {
        "name": name,
        "shared_tickets": False,
        "shared_comments": False,
        "external_id": external_id,
        "domain_names": domains,
        "details": "",
        "notes": "",
        "group_id": None,
        "tags": [plan],
        "organization_fields": {"plan": plan},
    }
    return _record("organizations", record_id, fields, created, updated)


def user(
    record_id: int,
    *,
    name: str,
    email: str | None,
    organization_id: int | None,
    role: str,
    created: datetime,
    updated: datetime,
) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "name": name,
        "email": email,
        "organization_id": organization_id,
        "role": role,
        "phone": None,
        "active": True,
        "suspended": False,
        "verified": True,
        "locale": "ja",
        "time_zone": "Tokyo",
        "external_id": None,
        "tags": [],
        "user_fields": {},
    }
    return _record("users", record_id, fields, created, updated)


def ticket(
    record_id: int, fields: dict[str, Any], created: datetime, updated: datetime
) -> dict[str, Any]:
    """A ticket; `generated_timestamp` starts at `updated`, and may move on without it."""
    whole = {
        "external_id": None,
        "via": {"channel": "email", "source": {"from": {}, "to": {}, "rel": None}},
        "satisfaction_rating": {"score": "unoffered"},
        "custom_fields": [],
        "is_public": True,
        "generated_timestamp": int(updated.timestamp()),
        **fields,
    }
    return _record("tickets", record_id, whole, created, updated)


# -- what happened to a ticket -------------------------------------------------------------


def ticket_event(
    event_id: int,
    ticket_id: int,
    updater_id: int,
    at: datetime,
    *,
    via: str,
    children: list[dict[str, Any]],
) -> dict[str, Any]:
    """One update of a ticket as the export of ticket events shows it; its children get ids."""
    stamp = zendesk_instant(at)
    for place, child in enumerate(children, 1):
        child["id"] = event_id + place
        if child["event_type"] == "Comment":
            child |= {"audit_id": event_id, "created_at": stamp}
        else:
            child["via"] = via
    return {
        "id": event_id,
        "ticket_id": ticket_id,
        "timestamp": int(at.timestamp()),
        "created_at": stamp,
        "updater_id": updater_id,
        "via": via,
        "system": {},
        "metadata": {},
        "event_type": "Audit",
        "child_events": children,
    }


def created(field: str, value: object) -> dict[str, Any]:
    """A field that the ticket was created with."""
    return {"via_reference_id": None, field: value, "event_type": "Create"}


def changed(field: str, before: object, after: object) -> dict[str, Any]:
    return {
        "via_reference_id": None,
        field: after,
        "event_type": "Change",
        "previous_value": before,
    }


def tags_added(before: list[str], added: list[str]) -> dict[str, Any]:
    whole = changed("tags", before, [*before, *added])
    return {**whole, "added_tags": added, "removed_tags": []}


def comment(
    author_id: int, body: str, *, public: bool, channel: str, merged: dict[str, Any] | None = None
) -> dict[str, Any]:
    """What somebody wrote; `merged` names the ticket that was merged into this one."""
    rel = None if merged is None else "merge"
    return {
        "via": {"channel": channel, "source": {"from": merged or {}, "to": {}, "rel": rel}},
        "via_reference_id": None,
        "type": "Comment",
        "author_id": author_id,
        "body": body,
        "public": public,
        "attachments": [],
        "event_type": "Comment",
    }


def with_all_bodies(child: dict[str, Any]) -> dict[str, Any]:
    """A comment with the two more forms in which the API shows its text."""
    html = child["body"].replace("&", "&amp;").replace("<", "&lt;").replace("\n", "<br>")
    shown = f'<div class="zd-comment" dir="auto">{html}</div>'
    return {**child, "html_body": shown, "plain_body": child["body"]}


def satisfaction_rating(
    record_id: int, fields: dict[str, Any], created: datetime, updated: datetime
) -> dict[str, Any]:
    return _record("satisfaction_ratings", record_id, fields, created, updated)


# -- how the account is set up -------------------------------------------------------------


def custom_field(kind: str, record_id: int, fields: dict[str, Any], at: datetime) -> dict[str, Any]:
    """A field of tickets, users or organizations; `kind` is the name of its list."""
    whole = {"description": "", "active": True, "position": 0, "tag": None, **fields}
    return _record(kind, record_id, whole, at, at)


def schedule(
    record_id: int, name: str, time_zone: str, hours: dict[int, tuple[int, int]], at: datetime
) -> dict[str, Any]:
    """Opening minutes by weekday (0 is Sunday); Zendesk counts them from Sunday's midnight."""
    intervals = [
        {"start_time": day * 1_440 + opens, "end_time": day * 1_440 + closes}
        for day, (opens, closes) in sorted(hours.items())
    ]
    fields = {"name": name, "time_zone": time_zone, "intervals": intervals}
    return _record("business_hours/schedules", record_id, fields, at, at)
