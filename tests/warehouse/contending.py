"""Processes that want one warehouse at the same time, and note what each of their rounds saw.

`python -m tests.warehouse.contending FOLDER ROUNDS [KIND...]` starts one process per kind, all by
fork, so that the libraries are loaded once. Each writes `FOLDER/<kind>.ndjson`, a line per round.
"""

from __future__ import annotations

import json
import logging
import os
import random
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import duckdb

from warehouse import waiting
from warehouse.connection import Session, Warehouse
from warehouse.published import Published
from warehouse.reading import reading_live

# Seconds: a build keeps the warehouse for so long, and what waits is to say so much earlier.
BUILD = 0.6
_LONG = 120.0
waiting.SAID_AFTER = 0.1

BOTH = "select (select max(build) from marts.first), (select max(build) from marts.last)"


def prepare(folder: Path) -> None:
    with Warehouse(folder / "warehouse.duckdb").open("a test") as session:
        session.execute("create schema marts")
        session.execute("create table raw as select 0 as record")
        for table in ("first", "last"):
            session.execute(f"create table marts.{table} as select 0 as build")


class Contender:
    """One process: what it does in a round, and what it notes of it."""

    def __init__(self, folder: Path, kind: str, rounds: int) -> None:
        self.folder, self.kind, self.rounds = folder, kind, rounds
        self.warehouse = Warehouse(folder / "warehouse.duckdb", wait_seconds=_LONG)
        self.published = Published(folder / "published")
        self.chance = random.Random(kind)

    def run(self) -> None:
        notes = (self.folder / f"{self.kind}.ndjson").open("w", encoding="utf-8")
        told: list[str] = []
        logging.getLogger("warehouse.waiting").addHandler(_Keeping(told))
        silent = _silent_waits()
        act = getattr(self, f"as_{self.kind.rstrip('0123456789')}")
        for number in range(self.rounds):
            note: dict[str, Any] = {"round": number}
            try:
                note |= act(number) or {}
            except Exception:  # noqa: BLE001 - whatever it is, it is what the test looks for
                note["error"] = traceback.format_exc()
            note |= {"told": list(told), "silent": len(silent)}
            told.clear()
            notes.write(json.dumps(note) + "\n")
            notes.flush()
            time.sleep(self.chance.random() * 0.05)

    def as_extract(self, number: int) -> None:
        with self.warehouse.open("extract hubspot.deals") as session:
            session.execute("insert into raw values ($number)", {"number": number})

    def as_build(self, _: int) -> dict[str, Any]:
        """Two tables that belong together, each in a transaction of its own."""
        with self.published.after_build(self.warehouse, whole=True) as publication:
            self._write("insert into marts.first select max(build) + 1 from marts.first")
            time.sleep(BUILD)
            self._write("insert into marts.last select max(build) from marts.first")
        return {"error": publication.why_not} if publication.why_not else {}

    def as_gate(self, _: int) -> dict[str, Any]:
        with self.warehouse.open("gate accounts") as session:
            return _seen(session)

    def as_lent(self, _: int) -> dict[str, Any]:
        """As Great Expectations reads: by a connection of its own, under our lease."""
        with (
            self.warehouse.lent("gate people") as path,
            duckdb.connect(str(path), read_only=True) as connection,
        ):
            return _seen(Session(connection))

    def as_live(self, _: int) -> dict[str, Any]:
        with reading_live(self.warehouse, "revops sql") as session:
            return _seen(session)

    def as_asked(self, _: int) -> dict[str, Any]:
        """As `revops sql` asks the copy."""
        self._wait_for_a_copy()
        with self.published.open() as session:
            return _seen(session)

    def as_client(self, _: int) -> dict[str, Any]:
        """Any program, which keeps its copy open for a while: it must not change under it."""
        self._wait_for_a_copy()
        with duckdb.connect(str(self.published.current), read_only=True) as connection:
            before = _seen(Session(connection))
            time.sleep(self.chance.random() * 2 * BUILD)
            return before | {"is_same": _seen(Session(connection)) == before}

    def as_publish(self, _: int) -> None:
        self.published.publish(self.warehouse, keep=0)

    def as_stranger(self, _: int) -> None:
        """A program that knows no lease: in whenever it can, and for as long as it likes."""
        while True:
            try:
                with duckdb.connect(str(self.warehouse.path), read_only=True):
                    time.sleep(BUILD / 2)
                    return
            except duckdb.IOException:
                time.sleep(0.01)

    def as_killed(self, number: int) -> None:
        """A build that is killed somewhere, such as between its two tables."""
        child = _forked(lambda: Contender(self.folder, "build", 1).as_build(number))
        time.sleep(self.chance.random() * 2 * BUILD)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)

    def _write(self, statement: str) -> None:
        with self.warehouse.open("a model") as session:
            session.execute(statement)

    def _wait_for_a_copy(self) -> None:
        until = time.monotonic() + _LONG
        while not self.published.current.exists():
            if time.monotonic() > until:
                raise TimeoutError("nothing was published")
            time.sleep(0.01)


def _silent_waits() -> list[int]:
    """Of the waits to come those that were long and not told, by how often each looked again.

    Counted and not timed: on a busy machine a file may take long to open that nobody else has.
    """
    looked: Counter[int] = Counter()
    silent: list[int] = []
    pause, end = waiting.Wait.pause, waiting.Wait.end

    def counted(wait: waiting.Wait) -> None:
        looked[id(wait)] += 1
        pause(wait)

    def ended(wait: waiting.Wait) -> None:
        times = looked.pop(id(wait), 0)
        if times > waiting.SAID_AFTER / waiting.PAUSE + 1 and not wait.is_told:
            silent.append(times)
        end(wait)

    waiting.Wait.pause = counted  # type: ignore[assignment,method-assign]
    waiting.Wait.end = ended  # type: ignore[assignment,method-assign]
    return silent


class _Keeping(logging.Handler):
    def __init__(self, told: list[str]) -> None:
        super().__init__()
        self._told = told

    def emit(self, record: logging.LogRecord) -> None:
        self._told.append(record.getMessage())


def _seen(session: Session) -> dict[str, Any]:
    (row,) = session.rows(BOTH)
    first, last = row.values()
    return {"first": first, "last": last}


def contend(folder: Path, rounds: int, kinds: list[str]) -> int:
    """One process per kind; 0 if each came to its end."""
    prepare(folder)
    # Made behind the fork: a lock is of one process.
    started = [_forked(partial(_run, folder, kind, rounds)) for kind in kinds]
    return max(os.waitpid(one, 0)[1] for one in started)


def _run(folder: Path, kind: str, rounds: int) -> None:
    Contender(folder, kind, rounds).run()


def _forked(run: Callable[[], object]) -> int:
    child = os.fork()
    if child:
        return child
    try:
        run()
    except BaseException:  # noqa: BLE001 - the child ends here
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


if __name__ == "__main__":
    sys.exit(contend(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]))
