import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.faults import parse_faults, read_faults

COMPANIES = "/hubspot/crm/v3/objects/companies"


def strike(caller: Any, **fault: Any) -> None:
    entry = {"vendor": "hubspot", "path": "/crm/v3/objects/companies*", **fault}
    assert caller.web.post("/_sandbox/faults", json=[entry]).status_code == 200


def statuses(caller: Any, calls: int, path: str = COMPANIES) -> list[int]:
    return [caller.get(path).status_code for _ in range(calls)]


def test_a_fault_skips_then_strikes_then_rests(caller: Any) -> None:
    strike(caller, kind="server_error", skip=1, times=2)
    assert statuses(caller, 5) == [200, 500, 500, 200, 200]


def test_times_null_strikes_for_ever(caller: Any) -> None:
    strike(caller, kind="html", times=None)
    assert statuses(caller, 4) == [502] * 4


def test_a_fault_strikes_only_its_method_and_path(caller: Any) -> None:
    strike(caller, kind="server_error", method="POST")
    assert statuses(caller, 1) == [200]
    assert statuses(caller, 1, "/hubspot/crm/v3/owners") == [200]
    assert caller.post(f"{COMPANIES}/search", {}).status_code == 500


@pytest.mark.parametrize(
    ("vendor", "path", "status"),
    [
        ("hubspot", "/crm/v3/owners", 429),
        ("salesforce", "/services/data/v62.0/limits", 403),
        ("zendesk", "/api/v2/users/me.json", 429),
    ],
)
def test_a_rate_limit_speaks_each_vendors_own_language(
    caller: Any, vendor: str, path: str, status: int
) -> None:
    fault = {"vendor": vendor, "path": path, "kind": "rate_limit", "retry_after": 7}
    caller.web.post("/_sandbox/faults", json=[fault])
    answer = caller.log_in().get(f"/{vendor}{path}")
    assert (answer.status_code, answer.headers["Retry-After"]) == (status, "7")
    shape = answer.get_json()
    if vendor == "hubspot":
        assert shape["errorType"] == "RATE_LIMIT"
    elif vendor == "salesforce":
        assert shape[0]["errorCode"] == "REQUEST_LIMIT_EXCEEDED"
    else:
        assert shape["error"] == "APIRateLimitExceeded"


def test_truncate_halves_the_answer_with_a_fitting_length(caller: Any) -> None:
    whole = caller.get(COMPANIES).get_data()
    strike(caller, kind="truncate")
    answer = caller.get(COMPANIES)
    assert answer.get_data() == whole[: len(whole) // 2]
    assert answer.headers["Content-Length"] == str(len(whole) // 2)


def test_a_bad_record_is_one_of_the_page(caller: Any) -> None:
    strike(caller, kind="bad_record", record=1)
    records = caller.get(COMPANIES).get_json()["results"]
    assert [r["properties"] is None for r in records[:3]] == [False, True, False]
    strike(caller, kind="bad_record", field="properties.name", value=5)
    assert caller.get(COMPANIES).get_json()["results"][0]["properties"]["name"] == 5
    assert None not in [r["properties"] for r in caller.records("hubspot", "companies")]


@pytest.mark.parametrize(("kind", "kept"), [("reset", None), ("reset_after_commit", "9")])
def test_a_reset_loses_the_answer_and_maybe_the_write(
    caller: Any, kind: str, kept: str | None
) -> None:
    record_id = caller.records("hubspot", "companies")[0]["id"]
    strike(caller, kind=kind)
    inputs = [{"id": record_id, "properties": {"revops_account_score": "9"}}]
    with pytest.raises(ConnectionResetError):
        caller.post(f"{COMPANIES}/batch/update", {"inputs": inputs})
    record = next(r for r in caller.records("hubspot", "companies") if r["id"] == record_id)
    assert record["properties"]["revops_account_score"] == kept
    assert caller.web.get("/_sandbox/requests").get_json()[0]["status"] == 0


@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        ({"vendor": "hubspot"}, "list"),
        ([{"vendor": "hubspot", "path": "*"}], "kind is missing"),
        ([{"vendor": "hubspot", "path": "*", "kind": "flood"}], "kind 'flood'"),
        ([{"vendor": "hubspot", "path": "*", "kind": "reset", "tmies": 1}], "tmies"),
        ([{"vendor": "hubspot", "path": "*", "kind": "reset", "skip": "1"}], "skip"),
        (["reset"], "mapping"),
    ],
)
def test_a_wrong_script_names_the_entry_and_the_field(
    caller: Any, script: Any, complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_faults(script)
    answer = caller.web.post("/_sandbox/faults", data=json.dumps(script))
    assert answer.status_code == 400
    assert complaint in answer.get_json()["error"]


def test_a_script_is_read_from_yaml(start: Callable[..., Any], tmp_path: Path) -> None:
    script = tmp_path / "faults.yaml"
    script.write_text("- {vendor: '*', path: '*', kind: slow, seconds: 0.01}\n")
    assert read_faults(script)[0].seconds == 0.01
    assert statuses(start(faults=script), 1) == [200]
    script.write_text("- {vendor: [")
    with pytest.raises(ValueError, match=r"faults\.yaml"):
        read_faults(script)
