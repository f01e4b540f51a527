"""`revops metrics`: a company of files, measured by dbt as a user would measure it."""

from __future__ import annotations

import csv
import json
import shutil
from decimal import Decimal
from pathlib import Path

import pytest

from tests.orchestration.command import revops

EXAMPLE = Path(__file__).parents[1] / "metrics" / "worked_example"
NAMED = {"channel_spend", "total_revenue"}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REVOPS_HOME", str(tmp_path / "home"))
    return tmp_path


def rows(path: Path) -> dict[tuple[str, str], str]:
    with path.open(encoding="utf-8", newline="") as file:
        return {(row["metric"], row["dims"]): row["value"] for row in csv.DictReader(file)}


@pytest.mark.slow
def test_the_worked_example_is_measured_to_the_cent(home: Path) -> None:
    said = revops("metrics", "--from", str(EXAMPLE), "--out", str(home / "actual.csv"))
    assert said.code == 0, said.err
    actual = rows(home / "actual.csv")
    expected = rows(EXAMPLE / "expected.csv")
    told = {metric for metric, _ in actual}
    # Spaces after : and , are no part of a document.
    wanted = {
        (metric, dims.replace(": ", ":").replace(", ", ",")): value
        for (metric, dims), value in expected.items()
        if metric in told
    }
    assert actual.keys() == wanted.keys()
    for key, value in wanted.items():
        close = value and actual[key] and len(value.partition(".")[2]) == 10
        if close:
            assert abs(Decimal(actual[key]) - Decimal(value)) <= Decimal("1e-9"), key
        else:
            assert actual[key] == value, key


@pytest.mark.slow
def test_what_is_wrong_is_named_and_the_rest_is_measured(home: Path) -> None:
    folder = Path(shutil.copytree(EXAMPLE, home / "company"))
    with (folder / "spend.csv").open("a", encoding="utf-8") as file:
        file.write("SP999,2025-06-30,marketing,media,paid_search,,USD,free\n")
    policy = json.loads((folder / "policy.json").read_text(encoding="utf-8"))
    policy["segments"] = ["SMB"]
    policy["mrr"]["grace_days"] = 3
    (folder / "policy.json").write_text(json.dumps(policy), encoding="utf-8")
    said = revops("metrics", "channel_spend", "total_revenue", "--from", str(folder), "--json")
    assert said.code == 4
    document = said.document
    assert document["refused"] == {"spend": 1}
    expected = rows(EXAMPLE / "expected.csv")
    wanted = {key: value for key, value in expected.items() if key[0] in NAMED}
    assert {(one["metric"], one["value"]) for one in document["values"]} == {
        (metric, value) for (metric, _), value in wanted.items()
    }
    assert document["records"] == len(wanted)
    assert "spend.csv:49: amount: free is no decimal" in said.err
    assert "policy.json: segments: is no choice of ours, and was ignored" in said.err
    assert "policy.json: mrr.grace_days: is no choice" in said.err


@pytest.mark.slow
def test_another_policy_changes_the_numbers_and_nothing_else(home: Path) -> None:
    policy = home / "yen.yml"
    policy.write_text(
        "reporting_currency: USD\nbusiness_timezone: UTC\n"
        "window: {start_month: 2025-01, end_month: 2025-03}\n"
        "as_of: 2025-04-01T00:00:00Z\nhistory_start_month: 2024-07\n",
        encoding="utf-8",
    )
    said = revops(
        "metrics", "total_revenue", "--from", str(EXAMPLE), "--policy", str(policy), "--json"
    )
    assert said.code == 0, said.err
    (value,) = said.document["values"]
    assert value["dims"] == {"period": "2025-Q1"}
    assert value["value"] == "4465.48"


def test_a_wrong_policy_is_refused_with_its_line(home: Path) -> None:
    policy = home / "policy.yml"
    policy.write_text("reporting_currency: dollars\n", encoding="utf-8")
    said = revops("metrics", "--from", str(EXAMPLE), "--policy", str(policy))
    assert said.code == 2
    assert "policy.yml:1: reporting_currency" in said.err


def test_a_metric_that_does_not_exist_is_refused(home: Path) -> None:
    said = revops("metrics", "happiness", "--from", str(EXAMPLE))
    assert said.code == 2
    assert "There is no metric happiness" in said.err


def test_a_warehouse_that_was_not_measured_says_what_to_do(home: Path) -> None:
    said = revops("metrics")
    assert said.code == 2
    assert "revops build" in said.err
