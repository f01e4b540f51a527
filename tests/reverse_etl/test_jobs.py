"""What a run makes of a tool that hands its batches to jobs: their handles outlive a kill."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from reverse_etl import jobs
from reverse_etl.destinations.base import Destination, Fields, Row, RowOutcome, Submitted
from reverse_etl.engine import Delivery, Engine
from tests.reverse_etl.bench import SPEC, Bench, wished
from tests.reverse_etl.proof.steps import Killed
from warehouse.clock import SystemClock
from warehouse.deliveries import Deliveries
from warehouse.errors import Misconfigured, Refused, Unavailable


@dataclass
class Tool:
    """The jobs of a tool by handle, and what happens in between."""

    jobs: dict[str, list[str]] = field(default_factory=dict)
    begun: set[str] = field(default_factory=set)
    looks: Counter[str] = field(default_factory=Counter)
    on_begin: Exception | None = None
    on_look: list[BaseException | None] = field(default_factory=list)
    refuses: frozenset[str] = frozenset()
    silent_about: frozenset[str] = frozenset()


class Jobs(Destination):
    batch_size = 100

    def __init__(self, tool: Tool) -> None:
        self.tool = tool
        self.handles_kept: Callable[[], list[str | None]] = list
        self.kept_before_begin: list[str | None] = []

    def faults(self, fields: Sequence[str]) -> list[str]:  # noqa: ARG002
        return []

    def write(self, operation: str, rows: Sequence[Row]) -> Submitted:  # noqa: ARG002
        handle = f"job-{len(self.tool.jobs) + 1}"
        self.tool.jobs[handle] = [row.key for row in rows]

        def begin() -> None:
            self.kept_before_begin = self.handles_kept()
            if self.tool.on_begin is not None:
                error, self.tool.on_begin = self.tool.on_begin, None
                raise error
            self.tool.begun.add(handle)

        return Submitted(handle, begin)

    def job(self, handle: str, rows: Sequence[Row]) -> list[RowOutcome] | None:
        self.tool.looks[handle] += 1
        said = self.tool.on_look.pop(0) if self.tool.on_look else None
        if said is not None:
            raise said
        if self.tool.looks[handle] < 2:
            return None
        assert [row.key for row in rows] == self.tool.jobs[handle]
        return [
            RowOutcome(row.trace, "rejected", reason="no")
            if row.key in self.tool.refuses
            else RowOutcome(row.trace, "acknowledged", tool_id=f"T{row.key}")
            for row in rows
            if row.key not in self.tool.silent_about
        ]

    def read(self, keys: Sequence[str], fields: Sequence[str]) -> dict[str, Fields]:  # noqa: ARG002
        raise AssertionError("what a job tells is not read back")

    def holds(self, held: object, wish: object) -> bool:
        raise NotImplementedError


class ReadBack(Jobs):
    def read(self, keys: Sequence[str], fields: Sequence[str]) -> dict[str, Fields]:
        return {key: dict.fromkeys(fields) for key in keys if key == keys[0]}

    def holds(self, held: object, wish: object) -> bool:  # noqa: ARG002 - what is there is right
        return True


@pytest.fixture
def keys(bench: Bench) -> list[str]:
    bench.wish([wished(n) for n in range(5)])
    bench.judge()
    return sorted(change.key for change in bench.plan().changes)


def _engine(bench: Bench, destination: Destination) -> Engine:
    return Engine(SPEC.name, destination, Deliveries(bench.state), SystemClock())


def _sent(bench: Bench, destination: Destination) -> Delivery:
    return _engine(bench, destination).apply(bench.plan(), "run-1")


def _by_key(bench: Bench, column: str) -> dict[str, Any]:
    return {row["key"]: row[column] for row in bench.ledger()}


def test_a_job_is_waited_for_and_tells_of_each_row(bench: Bench, keys: list[str]) -> None:
    tool = Tool(refuses=frozenset(keys[:1]), silent_about=frozenset(keys[1:2]))
    delivery = _sent(bench, Jobs(tool))
    assert delivery.outcomes == {"acknowledged": 3, "rejected": 1, "unknown": 1}
    assert tool.looks == {"job-1": 2}
    assert set(_by_key(bench, "job").values()) == {"job-1"}


def test_a_job_does_not_begin_before_its_handle_is_kept(bench: Bench, keys: list[str]) -> None:
    destination = Jobs(Tool())
    destination.handles_kept = lambda: [row["job"] for row in bench.ledger()]
    _sent(bench, destination)
    assert destination.kept_before_begin == ["job-1"] * len(keys)


def test_a_killed_run_asks_its_job_and_sends_nothing_again(bench: Bench, keys: list[str]) -> None:
    tool = Tool(on_look=[Killed()], refuses=frozenset(keys[:1]))
    with pytest.raises(Killed):
        _sent(bench, Jobs(tool))
    assert set(_by_key(bench, "outcome").values()) == {"in_flight"}
    recovery = _engine(bench, Jobs(tool)).recover()
    assert (recovery.delivered, recovery.rejected, recovery.abandoned) == (4, 1, 0)
    assert list(tool.jobs) == ["job-1"], "no second job"
    assert set(Deliveries(bench.state).parked(SPEC.name)) == set(keys[:1])
    assert _by_key(bench, "tool_id")[keys[1]] == f"T{keys[1]}"


def test_a_job_that_takes_too_long_is_asked_for_again_by_the_next_run(
    bench: Bench, keys: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "PATIENCE", -1.0)
    tool = Tool()
    delivery = _sent(bench, Jobs(tool))
    assert (delivery.outcomes, delivery.exit_code) == ({"unknown": 5}, 5)
    with pytest.raises(Unavailable, match="job-1 is still under way"):
        _engine(bench, Jobs(tool)).recover()
    assert set(_by_key(bench, "outcome").values()) == {"unknown"}
    monkeypatch.undo()
    assert _engine(bench, Jobs(tool)).recover().delivered == len(keys)


@pytest.mark.parametrize(
    "said", [Refused("gone", status=404, body="gone"), Misconfigured("not your job")]
)
def test_a_job_that_is_not_told_of_leaves_its_rows_in_doubt(
    bench: Bench, keys: list[str], said: Exception
) -> None:
    delivery = _sent(bench, Jobs(Tool(on_look=[said])))
    assert delivery.outcomes == {"unknown": len(keys)}
    assert "job-1" in str(delivery.stopped_by)


def test_of_a_job_that_was_forgotten_the_rows_are_read_back(bench: Bench, keys: list[str]) -> None:
    gone = Refused("gone", status=404, body="gone")
    tool = Tool(on_look=[gone, gone])
    _sent(bench, Jobs(tool))
    recovery = _engine(bench, ReadBack(tool)).recover()
    assert (recovery.delivered, recovery.abandoned) == (1, 4)


def test_a_row_that_its_job_says_nothing_of_is_read_back(bench: Bench, keys: list[str]) -> None:
    tool = Tool(silent_about=frozenset(keys[2:3]))
    assert _sent(bench, Jobs(tool)).outcomes == {"acknowledged": 4, "unknown": 1}
    recovery = _engine(bench, ReadBack(tool)).recover()
    assert (recovery.delivered, recovery.abandoned) == (1, 0)


def test_what_the_tool_does_not_let_begin_is_halved(bench: Bench, keys: list[str]) -> None:
    tool = Tool(on_begin=Refused("no", status=400, body="bad"))
    assert _sent(bench, Jobs(tool)).outcomes == {"acknowledged": len(keys)}
    assert [len(one) for one in tool.jobs.values()] == [5, 2, 3]
    assert tool.begun == {"job-2", "job-3"}
    assert set(_by_key(bench, "job").values()) == {"job-2", "job-3"}
