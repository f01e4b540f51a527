"""Staging reads what was landed since, and comes to what a build from nothing comes to."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import duckdb
import pytest

from tests.dbt.conftest import Project
from tests.dbt.raw_records import Version, hubspot, land_more, zendesk

MODELS = ("stg_hubspot__companies", "stg_zendesk__tickets")

# A changed record, a deleted one, a new one, one that came back, and one of the last build's run.
LATER: list[Version] = [
    ("hubspot.companies", "101", hubspot(name="Renamed", domain="renamed.example"), 4, False),
    ("hubspot.companies", "102", {}, 4, True),
    ("hubspot.companies", "999", hubspot(name="New", domain="new.example"), 4, False),
    ("zendesk.tickets", "83", zendesk(status="open", organization_id=9001), 4, False),
    ("zendesk.tickets", "84", zendesk(status="new", organization_id=9001), 2, False),
]


def rows(path: Path, model: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(f"from staging.{model} order by all").fetchall()


@pytest.fixture
def later(warehouse: Path, tmp_path: Path) -> Path:
    """The built warehouse with more landed since."""
    path = tmp_path / warehouse.name
    shutil.copy(warehouse, path)
    land_more(path, LATER)
    return path


def test_an_incremental_build_comes_to_what_a_full_one_does(project: Project, later: Path) -> None:
    before = {model: rows(later, model) for model in MODELS}
    project.run("run", "--select", *MODELS, warehouse=later)
    after = {model: rows(later, model) for model in MODELS}
    assert all(after[model] != before[model] for model in MODELS)
    project.run("run", "--select", *MODELS, "--full-refresh", warehouse=later)
    assert after == {model: rows(later, model) for model in MODELS}


@pytest.mark.parametrize(
    "landed",
    [
        pytest.param(one, marks=pytest.mark.slow)
        for one in ("< {last} - interval 2 hours", "= {last}")
    ],
)
def test_what_no_run_landed_since_is_not_read_again(
    project: Project, later: Path, landed: str
) -> None:
    """Neither long before the last build nor right before it, where landings overlap."""
    last = "(select max(_extracted_at) from staging.stg_hubspot__companies)"
    with duckdb.connect(str(later)) as connection:
        (untouched,) = connection.execute(
            "select _key from raw_hubspot.companies where _key not in ('101', '102', '999')"
            f" and _extracted_at {landed.format(last=last)}"
            " order by _key limit 1"
        ).fetchone() or (None,)
        assert untouched is not None, "the records of the tests hold no old one"
        connection.execute(
            "update raw_hubspot.companies set payload = ? where _key = ?",
            [json.dumps(hubspot(name="Read again")), untouched],
        )
    project.run("run", "--select", "stg_hubspot__companies", warehouse=later)
    assert untouched not in read_again(later)
    project.run("run", "--select", "stg_hubspot__companies", "--full-refresh", warehouse=later)
    assert untouched in read_again(later)


def read_again(path: Path) -> set[str]:
    with duckdb.connect(str(path), read_only=True) as connection:
        found = connection.execute(
            "select _key from staging.stg_hubspot__companies where company_name = 'Read again'"
        )
        return {key for (key,) in found.fetchall()}


@pytest.mark.slow
def test_a_part_that_vanished_from_its_record_leaves_staging(project: Project, later: Path) -> None:
    def with_fields(fields: dict[str, str]) -> Version:
        run = 5 if fields else 6
        return ("zendesk.users", "501", zendesk(name="A", user_fields=fields), run, False)

    model = "stg_zendesk__user_field_values"
    land_more(later, [with_fields({"plan": "premium"})])
    project.run("run", "--select", model, warehouse=later)
    assert len(rows(later, model)) == 1
    land_more(later, [with_fields({})])
    project.run("run", "--select", model, warehouse=later)
    assert rows(later, model) == []
