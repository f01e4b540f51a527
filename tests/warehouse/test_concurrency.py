"""Whoever wants the warehouse gets it in turn, says that it waits, and fails by no lock."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from warehouse.published import Published

WRITERS = ("extract", "build", "publish")
OF_THE_LIVE = ("gate", "lent", "live")
OF_THE_COPY = ("asked", "client")
ROUNDS = 4
EVERY = (*WRITERS, *OF_THE_LIVE, *OF_THE_COPY, "stranger")


def contend(folder: Path, rounds: int, kinds: tuple[str, ...]) -> dict[str, list[dict[str, Any]]]:
    """The notes of each process, once all have ended."""
    command = [sys.executable, "-m", "tests.warehouse.contending", str(folder), str(rounds)]
    subprocess.run([*command, *kinds], check=True, timeout=1200)
    return {
        kind: [json.loads(line) for line in (folder / f"{kind}.ndjson").read_text().splitlines()]
        for kind in kinds
    }


def check(notes: dict[str, list[dict[str, Any]]], rounds: int) -> None:
    errors = [note["error"] for one in notes.values() for note in one if "error" in note]
    assert errors == []
    assert {kind: len(one) for kind, one in notes.items()} == dict.fromkeys(notes, rounds)
    half = [
        (kind, note)
        for kind, one in notes.items()
        for note in one
        if note.get("first") != note.get("last") or not note.get("is_same", True)
    ]
    assert half == []
    for kind, found in notes.items():
        builds = [note["first"] for note in found if kind.startswith(OF_THE_COPY)]
        assert builds == sorted(builds), f"{kind} saw a copy and then an older one"


@pytest.fixture(scope="module")
def notes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    return contend(tmp_path_factory.mktemp("contended"), ROUNDS, EVERY)


def test_no_mix_of_processes_fails_by_a_lock_or_sees_half_a_build(
    notes: dict[str, list[dict[str, Any]]],
) -> None:
    check(notes, ROUNDS)


def test_whoever_waits_says_for_whom(notes: dict[str, list[dict[str, Any]]]) -> None:
    assert [(kind, note) for kind, one in notes.items() for note in one if note["silent"]] == []
    told = [line for one in notes.values() for note in one for line in note["told"]]
    begun = [line for line in told if not line.startswith("warehouse.duckdb is free, after ")]
    named = re.compile(
        r"waiting for warehouse.duckdb, in use by (another process|`.+` \(process \d+)"
    )
    assert begun
    assert [line for line in begun if not named.match(line)] == []


def test_a_reader_of_the_copy_waits_for_nobody(notes: dict[str, list[dict[str, Any]]]) -> None:
    assert [note["told"] for kind in OF_THE_COPY for note in notes[kind] if note["told"]] == []


@pytest.mark.slow
def test_many_rounds_of_twice_as_many_processes(tmp_path: Path) -> None:
    rounds = 20
    kinds = tuple(f"{kind}{number}" for kind in EVERY for number in (1, 2))
    notes = contend(tmp_path, rounds, kinds)
    check(notes, rounds)
    test_whoever_waits_says_for_whom(notes)
    assert len(Published(tmp_path / "published").copies()) <= 2
    leftovers = {path.name for path in (tmp_path / "published").glob("*partial*")}
    assert leftovers == set()


@pytest.mark.slow
def test_builds_that_are_killed_are_never_published_and_hold_up_nobody(tmp_path: Path) -> None:
    rounds = 20
    notes = contend(tmp_path, rounds, ("extract", "build", "killed1", "killed2", "asked", "client"))
    check(notes, rounds)
    assert {note["first"] for note in notes["asked"]} > {notes["asked"][0]["first"]}
