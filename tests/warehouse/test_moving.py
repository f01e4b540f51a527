"""A warehouse file becomes a lake: everything, once, equal, and on from where it was stopped."""

from __future__ import annotations

from pathlib import Path

import pytest

from warehouse.connection import Warehouse, WarehouseError
from warehouse.lake import Lake
from warehouse.moving import Moved, move

pytest.importorskip("duckdb_extension_ducklake", reason="the extra [lake] is not installed")


class Killed(BaseException):
    """Stands for a kill: nothing catches it."""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "warehouse.duckdb"
    with Warehouse(path).open("a test") as session:
        session.execute("create schema marts")
        session.execute(
            "create table marts.a (key varchar primary key, amount decimal(38, 12),"
            " told timestamptz,"
            " payload json not null, tags varchar[])"
        )
        session.execute(
            "insert into marts.a select 'k' || range, range * 0.000000000001::decimal(38, 12),"
            " timestamptz '2026-03-01 00:00:00.123456Z', '{\"n\": 1.0}', ['x', null] from range(50)"
        )
        session.execute("insert into marts.a values ('none', null, null, 'null', null)")
        session.execute("comment on table marts.a is 'told'")
        session.execute(
            "create table marts.b as select range as n, sum(range) as s from range(20)"
            " group by range"
        )
        session.execute("create table marts.c (n integer)")
    return path


def test_it_is_whole_and_goes_on_where_it_was_stopped(tmp_path: Path, source: Path) -> None:
    lake = Lake(f"sqlite:///{tmp_path}/lake.sqlite", tmp_path / "lake")
    target = Warehouse(source, lake=lake)
    said: list[str] = []

    def killed_at_the_second(what: str) -> None:
        said.append(what)
        if len(said) == 2:
            raise Killed

    with pytest.raises(Killed):
        move(source, target, killed_at_the_second)
    assert move(source, target) == Moved(tables=3, copied=2, rows=71)
    assert move(source, target) == Moved(tables=3, copied=0, rows=71)

    with Warehouse(source).open("a test") as here:
        before = here.rows("from marts.a order by key")
    with target.open("a test") as there:
        assert there.rows("from marts.a order by key") == before
        assert there.value("select sum(s) from marts.b") == 190
        told = "select comment from duckdb_tables() where table_name = 'a'"
        assert there.value(told) == "told"
        there.execute("insert into marts.c values (1)")
    with Warehouse(source).open("a test") as here:
        here.execute("insert into marts.c values (2)")
    with pytest.raises(WarehouseError, match="changed in the lake"):
        move(source, target)


def test_a_lake_that_is_in_use_is_not_replaced(tmp_path: Path, source: Path) -> None:
    target = Warehouse(source, lake=Lake(f"sqlite:///{tmp_path}/l.sqlite", tmp_path / "lake"))
    with target.open("a test") as session:
        session.execute("create table main.mine (n integer)")
    with pytest.raises(WarehouseError, match="holds tables already"):
        move(source, target)
