from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path
from shutil import copy

import duckdb
import pytest

from warehouse.connection import Warehouse, WarehouseError
from warehouse.errors import Busy
from warehouse.lease import Lease
from warehouse.published import Published

HOLD = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=True)
print(connection.execute("select max(number) from marts.seen").fetchone()[0], flush=True)
input()
print(connection.execute("select max(number) from marts.seen").fetchone()[0], flush=True)
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small warehouse, made once and copied for each test."""
    path = tmp_path_factory.mktemp("made") / "customers.duckdb"
    with duckdb.connect(str(path)) as connection:
        for schema in ("raw_tool", "canonical", "marts"):
            connection.execute(f"create schema {schema}")
        connection.execute("create table raw_tool.records as select 'hana@example.com' as payload")
        connection.execute("create table canonical.account as select 'a.customers.b' as name")
        connection.execute("create table marts.seen as select 1 as number")
        # As dbt makes views: they name the catalog, which is named after the file.
        connection.execute("""
            create view marts.about as
            select name, 'customers.canonical' as told from customers.canonical.account
        """)
        connection.execute("create view marts.above as select * from customers.marts.about")
    return path


@pytest.fixture
def warehouse(made: Path, tmp_path: Path) -> Warehouse:
    path = tmp_path / "home" / made.name
    path.parent.mkdir()
    return Warehouse(Path(copy(made, path)), wait_seconds=0.2)


@pytest.fixture
def published(tmp_path: Path) -> Published:
    return Published(tmp_path / "published")


def write(warehouse: Warehouse, number: int) -> None:
    with warehouse.open("a test") as session:
        session.execute("insert into marts.seen values ($number)", {"number": number})


def newest(published: Published) -> int:
    with published.open() as session:
        return int(session.value("select max(number) from marts.seen"))


def test_a_copy_holds_what_the_warehouse_holds_then_and_no_more(
    warehouse: Warehouse, published: Published
) -> None:
    published.publish(warehouse)
    write(warehouse, 2)
    assert newest(published) == 1
    published.publish(warehouse)
    assert newest(published) == 2
    with published.open() as session:
        assert session.value("select payload from raw_tool.records") == "hana@example.com"


def test_what_only_the_log_holds_is_copied_too(warehouse: Warehouse, published: Published) -> None:
    script = """
import os, sys, duckdb
connection = duckdb.connect(sys.argv[1])
connection.execute("set checkpoint_threshold = '1GB'")
connection.execute("insert into marts.seen values (7)")
os._exit(0)
"""
    subprocess.run([sys.executable, "-c", script, str(warehouse.path)], check=True)
    assert warehouse.path.with_name(warehouse.path.name + ".wal").stat().st_size > 0
    published.publish(warehouse)
    assert newest(published) == 7


def test_views_are_read_in_the_copy_though_its_file_has_another_name(
    warehouse: Warehouse, published: Published
) -> None:
    published.publish(warehouse)
    with duckdb.connect(str(published.current), read_only=True) as connection:
        found = connection.execute("select name, told from marts.above").fetchall()
    assert found == [("a.customers.b", "customers.canonical")]


def test_a_reader_keeps_its_copy_while_newer_ones_are_published_and_it_is_removed(
    warehouse: Warehouse, published: Published
) -> None:
    published.publish(warehouse)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(published.current)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as reader:
        assert reader.stdout is not None
        assert reader.stdout.readline() == "1\n"
        for number in (2, 3, 4):
            write(warehouse, number)
            published.publish(warehouse, keep=0)
        assert [one.number for one in published.copies()] == [4]
        assert newest(published) == 4
        assert reader.communicate("\n")[0] == "1\n"


def test_no_byte_of_a_copy_changes_once_it_is_published(
    warehouse: Warehouse, published: Published
) -> None:
    published.publish(warehouse)
    before = published.current.read_bytes()
    with published.current.open("rb") as held:
        write(warehouse, 2)
        published.publish(warehouse, keep=0)
        assert held.read() == before
    assert published.current.read_bytes() != before


def test_so_many_older_copies_are_kept_as_is_asked(warehouse: Warehouse, tmp_path: Path) -> None:
    published = Published(tmp_path / "published", keep=2)
    made = [published.publish(warehouse).number for _ in range(5)]
    assert made == [1, 2, 3, 4, 5]
    assert [one.number for one in published.copies()] == [5, 4, 3]
    assert sorted(path.name for path in published.folder.iterdir()) == [
        *("000003.duckdb", "000004.duckdb", "000005.duckdb", "current.duckdb")
    ]


def test_only_the_schemas_asked_for_are_in_the_file(warehouse: Warehouse, tmp_path: Path) -> None:
    published = Published(tmp_path / "published", schemas=("marts",))
    published.publish(warehouse)
    with published.open() as session:
        schemas = session.rows("select distinct schema_name from duckdb_tables()")
        assert session.value("select name from marts.above") == "a.customers.b"
    assert schemas == [{"schema_name": "marts"}]
    assert b"hana@example.com" not in published.current.read_bytes()
    assert b"hana@example.com" in warehouse.path.read_bytes()


def test_a_schema_that_is_not_there_is_named(warehouse: Warehouse, tmp_path: Path) -> None:
    published = Published(tmp_path / "published", schemas=("marts", "mart"))
    with pytest.raises(WarehouseError, match="no schema mart") as caught:
        published.publish(warehouse)
    assert "REVOPS_PUBLISHED__SCHEMAS" in str(caught.value)
    assert list(published.folder.iterdir()) == []


def test_a_copy_that_cannot_be_written_leaves_the_one_of_before(
    warehouse: Warehouse, published: Published
) -> None:
    published.publish(warehouse)
    # In the way of the next copy.
    (published.folder / "next.partial").mkdir()
    write(warehouse, 2)
    with published.after_build(warehouse, whole=True) as publication:
        pass
    assert publication.copy is None
    assert "could not be made" in str(publication.why_not)
    assert newest(published) == 1


def test_what_a_killed_publisher_left_is_removed(
    warehouse: Warehouse, published: Published
) -> None:
    published.folder.mkdir()
    (published.folder / "next.partial").write_text("half a build")
    (published.folder / "current.duckdb.wal").write_text("of a program that wrote")
    published.publish(warehouse)
    assert newest(published) == 1
    assert [path.name for path in published.folder.glob("*.partial*")] == []


def test_nobody_may_write_into_a_copy(warehouse: Warehouse, published: Published) -> None:
    warehouse.path.chmod(0o640)
    published.publish(warehouse)
    assert stat.S_IMODE(published.current.stat().st_mode) == 0o440
    with published.open() as session, pytest.raises(duckdb.Error, match="read-only"):
        session.execute("create table marts.mine as select 1 as number")


def test_nothing_is_published_of_a_build_that_failed_until_a_whole_one_ends_well(
    warehouse: Warehouse, published: Published
) -> None:
    with published.after_build(warehouse, whole=True):
        write(warehouse, 2)
    assert newest(published) == 2

    def fail() -> None:
        with published.after_build(warehouse, whole=True):
            write(warehouse, 3)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    with published.after_build(warehouse, whole=False) as publication:
        write(warehouse, 4)
    assert "an earlier build failed" in str(publication.why_not)
    assert newest(published) == 2
    with published.after_build(warehouse, whole=True):
        pass
    assert newest(published) == 4
    with published.after_build(warehouse, whole=False):
        write(warehouse, 5)
    assert newest(published) == 5


def test_between_a_build_and_its_copy_nobody_else_comes(
    warehouse: Warehouse, published: Published
) -> None:
    other = Lease(warehouse.path, wait_seconds=0)
    with (
        published.after_build(warehouse, whole=True),
        pytest.raises(Busy, match="dbt build"),
        other.held("an extract"),
    ):
        pass


def test_where_nothing_is_published_the_next_step_is_told(published: Published) -> None:
    with (
        pytest.raises(WarehouseError, match="Nothing is published yet") as caught,
        published.open(),
    ):
        pass
    assert "revops build" in str(caught.value)
    assert not published.folder.exists()


def test_the_copy_and_its_number_are_one_file(warehouse: Warehouse, published: Published) -> None:
    newest_one = published.publish(warehouse)
    assert newest_one.path.samefile(published.current)
    assert newest_one.bytes == published.current.stat().st_size
