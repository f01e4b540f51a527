"""What a property was before: HubSpot keeps every value with its instant and its source."""

from collections.abc import Iterable
from typing import Any

from sandbox.store import Record, Table

Entry = dict[str, Any]


class Histories:
    """Property values over time: what was generated, and what has changed since the start."""

    def __init__(self, extras: Table) -> None:
        self._extras = extras
        self._since: dict[tuple[str, str, str], list[Entry]] = {}

    def note(self, kind: str, before: Record | None, after: Record) -> None:
        """Remember the values that a change replaces."""
        if before is None or before is after:
            return
        old, new = before.get("properties"), after.get("properties")
        if not isinstance(old, dict) or not isinstance(new, dict):
            return
        for name, value in new.items():
            if value != old.get(name):
                self._since[kind, after["id"], name] = self.of(kind, before, name)

    def of(self, kind: str, record: Record, name: str) -> list[Entry]:
        """The values of one property, newest first; the first one holds now."""
        key = (kind, str(record["id"]), name)
        kept = self._since.get(key) or self._generated(*key)
        value = record["properties"].get(name)
        if kept and kept[0]["value"] == (value or ""):
            return kept
        if not kept and value is None:
            return []
        stamp = record["updatedAt"] if kept else record["createdAt"]
        entry = {"value": value or "", "timestamp": stamp, "sourceType": "INTEGRATION"}
        return [entry, *kept]

    def _generated(self, kind: str, record_id: str, name: str) -> list[Entry]:
        extra = self._extras.get(f"{kind}/{record_id}")
        found: list[Entry] = (extra or {}).get("histories", {}).get(name, [])
        return found

    def shown(self, kind: str, record: Record, names: Iterable[str]) -> Record:
        """The record as it is answered when histories are asked for."""
        histories = {name: self.of(kind, record, name) for name in names}
        return {"propertiesWithHistory": histories} if histories else {}
