"""Writes HubSpot's CRM objects, a hundred at a time."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from connectors.core.pages import Envelope
from reverse_etl.destinations.base import Destination, Fields, Row, RowOutcome
from warehouse.deliveries import Operation

# Categories of errors that say nothing against the row itself.
_PASSING = {"RATE_LIMIT", "RATE_LIMITS", "INTERNAL_ERROR", "MIGRATION_IN_PROGRESS", "TIMEOUT"}


class HubSpotObjects(Destination):
    """`batch/update` by record id, `batch/upsert` by a property with `hasUniqueValue`.

    What is archived stands in HubSpot's recycle bin for 90 days.
    """

    batch_size = 100
    operations = frozenset({"update", "upsert", "archive"})

    def faults(self, fields: Sequence[str]) -> list[str]:
        """Fields that the portal does not have, or that cannot be written or identify a record."""
        known = {
            one["name"]: one
            for one in self._client.get(f"/crm/v3/properties/{self._object}").value("results")
        }
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

    def write(self, operation: Operation, rows: Sequence[Row]) -> list[RowOutcome]:
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
            f"/crm/v3/objects/{self._object}/batch/{operation}", {"inputs": inputs}
        )
        return self._accepted(answer, rows) + _rejected(answer)

    def read(self, keys: Sequence[str], fields: Sequence[str]) -> dict[str, Fields]:
        body: dict[str, Any] = {
            "properties": list(fields),
            "inputs": [{"id": key} for key in keys],
        }
        if self._identifier is not None:
            body["idProperty"] = self._identifier
            body["properties"] = [*fields, self._identifier]
        answer = self._client.post(f"/crm/v3/objects/{self._object}/batch/read", body)
        found = {_folded(self._key(one)): one["properties"] for one in answer.value("results", [])}
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
        found = self.read(keys, ["hs_object_id"])
        return {key: str(held["hs_object_id"]) for key, held in found.items()}

    def _accepted(self, answer: Envelope, rows: Sequence[Row]) -> list[RowOutcome]:
        by_key = {_folded(row.key): row.trace for row in rows}
        outcomes = []
        for one in answer.value("results", []):
            trace = one.get("objectWriteTraceId") or by_key.get(_folded(self._key(one)))
            if trace is not None:
                outcomes.append(RowOutcome(trace, "acknowledged", tool_id=str(one["id"])))
        return outcomes

    def _identifiers(self) -> list[str]:
        return [] if self._identifier is None else [self._identifier]

    def _key(self, record: dict[str, Any]) -> str:
        return str(record["properties"].get(self._identifier) if self._identifier else record["id"])


DESTINATION = HubSpotObjects


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
    return {name: _text(value) for name, value in fields.items()}


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
    try:
        return Decimal(mine) == Decimal(theirs)
    except InvalidOperation:
        return False
