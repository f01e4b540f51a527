"""Writes Marketo's leads, three hundred at a time or as files, and who is in a static list."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, Literal

import httpx

from connectors.core.pages import BadPage, Envelope
from connectors.marketo import imports
from connectors.marketo.answers import is_refusal, results
from connectors.marketo.leads import DESCRIBE
from reverse_etl.addresses import joined
from reverse_etl.destinations import marketo_imports
from reverse_etl.destinations.base import (
    Destination,
    FieldLimit,
    Fields,
    Row,
    RowOutcome,
    Submitted,
    is_same_number,
)
from warehouse.deliveries import Operation
from warehouse.errors import Misconfigured, Refused

LEADS, MEMBERS = "leads", "list_members"
_ID = re.compile(r"[1-9][0-9]*")
_LEADS_PATH = "/rest/v1/leads.json"
_ACTIONS = {"update": "updateOnly", "upsert": "createOrUpdate", "create": "createOnly"}
_DONE = {"created", "updated", "added", "removed"}
# What a static list says of a wish that was true before; a lead that is gone is another matter.
_SO_ALREADY = {"add": {"memberof"}, "remove": {"notmemberof"}}
# Codes of a row that say nothing against it (NOTES.md 2 of the connector, and their like).
_PASSING = {"502", "602", "604", "606", "608", "611", "614", "615", "713"}
# Codes of a whole request that are of no row: the address, the subscription, a field that is gone.
_OF_NO_ROW = ("610", "612", "616", "703", "1006")
_MOST = 300
# A lead's partition by number; a request names it.
_PARTITION = "leadPartitionId"
# Types of fields (Marketo's developer guide, "Field types") that hold no free text.
_KINDS: Mapping[str, Literal["number", "integer", "truth", "date", "instant"]] = {
    **dict.fromkeys(("integer", "score"), "integer"),
    **dict.fromkeys(("currency", "float", "percent"), "number"),
    "boolean": "truth",
    "date": "date",
    "datetime": "instant",
}


class MarketoLeads(Destination):
    """Object `leads`, or `list_members` of the static list that `within` names by id or name.

    Of leads `within` may name a partition: those of the others are other leads then. A lead is
    known by Marketo's own id, or by the field that the sync identifies it by.

    Marketo makes doubles of leads that are upserted twice at a time. So no request is repeated
    whose answer was lost, and of two rows that it takes for one lead the second is not sent.

    From `bulk_from` rows on a batch is the file of an import, if all of its rows have the same
    fields and none is emptied; else it is halved until it is sent as any other.
    """

    batch_size = 300
    bulk_from, bulk_size = marketo_imports.FROM, marketo_imports.SIZE
    longest_import = marketo_imports.LONGEST
    modified_field = "updatedAt"

    @classmethod
    def operations_of(cls, object_name: str) -> frozenset[Operation]:
        if object_name == MEMBERS:
            return frozenset({"add", "remove"})
        return frozenset({"update", "upsert", "create"} if object_name == LEADS else ())

    @classmethod
    def joins(cls, object_name: str) -> bool:
        return object_name == LEADS

    def batch_of(self, operation: Operation, rows: int) -> int:
        # An import makes the leads that it does not find, but for those that it looks up by id.
        makes_as_asked = operation == "upsert" or (operation == "update" and self._lookup == "id")
        is_bulk = self._object == LEADS and rows >= self.bulk_from and makes_as_asked
        return self.bulk_size if is_bulk else self.batch_size

    def faults(self, fields: Sequence[str]) -> list[str]:
        """Fields that leads do not have, cannot be set or cannot be looked up by; a lost list."""
        described = self._described
        known = {one["name"]: one for one in described["fields"]}
        searchable = {name for names in described["searchableFields"] for name in names[:1]}
        wanted = [*fields, self._lookup]
        missing = [f"Marketo's leads have no field {one!r}" for one in wanted if one not in known]
        read_only = [
            f"Marketo's lead field {name!r} cannot be set through the API"
            for name in fields
            if not known.get(name, {}).get("updateable", True)
        ]
        lookup = [
            f"Marketo cannot look a lead up by {self._lookup!r}: only by {', '.join(searchable)}"
            for _ in [1]
            if self._lookup in known and self._lookup not in searchable
        ]
        own = [
            f"{name!r} is what the lead is looked up by, written by itself"
            for name in fields
            if name == self._lookup
        ]
        return missing + read_only + lookup + own + self._faults_of_list(fields)

    def limits(self, fields: Sequence[str]) -> dict[str, FieldLimit]:
        """Types and lengths, as described; who is on a list has no fields."""
        if self._object == MEMBERS:
            return {}
        known = {one["name"]: _limit(one) for one in self._described["fields"]}
        return {name: known[name] for name in fields if name in known}

    @cached_property
    def _described(self) -> dict[str, Any]:
        (described,) = (json.loads(bytes(one)) for one in results(self._client.get(DESCRIBE)))
        return dict(described)

    def write(self, operation: Operation, rows: Sequence[Row]) -> list[RowOutcome] | Submitted:
        sent, refused = _distinct(rows, is_id=self._lookup == "id")
        if not sent:
            return refused
        if len(rows) > self.batch_size:
            leads = [self._lead(row) for row in sent]
            asked = {"lookupField": self._lookup, **self._of_partition()}
            return marketo_imports.submitted(self._client, leads, asked)
        if self._object == MEMBERS:
            return self._write_members(operation, sent) + refused
        body = {
            "action": _ACTIONS[operation],
            "lookupField": self._lookup,
            "input": [self._lead(row) for row in sent],
            **self._of_partition(),
        }
        try:
            answers = self._client.post_once(_LEADS_PATH, body, _results)
        except Refused as refusal:
            if any(is_refusal(refusal, code) for code in _OF_NO_ROW):
                raise Misconfigured(str(refusal)) from refusal
            raise
        named = {row.key: row.key for row in sent} if self._lookup == "id" else None
        return _outcomes(sent, answers, _DONE, named) + refused

    def job(self, handle: str, rows: Sequence[Row]) -> list[RowOutcome] | None:
        if marketo_imports.is_unnamed(handle):
            marketo_imports.check_unnamed(self._client, handle, self.longest_import)
            return None
        told = imports.imported(self._client, handle, self._lookup)
        return None if told is None else self.outcomes_of(told, rows)

    def outcomes_of(self, told: imports.Imported, rows: Sequence[Row]) -> list[RowOutcome]:
        """What an import that has ended tells of all its rows."""
        sent, refused = _distinct(rows, is_id=self._lookup == "id")
        return marketo_imports.outcomes(told, sent, self._there) + refused

    def _there(self, rows: Sequence[Row]) -> set[str]:
        """The traces of the rows that the leads hold as they were wished for."""
        names = sorted({name for row in rows for name in row.fields})
        leads = self.read([row.key for row in rows], names)
        return marketo_imports.as_read(leads, rows, self.holds)

    def _of_partition(self) -> dict[str, str]:
        return {} if self._within is None else {"partitionName": self._within}

    def _lead(self, row: Row) -> dict[str, Any]:
        return {**row.fields, self._lookup: self._typed(row.key)}

    def read(self, keys: Sequence[str], fields: Sequence[str]) -> dict[str, Fields]:
        """Leads by our key; of two with one key none, as Marketo writes to neither (1007)."""
        if self._object == MEMBERS:
            return self._read_members(keys)
        if self._lookup == "id":
            keys = [key for key in keys if _ID.fullmatch(key)]
        of_partition = [] if self._within is None else [_PARTITION]
        names = list(dict.fromkeys(["id", self._lookup, *fields, *of_partition]))
        found = [
            lead
            for part in joined(keys, _MOST)
            for lead in self._pages(
                _LEADS_PATH,
                {"filterType": self._lookup, "filterValues": part, "fields": ",".join(names)},
            )
            if self._within is None or lead.get(_PARTITION) == self._partition
        ]
        times = Counter(_folded(one[self._lookup]) for one in found)
        by_key = {_folded(one[self._lookup]): one for one in found}
        return {key: by_key[_folded(key)] for key in keys if times[_folded(key)] == 1}

    def holds(self, held: object, wish: object) -> bool:
        if held in {None, ""} or wish in {None, ""}:
            return held in {None, ""} and wish in {None, ""}
        if held == wish or str(held) == str(wish):
            return True
        # Marketo keeps an integer as a number, and a currency with the decimals that it likes.
        if isinstance(wish, str | bool):
            return str(held).lower() == str(wish).lower() if isinstance(wish, bool) else False
        return is_same_number(held, wish)

    @property
    def _lookup(self) -> str:
        return self._identifier or "id"

    def _typed(self, key: str) -> str | int:
        return int(key) if self._lookup == "id" else key

    def _pages(self, path: str, asked: dict[str, str]) -> Iterator[dict[str, Any]]:
        token = ""
        while True:
            answer = self._client.get(path, asked | ({"nextPageToken": token} if token else {}))
            yield from (json.loads(bytes(one)) for one in results(answer))
            token = str(answer.value("nextPageToken", "") or "")
            if not token:
                return

    # -- static lists ----------------------------------------------------------------------

    def _faults_of_list(self, fields: Sequence[str]) -> list[str]:
        if self._object != MEMBERS:
            return self._faults_of_partition()
        faults = [f"a member of a Marketo list has no field {name!r}" for name in fields]
        if self._within is None:
            return [*faults, "Marketo's list_members need within: the static list's id or name"]
        found = self._list_ids()
        if len(found) != 1:
            said = "no static list" if not found else f"{len(found)} static lists"
            faults.append(f"Marketo has {said} {self._within!r}: name one by its id")
        return faults

    def _faults_of_partition(self) -> list[str]:
        if self._within is None:
            return []
        if self._lookup == "id":
            return ["Marketo's own id names a lead in whichever partition: leave within out"]
        return [] if self._partition else [f"Marketo has no lead partition {self._within!r}"]

    @cached_property
    def _partition(self) -> int | None:
        """The id of the lead partition that the sync names."""
        found = results(self._client.get("/rest/v1/leads/partitions.json"))
        named = [json.loads(bytes(one)) for one in found]
        return next((int(one["id"]) for one in named if one["name"] == self._within), None)

    def _list_ids(self) -> list[int]:
        within = str(self._within)
        by = "id" if within.isdecimal() else "name"
        found = self._pages("/rest/v1/lists.json", {by: within})
        return [int(one["id"]) for one in found if str(one[by]) == within]

    def _members_path(self) -> str:
        """The address of the list's members.

        Raises:
            Misconfigured: there is not one such list.
        """
        found = self._list_ids()
        if len(found) != 1:
            raise Misconfigured(f"Marketo has not one static list {self._within!r}")
        return f"/rest/v1/lists/{found[0]}/leads"

    def _write_members(self, operation: Operation, rows: Sequence[Row]) -> list[RowOutcome]:
        ids = self._lead_ids([row.key for row in rows])
        known = [row for row in rows if row.key in ids]
        # Who is no lead stands in no list; to add it, it must be one first.
        unknown = [
            RowOutcome(row.trace, "acknowledged")
            if operation == "remove"
            else RowOutcome(row.trace, "rejected", reason=f"no one lead by {self._lookup}")
            for row in rows
            if row.key not in ids
        ]
        if not known:
            return unknown
        asked = {"input": [{"id": ids[row.key]} for row in known]}
        path = f"{self._members_path()}.json"
        if operation == "add":
            answers = self._client.post_as(path, asked, _results)
        else:
            # Whom to remove stands in the address, too.
            listed = {"id": ",".join(str(ids[row.key]) for row in known)}
            answers = self._client.send("DELETE", path, _results, params=listed, json=asked)
        return _outcomes(known, answers, _DONE | _SO_ALREADY[operation], ids) + unknown

    def _read_members(self, keys: Sequence[str]) -> dict[str, Fields]:
        ids = self._lead_ids(keys)
        if not ids:
            return {}
        path = f"{self._members_path()}/ismember.json"
        members = {
            str(one["id"])
            for part in joined(map(str, ids.values()), _MOST)
            for one in self._pages(path, {"id": part})
            if one.get("status") == "memberof"
        }
        return {key: {"id": ids[key]} for key in keys if str(ids.get(key)) in members}

    def _lead_ids(self, keys: Sequence[str]) -> dict[str, int]:
        if self._lookup == "id":
            return {key: int(key) for key in keys if _ID.fullmatch(key)}
        self_as_leads = MarketoLeads(self._tool, LEADS, self._identifier)
        return {key: int(lead["id"]) for key, lead in self_as_leads.read(keys, []).items()}


DESTINATION = MarketoLeads


def _limit(described: Mapping[str, Any]) -> FieldLimit:
    return FieldLimit(
        kind=_KINDS.get(str(described.get("dataType"))), max_length=described.get("length") or None
    )


def _results(response: httpx.Response) -> list[dict[str, Any]]:
    """One result for each row, in their order; the list is left out where there is nothing."""
    envelope = Envelope(response)
    found = envelope.value("result") if envelope.value("success") is True else None
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise BadPage("Marketo's answer to a write has no list of results")
    return found


def _outcomes(
    rows: Sequence[Row],
    answers: Sequence[dict[str, Any]],
    done: set[str],
    named: Mapping[str, object] | None = None,
) -> list[RowOutcome]:
    """What was said of each row. The results bear no name but a lead's id."""
    if len(answers) != len(rows):
        return []
    told = Counter(one.get("id") for one in answers if one.get("status") in done)
    outcomes = []
    for row, one in zip(rows, answers, strict=True):
        lead, status = one.get("id"), one.get("status")
        if status in done and lead is not None and told[lead] == 1:
            # Where we named the lead by its id, only that lead's result is the row's own.
            if named is None or str(named[row.key]) == str(lead):
                outcomes.append(RowOutcome(row.trace, "acknowledged", tool_id=str(lead)))
        elif status is not None and status not in done:
            outcomes.append(_rejected(row, one))
    return outcomes


def _rejected(row: Row, answer: dict[str, Any]) -> RowOutcome:
    reasons = [one for one in answer.get("reasons") or [] if isinstance(one, dict)]
    codes = {str(one.get("code")) for one in reasons}
    said = "; ".join(f"{one.get('code')}: {one.get('message')}" for one in reasons)
    return RowOutcome(
        row.trace,
        "rejected",
        reason=said or f"{answer['status']}, no reason given",
        error="transient" if codes and codes <= _PASSING else "permanent",
    )


def _distinct(rows: Sequence[Row], *, is_id: bool) -> tuple[list[Row], list[RowOutcome]]:
    """The rows that can be sent in one request, and what is said of the others."""
    taken: set[str] = set()
    sent, refused = [], []
    for row in rows:
        if "," in row.key:
            reason = "the key has a comma in it: Marketo could not be asked for it"
        elif is_id and not _ID.fullmatch(row.key):
            reason = "Marketo's ids are whole numbers"
        elif _folded(row.key) in taken:
            reason = "another row is the same lead to Marketo, which knows no case"
        else:
            taken.add(_folded(row.key))
            sent.append(row)
            continue
        refused.append(RowOutcome(row.trace, "rejected", reason=reason))
    return sent, refused


def _folded(key: object) -> str:
    return str(key).strip().casefold()
