"""Salesforce's REST API: tokens, SOQL queries, jobs, sObjects, collections, describe, limits."""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from werkzeug.wrappers import Request, Response

from sandbox.instants import parse_instant, salesforce_instant
from sandbox.store import Record
from sandbox.vendor import Handler, Refused, Setting, json_response
from sandbox.vendors.salesforce import history, soql, tokens, writes
from sandbox.vendors.salesforce.bulk import Found
from sandbox.vendors.salesforce.errors import not_found, refusal
from sandbox.vendors.salesforce.ids import long_id
from sandbox.vendors.salesforce.ingest import IngestJobs
from sandbox.vendors.salesforce.org import RECYCLE_BIN, TOKEN, Org
from sandbox.vendors.salesforce.records import sobject
from sandbox.vendors.salesforce.schema import DEFAULTS, description, is_external_id, summary

SESSION = timedelta(hours=2)
MAX_BATCH, LEAST_BATCH = 2_000, 200
OPEN_LOCATORS = 50
# How far back the list of changed ids reaches.
UPDATED_REACH = timedelta(days=30)
_DATA = "/services/data/<version>"


@dataclass(frozen=True)
class Cursor:
    """What a query locator stands for: the rows found when the query ran."""

    found: Found
    batch: int


class Salesforce(Org):
    """One org, opened through a connected app."""

    def __init__(self, setting: Setting) -> None:
        self.ingests = IngestJobs(setting.clock, self.write_of, self._typed)
        super().__init__(setting)
        self.cursors: dict[str, Cursor] = {}
        self._numbers = count(1)

    def routes(self) -> Iterable[tuple[str, str, Handler]]:
        jobs, one = f"{_DATA}/jobs/query", f"{_DATA}/sobjects/<kind>/<record_id>"
        ingests = f"{_DATA}/jobs/ingest"
        ingest = f"{ingests}/<job_id>"
        return (
            ("POST", TOKEN, self.issue_token),
            ("GET", f"{_DATA}/query", self.query),
            ("GET", f"{_DATA}/queryAll", self.query_all),
            ("GET", f"{_DATA}/query/<locator>", self.more),
            ("GET", f"{_DATA}/queryAll/<locator>", self.more),
            ("POST", jobs, self.jobs.create),
            ("GET", jobs, self.jobs.list),
            ("GET", f"{jobs}/<job_id>", self.jobs.show),
            ("PATCH", f"{jobs}/<job_id>", self.jobs.abort),
            ("DELETE", f"{jobs}/<job_id>", self.jobs.delete),
            ("GET", f"{jobs}/<job_id>/results", self.jobs.results),
            ("POST", ingests, self.ingests.create),
            ("GET", ingests, self.ingests.list),
            ("GET", ingest, self.ingests.show),
            ("PATCH", ingest, self.ingests.change),
            ("PUT", f"{ingest}/batches", self.ingests.upload),
            ("GET", f"{ingest}/successfulResults", self.ingests.successful),
            ("GET", f"{ingest}/failedResults", self.ingests.failed),
            ("GET", f"{ingest}/unprocessedrecords", self.ingests.unprocessed),
            ("GET", f"{_DATA}/", self.list_resources),
            ("GET", f"{_DATA}/limits", self.show_limits),
            ("GET", f"{_DATA}/sobjects", self.list_objects),
            ("POST", f"{_DATA}/sobjects/<kind>", self.create_record),
            ("GET", f"{_DATA}/sobjects/<kind>/describe", self.describe),
            ("GET", f"{_DATA}/sobjects/<kind>/deleted", self.list_deleted),
            ("GET", f"{_DATA}/sobjects/<kind>/updated", self.list_updated),
            ("GET", one, self.get_record),
            ("PATCH", one, self.update_record),
            ("DELETE", one, self.remove_record),
            ("POST", f"{_DATA}/composite/sobjects", self.create_collection),
            ("PATCH", f"{_DATA}/composite/sobjects", self.update_collection),
            ("DELETE", f"{_DATA}/composite/sobjects", self.remove_collection),
            ("PATCH", f"{_DATA}/composite/sobjects/<kind>/<field>", self.upsert_collection),
        )

    # -- tokens ----------------------------------------------------------------------------

    def issue_token(self, request: Request) -> Response:
        now = self.clock.now()
        tokens.check_grant(request, self.credentials, now)
        seed = f"{self.credentials.get('client_secret')}/{now.isoformat()}/{next(self._numbers)}"
        token = f"00D5g000000sandbox!{hashlib.sha256(seed.encode()).hexdigest()}"
        self.sessions = {t: until for t, until in self.sessions.items() if until > now}
        self.sessions[token] = now + SESSION
        # The vendor's own base: what follows is called below it.
        base = request.url.removesuffix(TOKEN)
        answer = {
            "access_token": token,
            "signature": hashlib.sha256(token.encode()).hexdigest()[:44],
            "scope": "api",
            "instance_url": base,
            "id": f"{base}/id/00D5g000000sandbox/0055g00000000001",
            "token_type": "Bearer",
            "issued_at": str(int(now.timestamp() * 1_000)),
        }
        return json_response(answer)

    # -- queries ---------------------------------------------------------------------------

    def query(self, request: Request, version: str) -> Response:
        return self._query(request, version, with_deleted=False)

    def query_all(self, request: Request, version: str) -> Response:
        return self._query(request, version, with_deleted=True)

    def _query(self, request: Request, version: str, *, with_deleted: bool) -> Response:
        root = _root(version)
        found = self.found(request.args.get("q", ""), with_deleted)
        if not found.fields:
            return json_response({"totalSize": len(found.rows), "done": True, "records": []})
        return self._page(root, self._open(Cursor(found, _batch_size(request))), 0)

    def _open(self, cursor: Cursor) -> str:
        """Keep the rows under a locator, the oldest locator making room."""
        locator = f"0r8xx{next(self._numbers):013d}"
        self.cursors[locator] = cursor
        while len(self.cursors) > OPEN_LOCATORS:
            self.cursors.pop(next(iter(self.cursors)))
        return locator

    def more(self, request: Request, version: str, locator: str) -> Response:  # noqa: ARG002
        name, _, start = locator.rpartition("-")
        if name not in self.cursors or not start.isdigit():
            raise refusal(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        return self._page(_root(version), name, int(start))

    def _page(self, root: str, locator: str, start: int) -> Response:
        cursor = self.cursors[locator]
        found, end = cursor.found, start + cursor.batch
        rows = [_shown(root, found.kind, r, found.fields) for r in found.rows[start:end]]
        done = end >= len(found.rows)
        # The real API says `query` here even after queryAll.
        following = {} if done else {"nextRecordsUrl": f"{root}/query/{locator}-{end}"}
        if done:
            del self.cursors[locator]
        body = {"totalSize": len(found.rows), "done": done, **following, "records": rows}
        return json_response(body)

    # -- objects and records ---------------------------------------------------------------

    def list_resources(self, request: Request, version: str) -> Response:  # noqa: ARG002
        """What the version offers; any session may ask."""
        root = _root(version)
        return json_response({name: f"{root}/{name}" for name in ("query", "limits", "sobjects")})

    def show_limits(self, request: Request, version: str) -> Response:  # noqa: ARG002
        _root(version)
        now, jobs = self.clock.now(), self.jobs.throttle
        daily = {"Max": self.calls.limit, "Remaining": self.calls.remaining(now)}
        bulk = {"Max": jobs.limit, "Remaining": jobs.remaining(now)}
        return json_response({"DailyApiRequests": daily, "DailyBulkV2QueryJobs": bulk})

    def list_objects(self, request: Request, version: str) -> Response:  # noqa: ARG002
        root = _root(version)
        objects = [summary(kind, root) for kind in self.fields]
        return json_response({"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": objects})

    def describe(self, request: Request, version: str, kind: str) -> Response:  # noqa: ARG002
        name = self._kind(kind)
        return json_response(description(name, self.fields[name], _root(version)))

    def get_record(self, request: Request, version: str, kind: str, record_id: str) -> Response:
        name, root = self._kind(kind), _root(version)
        record = self._live(name, record_id)
        asked = [field for field in request.args.get("fields", "").split(",") if field]
        try:
            fields = [soql.field_of(self.fields[name], field) for field in asked]
        except soql.InvalidField as error:
            raise refusal(400, "INVALID_FIELD", str(error)) from error
        return json_response(_shown(root, name, record, fields or self.fields[name]))

    def list_deleted(self, request: Request, version: str, kind: str) -> Response:  # noqa: ARG002
        name, (start, end) = self._kind(kind), self._span(request, RECYCLE_BIN)
        gone = [
            {"id": r["Id"], "deletedDate": salesforce_instant(self.modified_at(name, r))}
            for r in self.tables[name]
            if r.get("IsDeleted") and start <= self.modified_at(name, r) < end
        ]
        earliest = salesforce_instant(self.clock.now() - RECYCLE_BIN)
        covered = salesforce_instant(end)
        dates = {"earliestDateAvailable": earliest, "latestDateCovered": covered}
        return json_response({"deletedRecords": gone, **dates})

    def list_updated(self, request: Request, version: str, kind: str) -> Response:  # noqa: ARG002
        name, (start, end) = self._kind(kind), self._span(request, UPDATED_REACH)
        rows = self.visible(name, with_deleted=False)
        ids = [r["Id"] for r in rows if start <= self.modified_at(name, r) < end]
        return json_response({"ids": ids, "latestDateCovered": salesforce_instant(end)})

    def _span(self, request: Request, reach: timedelta) -> tuple[datetime, datetime]:
        try:
            start, end = (parse_instant(request.args[name]) for name in ("start", "end"))
        except (KeyError, ValueError) as error:
            raise refusal(400, "INVALID_REPLICATION_DATE", "start and end are needed") from error
        if start >= end or start < self.clock.now() - reach:
            raise refusal(400, "INVALID_REPLICATION_DATE", "startDate is too far back, or late")
        return start, end

    def create_record(self, request: Request, version: str, kind: str) -> Response:
        _root(version)
        record_id, _ = self._write(self._kind(kind), writes.fields_of(request.get_data()))
        return json_response(writes.written(record_id), status=201)

    def update_record(self, request: Request, version: str, kind: str, record_id: str) -> Response:
        _root(version)
        self._write(self._kind(kind), {**writes.fields_of(request.get_data()), "Id": record_id})
        return Response(status=204)

    def remove_record(self, request: Request, version: str, kind: str, record_id: str) -> Response:  # noqa: ARG002
        _root(version)
        self._delete(kind, {"Id": record_id})
        return Response(status=204)

    def create_collection(self, request: Request, version: str) -> Response:
        _root(version)
        return json_response(writes.collection(request.get_data(), self._write))

    def update_collection(self, request: Request, version: str) -> Response:
        _root(version)
        write = writes.with_id(self._write)
        return json_response(writes.collection(request.get_data(), write))

    def upsert_collection(self, request: Request, version: str, kind: str, field: str) -> Response:
        _root(version)
        data = request.get_data()
        keys = [str(one.get(field)) for one in writes.fields_of(data).get("records") or []]
        upsert = self.write_of("upsert", self._kind(kind), field, keys)
        return json_response(writes.collection(data, upsert, upserts=True))

    def remove_collection(self, request: Request, version: str) -> Response:
        _root(version)
        ids = [one for one in request.args.get("ids", "").split(",") if one]
        if not ids or len(ids) > writes.MOST:
            raise refusal(400, "INVALID_INPUT", f"ids must be 1 to {writes.MOST} of them")
        return json_response([self._removed(one) for one in ids])

    def _removed(self, record_id: str) -> Record:
        try:
            kinds = [one for one in self.fields if self.tables[one].get(long_id(record_id))]
            if not kinds:
                raise not_found()
            return writes.written(self._delete(kinds[0], {"Id": record_id})[0])
        except Refused as refused:
            return writes.not_written(refused)

    def write_of(
        self, operation: str, kind: str, field: str | None, keys: Iterable[str] = ()
    ) -> writes.Write:
        """How a record is written.

        `upsert` changes the one whose external id is the given one, in any case alike, or makes it,
        but for one of which there are two among `keys`.
        """
        if operation == "upsert":
            if not is_external_id(str(field)) or field not in self.fields[kind]:
                raise refusal(400, "INVALID_FIELD", f"{field} is no external id of {kind}")
            many = Counter(one.casefold() for one in keys)
            return lambda _, given: self._upsert(kind, str(field), given, many)
        if operation == "delete":
            return self._delete
        return writes.with_id(self._write) if operation == "update" else self._write

    def _upsert(
        self, kind: str, field: str, given: Mapping[str, Any], many: Counter[str]
    ) -> tuple[str, bool]:
        key = str(given.get(field) or "").casefold()
        if not key:
            raise refusal(400, "MISSING_ARGUMENT", f"{field} not specified")
        if many[key] > 1:
            raise refusal(400, "DUPLICATE_VALUE", f"Duplicate external id specified: {key}")
        found = [
            record["Id"]
            for record in self.tables[kind]
            if str(record.get(field) or "").casefold() == key and not record.get("IsDeleted")
        ]
        if len(found) > 1:
            raise refusal(300, "MULTIPLE_CHOICES", f"{field}: more than one record found")
        return self._write(kind, {**given, "Id": found[0]} if found else given)

    def _delete(self, kind: str, given: Mapping[str, Any]) -> tuple[str, bool]:
        name = self._kind(kind)
        record = self._live(name, str(given.get("Id")))
        self.commit([(name, self.deleted(name, record, self.clock.now()))])
        return str(record["Id"]), False

    def _write(self, kind: str, given: Mapping[str, Any]) -> tuple[str, bool]:
        """Create a record, or change the one with the given Id."""
        name, fields = self._kind(kind), {k: v for k, v in given.items() if k != "Id"}
        before = self._live(name, given["Id"]) if "Id" in given else None
        writes.check(name, fields, self.fields[name], before)
        now = self.clock.now()
        if before is None:
            record = sobject(name, history.new_id(self.tables[name], name), fields, now, now)
            # A checkbox is never null; all else is, until it is set.
            unset = {
                field: False if kind_of == "boolean" else None
                for field, kind_of in self.fields[name].items()
                if record.get(field) is None
            }
            # Nor is an owner: it is who makes the record; the credential is the first user's.
            if "OwnerId" in unset:
                unset["OwnerId"] = next((one["Id"] for one in self.tables["User"]), None)
            record = {**record, **unset}
        else:
            record = self.stamped(name, {**before, **fields}, now, new=False)
        changes = [(name, record)]
        if name == "Opportunity" and before is not None:
            followed = history.follow(self.tables, before, record, now)
            changes += [(change.kind, change.record) for change in followed]
        self.commit(changes)
        return str(record["Id"]), before is None

    def _live(self, kind: str, record_id: str) -> Record:
        record = self.tables[kind].get(long_id(record_id))
        if record is None:
            raise not_found()
        if record.get("IsDeleted"):
            raise refusal(404, "ENTITY_IS_DELETED", "entity is deleted")
        return record

    def _typed(self, kind: str) -> tuple[str, dict[str, str]]:
        name = self._kind(kind)
        return name, self.fields[name]

    def _kind(self, kind: str) -> str:
        name = self.object_named(kind)
        if name is None:
            raise not_found()
        return name


def _root(version: str) -> str:
    if not re.fullmatch(r"v\d{2}\.0", version):
        raise not_found()
    return f"/services/data/{version}"


def _batch_size(request: Request) -> int:
    options = request.headers.get("Sforce-Query-Options", "")
    match = re.search(r"batchSize\s*=\s*(\d+)", options)
    return min(MAX_BATCH, max(LEAST_BATCH, int(match[1]))) if match else MAX_BATCH


def _shown(root: str, kind: str, record: Record, fields: Iterable[str]) -> Record:
    attributes = {"type": kind, "url": f"{root}/sobjects/{kind}/{record['Id']}"}
    return {
        "attributes": attributes,
        **{name: record.get(name, DEFAULTS.get(name)) for name in fields},
    }


VENDOR = Salesforce
