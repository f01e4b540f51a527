"""Marketo's imports: rows go as a file, whose name is told once it is taken and can be lost."""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, ClassVar, cast

import httpx
from werkzeug.wrappers import Request

from connectors.core.source import Tool
from reverse_etl.destinations.base import Destination
from reverse_etl.destinations.marketo import MarketoLeads
from sandbox.vendors.marketo.api import Marketo
from sandbox.vendors.marketo.imports import Imports
from tests.reverse_etl.proof.case import AnyWire, Kind
from tests.reverse_etl.proof.of_marketo import MarketoUpsert
from tests.reverse_etl.proof.steps import Steps
from tests.reverse_etl.proof.wire import Script, Wire

# Seconds after which an import is done that nobody asks for, and those that the destination grants:
# it counts from before the file is sent, and on a busy machine that takes a while.
_LASTS, _GRANTED = 0.05, 0.4
_BATCH = "/bulk/v1/leads/batch/"
_LATE = "late_lost"

Lines = list[list[str]]


class _OfFiles(Wire):
    """The script strikes the file of an import; what is told of it afterwards is made to fit.

    An import that nobody asks for goes on by itself. One that is late and lost has not begun when
    the run that handed it in is over.
    """

    @property
    def _bulk(self) -> MarketoBulk:
        return cast("MarketoBulk", self._case)

    @property
    def _imports(self) -> Imports:
        return cast("Marketo", self._app.vendors["marketo"]).imports

    def _handled(self, request: httpx.Request) -> httpx.Response:
        self._bulk.method = request.method
        self._go_on()
        return super()._handled(request)

    def _go_on(self) -> None:
        now = time.monotonic()
        since = self._under_way(now)
        for _ in range(2):
            if any(now - began >= _LASTS for began in since.values()):
                self._imports.work()
                self._look()

    def _under_way(self, now: float) -> dict[int, float]:
        """The imports that are not done, and since when they have been here."""
        left = [one for one in self._imports.jobs.values() if one.status in {"Queued", "Importing"}]
        return {one.batch_id: self._bulk.since.setdefault(one.batch_id, now) for one in left}

    def _written(self, request: httpx.Request, fault: str | None) -> httpx.Response:
        if not request.url.path.endswith(_SUBMIT):
            is_of_files = fault in {*_SPOILS, _LATE}
            return super()._written(request, None if is_of_files else fault)
        header, *rows = _lines(_file_of(request))
        key = header.index("email")
        chosen = rows[self._chance.randrange(len(rows))]
        if fault == "refused_whole":
            self._poison = chosen[key]
        if self._poison in [row[key] for row in rows]:
            status, told = self._case.refusal()
            return httpx.Response(status, json=told)
        if fault == "empty_success":
            return self._composed([])
        if fault == "warned":
            place = header.index("leadScore")
            rows = [[*row[:place], "", *row[place + 1 :]] if row is chosen else row for row in rows]
        elif fault in _SPOILS:
            rows = [row for row in rows if row is not chosen]
        return self._taken(request, _csv([header, *rows]), fault, chosen)

    def _taken(
        self, request: httpx.Request, file: bytes, fault: str | None, chosen: list[str]
    ) -> httpx.Response:
        form = httpx.Request("POST", "/", files={"file": ("leads.csv", file)})
        named = {name: form.headers[name] for name in ("Content-Type", "Content-Length")}
        headers = {**request.headers, **named}
        sent = httpx.Request("POST", request.url, headers=headers, extensions=request.extensions)
        answer = self._forward(sent, form.read())
        self._under_way(time.monotonic())
        if not answer.json()["success"]:
            return answer
        if fault in _SPOILS:
            batch = answer.json()["result"][0]["batchId"]
            self._bulk.spoils[batch] = (_SPOILS[str(fault)], chosen)
        if fault == _LATE:
            raise httpx.ReadTimeout("no answer, by the script", request=request)
        return self._lost(
            request, self._composed([]) if fault == "empty_after_commit" else answer, fault
        )

    def _forward(self, request: httpx.Request, content: bytes) -> httpx.Response:
        answer = super()._forward(request, content)
        _, is_batch, rest = request.url.path.partition(_BATCH)
        name, _, what = rest.removesuffix(".json").partition("/")
        if not is_batch or not answer.is_success or int(name) not in self._bulk.spoils:
            return answer
        (counted, told_in), chosen = self._bulk.spoils[int(name)]
        if what == told_in:
            header, *lines = _lines(answer.content)
            told = _csv([header, *lines, [*chosen, "by the script"]])
            return httpx.Response(200, content=told, headers={"Content-Type": "text/csv"})
        if what:
            return answer
        body = answer.json()
        if counted in body["result"][0]:
            body["result"][0][counted] += 1
        return httpx.Response(200, json=body)


# Fault -> what is counted of the row that came to nothing, and which file tells of it.
_SPOILS: dict[str, tuple[str, str]] = {
    "refused_row": ("numOfRowsFailed", "failures"),
    "warned": ("numOfRowsWithWarning", "warnings"),
    "untold_row": ("numOfRowsFailed", "nothing"),
    "skipped": ("nothing", "nothing"),
}
_SUBMIT = "/bulk/v1/leads.json"


class _SmallFiles(MarketoLeads):
    """Two rows are enough for a file, whatever size of a batch is asked for."""

    bulk_from, bulk_size = 2, 4

    @property
    def batch_size(self) -> int:
        return 1

    @batch_size.setter
    def batch_size(self, size: int) -> None:
        """Left as it is: a larger batch is a file."""


class MarketoBulk(MarketoUpsert):
    """Leads by their address, in files."""

    name = "marketo bulk"
    is_slow = True
    tells_ids = False
    batch = 4
    last_step: ClassVar[int] = 60
    faults: ClassVar[Sequence[str]] = (
        *("refused_whole", "empty_success", "empty_after_commit", "token_expiry"),
        *_SPOILS,
        _LATE,
    )

    def __init__(self) -> None:
        super().__init__()
        # What is told of imports, and since when those are waiting that are not done.
        self.spoils: dict[int, tuple[tuple[str, str], list[str]]] = {}
        self.since: dict[int, float] = {}

    def destination(self, tool: Tool) -> Destination:
        found = _SmallFiles(tool, self.spec.object, self.lookup)
        found.asked = self.spec.operations
        found.longest_import = timedelta(seconds=_GRANTED)
        return found

    def kind_of(self, path: str) -> Kind:
        return "write" if path.endswith(_SUBMIT) else super().kind_of(path)

    def wire(self, app: Any, steps: Steps, script: Script, look: Callable[[], None]) -> AnyWire:
        return _OfFiles(self, app, steps, script, look)


def _file_of(request: httpx.Request) -> bytes:
    form = Request.from_values(
        method="POST", data=request.content, content_type=request.headers["Content-Type"]
    )
    with form.files["file"].stream as file:
        return file.read()


def _lines(content: bytes) -> Lines:
    return list(csv.reader(io.StringIO(content.decode(), newline="")))


def _csv(lines: Lines) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue().encode()


CASES = (MarketoBulk,)
