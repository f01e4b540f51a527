"""Sync Leads: who is found, made or changed, row by row in the order of the input."""

from collections.abc import Callable
from datetime import datetime
from math import isfinite
from typing import Any

from sandbox.instants import zendesk_instant
from sandbox.store import Table
from sandbox.vendors.marketo.errors import refusal
from sandbox.vendors.marketo.fields import CHANGE_DATA_VALUE, NEW_LEAD, SEARCHABLE
from sandbox.vendors.marketo.records import lead, lead_change

Record = dict[str, Any]
Definitions = dict[str, Record]
MOST = 300
# Where leads stand apart from one another; who is asked for none comes to the first.
PARTITIONS = {"Default": 1, "Japan": 2}
PARTITION = "leadPartitionId"
_ACTIONS = {"createOrUpdate", "updateOnly", "createOnly"}
_NUMBERS = {"integer", "score", "currency"}


def read_inputs(body: object) -> list[Record]:
    """The rows of a request; a refusal where there are none, too many, or no objects."""
    found = body.get("input") if isinstance(body, dict) else None
    if not isinstance(found, list) or not found:
        raise refusal(609, "Invalid JSON")
    if len(found) > MOST:
        raise refusal(1003, f"Too many rows: {len(found)}, at most {MOST}")
    if not all(isinstance(one, dict) for one in found):
        raise refusal(609, "Invalid JSON")
    return found


def skipped(code: int, message: str) -> Record:
    return {"status": "skipped", "reasons": [{"code": str(code), "message": message}]}


class LeadWriter:
    """Works out one request against the leads; commits nothing itself. `line` is the log's next.

    Attributes:
        changes: new states of records, by kind.
    """

    def __init__(
        self, leads: Table, line: int, definitions: Definitions, body: Record, at: datetime
    ) -> None:
        self._definitions, self._at = definitions, at
        self._action = body.get("action", "createOrUpdate")
        self._lookup = body.get("lookupField", "email")
        if str(self._action) not in _ACTIONS:
            raise refusal(1001, f"Invalid value '{self._action}'")
        if str(self._lookup) not in SEARCHABLE or (
            self._lookup == "id" and self._action != "updateOnly"
        ):
            raise refusal(1003, f"lookupField '{self._lookup}' does not go with {self._action}")
        asked = body.get("partitionName")
        if asked is not None and asked not in PARTITIONS:
            raise refusal(1003, f"Invalid partitionName '{asked}'")
        self._partition = PARTITIONS.get(str(asked))
        self._found: dict[str, list[Record]] = {}
        for one in leads:
            if self._partition not in {None, one.get(PARTITION, 1)}:
                continue
            if not one.get("isDeleted") and not _is_empty(one.get(self._lookup)):
                self._found.setdefault(_folded(one[self._lookup]), []).append(one)
        self.changes: list[tuple[str, Record]] = []
        self._next_lead, self._next_line = leads.highest_number() + 1, line

    def write(self, row: Record) -> Record:
        """Take one row; its result."""
        key = row.get(self._lookup)
        if _is_empty(key):
            return skipped(1003, f"Value for lookup field '{self._lookup}' is missing")
        found = self._found.get(_folded(key), [])
        if len(found) > 1:
            return skipped(1007, "Multiple lead match lookup criteria")
        if not found and self._action == "updateOnly":
            return skipped(1004, "Lead not found")
        if found and self._action == "createOnly":
            return skipped(1005, "Lead already exists")
        values = {name: value for name, value in row.items() if name != self._lookup}
        if (fault := self._fault(values)) is not None:
            return fault
        return self._make(row) if not found else self._change(found[0], values)

    def _fault(self, values: Record) -> Record | None:
        for name in values:
            known = self._definitions.get(name)
            if known is None:
                return skipped(1006, f"Field '{name}' not found")
            if not known["updateable"]:
                return skipped(1011, f"Field '{name}' not supported")
        wrong = list(self.wrong_values(values).values())
        return skipped(1003, wrong[0]) if wrong else None

    def wrong_values(self, values: Record) -> dict[str, str]:
        """What is wrong with values of fields that are known, by field."""
        wrong = {}
        for name, value in values.items():
            known = self._definitions.get(name)
            if known is None or _is_empty(value):
                continue
            if known["dataType"] in _NUMBERS and not _is_number(value):
                wrong[name] = f"Invalid value '{value}' for field '{name}'"
            elif len(str(value)) > known.get("length", 2_000):
                wrong[name] = f"Value of field '{name}' is too long"
        return wrong

    def _make(self, row: Record) -> Record:
        made = lead(self._next_lead, self._stored(row), self._at, self._at)
        made |= {} if self._partition is None else {PARTITION: self._partition}
        self._next_lead += 1
        self._keep(made, NEW_LEAD, {})
        return {"id": made["id"], "status": "created"}

    def _change(self, old: Record, values: Record) -> Record:
        stored = self._stored(values)
        moved = {name: (old[name], new) for name, new in stored.items() if old[name] != new}
        stamp = zendesk_instant(self._at)
        if moved:
            new = {**old, **stored, "updatedAt": stamp, "changedAt": stamp}
            self._keep(new, CHANGE_DATA_VALUE, moved)
        return {"id": old["id"], "status": "updated"}

    def _keep(self, record: Record, kind: int, moved: dict[str, tuple[Any, Any]]) -> None:
        self._found[_folded(record[self._lookup])] = [record]
        self.changes.append(("leads", record))
        line = lead_change(self._next_line, record["id"], kind, self._at, moved)
        self._next_line += 1
        self.changes.append(("lead_changes", line))

    def _stored(self, values: Record) -> Record:
        """Values as Marketo keeps them: an empty text is nothing, a number of a text is text."""
        read: dict[str, Callable[[Any], Any]] = {
            **dict.fromkeys(("integer", "score"), lambda value: int(float(value))),
            "currency": float,
            "boolean": lambda value: str(value).lower() in {"true", "1", "yes"},
        }
        return {
            name: None
            if _is_empty(value)
            else read.get(self._definitions[name]["dataType"], str)(value)
            for name, value in values.items()
        }


def _is_empty(value: object) -> bool:
    return value is None or value == ""


def _is_number(value: object) -> bool:
    try:
        number = float(str(value))
    except ValueError:
        return False
    return isfinite(number) and not isinstance(value, bool)


def _folded(value: object) -> str:
    return str(value).strip().casefold()
