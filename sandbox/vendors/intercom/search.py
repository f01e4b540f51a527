"""Intercom's search: filters, their limits, and what each object understands by an instant."""

import base64
import binascii
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from sandbox.vendor import Refused
from sandbox.vendors.intercom.errors import invalid

Record = dict[str, Any]
Filter = Callable[[Record], bool]

# Where the workspace's days begin.
WORKSPACE_ZONE = timezone(timedelta(hours=9))
MOST_FILTERS, DEEPEST, MOST_PER_PAGE = 15, 2, 150

_DATES = {
    *("created_at", "updated_at", "signed_up_at", "last_seen_at", "last_contacted_at"),
    *("last_replied_at", "waiting_since", "snoozed_until"),
}
_FIELDS = {
    "contacts": {
        *("id", "role", "name", "owner_id", "email", "email_domain", "phone", "external_id"),
        *("created_at", "updated_at", "signed_up_at", "last_seen_at", "last_contacted_at"),
        *("last_replied_at", "unsubscribed_from_emails", "has_hard_bounced"),
    },
    "conversations": {
        *("id", "created_at", "updated_at", "open", "state", "read", "priority"),
        *("waiting_since", "snoozed_until", "admin_assignee_id", "team_assignee_id"),
        *("source.type", "source.author.id", "source.author.email", "contact_ids"),
    },
}
_TEXT: dict[str, Callable[[str, str], bool]] = {
    "~": lambda have, want: want in have,
    "!~": lambda have, want: want not in have,
    "^": lambda have, want: have.startswith(want),
    "$": lambda have, want: have.endswith(want),
}


def compile_query(kind: str, query: object, depth: int = 0) -> Filter:
    """The query as a function of a record; Refused when Intercom would not take it."""
    if not isinstance(query, dict) or "operator" not in query:
        raise invalid("bad_request", "query must be an object with an operator")
    if query["operator"] not in {"AND", "OR"}:
        return _single(kind, query)
    parts = query.get("value")
    if not isinstance(parts, list) or not 1 <= len(parts) <= MOST_FILTERS:
        raise invalid("too_many_filters", f"a group takes 1 to {MOST_FILTERS} filters")
    if depth >= DEEPEST:
        raise invalid("nesting_too_deep", f"filters may be nested {DEEPEST} deep")
    filters = [compile_query(kind, one, depth + 1) for one in parts]
    every = all if query["operator"] == "AND" else any
    return lambda record: every(one(record) for one in filters)


def _single(kind: str, query: Record) -> Filter:
    name, operator, value = query.get("field"), query["operator"], query.get("value")
    is_custom = str(name).startswith("custom_attributes.")
    if not is_custom and name not in _FIELDS[kind]:
        raise invalid("invalid_field", f"{name} cannot be searched")
    if name in _DATES:
        return _date(kind, str(name), str(operator), value)
    return _plain(str(name), str(operator), value)


def _date(kind: str, name: str, operator: str, value: object) -> Filter:
    """By the workspace's calendar day for contacts, by the second for conversations."""
    if operator not in {"=", ">", "<"}:
        raise invalid("invalid_operator", f"{operator} is not supported on the date {name}")
    if not str(value).isdigit():
        raise invalid("invalid_value", f"{name} takes a UNIX timestamp, not {value!r}")
    whole = _day if kind == "contacts" else int
    wanted = whole(int(str(value)))

    def fits(record: Record) -> bool:
        have = read(record, name)
        if have is None:
            return False
        found = whole(have)
        return {"=": found == wanted, ">": found > wanted, "<": found < wanted}[operator]

    return fits


def _day(stamp: int) -> int:
    return datetime.fromtimestamp(stamp, WORKSPACE_ZONE).toordinal()


def _plain(name: str, operator: str, value: Any) -> Filter:
    if operator in {"=", "!="}:
        return lambda record: (_matches(read(record, name), value)) is (operator == "=")
    if operator in {"IN", "NIN"} and isinstance(value, list):
        return lambda record: (
            any(_matches(read(record, name), one) for one in value) is (operator == "IN")
        )
    if operator in _TEXT:
        compare = _TEXT[operator]
        return lambda record: compare(str(read(record, name) or ""), str(value))
    raise invalid("invalid_operator", f"{operator} does not fit {name}")


def _matches(have: Any, want: Any) -> bool:
    if isinstance(have, bool) or have is None:
        return have is want or str(have).lower() == str(want).lower()
    return str(have) == str(want)


def read(record: Record, name: str) -> Any:
    found: Any = record
    for step in name.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    return found


def encode_cursor(place: list[Any]) -> str:
    return base64.b64encode(json.dumps(place).encode()).decode()


def decode_cursor(text: str) -> list[Any]:
    """The place behind which a page begins; Refused when it is no cursor."""
    try:
        place = json.loads(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        place = None
    if not isinstance(place, list) or not place:
        raise expired()
    return place


def expired() -> Refused:
    return invalid("invalid_starting_after", "starting_after is invalid or has expired")


def page_size(text: object, standard: int) -> int:
    """How many records a page holds; Refused beyond 150."""
    if text is None:
        return standard
    if not str(text).isdigit() or not 1 <= int(str(text)) <= MOST_PER_PAGE:
        raise invalid("parameter_invalid", f"per_page must lie between 1 and {MOST_PER_PAGE}")
    return int(str(text))


def midnight_before(at: datetime) -> datetime:
    """When the workspace's day began that `at` lies in."""
    local = at.astimezone(WORKSPACE_ZONE)
    return local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)
