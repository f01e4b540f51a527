"""Writes Zendesk's organizations, users and tickets, a hundred at a time, by jobs of its own."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

import httpx

from connectors.core.pages import BadPage, Envelope
from reverse_etl.destinations import zendesk_fields
from reverse_etl.destinations.base import (
    Destination,
    FieldLimit,
    Fields,
    Row,
    RowOutcome,
    Submitted,
    is_same_number,
    member,
    nested,
)
from reverse_etl.jobs import pauses
from warehouse.deliveries import ErrorClass, Operation
from warehouse.errors import Misconfigured, Unavailable

_NUMBERED = zendesk_fields.CUSTOM["tickets"]
_ENDED = {"completed", "failed", "killed"}
# Errors of a row that say nothing against it.
_PASSING = {"DatabaseConflict", "InternalError", "ServiceUnavailable", "Timeout", "TooManyJobs"}


class ZendeskRecords(Destination):
    """Object `organizations`, `users` or `tickets`; known by Zendesk's own id.

    Users that are upserted are known by `external_id`. A ticket that is closed takes no change any
    more, which Zendesk says of its row.

    Jobs are told of for about an hour; one that is not told of any more leaves its rows in doubt.
    One that an earlier run has left under way is waited for before anything is read or written:
    else it could write an older value over a newer one.
    A field of the account is named with what it belongs to: `organization_fields.plan`, or
    `custom_fields.360001` of tickets, whose fields have numbers. A batch is a job of Zendesk's,
    which is waited for; a row that its results do not tell of is in doubt.
    """

    batch_size = 100
    modified_field = "updated_at"
    nests = frozenset({"array"})
    _is_quiet = False

    @classmethod
    def operations_of(cls, object_name: str) -> frozenset[Operation]:
        # There is no request that makes or updates many organizations, whichever they are.
        known: dict[str, frozenset[Operation]] = {
            "organizations": frozenset({"update"}),
            "users": frozenset({"update", "upsert"}),
            "tickets": frozenset({"update"}),
        }
        return known.get(object_name, frozenset())

    def faults(self, fields: Sequence[str]) -> list[str]:
        """Fields that the account does not have, has put away, or that nobody can set."""
        faults = zendesk_fields.faults(self._object, self._definitions, fields)
        if self._identifier is not None and self._object != "users":
            said = f"known by Zendesk's own id, not by {self._identifier!r}"
            faults.append(f"Zendesk's {self._object} are {said}")
        elif self._identifier not in {None, "external_id"}:
            faults.append(f"Zendesk's users are known by external_id, not by {self._identifier!r}")
        elif self._identifier is not None and "update" in self.asked:
            faults.append("Zendesk updates users by its own id: leave identify_by.field out")
        return faults

    def limits(self, fields: Sequence[str]) -> dict[str, FieldLimit]:
        """Numbers, truths, days, choices and expressions of the account's own fields."""
        return zendesk_fields.limits(self._object, self._definitions, fields)

    @cached_property
    def _definitions(self) -> list[dict[str, Any]]:
        return self._paged(zendesk_fields.LISTED[self._object])

    def write(self, operation: Operation, rows: Sequence[Row]) -> Submitted:
        self._wait_for_what_is_under_way()
        many = "update_many" if operation == "update" else "create_or_update_many"
        method = "PUT" if operation == "update" else "POST"
        key = "id" if operation == "update" else "external_id"
        body = {self._object: [{key: _key(row.key, key), **_body(row.fields)} for row in rows]}
        path = f"/api/v2/{self._object}/{many}.json"
        return Submitted(str(self._client.send(method, path, _job_of, json=body)["id"]))

    def job(self, handle: str, rows: Sequence[Row]) -> list[RowOutcome] | None:
        job = self._client.send("GET", f"/api/v2/job_statuses/{handle}.json", _job_of)
        return _outcomes(rows, job) if job["status"] in _ENDED else None

    def read(self, keys: Sequence[str], fields: Sequence[str]) -> dict[str, Fields]:
        self._wait_for_what_is_under_way()
        known_by = self._identifier or "id"
        path = f"/api/v2/{self._object}/show_many.json"
        answer = self._client.get(path, {f"{known_by}s": ",".join(keys)})
        found = {_folded(one[known_by]): one for one in _listed(answer, self._object)}
        return {
            key: {field: member(_as_named(found[_folded(key)]), field) for field in fields}
            for key in keys
            if _folded(key) in found
        }

    def holds(self, held: object, wish: object) -> bool:
        if held in (None, "", []) or wish in (None, "", []):
            return held in (None, "", []) and wish in (None, "", [])
        if isinstance(wish, bool) or isinstance(held, bool):
            return held is wish
        if isinstance(wish, list):
            # Tags and choices are a set, which Zendesk tells in an order of its own.
            return isinstance(held, list) and sorted(map(str, held)) == sorted(map(str, wish))
        if isinstance(wish, str):
            return held == wish or _instant(held) == _instant(wish) is not None
        return is_same_number(held, wish)

    def _paged(self, name: str) -> list[dict[str, Any]]:
        """All of a list of the account's, page by page."""
        found: list[dict[str, Any]] = []
        turned: dict[str, str] = {"page[size]": "100"}
        while True:
            answer = self._client.get(f"/api/v2/{name}.json", turned)
            found += _listed(answer, name)
            meta = answer.value("meta", {})
            if not meta.get("has_more"):
                return found
            turned["page[after]"] = meta["after_cursor"]

    def _wait_for_what_is_under_way(self) -> None:
        """Let the account's jobs end that are there when it is first asked for anything.

        A run that was killed may have left one that it had not yet been told the handle of.

        Raises:
            Unavailable: they do not end in time.
        """
        if self._is_quiet:
            return
        left = self._under_way()
        for pause in pauses():
            if not left:
                self._is_quiet = True
                return
            time.sleep(pause)
            left &= self._under_way()
        raise Unavailable(
            f"zendesk: {len(left)} jobs of the account are still under way, such as {min(left)}",
            advice="run the sync again when they have ended: they could undo what is sent now",
        )

    def _under_way(self) -> set[str]:
        jobs = self._paged("job_statuses")
        return {str(job["id"]) for job in jobs if job["status"] not in _ENDED}


DESTINATION = ZendeskRecords


def _listed(answer: Envelope, name: str) -> list[dict[str, Any]]:
    return [json.loads(bytes(one)) for one in answer.records(name)]


def _job_of(response: httpx.Response) -> dict[str, Any]:
    job = Envelope(response).value("job_status", None)
    if not isinstance(job, dict) or not {"id", "status"} <= job.keys():
        raise BadPage("the answer names no job")
    return job


def _outcomes(rows: Sequence[Row], job: Mapping[str, Any]) -> list[RowOutcome]:
    """Each row's, by its place in the request; a row that is told of twice is in doubt."""
    told: dict[int, list[dict[str, Any]]] = {}
    for one in job.get("results") or []:
        if isinstance(one, dict) and isinstance(one.get("index"), int):
            told.setdefault(one["index"], []).append(one)
    outcomes = []
    for place, row in enumerate(rows):
        if len(told.get(place, [])) != 1:
            continue
        (one,) = told[place]
        if one.get("error"):
            reason = f"{one['error']}: {one.get('details', '')}".rstrip(": ")
            error: ErrorClass = "transient" if one["error"] in _PASSING else "permanent"
            outcomes.append(RowOutcome(row.trace, "rejected", reason=reason, error=error))
        elif one.get("success") is True and one.get("id") is not None:
            outcomes.append(RowOutcome(row.trace, "acknowledged", tool_id=str(one["id"])))
    return outcomes


def _body(fields: Fields) -> dict[str, Any]:
    """A record as Zendesk takes it; a ticket's fields of the account stand in a list."""
    body = nested({name: _plain(value) for name, value in fields.items()})
    numbered = body.get(_NUMBERED)
    if numbered is None:
        return body
    return body | {_NUMBERED: [{"id": int(key), "value": one} for key, one in numbered.items()]}


def _as_named(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record whose numbered fields can be looked up by their number."""
    numbered = {str(one["id"]): one.get("value") for one in record.get(_NUMBERED) or []}
    return {**record, _NUMBERED: numbered}


def _plain(value: object) -> object:
    """A whole number is written as one: an integer field takes no 7.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _instant(text: object) -> datetime | None:
    """The instant that a text with an offset names, as Zendesk writes it or as we do."""
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return found if found.tzinfo is not None else None


def _key(key: str, name: str) -> str | int:
    if name != "id":
        return key
    if not key.isdecimal():
        raise Misconfigured(f"{key!r} is no id of Zendesk's: those are numbers")
    return int(key)


def _folded(key: object) -> str:
    return str(key).casefold()
