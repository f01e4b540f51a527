"""Changes of tickets by the API: what is refused, and what the desk writes down of the rest."""

import re
from collections.abc import Callable
from datetime import date
from typing import Any

from sandbox.instants import SandboxClock
from sandbox.store import Record, Table
from sandbox.vendors.zendesk.records import changed, ticket_event
from sandbox.vendors.zendesk.tales import SYSTEM

_OWN = {
    *("subject", "priority", "type", "status", "due_at", "external_id", "tags"),
    *("assignee_id", "group_id", "organization_id", "brand_id"),
}
_CHOICES: dict[str, set[str | None]] = {
    "priority": {"urgent", "high", "normal", "low", None},
    "type": {"problem", "incident", "question", "task", None},
    "status": {"open", "pending", "hold", "solved", "closed"},
}
_TYPES: dict[str, tuple[type, ...]] = {
    "integer": (int,),
    "decimal": (int, float),
    "checkbox": (bool,),
    "multiselect": (list,),
}
_PICKED = {"dropdown", "tagger", "multiselect"}
# Numbers of ticket fields are told as text.
_NUMBERS = {"integer", "decimal"}
_FIRST_EVENT, _EVENT_STEP = 100_000_000_000, 16


def fault_of(name: str, field: Record, value: Any) -> str | None:
    """Why a field of the account cannot take a value; every field can be emptied."""
    kind = field["type"]
    if value is None or (value == "" and kind in _PICKED | {"date", "regexp"}):
        return None
    options = [one["value"] for one in field.get("custom_field_options") or []]
    if kind in _PICKED:
        wrong = [
            one for one in (value if isinstance(value, list) else [value]) if one not in options
        ]
        return f"{name}: {wrong[0]} is not an option" if wrong else None
    is_typed = isinstance(value, _TYPES.get(kind, (str,)))
    if not is_typed or (isinstance(value, bool) and kind != "checkbox"):
        return f"{name}: {value} is no {kind}"
    if kind == "date" and not _is_date(value):
        return f"{name}: {value} is no date"
    pattern = str(field.get("regexp_for_validation") or "").replace(r"\z", r"\Z")
    if kind == "regexp" and not re.search(pattern, value):
        return f"{name}: {value} does not match {pattern}"
    return None


class TicketWriter:
    """Works out what a change makes of a ticket; commits nothing itself."""

    def __init__(
        self, tables: dict[str, Table], clock: SandboxClock, stamped: Callable[..., Record]
    ) -> None:
        self._tables = tables
        self._clock = clock
        self._stamped = stamped

    def write(self, ticket: Record, row: Record) -> list[tuple[str, Record]] | str:
        """The records that the change leaves, by kind; or why nothing of it is done."""
        if ticket["status"] == "closed":
            return "Status: closed prevents ticket update"
        own = {name: value for name, value in row.items() if name in _OWN}
        for name, value in own.items():
            if name in _CHOICES and value not in _CHOICES[name]:
                return f"{name}: {value} is not one of its values"
        known = {one["id"]: one for one in self._tables["ticket_fields"] if one["active"]}
        # What is no field of the account, or one of Zendesk's own, is passed over in silence.
        wished = {
            one.get("id"): one.get("value")
            for one in row.get("custom_fields") or []
            if known.get(one.get("id"), {}).get("removable")
        }
        for field_id, value in wished.items():
            if fault := fault_of(str(field_id), known[field_id], value):
                return fault
        return self._written(ticket, own, {one: known[one] for one in wished}, wished)

    def _written(
        self, ticket: Record, own: Record, fields: dict[int, Record], wished: dict[int, Any]
    ) -> list[tuple[str, Record]]:
        number = str(ticket["id"])
        details = self._tables["ticket_details"].get(number) or {"id": ticket["id"], "tags": []}
        held = {one["id"]: one["value"] for one in details.get("custom_fields", [])}
        new = {one: _stored(fields[one]["type"], value) for one, value in wished.items()}
        moved = {one: value for one, value in new.items() if held.get(one) != value}
        after = {**ticket, **own}
        children = [
            changed(name, ticket.get(name), value)
            for name, value in own.items()
            if ticket.get(name) != value
        ]
        children += [changed(str(one), held.get(one), value) for one, value in moved.items()]
        if not children:
            return []
        now = self._clock.now()
        event_id = (self._tables["ticket_events"].highest_number() or _FIRST_EVENT) + _EVENT_STEP
        event = ticket_event(
            event_id, ticket["id"], SYSTEM, now, via="Web service", children=children
        )
        custom = [{"id": one, "value": value} for one, value in {**held, **new}.items()]
        return [
            ("ticket_details", {**details, "custom_fields": custom}),
            ("tickets", self._stamped("tickets", after, now, new=False)),
            ("ticket_events", event),
        ]


def _stored(kind: str, value: Any) -> Any:
    if value in ("", []):
        return None
    return str(value) if kind in _NUMBERS and value is not None else value


def _is_date(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False
