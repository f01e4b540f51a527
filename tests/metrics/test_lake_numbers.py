"""What a lake's Parquet has no type for is kept whole there all the same."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from orchestration.measure import measure
from tests.metrics.test_attribution import Row, rewritten
from tests.metrics.test_measured import EXAMPLE
from warehouse.connection import Warehouse
from warehouse.lake import Lake

pytest.importorskip("duckdb_extension_ducklake", reason="the extra [lake] is not installed")

_NAMES = ["attribution_revenue_by_channel", "attribution_total", "pipeline_velocity_usd_per_day"]


def _many_touches(rows: list[Row]) -> list[Row]:
    """A dozen in one instant: by age each of them weighs 10^15, and all of them over 2^53."""
    last = next(row for row in rows if row["touch_id"] == "T02")
    return [*rows, *({**last, "touch_id": f"T02-{nth:02}"} for nth in range(12))]


def _three_centuries_old(rows: list[Row]) -> list[Row]:
    """A deal that was open for more than 2^53 microseconds, by an error of its tool."""
    won = next(row for row in rows if row["opportunity_id"] == "OP02")
    return [{**row, "created_at": "1712-01-01T00:00:00Z"} if row is won else row for row in rows]


@pytest.mark.slow
def test_beyond_2_to_the_53_a_lake_measures_as_a_file_does(tmp_path: Path) -> None:
    company = Path(shutil.copytree(EXAMPLE, tmp_path / "company"))
    rewritten(company, "touch", _many_touches)
    rewritten(company, "opportunity", _three_centuries_old)

    found = measure(company, _NAMES, in_lake=True)

    assert len(found.values) > 20
    assert found.values == measure(company, _NAMES).values


def test_parquet_keeps_what_is_kept_whole(tmp_path: Path) -> None:
    """The type that the macro `kept_whole` gives; a HUGEINT would come back as another number."""
    lake = Lake(f"sqlite:///{tmp_path}/lake.sqlite", tmp_path / "data")
    number = 2**53 + 1
    with Warehouse(tmp_path, lake=lake).open("a test") as session:
        session.execute(
            f"create table main.sums as select {number}::decimal(38, 0) as whole,"
            f" {number}::hugeint as wide from range(1000)"
        )
        assert session.value("select distinct whole::hugeint from main.sums") == number
        assert session.value("select distinct wide from main.sums") != number
