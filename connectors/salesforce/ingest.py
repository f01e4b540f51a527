"""Writes many records: a job that takes a file of CSV aside, and tells of each row afterwards.

Bulk API 2.0 and Bulk API Developer Guide, "Bulk API 2.0 Ingest".
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import httpx

from connectors.core.http import ToolClient
from connectors.core.pages import BadPage
from connectors.salesforce.fields import API
from warehouse.errors import Refused

JOBS = f"{API}/jobs/ingest"
ENDED = {"JobComplete", "Failed", "Aborted"}
# In a file an empty cell leaves its field alone, and this empties it.
NOTHING = "#N/A"

Ingest = Literal["insert", "update", "upsert", "delete"]
Line = dict[str, str]


@dataclass(frozen=True)
class Ingested:
    """What became of a job's rows: each as it was sent, with `sf__Id`, and why it failed."""

    state: str
    message: str
    done: Sequence[Line]
    failed: Sequence[Line]
    unprocessed: Sequence[Line]


def open_job(client: ToolClient, sobject: str, operation: Ingest, external_id: str | None) -> str:
    """Make a job that has nothing to do yet; its id."""
    said = {"object": sobject, "operation": operation, "contentType": "CSV", "lineEnding": "LF"}
    named = {} if external_id is None else {"externalIdFieldName": external_id}
    job: str = client.post(JOBS, {**said, **named}).value("id")
    return job


def begin(client: ToolClient, job: str, file: bytes) -> None:
    """Give a job its rows, and let it begin.

    Raises:
        Refused: nothing has begun.
        Unavailable: it is not known whether it has.
    """
    csv_type = {"Content-Type": "text/csv"}
    path = f"{JOBS}/{job}/batches"
    try:
        client.send("PUT", path, _taken, content=file, headers=csv_type, is_repeatable=False)
    except Refused:
        abort(client, job)
        raise
    closed = {"state": "UploadComplete"}
    client.send("PATCH", f"{JOBS}/{job}", _taken, json=closed, is_repeatable=False)


def abort(client: ToolClient, job: str) -> None:
    """End a job that has not begun; a request to begin that is still on its way comes too late."""
    client.send("PATCH", f"{JOBS}/{job}", _taken, json={"state": "Aborted"})


def state_of(client: ToolClient, job: str) -> tuple[str, str]:
    """`Open`, `UploadComplete`, `InProgress`, or one of `ENDED`; and what is said of it."""
    answer = client.get(f"{JOBS}/{job}")
    return str(answer.value("state")), str(answer.value("errorMessage", ""))


def ingested(client: ToolClient, job: str, state: str, message: str) -> Ingested:
    """What became of the rows of a job that has ended."""
    done, failed, unprocessed = (
        client.get_as(f"{JOBS}/{job}/{name}", _lines)
        for name in ("successfulResults", "failedResults", "unprocessedrecords")
    )
    return Ingested(state, message, done, failed, unprocessed)


def as_file(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Rows as CSV, each with its own fields; the columns stand in the order of their names.

    Raises:
        ValueError: a text is the one that means no text.
    """
    columns = sorted({name for row in rows for name in row})
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_MINIMAL)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row[name]) if name in row else "" for name in columns])
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None or value == "":
        return NOTHING
    if value == NOTHING:
        raise ValueError(f"a file cannot say the text {NOTHING}")
    return value if isinstance(value, str) else json.dumps(value)


def _taken(response: httpx.Response) -> None:
    """Whatever a success says beside its status."""


def _lines(response: httpx.Response) -> list[Line]:
    text = io.StringIO(response.content.decode("utf-8-sig"), newline="")
    try:
        found = list(csv.DictReader(text, strict=True))
    except csv.Error as error:
        raise BadPage(f"The answer to {response.request.url.path} is no CSV: {error}") from error
    # A row that was cut off has fewer cells, and one that is none has more.
    if any(None in row or None in row.values() for row in found):
        raise BadPage(f"The answer to {response.request.url.path} is torn")
    return found
