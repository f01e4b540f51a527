"""Who is on a static list of HubSpot's: companies by their own id or by a unique property."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reverse_etl.guards import Guards
from reverse_etl.spec import Identifier
from sandbox.app import Sandbox
from sandbox.instants import hubspot_instant
from tests.reverse_etl.bench import AS_OF, FIRST_ID, write_portal
from tests.reverse_etl.proof.case import Kind, Record, Result
from tests.reverse_etl.proof.of_hubspot import HubSpotUpdate

LIST_ID, LIST_NAME = "501", "Target accounts"


def static_list(list_id: str, name: str, type_id: str, processing: str = "MANUAL") -> Record:
    stamp = hubspot_instant(AS_OF)
    return {
        "listId": list_id,
        "listVersion": 1,
        "name": name,
        "objectTypeId": type_id,
        "processingType": processing,
        "processingStatus": "COMPLETE",
        "createdAt": stamp,
        "updatedAt": stamp,
    }


def write_lines(folder: Path, kind: str, *records: Record) -> None:
    lines = [json.dumps(one) + "\n" for one in records]
    (folder / "hubspot" / f"{kind}.ndjson").write_text("".join(lines), "utf-8")


class HubSpotList(HubSpotUpdate):
    """Companies on a list: whoever is on it is held, and there is nothing else to be held."""

    name = "hubspot list"
    is_slow = True
    # Who is named twice is told of once, and nothing is refused for the moment only.
    faults = (
        *("missing_result", "duplicate_id", "reordered", "refused_row", "refused_whole"),
        *("empty_success", "empty_after_commit", "token_expiry"),
    )
    write_path = "/memberships/add"
    read_paths = ("/memberships/batch/read",)

    def __init__(self) -> None:
        super().__init__()
        self.spec = self.spec.model_copy(
            update={
                "name": "hubspot_list",
                "object": "list_members:companies",
                "within": LIST_ID,
                "mode": "add_remove",
                "fields": (),
            }
        )

    def set_up(self, folder: Path, rows: int) -> None:
        write_portal(folder, rows)
        write_lines(folder, "lists", static_list(LIST_ID, LIST_NAME, "0-2"))

    def wish(self, number: int, version: int) -> Record:  # noqa: ARG002 - it is there or is not
        return {}

    def version_of(self, fields: Mapping[str, Any]) -> int:  # noqa: ARG002 - there is none
        return 0

    def key_of(self, row: Any) -> str:
        return str(row)

    def rows(self, body: Any) -> list[Any]:
        return list(body)

    def with_rows(self, body: Any, rows: list[Any]) -> Any:  # noqa: ARG002 - they are the body
        return rows

    def results(self, answer: Any, rows: list[Any]) -> list[Result]:
        added, missing = set(answer["recordsIdsAdded"]), set(answer["recordIdsMissing"])
        return [{"id": row, "added": row in added, "missing": row in missing} for row in rows]

    def composed(self, results: list[Result]) -> Any:
        return {
            "recordsIdsAdded": [one["id"] for one in results if one.get("added")],
            "recordIdsRemoved": [],
            "recordIdsMissing": [one["id"] for one in results if one.get("missing")],
        }

    def rejection(self, row: Any, *, transient: bool) -> Result:  # noqa: ARG002 - of one kind
        return {"id": row, "missing": True}

    def held(self, app: Sandbox) -> list[tuple[str, str, Record]]:
        members = map(json.loads, app.records("hubspot", "list_memberships").splitlines())
        on = [one["recordId"] for one in members if not one.get("archived")]
        return [(self.key_of(one), one, {}) for one in on]


class HubSpotListLeavers(HubSpotList):
    """Whose rows leave the model and come back: they are taken off the list, and put on again."""

    name = "hubspot list leavers"
    rows_leave = True

    def __init__(self) -> None:
        super().__init__()
        self.spec = self.spec.model_copy(update={"guards": Guards()})
        self._removes = False

    def kind_of_request(self, method: str, path: str) -> Kind:
        self._removes = path.endswith("/memberships/remove")
        return "write" if self._removes else super().kind_of_request(method, path)

    def results(self, answer: Any, rows: list[Any]) -> list[Result]:
        if not self._removes:
            return super().results(answer, rows)
        removed = set(answer["recordIdsRemoved"])
        return [{"id": row, "removed": row in removed} for row in rows]

    def composed(self, results: list[Result]) -> Any:
        removed = [one["id"] for one in results if one.get("removed")]
        return super().composed(results) | {"recordIdsRemoved": removed}

    def rejection(self, row: Any, *, transient: bool) -> Result:
        """Who is taken off a list is not refused; of one that stays on it nothing is told."""
        return {"id": row} if self._removes else super().rejection(row, transient=transient)


class HubSpotListByName(HubSpotList):
    """The list by its name, the companies by a unique property, which is looked up first."""

    name = "hubspot list by name"

    def __init__(self) -> None:
        super().__init__()
        identifier = Identifier(column="account_id", field="erp_id")
        self.spec = self.spec.model_copy(update={"within": LIST_NAME, "identify_by": identifier})

    def set_up(self, folder: Path, rows: int) -> None:
        super().set_up(folder, rows)
        path = folder / "hubspot" / "companies.ndjson"
        held = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        for number, one in enumerate(held):
            one["properties"]["erp_id"] = self.key(number)
        write_lines(folder, "companies", *held)

    def key(self, number: int) -> str:
        return f"ERP {number}"

    def key_of(self, row: Any) -> str:
        return self.key(int(row) - FIRST_ID)


CASES = (HubSpotList, HubSpotListLeavers, HubSpotListByName)
