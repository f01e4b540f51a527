"""Salesforce's jobs: rows go as a file of CSV, and what became of them is asked for afterwards."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, cast

import httpx

from connectors.core.source import Tool
from reverse_etl.destinations.base import Destination
from reverse_etl.destinations.salesforce import SalesforceRecords
from sandbox.vendors.salesforce.api import Salesforce
from tests.reverse_etl.proof.case import AnyWire, Case, Kind
from tests.reverse_etl.proof.of_salesforce import SalesforceUpsert
from tests.reverse_etl.proof.steps import Steps
from tests.reverse_etl.proof.wire import Script, Wire

_UPLOAD, _DONE, _FAILED, _LEFT = (
    *("/batches", "/successfulResults", "/failedResults"),
    "/unprocessedrecords",
)
_LATE = "late_job"


class _OfFiles(Wire):
    """The script strikes the file of a job; what it makes of the results is told afterwards.

    A job that is late is not done when its results are first asked for, but after another write.
    """

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        # Job -> what the script does to the lines of its results, by their path.
        self._spoils: dict[str, dict[str, Callable[[list[list[str]]], list[list[str]]]]] = (
            defaultdict(dict)
        )

    def _written(self, request: httpx.Request, fault: str | None) -> httpx.Response:
        if not request.url.path.endswith(_UPLOAD):
            answer = super()._written(request, None if fault == _LATE else fault)
            cast("Salesforce", self._app.vendors["salesforce"]).ingests.work()
            return answer
        header, *rows = list(csv.reader(io.StringIO(request.content.decode(), newline="")))
        key = header.index("Legacy_Ref__c")
        chosen = rows[self._chance.randrange(len(rows))]
        if fault == "refused_whole":
            self._poison = chosen[key]
        if self._poison in [row[key] for row in rows]:
            status, told = self._case.refusal()
            return httpx.Response(status, json=told)
        spoils = self._spoils[request.url.path.split("/")[-2]]
        if fault in {"partial", "refused_row", "skipped"}:
            rows = [row for row in rows if row is not chosen]
            code = "UNABLE_TO_LOCK_ROW" if fault == "partial" else "STRING_TOO_LONG"
            told_by = _LEFT if fault == "skipped" else _FAILED
            mark = [] if fault == "skipped" else ["", f"{code}:by the script:--"]
            spoils[told_by] = lambda lines: [*lines, [*mark, *chosen]]
        elif fault in {"empty_success", "empty_after_commit"}:
            rows = [] if fault == "empty_success" else rows
            spoils[_DONE] = lambda _: []
        elif fault in {"missing_result", "duplicate_id", "reordered"}:
            spoils[_DONE] = {
                "missing_result": lambda lines: lines[1:],
                "duplicate_id": lambda lines: [*lines, *lines[:1]],
                "reordered": lambda lines: lines[::-1],
            }[fault]
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([header, *rows])
        return self._lost(request, self._forward(request, text.getvalue().encode()), fault)

    def _forward(self, request: httpx.Request, content: bytes) -> httpx.Response:
        answer = super()._forward(request, content)
        path = request.url.path
        spoil = self._spoils.get(path.split("/")[-2], {}).get("/" + path.rpartition("/")[2])
        if spoil is None or not answer.is_success:
            return answer
        header, *lines = list(csv.reader(io.StringIO(answer.text, newline="")))
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows([header, *spoil(lines)])
        return httpx.Response(200, text=text.getvalue())


class SalesforceBulk(SalesforceUpsert):
    """Deals by an external id; two rows are enough for a job here."""

    name = "salesforce bulk"
    is_slow = True
    same_ids_when_reordered = True
    batch = 1
    last_step: ClassVar[int] = 60
    faults: ClassVar[Sequence[str]] = Case.faults

    def destination(self, tool: Tool) -> Destination:
        found = super().destination(tool)
        assert isinstance(found, SalesforceRecords)
        found.batch_size, found.bulk_from, found.bulk_size = 1, 2, 4
        return found

    def kind_of(self, path: str) -> Kind:
        return "write" if path.endswith(_UPLOAD) else super().kind_of(path)

    def wire(self, app: Any, steps: Steps, script: Script, look: Callable[[], None]) -> AnyWire:
        return _OfFiles(self, app, steps, script, look)


CASES = (SalesforceBulk,)
