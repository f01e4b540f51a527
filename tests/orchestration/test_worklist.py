"""`revops quality worklist` tells what to mend, where and by whom."""

from __future__ import annotations

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from orchestration.worklist import WORK, worklist_view
from tests.quality.judged import NOW
from warehouse.connection import Warehouse

COLUMNS = (
    "finding_key, rule, what_is_wrong, is_withheld, record_kind, record_id, record_name, tool,"
    " tool_record_id, link, suggested_value, owner_name, rule_owner, team, since"
)
ROWS = [
    (
        "('accounts:absurd:a1', 'absurd', 'it misleads', true, 'account', 'a1', 'Acme | 株式会社',"
        " 'hubspot', '15', null, null, 'Aiko', 'revops', 'Sales', $now::timestamptz)"
    ),
    (
        "('canonical_person:form:p1', 'form', 'it bounces', false, 'person', 'p1', null, null,"
        " null, null, 'a@b.co', null, 'marketing', null, $now::timestamptz)"
    ),
]


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    path: Path = tmp_path_factory.mktemp("worklist") / "warehouse.duckdb"
    made = Warehouse(path)
    with made.open("test") as session:
        session.execute("create schema marts")
        session.execute(
            "create table marts.data_quality_worklist as select * from"
            f" (values {', '.join(ROWS)}) as made ({COLUMNS})",
            {"now": NOW},
        )
    return made


def found(warehouse: Warehouse, gates: list[str], owner: str | None = None) -> list[Any]:
    with warehouse.open("test") as session:
        return [one["record_id"] for one in session.rows(WORK, {"gates": gates, "owner": owner})]


def test_work_is_chosen_by_gate_and_by_whoever_is_to_mend_it(warehouse: Warehouse) -> None:
    both = ["accounts", "canonical_person"]
    assert found(warehouse, both) == ["a1", "p1"]
    assert found(warehouse, ["canonical_person"]) == ["p1"]
    assert found(warehouse, both, "Aiko") == found(warehouse, both, "Sales") == ["a1"]
    assert found(warehouse, both, "marketing") == ["p1"]
    assert found(warehouse, both, "nobody") == []


def test_each_record_is_shown_with_its_place_and_its_owner(warehouse: Warehouse) -> None:
    with warehouse.open("test") as session:
        work = session.rows(WORK, {"gates": ["accounts", "canonical_person"], "owner": None})
    console = Console(file=StringIO(), width=80)
    console.print(worklist_view(work, 1), soft_wrap=True)
    console.print(worklist_view(work[1:], 9), soft_wrap=True)
    assert console.file.getvalue().splitlines() == [  # type: ignore[attr-defined]
        "accounts: absurd, 1 withheld",
        "  it misleads",
        "  Acme | 株式会社: hubspot 15",
        "    Aiko, since 2026-11-20",
        "... and 1 more: `revops quality worklist --rows 2`",
        "canonical_person: form, 1 told of",
        "  it bounces",
        "  p1: p1",
        "    probably meant: a@b.co",
        "    marketing, since 2026-11-20",
    ]
