"""Records in Intercom's wire shape; every instant is a whole number of seconds since 1970."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

Record = dict[str, Any]

WORKSPACE = "rv7lab2x"
MOST_PARTS = 500
OPERATOR = {
    "type": "bot",
    "id": "900001",
    "name": "Operator",
    "email": f"operator+{WORKSPACE}@intercom.example",
}
# What Intercom holds about devices; nobody of ours uses a mobile app.
_UNSEEN = (
    *("android_app_name", "android_app_version", "android_device", "android_os_version"),
    *("android_sdk_version", "android_last_seen_at", "ios_app_name", "ios_app_version"),
    *("ios_device", "ios_os_version", "ios_sdk_version", "ios_last_seen_at"),
    *("language_override", "last_email_opened_at", "last_email_clicked_at"),
)
_LISTS = ("tags", "notes", "opted_out_subscription_types", "opted_in_subscription_types")


def seconds(at: datetime) -> int:
    return int(at.timestamp())


def reference(kind: str, record_id: str) -> Record:
    return {"type": kind, "id": record_id}


def _addressed(contact_id: str, name: str, data: list[Record]) -> Record:
    url = f"/contacts/{contact_id}/{name}"
    return {"type": "list", "data": data, "url": url, "total_count": len(data), "has_more": False}


def contact(
    record_id: str,
    fields: Mapping[str, Any],
    *,
    companies: Iterable[str] = (),
    created: datetime,
    updated: datetime,
) -> Record:
    """A user or lead; `fields` holds what is known: role, email, name, attributes and so on."""
    email = fields.get("email")
    linked = [{"id": one, "type": "company", "url": f"/companies/{one}"} for one in companies]
    whole = {
        "type": "contact",
        "id": record_id,
        "workspace_id": WORKSPACE,
        "external_id": None,
        "role": "user",
        "email": email,
        "email_domain": email.rpartition("@")[2] if email else None,
        "phone": None,
        "name": None,
        "avatar": None,
        "owner_id": None,
        "social_profiles": {"type": "list", "data": []},
        "has_hard_bounced": False,
        "marked_email_as_spam": False,
        "unsubscribed_from_emails": False,
        "created_at": seconds(created),
        "updated_at": seconds(updated),
        "signed_up_at": None,
        "last_seen_at": None,
        "last_replied_at": None,
        "last_contacted_at": None,
        "browser": None,
        "browser_version": None,
        "browser_language": None,
        "os": None,
        "location": {"type": "location", "country": None, "region": None, "city": None},
        **dict.fromkeys(_UNSEEN),
        "custom_attributes": {},
        **{name: _addressed(record_id, name, []) for name in _LISTS},
        "companies": _addressed(record_id, "companies", linked),
    }
    return {**whole, **fields}


def company(
    record_id: str, fields: Mapping[str, Any], *, created: datetime, updated: datetime
) -> Record:
    """A company; without a user nobody finds it in a list."""
    return {
        "type": "company",
        "company_id": record_id,
        "id": record_id,
        "app_id": WORKSPACE,
        "remote_created_at": seconds(created),
        "created_at": seconds(created),
        "updated_at": seconds(updated),
        "monthly_spend": 0,
        "session_count": 0,
        "user_count": 0,
        "tags": {"type": "tag.list", "tags": []},
        "segments": {"type": "segment.list", "segments": []},
        "plan": {},
        "custom_attributes": {},
        **fields,
    }


def part(
    part_id: str, part_type: str, author: Record, at: datetime, *, state: str, **more: Any
) -> Record:
    """One entry of a conversation: a comment, a note, an assignment, an opening or a closing."""
    return {
        "type": "conversation_part",
        "id": part_id,
        "part_type": part_type,
        "body": None,
        "created_at": seconds(at),
        "updated_at": seconds(at),
        "notified_at": seconds(at),
        "assigned_to": None,
        "author": author,
        "attachments": [],
        "external_id": None,
        "redacted": False,
        "email_message_metadata": None,
        "state": state,
        "tags": [],
        "event_details": None,
        "app_package_code": None,
        **more,
    }


def conversation(
    record_id: str, fields: Mapping[str, Any], parts: list[Record], *, created: datetime
) -> Record:
    """A conversation with all its parts; what follows from them is worked out of them."""
    whole = {
        "type": "conversation",
        "id": record_id,
        "created_at": seconds(created),
        "updated_at": seconds(created),
        "waiting_since": None,
        "snoozed_until": None,
        "first_contact_reply": None,
        "admin_assignee_id": None,
        "team_assignee_id": None,
        "open": True,
        "state": "open",
        "read": True,
        "tags": {"type": "tag.list", "tags": []},
        "priority": "not_priority",
        "sla_applied": None,
        "conversation_rating": None,
        "teammates": None,
        "title": None,
        "custom_attributes": {},
        "topics": {},
        "ticket": None,
        "linked_objects": {"type": "list", "data": [], "total_count": 0, "has_more": False},
        "ai_agent": None,
        "ai_agent_participated": False,
        **fields,
    }
    return with_parts(whole, parts)


def with_parts(record: Record, parts: list[Record]) -> Record:
    """The conversation with these parts, its state, stamps and statistics moved along."""
    last = parts[-1] if parts else None
    state = last["state"] if last else record["state"]
    assigned = [one["assigned_to"] for one in parts if one["assigned_to"]]
    replies = [one for one in parts if one["part_type"] == "comment"]
    waiting = replies[-1]["created_at"] if replies and _is_contact(replies[-1]) else None
    return {
        **record,
        "updated_at": max([record["updated_at"], *(one["updated_at"] for one in parts)]),
        "waiting_since": waiting if state == "open" else None,
        "open": state != "closed",
        "state": state,
        "admin_assignee_id": int(assigned[-1]["id"]) if assigned else record["admin_assignee_id"],
        "statistics": statistics(record["created_at"], parts),
        "conversation_parts": {
            "type": "conversation_part.list",
            "conversation_parts": parts,
            "total_count": len(parts),
        },
    }


def _is_contact(one: Record) -> bool:
    return one["author"]["type"] in {"user", "lead", "contact"}


def statistics(created: int, parts: list[Record]) -> Record:
    """What Intercom counts and measures; a figure that has no value yet is not there."""
    times = {
        "first_contact_reply": [p for p in parts if p["part_type"] == "comment" and _is_contact(p)],
        "first_assignment": [p for p in parts if p["part_type"] == "assignment"],
        "first_admin_reply": [
            p for p in parts if p["part_type"] == "comment" and p["author"]["type"] == "admin"
        ],
        "first_close": [p for p in parts if p["part_type"] == "close"],
    }
    found: Record = {"type": "conversation_statistics"}
    for name, those in times.items():
        if those:
            found[f"{name}_at"] = those[0]["created_at"]
            found[f"{name.replace('first', 'last', 1)}_at"] = those[-1]["created_at"]
    closed = times["first_close"]
    durations = {
        "time_to_assignment": times["first_assignment"][:1],
        "time_to_admin_reply": times["first_admin_reply"][:1],
        "time_to_first_close": closed[:1],
        "time_to_last_close": closed[-1:],
    }
    found |= {name: p[0]["created_at"] - created for name, p in durations.items() if p}
    if closed:
        found["last_closed_by_id"] = closed[-1]["author"]["id"]
    return found | {
        "count_reopens": sum(p["part_type"] == "open" for p in parts),
        "count_assignments": len(times["first_assignment"]),
        "count_conversation_parts": len(parts),
    }


def as_listed(record: Record) -> Record:
    """A conversation as lists and searches show it: without its parts."""
    return {name: value for name, value in record.items() if name != "conversation_parts"}


def as_shown(record: Record) -> Record:
    """A conversation by itself, with no more than its 500 newest parts."""
    parts = record["conversation_parts"]
    newest = parts["conversation_parts"][-MOST_PARTS:]
    return {**record, "conversation_parts": {**parts, "conversation_parts": newest}}


def admin(record_id: str, name: str, email: str, **more: Any) -> Record:
    return {
        "type": "admin",
        "id": record_id,
        "name": name,
        "email": email,
        "job_title": "Customer Support",
        "away_mode_enabled": False,
        "away_mode_reassign": False,
        "has_inbox_seat": True,
        "team_ids": [],
        **more,
    }


def data_attribute(model: str, name: str, label: str, data_type: str, **more: Any) -> Record:
    """A standard attribute, or a custom one where `more` gives it an `id`."""
    is_custom = "id" in more
    return {
        "type": "data_attribute",
        **more,
        "name": name,
        "full_name": f"custom_attributes.{name}" if is_custom else name,
        "label": label,
        "description": f"{label}.",
        "data_type": data_type,
        "api_writable": is_custom,
        "ui_writable": False,
        "messenger_writable": True,
        "custom": is_custom,
        "archived": more.get("archived", False),
        "model": model,
    }


def tag(record_id: str, name: str) -> Record:
    return {"type": "tag", "id": record_id, "name": name}
