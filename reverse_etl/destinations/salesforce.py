"""Writes Salesforce records by their id, or by a field that holds our key."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

import httpx

from connectors.core.pages import BadPage
from connectors.salesforce import ingest
from connectors.salesforce.fields import API, described_fields
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
from warehouse.errors import Refused

# Status codes (SOAP API Developer Guide, "StatusCode") of what is in the way for the moment.
_PASSING = {
    *("UNABLE_TO_LOCK_ROW", "REQUEST_RUNNING_TOO_LONG", "SERVER_UNAVAILABLE", "UNKNOWN_EXCEPTION"),
    *("QUERY_TIMEOUT", "REQUEST_LIMIT_EXCEEDED", "ALL_OR_NONE_OPERATION_ROLLED_BACK"),
}


# Activities have no external ids: a task can be made, and not upserted.
_ACTIVITIES = {"Task", "Event"}
_INGESTS: dict[Operation, ingest.Ingest] = {
    "create": "insert",
    "update": "update",
    "upsert": "upsert",
    "delete": "delete",
}
# A file may have 100 MB before it is encoded for the way, which makes 150 MB of it.
_LARGEST = 100_000_000
# Of an id of 18 letters the last three only say which of the others are capital letters.
_ID = 15


class SalesforceRecords(Destination):
    """One collection request per batch, whose records each have an outcome of their own.

    From `bulk_from` rows on a batch is the file of a Bulk API 2.0 job, which is far fewer requests.

    Without `identify_by.field` a record is known by Salesforce's own id and updated. With it, it
    is upserted by that external id, or, of tasks and events, made once: such a request is sent
    once, and what it left in doubt is found by the key.
    """

    # A query that reads back as many keys still fits into an address.
    batch_size = 100
    id_field = "Id"
    modified_field = "LastModifiedDate"
    operations = frozenset({"create", "update", "upsert", "delete"})
    # From so many on Salesforce asks for a job; a job works through so many at a time.
    bulk_from, bulk_size = 2_000, 10_000

    @classmethod
    def operations_of(cls, object_name: str) -> frozenset[Operation]:
        if object_name in _ACTIVITIES:
            return frozenset({"create", "update"})
        return cls.operations

    @classmethod
    def joins(cls, object_name: str) -> bool:
        return object_name not in _ACTIVITIES

    def batch_of(self, operation: Operation, rows: int) -> int:
        is_bulk = rows >= self.bulk_from and not self._needs_ids(operation)
        return self.bulk_size if is_bulk else self.batch_size

    def faults(self, fields: Sequence[str]) -> list[str]:
        """Fields that the object does not have or does not let us set, and a key that it lacks."""
        if self._identifier is None and self._makes_once:
            return [f"Salesforce's {self._object} needs identify_by.field: where our key is kept"]
        known = self._described
        if known is None:
            return [f"Salesforce has no object {self._object} that our user may see"]
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

    def limits(self, fields: Sequence[str]) -> dict[str, FieldLimit]:
        """Lengths of texts and the values of restricted picklists, as described."""
        known = self._described or {}
        return {name: _limit(known[name]) for name in fields if name in known}

    def write(self, operation: Operation, rows: Sequence[Row]) -> list[RowOutcome] | Submitted:
        if len(rows) > self.batch_size:
            return self._submitted(operation, rows)
        if operation == "delete":
            return self._delete(rows)
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

    def job(self, handle: str, rows: Sequence[Row]) -> list[RowOutcome] | None:
        state, message = ingest.state_of(self._client, handle)
        if state == "Open":
            # Whoever made it died before it began, or its beginning is lost on the way.
            ingest.abort(self._client, handle)
            return []
        if state not in ingest.ENDED:
            return None
        told = ingest.ingested(self._client, handle, state, message)
        return _told(rows, told, str(self._identifier or "Id"))

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
        return is_same_number(held, wish)

    @cached_property
    def _described(self) -> dict[str, dict[str, Any]] | None:
        """The object's fields by name, asked for once; None where our user sees no such object."""
        found = described_fields(self._client, self._object)
        if found is None:
            return None
        described: list[dict[str, Any]] = [json.loads(bytes(one)) for one in found]
        return {one["name"]: one for one in described}

    @property
    def _makes_once(self) -> bool:
        return not self.asked & {"update", "upsert"}

    def _needs_ids(self, operation: Operation) -> bool:
        """Whether Salesforce has to be asked first which records our keys name."""
        return self._identifier is not None and operation in {"update", "delete"}

    def _submitted(self, operation: Operation, rows: Sequence[Row]) -> Submitted:
        """The batch as a job that begins when its name is kept.

        Raises:
            Refused: it cannot be said in a file, or is too large for one: fewer rows may do.
        """
        kind, key = _INGESTS[operation], str(self._identifier or "Id")
        try:
            file = ingest.as_file([{**row.fields, key: row.key} for row in rows])
        except ValueError as error:
            raise Refused(str(error), status=400, body=str(error)) from error
        if len(file) > _LARGEST:
            said = f"a file of {len(file):,} bytes is too large"
            raise Refused(said, status=413, body=said)
        own = self._identifier if kind == "upsert" else None
        job = ingest.open_job(self._client, self._object, kind, own)
        return Submitted(job, lambda: ingest.begin(self._client, job, file))

    def _delete(self, rows: Sequence[Row]) -> list[RowOutcome]:
        """Put records into the recycle bin; one that is not there any more is gone as wished."""
        key = self._identifier or "Id"
        found: dict[str, list[str]] = {}
        for one in self._found([row.key for row in rows], [key, "Id"], with_deleted=False):
            found.setdefault(self._folded(one[key]), []).append(str(one["Id"]))
        held = {row.key: found.get(self._folded(row.key), []) for row in rows}
        told = [RowOutcome(row.trace, "acknowledged") for row in rows if not held[row.key]]
        told += [
            RowOutcome(row.trace, "rejected", reason=f"{len(held[row.key])} records have that key")
            for row in rows
            if len(held[row.key]) > 1
        ]
        there = [row for row in rows if len(held[row.key]) == 1]
        if not there:
            return told
        ids = {row.key: held[row.key][0] for row in there}
        params = {"ids": ",".join(ids.values()), "allOrNone": "false"}
        path = f"{API}/composite/sobjects"
        answers = self._client.send("DELETE", path, _results, params=params)
        return told + self._told_of(there, ids, answers)

    def _ids(self, rows: Sequence[Row]) -> dict[str, str]:
        """Key -> Salesforce's own id, which is looked up where the key is another."""
        if self._identifier is None:
            return {row.key: row.key for row in rows}
        held = self.read([row.key for row in rows], ["Id"])
        return {key: str(one["Id"]) for key, one in held.items()}

    def _told_of(
        self, rows: Sequence[Row], ids: Mapping[str, str], answers: Sequence[dict[str, Any]]
    ) -> list[RowOutcome]:
        """The outcomes; what is told of another record tells nothing of this one."""
        expected = {row.trace: ids[row.key][:_ID] for row in rows}
        return [
            one
            for one in _outcomes(rows, answers)
            if one.tool_id is None or one.tool_id[:_ID] == expected[one.trace]
        ]

    def _update(self, rows: Sequence[Row]) -> list[RowOutcome]:
        """Write to the records that are there; of a field of ours, the ids are looked up first."""
        ids = self._ids(rows)
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
        return gone + self._told_of(there, ids, answers)

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


_PICKED = {"picklist": None, "multipicklist": ";"}
_TEXTS = {"string", "textarea", "email", "phone", "url"}


def _limit(described: dict[str, Any]) -> FieldLimit:
    kind = described.get("type")
    if kind in _PICKED and described.get("restrictedPicklist"):
        values = [one for one in described.get("picklistValues") or [] if one.get("active", True)]
        choices = frozenset(str(one["value"]) for one in values)
        return FieldLimit(choices=choices or None, separator=_PICKED[kind])
    longest = described.get("length") if kind in _TEXTS else None
    return FieldLimit(max_length=longest or None)


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


def _told(rows: Sequence[Row], told: ingest.Ingested, key: str) -> list[RowOutcome]:
    """What a job tells of the rows, each known by its key, in whatever order they are told."""
    by_key = {row.key: row.trace for row in rows}
    said = [
        RowOutcome(by_key[line[key]], "acknowledged", tool_id=line["sf__Id"])
        for line in told.done
        if line.get(key) in by_key and line.get("sf__Id")
    ]
    said += [
        RowOutcome(
            by_key[line[key]],
            "rejected",
            reason=line["sf__Error"],
            error="transient" if line["sf__Error"].partition(":")[0] in _PASSING else "permanent",
        )
        for line in told.failed
        if line.get(key) in by_key
    ]
    why = f"not processed: the job is {told.state} {told.message}".rstrip()
    return said + [
        RowOutcome(by_key[line[key]], "rejected", reason=why, error="transient")
        for line in told.unprocessed
        if line.get(key) in by_key
    ]


def _instant(text: object) -> datetime | None:
    """The instant that a text with an offset names, as Salesforce writes it or as we do."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")
