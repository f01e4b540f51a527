"""Writes many leads: a file of CSV that waits in a queue, and tells of its rows afterwards.

Marketo's developer guide, "Bulk Lead Import": fewer than 10 MB a file, two at a time and ten in
the queue; what became of one can be asked for seven days.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from connectors.core.http import ToolClient
from connectors.core.pages import BadPage, Envelope
from warehouse.json_text import written

PATH = "/bulk/v1/leads.json"
# Below the 10 MB that a request may have, with its other parts.
LARGEST = 9_900_000
ENDED = {"Complete", "Failed"}
# Texts that an import may take for none.
_NOTHINGS = {"", "null"}


@dataclass(frozen=True)
class Imported:
    """What became of a file's rows: how many were imported, why others were not or not all.

    `failed` and `warned` are by the value of the column that the leads are looked up by; None
    where the file that tells of them does not hold as many as were counted.
    """

    status: str
    message: str
    done: int
    failed: Mapping[str, str] | None
    warned: Mapping[str, str] | None


def as_file(rows: Sequence[Mapping[str, Any]], lookup: str) -> bytes:
    """Rows as CSV, the column that they are looked up by first.

    What an empty cell does Marketo's guide does not say, so that none is written.

    Raises:
        ValueError: the rows differ in their fields, or one is to be emptied.
    """
    columns = [lookup, *sorted(rows[0].keys() - {lookup})]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in rows:
        if row.keys() != set(columns):
            raise ValueError("the rows of a file have the same fields")
        writer.writerow([_cell(row[name]) for name in columns])
    return text.getvalue().encode()


def submit(client: ToolClient, file: bytes, asked: Mapping[str, str]) -> str:
    """Hand in a file, once; the id of its import.

    Raises:
        Refused: nothing will be done.
        Unavailable: it is not known whether Marketo took it.
    """
    # The parts of a form as httpx writes them.
    form = httpx.Request("POST", "/", files={"file": ("leads.csv", file, "text/csv")})
    return client.send(
        "POST",
        PATH,
        lambda response: str(_told(response)["batchId"]),
        params={"format": "csv", **asked},
        content=form.read(),
        headers={"Content-Type": form.headers["Content-Type"]},
        is_repeatable=False,
    )


def imported(client: ToolClient, batch: str, lookup: str) -> Imported | None:
    """What became of an import, or None while it waits or is under way."""
    path = f"/bulk/v1/leads/batch/{batch}"
    told = client.get_as(f"{path}.json", _told)
    status = str(told.get("status"))
    if status not in ENDED:
        return None
    lines = {}
    for name, counted in (("failures", "numOfRowsFailed"), ("warnings", "numOfRowsWithWarning")):
        count = int(told.get(counted) or 0)
        found = client.get_as(f"{path}/{name}.json", _reasons(lookup)) if count else {}
        lines[name] = found if len(found) == count else None
    done = int(told.get("numOfLeadsProcessed") or 0)
    return Imported(status, str(told.get("message") or ""), done, *lines.values())


def _cell(value: Any) -> str:
    text = value if isinstance(value, str) else written(value)
    if text.strip().lower() in _NOTHINGS:
        raise ValueError("a file cannot say that a field is emptied")
    return text


def _told(response: httpx.Response) -> dict[str, Any]:
    envelope = Envelope(response)
    found = envelope.value("result") if envelope.value("success") is True else None
    if not isinstance(found, list) or len(found) != 1 or "batchId" not in found[0]:
        raise BadPage("Marketo's answer tells of no import")
    return dict(found[0])


def _reasons(lookup: str) -> Any:
    """Reads a file of rows, whose last cell says why."""

    def read(response: httpx.Response) -> dict[str, str]:
        text = io.StringIO(response.content.decode("utf-8-sig"), newline="")
        try:
            header, *rows = list(csv.reader(text, strict=True))
        except (csv.Error, ValueError) as error:
            raise BadPage(f"Marketo's file of rows is no CSV: {error}") from error
        if lookup not in header or any(len(row) != len(header) for row in rows):
            raise BadPage("Marketo's file of rows is torn")
        place = header.index(lookup)
        return {row[place]: row[-1] for row in rows}

    return read
