"""Writes HubSpot's CRM objects, its static lists and its associations, a hundred at a time."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from functools import cached_property
from typing import Any

import msgspec

from connectors.core.pages import Envelope
from connectors.core.source import Tool
from connectors.core.wire import Texts
from reverse_etl.destinations.base import (
    Destination,
    FieldLimit,
    Fields,
    Row,
    RowOutcome,
    is_same_number,
)
from reverse_etl.destinations.hubspot_associations import Associations
from reverse_etl.destinations.hubspot_lists import ListMembers
from warehouse.deliveries import Operation
from warehouse.errors import Refused

# Categories of errors that say nothing against the row itself.
_PASSING = {"RATE_LIMIT", "RATE_LIMITS", "INTERNAL_ERROR", "MIGRATION_IN_PROGRESS", "TIMEOUT"}
# So many records are read at a time with the history of a property.
_WITH_HISTORY = 50
MEMBERS, ASSOCIATIONS = "list_members", "associations"
# How HubSpot says that there is no such object.
_UNKNOWN = {400, 404}
# The ids of HubSpot's own objects; one that a portal made is `2-` and a number.
_TYPE_IDS = {"contacts": "0-1", "companies": "0-2", "deals": "0-3", "tickets": "0-5"}
# How many characters a text may have (HubSpot's knowledge base, "Property field types").
_LONGEST = 65_536
_MILLISECONDS = re.compile(r"-?\d{9,}")
_TYPE_ID = re.compile(r"\d+-\d+")


class _Written(msgspec.Struct, rename={"trace": "objectWriteTraceId"}):
    """What is read of a record in an answer; its properties, which are many, only at need."""

    id: Any = None
    trace: Any = None
    properties: msgspec.Raw = msgspec.Raw(b"{}")


_WRITTEN = msgspec.json.Decoder(_Written)


class HubSpotObjects(Destination):
    """`batch/update` by record id, `batch/upsert` by a property with `hasUniqueValue`.

    An object by its name or its type id; or `list_members`, who is on the static list of contacts
    that `within` names; of companies, `list_members:companies`; or which contact belongs to which
    company, `associations:contacts:companies`.

    What is archived stands in HubSpot's recycle bin for 90 days.
    """

    batch_size = 100
    id_field = "hs_object_id"
    # At 19 requests a second and up to 200 ms each, four are under way.
    at_once = 6
    operations = frozenset({"update", "upsert", "archive"})

    def __init__(
        self, tool: Tool, object_name: str, identifier: str | None, within: str | None = None
    ) -> None:
        what, _, of = object_name.partition(":")
        super().__init__(tool, _records_of(object_name), identifier, within)
        self._part: ListMembers | Associations | None = None
        if what == MEMBERS:
            self._part = ListMembers(self._client, self._type_id, within, self._ids_of)
        elif what == ASSOCIATIONS:
            self._part = Associations(self._client, of, _PASSING, within)

    @classmethod
    def operations_of(cls, object_name: str) -> frozenset[Operation]:
        parts = object_name.split(":")
        if parts[0] == MEMBERS and len(parts) <= 2 and all(parts):
            return ListMembers.operations
        if parts[0] == ASSOCIATIONS and len(parts) == 3 and all(parts):
            return Associations.operations
        return cls.operations if parts[0] not in {MEMBERS, ASSOCIATIONS} else frozenset()

    @classmethod
    def joins(cls, object_name: str) -> bool:
        return object_name.partition(":")[0] not in {MEMBERS, ASSOCIATIONS}

    @property
    def modified_field(self) -> str | None:
        if self._part is not None:
            return None
        return "lastmodifieddate" if self._object == "contacts" else "hs_lastmodifieddate"

    def faults(self, fields: Sequence[str]) -> list[str]:
        """Fields that the portal does not have, or that cannot be written or identify a record."""
        if isinstance(self._part, Associations):
            return self._part.faults(fields, self._identifier)
        try:
            if self._part is not None:
                return self._faults_of([]) + self._part.faults(fields)
            return self._faults_of(fields)
        except Refused as refusal:
            if refusal.status not in _UNKNOWN:
                raise
            return [f"HubSpot has no object {self._object!r}: {refusal.body}"]

    def _faults_of(self, fields: Sequence[str]) -> list[str]:
        known = self._properties
        missing = [
            f"HubSpot has no {self._object} property {name!r}: create it in Settings > Properties"
            for name in [*fields, *self._identifiers()]
            if name not in known
        ]
        read_only = [
            f"HubSpot's {self._object} property {name!r} is read-only"
            for name in fields
            if known.get(name, {}).get("modificationMetadata", {}).get("readOnlyValue")
        ]
        ambiguous = [
            f"HubSpot's {self._object} property {name!r} cannot identify a record: its values need"
            " not be unique"
            for name in self._identifiers()
            if name in known and not known[name].get("hasUniqueValue")
        ]
        return missing + read_only + ambiguous

    def limits(self, fields: Sequence[str]) -> dict[str, FieldLimit]:
        """Numbers, truths, options, dates and lengths; who is on a list has no properties."""
        if self._part is not None:
            return {}
        known = self._properties
        return {name: _limit(known[name]) for name in fields if name in known}

    @cached_property
    def _properties(self) -> dict[str, dict[str, Any]]:
        answer = self._client.get(f"/crm/v3/properties/{self._object}")
        return {one["name"]: one for one in answer.value("results")}

    def write(self, operation: Operation, rows: Sequence[Row]) -> list[RowOutcome]:
        if self._part is not None:
            return self._part.write(operation, rows)
        if operation == "archive":
            return self._archive(rows)
        identity = {"idProperty": self._identifier} if operation == "upsert" else {}
        # A trace on every input is what makes HubSpot answer row by row (207).
        inputs = [
            {"id": row.key, "objectWriteTraceId": row.trace, "properties": _wire(row.fields)}
            | identity
            for row in rows
        ]
        answer = self._client.post(
            f"/crm/v3/objects/{self._object}/batch/{operation}", Texts(inputs=inputs)
        )
        return self._accepted(answer, rows) + _rejected(answer)

    def read(self, keys: Sequence[str], fields: Sequence[str]) -> dict[str, Fields]:
        if self._part is not None:
            return self._part.read(keys)
        return self._records(keys, fields)

    def changed_at(self, keys: Sequence[str], fields: Sequence[str]) -> dict[str, Fields]:
        """The instant of each property's latest value."""
        past = {"propertiesWithHistory": list(fields)}
        return {
            key: {
                name: max(str(value["timestamp"]) for value in values)
                for name, values in one.get("propertiesWithHistory", {}).items()
                if values
            }
            for start in range(0, len(keys), _WITH_HISTORY)
            for key, one in self._found(keys[start : start + _WITH_HISTORY], [], past).items()
        }

    def _records(self, keys: Sequence[str], fields: Sequence[str]) -> dict[str, Fields]:
        return {key: one["properties"] for key, one in self._found(keys, fields, {}).items()}

    def _found(
        self, keys: Sequence[str], fields: Sequence[str], more: Mapping[str, Any]
    ) -> dict[str, dict[str, Any]]:
        body: dict[str, Any] = {
            "properties": list(fields),
            "inputs": [{"id": key} for key in keys],
            **more,
        }
        if self._identifier is not None:
            body["idProperty"] = self._identifier
            body["properties"] = [*fields, self._identifier]
        answer = self._client.post(f"/crm/v3/objects/{self._object}/batch/read", body)
        found = {_folded(self._key(one)): one for one in answer.value("results", [])}
        # HubSpot tells its own spelling of a unique value, which it compares without case.
        return {key: found[_folded(key)] for key in keys if _folded(key) in found}

    def holds(self, held: object, wish: object) -> bool:
        return _same(held, wish)

    def _archive(self, rows: Sequence[Row]) -> list[RowOutcome]:
        """`batch/archive` knows record ids only and answers 204 whatever it did: look again."""
        keys = [row.key for row in rows]
        ids = self._record_ids(keys)
        if ids:
            inputs = {"inputs": [{"id": one} for one in ids.values()]}
            self._client.post_as(
                f"/crm/v3/objects/{self._object}/batch/archive", inputs, lambda _: None
            )
        left = self._record_ids(keys) if ids else {}
        return [
            RowOutcome(row.trace, "acknowledged", tool_id=ids.get(row.key))
            for row in rows
            if row.key not in left
        ]

    def _record_ids(self, keys: Sequence[str]) -> dict[str, str]:
        """The ids of the records that are there, by our key."""
        found = self._records(keys, ["hs_object_id"])
        return {key: str(held["hs_object_id"]) for key, held in found.items()}

    def _ids_of(self, keys: Sequence[str]) -> dict[str, str]:
        """The ids by our key; what is known by its id already is not looked up."""
        return self._record_ids(keys) if self._identifier else {key: key for key in keys}

    def _type_id(self) -> str:
        """The object's id, by which its lists name it."""
        if _TYPE_ID.fullmatch(self._object):
            return self._object
        if self._object in _TYPE_IDS:
            return _TYPE_IDS[self._object]
        described = self._client.get(f"/crm-object-schemas/v3/schemas/{self._object}")
        return str(described.value("objectTypeId"))

    def _accepted(self, answer: Envelope, rows: Sequence[Row]) -> list[RowOutcome]:
        told = [_WRITTEN.decode(one) for one in answer.some("results")]
        is_traced = all(one.trace for one in told)
        by_key = {} if is_traced else {_folded(row.key): row.trace for row in rows}
        outcomes = []
        for one in told:
            trace = one.trace or by_key.get(_folded(self._key_of(one)))
            if trace is not None and one.id is not None:
                outcomes.append(RowOutcome(trace, "acknowledged", str(one.id)))
        return outcomes

    def _key_of(self, one: _Written) -> str:
        return self._key({"id": one.id, "properties": msgspec.json.decode(one.properties)})

    def _identifiers(self) -> list[str]:
        return [] if self._identifier is None else [self._identifier]

    def _key(self, record: dict[str, Any]) -> str:
        return str(record["properties"].get(self._identifier) if self._identifier else record["id"])


DESTINATION = HubSpotObjects


def _records_of(object_name: str) -> str:
    """The object whose records are written, or stand on the list."""
    what, _, of = object_name.partition(":")
    return (of or "contacts") if what == MEMBERS else what


def _limit(described: Mapping[str, Any]) -> FieldLimit:
    kind = described.get("type")
    if kind == "number":
        return FieldLimit(kind="number")
    if kind == "bool":
        return FieldLimit(kind="truth")
    if kind in {"date", "datetime"}:
        return FieldLimit(check=_no_day if kind == "date" else _no_instant)
    if kind == "string":
        return FieldLimit(max_length=_LONGEST)
    if kind != "enumeration" or described.get("externalOptions") or not described.get("options"):
        return FieldLimit()
    several = ";" if described.get("fieldType") == "checkbox" else None
    choices = frozenset(str(one["value"]) for one in described["options"])
    return FieldLimit(choices=choices, separator=several)


def _no_day(wish: object) -> str | None:
    """A day, or the instant at which it begins in UTC, which may be in milliseconds since 1970."""
    found = _instant(wish)
    if wish == "" or (found is not None and found.time() == time()):
        return None
    return f"{_text(wish)!r} is no day, such as 2026-11-30"


def _no_instant(wish: object) -> str | None:
    if wish == "" or _instant(wish) is not None:
        return None
    return f"{_text(wish)!r} is no instant, such as 2026-11-30T09:00:00Z"


def _instant(wish: object) -> datetime | None:
    text = _text(wish)
    try:
        if _MILLISECONDS.fullmatch(text):
            return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(text))
        found = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        return None
    return found.astimezone(UTC) if found.tzinfo else found


def _rejected(answer: Envelope) -> list[RowOutcome]:
    return [
        RowOutcome(
            trace,
            "rejected",
            reason=f"{one.get('category')}: {one.get('message')}",
            error="transient" if one.get("category") in _PASSING else "permanent",
        )
        for one in answer.value("errors", [])
        for trace in one.get("context", {}).get("objectWriteTraceId", [])
    ]


def _folded(key: str) -> str:
    return key.strip().casefold()


def _wire(fields: Fields) -> dict[str, str]:
    """HubSpot takes every value as text, and empties a property that is set to ""."""
    # Most values are text already: to ask that first is most of what the body of a request costs.
    if set(map(type, fields.values())) == {str}:
        return dict(fields)
    return {
        name: value if isinstance(value, str) else _text(value) for name, value in fields.items()
    }


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _same(held: object, wish: object) -> bool:
    mine, theirs = _text(wish), _text(held)
    # Only a number may be written in several ways: of texts, "007" is not "7".
    if mine == theirs or isinstance(wish, str):
        return mine == theirs
    return is_same_number(mine, theirs)
