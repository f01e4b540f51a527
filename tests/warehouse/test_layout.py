"""A warehouse that the first release wrote is moved on and landed into; a newer one is refused.

`data/raw_of_5cd85f1.sql` holds the raw tables that the code of that commit made and filled.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

import warehouse.layout as layouts
from tests.warehouse.test_landing import AT, rows, version
from warehouse.connection import Session, Warehouse
from warehouse.errors import Misconfigured
from warehouse.landing import Landed, RawStream, Segment
from warehouse.layout import LAYOUT

DUMP = Path(__file__).parent / "data" / "raw_of_5cd85f1.sql"
TABLES = "select sql from duckdb_tables() where database_name = current_database() order by all"


@pytest.fixture
def old(tmp_path: Path) -> Warehouse:
    path = tmp_path / "warehouse.duckdb"
    with duckdb.connect(path) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute(DUMP.read_text(encoding="utf-8"))
    return Warehouse(path, wait_seconds=5)


def tables(warehouse: Warehouse) -> list[Any]:
    """What stands in the file, without our opening it."""
    with duckdb.connect(warehouse.path, read_only=True) as connection:
        return connection.execute(TABLES).fetchall()


def test_an_old_warehouse_is_moved_on_with_what_is_known_of_its_streams(old: Warehouse) -> None:
    log = "select * from raw_hubspot.contacts order by _extracted_at, _key"
    with duckdb.connect(old.path) as connection:
        before = connection.execute(log).fetchall()
    contacts = RawStream(old, "hubspot", "contacts").position()
    assert contacts.cursor == {"after": "2026-11-20T00:00:01Z"}
    # Of three people one was deleted; whether the reading came to its end, nobody has said.
    assert (contacts.live, contacts.read_at, contacts.is_whole) == (2, None, False)
    assert RawStream(old, "zendesk", "tickets").position().live == 1
    assert rows(old, "from ops._layout") == [{"version": LAYOUT}]
    with duckdb.connect(old.path) as connection:
        assert connection.execute(log).fetchall() == before


def test_it_is_landed_into_as_into_any_other(old: Warehouse) -> None:
    contacts = RawStream(old, "hubspot", "contacts")
    assert contacts.position().cursor
    later = AT + timedelta(days=8)
    known = version("2", "2026-11-19T00:00:01Z", '{"id": "2", "name": "O\'Hara"}')
    new = version("4", "2026-11-28T00:00:00Z", '{"id": "4", "name": "鈴木"}')
    landed = contacts.land(Segment.of([known, new]), {"after": "x"}, run_id="r", at=later)
    assert landed == Landed(versions=1)
    contacts.finish(at=later, fields={}, swept=True)
    stands = contacts.position()
    assert (stands.cursor, stands.live, stands.is_whole) == ({"after": "x"}, 3, True)
    assert contacts.live_keys() == ["1", "2", "4"]


def test_an_old_warehouse_has_the_tables_of_a_new_one_then(old: Warehouse, tmp_path: Path) -> None:
    new = Warehouse(tmp_path / "new.duckdb")
    for warehouse in (old, new):
        for vendor, stream in (("hubspot", "contacts"), ("zendesk", "tickets")):
            RawStream(warehouse, vendor, stream).position()
    assert tables(old) == tables(new)


def test_a_warehouse_of_a_newer_version_is_refused_and_left_alone(old: Warehouse) -> None:
    with duckdb.connect(old.path) as connection:
        connection.execute("create schema ops; create table ops._layout as select 900 as version")
    before = tables(old)
    ways: list[AbstractContextManager[object]] = [old.open("x"), old.lent("x"), old.at_rest("x")]
    for opening in ways:
        with pytest.raises(Misconfigured, match=r"layout 900.*newest that it knows is") as caught:
            opening.__enter__()
        assert "install the newer revops" in str(caught.value)
        assert caught.value.exit_code == 2
    # It is let go of, so that others may open it, and it is as it was.
    with duckdb.connect(old.path) as connection:
        connection.execute("select 1")
    assert tables(old) == before


def test_a_move_that_stops_half_way_leaves_the_old_one(
    old: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tables(old)
    execute = Session.execute

    def stopped(self: Session, sql: str, parameters: Any = None) -> None:
        if "raw_zendesk" in sql and "update" in sql:
            raise RuntimeError("the machine went away")
        execute(self, sql, parameters)

    with monkeypatch.context() as broken:
        broken.setattr(Session, "execute", stopped)
        with pytest.raises(RuntimeError, match="went away"), old.open("x"):
            pass
    assert tables(old) == before
    assert RawStream(old, "zendesk", "tickets").position().live == 1


def test_one_that_is_put_in_its_place_is_looked_at_again(old: Warehouse, tmp_path: Path) -> None:
    """As a backup is, by a process that had the former one open."""
    warehouse = Warehouse(tmp_path / "one.duckdb")
    with warehouse.open("x") as session:
        session.execute("create table t (i int)")
    old.path.replace(warehouse.path)
    assert RawStream(warehouse, "hubspot", "contacts").position().live == 2


def test_a_warehouse_without_its_layout_is_counted_once(
    old: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    with old.open("x"):
        pass
    monkeypatch.setattr(layouts, "_MOVES", (pytest.fail,))
    assert RawStream(Warehouse(old.path), "hubspot", "contacts").position().live == 2
