"""Bulk extracts: jobs that wait, run and end in a file, two at a time and so much a day."""

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sandbox.instants import zendesk_instant
from sandbox.store import Record
from sandbox.vendors.marketo.errors import refusal

RUNNING, WAITING = 2, 10
BYTES_PER_DAY = 500_000_000
KEPT = timedelta(days=7)
# The quota is whole again at midnight in the middle of America, which has no summer here.
_CENTRAL = timedelta(hours=-6)


@dataclass
class Job:
    """One extract; `rows` gives its records when it is run."""

    export_id: str
    kind: str
    columns: list[str]
    rows: Callable[[], Iterable[Record]]
    times: dict[str, datetime]
    status: str = "Created"
    data: bytes = b""
    count: int = 0
    polls: int = field(default=0, repr=False)

    def shown(self) -> Record:
        done = {
            "numberOfRecords": self.count,
            "fileSize": len(self.data),
            "fileChecksum": f"sha256:{hashlib.sha256(self.data).hexdigest()}",
        }
        return {
            "exportId": self.export_id,
            "status": self.status,
            "format": "CSV",
            **{name: zendesk_instant(at) for name, at in self.times.items()},
            **(done if self.status == "Completed" else {}),
        }


class Queue:
    """The jobs of one API user."""

    def __init__(self, now: Callable[[], datetime], quota: int = BYTES_PER_DAY) -> None:
        self._now = now
        self._quota = quota
        self.jobs: dict[str, Job] = {}

    def create(self, job: Job) -> Job:
        self._check_quota()
        self.jobs[job.export_id] = job
        return job

    def enqueue(self, job: Job) -> Job:
        self._check_quota()
        active = [one for one in self.jobs.values() if one.status in {"Queued", "Processing"}]
        if len(active) >= WAITING:
            raise refusal(1029, "Too many jobs (10) in queue")
        if job.status != "Created":
            raise refusal(1003, f"Export {job.export_id} was enqueued already")
        job.status, job.times["queuedAt"] = "Queued", self._now()
        return job

    def find(self, kind: str, export_id: str) -> Job:
        job = self.jobs.get(export_id)
        if job is None or job.kind != kind:
            raise refusal(1003, f"Export {export_id} is not found")
        return job

    def work(self) -> None:
        """What happens between two questions about a job."""
        for job in self._in("Processing"):
            self._finish(job)
        for job in self._in("Queued")[: RUNNING - len(self._in("Processing"))]:
            job.status, job.times["startedAt"] = "Processing", self._now()

    def file(self, kind: str, export_id: str) -> bytes | None:
        """The file of a job that is done, while it is kept."""
        job = self.jobs.get(export_id)
        if job is None or job.kind != kind or job.status != "Completed":
            return None
        return job.data if self._now() - job.times["finishedAt"] < KEPT else None

    def _in(self, status: str) -> list[Job]:
        return [job for job in self.jobs.values() if job.status == status]

    def _finish(self, job: Job) -> None:
        rows = list(job.rows())
        job.data, job.count = as_csv(job.columns, rows), len(rows)
        job.status, job.times["finishedAt"] = "Completed", self._now()

    def _check_quota(self) -> None:
        today = (self._now() + _CENTRAL).date()
        used = sum(
            len(job.data)
            for job in self._in("Completed")
            if (job.times["finishedAt"] + _CENTRAL).date() == today
        )
        if used >= self._quota:
            raise refusal(1029, "Export daily quota 500MB exceeded.")


def as_csv(columns: list[str], rows: Iterable[Record]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(row.get(name)) for name in columns] for row in rows)
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    """Empty fields are the word null, and truth is in small letters."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return str(value)
