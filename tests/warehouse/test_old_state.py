"""A state store that the first release wrote is brought up to date, and nothing of it is lost.

`data/state_of_5cd85f1.sql` is the dump of a store that the code of that commit made and filled.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.warehouse.stores import differences, schema, stamp
from tests.warehouse.test_landing import AT
from warehouse.clock import FixedClock
from warehouse.deliveries import Delivered, Deliveries, NewEntry, PlanHeader, Settlement
from warehouse.errors import Misconfigured
from warehouse.ledger import Ledger
from warehouse.runs import RunLog
from warehouse.state import HEAD, VERSION, StateStore
from warehouse.state_copy import of_this_version, put_back
from warehouse.verdicts import latest_verdict

DUMP = Path(__file__).parent / "data" / "state_of_5cd85f1.sql"
RUN = "20261120-090000-000-0001"


@pytest.fixture
def old(state_url: str) -> str:
    """The URL of a store of the first release, in either engine."""
    url = sa.engine.make_url(state_url)
    if url.drivername == "sqlite":
        Path(str(url.database)).parent.mkdir()
        with closing(sqlite3.connect(str(url.database))) as connection:
            connection.executescript(DUMP.read_text(encoding="utf-8"))
        return state_url
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        for statement in in_postgresql(DUMP.read_text(encoding="utf-8")):
            connection.exec_driver_sql(statement)
        for table, column in (("ledger", "entry_id"), ("verdicts", "verdict_id")):
            connection.exec_driver_sql(
                f"select setval('{table}_{column}_seq', (select max({column}) from {table}))"
            )
    engine.dispose()
    return state_url


def in_postgresql(dump: str) -> list[str]:
    """The statements of the dump as the first release made the same tables there."""
    for ours, theirs in (
        (" DATETIME", " TIMESTAMP WITH TIME ZONE"),
        (" JSON", " JSONB"),
        ("CREATE TABLE ledger (\n\tentry_id INTEGER", "CREATE TABLE ledger (\n\tentry_id SERIAL"),
        ("\n\tverdict_id INTEGER NOT NULL", "\n\tverdict_id SERIAL"),
    ):
        assert ours in dump
        dump = dump.replace(ours, theirs)
    statements = [one for one in dump.split(";\n") if one.startswith(("CREATE", "INSERT"))]
    # What is referred to comes first.
    return sorted(statements, key=lambda one: "plans" not in one.split("(")[0])


@pytest.fixture
def upgraded(old: str) -> Iterator[StateStore]:
    store = StateStore(old)
    yield store
    store.close()


def rows(url: str, columns: dict[str, list[str]]) -> dict[str, list[Any]]:
    """What the named columns of each table hold."""
    engine = sa.create_engine(url)
    found = {}
    with engine.connect() as connection:
        for table, names in columns.items():
            chosen: Any = sa.select(*map(sa.column, names))
            found[table] = [
                tuple(row) for row in connection.execute(chosen.select_from(sa.table(table)))
            ]
    engine.dispose()
    return found


def test_an_old_store_gets_the_schema_of_a_new_one_and_keeps_every_row(old: str) -> None:
    columns = {table: [name for name, *_ in of] for table, (of, _) in schema(old).items()}
    before = rows(old, columns)
    assert sum(map(len, before.values())) == 10
    StateStore(old).close()
    assert differences(old) == []
    assert rows(old, columns) == before
    assert stamp(old) == HEAD


def test_what_an_older_code_left_without_a_stamp_is_brought_up_to_date_too(
    state: StateStore, state_url: str
) -> None:
    """Before there were stamps a store was given what it lacked: it may be anything between."""
    with state.transaction() as connection:
        for statement in (
            "drop table alembic_version",
            "drop table alerts",
            "alter table ledger drop column job",
            "drop index runs_by_parent",
        ):
            connection.execute(sa.text(statement))
    StateStore(state_url).close()
    assert differences(state_url) == []
    assert stamp(state_url) == HEAD


def test_what_was_delivered_is_known_and_what_was_open_is_still_open(upgraded: StateStore) -> None:
    deliveries = Deliveries(upgraded)
    assert deliveries.last_sent("companies") == [
        Delivered("a", '{"tier": "gold"}', {"tier": "gold"}),
        Delivered("東", '{"tier": "silver"}', {"tier": "silver"}),
    ]
    assert [(one.key, one.outcome) for one in deliveries.unsettled("companies")] == [
        ("d", "unknown"),
        ("e", "planned"),
    ]
    verdict = latest_verdict(upgraded, "accounts")
    assert verdict is not None
    assert (verdict.decision, verdict.quarantined) == ("quarantine", {"東": ["no_name"]})
    (run,) = RunLog(upgraded, FixedClock(AT)).latest("sync", "companies")
    assert (run.run_id, run.report) == (RUN, {"rows": 5, "名前": "株式会社"})


def test_a_sync_goes_on_over_an_old_store(upgraded: StateStore) -> None:
    deliveries = Deliveries(upgraded)
    left = deliveries.unsettled("companies")
    deliveries.settle("companies", [Settlement(left[0], "acknowledged", "14")], AT)
    deliveries.abandon(left[1:], "never sent", AT)
    header = PlanHeader(
        "companies:2", "companies", "hubspot", "companies", "2", 1, "config", {"update": 1}
    )
    new = NewEntry("e", "update", {"tier": "gold"}, {}, '{"tier": "gold"}')
    (entry,) = deliveries.open_plan(header, [new], AT)
    deliveries.mark_in_flight([entry], "hash", AT)
    deliveries.settle("companies", [Settlement(entry, "acknowledged", "15")], AT)
    assert {one.key for one in deliveries.last_sent("companies")} == {"a", "東", "d", "e"}
    assert Ledger(upgraded).outcomes("companies") == {
        "acknowledged": 4,
        "rejected": 1,
        "abandoned": 1,
    }


def test_a_copy_that_the_first_release_made_is_put_back_whole(
    state: StateStore, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.sqlite"
    with closing(sqlite3.connect(copy)) as connection:
        connection.executescript(DUMP.read_text(encoding="utf-8"))
    made = copy.read_bytes()
    with of_this_version(copy) as moved:
        put_back(state, moved)
    assert {one.key for one in Deliveries(state).last_sent("companies")} == {"a", "東"}
    assert Ledger(state).outcomes("companies")["acknowledged"] == 2
    assert copy.read_bytes() == made


def test_a_copy_of_a_newer_version_is_not_put_back(tmp_path: Path) -> None:
    copy = f"sqlite:///{tmp_path / 'copy.sqlite'}"
    store = StateStore(copy)
    with store.transaction() as connection:
        connection.execute(sa.update(VERSION).values(version_num="9001"))
    store.close()
    with (
        pytest.raises(Misconfigured, match="version 9001"),
        of_this_version(tmp_path / "copy.sqlite"),
    ):
        pass
