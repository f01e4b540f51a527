"""`revops run` is killed in each of its steps: it is interrupted, and the next one goes on."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.emulated import serving
from tests.orchestration.command import revops
from tests.orchestration.conftest import environment
from warehouse.deliveries import Deliveries
from warehouse.state import StateStore

KILLED_IN = ("extract", "build", "sync")
# Longer than any step takes on a slow machine; what is waited for is the step, not the time.
PATIENCE = 900


@pytest.mark.slow
def test_a_killed_run_is_interrupted_and_the_next_one_goes_on(
    company: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    with serving(company) as vendors:
        settings = vendors.settings() | {"REVOPS_HOME": str(home)}
        with environment(settings, tmp_path):
            killed = [kill_in(step, home) for step in KILLED_IN]
            listed = {one["run_id"]: one for one in revops("runs", "--json").document["runs"]}
            assert {listed[run_id]["status"] for run_id in killed} == {"interrupted"}
            for run_id, step in zip(killed, KILLED_IN, strict=True):
                told = revops("runs", run_id, "--json").document
                assert told["steps"][-1]["kind"] == step
                assert told["steps"][-1]["status"] == "interrupted"
            last = revops("run", "--json")
            assert last.code in {0, 4}, last.out
            whole = revops("runs", last.document["run_id"], "--json").document
            assert_ties(whole)
            assert {one["open"] for one in revops("status", "--json").document["syncs"]} == {0}
            assert_delivered_once(vendors.records("hubspot", "companies"), home)


def kill_in(step: str, home: Path) -> str:
    """SIGKILL `revops run` and its children while it is in a step; the id of that run."""
    command = [str(Path(sys.executable).parent / "revops"), "run"]
    process = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL)
    until = time.monotonic() + PATIENCE
    run_id = None
    try:
        while run_id is None:
            assert process.poll() is None, f"the run was over before it came to {step}"
            assert time.monotonic() < until, f"no step {step} in {PATIENCE} s"
            time.sleep(0.05)
            run_id = at_work_on(step, home / "state.sqlite")
        time.sleep(0.4)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return run_id


def at_work_on(step: str, store: Path) -> str | None:
    """The larger run of which a step of this kind is running, if there is one."""
    if not store.exists():
        return None
    query = "select parent from runs where kind = ? and status = 'running'"
    # Before its tables are made there is nothing to read.
    with suppress(sqlite3.OperationalError), closing(_reading(store)) as connection:
        for (parent,) in connection.execute(query, (step,)):
            return str(parent)
    return None


def _reading(store: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{store}?mode=ro", uri=True)


def assert_ties(whole: dict[str, Any]) -> None:
    """One id in the landing, the verdicts, the plans and the ledger."""
    run_id = whole["run_id"]
    assert whole["status"] in {"succeeded", "partial"}
    assert {one["run_id"].partition("/")[0] for one in whole["steps"]} == {run_id}
    assert len(whole["streams"]) > 50
    assert {one["ruleset"] for one in whole["verdicts"]} >= {"accounts", "people"}
    planned = {one["sync"]: one for one in whole["plans"]}
    assert planned
    for sync, plan in planned.items():
        assert plan["run_id"] == f"{run_id}/sync-{sync}"
        assert set(plan["outcomes"]) <= {"acknowledged", "rejected"}


def assert_delivered_once(companies: list[dict[str, Any]], home: Path) -> None:
    state = StateStore(f"sqlite:///{home / 'state.sqlite'}")
    held = {one["id"]: one["properties"] for one in companies}
    rows = Deliveries(state).last_sent("hubspot_companies")
    state.close()
    assert len(rows) > 50
    for row in rows:
        for field, value in row.held.items():
            told = held[row.key][field]
            assert float(told or 0) == value if isinstance(value, int | float) else told == value
