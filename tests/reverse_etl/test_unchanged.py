"""A run in whose inputs nothing has changed compares nothing, and one of anything else does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from reverse_etl import diff
from reverse_etl.spec import FieldMapping
from tests.reverse_etl.bench import SPEC, Bench, wished
from warehouse.deliveries import Deliveries

ROWS = [wished(0), wished(1)]


@pytest.fixture
def compared(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """How often rows have been compared since two of them were found to be as delivered."""
    bench.wish(ROWS)
    bench.judge()
    bench.sync()
    assert bench.plan().counts["unchanged"] == 2
    seen: list[str] = []
    whole = diff.set_apart

    def counted(*given: Any) -> diff.Counts:
        seen.append("once")
        return whole(*given)

    monkeypatch.setattr(diff, "set_apart", counted)
    return lambda: len(seen)


def test_nothing_is_compared_twice(bench: Bench, compared: Callable[[], int]) -> None:
    before = bench.plan()
    ledger = bench.ledger()
    marks = Deliveries(bench.state).marked(SPEC.name)
    result = bench.sync()
    assert compared() == 0
    assert result.plan == before
    assert result.plan.counts["unchanged"] == 2
    assert bench.ledger() == ledger
    assert Deliveries(bench.state).marked(SPEC.name) == marks


def test_what_was_sent_is_not_gone_through(bench: Bench, compared: Callable[[], int]) -> None:
    """However many rows were sent, a run that finds nothing reads none of them."""
    asked: list[str] = []

    def listen(*given: Any) -> None:
        asked.append(given[2])

    with bench.state.transaction() as connection:
        engine = connection.engine
    sa.event.listen(engine, "before_cursor_execute", listen)
    bench.sync()
    sa.event.remove(engine, "before_cursor_execute", listen)
    assert compared() == 0
    assert any("FROM marks" in one for one in asked)
    assert not [one for one in asked if "delivered" in one]


def test_another_build_is_compared(bench: Bench, compared: Callable[[], int]) -> None:
    bench.wish([wished(0), wished(1, account_tier="A")])
    assert bench.plan().counts["changed"] == 1
    assert compared() == 1


def test_another_mapping_is_compared(bench: Bench, compared: Callable[[], int]) -> None:
    added = FieldMapping(field="revops_note", constant="new")
    spec = SPEC.model_copy(update={"fields": (*SPEC.fields, added)})
    assert len(bench.plan(spec).changes) == 2
    assert compared() == 1


def test_a_row_that_the_model_got_without_a_build_is_seen(
    bench: Bench, compared: Callable[[], int]
) -> None:
    with bench.warehouse.open("by hand") as session:
        session.execute(f"insert into {SPEC.table} select * from {SPEC.table} limit 1")
    assert bench.plan().counts["withheld"] == 2
    assert compared() == 1


def test_what_differs_is_looked_at_in_every_run(bench: Bench, compared: Callable[[], int]) -> None:
    """A row that the gate holds goes as soon as the gate lets it: no build, no delivery before."""
    bench.wish([wished(0), wished(1, account_tier="A")])
    bench.judge("hold")
    assert (bench.plan().counts["withheld"], bench.plan().counts["withheld"]) == (1, 1)
    assert compared() == 2
    bench.judge()
    assert bench.sync().plan.counts["changed"] == 1


def test_a_row_that_was_not_delivered_is_wished_for_again(
    bench: Bench, compared: Callable[[], int]
) -> None:
    bench.wish([wished(0), wished(1, account_tier="A")])
    bench.faults({"kind": "server_error", "times": None})
    bench.sync()
    bench.faults()
    assert bench.sync().plan.counts["changed"] == 1
    assert compared() == 2


def test_a_parked_row_that_is_freed_is_sent(bench: Bench, compared: Callable[[], int]) -> None:
    deliveries = Deliveries(bench.state)
    before = deliveries.marked(SPEC.name)
    deliveries.free(SPEC.name)
    assert deliveries.marked(SPEC.name) != before
    bench.plan()
    assert compared() == 1


def test_the_mirror_is_made_again_after_it_was_thrown_away(
    bench: Bench, compared: Callable[[], int]
) -> None:
    mirrored = bench.mirrored()
    with bench.warehouse.open("by hand") as session:
        session.execute("drop table ops.sync_changes")
    bench.sync()
    assert bench.mirrored() == mirrored != []
    assert compared() == 0
