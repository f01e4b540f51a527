"""Large queries: a job that runs aside, and its rows as pages of CSV made into JSON records."""

from __future__ import annotations

import csv
import io
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import msgspec

from connectors.core.http import ToolClient
from connectors.core.pages import BadPage
from connectors.salesforce.fields import API
from warehouse.errors import Refused, Unavailable

JOBS = f"{API}/jobs/query"
PAGE_RECORDS = 10_000
# Pauses between two looks at a job grow from the first to the last, in seconds.
FIRST_PAUSE, LAST_PAUSE, GROWTH = 0.5, 30.0, 1.5
# A job that takes longer goes on by itself; the next run looks at it again.
PATIENCE = 3_600.0

_NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?")
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?)Z")
_NUMBERS = {"int", "double", "currency", "percent", "long"}
# What a history calls the type of the field that changed, where that is no text.
_HISTORY_NUMBERS = {"currency", "double", "int", "integer", "long", "number", "percent"}


class JobLost(Exception):
    """The job or its results are gone: the rest is asked for by a new job."""


class JobFailed(Unavailable):
    """Salesforce gave the job up, or somebody did."""


@dataclass(frozen=True)
class CsvPage:
    """Rows as JSON records, and the locator of the next page, None behind the last."""

    records: list[msgspec.Raw]
    locator: str | None


def create_job(client: ToolClient, query: str) -> str:
    """Start a job over live and deleted rows; its id."""
    answer = client.post(JOBS, {"operation": "queryAll", "query": query})
    job: str = answer.value("id", "")
    return job


def wait_for(client: ToolClient, job: str) -> None:
    """Return when the job is complete.

    Raises:
        JobLost: there is no such job any more.
        JobFailed: it failed, or was aborted.
        Unavailable: it is still running; the job id stays good.
    """
    pause, waited = FIRST_PAUSE, 0.0
    while True:
        answer = _unless_lost(lambda: client.get(f"{JOBS}/{job}"))
        state = answer.value("state")
        if state == "JobComplete":
            return
        if state in {"Failed", "Aborted"}:
            reason = answer.value("errorMessage", "no reason is given")
            raise JobFailed(
                f"salesforce: query job {job} is {state}: {reason}",
                advice="what was landed stays; the next run goes on behind it with a new job",
            )
        if waited >= PATIENCE:
            raise Unavailable(
                f"salesforce: query job {job} is still {state} after {waited:.0f} s",
                advice="the next run looks at the same job again",
            )
        time.sleep(pause)
        waited += pause
        pause = min(pause * GROWTH, LAST_PAUSE)


def pages(
    client: ToolClient, job: str, types: Mapping[str, str], *, sobject: str, locator: str | None
) -> Iterator[CsvPage]:
    """The pages of a complete job, from a locator on.

    Raises:
        JobLost: the results or the locator are gone.
    """
    while True:
        params = {"maxRecords": PAGE_RECORDS} | ({"locator": locator} if locator else {})
        take = _reader(sobject, types)
        page = _unless_lost(lambda: client.get_as(f"{JOBS}/{job}/results", take, params))  # noqa: B023
        yield page
        locator = page.locator
        if locator is None:
            return


def _unless_lost(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except Refused as error:
        # Gone after seven days, deleted by an administrator, or a locator of another time.
        if error.status in {400, 404, 410}:
            raise JobLost(str(error)) from error
        raise


def _reader(sobject: str, types: Mapping[str, str]) -> Callable[[httpx.Response], CsvPage]:
    def read(response: httpx.Response) -> CsvPage:
        text = response.content.decode("utf-8-sig")
        rows = _rows(text, list(types))
        if len(rows) != int(response.headers.get("Sforce-NumberOfRecords", len(rows))):
            raise BadPage(f"The answer to {response.request.url.path} lacks rows")
        locator = response.headers.get("Sforce-Locator", "null")
        records = [as_record(row, types, sobject) for row in rows]
        return CsvPage(records, None if locator in {"", "null"} else locator)

    return read


def _rows(text: str, fields: Sequence[str]) -> list[dict[str, str]]:
    """The rows of a page, each whole; a header line may come with every page or the first alone.

    Raises:
        BadPage: the text ends within a row.
    """
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise BadPage(f"A page of rows is no whole CSV: {error}") from error
    names = lines[0] if lines and set(lines[0]) == set(fields) else None
    rows = [dict(zip(names or fields, line, strict=False)) for line in lines[bool(names) :] if line]
    # The last field is a stamp, whose form is known: half of it is not taken for a whole one.
    if any(len(row) != len(fields) for row in rows) or not all(
        _INSTANT.fullmatch(row[fields[-1]]) for row in rows[-1:]
    ):
        raise BadPage("A page of rows ends within a row")
    return rows


def as_record(row: Mapping[str, str], types: Mapping[str, str], sobject: str) -> msgspec.Raw:
    """The record as the REST API would have given it: attributes, the same types, no empty text."""
    url = f"{API}/sobjects/{sobject}/{row['Id']}"
    values = {name: _value(of, row[name], row.get("DataType", "")) for name, of in types.items()}
    record = {"attributes": {"type": sobject, "url": url}} | values
    return msgspec.Raw(msgspec.json.encode(record))


def _value(type_: str, text: str, history_type: str) -> Any:
    if text == "":
        return None
    if type_ == "anyType":
        lowered = history_type.lower()
        type_ = "double" if lowered in _HISTORY_NUMBERS else lowered
    if type_ in _NUMBERS and _NUMBER.fullmatch(text):
        return msgspec.Raw(text.encode())
    if type_ == "boolean" and text in {"true", "false"}:
        return text == "true"
    instant = _INSTANT.fullmatch(text) if type_ == "datetime" else None
    return f"{instant[1]}+0000" if instant else text
