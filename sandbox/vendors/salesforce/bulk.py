"""Bulk API 2.0 query jobs: a query that runs aside, and its rows as pages of CSV."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from werkzeug.wrappers import Request, Response

from sandbox.instants import SandboxClock, salesforce_instant
from sandbox.store import Record
from sandbox.throttle import Throttle
from sandbox.vendor import json_response
from sandbox.vendors.salesforce.errors import not_found, refusal
from sandbox.vendors.salesforce.ids import spelled_id
from sandbox.vendors.salesforce.schema import DEFAULTS

DAILY_JOBS = 10_000
MAX_RECORDS = 50_000
KEPT = timedelta(days=7)
# How often a job is looked at before it is done: time stands still in tests.
LOOKS = 2


@dataclass(frozen=True)
class Found:
    """What a query matched: whole rows, and the fields of them that were asked for."""

    kind: str
    fields: tuple[str, ...]
    rows: list[Record]
    types: dict[str, str]


@dataclass(frozen=True)
class Job:
    """A query job and what it has found."""

    id: str
    operation: str
    line_ending: str
    created: datetime
    found: Found
    state: str = "UploadComplete"
    looks: int = 0
    message: str | None = None


class QueryJobs:
    """The query jobs of one org; `run` answers a query, deleted rows included or not."""

    def __init__(
        self, clock: SandboxClock, run: Callable[[str, bool], Found], daily_jobs: int
    ) -> None:
        self.throttle = Throttle(daily_jobs, timedelta(days=1))
        self._clock = clock
        self._run = run
        self._jobs: dict[str, Job] = {}
        self._numbers = count(1)
        self.doom: str | None = None

    def forget(self) -> None:
        """Every job and its results are gone, as after seven days."""
        self._jobs.clear()

    def create(self, request: Request, version: str) -> Response:
        body = body_of(request)
        operation, query = body.get("operation"), str(body.get("query", ""))
        if operation not in {"query", "queryAll"}:
            raise refusal(400, "INVALIDOPERATION", "The operation must be query or queryAll.")
        if not self.throttle.admit(self._clock.now()):
            raise refusal(400, "EXCEEDED_QUOTA", "The daily number of query jobs is used up.")
        found = self._run(query, operation == "queryAll")
        job = Job(
            id=spelled_id("750", next(self._numbers)),
            operation=operation,
            line_ending="\r\n" if body.get("lineEnding") == "CRLF" else "\n",
            created=self._clock.now(),
            found=found,
        )
        self._jobs[job.id] = job
        return json_response(_shown(job, version))

    def show(self, request: Request, version: str, job_id: str) -> Response:  # noqa: ARG002
        job = self._job(job_id)
        looks = job.looks + 1
        if job.state in {"UploadComplete", "InProgress"}:
            job = replace(job, looks=looks, state="JobComplete" if looks >= LOOKS else "InProgress")
            if self.doom is not None:
                job = replace(job, state=self.doom, message="The query took too long.")
                self.doom = None
        self._jobs[job_id] = job
        return json_response(_shown(job, version))

    def list(self, request: Request, version: str) -> Response:  # noqa: ARG002
        shown = [_shown(job, version) for job in self._jobs.values()]
        return json_response({"done": True, "records": shown, "nextRecordsUrl": None})

    def abort(self, request: Request, version: str, job_id: str) -> Response:
        job = self._job(job_id)
        if body_of(request).get("state") != "Aborted":
            raise refusal(400, "INVALIDJOBSTATE", "A query job can only be aborted.")
        if job.state == "JobComplete":
            raise refusal(400, "INVALIDJOBSTATE", "The job is complete.")
        self._jobs[job_id] = replace(job, state="Aborted")
        return json_response(_shown(self._jobs[job_id], version))

    def delete(self, request: Request, version: str, job_id: str) -> Response:  # noqa: ARG002
        self._job(job_id)
        del self._jobs[job_id]
        return Response(status=204)

    def results(self, request: Request, version: str, job_id: str) -> Response:  # noqa: ARG002
        """A page of rows with its header line; `Sforce-Locator` is `null` on the last one."""
        job = self._job(job_id)
        if job.state != "JobComplete":
            raise refusal(400, "INVALIDJOBSTATE", f"The job is {job.state}.")
        start = _place(request.args.get("locator"), len(job.found.rows))
        most = request.args.get("maxRecords", MAX_RECORDS, type=int)
        rows = job.found.rows[start : start + max(1, most)]
        end = start + len(rows)
        locator = _locator(end) if end < len(job.found.rows) else "null"
        headers = {"Sforce-Locator": locator, "Sforce-NumberOfRecords": str(len(rows))}
        return Response(_csv(job, rows), headers=headers, content_type="text/csv; charset=UTF-8")

    def _job(self, job_id: str) -> Job:
        job = self._jobs.get(job_id)
        if job is None or job.created + KEPT <= self._clock.now():
            raise not_found()
        return job


def body_of(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(request.get_data() or b"{}")
    except ValueError as error:
        raise refusal(400, "JSON_PARSER_ERROR", "The body is no JSON.") from error
    if not isinstance(body, dict):
        raise refusal(400, "JSON_PARSER_ERROR", "The body is no object.")
    return body


def _shown(job: Job, version: str) -> Record:
    at = salesforce_instant(job.created)
    done = job.state == "JobComplete"
    return {
        "id": job.id,
        "operation": job.operation,
        "object": job.found.kind,
        "createdById": "0055g00000000001AAA",
        "createdDate": at,
        "systemModstamp": at,
        "state": job.state,
        "concurrencyMode": "Parallel",
        "contentType": "CSV",
        "apiVersion": float(version.removeprefix("v")),
        "lineEnding": "CRLF" if job.line_ending == "\r\n" else "LF",
        "columnDelimiter": "COMMA",
        **({"numberRecordsProcessed": len(job.found.rows), "retries": 0} if done else {}),
        **({"errorMessage": job.message} if job.message else {}),
    }


def _locator(place: int) -> str:
    return f"L{place:08x}"


def _place(locator: str | None, size: int) -> int:
    if locator is None:
        return 0
    try:
        place = int(locator.removeprefix("L"), 16)
    except ValueError:
        place = size
    if _locator(place) != locator or place >= size:
        raise refusal(400, "INVALID_LOCATOR", "The locator is not of this job.")
    return place


def _csv(job: Job, rows: list[Record]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator=job.line_ending, quoting=csv.QUOTE_ALL)
    fields, types = job.found.fields, job.found.types
    writer.writerow(fields)
    for row in rows:
        values = ((name, row.get(name, DEFAULTS.get(name))) for name in fields)
        writer.writerow([_cell(types[name], value) for name, value in values])
    return text.getvalue()


def _cell(kind: str, value: Any) -> str:
    """A value as CSV writes it: no value is no text, and instants end in Z."""
    if value is None:
        return ""
    if kind == "datetime":
        return str(value).replace("+0000", "Z")
    return value if isinstance(value, str) else json.dumps(value)
