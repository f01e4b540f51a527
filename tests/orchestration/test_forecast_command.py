"""`revops forecast`: asked, written down, and never written anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner

from tests.dbt.raw_records import COMPANIES, PEOPLE, land, land_more, opportunity
from tests.metrics.test_measured import EXAMPLE
from tests.orchestration.command import Said, revops
from tests.orchestration.conftest import environment
from tests.parsed import manifest, places
from warehouse.canonical_files import load_canonical
from warehouse.connection import Warehouse

AS_OF = "2025-06-30T15:00:00+00:00"
DAY = "2025-06-30"
FORECAST = ("policy", "metrics.rates", "metrics.sales", "metrics.forecast", "marts.forecast")


def checked(said: Said) -> Said:
    assert said.code == 0, said.err
    return said


def written(home: Path) -> list[Any]:
    with duckdb.connect(str(home / "warehouse.duckdb"), read_only=True) as connection:
        return [
            connection.execute(f"from ops.forecast_snapshot_{what} order by all").fetchall()
            for what in ("days", "owners", "deals")
        ]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The worked example as a warehouse, with the models of forecasts."""
    home = tmp_path_factory.mktemp("forecast")
    warehouse = Warehouse(home / "warehouse.duckdb")
    with warehouse.open("test") as session:
        load_canonical(session, EXAMPLE)
    build(home)
    return home


def build(home: Path) -> None:
    policy = {"REVOPS_POLICY": str(EXAMPLE / "policy.json")}
    path = {"REVOPS_WAREHOUSE__PATH": str(home / "warehouse.duckdb")}
    with environment({"REVOPS_HOME": str(home), **policy, **path}, home):
        run = ["run", "--select", *FORECAST, *places(home / "target")]
        result = dbtRunner(manifest=manifest()).invoke(run)
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
    assert result.success, result.exception


@pytest.fixture
def built(home: Path, tmp_path: Path) -> Iterator[Path]:
    with environment({"REVOPS_HOME": str(home), "REVOPS_CLOCK": AS_OF}, tmp_path):
        yield home


@pytest.mark.slow
def test_a_day_is_written_down_once_and_outlives_builds(built: Path) -> None:
    assert checked(revops("forecast", "snapshot", "--json")).document == {
        "snapshot_date": DAY,
        "owners": 7,
        "deals": 4,
        "is_new": True,
    }
    before = written(built)
    with Warehouse(built / "warehouse.duckdb").open("test") as session:
        session.execute("update canonical.opportunity set amount = 1, owner_id = 'U1'")
        session.execute("update canonical.opportunity_stage_history set amount = 1")
    build(built)
    assert checked(revops("forecast", "snapshot", "--json")).document["is_new"] is False
    assert written(built) == before
    now = checked(revops("forecast", "--json")).document
    then = checked(revops("forecast", "--on", DAY, "--json")).document
    assert (now["snapshots"], now["last_snapshot"]) == (1, DAY)
    assert {row["period"] for row in now["positions"]} == {"2025-Q3", "2025-Q4"}
    committed = {
        row["owner"]: float(row["commit_amount"])
        for row in then["positions"]
        if row["period"] == "2025-Q3"
    }
    assert committed["(all)"] == 60000
    assert now["positions"] != then["positions"]
    for arguments in ([], ["--on", DAY], ["--days"], ["snapshot"]):
        assert checked(revops("forecast", *arguments)).out.strip()


@pytest.mark.slow
def test_the_track_record_has_every_method(built: Path) -> None:
    records = checked(revops("forecast", "--json")).document["track_records"]
    assert {row["method"] for row in records if row["owner_or_all"] == "(all)"} == {
        *("commit", "commit_category", "baseline", "weighted_pipeline", "stage_probability"),
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "clock", "message"),
    [
        (["--on", "2025-03-02"], AS_OF, "No forecast was written down on 2025-03-02"),
        (["snapshot"], "2025-07-02T12:00:00+00:00", "The last build saw the company as of"),
        (["--on", DAY, "--days"], AS_OF, "exclude each other"),
    ],
)
def test_what_cannot_be_told_is_refused(
    home: Path, tmp_path: Path, arguments: list[str], clock: str, message: str
) -> None:
    with environment({"REVOPS_HOME": str(home), "REVOPS_CLOCK": clock}, tmp_path):
        said = revops("forecast", *arguments)
    assert said.code == 2
    assert message in said.err


def test_without_a_build_there_is_no_forecast(tmp_path: Path) -> None:
    with environment({"REVOPS_HOME": str(tmp_path / "home")}, tmp_path):
        for arguments in ([], ["snapshot"]):
            said = revops("forecast", *arguments)
            assert (said.code, "There is no forecast yet" in said.err) == (2, True)


def deal(number: int, amount: float) -> Any:
    payload = opportunity("001A", amount, "Proposal") | {"CloseDate": "2025-03-20"}
    return ("salesforce.opportunities", f"00600000000{number:04}AAA", payload, number, False)


@pytest.mark.slow
def test_a_days_first_build_writes_it_down_and_no_refresh_nor_report_of_then_does(
    tmp_path: Path,
) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    land(warehouse, [*COMPANIES, *PEOPLE, deal(1, 1000)])
    settings = {"REVOPS_HOME": str(tmp_path), "REVOPS_CLOCK": "2025-03-03T12:00:00+00:00"}
    with environment(settings, tmp_path):
        checked(revops("build"))
        before = written(tmp_path)
        assert [len(table) for table in before][::2] == [1, 1]
        land_more(warehouse, [deal(2, 500)])
        checked(revops("build", "--full-refresh"))
        checked(revops("metrics", "--as-of", "2025-03-03T13:00:00+09:00", "pipeline_value"))
        assert written(tmp_path) == before
