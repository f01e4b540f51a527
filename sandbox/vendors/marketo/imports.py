"""Bulk imports: a file of leads that waits in a queue, and which of its rows came to nothing."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Request, Response

from sandbox.vendor import Handler
from sandbox.vendors.marketo.errors import refusal, success
from sandbox.vendors.marketo.fields import SEARCHABLE

if TYPE_CHECKING:
    from sandbox.vendors.marketo.api import Marketo

RUNNING, WAITING = 2, 10
MOST_BYTES = 10_000_000
_FAILURE, _WARNING = "Import Failure Reason", "Import Warning Reason"
_FIRST = 1_001
Record = dict[str, Any]


@dataclass
class Job:
    """One file, and what became of its rows: each line with the reason behind it."""

    batch_id: int
    asked: dict[str, str]
    columns: list[str]
    rows: list[list[str]]
    status: str = "Queued"
    message: str = ""
    done: int = 0
    failed: list[list[str]] = field(default_factory=list)
    warned: list[list[str]] = field(default_factory=list)

    def shown(self) -> Record:
        shown: Record = {
            "batchId": self.batch_id,
            "importId": str(self.batch_id),
            "status": self.status,
            "numOfLeadsProcessed": self.done,
        }
        counts = {
            "numOfRowsFailed": len(self.failed),
            "numOfRowsWithWarning": len(self.warned),
            "message": self.message,
        }
        return shown | (counts if self.status in {"Complete", "Failed"} else {})


class Imports:
    """The imports of one subscription; one goes a step whenever any is looked at."""

    def __init__(self, marketo: "Marketo") -> None:
        self._marketo = marketo
        self.jobs: dict[int, Job] = {}

    def routes(self) -> Iterable[tuple[str, str, Handler]]:
        batch = "/bulk/v1/leads/batch/<int:batch_id>"
        return (
            ("POST", "/bulk/v1/leads.json", self.submit),
            ("GET", f"{batch}.json", self.show),
            ("GET", f"{batch}/failures.json", self.failures),
            ("GET", f"{batch}/warnings.json", self.warnings),
        )

    def submit(self, request: Request) -> Response:
        asked = {**request.form.to_dict(), **request.args.to_dict()}
        if asked.get("format") != "csv":
            raise refusal(1003, "format is required, and only csv is emulated")
        lookup = asked.setdefault("lookupField", "email")
        if lookup not in SEARCHABLE:
            raise refusal(1003, f"Invalid lookupField '{lookup}'")
        data = _content(request.files.get("file"))
        if not data or len(data) > MOST_BYTES:
            raise refusal(1003, f"The file must have 1 to {MOST_BYTES} bytes")
        waiting = [one for one in self.jobs.values() if one.status in {"Queued", "Importing"}]
        if len(waiting) >= WAITING:
            raise refusal(1016, "Too many imports")
        columns, *rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
        job = Job(_FIRST + len(self.jobs), asked, columns, rows)
        self.jobs[job.batch_id] = job
        return success([job.shown()])

    def show(self, request: Request, batch_id: int) -> Response:  # noqa: ARG002  # a handler
        job = self._job(batch_id)
        shown = job.shown()
        self.work()
        return success([shown])

    def failures(self, request: Request, batch_id: int) -> Response:  # noqa: ARG002
        job = self._job(batch_id)
        return _file([*job.columns, _FAILURE], job.failed)

    def warnings(self, request: Request, batch_id: int) -> Response:  # noqa: ARG002
        job = self._job(batch_id)
        return _file([*job.columns, _WARNING], job.warned)

    def work(self) -> None:
        """What happens between two questions about jobs."""
        # Of two that go at a time the later may be done first.
        for job in reversed(self._in("Importing")):
            self._import(job)
        for job in self._in("Queued")[: RUNNING - len(self._in("Importing"))]:
            job.status = "Importing"

    def _in(self, status: str) -> list[Job]:
        return [job for job in self.jobs.values() if job.status == status]

    def _job(self, batch_id: int) -> Job:
        if batch_id not in self.jobs:
            raise refusal(1003, f"Batch {batch_id} is not found")
        return self.jobs[batch_id]

    def _import(self, job: Job) -> None:
        lookup = job.asked["lookupField"]
        known = {one["name"] for one in self._marketo.tables["lead_fields"]}
        unknown = [name for name in job.columns if name not in known]
        if unknown or lookup not in job.columns:
            job.status, job.message = "Failed", f"Invalid header: {unknown or lookup}"
            return
        action = "updateOnly" if lookup == "id" else "createOrUpdate"
        writer = self._marketo.writer({**job.asked, "action": action})
        for row in job.rows:
            # An empty cell leaves its field alone.
            cells = {name: one for name, one in zip(job.columns, row, strict=True) if one != ""}
            wrong = writer.wrong_values(cells)
            told = writer.write({name: one for name, one in cells.items() if name not in wrong})
            if told["status"] == "skipped":
                job.failed.append([*row, told["reasons"][0]["message"]])
                continue
            job.done += 1
            if wrong:
                job.warned.append([*row, "; ".join(wrong.values())])
        self._marketo.commit(writer.changes)
        job.status = "Complete"
        job.message = f"Import completed, {job.done} imported, {len(job.failed)} failed"


def _content(file: FileStorage | None) -> bytes:
    if file is None:
        return b""
    with file.stream:
        content: bytes = file.read()
        return content


def _file(columns: list[str], rows: list[list[str]]) -> Response:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([columns, *rows])
    return Response(text.getvalue(), mimetype="text/csv")
