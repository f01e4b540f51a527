"""Marketo's leads, upserted by their e-mail address and updated by their own id."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, cast

import httpx

from reverse_etl.spec import FieldMapping, Identifier
from sandbox.app import Sandbox
from sandbox.vendors.marketo.fields import lead_field_definitions
from sandbox.vendors.marketo.records import lead
from tests.reverse_etl.bench import AS_OF
from tests.reverse_etl.proof.case import (
    AnyWire,
    Case,
    Kind,
    Record,
    Result,
    named_sync,
    write_manifest,
)
from tests.reverse_etl.proof.steps import Steps
from tests.reverse_etl.proof.wire import Script, Wire


class _ByMethod(Wire):
    """Leads are written and read at one address."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        cast("MarketoUpsert", self._case).method = request.method
        return super().handle_request(request)


class MarketoUpsert(Case):
    name = "marketo upsert"
    # Results stand in the order of the rows and bear the id of the lead only.
    same_ids_when_reordered = False
    folds_keys = True
    write_path = "/rest/v1/leads.json"
    settings: ClassVar[Mapping[str, str]] = {"client_id": "marketo-id", "client_secret": "s3cr3t"}
    broken: ClassVar[object] = {"error": "Internal Server Error"}
    read_paths = ()
    lookup: ClassVar[str] = "email"
    method = "POST"

    def __init__(self) -> None:
        self.spec = named_sync("hubspot_companies").model_copy(
            update={
                "name": "marketo_leads",
                "destination": "marketo",
                "object": "leads",
                "mode": "upsert",
                "identify_by": Identifier(column="account_id", field=self.lookup),
                "fields": (
                    FieldMapping(column="account_tier", field="title"),
                    FieldMapping(column="account_score", field="leadScore"),
                ),
            }
        )

    def set_up(self, folder: Path, rows: int) -> None:  # noqa: ARG002 - all are made
        self._write(folder, 0)

    def _write(self, folder: Path, rows: int) -> None:
        limits = {"per_20_seconds": 1_000_000, "per_day": 1_000_000}
        write_manifest(folder, "marketo", self.settings, limits)
        made = [lead(n + 1, {"email": f"lead-{n}@acme.example"}, AS_OF, AS_OF) for n in range(rows)]
        for kind, records in (("lead_fields", lead_field_definitions()), ("leads", made)):
            lines = [json.dumps(one) + "\n" for one in records]
            (folder / "marketo" / f"{kind}.ndjson").write_text("".join(lines), "utf-8")

    def wire(self, app: Any, steps: Steps, script: Script, look: Callable[[], None]) -> AnyWire:
        return _ByMethod(self, app, steps, script, look)

    def kind_of(self, path: str) -> Kind:
        if not path.endswith(self.write_path):
            return "other"
        return "write" if self.method == "POST" else "read"

    def key(self, number: int) -> str:
        return f"Lead-{number}@acme.example"

    def key_of(self, row: Record) -> str:
        return str(row[self.lookup])

    def rows(self, body: Any) -> list[Record]:
        return list(body["input"])

    def with_rows(self, body: Any, rows: list[Record]) -> Any:
        return body | {"input": rows}

    def is_taken(self, answer: Any) -> bool:
        return bool(answer["success"])

    def results(self, answer: Any, rows: list[Record]) -> list[Result]:
        assert len(answer["result"]) == len(rows)
        return list(answer["result"])

    def composed(self, results: list[Result]) -> Any:
        return {"requestId": "by#script", "success": True, "result": results}

    def rejection(self, row: Record, *, transient: bool) -> Result:  # noqa: ARG002 - by place
        reason = {"code": "604" if transient else "1006", "message": "by the script"}
        return {"status": "skipped", "reasons": [reason]}

    def refusal(self) -> tuple[int, Any]:
        errors = [{"code": "609", "message": "Invalid JSON"}]
        return 200, {"requestId": "by#script", "success": False, "errors": errors}

    def expire(self, app: Sandbox) -> tuple[int, object] | None:
        app.vendors["marketo"].expire_tokens()
        return None

    def held(self, app: Sandbox) -> list[tuple[str, str, Record]]:
        leads = map(json.loads, app.records("marketo", "leads").splitlines())
        return [(str(one[self.lookup]), str(one["id"]), one) for one in leads if one["title"]]


class MarketoUpdate(MarketoUpsert):
    name = "marketo update"
    is_slow = True
    may_create = False
    same_ids_when_reordered = True
    folds_keys = False
    lookup = "id"

    def __init__(self) -> None:
        super().__init__()
        identifier = Identifier(column="account_id")
        self.spec = self.spec.model_copy(
            update={"name": "marketo_update", "mode": "update_only", "identify_by": identifier}
        )

    def set_up(self, folder: Path, rows: int) -> None:
        self._write(folder, rows)

    def key(self, number: int) -> str:
        return str(number + 1)


CASES = (MarketoUpsert, MarketoUpdate)
