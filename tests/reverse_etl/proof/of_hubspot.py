"""HubSpot's companies, updated by their own id and upserted by a unique property."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from reverse_etl.spec import Identifier
from sandbox.app import Sandbox
from tests.reverse_etl.bench import FIRST_ID, TOKEN, write_portal
from tests.reverse_etl.proof.case import Case, Record, Result, named_sync


class HubSpotUpdate(Case):
    name = "hubspot update"
    may_create = False
    write_path = "/batch/update"
    read_paths = ("/batch/read",)
    settings: ClassVar[Mapping[str, str]] = {"token": TOKEN}
    broken: ClassVar[object] = {"status": "error", "category": "INTERNAL_ERROR", "message": "oops"}

    def __init__(self) -> None:
        spec = named_sync("hubspot_companies")
        self.spec = spec.model_copy(update={"fields": spec.fields[:2]})

    def set_up(self, folder: Path, rows: int) -> None:
        write_portal(folder, rows)

    def key(self, number: int) -> str:
        return str(FIRST_ID + number)

    def key_of(self, row: Record) -> str:
        return str(row["id"])

    def rows(self, body: Any) -> list[Record]:
        return list(body["inputs"])

    def with_rows(self, body: Any, rows: list[Record]) -> Any:
        return body | {"inputs": rows}

    def results(self, answer: Any, rows: list[Record]) -> list[Result]:
        by_trace = {one["objectWriteTraceId"]: one for one in answer["results"]}
        return [by_trace[row["objectWriteTraceId"]] for row in rows]

    def composed(self, results: list[Result]) -> Any:
        errors = [one for one in results if one.get("status") == "error"]
        told = [one for one in results if one.get("status") != "error"]
        more = {"numErrors": len(errors), "errors": errors} if errors else {}
        return {"status": "COMPLETE", "results": told, **more}

    def rejection(self, row: Record, *, transient: bool) -> Result:
        return {
            "status": "error",
            "category": "INTERNAL_ERROR" if transient else "VALIDATION_ERROR",
            "message": "by the script",
            "context": {"objectWriteTraceId": [row["objectWriteTraceId"]]},
        }

    def refusal(self) -> tuple[int, Any]:
        return 400, {"status": "error", "category": "VALIDATION_ERROR", "message": "by the script"}

    def held(self, app: Sandbox) -> list[tuple[str, str, Record]]:
        return [
            (self._key_in(one), one["id"], one["properties"])
            for one in map(json.loads, app.records("hubspot", "companies").splitlines())
            if self._key_in(one) and one["properties"].get(self.fields[0])
        ]

    def _key_in(self, record: Record) -> str:
        return str(record["id"])


class HubSpotUpsert(HubSpotUpdate):
    name = "hubspot upsert"
    may_create = True
    folds_keys = True
    write_path = "/batch/upsert"

    def __init__(self) -> None:
        super().__init__()
        identifier = Identifier(column="account_id", field="erp_id")
        update = {"mode": "upsert", "identify_by": identifier, "name": "hubspot_upsert"}
        self.spec = self.spec.model_copy(update=update)

    def set_up(self, folder: Path, rows: int) -> None:  # noqa: ARG002 - all are made
        write_portal(folder, 0)

    def key(self, number: int) -> str:
        return f"ERP {number}"

    def _key_in(self, record: Record) -> str:
        return str(record["properties"].get("erp_id") or "")


class HubSpotAtOnce(HubSpotUpsert):
    """As many batches at a time as a run has."""

    name = "hubspot at once"
    is_slow = True
    at_once = 3


CASES = (HubSpotUpdate, HubSpotUpsert, HubSpotAtOnce)
