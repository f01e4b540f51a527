"""HubSpot's batch writes: all together, or row by row when every input can be traced."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.instants import hubspot_instant
from sandbox.pipeline import HUBSPOT_STAGES, hubspot_stage_fields
from sandbox.store import Record, Table
from sandbox.vendors.hubspot.errors import invalid, refusal
from sandbox.vendors.hubspot.properties import (
    CREATED_PROPERTY,
    Definitions,
    Problem,
    as_text,
    refused_values,
)

MAX_INPUTS = 100


@dataclass
class Outcome:
    """The result of a batch: new record states, and what was refused row by row."""

    records: list[tuple[Record, dict[str, Any]]] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)


def read_inputs(body: dict[str, Any], most: int = MAX_INPUTS) -> list[dict[str, Any]]:
    """The inputs of a batch body; HubSpot's 400 when there are none, too many or no objects."""
    inputs = body.get("inputs")
    if not isinstance(inputs, list) or not inputs:
        raise invalid("inputs must be a list that is not empty")
    if len(inputs) > most:
        raise invalid(f"A batch takes {most} inputs at most, got {len(inputs)}")
    if not all(isinstance(entry, dict) and _has_properties(entry) for entry in inputs):
        raise invalid("Every input must be an object, and its properties too")
    return inputs


def _has_properties(entry: dict[str, Any]) -> bool:
    return isinstance(entry.get("properties") or {}, dict)


def is_traced(inputs: list[dict[str, Any]]) -> bool:
    """Whether every input carries its own objectWriteTraceId: then rows fail one by one."""
    traces = [entry.get("objectWriteTraceId") for entry in inputs]
    return all(traces) and len(set(traces)) == len(traces)


class BatchWriter:
    """Works out a batch against the current records; commits nothing itself."""

    def __init__(
        self, object_type: str, table: Table, definitions: Definitions, modified: str, at: datetime
    ) -> None:
        self._object_type = object_type
        self._table = table
        self._definitions = definitions
        self._modified = modified
        self._at = at
        self._indices: dict[str, dict[str, str]] = {}
        self._highest = 0

    def update(self, inputs: list[dict[str, Any]]) -> Outcome:
        outcome = self._prepared(inputs)
        found = [(entry, self.find(entry)) for entry in inputs]
        _refuse_duplicates([record["id"] for _, record in found if record])
        for entry, record in found:
            if record is None:
                self._fail(outcome, entry, "OBJECT_NOT_FOUND", f"No record {entry.get('id')!r}")
            else:
                self._write(outcome, entry, record, {})
        return self._settled(inputs, outcome)

    def upsert(self, inputs: list[dict[str, Any]]) -> Outcome:
        outcome = self._prepared(inputs)
        for entry in inputs:
            if not self._definitions.is_unique(self._object_type, str(entry.get("idProperty"))):
                raise invalid(
                    f"idProperty must name a property with unique values, "
                    f"got {entry.get('idProperty')!r}"
                )
        _refuse_duplicates([_folded(entry.get("id")) for entry in inputs])
        for entry in inputs:
            record = self.find(entry)
            values = {entry["idProperty"]: entry.get("id"), **(entry.get("properties") or {})}
            whole = {**entry, "properties": values} if record is None else entry
            self._write(outcome, whole, record, {"new": record is None})
        return self._settled(inputs, outcome)

    def create(self, inputs: list[dict[str, Any]]) -> Outcome:
        outcome = self._prepared(inputs)
        for entry in inputs:
            self._write(outcome, entry, None, {})
        return self._settled(inputs, outcome)

    def _prepared(self, inputs: list[dict[str, Any]]) -> Outcome:
        names = {name for entry in inputs for name in entry.get("properties") or {}}
        unknown = self._definitions.unknown(self._object_type, names)
        if unknown:
            raise refused_values(unknown)
        return Outcome()

    def find(self, entry: dict[str, Any]) -> Record | None:
        name, value = entry.get("idProperty"), str(entry.get("id", ""))
        if not name or name == "hs_object_id":
            record = self._table.get(value)
        elif self._definitions.is_unique(self._object_type, name):
            record = self._table.get(self._index(name).get(_folded(value), ""))
        else:
            raise invalid(f"idProperty must name a property with unique values, got {name!r}")
        return record if record and not record["archived"] else None

    def _index(self, name: str) -> dict[str, str]:
        """Record ids by the unique property's value."""
        if name not in self._indices:
            self._indices[name] = {
                _folded(value): record["id"]
                for record in self._table
                if not record["archived"] and (value := record["properties"].get(name))
            }
        return self._indices[name]

    def _write(
        self,
        outcome: Outcome,
        entry: dict[str, Any],
        record: Record | None,
        more: dict[str, Any],
    ) -> None:
        values = entry.get("properties") or {}
        problems = self._definitions.misfits(self._object_type, values)
        if problems:
            self._fail(outcome, entry, "VALIDATION_ERROR", "A value does not fit", problems)
            return
        texts = {name: as_text(value) for name, value in values.items()}
        written = self._written(record, texts)
        self._claim_unique(written, texts)
        if trace := entry.get("objectWriteTraceId"):
            more = {**more, "objectWriteTraceId": trace}
        outcome.records.append((written, more))

    def _written(self, record: Record | None, texts: dict[str, str | None]) -> Record:
        stamp = hubspot_instant(self._at)
        if record is None:
            record_id = str(self._next_id())
            blank = {"hs_object_id": record_id, CREATED_PROPERTY[self._object_type]: stamp}
            record = {"id": record_id, "properties": blank, "createdAt": stamp, "archived": False}
        stage = texts.get("dealstage") if self._object_type == "deals" else None
        derived = hubspot_stage_fields(stage) if stage in HUBSPOT_STAGES else {}
        properties = {**record["properties"], **texts, **derived, self._modified: stamp}
        return {**record, "properties": properties, "updatedAt": stamp}

    def _next_id(self) -> int:
        self._highest = max(self._highest, self._table.highest_number()) + 1
        return self._highest

    def _claim_unique(self, written: Record, texts: dict[str, str | None]) -> None:
        """Keep unique values unique; one conflict fails the whole batch with 409."""
        for name in self._definitions.unique_names(self._object_type):
            value = texts.get(name)
            if value is None or name == "hs_object_id":
                continue
            holder = self._index(name).setdefault(_folded(value), written["id"])
            if holder != written["id"]:
                message = f"{name} {value} is taken. Existing ID: {holder}"
                raise refusal(409, "CONFLICT", message)

    def _fail(
        self,
        outcome: Outcome,
        entry: dict[str, Any],
        category: str,
        message: str,
        problems: list[Problem] | None = None,
    ) -> None:
        context: dict[str, Any] = {"ids": [str(entry["id"])]} if "id" in entry else {}
        if trace := entry.get("objectWriteTraceId"):
            context["objectWriteTraceId"] = [trace]
        error = {"status": "error", "category": category, "message": message, "context": context}
        outcome.errors.append({**error, **({"errors": problems} if problems else {})})

    def _settled(self, inputs: list[dict[str, Any]], outcome: Outcome) -> Outcome:
        """The outcome as it is when rows can be traced, else all or nothing."""
        if not outcome.errors or is_traced(inputs):
            return outcome
        first = outcome.errors[0]
        if first.get("errors"):
            raise refused_values([p for error in outcome.errors for p in error["errors"]])
        raise refusal(400, first["category"], first["message"], errors=outcome.errors)


def _folded(value: object) -> str:
    return str(value).strip().casefold()


def _refuse_duplicates(keys: list[str]) -> None:
    repeated = sorted({key for key in keys if keys.count(key) > 1})
    if repeated:
        raise invalid(f"A batch names each record once, these come twice: {repeated}")
