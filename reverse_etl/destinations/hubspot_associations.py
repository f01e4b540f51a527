"""Which record of HubSpot belongs to which, a hundred pairs at a time; a part of `hubspot`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

import httpx

from connectors.core.http import ToolClient
from connectors.core.pages import Envelope
from reverse_etl.destinations.base import Fields, Row, RowOutcome
from warehouse.deliveries import ErrorClass, Operation
from warehouse.errors import Misconfigured, Refused

# What a record is told to have where it has nothing (HubSpot's OpenAPI, "Associations", v4).
_NOTHING = "crm.associations.NO_ASSOCIATIONS_FOUND"
_PAIR = re.compile(r"(\d+)\|(\d+)")

Pair = tuple[str, str]
Type = tuple[str, int]
# Record -> what it is associated with -> how; of a record that is not in it nothing is known.
Held = Mapping[str, Mapping[str, set[Type]]]


class Associations:
    """Pairs of record ids, associated by the label that `within` names, or by none.

    A key is both ids, from and to, as the sync's two columns make it.

    To take the plain association away would take every label with it, whoever has put it there:
    a pair that has any is left as it is, and rejected.
    """

    operations: frozenset[Operation] = frozenset({"add", "remove"})

    def __init__(self, client: ToolClient, pair: str, passing: set[str], label: str | None) -> None:
        self._client, self._passing, self._label = client, passing, label
        self._path = "/crm/v4/associations/" + pair.replace(":", "/")
        self._name = " to ".join(pair.split(":"))

    def faults(self, fields: Sequence[str], identifier: str | None) -> list[str]:
        """Fields, of which a pair has none; objects that cannot be associated, a lost label."""
        faults = [f"an association of HubSpot has no field {name!r}" for name in fields]
        if identifier is not None:
            faults.append(
                "an association of HubSpot is known by two record ids: say identify_by.columns,"
                " and no field"
            )
        try:
            labels = self._labels
        except Refused as refusal:
            return [*faults, f"HubSpot associates no {self._name}: {refusal.body}"]
        if self._label not in labels:
            known = ", ".join(sorted(repr(one) for one in labels if one))
            faults.append(
                f"HubSpot has no label {self._label!r} from {self._name}; it has: {known}"
            )
        return faults

    def write(self, operation: Operation, rows: Sequence[Row]) -> list[RowOutcome]:
        pairs = {row.trace: pair for row in rows if (pair := _pair(row.key))}
        outcomes = [
            RowOutcome(row.trace, "rejected", reason=f"{row.key!r} is not two ids of HubSpot's")
            for row in rows
            if row.trace not in pairs
        ]
        if not pairs:
            return outcomes
        if operation == "add":
            return outcomes + self._add(pairs)
        return outcomes + self._remove(pairs)

    def read(self, keys: Sequence[str]) -> dict[str, Fields]:
        pairs = {key: pair for key in keys if (pair := _pair(key))}
        held, ours = self._held(first for first, _ in pairs.values()), self._type
        return {key: {} for key, pair in pairs.items() if ours in _how(held, pair)}

    def _add(self, pairs: Mapping[str, Pair]) -> list[RowOutcome]:
        answer = self._client.post(f"{self._path}/batch/create", {"inputs": self._inputs(pairs)})
        done = {
            (str(one.get("fromObjectId")), str(one.get("toObjectId")))
            for one in answer.value("results", [])
        }
        told = [_done(trace, pair) for trace, pair in pairs.items() if pair in done]
        silent = {trace: pair for trace, pair in pairs.items() if pair not in done}
        held, ours = self._held_after(silent.values()), self._type
        told += [_done(trace, pair) for trace, pair in silent.items() if ours in _how(held, pair)]
        spoken = {one.trace for one in told}
        for one in answer.value("errors", []):
            # An error names the record that it is about, but not the pair.
            named = {str(id_) for id_ in one.get("context", {}).get("objectId", [])}
            refused = {
                trace: pair
                for trace, pair in silent.items()
                if trace not in spoken and named.intersection(pair)
            }
            told += [self._rejected(trace, one) for trace in refused]
            spoken.update(refused)
        return told

    def _remove(self, pairs: Mapping[str, Pair]) -> list[RowOutcome]:
        """HubSpot answers 204 whatever it did: look before, and again."""
        held, ours = self._held(first for first, _ in pairs.values()), self._type
        told = [
            _done(trace, pair)
            for trace, pair in pairs.items()
            if pair[0] in held and ours not in _how(held, pair)
        ]
        there = {trace: pair for trace, pair in pairs.items() if ours in _how(held, pair)}
        if self._label is None:
            kept = {trace for trace, pair in there.items() if _how(held, pair) != {ours}}
            told += [
                RowOutcome(
                    trace, "rejected", reason="they have a label, which would be taken away, too"
                )
                for trace in there
                if trace in kept
            ]
            there = {trace: pair for trace, pair in there.items() if trace not in kept}
        if there:
            self._archive(there)
            left = self._held_after(there.values())
            told += [
                _done(trace, pair)
                for trace, pair in there.items()
                if pair[0] in left and ours not in _how(left, pair)
            ]
        return told

    def _archive(self, pairs: Mapping[str, Pair]) -> None:
        if self._label is not None:
            path, inputs = "batch/labels/archive", self._inputs(pairs)
        else:
            path = "batch/archive"
            inputs = [{"from": {"id": one}, "to": [{"id": two}]} for one, two in pairs.values()]
        self._client.post_as(f"{self._path}/{path}", {"inputs": inputs}, lambda _: None)

    def _inputs(self, pairs: Mapping[str, Pair]) -> list[dict[str, Any]]:
        category, type_id = self._type
        types = [{"associationCategory": category, "associationTypeId": type_id}]
        return [
            {"from": {"id": first}, "to": {"id": second}, "types": types}
            for first, second in pairs.values()
        ]

    def _rejected(self, trace: str, error: Mapping[str, Any]) -> RowOutcome:
        kind: ErrorClass = "transient" if error.get("category") in self._passing else "permanent"
        said = "; ".join(map(str, error.get("context", {}).get("INVALID_OBJECT_IDS", [])))
        reason = f"{error.get('category')}: {said or error.get('message')}"
        return RowOutcome(trace, "rejected", reason=reason, error=kind)

    # -- what is there ---------------------------------------------------------------------

    def _held_after(self, pairs: Iterable[Pair]) -> Held:
        """What is there once something was written."""
        try:
            return self._held(first for first, _ in pairs)
        except Refused:
            # What was written is written: that it cannot be looked up refuses none of it.
            return {}

    def _held(self, ids: Iterable[str]) -> Held:
        held: dict[str, dict[str, set[Type]]] = {}
        inputs = [{"id": one} for one in dict.fromkeys(ids)]
        while inputs:
            asked = {"inputs": inputs}
            answer = self._client.post_as(f"{self._path}/batch/read", asked, _whole)
            inputs = []
            for one in answer.value("results"):
                links = held.setdefault(str(one["from"]["id"]), {})
                for to in one["to"]:
                    types = {(how["category"], how["typeId"]) for how in to["associationTypes"]}
                    links.setdefault(str(to["toObjectId"]), set()).update(types)
                after = one.get("paging", {}).get("next", {}).get("after")
                if after:
                    inputs.append({"id": str(one["from"]["id"]), "after": after})
            for error in answer.value("errors", []):
                if error.get("subCategory") == _NOTHING:
                    for one in error["context"]["fromObjectId"]:
                        held.setdefault(str(one), {})
        return held

    @cached_property
    def _labels(self) -> dict[str | None, Type]:
        """Label -> its type; None stands for the plain association."""
        answer = self._client.get(f"{self._path}/labels")
        return {one["label"]: (one["category"], one["typeId"]) for one in answer.value("results")}

    @property
    def _type(self) -> Type:
        """The type that is written.

        Raises:
            Misconfigured: there is no such label.
        """
        found = self._labels.get(self._label)
        if found is None:
            raise Misconfigured(f"HubSpot has no label {self._label!r} from {self._name}")
        return found


def _pair(key: str) -> Pair | None:
    found = _PAIR.fullmatch(key)
    return (found[1], found[2]) if found else None


def _how(held: Held, pair: Pair) -> set[Type]:
    return held.get(pair[0], {}).get(pair[1], set())


def _done(trace: str, pair: Pair) -> RowOutcome:
    return RowOutcome(trace, "acknowledged", tool_id="|".join(pair))


def _whole(response: httpx.Response) -> Envelope:
    answer = Envelope(response)
    answer.records("results")
    return answer
