import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest

from sandbox.app import create_app
from sandbox.generate import generate

OBJECTS = "/hubspot/crm/v3/objects"
AS_OF = datetime(2026, 11, 20, 9, tzinfo=UTC)


def write_score(caller: Any, record_id: str, score: str) -> Any:
    inputs = [{"id": record_id, "properties": {"revops_account_score": score}}]
    return caller.post(f"{OBJECTS}/companies/batch/update", {"inputs": inputs})


def company(caller: Any, record_id: str) -> Any:
    return next(r for r in caller.records("hubspot", "companies") if r["id"] == record_id)


def renamed_company(data: Path) -> Any:
    return json.loads((data / "next_day" / "hubspot" / "companies.ndjson").read_text("utf-8"))


def test_every_answer_carries_sandbox_time(caller: Any) -> None:
    caller.ticks.seconds = 90
    dates = [
        parsedate_to_datetime(caller.web.get(path).headers["Date"])
        for path in ("/_sandbox/health", "/hubspot/x", "/nowhere")
    ]
    assert set(dates) == {AS_OF + timedelta(seconds=90)}


def test_a_day_brings_its_changes_once(caller: Any, data: Path) -> None:
    first = caller.web.post("/_sandbox/advance").get_json()
    assert first["added"] >= 3
    assert first["deleted"] >= 1
    assert first["changed"] >= 8
    second = caller.web.post("/_sandbox/advance").get_json()
    assert (second["added"], second["changed"], second["deleted"]) == (0, 0, 0)
    assert second["now"] == "2026-11-22T09:00:00.000Z"


def test_the_changes_of_a_day_lie_between_its_ends(caller: Any) -> None:
    caller.ticks.seconds = 7_200
    caller.web.post("/_sandbox/advance")
    changed = [r for r in caller.records("hubspot", "deals") if r["updatedAt"] > "2026-11-20T09"]
    assert changed
    for record in changed:
        assert "2026-11-20T11:00" < record["updatedAt"] < "2026-11-21T11:00"
        assert record["properties"]["hs_lastmodifieddate"] == record["updatedAt"]


def test_a_day_keeps_what_was_written_over_the_api(caller: Any, data: Path) -> None:
    renamed = renamed_company(data)
    write_score(caller, renamed["id"], "88")
    caller.web.post("/_sandbox/advance")
    after = company(caller, renamed["id"])["properties"]
    assert after["name"] == renamed["properties"]["name"]
    assert after["revops_account_score"] == "88"


def test_state_survives_a_restart(start: Callable[..., Any], data: Path, tmp_path: Path) -> None:
    state = tmp_path / "state.ndjson"
    before = start(state=state)
    record_id = before.records("hubspot", "companies")[0]["id"]
    before.ticks.seconds = 500
    write_score(before, record_id, "42")
    before.web.post("/_sandbox/advance")
    held = {kind: before.records("hubspot", kind) for kind in ("companies", "contacts", "deals")}

    after = start(state=state)
    assert {kind: after.records("hubspot", kind) for kind in held} == held
    health = after.web.get("/_sandbox/health").get_json()
    assert health["days"] == 1
    assert health["now"] >= "2026-11-21T09:08:20"
    assert after.web.post("/_sandbox/advance").get_json()["changed"] == 0


def test_a_torn_last_line_of_the_state_is_dropped(
    start: Callable[..., Any], tmp_path: Path
) -> None:
    state = tmp_path / "state.ndjson"
    before = start(state=state)
    record_id = before.records("hubspot", "companies")[0]["id"]
    write_score(before, record_id, "1")
    whole = state.read_bytes()
    write_score(before, record_id, "2")
    state.write_bytes(state.read_bytes()[:-20])
    after = start(state=state)
    assert company(after, record_id)["properties"]["revops_account_score"] == "1"
    assert state.read_bytes() == whole
    write_score(after, record_id, "3")
    again = company(start(state=state), record_id)
    assert again["properties"]["revops_account_score"] == "3"


def test_a_state_of_other_data_is_refused(data: Path, tmp_path: Path) -> None:
    state = tmp_path / "state.ndjson"
    create_app(data, state=state)
    generate(tmp_path / "other", seed=8, as_of=AS_OF)
    with pytest.raises(ValueError, match="other data"):
        create_app(tmp_path / "other", state=state)


def test_calls_are_counted_by_template(caller: Any) -> None:
    record_id = caller.records("hubspot", "companies")[0]["id"]
    for _ in range(2):
        caller.get(f"{OBJECTS}/companies/{record_id}")
    caller.get("/zendesk/api/v2/nothing")
    assert caller.web.get("/_sandbox/requests").get_json() == [
        {
            "vendor": "hubspot",
            "method": "GET",
            "path": "/crm/v3/objects/companies/{record_id}",
            "status": 200,
            "count": 2,
        },
        {"vendor": "zendesk", "method": "GET", "path": "(unknown)", "status": 404, "count": 1},
    ]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/_sandbox/nope"),
        ("GET", "/_sandbox/advance"),
        ("GET", "/_sandbox/records/hubspot/nope"),
        ("GET", "/_sandbox/records/nope/companies"),
        ("GET", "/nobody/rest/v1/leads.json"),
        ("GET", "/"),
    ],
)
def test_unknown_paths_are_not_found(caller: Any, method: str, path: str) -> None:
    assert caller.web.open(path, method=method).status_code == 404


def test_a_directory_without_a_manifest_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="sandbox generate"):
        create_app(tmp_path)


def test_a_broken_record_line_is_named(data: Path, tmp_path: Path) -> None:
    (tmp_path / "hubspot").mkdir()
    (tmp_path / "hubspot" / "deals.ndjson").write_text('{"id": "1"}\n{"id"\n')
    (tmp_path / "manifest.json").write_bytes((data / "manifest.json").read_bytes())
    with pytest.raises(ValueError, match=r"deals\.ndjson, line 2"):
        create_app(tmp_path)
