"""A state store that the first release wrote is brought up to date, and nothing of it is lost.

`data/state_of_5cd85f1.sql` is the dump of a store that the code of that commit made and filled.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.warehouse.test_landing import AT
from warehouse.clock import FixedClock
from warehouse.deliveries import Delivered, Deliveries, NewEntry, PlanHeader, Settlement
from warehouse.ledger import Ledger
from warehouse.runs import RunLog
from warehouse.state import StateStore
from warehouse.verdicts import latest_verdict

DUMP = Path(__file__).parent / "data" / "state_of_5cd85f1.sql"
RUN = "20261120-090000-000-0001"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "state.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(DUMP.read_text(encoding="utf-8"))
    return path


@pytest.fixture
def upgraded(old: Path) -> Iterator[StateStore]:
    store = StateStore(f"sqlite:///{old}")
    yield store
    store.close()


def schema(path: Path) -> dict[str, Any]:
    """Per table its columns by name, and the names of its indexes."""
    engine = sa.create_engine(f"sqlite:///{path}")
    inspector = sa.inspect(engine)
    found = {
        table: (
            sorted((one["name"], str(one["type"])) for one in inspector.get_columns(table)),
            sorted(str(one["name"]) for one in inspector.get_indexes(table)),
        )
        for table in inspector.get_table_names()
    }
    engine.dispose()
    return found


def rows(path: Path, columns: dict[str, list[str]]) -> dict[str, list[Any]]:
    """What the named columns of each table hold."""
    engine = sa.create_engine(f"sqlite:///{path}")
    found = {}
    with engine.connect() as connection:
        for table, names in columns.items():
            chosen: Any = sa.select(*map(sa.column, names))
            found[table] = [
                tuple(row) for row in connection.execute(chosen.select_from(sa.table(table)))
            ]
    engine.dispose()
    return found


def test_an_old_store_gets_the_schema_of_a_new_one_and_keeps_every_row(
    old: Path, tmp_path: Path
) -> None:
    columns = {table: [name for name, _ in of] for table, (of, _) in schema(old).items()}
    before = rows(old, columns)
    assert sum(map(len, before.values())) == 10
    StateStore(f"sqlite:///{old}").close()
    StateStore(f"sqlite:///{tmp_path / 'new.sqlite'}").close()
    assert schema(old) == schema(tmp_path / "new.sqlite")
    assert rows(old, columns) == before


def test_several_that_open_an_old_store_at_once_all_succeed(old: Path, tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as pool:
        for store in pool.map(lambda _: StateStore(f"sqlite:///{old}"), range(4)):
            store.close()
    StateStore(f"sqlite:///{tmp_path / 'new.sqlite'}").close()
    assert schema(old) == schema(tmp_path / "new.sqlite")


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


def test_several_that_make_a_new_store_at_once_all_succeed(state_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        for store in pool.map(lambda _: StateStore(state_url), range(4)):
            store.close()


def test_a_lost_index_is_made_again(state: StateStore, state_url: str) -> None:
    with state.transaction() as connection:
        connection.execute(sa.text("drop index runs_by_parent"))
    StateStore(state_url).close()
    with state.transaction() as connection:
        names = {one["name"] for one in sa.inspect(connection).get_indexes("runs")}
    assert names == {"runs_by_parent", "runs_by_status"}
