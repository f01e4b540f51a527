"""What can be set of Zendesk's records: their own fields, and those that an account has made."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from reverse_etl.destinations.base import FieldLimit

Definition = Mapping[str, Any]

# Object -> what the fields are called that an account has made itself, and where they are listed.
CUSTOM = {
    "organizations": "organization_fields",
    "users": "user_fields",
    "tickets": "custom_fields",
}
LISTED = {**CUSTOM, "tickets": "ticket_fields"}
# What can be set of every record (Zendesk's API reference, "Organizations", "Users", "Tickets").
_OWN = {
    "organizations": {"name", "details", "notes", "external_id", "tags", "domain_names"},
    "users": {"name", "email", "phone", "details", "notes", "external_id", "tags"},
    "tickets": {
        *("subject", "priority", "type", "status", "due_at", "external_id"),
        *("assignee_id", "group_id", "organization_id", "brand_id"),
    },
}
# The types of a ticket's own fields that an account can put away.
_OWN_TYPES = {"priority": {"priority", "basic_priority"}, "type": {"tickettype"}}
_BY_KEY = "{custom}.<key>"
_BY_ID = "{custom}.<id>, the number that Admin Center shows"
_SYSTEM_CHOICES = {
    "priority": {"urgent", "high", "normal", "low"},
    "type": {"problem", "incident", "question", "task"},
    # A ticket that is closed can never be changed again: that is left to Zendesk and to people.
    "status": {"open", "pending", "hold", "solved"},
}
_KINDS = {
    "integer": FieldLimit(kind="integer"),
    "decimal": FieldLimit(kind="number"),
    "checkbox": FieldLimit(kind="truth"),
    "date": FieldLimit(kind="date"),
}
_PICKED = {"dropdown", "tagger", "multiselect"}
_NUMBERED = {"assignee_id", "group_id", "organization_id", "brand_id"}


def by_name(object_name: str, definitions: Sequence[Definition]) -> dict[str, Definition]:
    """The fields that the account has made, by what a sync calls them.

    A ticket's have no key: they are known by their number.
    """
    custom = CUSTOM[object_name]
    key = "id" if object_name == "tickets" else "key"
    return {f"{custom}.{one[key]}": one for one in definitions}


def faults(object_name: str, definitions: Sequence[Definition], fields: Sequence[str]) -> list[str]:
    """Fields that the account does not have, has put away, or that nobody can set."""
    known = by_name(object_name, definitions)
    found = [
        _custom_fault(object_name, name, known.get(name))
        if "." in name
        else _own_fault(object_name, name, definitions)
        for name in fields
    ]
    return [one for one in found if one is not None]


def limits(
    object_name: str, definitions: Sequence[Definition], fields: Sequence[str]
) -> dict[str, FieldLimit]:
    """What the fields can hold, as far as the account's definitions tell."""
    known = {name: _limit(one) for name, one in by_name(object_name, definitions).items()}
    if object_name == "tickets":
        known |= {name: FieldLimit(kind="integer") for name in _NUMBERED}
        known["due_at"] = FieldLimit(kind="instant")
        for name, choices in _SYSTEM_CHOICES.items():
            known[name] = FieldLimit(choices=frozenset(_told(name, definitions) or choices))
    return {name: known[name] for name in fields if name in known}


def _told(name: str, definitions: Sequence[Definition]) -> set[str]:
    """The values of a ticket's own field, where the account has fewer or others."""
    options = [
        str(option["value"])
        for one in definitions
        if one.get("type") in _OWN_TYPES.get(name, set()) and one.get("active", True)
        for option in one.get("system_field_options") or []
    ]
    return set(options)


def _limit(definition: Definition) -> FieldLimit:
    kind = definition.get("type")
    if kind in _KINDS:
        return _KINDS[kind]
    if kind in _PICKED:
        options = definition.get("custom_field_options") or []
        return FieldLimit(choices=frozenset(str(one["value"]) for one in options) or None)
    pattern = definition.get("regexp_for_validation")
    return FieldLimit(check=_matching(str(pattern)) if kind == "regexp" and pattern else None)


def _matching(pattern: str) -> Callable[[object], str | None] | None:
    """What holds a text to an expression of Ruby's; None where Python would read it otherwise."""
    if _RUBY_ONLY.search(pattern):
        return None
    try:
        # In Ruby ^ and $ are those of lines, and the end of the text is \\z.
        known = re.compile(pattern.replace(r"\z", r"\Z"), re.MULTILINE)
    except re.error:
        return None

    def said(wish: object) -> str | None:
        fits = wish == "" or known.search(str(wish))
        return None if fits else f"{str(wish)!r} does not match {pattern}"

    return said


# Sets by name, hexadecimal digits, properties, and an end before the last line's end.
_RUBY_ONLY = re.compile(r"\[\[:|\\[hHpPRXZGK]|\(\?<[^=!]")


def _own_fault(object_name: str, name: str, definitions: Sequence[Definition]) -> str | None:
    own = _OWN[object_name]
    if object_name == "tickets" and name == "tags":
        return (
            "Zendesk's tickets lose the values of their dropdowns when their tags are set: write"
            " the dropdown"
        )
    if name not in own:
        listed = ", ".join(sorted(own))
        return f"Zendesk's {object_name} have no {name!r} to be set: {listed}"
    types = _OWN_TYPES.get(name, set()) if object_name == "tickets" else set()
    told = [one for one in definitions if one.get("type") in types]
    if told and not any(one.get("active", True) for one in told):
        return f"Zendesk's {name!r} is put away: activate it in Admin Center"
    return None


def _custom_fault(object_name: str, name: str, known: Definition | None) -> str | None:
    custom = CUSTOM[object_name]
    group, _, key = name.partition(".")
    if group != custom or known is None:
        how = (_BY_ID if object_name == "tickets" else _BY_KEY).format(custom=custom)
        return f"Zendesk has no {custom} {key!r}: create it in Admin Center, or name it {how}"
    if not known.get("active", True):
        return f"Zendesk's {name!r} is put away: activate it in Admin Center"
    if object_name == "tickets" and not known.get("removable", True):
        return f"Zendesk's {name!r} is {known.get('title')}, a field of its own: name it as such"
    if not known.get("agent_can_edit", True):
        return f"Zendesk's {name!r} cannot be set by an agent, and so not by us"
    return None
