"""Which contact of HubSpot's belongs to which company: pairs of ids, by a label and by none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reverse_etl.spec import Identifier
from sandbox.app import Sandbox
from sandbox.vendors.hubspot.records import crm_record
from tests.reverse_etl.bench import AS_OF, FIRST_ID, write_portal
from tests.reverse_etl.proof.case import Record, Result
from tests.reverse_etl.proof.of_hubspot import HubSpotUpdate
from tests.reverse_etl.proof.of_hubspot_lists import write_lines

FIRST_CONTACT, LABEL = 20_000, "Billing contact"
# Every contact belongs to as many companies, so that a record stands in several pairs.
_COMPANIES = 5


def write_people(folder: Path, contacts: int) -> None:
    """A portal of five companies and as many contacts as are asked for, none of them associated."""
    write_portal(folder, _COMPANIES)
    people = [
        crm_record("contacts", str(FIRST_CONTACT + number), {}, AS_OF, AS_OF)
        for number in range(contacts)
    ]
    write_lines(folder, "contacts", *people)


class HubSpotAssociations(HubSpotUpdate):
    name = "hubspot associations"
    is_slow = True
    # HubSpot names a pair and nothing that it could be passed over with.
    faults = tuple(one for one in HubSpotUpdate.faults if one != "skipped")
    write_path = "/batch/create"
    read_paths = ("/batch/read",)
    label: str | None = None

    def __init__(self) -> None:
        super().__init__()
        self.spec = self.spec.model_copy(
            update={
                "name": "hubspot_associations",
                "object": "associations:contacts:companies",
                "within": self.label,
                "mode": "add_remove",
                "identify_by": Identifier(columns=("account_id", "hubspot_company_id")),
                "fields": (),
            }
        )

    def set_up(self, folder: Path, rows: int) -> None:
        write_people(folder, rows // _COMPANIES + 1)

    def wish(self, number: int, version: int) -> Record:  # noqa: ARG002 - it is there or is not
        return {}

    def version_of(self, fields: Mapping[str, Any]) -> int:  # noqa: ARG002 - there is none
        return 0

    def key(self, number: int) -> str:
        return f"{FIRST_CONTACT + number // _COMPANIES}|{FIRST_ID + number % _COMPANIES}"

    def key_of(self, row: Record) -> str:
        return f"{row['from']['id']}|{row['to']['id']}"

    def results(self, answer: Any, rows: list[Record]) -> list[Result]:
        told = {f"{one['fromObjectId']}|{one['toObjectId']}": one for one in answer["results"]}
        for error in answer.get("errors", []):
            named = error["context"]["objectId"]
            told |= {self.key_of(row): error for row in rows if row["to"]["id"] in named}
        return [told[self.key_of(row)] for row in rows]

    def rejection(self, row: Record, *, transient: bool) -> Result:
        return {
            "status": "error",
            "category": "INTERNAL_ERROR" if transient else "VALIDATION_ERROR",
            "message": "by the script",
            "context": {"objectId": [row["from"]["id"], row["to"]["id"]]},
        }

    def held(self, app: Sandbox) -> list[tuple[str, str, Record]]:
        stored = map(json.loads, app.records("hubspot", "associations").splitlines())
        keys = [
            f"{one['id'].partition('/')[2]}|{other.partition('/')[2]}"
            for one in stored
            for other, kinds in one["to"].items()
            if (self.label or "plain") in kinds
        ]
        return [(key, key, {}) for key in keys]


class HubSpotLabels(HubSpotAssociations):
    name = "hubspot labels"
    label = LABEL


CASES = (HubSpotAssociations, HubSpotLabels)
