"""A run whose process is gone is noticed; one that is at work is left alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.warehouse.test_landing import AT
from warehouse.clock import FixedClock
from warehouse.deliveries import Deliveries, NewEntry, PlanHeader
from warehouse.processes import Processes
from warehouse.run_history import latest_runs, plans_of, steps_of
from warehouse.runs import RunLog, worst_status
from warehouse.state import StateStore

_BEGIN = """
import sys, time
from datetime import datetime, UTC
from pathlib import Path
from warehouse.clock import FixedClock
from warehouse.processes import Processes
from warehouse.runs import RunLog
from warehouse.state import StateStore
url, folder, run_id = sys.argv[1:]
clock = FixedClock(datetime(2026, 11, 20, tzinfo=UTC))
runs = RunLog(StateStore(url), clock, Processes(Path(folder)))
runs.start("run", "everything", run_id=run_id)
runs.start("extract", "hubspot", run_id=f"{run_id}/extract")
print("began", flush=True)
time.sleep(600)
"""


@contextmanager
def begun(url: str, folder: Path, run_id: str) -> Iterator[subprocess.Popen[str]]:
    """A process that has begun a run and is at work on it."""
    process = subprocess.Popen(
        [sys.executable, "-c", _BEGIN, url, str(folder), run_id],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "began\n"
        yield process
    finally:
        process.kill()
        process.wait()


def statuses(runs: RunLog, run_id: str) -> set[str]:
    return {one.status for one in [*runs.latest("run"), *runs.parts_of(run_id)]}


def test_a_killed_run_is_interrupted_and_a_living_one_is_running(
    state: StateStore, state_url: str, tmp_path: Path
) -> None:
    folder = tmp_path / "processes"
    runs = RunLog(state, FixedClock(AT), Processes(folder))
    with begun(state_url, folder, "20_1") as process:
        runs.notice_interrupted()
        assert statuses(runs, "20_1") == {"running"}
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        runs.notice_interrupted()
        assert statuses(runs, "20_1") == {"interrupted"}
    (run,) = runs.latest("run")
    assert run.finished_at is None


def test_what_has_ended_stays_as_it_ended(state: StateStore, tmp_path: Path) -> None:
    runs = RunLog(state, FixedClock(AT), Processes(tmp_path / "processes"))
    runs.finish(runs.start("run", "everything", run_id="20_1"), "partial", {})
    # As a store of an older version has it: nobody is known to be at work on it.
    RunLog(state, FixedClock(AT)).start("run", "everything", run_id="20_0")
    own = runs.start("run", "everything", run_id="20_2")
    runs.notice_interrupted()
    found = {run.run_id: run.status for run in runs.latest("run", limit=3)}
    assert found == {"20_0": "interrupted", "20_1": "partial", own: "running"}


def test_the_files_of_the_dead_are_taken_away_and_of_the_living_kept(tmp_path: Path) -> None:
    folder = tmp_path / "processes"
    folder.mkdir()
    (folder / "host-1-dead").touch()
    with begun(f"sqlite:///{tmp_path / 's.sqlite'}", folder, "r"):
        (living,) = {path.name for path in folder.iterdir()}
        own = Processes(folder).own()
        assert {path.name for path in folder.iterdir()} == {living, own}
        assert Processes(folder).own() == own
        assert Processes(folder).gone([living, own, "host-1-dead", None]) == {"host-1-dead", None}


_FORK = """
import os, signal, sys
from pathlib import Path
from warehouse.processes import Processes
own = Processes(Path(sys.argv[1])).own()
child = os.fork()
if child == 0:
    signal.pause()
print(own, child, flush=True)
"""


def test_a_forked_child_does_not_keep_its_parents_run_alive(tmp_path: Path) -> None:
    # The child has the pipe, too: read a line, not to the end.
    with subprocess.Popen(
        [sys.executable, "-c", _FORK, str(tmp_path)], stdout=subprocess.PIPE, text=True
    ) as parent:
        assert parent.stdout is not None
        own, child = parent.stdout.readline().split()
        parent.wait()
        gone = Processes(tmp_path).gone([own])
        os.kill(int(child), signal.SIGKILL)
    assert gone == {own}


def test_a_larger_run_ends_as_the_worst_of_its_steps(state: StateStore) -> None:
    runs = RunLog(state, FixedClock(AT))
    whole = runs.start("dagster", "everything", dagster_run_id="d-1")
    runs.finish(runs.start("gate", "accounts", run_id=f"{whole}/a/gate"), "held", {})
    runs.finish(runs.start("sync", "s", run_id=f"{whole}/sync-s"), "partial", {})
    runs.finish_whole(whole)
    (run,) = runs.latest("dagster")
    assert (run.status, run.dagster_run_id, run.parent) == ("held", "d-1", None)
    assert {part.parent for part in runs.parts_of(whole)} == {whole}


@pytest.mark.parametrize(
    ("steps", "worst"),
    [
        ([], "succeeded"),
        (["succeeded", "partial"], "partial"),
        (["held", "failed"], "failed"),
        (["interrupted", "running"], "running"),
    ],
)
def test_one_status_stands_for_several(steps: list[str], worst: str) -> None:
    assert worst_status(steps) == worst


def test_a_run_is_told_with_its_steps_plans_and_ledger(state: StateStore) -> None:
    runs, deliveries = RunLog(state, FixedClock(AT)), Deliveries(state)
    runs.start("run", "everything", run_id="20_1")
    runs.finish(
        runs.start("sync", "companies", run_id="20_1/sync-companies"),
        "failed",
        {"error": "no answer", "exit_code": 5, "plan": {"hold_reasons": ["a"], "changes": [1]}},
    )
    runs.start("sync", "companies", run_id="20_10/sync-companies")
    plan(deliveries, "20_1/sync-companies", "p1", 3)
    plan(deliveries, "20_10/sync-companies", "p2", 2)
    found = dict(latest_runs(state, 5))
    assert list(found) == ["20_10", "20_1"]
    assert [step["run_id"] for step in found["20_1"]] == ["20_1", "20_1/sync-companies"]
    whole, step = steps_of(state, "20_1")
    assert whole["error"] is None
    assert (step["error"], step["exit_code"], step["hold_reasons"]) == ("no answer", 5, ["a"])
    (planned,) = plans_of(state, ["20_1", "20_1/sync-companies"])
    assert (planned["plan_id"], planned["outcomes"]) == ("p1", {"planned": 3})
    assert [run_id for run_id, _ in latest_runs(state, 1)] == ["20_10"]


def plan(deliveries: Deliveries, run_id: str, plan_id: str, rows: int) -> None:
    header = PlanHeader(plan_id, "companies", "hubspot", "companies", run_id, None, "hash", {})
    entries = [NewEntry(str(n), "update", {"a": n}, {}, "{}") for n in range(rows)]
    deliveries.open_plan(header, entries, AT)
