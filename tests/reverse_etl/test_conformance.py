"""What every destination must do, whatever its tool answers; described in `proof/of_*.py`."""

from __future__ import annotations

import math
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reverse_etl.destinations.base import Destination, Row, RowOutcome
from tests.reverse_etl.proof.case import AnyWire, Case, written
from tests.reverse_etl.proof.cases import CASES, EVERY
from tests.reverse_etl.proof.schedules import faults_of
from tests.reverse_etl.proof.steps import Steps
from tests.reverse_etl.proof.wire import Script
from tests.reverse_etl.proof.world import World
from warehouse.errors import Misconfigured, Refused, Unavailable

EMPTY = ("", "{}", "[]", "null", '{"ok": true}', '{"status": "COMPLETE", "results": []}')
MANY = 100
READABLE = [one for one in EVERY if CASES[str(one.values[0])].is_readable]
HTTP = [one for one in EVERY if CASES[str(one.values[0])].is_http]


@dataclass
class Bed:
    """One destination and the emulated tool behind it."""

    case: Case
    app: Any
    wire: AnyWire
    destination: Destination

    def rows(self, count: int, version: int = 1) -> list[Row]:
        case = self.case
        return [Row(case.key(n), case.wish(n, version), str(70 + n)) for n in range(count)]

    def write(self, rows: list[Row]) -> list[RowOutcome]:
        return written(self.destination, self.case.spec.operation, rows)

    def holding(self, rows: list[Row]) -> dict[str, str]:
        """Trace -> the tool's id, for the rows that the tool holds as they were wished for."""
        held = {key: (its_id, fields) for key, its_id, fields in self.case.held(self.app)}
        return {
            row.trace: held[row.key][0]
            for row in rows
            if row.key in held
            and all(str(held[row.key][1][name]) == str(row.fields[name]) for name in row.fields)
        }

    def is_its_id(self, told: str | None, its_id: str) -> bool:
        return told == its_id or (told is None and not self.case.tells_ids)


@contextmanager
def bed(name: str, script: Script = Script()) -> Iterator[Bed]:  # noqa: B008 - it is frozen
    with tempfile.TemporaryDirectory() as home:
        case = CASES[name]()
        case.set_up(Path(home) / "tool", MANY)
        app = case.start(Path(home) / "tool")
        wire = case.wire(app, Steps(), script, lambda: None)
        with case.client(wire) as client:
            yield Bed(case, app, wire, case.destination(client))


@cache
def most(name: str) -> int:
    """How many rows a request may have; of some tools, so many that they go as a file."""
    with bed(name) as made:
        return min(9, made.destination.batch_of(made.case.spec.operation, MANY))


@cache
def destination_size(name: str) -> int:
    with bed(name) as made:
        return made.destination.batch_size


@pytest.mark.parametrize("name", EVERY)
def test_what_is_acknowledged_is_there_by_the_id_that_is_told(name: str) -> None:
    with bed(name) as made:
        rows = made.rows(most(name))
        told = {one.trace: one.tool_id for one in made.write(rows)}
        there = made.holding(rows)
        assert told.keys() == there.keys()
        assert all(made.is_its_id(told[trace], its_id) for trace, its_id in there.items())
        assert len(told) == len(rows)


@pytest.mark.parametrize("name", EVERY)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_no_answer_makes_a_destination_say_what_is_not_so(name: str, data: st.DataObject) -> None:
    """Reordered, missing, doubled, torn, empty: a row is acknowledged, or refused, or in doubt."""
    fault = data.draw(st.sampled_from(faults_of(CASES[name]())))
    count, seed = data.draw(st.integers(1, most(name))), data.draw(st.integers(0, 99))
    with bed(name, Script({("write", 1): fault}, seed)) as made:
        rows = made.rows(count)
        try:
            outcomes = made.write(rows)
        except Refused:
            assert made.holding(rows) == {}
            return
        except (Unavailable, Misconfigured):
            return
        there = made.holding(rows)
        assert len(set(outcomes)) == len({one.trace for one in outcomes}), "no row has two fates"
        assert {one.trace for one in outcomes} <= {row.trace for row in rows}
        names_rows = made.case.same_ids_when_reordered or fault != "reordered"
        for one in outcomes:
            assert (one.outcome == "acknowledged") == (one.trace in there), (fault, one)
            if one.outcome == "acknowledged" and names_rows:
                assert made.is_its_id(one.tool_id, there[one.trace])
            assert one.outcome == "acknowledged" or one.reason


@pytest.mark.parametrize("body", EMPTY)
@pytest.mark.parametrize("name", HTTP)
def test_a_success_that_says_nothing_is_no_success_and_no_refusal(name: str, body: str) -> None:
    def say_nothing(request: httpx.Request, _: str | None) -> httpx.Response:
        return httpx.Response(200, text=body, request=request)

    with bed(name) as made, pytest.MonkeyPatch.context() as patch:
        patch.setattr(made.wire, "_written", say_nothing)
        try:
            assert made.write(made.rows(1)) == []
        except Unavailable:
            assert made.holding(made.rows(1)) == {}


@pytest.mark.parametrize("name", HTTP)
def test_a_tool_that_asks_for_patience_is_asked_again_after_that_time(name: str) -> None:
    with (
        bed(name, Script({("write", 1): "rate_limit"})) as made,
        pytest.MonkeyPatch.context() as patch,
    ):
        answer = made.wire._answer  # type: ignore[attr-defined]

        def busy(request: httpx.Request, kind: str, fault: str | None) -> httpx.Response:
            if fault is None:
                told: httpx.Response = answer(request, kind, fault)
                return told
            return httpx.Response(429, json=made.case.broken, headers={"Retry-After": "0.2"})

        patch.setattr(made.wire, "_answer", busy)
        rows, began = made.rows(1), time.monotonic()
        (one,) = made.write(rows)
        assert one.outcome == "acknowledged"
        assert time.monotonic() - began >= 0.2
        assert len(made.holding(rows)) == 1


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("rows", [2, 7, 64, 100])
def test_one_bad_row_is_found_in_few_calls_and_the_others_are_delivered(
    name: str, rows: int, tmp_path: Path
) -> None:
    if destination_size(name) < rows:
        pytest.skip(f"{name} takes {destination_size(name)} rows at a time")
    case = CASES[name]()
    if "refused_whole" not in case.faults:
        pytest.skip(f"{name} says no to no row that it could be given")
    case.batch = rows
    world = World(case, tmp_path, rows)
    world.wish(dict.fromkeys(range(rows), 1))
    world.run(Script({("write", 1): "refused_whole"}, seed=rows))
    assert world.asked["write"] <= 2 * math.ceil(math.log2(rows)) + 1
    outcomes = Counter(row["outcome"] for row in world.entries())
    assert outcomes == {"acknowledged": rows - 1, "rejected": 1}
    world.finish()
    world.close()
    assert world.violations == []


@pytest.mark.parametrize("name", READABLE)
def test_what_is_in_doubt_is_looked_up_and_not_sent_again(name: str, tmp_path: Path) -> None:
    world = World(CASES[name](), tmp_path, 3)
    world.wish({0: 1})
    # An update may be repeated at once, so that the answer is lost each time.
    lost = {("write", time): "time_out_after_commit" for time in (1, 2)}
    world.run(Script(lost))
    assert {row["outcome"] for row in world.entries()} == {"unknown"}
    assert world.run() == 0
    assert (world.asked["write"], world.asked["read"]) == (0, 1)
    assert {row["outcome"] for row in world.entries()} == {"acknowledged"}
    world.close()


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.folds_keys])
def test_a_key_in_another_case_is_read_back_by_our_own_spelling(name: str) -> None:
    with bed(name) as made:
        (row,) = made.rows(1)
        made.write([row])
        other = row.key.swapcase()
        assert other != row.key
        assert made.destination.read([other], list(row.fields)).keys() == {other}
