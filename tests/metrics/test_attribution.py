"""What holds of attribution whatever the company, beside what the oracle says of each deal."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.metrics.measured import Models, Values, slow
from tests.metrics.oracle.companies import random_company
from tests.metrics.test_measured import EXAMPLE

SUBJECT = ("attribution_", "channel_path", "markov_", "shapley_", "marketing_", "touches_")

Row = dict[str, str]


def attribution(models: Models, folder: Path) -> Values:
    return {
        key: value for key, value in models.values(folder).items() if key[0].startswith(SUBJECT)
    }


def rewritten(folder: Path, table: str, change: Callable[[list[Row]], list[Row]]) -> None:
    path = folder / f"{table}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows, names = change(list(reader)), list(reader.fieldnames or ())
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


@pytest.fixture
def company(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLE, tmp_path / "company"))


@pytest.mark.slow
@pytest.mark.parametrize("seed", [None, 3, 11])
def test_the_order_of_rows_changes_nothing(
    models: Models, tmp_path: Path, seed: int | None
) -> None:
    """E66: what happens in one instant is ordered by id."""
    folder = tmp_path / "company"
    if seed is None:
        shutil.copytree(EXAMPLE, folder)
    else:
        folder.mkdir()
        random_company(seed, folder)
    before = attribution(models, folder)
    for table in ("touch", "opportunity", "opportunity_contact_role", "person"):
        rewritten(folder, table, lambda rows: rows[::-1])
    assert attribution(models, folder) == before


@pytest.mark.slow
def test_a_touch_that_does_not_count_can_be_left_out(models: Models, company: Path) -> None:
    """E69, E71: before the lookback and of sales; and somebody who unsubscribed."""
    before = attribution(models, company)
    idle = {"T17", "T21", "T43"}
    rewritten(company, "touch", lambda rows: [row for row in rows if row["touch_id"] not in idle])
    assert attribution(models, company) == before
    # E63: at the very instant of the close it does count.
    rewritten(company, "touch", lambda rows: [row for row in rows if row["touch_id"] != "T15"])
    assert attribution(models, company) != before


def test_a_deal_that_nobody_touched_hides_no_revenue(models: Models, company: Path) -> None:
    """E68, for every deal: without any touch all that was won is (unattributed)."""
    rewritten(company, "touch", lambda _: [])
    found = attribution(models, company)
    totals = {
        value for (metric, _), value in found.items() if metric == "attribution_revenue_by_channel"
    }
    assert totals == {"22587.50"} == {found["attribution_total", '{"period": "2025-H1"}']}
    assert found["markov_conversion_probability", '{"removed": "(none)"}'] is None


@pytest.mark.parametrize("seed", [0, *slow(range(1, 6))])
def test_weights_are_whole_and_touches_in_time(models: Models, tmp_path: Path, seed: int) -> None:
    random_company(seed, tmp_path)
    with models.measured(tmp_path) as session:
        assert not session.rows("""
            select 1 from metrics.attribution_weights
            group by model, scope, opportunity_id
            having sum(weight_parts) != max(weight_total) or min(weight_total) != max(weight_total)
        """)
        assert not session.rows("""
            select 1
            from metrics.attribution_touches
            join metrics.attribution_deals using (opportunity_id)
            where
                occurred_at not between touches_from_at and touches_until_at
                or occurred_at <= touches_after_at
        """)
        assert not session.rows("""
            select 1 from metrics.marketing_influence where is_sourced and not is_influenced
        """)
