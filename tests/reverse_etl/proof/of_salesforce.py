"""Salesforce's tasks, made once and known by a field that holds our key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from reverse_etl.spec import FieldMapping
from sandbox.app import Sandbox
from tests.reverse_etl.proof.case import Case, Record, Result, named_sync, write_manifest


class SalesforceTasks(Case):
    name = "salesforce tasks"
    same_ids_when_reordered = False
    write_path = "/composite/sobjects"
    read_paths = ("/queryAll", "/query")
    settings: ClassVar[Mapping[str, str]] = {"client_id": "3MVG9", "client_secret": "s3cr3t"}
    broken: ClassVar[object] = [{"errorCode": "SERVER_UNAVAILABLE", "message": "oops"}]

    def __init__(self) -> None:
        chosen = (
            FieldMapping(column="task_subject", field="Subject"),
            FieldMapping(column="description", field="Description"),
        )
        self.spec = named_sync("salesforce_tasks").model_copy(update={"fields": chosen})

    def set_up(self, folder: Path, rows: int) -> None:  # noqa: ARG002 - all are made
        write_manifest(folder, "salesforce", self.settings)

    def key(self, number: int) -> str:
        return f"it's:{number}"

    def wish(self, number: int, version: int) -> Record:
        text, counter = self.fields
        return {text: f"row {number}", counter: f"version {version}"}

    def key_of(self, row: Record) -> str:
        return str(row["Revops_Key__c"])

    def rows(self, body: Any) -> list[Record]:
        return list(body["records"])

    def with_rows(self, body: Any, rows: list[Record]) -> Any:
        return body | {"records": rows}

    def results(self, answer: Any, rows: list[Record]) -> list[Result]:
        assert len(answer) == len(rows)
        return list(answer)

    def composed(self, results: list[Result]) -> Any:
        return results

    def rejection(self, row: Record, *, transient: bool) -> Result:  # noqa: ARG002 - by place
        code = "UNABLE_TO_LOCK_ROW" if transient else "STRING_TOO_LONG"
        return {"success": False, "errors": [{"statusCode": code, "message": "by the script"}]}

    def refusal(self) -> tuple[int, Any]:
        return 400, [{"errorCode": "INVALID_FIELD", "message": "by the script"}]

    def expire(self, app: Sandbox) -> tuple[int, object] | None:
        app.vendors["salesforce"].expire_tokens()
        return None

    def held(self, app: Sandbox) -> list[tuple[str, str, Record]]:
        tasks = map(json.loads, app.records("salesforce", "Task").splitlines())
        return [(one["Revops_Key__c"], one["Id"], one) for one in tasks]


CASES = (SalesforceTasks,)
