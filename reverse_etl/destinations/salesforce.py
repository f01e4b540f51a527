"""Writes Salesforce records, a hundred at a time, by their id or by a field that holds our key."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import httpx

from connectors.core.pages import BadPage
from connectors.salesforce.fields import API, described_fields
from reverse_etl.destinations.base import Destination, Fields, Row, RowOutcome
from warehouse.deliveries import Operation

# Status codes (SOAP API Developer Guide, "StatusCode") of what is in the way for the moment.
_PASSING = {
    *("UNABLE_TO_LOCK_ROW", "REQUEST_RUNNING_TOO_LONG", "SERVER_UNAVAILABLE", "UNKNOWN_EXCEPTION"),
    *("QUERY_TIMEOUT", "REQUEST_LIMIT_EXCEEDED", "ALL_OR_NONE_OPERATION_ROLLED_BACK"),
}


# Activities have no external ids: a task can be made, and not upserted.
_ACTIVITIES = {"Task", "Event"}
# Of an id of 18 letters the last three only say which of the others are capital letters.
_ID = 15


class SalesforceRecords(Destination):
    """One collection request per batch, whose records each have an outcome of their own.

    Without `identify_by.field` a record is known by Salesforce's own id and updated. With it, it
    is upserted by that external id, or, of tasks and events, made once: such a request is sent
    once, and what it left in doubt is found by the key.
    """

    # A query that reads back as many keys still fits into an address.
    batch_size = 100
    operations = frozenset({"create", "update", "upsert"})

    @classmethod
    def operations_of(cls, object_name: str) -> frozenset[Operation]:
        if object_name in _ACTIVITIES:
            return frozenset({"create", "update"})
        return cls.operations

    def faults(self, fields: Sequence[str]) -> list[str]:
        """Fields that the object does not have or does not let us set, and a key that it lacks."""
        if self._identifier is None and self._makes_once:
            return [f"Salesforce's {self._object} needs identify_by.field: where our key is kept"]
        found = described_fields(self._client, self._object)
        if found is None:
            return [f"Salesforce has no object {self._object} that our user may see"]
        described: list[dict[str, Any]] = [json.loads(bytes(one)) for one in found]
        known = {one["name"]: one for one in described}
        own = [] if self._identifier is None else [self._identifier]
        missing = [
            f"Salesforce has no field {self._object}.{name}: create it, or let our user see it"
            for name in [*fields, *own]
            if name not in known
        ]
        rights = [] if self.asked == {"update"} else ["createable"]
        rights += [] if self._makes_once else ["updateable"]
        read_only = [
            f"Salesforce's {self._object}.{name} cannot be set by our user"
            for name in [*fields, *(own if "createable" in rights else [])]
            if not all(known.get(name, {}).get(right, True) for right in rights)
        ]
        unknown = [
            f"Salesforce's {self._object}.{name} is no external id: records cannot be found by it"
            for name in own
            if "upsert" in self.asked and not known.get(name, {}).get("externalId", True)
        ]
        return missing + read_only + unknown

    def write(self, operation: Operation, rows: Sequence[Row]) -> list[RowOutcome]:
        if operation == "update":
            return self._update(rows)
        key, path = str(self._identifier), f"{API}/composite/sobjects"
        body = self._records([(row, {key: row.key}) for row in rows])
        if operation == "create":
            answers = self._client.post_once(path, body, _results)
        else:
            path = f"{path}/{self._object}/{key}"
            answers = self._client.send("PATCH", path, _results, json=body)
        return _outcomes(rows, answers)

    def read(self, keys: Sequence[str], fields: Sequence[str]) -> dict[str, Fields]:
        """Records by our key; of two with one key none, as Salesforce writes to neither.

        Of what is made once, what was deleted has arrived, too: whoever threw a task away does not
        want it again.
        """
        key = self._identifier or "Id"
        found = self._found(keys, [key, *fields], with_deleted=self._makes_once)
        by_key: dict[str, list[Fields]] = {}
        for one in found:
            by_key.setdefault(self._folded(one[key]), []).append(one)
        held = {one: by_key.get(self._folded(one), []) for one in keys}
        return {
            one: records[0]
            for one, records in held.items()
            if len(records) == 1 or (records and self._makes_once)
        }

    def holds(self, held: object, wish: object) -> bool:
        if isinstance(held, bool) or isinstance(wish, bool):
            # A checkbox is never null.
            return bool(held) is bool(wish)
        if held in (None, "") or wish in (None, ""):
            return held in (None, "") and wish in (None, "")
        if isinstance(wish, str):
            return held == wish or _instant(held) == _instant(wish) is not None
        try:
            return Decimal(str(held)) == Decimal(str(wish))
        except InvalidOperation:
            return False

    @property
    def _makes_once(self) -> bool:
        return not self.asked & {"update", "upsert"}

    def _update(self, rows: Sequence[Row]) -> list[RowOutcome]:
        """Write to the records that are there; of a field of ours, the ids are looked up first."""
        ids = {row.key: row.key for row in rows}
        if self._identifier is not None:
            held = self.read([row.key for row in rows], ["Id"])
            ids = {key: str(one["Id"]) for key, one in held.items()}
        there = [row for row in rows if row.key in ids]
        gone = [
            RowOutcome(row.trace, "rejected", reason=f"no {self._object} of the key {row.key!r}")
            for row in rows
            if row.key not in ids
        ]
        if not there:
            return gone
        body = self._records([(row, {"Id": ids[row.key]}) for row in there])
        path = f"{API}/composite/sobjects"
        answers = self._client.send("PATCH", path, _results, json=body)
        told = _outcomes(there, answers)
        expected = {row.trace: ids[row.key][:_ID] for row in there}
        # What is told of another record tells nothing of this one.
        return gone + [
            one for one in told if one.tool_id is None or one.tool_id[:_ID] == expected[one.trace]
        ]

    def _records(self, rows: Sequence[tuple[Row, Fields]]) -> dict[str, Any]:
        kind = {"attributes": {"type": self._object}}
        return {"allOrNone": False, "records": [{**kind, **row.fields, **key} for row, key in rows]}

    def _found(
        self, keys: Sequence[str], fields: Sequence[str], *, with_deleted: bool
    ) -> list[dict[str, Any]]:
        listed = ", ".join(f"'{_escaped(one)}'" for one in keys)
        names, key = ", ".join(dict.fromkeys(fields)), fields[0]
        query = f"SELECT {names} FROM {self._object} WHERE {key} IN ({listed})"
        path = f"{API}/queryAll" if with_deleted else f"{API}/query"
        answer = self._client.get(path, {"q": query})
        return [json.loads(bytes(one)) for one in answer.records("records")]

    def _folded(self, key: object) -> str:
        return str(key)[:_ID] if self._identifier is None else str(key).casefold()


DESTINATION = SalesforceRecords


def _results(response: httpx.Response) -> list[dict[str, Any]]:
    try:
        found = json.loads(response.content)
    except ValueError as error:
        raise BadPage(f"Salesforce's answer to a collection is no JSON: {error}") from error
    if not isinstance(found, list):
        raise BadPage("Salesforce's answer to a collection is not the list that it should be")
    return found


def _outcomes(rows: Sequence[Row], answers: Sequence[dict[str, Any]]) -> list[RowOutcome]:
    """The results stand in the order of the records and bear no other name of theirs."""
    if len(answers) != len(rows):
        return []
    # A success without an id of its own is in doubt: one record cannot be two rows.
    ids = Counter(one.get("id") or None for one in answers if one.get("success"))
    doubtful = {None, *(one for one, times in ids.items() if times > 1)}
    return [
        _outcome(row, one)
        for row, one in zip(rows, answers, strict=True)
        if not one.get("success") or one.get("id") not in doubtful
    ]


def _outcome(row: Row, answer: dict[str, Any]) -> RowOutcome:
    if answer.get("success"):
        return RowOutcome(row.trace, "acknowledged", tool_id=str(answer["id"]))
    said = [f"{one.get('statusCode')}: {one.get('message')}" for one in answer.get("errors", [])]
    codes = {one.get("statusCode") for one in answer.get("errors", [])}
    return RowOutcome(
        row.trace,
        "rejected",
        reason="; ".join(said) or "no reason given",
        # One code that is against the row itself stands in the way, whatever passes.
        error="transient" if codes and codes <= _PASSING else "permanent",
    )


def _instant(text: object) -> datetime | None:
    """The instant that a text with an offset names, as Salesforce writes it or as we do."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")
