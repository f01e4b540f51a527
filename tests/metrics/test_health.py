"""Health of the past: nothing of later counts, and it is what it would have been then."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.metrics.measured import Models
from tests.metrics.oracle.companies import random_company
from tests.metrics.test_measured import EXAMPLE

Row = dict[str, str]

HISTORY = """
    select account_id, health_score, health_band, usage_points, support_points, sentiment_points,
        financial_points, engagement_points, weight_present
    from metrics.health_history
    where month = '{month}'
    order by account_id
"""
# The column that says when a row of a table came to be.
HAPPENED = {
    "touch": "occurred_at",
    "activity": "occurred_at",
    "nps_response": "responded_at",
    "ticket": "created_at",
    "ticket_status_history": "entered_at",
    "subscription_item": "valid_from",
}

# Every case measures a company anew, several times.
pytestmark = pytest.mark.slow


def history(models: Models, folder: Path, month: str) -> list[tuple[Any, ...]]:
    with models.measured(folder) as session:
        return [tuple(row.values()) for row in session.rows(HISTORY.format(month=month))]


def rewrite(path: Path, keep: Callable[[Row], bool], change: Callable[[Row], Row]) -> None:
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        names = list(reader.fieldnames or [])
        rows = [change(row) for row in reader if keep(row)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def forget_from(folder: Path, instant: str, month: str) -> None:
    """Leave out what began at an instant or later, and that something ended after it."""
    for table, column in HAPPENED.items():
        rewrite(
            folder / f"{table}.csv",
            lambda row, column=column: row[column] < instant,  # type: ignore[misc]
            lambda row: (
                row | {"valid_to": ""} if "valid_to" in row and row["valid_to"] > instant else row
            ),
        )
    rewrite(folder / "product_usage.csv", lambda row: row["usage_month"] <= month, lambda row: row)


def with_past_use(folder: Path) -> None:
    """The example tells the use of June alone; here the same in every month, ten times worse."""
    rows = [
        {
            "account_id": f"A0{n}",
            "usage_month": f"2025-0{m}",
            "licensed_seats": "10",
            "active_users": str(m),
        }
        for n in range(1, 8)
        for m in range(1, 6)
    ]
    with (folder / "product_usage.csv").open("a", encoding="utf-8", newline="") as file:
        csv.DictWriter(file, list(rows[0]), lineterminator="\n").writerows(rows)


def test_a_past_health_is_made_of_what_was_known_then(models: Models, tmp_path: Path) -> None:
    full, then = tmp_path / "full", tmp_path / "then"
    shutil.copytree(EXAMPLE, full)
    with_past_use(full)
    shutil.copytree(full, then)
    forget_from(then, "2025-03-31T15:00:00Z", "2025-03")
    found = history(models, full, "2025-03")
    assert len(found) >= 6
    assert any(row[1] is not None for row in found)
    assert found == history(models, then, "2025-03")


def test_a_past_health_is_what_the_report_of_then_said(models: Models, tmp_path: Path) -> None:
    full, then = tmp_path / "full", tmp_path / "then"
    shutil.copytree(EXAMPLE, full)
    with_past_use(full)
    shutil.copytree(full, then)
    for name, choice in (
        ("policy.json", {"as_of": "2025-03-31T15:00:00Z"}),
        ("health_config.json", {"usage_month": None}),
    ):
        said = json.loads((then / name).read_text(encoding="utf-8")) | choice
        if name == "policy.json":
            said["window"] = {"start_month": "2025-01", "end_month": "2025-03"}
        (then / name).write_text(json.dumps(said), encoding="utf-8")
    assert history(models, full, "2025-03") == history(models, then, "2025-03")


@pytest.mark.parametrize("seed", [1, 4, 6])
def test_every_case_of_the_evaluation_is_in_one_band(
    models: Models, seed: int, tmp_path: Path
) -> None:
    random_company(seed, tmp_path)
    with models.measured(tmp_path) as session:
        banded = session.value(
            "select count(*) from metrics.health_outcomes where health_band is not null"
        )
        told = session.value(
            "select coalesce(sum(account_months), 0) from metrics.health_evaluation"
        )
    assert told == banded
