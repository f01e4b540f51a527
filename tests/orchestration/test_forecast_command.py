"""`revops forecast`: asked, written down, and never written anew."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.dbt.raw_records import COMPANIES, PEOPLE, land, land_more, opportunity
from tests.orchestration.command import Said, revops
from tests.orchestration.conftest import environment

TODAY = "2025-03-03T12:00:00+00:00"
DAY = "2025-03-03"


def deal(number: int, amount: float, run: int = 1) -> Any:
    payload = opportunity("001A", amount, "Proposal") | {"CloseDate": "2025-03-20"}
    return ("salesforce.opportunities", f"00600000000{number:04}AAA", payload, run, False)


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
    home = tmp_path_factory.mktemp("forecast")
    land(home / "warehouse.duckdb", [*COMPANIES, *PEOPLE, deal(1, 1000)])
    with environment({"REVOPS_HOME": str(home), "REVOPS_CLOCK": TODAY}, home):
        checked(revops("build", "+forecast"))
    return home


@pytest.fixture
def built(home: Path, tmp_path: Path) -> Iterator[Path]:
    with environment({"REVOPS_HOME": str(home), "REVOPS_CLOCK": TODAY}, tmp_path):
        yield home


@pytest.mark.slow
def test_the_first_build_of_a_day_writes_it_down_and_nothing_changes_it(built: Path) -> None:
    before = written(built)
    (day,), owners, deals = before
    assert day[0] == date(2025, 3, 3)
    assert owners
    assert len(deals) == 1
    # A deal more, a refresh, and another try by hand.
    land_more(built / "warehouse.duckdb", [deal(2, 500)])
    checked(revops("build", "+forecast", "--full-refresh"))
    assert checked(revops("forecast", "snapshot", "--json")).document["is_new"] is False
    assert written(built) == before
    assert len(checked(revops("forecast", "--json")).document["positions"]) > 0


@pytest.mark.slow
def test_a_report_of_then_writes_nothing_down(built: Path) -> None:
    before = written(built)
    checked(revops("metrics", "--as-of", "2025-03-03T13:00:00+09:00", "pipeline_value"))
    assert written(built) == before


@pytest.mark.slow
def test_it_is_told_as_it_stands_and_as_it_was_written_down(built: Path) -> None:
    now = checked(revops("forecast", "--json")).document
    then = checked(revops("forecast", "--on", DAY, "--json")).document
    assert {row["period"] for row in now["positions"]} == {"2025-Q1", "2025-Q2"}
    assert {row["owner_or_all"] for row in then["positions"]} >= {"(all)"}
    assert (now["snapshots"], now["last_snapshot"]) == (1, DAY)
    assert [one["snapshot_date"] for one in revops("forecast", "--days", "--json").document["days"]]
    for arguments in ([], ["--on", DAY], ["--days"], ["snapshot"]):
        assert checked(revops("forecast", *arguments)).out.strip()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "clock", "message"),
    [
        (["--on", "2025-03-02"], TODAY, "No forecast was written down on 2025-03-02"),
        (["snapshot"], "2025-03-04T12:00:00+00:00", "The last build saw the company as of"),
        (["--on", DAY, "--days"], TODAY, "exclude each other"),
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
