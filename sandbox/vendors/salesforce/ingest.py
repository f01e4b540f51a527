"""Bulk API 2.0 ingest jobs: a file of CSV that is written aside, and what became of each row."""

import csv
import io
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from werkzeug.wrappers import Request, Response

from sandbox.instants import SandboxClock, salesforce_instant
from sandbox.store import Record
from sandbox.vendor import Refused, json_response
from sandbox.vendors.salesforce.bulk import body_of
from sandbox.vendors.salesforce.errors import not_found, refusal
from sandbox.vendors.salesforce.ids import spelled_id
from sandbox.vendors.salesforce.writes import Write

KEPT = timedelta(days=7)
# How often a job is looked at before it is done: time stands still in tests.
LOOKS = 2
# What a file may hold before it is encoded for the way.
MOST_BYTES = 100_000_000
NOTHING = "#N/A"
_OPERATIONS = {"insert", "update", "upsert", "delete"}
_NUMBERS = {"double", "int", "currency", "percent"}

# The write of an operation on an object, by the external id where there is one.
WriteOf = Callable[[str, str, str | None], Write]
TypesOf = Callable[[str], tuple[str, dict[str, str]]]
Rows = list[dict[str, str]]


@dataclass
class Job:
    """A job, the rows that it was given, and what became of them."""

    id: str
    operation: str
    kind: str
    external_id: str | None
    created: datetime
    state: str = "Open"
    looks: int = 0
    message: str | None = None
    columns: list[str] = field(default_factory=list)
    rows: Rows | None = None
    done: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)
    failed: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)


class IngestJobs:
    """The jobs of one org; what one does is done when it is looked at for the second time."""

    def __init__(self, clock: SandboxClock, write_of: WriteOf, types_of: TypesOf) -> None:
        self._clock = clock
        self._write_of = write_of
        self._types_of = types_of
        self._jobs: dict[str, Job] = {}
        self._numbers = count(1)

    def forget(self) -> None:
        """Every job and its results are gone, as after seven days."""
        self._jobs.clear()

    def create(self, request: Request, version: str) -> Response:
        body = body_of(request)
        operation, external_id = body.get("operation"), body.get("externalIdFieldName")
        if operation not in _OPERATIONS:
            raise refusal(400, "INVALIDOPERATION", f"No such operation: {operation}")
        if (operation == "upsert") != bool(external_id):
            raise refusal(400, "INVALIDJOB", "externalIdFieldName is of upserts")
        kind, _ = self._types_of(str(body.get("object")))
        # Refuses a field by which nothing can be found.
        self._write_of(operation, kind, external_id)
        name = spelled_id("750", 100_000 + next(self._numbers))
        job = Job(name, operation, kind, external_id, self._clock.now())
        self._jobs[job.id] = job
        return json_response(_shown(job, version))

    def upload(self, request: Request, version: str, job_id: str) -> Response:  # noqa: ARG002
        job = self._job(job_id)
        if job.state != "Open" or job.rows is not None:
            raise refusal(400, "INVALIDJOBSTATE", "The job has its data.")
        data = request.get_data()
        if len(data) > MOST_BYTES:
            raise refusal(413, "REQUESTTOOLARGE", "The file is too large.")
        reader = csv.DictReader(io.StringIO(data.decode(), newline=""))
        job.rows, job.columns = list(reader), list(reader.fieldnames or ())
        return Response(status=201)

    def change(self, request: Request, version: str, job_id: str) -> Response:
        job, wanted = self._job(job_id), body_of(request).get("state")
        allowed = {
            "UploadComplete": job.state == "Open" and job.rows is not None,
            "Aborted": job.state in {"Open", "UploadComplete", "InProgress"},
        }
        if not allowed.get(str(wanted)):
            raise refusal(400, "INVALIDJOBSTATE", f"A job that is {job.state} cannot be {wanted}.")
        job.state = str(wanted)
        return json_response(_shown(job, version))

    def show(self, request: Request, version: str, job_id: str) -> Response:  # noqa: ARG002
        job = self._job(job_id)
        if job.state in {"UploadComplete", "InProgress"}:
            job.looks += 1
            job.state = "InProgress"
            if job.looks >= LOOKS:
                self._do(job)
        return json_response(_shown(job, version))

    def list(self, request: Request, version: str) -> Response:  # noqa: ARG002
        shown = [_shown(job, version) for job in self._jobs.values()]
        return json_response({"done": True, "records": shown, "nextRecordsUrl": None})

    def successful(self, request: Request, version: str, job_id: str) -> Response:  # noqa: ARG002
        job = self._ended(job_id)
        return _csv(["sf__Id", "sf__Created", *job.columns], _lines(job, job.done))

    def failed(self, request: Request, version: str, job_id: str) -> Response:  # noqa: ARG002
        job = self._ended(job_id)
        return _csv(["sf__Id", "sf__Error", *job.columns], _lines(job, job.failed))

    def unprocessed(self, request: Request, version: str, job_id: str) -> Response:  # noqa: ARG002
        job = self._ended(job_id)
        spoken = [row for _, _, row in (*job.done, *job.failed)]
        left = [row for row in job.rows or () if not any(row is one for one in spoken)]
        return _csv(job.columns, ([row[name] for name in job.columns] for row in left))

    def work(self) -> None:
        """Do at once what is waiting: a tool does not wait to be looked at."""
        for job in self._jobs.values():
            if job.state in {"UploadComplete", "InProgress"}:
                self._do(job)

    def _do(self, job: Job) -> None:
        _, types = self._types_of(job.kind)
        unknown = [name for name in job.columns if name != "Id" and name not in types]
        if unknown:
            job.state = "Failed"
            job.message = f"InvalidBatch : Field name not found : {unknown[0]}"
            return
        write = self._write_of(job.operation, job.kind, job.external_id)
        for row in job.rows or ():
            try:
                given = {name: _value(types.get(name, "id"), text) for name, text in row.items()}
                known = {name: value for name, value in given.items() if value != ""}
                record_id, created = write(job.kind, known)
            except Refused as refused:
                (error,) = refused.body if isinstance(refused.body, list) else ({},)
                said = f"{error.get('errorCode')}:{error.get('message')}:--"
                job.failed.append((str(row.get("Id") or ""), said, row))
            else:
                job.done.append((record_id, "true" if created else "false", row))
        job.state = "JobComplete"

    def _job(self, job_id: str) -> Job:
        job = self._jobs.get(job_id)
        if job is None or job.created + KEPT <= self._clock.now():
            raise not_found()
        return job

    def _ended(self, job_id: str) -> Job:
        job = self._job(job_id)
        if job.state not in {"JobComplete", "Failed", "Aborted"}:
            raise refusal(400, "INVALIDJOBSTATE", f"The job is {job.state}.")
        return job


def _value(kind: str, text: str) -> Any:
    """A cell as the field holds it; no text leaves the field alone, `#N/A` empties it."""
    if text == NOTHING:
        return None
    if text == "" or kind not in {*_NUMBERS, "boolean"}:
        return text
    try:
        found = json.loads(text.lower())
    except ValueError:
        found = text
    if isinstance(found, bool) is (kind == "boolean") and not isinstance(found, str | None):
        return found
    raise refusal(400, "INVALID_TYPE_ON_FIELD_IN_RECORD", f"invalid value: {text}")


def _shown(job: Job, version: str) -> Record:
    at = salesforce_instant(job.created)
    processed = len(job.done) + len(job.failed)
    return {
        "id": job.id,
        "operation": job.operation,
        "object": job.kind,
        "createdById": "0055g00000000001AAA",
        "createdDate": at,
        "systemModstamp": at,
        "state": job.state,
        "externalIdFieldName": job.external_id,
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "apiVersion": float(version.removeprefix("v")),
        "jobType": "V2Ingest",
        "contentUrl": f"services/data/{version}/jobs/ingest/{job.id}/batches",
        "lineEnding": "LF",
        "columnDelimiter": "COMMA",
        "numberRecordsProcessed": processed,
        "numberRecordsFailed": len(job.failed),
        **({"errorMessage": job.message} if job.message else {}),
    }


def _lines(job: Job, told: Iterable[tuple[str, str, dict[str, str]]]) -> Iterable[Iterable[str]]:
    return ([one, two, *(row[name] for name in job.columns)] for one, two, row in told)


def _csv(header: list[str], lines: Iterable[Iterable[str]]) -> Response:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerow(header)
    writer.writerows(lines)
    return Response(text.getvalue(), content_type="text/csv; charset=UTF-8")
