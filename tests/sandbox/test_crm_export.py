import csv
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sandbox.crm_export import from_crm_export

AS_OF = datetime(2026, 11, 20, 9, tzinfo=UTC)
HEADER = "opportunity_id,sales_agent,product,account,deal_stage,engage_date,close_date,close_value"
GOOD = [
    "A1,Ann Lee,Basic,Cancity,Won,2016-10-20,2017-03-01,1054",
    "A2,Ann Lee,Pro,Cancity,Lost,2016-10-25,2017-03-11,0",
    "A3,Bo Tan,Pro,,Engaging,2016-11-03,,",
    "A4,Bo Tan,Pro,桜,Prospecting,,,",
]


def export(tmp_path: Path, *rows: str, header: str = HEADER, bom: bool = False) -> Path:
    path = tmp_path / "pipeline.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8-sig" if bom else "utf-8")
    return path


def deals(out: Path) -> dict[str, dict[str, Any]]:
    lines = (out / "hubspot" / "deals.ndjson").read_text("utf-8").splitlines()
    records = [json.loads(line)["properties"] for line in lines]
    return {record["external_id"]: record for record in records}


@pytest.mark.parametrize("bom", [False, True])
def test_every_good_row_becomes_a_deal(tmp_path: Path, bom: bool) -> None:
    manifest = from_crm_export(export(tmp_path, *GOOD, bom=bom), tmp_path / "out", as_of=AS_OF)
    assert manifest.refused == ()
    assert manifest.counts["hubspot"] | {"properties": 0} == {
        "companies": 2,
        "contacts": 0,
        "deals": 4,
        "lists": 1,
        "owners": 2,
        "properties": 0,
    }
    found = deals(tmp_path / "out")
    assert [found[n]["dealstage"] for n in ("A1", "A2", "A3", "A4")] == [
        "closedwon",
        "closedlost",
        "presentationscheduled",
        "appointmentscheduled",
    ]
    assert [found[n]["amount"] for n in ("A1", "A2", "A3")] == ["1054", "0", None]
    assert found["A3"]["hs_primary_associated_company"] is None
    assert (
        found["A1"]["hs_primary_associated_company"] == found["A2"]["hs_primary_associated_company"]
    )
    assert found["A1"]["closedate"] == "2017-03-01T00:00:00.000Z"


def test_bad_rows_are_refused_by_line_and_field_and_the_rest_goes_on(tmp_path: Path) -> None:
    bad = [
        "A1,Ann Lee,Basic,Cancity,Won,2016-10-20,2017-03-01,5",
        "B1,Ann Lee,Basic,Cancity,Won,20/10/2016,2017-03-01,5",
        "B2,Ann Lee,Basic,Cancity,Won,2016-10-20,2017-03-01,many",
        "B3,Ann Lee,Basic,Cancity,Maybe,2016-10-20,2017-03-01,5",
        "B4,Ann Lee",
        ",Ann Lee,Basic,Cancity,Won,2016-10-20,2017-03-01,5",
        "B5,Ann Lee,Basic,Cancity,Won,2016-10-20,2017-03-01,nan",
    ]
    manifest = from_crm_export(export(tmp_path, *GOOD, *bad), tmp_path / "out", as_of=AS_OF)
    assert [(r.row, r.field) for r in manifest.refused] == [
        (6, "opportunity_id"),
        (7, "engage_date"),
        (8, "close_value"),
        (9, "deal_stage"),
        (10, "product"),
        (11, "opportunity_id"),
        (12, "close_value"),
    ]
    assert {r.file for r in manifest.refused} == {"pipeline.csv"}
    with (tmp_path / "out" / "refused.csv").open(encoding="utf-8") as file:
        assert [int(r["row"]) for r in csv.DictReader(file)] == [6, 7, 8, 9, 10, 11, 12]
    assert deals(tmp_path / "out").keys() == {"A1", "A2", "A3", "A4"}


def test_a_missing_column_stops_and_is_named(tmp_path: Path) -> None:
    header = HEADER.replace(",close_value", "")
    with pytest.raises(ValueError, match="close_value"):
        from_crm_export(export(tmp_path, header=header), tmp_path / "out")


def test_only_the_vendor_present_is_served(start: Callable[..., Any], tmp_path: Path) -> None:
    from_crm_export(export(tmp_path, *GOOD), tmp_path / "out", currency="EUR", as_of=AS_OF)
    caller = start(tmp_path / "out")
    query = {"properties": "external_id,deal_currency_code", "limit": 100}
    answer = caller.get("/hubspot/crm/v3/objects/deals", query_string=query).get_json()
    assert [r["properties"]["external_id"] for r in answer["results"]] == ["A1", "A2", "A3", "A4"]
    assert {r["properties"]["deal_currency_code"] for r in answer["results"]} == {"EUR"}
    assert caller.get("/hubspot/crm/v3/objects/contacts").get_json()["results"] == []
    for path in ("/salesforce/services/data/v62.0/limits", "/zendesk/api/v2/users/me.json"):
        assert caller.web.get(path).status_code == 404
