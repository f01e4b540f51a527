"""Which fields of an object are asked for, by what describe says of it today."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, get_args

import msgspec
from pydantic import AwareDatetime

from connectors.core.drift import require_fields
from connectors.core.http import ToolClient
from connectors.core.source import Record
from warehouse.errors import Misconfigured, Refused

API = "/services/data/v62.0"
VENDOR = "salesforce"

# What a change is found by, the best first; an object has what it has (NOTES.md 1).
_STAMPS = ("SystemModstamp", "LastModifiedDate", "CreatedDate")
# Whole values of these are made of other fields, or are no values: no query job takes them.
_NOT_ASKED = {"address", "location", "base64", "complexvalue"}
_FAMILIES = {
    "number": {"int", "double", "currency", "percent", "long"},
    "boolean": {"boolean"},
    "date": {"date"},
    "datetime": {"datetime"},
    "any": {"anyType"},
}
_PYTHON = {
    int: "number",
    Decimal: "number",
    bool: "boolean",
    date: "date",
    AwareDatetime: "datetime",
    str: "text",
}


class _Field(msgspec.Struct):
    name: str
    type: str
    custom: bool = False
    calculated: bool = False
    filterable: bool = True
    sortable: bool = True


@dataclass(frozen=True)
class SObjectStream:
    """A stream of one object: the fields that its contract needs, and more where there are any.

    Attributes:
        untyped: fields that staging needs too, whose values may be of any type.
        more: standard fields that only some orgs have, such as the currency of a record.
        is_optional: whether an org may lack the object.
    """

    stream: str
    sobject: str
    record: type[Record]
    description: str
    untyped: Sequence[str] = ()
    more: Sequence[str] = ()
    is_optional: bool = False

    @property
    def has_deleted(self) -> bool:
        return "IsDeleted" in self.record.model_fields


@dataclass(frozen=True)
class Shape:
    """What is asked for; `stamp` is the last of the fields, so that a torn row shows."""

    sobject: str
    types: Mapping[str, str]
    stamp: str
    has_formulas: bool
    has_deleted: bool

    @property
    def fields(self) -> list[str]:
        return list(self.types)

    @property
    def digest(self) -> str:
        """Differs when other fields are asked for than before."""
        return hashlib.sha256(",".join(sorted(self.types)).encode()).hexdigest()[:12]


def describe(client: ToolClient, of: SObjectStream) -> Shape | None:
    """The object's shape today, None where an optional one is not there.

    Raises:
        Drifted: a field that staging needs is gone, hidden, or of another kind.
        Misconfigured: the object itself cannot be seen.
    """
    found = described_fields(client, of.sobject)
    if found is None and of.is_optional:
        return None
    if found is None:
        raise Misconfigured(
            f"salesforce shows our user no object {of.sobject} (needed by stream {of.stream})",
            advice="give the run-as user the right to read it",
        )
    fields = {one.name: one for one in (msgspec.json.decode(raw, type=_Field) for raw in found)}
    needed = {name: _family_needed(of.record, name) for name in of.record.model_fields}
    needed |= dict.fromkeys(of.untyped)
    types = {name: _family(one.type, needed.get(name)) for name, one in fields.items()}
    require_fields(VENDOR, of.stream, needed, types)
    stamp = _stamp(of, fields)
    custom = [n for n, one in fields.items() if one.custom and one.type not in _NOT_ASKED]
    wanted = [*needed, *(name for name in of.more if name in fields), *custom]
    ordered = [*(name for name in dict.fromkeys(wanted) if name != stamp), stamp]
    return Shape(
        of.sobject,
        {name: fields[name].type for name in ordered},
        stamp,
        any(fields[name].calculated for name in ordered),
        of.has_deleted,
    )


def described_fields(client: ToolClient, sobject: str) -> list[msgspec.Raw] | None:
    """Every field of an object that our user may see, as received; None for no such object."""
    try:
        return client.get(f"{API}/sobjects/{sobject}/describe").records("fields")
    except Refused as error:
        if error.status == 404:
            return None
        raise


def _stamp(of: SObjectStream, fields: Mapping[str, _Field]) -> str:
    for name in _STAMPS:
        if name in fields and fields[name].filterable and fields[name].sortable:
            return name
    raise Misconfigured(
        f"salesforce.{of.stream}: no stamp of {of.sobject} can be asked for by time",
        advice=f"one of {', '.join(_STAMPS)} must be visible to the run-as user",
    )


def _family_needed(record: type[Record], name: str) -> str | None:
    """The family of types that a contract's field takes, None where any will do."""
    annotation: Any = record.model_fields[name].annotation
    options = [one for one in get_args(annotation) or (annotation,) if one is not type(None)]
    return _PYTHON.get(options[0]) if len(options) == 1 else None


def _family(type_: str, needed: str | None) -> str:
    """The needed family where the type is one of it, else the type's own name."""
    family = next((name for name, types in _FAMILIES.items() if type_ in types), "text")
    is_text = family == "text" and type_ not in _NOT_ASKED
    return family if family == needed and (family != "text" or is_text) else type_
