"""The checks of the soak can fail, and a short form of it passes on a company of its own."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import Any

import pytest

from tests.soak.__main__ import main
from tests.soak.invariants import copies, growth, leftovers, outcomes, slope
from tests.soak.steps import run_step

_FLAT, _RISING = [200.0, 210, 190, 205, 200, 195], [200.0, 230, 260, 300, 340, 380]


def test_what_somebody_still_holds_is_left_behind(tmp_path: Path) -> None:
    (tmp_path / "processes").mkdir()
    lease = tmp_path / "warehouse.duckdb.lease"
    lease.touch()
    (tmp_path / "warehouse.duckdb.turn").touch()
    assert leftovers(tmp_path) == []
    held = os.open(lease, os.O_RDWR)
    fcntl.flock(held, fcntl.LOCK_EX)
    assert leftovers(tmp_path) == ["left behind: warehouse.duckdb.lease is still held"]
    os.close(held)
    for number in range(3):
        (tmp_path / "processes" / f"dead-{number}").touch()
    assert leftovers(tmp_path) == ["left behind: 3 files of processes"]


def test_half_a_copy_is_left_behind_unless_its_build_was_killed(tmp_path: Path) -> None:
    (tmp_path / "published").mkdir()
    (tmp_path / "published/next.partial").touch()
    assert leftovers(tmp_path) == ["left behind: published/next.partial"]
    assert leftovers(tmp_path, build_died=True) == []


def test_more_copies_than_wanted_are_told(tmp_path: Path) -> None:
    (tmp_path / "published").mkdir()
    for number in range(3):
        (tmp_path / "published" / f"{number:06}.duckdb").touch()
    os.link(tmp_path / "published/000002.duckdb", tmp_path / "published/current.duckdb")
    assert copies(tmp_path, keep=2) == []
    assert copies(tmp_path, keep=1) == ["published: 3 copies, 2 wanted"]


def test_a_row_without_an_outcome_is_told() -> None:
    said: dict[str, Any] = {
        "plan": {"changes": [{}, {}, {}]},
        "delivery": {"outcomes": {"acknowledged": 2, "rejected": 1}, "stopped_by": None},
    }
    assert outcomes(said) == []
    said["delivery"]["outcomes"]["acknowledged"] = 1
    assert outcomes(said)


def test_what_grows_is_told_and_what_moves_is_not() -> None:
    assert slope("memory", _FLAT, most=1.3) == []
    assert slope("memory", _RISING, most=1.3) == ["growth: memory went from 215 to 360"]
    assert slope("memory", _RISING[:5], most=1.3) == []
    assert growth("disk", [900, 950, 955, 960], per_cycle=5) == []
    assert growth("disk", [900, 950, 965, 980], per_cycle=5) == [
        "growth: disk by 15.0 a cycle, 5 allowed"
    ]


@pytest.mark.slow
def test_a_step_is_killed_with_all_its_children(tmp_path: Path) -> None:
    killed = run_step("status", "status", folder=tmp_path, kill_when=lambda passed: passed > 0.05)
    assert killed.was_killed
    told = run_step("version", "--version", folder=tmp_path)
    assert told.code == 0
    assert told.peak > 10


# A first build of everything and two hours: ten minutes of CPU.
@pytest.mark.slow
def test_two_hours_pass_and_a_spoiled_tool_is_seen(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--cycles", "1", "--spoil", "tool"]) == 1
    said = capsys.readouterr().out
    assert said.count("ledger: hubspot_companies") == 1, said
    assert " 1 violations" in said, said
