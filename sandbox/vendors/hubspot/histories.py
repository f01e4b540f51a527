"""What a property was before: HubSpot keeps every value with its instant and its source."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random
from typing import Any

from sandbox.instants import hubspot_instant, parse_instant
from sandbox.pipeline import HUBSPOT_STAGES
from sandbox.store import Record

Entry = dict[str, Any]

_LIFECYCLE = ("lead", "marketingqualifiedlead", "salesqualifiedlead", "opportunity", "customer")
_OPEN_STAGES = tuple(name for name, facts in HUBSPOT_STAGES.items() if not facts.closed)
_SOURCES = ("CRM_UI", "INTEGRATION", "AUTOMATION_PLATFORM", "IMPORT", "FORM")


class Histories:
    """Property values over time: invented for what was there at the start, then as it happened."""

    def __init__(self, known: Iterable[Record] = ()) -> None:
        self._known = {record["id"]: record["entries"] for record in known}
        self._since: dict[tuple[str, str, str], list[Entry]] = {}
        # Each changed record as it was at the start: what is invented hangs on that.
        self._first: dict[tuple[str, str], Record] = {}

    def note(self, kind: str, before: Record | None, after: Record) -> None:
        """Remember the values that a change replaces."""
        if before is None:
            return
        self._first.setdefault((kind, before["id"]), before)
        old = before["properties"]
        for name, value in after["properties"].items():
            if value != old.get(name):
                entry = _entry(value, after["updatedAt"], "INTEGRATION")
                self._since[kind, after["id"], name] = [entry, *self.of(kind, before, name)]

    def of(self, kind: str, record: Record, name: str) -> list[Entry]:
        """The values of one property, newest first; the first one holds now."""
        record_id, value = str(record["id"]), record["properties"].get(name)
        first = self._first.get((kind, record_id), record)
        known = self._known.get(f"{kind}/{record_id}/{name}")
        kept = self._since.get((kind, record_id, name)) or known or _invented(first, name)
        if not kept and value is None:
            return []
        if kept and kept[0]["value"] == (value or ""):
            return kept
        return [_entry(value, record["updatedAt"], "INTEGRATION"), *kept]

    def shown(self, kind: str, record: Record, names: Iterable[str]) -> Record:
        """The record's further member when histories are asked for."""
        histories = {name: self.of(kind, record, name) for name in names}
        return {"propertiesWithHistory": histories} if histories else {}


def history(kind: str, record_id: str, name: str, told: list[tuple[str, datetime]]) -> Record:
    """What is known of a property's past, oldest first, as a record of its own."""
    entries = [_entry(value, hubspot_instant(at), "CRM_UI") for value, at in told]
    return {"id": f"{kind}/{record_id}/{name}", "entries": entries[::-1]}


def _entry(value: str | None, stamp: str, source: str) -> Entry:
    return {"value": value or "", "timestamp": stamp, "sourceType": source}


def _invented(record: Record, name: str) -> list[Entry]:
    """How a value came about between the record's creation and its last change."""
    if name == "hs_deal_stage_probability":
        return _implied_by_stage(record)
    value = record["properties"].get(name)
    if value is None:
        return []
    chance = Random(f"{record['id']}/{name}")  # noqa: S311  # invented data, repeatable
    created, updated = (parse_instant(record[field]) for field in ("createdAt", "updatedAt"))
    path = [value] if updated - created < timedelta(days=1) else _path(chance, name, value)
    places = sorted(chance.random() for _ in path[1:])
    moments = [created, *(created + (updated - created) * place for place in places)]
    entries = [
        _entry(step, hubspot_instant(at), chance.choice(_SOURCES))
        for step, at in zip(path, moments, strict=True)
    ]
    return entries[::-1]


def _implied_by_stage(record: Record) -> list[Entry]:
    """HubSpot sets a deal's probability with its stage."""
    return [
        {**entry, "value": HUBSPOT_STAGES[entry["value"]].probability}
        for entry in _invented(record, "dealstage")
        if entry["value"] in HUBSPOT_STAGES
    ]


def _path(chance: Random, name: str, value: str) -> list[str]:
    """The values that led to this one, oldest first; people skip steps and go back."""
    if name == "dealstage":
        closed = HUBSPOT_STAGES[value].closed if value in HUBSPOT_STAGES else True
        end = len(_OPEN_STAGES) if closed else _OPEN_STAGES.index(value)
        return _climbed(chance, _OPEN_STAGES[:end], value)
    if name == "lifecyclestage":
        end = _LIFECYCLE.index(value) if value in _LIFECYCLE else 1
        return _climbed(chance, _LIFECYCLE[:end], value)
    if name == "amount" and chance.random() < 0.4:
        return [str(round(float(value) * chance.choice((0.5, 0.8, 1.2)))), value]
    if name == "closedate" and chance.random() < 0.4:
        slipped = parse_instant(value) - timedelta(days=chance.choice((14, 30, 90)))
        return [hubspot_instant(slipped), value]
    return [value]


def _climbed(chance: Random, steps: tuple[str, ...], value: str) -> list[str]:
    taken = [step for step in steps if chance.random() < 0.7]
    if len(taken) > 1 and chance.random() < 0.15:
        taken.append(taken[-2])
    return [*taken, value]
