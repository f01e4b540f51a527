"""What can be set of Zendesk's records: their own fields, and those that an account has made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

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
