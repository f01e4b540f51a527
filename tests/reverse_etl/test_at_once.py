"""Several batches under way at a time: as many as the tool bears, and each accounted for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from threading import Barrier, Event, Lock
from typing import Any

import pytest

from reverse_etl.destinations.base import Destination, Fields, Row, RowOutcome
from reverse_etl.engine import Delivery, Engine
from reverse_etl.guards import Guards
from tests.reverse_etl.bench import SPEC, Bench, wished
from warehouse.clock import SystemClock
from warehouse.deliveries import Deliveries
from warehouse.errors import Misconfigured, Refused, Unavailable

ROWS, BATCH, AT_ONCE = 30, 3, 4
# No test waits longer than this for another thread.
PATIENCE = 20

Do = Callable[[int, Sequence[Row]], None]


class Many(Destination):
    """Keeps note of what is under way; `do` is called with the number of the request."""

    batch_size = BATCH
    at_once = AT_ONCE

    def __init__(self, do: Do = lambda _, __: None) -> None:
        self._do, self._lock = do, Lock()
        self.requests: list[list[str]] = []
        self.under_way: set[str] = set()
        self.most = 0

    def faults(self, fields: Sequence[str]) -> list[str]:  # noqa: ARG002
        return []

    def write(self, operation: str, rows: Sequence[Row]) -> list[RowOutcome]:  # noqa: ARG002
        keys = [row.key for row in rows]
        with self._lock:
            assert not self.under_way & set(keys), "a record is in two requests at a time"
            self.under_way |= set(keys)
            self.requests.append(keys)
            number = len(self.requests)
            self.most = max(self.most, len(self.under_way))
        try:
            self._do(number, rows)
        finally:
            with self._lock:
                self.under_way -= set(keys)
        return [RowOutcome(row.trace, "acknowledged") for row in rows]

    def read(self, keys: Sequence[str], fields: Sequence[str]) -> dict[str, Fields]:  # noqa: ARG002
        return {}

    def holds(self, held: object, wish: object) -> bool:
        return held == wish


@pytest.fixture(autouse=True)
def wishes(bench: Bench) -> None:
    bench.wish([wished(n) for n in range(ROWS)])
    bench.judge()


def _sent(bench: Bench, tool: Many, **more: Any) -> Delivery:
    engine = Engine(SPEC.name, tool, Deliveries(bench.state), SystemClock())
    return engine.apply(bench.plan(), "run-1", **more)


def _assert_accounted_for(bench: Bench, delivery: Delivery) -> None:
    assert Counter(row["outcome"] for row in bench.ledger()) == delivery.outcomes
    assert delivery.outcomes.total() == ROWS


def test_as_many_are_under_way_as_the_tool_bears(bench: Bench) -> None:
    # Nobody gets through alone: each of the first four waits for the other three.
    together = Barrier(AT_ONCE)

    def meet(number: int, _: Sequence[Row]) -> None:
        if number <= AT_ONCE:
            together.wait(PATIENCE)

    tool, told = Many(meet), list[int]()
    delivery = _sent(bench, tool, progress=told.append)
    assert delivery.outcomes == {"acknowledged": ROWS}
    assert tool.most <= AT_ONCE * BATCH
    assert sum(told) == ROWS
    _assert_accounted_for(bench, delivery)


@pytest.mark.parametrize("error", [Unavailable("gone"), Misconfigured("not yours")])
def test_what_is_under_way_when_the_tool_falls_silent_is_settled_and_no_more_begins(
    bench: Bench, error: Exception
) -> None:
    together, fallen = Barrier(AT_ONCE), Event()

    def fall(number: int, _: Sequence[Row]) -> None:
        if number <= AT_ONCE:
            together.wait(PATIENCE)
        if number == 1:
            fallen.set()
            raise error
        assert fallen.wait(PATIENCE)

    tool = Many(fall)
    delivery = _sent(bench, tool)
    ended = "unknown" if isinstance(error, Unavailable) else "abandoned"
    assert delivery.stopped_by == str(error)
    # One that no thread had begun with yet was not asked for: it is without effect, too.
    not_begun = ROWS - len(tool.requests) * BATCH - delivery.outcomes["planned"]
    assert delivery.outcomes[ended] == BATCH + (not_begun if ended == "abandoned" else 0)
    assert delivery.outcomes["acknowledged"] == (len(tool.requests) - 1) * BATCH
    # The three others were under way, and each may have made room for one before the first fell.
    assert len(tool.requests) <= 2 * AT_ONCE - 1
    _assert_accounted_for(bench, delivery)


def test_a_batch_that_is_refused_whole_is_halved_beside_the_others(bench: Bench) -> None:
    bad: list[str] = []

    def refuse(number: int, rows: Sequence[Row]) -> None:
        if number == 1:
            bad.append(rows[-1].key)
        if any(row.key in bad for row in rows):
            raise Refused("no", status=400, body="bad")

    tool, told = Many(refuse), list[int]()
    delivery = _sent(bench, tool, progress=told.append)
    assert delivery.outcomes == {"acknowledged": ROWS - 1, "rejected": 1}
    assert [one["key"] for one in delivery.rejected] == bad
    assert sum(told) == ROWS
    assert Counter(key for keys in tool.requests for key in keys)[bad[0]] == 3
    _assert_accounted_for(bench, delivery)


def test_a_guard_that_stops_it_lets_what_is_under_way_end(bench: Bench) -> None:
    def refuse(_: int, rows: Sequence[Row]) -> None:
        raise Refused("no", status=400, body="bad")

    tool = Many(refuse)
    delivery = _sent(bench, tool, guards=Guards(max_rejected_share=0.5))
    assert delivery.exit_code == 3 or delivery.outcomes == {"rejected": ROWS}
    _assert_accounted_for(bench, delivery)


def test_an_error_of_ours_leaves_nothing_under_way(bench: Bench) -> None:
    def stumble(number: int, _: Sequence[Row]) -> None:
        if number == 2:
            raise KeyError("ours")

    tool = Many(stumble)
    with pytest.raises(KeyError):
        _sent(bench, tool)
    assert not tool.under_way
    left = Counter(row["outcome"] for row in bench.ledger())
    # What it had of the tool is known; in doubt are the request that stumbled, and one that no
    # thread had begun with yet.
    assert left["acknowledged"] == (len(tool.requests) - 1) * BATCH
    assert BATCH <= left["in_flight"] <= AT_ONCE * BATCH
