"""Makes Salesforce records, a hundred at a time, each known by a field that holds our key."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
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


class SalesforceRecords(Destination):
    """One collection request per batch, asked once; what it left in doubt is found by the key.

    A task cannot be upserted: activities have no external ids.
    """

    # A query that reads back as many keys still fits into an address.
    batch_size = 100
    operations = frozenset({"create"})

    def faults(self, fields: Sequence[str]) -> list[str]:
        """Fields that the object does not have or does not let us set, and a key that it lacks."""
        if self._identifier is None:
            return [f"Salesforce's {self._object} needs identify_by.field: where our key is kept"]
        found = described_fields(self._client, self._object)
        if found is None:
            return [f"Salesforce has no object {self._object} that our user may see"]
        described: list[dict[str, Any]] = [json.loads(bytes(one)) for one in found]
        known = {one["name"]: one for one in described}
        wanted = [*fields, self._identifier]
        missing = [
            f"Salesforce has no field {self._object}.{name}: create it, or let our user see it"
            for name in wanted
            if name not in known
        ]
        read_only = [
            f"Salesforce's {self._object}.{name} cannot be set by our user"
            for name in wanted
            if not known.get(name, {}).get("createable", True)
        ]
        return missing + read_only

    def write(self, operation: Operation, rows: Sequence[Row]) -> list[RowOutcome]:  # noqa: ARG002 - only one
        records = [
            {"attributes": {"type": self._object}, str(self._identifier): row.key, **row.fields}
            for row in rows
        ]
        answers = self._client.post_once(
            f"{API}/composite/sobjects", {"allOrNone": False, "records": records}, _results
        )
        # The results stand in the order of the records and bear no other name.
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

    def read(self, keys: Sequence[str], fields: Sequence[str]) -> dict[str, Fields]:
        """What was deleted has arrived, too: whoever threw a task away does not want it again."""
        key = str(self._identifier)
        listed = ", ".join(f"'{_escaped(one)}'" for one in keys)
        names = ", ".join(dict.fromkeys([key, *fields]))
        query = f"SELECT {names} FROM {self._object} WHERE {key} IN ({listed})"
        found: list[dict[str, Any]] = self._client.get(f"{API}/queryAll", {"q": query}).value(
            "records", []
        )
        return {str(one[key]): one for one in found}

    def holds(self, held: object, wish: object) -> bool:
        return held == wish or (not held and not wish)


DESTINATION = SalesforceRecords


def _results(response: httpx.Response) -> list[dict[str, Any]]:
    try:
        found = json.loads(response.content)
    except ValueError as error:
        raise BadPage(f"Salesforce's answer to a collection is no JSON: {error}") from error
    if not isinstance(found, list):
        raise BadPage("Salesforce's answer to a collection is not the list that it should be")
    return found


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


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")
