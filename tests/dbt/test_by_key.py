"""What is made anew by key comes to what a build of everything comes to, whatever changed.

A company of five tools and the hand-made records of the other tests are changed at random: records
deleted, brought back, renamed, given another record's fields, so that they move between people and
companies, and new ones. The next builds take the changed keys only; then everything is built from
nothing, and every table must hold the same rows.
"""

from __future__ import annotations

import json
import random
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from benchmarks.modelling import logs
from tests.dbt.conftest import FILE, Project
from tests.dbt.raw_records import ALL, STREAMS, land_more
from warehouse.connection import Warehouse

SCALE = 0.0005
ROUNDS = 3
# Of a stream, in a round: with more, most keys would be affected and everything made anew.
CHANGED = 0.04
# What a record is made of has ids of its own, which no tool gives to two records.
PARTS = {"items", "lines"}
# Of a run, not of the data.
OF_A_RUN = {"run_id", "happened_at", "event_id", "invocation_id", "reported_at", "built_at"}
EVERYTHING = (
    *("build", "--exclude-resource-type", "test"),
    *("--exclude-resource-type", "unit_test"),
)
SCHEMAS = ("staging", "identity", "canonical", "metrics", "marts", "activation")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def company(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A warehouse with records of every tool, built once."""
    path = tmp_path_factory.mktemp("company") / FILE
    logs.land_all(Warehouse(path), SCALE)
    land_more(path, ALL)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("REVOPS_CLOCK", "2026-07-01T00:00:00Z")
        project.run(*EVERYTHING, warehouse=path)
        yield path


@pytest.mark.parametrize("seed", range(3))
def test_what_changed_by_key_is_what_all_would_be(
    project: Project, company: Path, tmp_path: Path, seed: int
) -> None:
    path = tmp_path / FILE
    shutil.copy(company, path)
    chance = random.Random(seed)
    for day in range(1, ROUNDS + 1):
        land_at_random(path, chance, day)
        project.run(*EVERYTHING, warehouse=path)
    later = contents(path)
    assert later != contents(company)
    # What is made whole by mistake would hide every other.
    assert comments(path) == comments(company)
    project.run(*EVERYTHING, "--full-refresh", warehouse=path)
    assert told_apart(later, contents(path)) == {}


def test_a_build_after_no_change_makes_no_key_anew(
    project: Project, company: Path, tmp_path: Path
) -> None:
    path = tmp_path / FILE
    shutil.copy(company, path)
    before = rows_made(path)
    project.run("run", "--select", "config.materialized:by_key", warehouse=path)
    assert rows_made(path) == before


def rows_made(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """The physical places of the rows of every table made by key: a row made anew has another."""
    with duckdb.connect(str(path)) as connection:
        tables = connection.execute(
            "select table_name from duckdb_tables() where table_name like 'keys_of__%'"
        ).fetchall()
        assert tables
        return {
            name: connection.execute(f"select rowid, * from ops.{name} order by all").fetchall()
            for (name,) in tables
        }


def comments(path: Path) -> dict[str, str]:
    """Of the tables made by key: which build made each whole, and of what."""
    with duckdb.connect(str(path)) as connection:
        return dict(
            connection.execute(
                "select table_name, comment from duckdb_tables() where table_name like 'keys_of__%'"
            ).fetchall()
        )


def land_at_random(path: Path, chance: random.Random, day: int) -> None:
    """Some records of every stream are changed in one way or another."""
    stamp = f"2026-07-{day:02}T00:00:00Z"
    with duckdb.connect(str(path)) as connection:
        for stream in [f"raw_{tool}.{one}" for tool, all_of in STREAMS.items() for one in all_of]:
            newest = connection.execute(
                "select _key, arg_max(payload, (_extracted_at, _run_id)),"
                " arg_max(_deleted, (_extracted_at, _run_id))"
                f" from {stream} group by _key order by 1"
            ).fetchall()
            for key, text, is_deleted in newest:
                if chance.random() > CHANGED:
                    continue
                kind = chance.choice(["delete", "mix", "mix", "mix", "copy"])
                payload, other = json.loads(text), json.loads(chance.choice(newest)[1])
                if kind == "mix":
                    mix(payload, other, chance)
                new = f"{key}{day}" if kind == "copy" and not PARTS & payload.keys() else key
                if "id" in payload and new != key:
                    payload["id"] = int(new) if isinstance(payload["id"], int) else new
                gone = kind == "delete" and not is_deleted
                connection.execute(
                    f"insert into {stream} values (?, null, ?, ?, ?, ?)",
                    [new, stamp, f"run {day}", gone, "{}" if gone else json.dumps(payload)],
                )


def mix(payload: dict[str, Any], other: dict[str, Any], chance: random.Random) -> None:
    """Some of a record's fields become another's, but for what it is called by."""
    for name in sorted(payload.keys() - {"id", *PARTS}):
        if isinstance(payload[name], dict) and isinstance(other.get(name), dict):
            mix(payload[name], other[name], chance)
        elif name in other and chance.random() < 0.3:
            payload[name] = other[name]


def contents(path: Path) -> dict[str, Counter[tuple[Any, ...]]]:
    """Every row of every table that models made, without what tells of the run."""
    with duckdb.connect(str(path)) as connection:
        tables = connection.execute(
            "select schema_name, table_name, list(column_name order by column_index)"
            " from duckdb_columns() where schema_name in ? group by all order by all",
            [list(SCHEMAS)],
        ).fetchall()
        return {
            f"{schema}.{table}": Counter(
                connection.execute(f"select {as_text(columns)} from {schema}.{table}").fetchall()
            )
            for schema, table, columns in tables
            if set(columns) - OF_A_RUN
        }


def as_text(columns: list[str]) -> str:
    return ", ".join(f"cast({one} as varchar)" for one in columns if one not in OF_A_RUN)


def told_apart(
    some: dict[str, Counter[tuple[Any, ...]]], others: dict[str, Counter[tuple[Any, ...]]]
) -> dict[str, tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]]:
    """By table, up to two rows that only the one holds, and that only the other does."""
    assert some.keys() == others.keys()
    return {
        table: (list(rows - others[table])[:2], list(others[table] - rows)[:2])
        for table, rows in some.items()
        if rows != others[table]
    }
