"""Salesforce's tasks, made once; its accounts, by their own id; its deals, by an external id."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from reverse_etl.spec import FieldMapping, Identifier
from sandbox.app import Sandbox
from sandbox.vendors.salesforce.ids import salesforce_id
from sandbox.vendors.salesforce.records import sobject
from tests.reverse_etl.bench import AS_OF
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


class SalesforceAccounts(SalesforceTasks):
    """Results bear the id of the record, which is the key: those in another order are in doubt."""

    name = "salesforce update"
    is_slow = True
    may_create = False
    same_ids_when_reordered = True

    def __init__(self) -> None:
        self.spec = named_sync("hubspot_companies").model_copy(
            update={
                "name": "salesforce_accounts",
                "destination": "salesforce",
                "object": "Account",
                "mode": "update_only",
                "identify_by": Identifier(column="account_id"),
                "fields": (
                    FieldMapping(column="account_tier", field="Revops_Account_Tier__c"),
                    FieldMapping(column="account_score", field="Revops_Account_Score__c"),
                ),
            }
        )

    def set_up(self, folder: Path, rows: int) -> None:
        super().set_up(folder, rows)
        made = [
            sobject("Account", self.key(n), {"Name": f"Account {n}"}, AS_OF, AS_OF)
            for n in range(rows)
        ]
        lines = "".join(json.dumps(one) + "\n" for one in made)
        (folder / "salesforce" / "Account.ndjson").write_text(lines, "utf-8")

    def key(self, number: int) -> str:
        return salesforce_id("Account", number + 1)

    def key_of(self, row: Record) -> str:
        return str(row["Id"])

    def wish(self, number: int, version: int) -> Record:
        text, counter = self.fields
        return {text: f"row {number}", counter: version}

    def version_of(self, fields: Mapping[str, Any]) -> int:
        return int(fields.get(self.fields[1]) or 0)

    def held(self, app: Sandbox) -> list[tuple[str, str, Record]]:
        found = map(json.loads, app.records("salesforce", "Account").splitlines())
        return [(one["Id"], one["Id"], one) for one in found if one.get(self.fields[0])]


class SalesforceUpsert(SalesforceTasks):
    name = "salesforce upsert"
    is_slow = True
    folds_keys = True
    write_path = "/composite/sobjects/Opportunity/Legacy_Ref__c"

    def __init__(self) -> None:
        super().__init__()
        identifier = Identifier(column="account_id", field="Legacy_Ref__c")
        self.spec = self.spec.model_copy(
            update={
                "name": "salesforce_upsert",
                "object": "Opportunity",
                "mode": "upsert",
                "identify_by": identifier,
                "fields": (
                    FieldMapping(column="name", field="Name"),
                    FieldMapping(column="next_step", field="NextStep"),
                ),
            }
        )

    def key(self, number: int) -> str:
        return f"it's:{number}"

    def key_of(self, row: Record) -> str:
        return str(row["Legacy_Ref__c"])

    def held(self, app: Sandbox) -> list[tuple[str, str, Record]]:
        found = map(json.loads, app.records("salesforce", "Opportunity").splitlines())
        return [(one["Legacy_Ref__c"], one["Id"], one) for one in found]


CASES = (SalesforceTasks, SalesforceAccounts, SalesforceUpsert)
