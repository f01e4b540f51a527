"""The copy of what was acknowledged is as the state store has it, whatever happened in between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reverse_etl import memory
from reverse_etl.memory import memory_of, recall
from tests.reverse_etl.bench import SPEC, Bench, bench_at, wished
from warehouse.connection import Session, scratch
from warehouse.delivered import Columns, delivered_since
from warehouse.deliveries import Deliveries, NewEntry, PlanHeader, Settlement
from warehouse.state import StateStore

BEGAN = datetime(2026, 11, 20, 9, tzinfo=UTC)
SYNC = "try's"
keys = st.sampled_from(["a", "b", "c", "株式会社", "it's"])
steps = st.lists(
    st.tuples(
        st.dictionaries(keys, st.sampled_from(["", "1", "2"]), max_size=4),
        st.integers(-2, 2),
        st.booleans(),
    ),
    max_size=6,
)


def hashed(table: str) -> str:
    return f"(select *, hash(desired) as row_hash from {table})"


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with scratch() as opened:
        yield opened


def deliver(state: StateStore, number: int, rows: dict[str, str], at: datetime) -> None:
    """Acknowledge a wish for every key; an empty one is of a row that has left."""
    deliveries = Deliveries(state)
    header = PlanHeader(f"plan-{number}", SYNC, "tool", "thing", "run", None, "config", {})
    new = [NewEntry(key, "update", {"x": wish or None}, {}, wish) for key, wish in rows.items()]
    entries = deliveries.open_plan(header, new, at)
    deliveries.settle(SYNC, [Settlement(one, "acknowledged") for one in entries], at)


def remembered(session: Session) -> dict[str, tuple[int, int]]:
    rows = session.rows(f"from {memory_of(SYNC)}")
    return {row["key"]: (row["key_hash"], row["row_hash"]) for row in rows}


def kept(session: Session, state: StateStore) -> dict[str, tuple[int, int]]:
    return {
        row.key: (
            session.value("select hash($text)", {"text": row.key}),
            session.value("select hash($text)", {"text": row.desired}),
        )
        for row in Deliveries(state).last_sent(SYNC)
    }


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(done=steps)
def test_the_copy_follows_whatever_the_clock_does(
    session: Session, done: Sequence[tuple[dict[str, str], int, bool]]
) -> None:
    """Clocks of several machines differ: what comes later may bear an earlier instant."""
    state = StateStore("sqlite://")
    session.execute("drop schema if exists sync_memory cascade")
    at = BEGAN
    for number, (rows, hours, is_looked_at) in enumerate(done):
        at += timedelta(hours=hours)
        deliver(state, number, rows, at)
        if is_looked_at:
            recall(session, SYNC, state, hashed)
            assert remembered(session) == kept(session, state)
    recall(session, SYNC, state, hashed)
    assert remembered(session) == kept(session, state)
    state.close()


def test_a_copy_of_another_store_is_no_copy_of_this_one(session: Session) -> None:
    """As many rows, the same entries, the same instants: and other values."""
    session.execute("drop schema if exists sync_memory cascade")
    for wish in ("1", "2"):
        state = StateStore("sqlite://")
        deliver(state, 0, {"a": wish}, BEGAN)
        recall(session, SYNC, state, hashed)
        assert remembered(session) == kept(session, state)
        state.close()


def test_a_store_that_was_put_back_is_followed(session: Session) -> None:
    """After a restored backup the same entries are given again, to other wishes."""
    session.execute("drop schema if exists sync_memory cascade")
    state = StateStore("sqlite://")
    deliver(state, 0, {"a": "1"}, BEGAN)
    recall(session, SYNC, state, hashed)
    with state.transaction() as connection:
        for table in ("ledger", "plans", "delivered"):
            connection.execute(sa.text(f"delete from {table}"))
    deliver(state, 0, {"a": "2"}, BEGAN + timedelta(hours=1))
    recall(session, SYNC, state, hashed)
    assert remembered(session) == kept(session, state)
    state.close()


def test_what_is_known_is_not_read_again(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything of a first load may bear one instant: only what came after it is read."""
    read: list[object] = []
    whole = delivered_since

    def counted(*given: Any) -> Iterator[Columns]:
        for block in whole(*given):
            read.extend(block["key"])
            yield block

    monkeypatch.setattr(memory, "delivered_since", counted)
    session.execute("drop schema if exists sync_memory cascade")
    state = StateStore("sqlite://")
    deliver(state, 0, {"a": "1", "b": "1"}, BEGAN)
    recall(session, SYNC, state, hashed)
    deliver(state, 1, {"c": "1"}, BEGAN)
    recall(session, SYNC, state, hashed)
    deliver(state, 2, {"a": "2"}, BEGAN + timedelta(hours=1))
    recall(session, SYNC, state, hashed)
    assert read == ["a", "b", "c", "a"]
    assert remembered(session) == kept(session, state)
    state.close()


def test_a_copy_that_was_thrown_away_is_made_again(bench: Bench) -> None:
    bench.wish([wished(0), wished(1)])
    bench.judge()
    bench.sync()
    with bench.warehouse.open("test") as session:
        session.execute("drop schema sync_memory cascade")
    assert bench.plan().counts["unchanged"] == 2


def test_numbers_of_another_version_cause_no_push(bench: Bench) -> None:
    bench.wish([wished(0), wished(1)])
    bench.judge()
    bench.sync()
    bench.plan()
    table = memory_of(SPEC.name)
    with bench.warehouse.open("test") as session:
        session.execute(f"update {table} set row_hash = row_hash + 1")
        session.execute(f"comment on table {table} is 'v0.1 other'")
    bench.wish([wished(0), wished(1)])
    assert bench.plan().changes == ()
    with bench.warehouse.open("test") as session:
        assert session.value(f"select count(distinct row_hash) from {table}") == 2
    bench.wish([wished(0), wished(1, account_tier="C")])
    assert [change.after for change in bench.plan().changes] == [{"revops_account_tier": "C"}]


def test_every_row_that_was_sent_has_a_number(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Numbers that are right find their partners: nothing is compared field by field."""
    with bench_at(tmp_path_factory.mktemp("memory"), 3) as bench:
        bench.wish([wished(n) for n in range(3)])
        bench.judge()
        bench.sync()
        bench.wish([wished(0), wished(1), wished(2, account_score=77)])
        bench.plan()
        with bench.warehouse.open("test") as session:
            hashed = session.rows(f"select row_hash from {memory_of(SPEC.name)}")
        assert len(hashed) == 3
        assert all(row["row_hash"] is not None for row in hashed)
