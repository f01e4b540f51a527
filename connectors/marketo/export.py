"""One bulk extract: a job that is made, waited for, fetched in parts, checked and read in pages."""

from __future__ import annotations

import csv
import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import IO, Any

import httpx
import msgspec

from connectors.core.http import ToolClient
from connectors.core.pages import BadPage, Envelope
from connectors.marketo.answers import is_refusal, results
from connectors.marketo.settings import settings
from warehouse.errors import Refused, Unavailable

PAGE_ROWS = 1_000
PART_BYTES = 8_000_000
IN_MEMORY = 32_000_000
MAX_POLLS = 180
MAX_CELL = 100_000_000
_ENDED = {"Failed", "Canceled", "Cancelled"}
_LATER = "what was landed stays; the next run goes on with the same job"

Row = dict[str, Any]
# Which job and how far it is read; nothing when there is none, or when it is read to its end.
Job = dict[str, Any]


@dataclass(frozen=True)
class Extract:
    """What to extract: the path of the kind of record, and the body that defines the job."""

    path: str
    body: Mapping[str, Any]


class _Lost(Exception):
    """The job failed or is not known any more: another one has to take its place."""


def read_extract(client: ToolClient, extract: Extract, job: Job) -> Iterator[tuple[list[Row], Job]]:
    """Yield the extract's rows with what must be known to go on behind them.

    Nothing of a file is given out before its checksum was right. The first that is yielded is the
    job itself, without rows: a killed run goes on with it and spends no quota twice.

    Raises:
        Unavailable: the quota is used up, the job takes too long, or its file stays damaged.
    """
    for attempt in range(2):
        if not job:
            job = {"export": _create(client, extract), "offset": 0}
            yield [], job
        try:
            yield from _read_job(client, extract, job)
        except _Lost as error:
            if attempt:
                raise Unavailable(f"marketo lost an export twice: {error}") from error
            job = {}
        else:
            return


def _create(client: ToolClient, extract: Extract) -> str:
    made = _patiently(partial(client.post, f"{extract.path}/create.json", dict(extract.body)))
    return str(_first(made)["exportId"])


def _read_job(client: ToolClient, extract: Extract, job: Job) -> Iterator[tuple[list[Row], Job]]:
    path = f"{extract.path}/{job['export']}"
    done = _finished(client, path)
    size = int(done.get("fileSize") or 0)
    with SpooledTemporaryFile(max_size=IN_MEMORY) as file:
        _fetch(client, f"{path}/file.json", file, size, done.get("fileChecksum"))
        for rows, offset in _pages(file, int(job["offset"])):
            yield rows, {**job, "offset": offset} if offset < size else {}


def _finished(client: ToolClient, path: str) -> Row:
    """The status of the job once its file is written."""
    pause = settings().poll_seconds
    for _ in range(MAX_POLLS):
        status = _status(client, path)
        if status["status"] == "Completed":
            return status
        if status["status"] in _ENDED:
            raise _Lost(f"{path} ended as {status['status']}: {status.get('errorMsg')}")
        if status["status"] == "Created":
            _patiently(partial(client.post, f"{path}/enqueue.json", None))
        time.sleep(pause)
    raise Unavailable(f"marketo has not finished {path} in {MAX_POLLS} looks", advice=_LATER)


def _status(client: ToolClient, path: str) -> Row:
    try:
        return _first(client.get(f"{path}/status.json"))
    except Refused as error:
        if is_refusal(error, "1003"):
            raise _Lost(f"{path} is not known any more") from error
        raise


def _patiently(ask: Callable[[], Envelope]) -> Envelope:
    """Ask until there is room in the queue, which all exports of the account share."""
    pause = settings().poll_seconds
    for _ in range(MAX_POLLS):
        try:
            return ask()
        except Refused as error:
            if not is_refusal(error, "1029"):
                raise
            if is_refusal(error, "1029", "quota"):
                raise Unavailable(
                    "marketo's daily quota of exported data is used up",
                    advice="it is whole again at midnight US Central; the next run then goes on"
                    " where this one stopped",
                ) from error
        time.sleep(pause)
    raise Unavailable("marketo's queue of exports stays full", advice=_LATER)


def _first(envelope: Envelope) -> Row:
    found = results(envelope)
    if not found:
        raise Unavailable("marketo answered about an export without saying which: stopped")
    row: Row = msgspec.json.decode(found[0])
    return row


def _fetch(client: ToolClient, path: str, file: IO[bytes], size: int, checksum: str | None) -> None:
    """Write the whole file, part by part; a part that does not come whole is asked for again."""
    for _ in range(2):
        file.seek(0)
        digest = hashlib.sha256()
        for first in range(0, size, PART_BYTES):
            part = _part(client, path, first, min(first + PART_BYTES, size) - 1)
            digest.update(part)
            file.write(part)
        if checksum is None or checksum.rpartition(":")[2] == digest.hexdigest():
            file.seek(0)
            return
    raise Unavailable(f"the file of {path} does not have the checksum that marketo names twice")


def _part(client: ToolClient, path: str, first: int, last: int) -> bytes:
    def take(response: httpx.Response) -> bytes:
        begins = response.headers.get("Content-Range", "bytes 0-").partition("-")[0]
        if begins != f"bytes {first}" or len(response.content) != last - first + 1:
            raise BadPage(f"{path} came without all of its bytes {first} to {last}")
        return response.content

    try:
        return client.get_as(path, take, headers={"Range": f"bytes={first}-{last}"})
    except Refused as error:
        if error.status == httpx.codes.NOT_FOUND:
            raise _Lost(f"{path} is not kept any more") from error
        raise


def _pages(file: IO[bytes], offset: int) -> Iterator[tuple[list[Row], int]]:
    """Rows behind `offset`, with the offset behind them: always between two rows."""
    csv.field_size_limit(MAX_CELL)
    names = next(csv.reader([file.readline().decode("utf-8-sig")]), [])
    file.seek(max(offset, file.tell()))
    lines = _Lines(file)
    page: list[Row] = []
    given = -1
    for cells in csv.reader(lines):
        page.append(_row(names, cells))
        if len(page) == PAGE_ROWS:
            given = lines.behind
            yield page, given
            page = []
    if given < lines.behind:
        yield page, lines.behind


class _Lines(Iterator[str]):
    """The file's lines, which knows how many bytes were handed out."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.behind = file.tell()

    def __next__(self) -> str:
        line = self._file.readline()
        if not line:
            raise StopIteration
        self.behind += len(line)
        return line.decode()


def _row(names: list[str], cells: list[str]) -> Row:
    """A row as a record; Marketo writes an empty field as the word null."""
    if len(names) != len(cells):
        # It breaks every contract and is set aside with what it holds.
        return {"cells": cells}
    return {name: None if cell == "null" else cell for name, cell in zip(names, cells, strict=True)}
