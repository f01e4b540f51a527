"""Who is on a static list of HubSpot, a hundred records at a time; a part of `hubspot`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any
from urllib.parse import quote

import httpx
import msgspec

from connectors.core.http import ToolClient
from connectors.core.pages import Envelope
from reverse_etl.destinations.base import Fields, Row, RowOutcome
from warehouse.deliveries import Operation
from warehouse.errors import Misconfigured, Refused

# Lists whose members are not worked out by HubSpot itself (its OpenAPI, "Lists", v3).
_STATIC = {"MANUAL", "SNAPSHOT"}
_DONE = {"add": "recordsIdsAdded", "remove": "recordIdsRemoved"}
_LISTS_OF = "/crm/v3/lists/records/memberships/batch/read"
_ABSENT = 404

# The ids of the records that are there, by our key.
IdsOf = Callable[[Sequence[str]], Mapping[str, str]]


class ListMembers:
    """The members of the list that `within` names, by its id or its name."""

    operations: frozenset[Operation] = frozenset({"add", "remove"})

    def __init__(
        self, client: ToolClient, type_id: Callable[[], str], within: str | None, ids_of: IdsOf
    ) -> None:
        self._client, self._type_id, self._within, self._ids_of = client, type_id, within, ids_of

    def faults(self, fields: Sequence[str]) -> list[str]:
        """Fields, of which a member has none; a list that is lost, not static or of others."""
        faults = [f"a member of a HubSpot list has no field {name!r}" for name in fields]
        if self._within is None:
            return [*faults, "HubSpot's list_members need within: the static list's id or name"]
        found = self._found()
        if found is None:
            return [*faults, f"HubSpot has no list {self._within!r} of {self._type_id()}"]
        if found.get("processingType") not in _STATIC:
            faults.append(
                f"HubSpot's list {self._within!r} is {found.get('processingType')}: HubSpot itself"
                " says who is on it; make a static list"
            )
        if found.get("objectTypeId") != self._type_id():
            faults.append(
                f"HubSpot's list {self._within!r} is of {found.get('objectTypeId')} and not of"
                f" {self._type_id()}"
            )
        return faults

    def write(self, operation: Operation, rows: Sequence[Row]) -> list[RowOutcome]:
        """HubSpot says nothing of who was on the list already, or was not: those are looked up."""
        ids = self._ids_of([row.key for row in rows])
        sent = [row for row in rows if row.key in ids]
        outcomes = [_not_there(operation, row) for row in rows if row.key not in ids]
        if not sent:
            return outcomes
        path = f"/crm/v3/lists/{self._list_id}/memberships/{operation}"
        asked = list(dict.fromkeys(ids[row.key] for row in sent))
        answer = self._client.send("PUT", path, Envelope, json=asked)
        done = set(map(str, answer.value(_DONE[operation], [])))
        missing = set(map(str, answer.value("recordIdsMissing", [])))
        outcomes += [
            RowOutcome(row.trace, "acknowledged", tool_id=ids[row.key])
            for row in sent
            if ids[row.key] in done - missing
        ]
        outcomes += [_not_there(operation, row) for row in sent if ids[row.key] in missing - done]
        spoken = {one.trace for one in outcomes}
        silent = {row.trace: ids[row.key] for row in sent if row.trace not in spoken}
        return outcomes + self._looked_up(operation, silent)

    def read(self, keys: Sequence[str]) -> dict[str, Fields]:
        ids = self._ids_of(keys)
        is_member = self._is_member(ids.values())
        return {key: {} for key in keys if key in ids and is_member.get(ids[key])}

    def _looked_up(self, operation: Operation, silent: Mapping[str, str]) -> list[RowOutcome]:
        """Those of whom the list says that it is so; the others are in doubt."""
        try:
            is_member = self._is_member(silent.values())
        except Refused:
            # What was written is written: that it cannot be looked up refuses none of it.
            return []
        return [
            RowOutcome(trace, "acknowledged", tool_id=record_id)
            for trace, record_id in silent.items()
            if is_member.get(record_id) is (operation == "add")
        ]

    def _is_member(self, ids: Iterable[str]) -> dict[str, bool]:
        """Whether each of the records is on the list; of some HubSpot may say nothing."""
        asked = list(dict.fromkeys(ids))
        if not asked:
            return {}
        list_id, type_id = self._list_id, self._type_id()
        inputs = {"inputs": [{"objectTypeId": type_id, "recordId": one} for one in asked]}
        return {
            str(one["recordId"]): list_id
            in [str(on["listId"]) for on in one["recordListMemberships"]]
            for one in self._client.post_as(_LISTS_OF, inputs, _results)
        }

    def _found(self) -> dict[str, Any] | None:
        within = str(self._within)
        path = f"object-type-id/{self._type_id()}/name/{quote(within, safe='')}"
        try:
            answer = self._client.get(f"/crm/v3/lists/{within if within.isdecimal() else path}")
        except Refused as refusal:
            if refusal.status != _ABSENT:
                raise
            return None
        found: dict[str, Any] | None = answer.value("list")
        return found

    @cached_property
    def _list_id(self) -> str:
        """The list's id, by which alone its members are written.

        Raises:
            Misconfigured: there is no such list.
        """
        within = str(self._within)
        if within.isdecimal():
            return within
        found = self._found()
        if found is None:
            raise Misconfigured(f"HubSpot has no list {within!r}")
        return str(found["listId"])


def _not_there(operation: Operation, row: Row) -> RowOutcome:
    """Who is no record is on no list; to be put there, it must be one first."""
    if operation == "remove":
        return RowOutcome(row.trace, "acknowledged")
    return RowOutcome(row.trace, "rejected", reason="HubSpot has no such record")


def _results(response: httpx.Response) -> list[dict[str, Any]]:
    return [msgspec.json.decode(one) for one in Envelope(response).records("results")]
