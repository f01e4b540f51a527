"""Endpoints that documents describe: records by a reference, notes that are made once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

from connectors.core.source import Source, Tool
from reverse_etl.destinations.base import Destination
from reverse_etl.destinations.http import declared
from tests.reverse_etl.longtail import TOKEN, Longtail
from tests.reverse_etl.proof.case import Case, Record, Result
from tests.reverse_etl.proof.of_sql import SPEC

FOLDER = Path(__file__).parents[1] / "http"

_declared = cache(declared)


class HttpUpsert(Case):
    """Results name their records; what was written is read back by a list of keys."""

    name = "http upsert"
    is_slow = True
    write_path = "/upsert"
    read_paths = ("/accounts",)
    settings: ClassVar[Mapping[str, str]] = {"token": TOKEN}
    broken: ClassVar[object] = {"problem": "oops"}
    document = "longtail"

    def __init__(self) -> None:
        named = {"destination": self.document, "name": f"to_{self.document}"}
        self.spec = SPEC.model_copy(update=named)

    def account(self) -> Source:
        return _declared(FOLDER)[self.document][0]

    def destination(self, tool: Tool) -> Destination:
        field = self.spec.identify_by.field
        return _declared(FOLDER)[self.document][1](tool, self.spec.object, field)

    def set_up(self, folder: Path, rows: int) -> None:
        """It begins empty, and in memory."""

    def start(self, folder: Path) -> Longtail:  # noqa: ARG002 - in memory
        return Longtail()

    def key(self, number: int) -> str:
        return f"Ref {number}/ü"

    def key_of(self, row: Record) -> str:
        return str(row["ref"])

    def rows(self, body: Any) -> list[Record]:
        return list(body["data"]["items"])

    def with_rows(self, body: Any, rows: list[Record]) -> Any:
        return body | {"data": {"items": rows}}

    def results(self, answer: Any, rows: list[Record]) -> list[Result]:  # noqa: ARG002 - in order
        return list(answer["data"]["results"])

    def composed(self, results: list[Result]) -> Any:
        return {"data": {"results": results}}

    def rejection(self, row: Record, *, transient: bool) -> Result:
        status = "busy" if transient else "invalid"
        return {"ref": row["ref"], "status": status, "problem": {"text": "by the script"}}

    def refusal(self) -> tuple[int, Any]:
        return 400, {"problem": "by the script"}

    def held(self, app: Longtail) -> list[tuple[str, str, Record]]:
        return [(ref, f"id {ref}", one["attributes"]) for ref, one in app.records.items()]


class HttpNotes(HttpUpsert):
    """Results come in the order of the notes; none may be made twice."""

    name = "http create only"
    # It is read only by a run that begins in doubt: that must be killed early to be killed there.
    last_step = 16
    same_ids_when_reordered = False
    write_path = "/notes"
    read_paths = ("/search",)
    document = "longtail_notes"

    def __init__(self) -> None:
        super().__init__()
        self.spec = self.spec.model_copy(update={"mode": "create_only"})

    def rows(self, body: Any) -> list[Record]:
        return list(body)

    def with_rows(self, body: Any, rows: list[Record]) -> Any:  # noqa: ARG002 - they are all of it
        return rows

    def results(self, answer: Any, rows: list[Record]) -> list[Result]:
        assert len(answer) == len(rows)
        return list(answer)

    def composed(self, results: list[Result]) -> Any:
        return results

    def rejection(self, row: Record, *, transient: bool) -> Result:  # noqa: ARG002 - by place
        return {"problem": "busy" if transient else "by the script"}

    def held(self, app: Longtail) -> list[tuple[str, str, Record]]:
        return [(one["ref"], one["id"], one) for one in app.notes]


CASES = (HttpUpsert, HttpNotes)
