"""Records in Zendesk's wire shape."""

from datetime import datetime
from typing import Any

from sandbox.instants import zendesk_instant

HOST = "https://sandbox.zendesk.com"


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
