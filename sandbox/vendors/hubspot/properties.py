"""HubSpot property definitions, and the validation of values against them."""

import math
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sandbox.instants import hubspot_instant, parse_instant
from sandbox.store import Record, Table
from sandbox.vendors.hubspot.errors import invalid, not_found, refusal

# Where each object shows its last change.
MODIFIED_PROPERTY = {
    "companies": "hs_lastmodifieddate",
    "contacts": "lastmodifieddate",
    "deals": "hs_lastmodifieddate",
    "calls": "hs_lastmodifieddate",
    "meetings": "hs_lastmodifieddate",
    "emails": "hs_lastmodifieddate",
    "notes": "hs_lastmodifieddate",
    "tasks": "hs_lastmodifieddate",
    "contracts": "hs_lastmodifieddate",
}
ENGAGEMENTS = ("calls", "meetings", "emails", "notes", "tasks")
# The object that this portal made itself.
CUSTOM_OBJECT = "contracts"
# Where each object shows when it was made.
CREATED_PROPERTY = {
    kind: "hs_createdate" if kind in {*ENGAGEMENTS, CUSTOM_OBJECT} else "createdate"
    for kind in MODIFIED_PROPERTY
}
TYPES = {"string", "number", "enumeration", "bool", "date", "datetime"}
FIELD_TYPES = {
    "text",
    "textarea",
    "number",
    "select",
    "radio",
    "checkbox",
    "booleancheckbox",
    "date",
    "phonenumber",
    "html",
    "file",
}
Problem = dict[str, Any]


def as_text(value: object) -> str | None:
    """A property value as HubSpot stores it: text, with the empty text meaning no value."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def _is_finite_number(text: str) -> bool:
    try:
        return math.isfinite(float(text)) and "_" not in text
    except ValueError:
        return False


def instant_of(text: str) -> datetime | None:
    """The instant of an epoch in milliseconds or of an ISO text; None for anything else."""
    try:
        if re.fullmatch(r"-?\d+", text):
            return parse_instant("1970-01-01") + (int(text) * _MILLISECOND)
        return parse_instant(text)
    except (ValueError, OverflowError):
        return None


_MILLISECOND = parse_instant("1970-01-01T00:00:00.001Z") - parse_instant("1970-01-01")


def _code_of_wrong_value(definition: Record, value: str) -> str | None:
    """HubSpot's error code when `value` does not fit the property."""
    if definition["modificationMetadata"]["readOnlyValue"]:
        return "READ_ONLY_VALUE"
    kind = definition["type"]
    if kind == "number" and not _is_finite_number(value):
        return "INVALID_DOUBLE" if re.search(r"[.,]", value) else "INVALID_INTEGER"
    if kind in {"date", "datetime"} and instant_of(value) is None:
        return "INVALID_DATE"
    if kind == "bool" and value not in {"true", "false"}:
        return "INVALID_OPTION"
    if kind == "enumeration" and not definition.get("externalOptions"):
        allowed = {option["value"] for option in definition["options"]}
        parts = value.split(";") if definition["fieldType"] == "checkbox" else [value]
        return None if allowed.issuperset(parts) else "INVALID_OPTION"
    return None


def problem(name: str, code: str, message: str) -> Problem:
    return {"message": message, "code": code, "context": {"propertyName": [name]}}


def refused_values(problems: list[Problem]) -> Exception:
    """The 400 that lists every value that does not fit."""
    shown = ", ".join(
        f"{detail['context']['propertyName'][0]}: {detail['code']}" for detail in problems
    )
    return invalid(f"Property values were not valid: {shown}", *problems)


class Definitions:
    """The property definitions of a portal."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def get(self, object_type: str, name: str) -> Record | None:
        return self._table.get(f"{object_type}/{name}")

    def all(self, object_type: str, *, archived: bool = False) -> list[Record]:
        return [
            wire(d)
            for d in self._table
            if d["objectType"] == object_type and d.get("archived", False) is archived
        ]

    def one(self, object_type: str, name: str) -> Record:
        definition = self.get(object_type, name)
        if definition is None:
            raise not_found(f"Property {name} of {object_type}")
        return wire(definition)

    def kind(self, object_type: str, name: str) -> str:
        definition = self.get(object_type, name)
        return definition["type"] if definition else "string"

    def unique_names(self, object_type: str) -> list[str]:
        return [d["name"] for d in self._table if _is_unique(d, object_type)]

    def is_unique(self, object_type: str, name: str) -> bool:
        definition = self.get(object_type, name)
        return definition is not None and _is_unique(definition, object_type)

    def unknown(self, object_type: str, names: set[str]) -> list[Problem]:
        return [
            problem(name, "PROPERTY_DOESNT_EXIST", f'Property "{name}" does not exist')
            for name in sorted(names)
            if self._live(object_type, name) is None
        ]

    def _live(self, object_type: str, name: str) -> Record | None:
        definition = self.get(object_type, name)
        return None if definition is None or definition.get("archived") else definition

    def misfits(self, object_type: str, values: Mapping[str, object]) -> list[Problem]:
        """What is wrong with values of known properties; clearing a value is always right."""
        problems = []
        for name, value in values.items():
            definition, text = self.get(object_type, name), as_text(value)
            if definition is None or text is None:
                continue
            code = _code_of_wrong_value(definition, text)
            if code:
                problems.append(problem(name, code, f'"{text}" does not fit property {name}'))
        return problems

    def define(self, object_type: str, wanted: object, at: datetime) -> Record:
        """The record of a new property; 400 for a wrong shape, 409 for a taken name."""
        if not isinstance(wanted, dict):
            raise invalid("The body must be an object")
        missing = {"name", "label", "type", "fieldType", "groupName"} - wanted.keys()
        if missing:
            raise invalid(f"Required fields are missing: {sorted(missing)}")
        if wanted["type"] not in TYPES or wanted["fieldType"] not in FIELD_TYPES:
            raise invalid(f"No such type: {wanted['type']}, {wanted['fieldType']}")
        if not re.fullmatch(r"[a-z][a-z0-9_]*", wanted["name"]):
            raise invalid(f"{wanted['name']!r} is no property name: a-z, 0-9 and _ only")
        if self._live(object_type, wanted["name"]):
            raise refusal(409, "OBJECT_ALREADY_EXISTS", f"{wanted['name']} exists already")
        return {"objectType": object_type, **_DEFAULTS, **wanted, **_stamps(at)}


_DEFAULTS: Record = {
    "description": "",
    "options": [],
    "displayOrder": -1,
    "calculated": False,
    "externalOptions": False,
    "hasUniqueValue": False,
    "hidden": False,
    "hubspotDefined": False,
    "formField": False,
    "archived": False,
    "modificationMetadata": {
        "archivable": True,
        "readOnlyDefinition": False,
        "readOnlyValue": False,
    },
}


def _stamps(at: datetime) -> Record:
    return {"createdAt": hubspot_instant(at), "updatedAt": hubspot_instant(at)}


def _is_unique(definition: Record, object_type: str) -> bool:
    return bool(definition["objectType"] == object_type and definition["hasUniqueValue"])


def wire(definition: Record) -> Record:
    return {name: value for name, value in definition.items() if name != "objectType"}
