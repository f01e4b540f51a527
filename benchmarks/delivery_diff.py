"""What it costs to find the rows that differ from what was sent, beside one hash scan of them.

Every turn is a process of its own, and opens the warehouse before its costs are counted. The
questions take turns (A B C A B C ...), so that a busy machine is busy for all.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.contest import cpu, peak_mb
from benchmarks.delivery_rows import HASH_SCAN, SPEC, TYPES, change, make
from benchmarks.report import Report, Target
from benchmarks.running import DATA, ROOT
from reverse_etl.diff import difference_from_memory, set_apart
from reverse_etl.mapping import hashed_sent
from reverse_etl.memory import recall
from warehouse.connection import Session
from warehouse.state import StateStore

ONE_IN = 100
LIMIT = "512MB"
# What is asked: how many hash scans a question may cost, and how many MB.
ASKED = {"rows": 2.3, "fields": 3.0}
MOST_MB = 1_024


def scan(session: Session, state: StateStore) -> str:  # noqa: ARG001 - asked like the others
    return str(session.value(HASH_SCAN))


def rows(session: Session, state: StateStore) -> str:
    """Which rows differ: their keys."""
    table = recall(session, SPEC.name, state, partial(hashed_sent, SPEC.fields, TYPES))
    set_apart(session, SPEC, TYPES, table)
    return str(session.value("select count(*) || ' ' || bit_xor(md5_number(_key)) from apart"))


def fields(session: Session, state: StateStore) -> str:
    """What `revops plan` computes: every changed field, as last sent and as it would be."""
    found = difference_from_memory(session, SPEC, state)
    told = hashlib.sha256()
    for one in found.candidates:
        told.update(f"{one.key} {one.patch} {one.before}\n".encode())
    return f"{len(found.candidates)} {told.hexdigest()}"


QUESTIONS = {"scan": scan, "rows": rows, "fields": fields}
PREPARE = "prepare"
MEANING = {
    "scan": "one hash scan of the model",
    "rows": "which rows differ",
    "fields": "their fields, before and after",
}


def measure(home: Path, count: int, question: str, limit: str | None) -> dict[str, Any]:
    """One turn: CPU seconds and peak memory of the process, and what was answered."""
    warehouse, state = make(home, count)
    with warehouse.open("measuring") as session:
        if limit is not None:
            session.execute(f"set memory_limit = '{limit}'")
        # What DuckDB does once in a process is start-up: to read its own catalogue, and to import
        # pandas with the first parameter that it is given.
        session.rows(
            f"select column_name, $a from duckdb_columns(), (from {SPEC.table} limit 1)", {"a": "b"}
        )
        began = cpu()
        answer = QUESTIONS[question](session, state)
        spent = cpu() - began
    return {"cpu": spent, "peak_mb": peak_mb(), "answer": answer}


def turn(home: Path, count: int, question: str, limit: str | None) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_call(home, count, question, limit).splitlines()[-1])
    return found


def _call(home: Path, count: int, question: str, limit: str | None = None) -> str:
    """Have it done by a process of its own, whose peak of memory is nobody else's."""
    command = [sys.executable, "-m", "benchmarks.delivery_diff", "--home", str(home)]
    command += ["--rows", str(count), "--only", question, *(["--limit", limit] if limit else [])]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


def prepare(home: Path, count: int) -> None:
    """Make the company once, and change one row in a hundred once."""
    warehouse, state = make(home, count)
    state.close()
    if not (home / "changed").exists():
        change(warehouse, one_in=ONE_IN)
        (home / "changed").touch()


def report(count: int, found: dict[tuple[str, str | None], list[dict[str, Any]]]) -> Report:
    cpus = {key: median(one["cpu"] for one in turns) for key, turns in found.items()}
    peaks = {key: max(one["peak_mb"] for one in turns) for key, turns in found.items()}
    base = cpus["scan", None]
    made = Report(
        "Delivery-diff, one row in a hundred changed",
        (f"{count:,} rows x {len(SPEC.fields)} fields", "limit", "CPU s", "scans", "peak MB"),
        [
            (
                MEANING[name],
                limit or "",
                f"{cpus[key]:.2f}",
                f"{cpus[key] / base:.2f}x",
                f"{peaks[key]:.0f}",
            )
            for key in found
            for name, limit in [key]
        ],
    )
    for name, most in ASKED.items():
        ratio, peak = cpus[name, None] / base, peaks[name, None]
        made.targets += [
            Target(MEANING[name], f"at most {most} scans", f"{ratio:.2f}", ratio <= most),
            Target(f"{MEANING[name]}: memory", "at most 1 GB", f"{peak:.0f} MB", peak <= MOST_MB),
        ]
    answers = {one["answer"] for key in found if key[0] == "fields" for one in found[key]}
    same = len(answers) == 1
    made.targets.append(
        Target(f"the same answer with {LIMIT}", "yes", "yes" if same else "no", same)
    )
    made.figures = {
        "rows": count,
        "turns": {f"{name} {limit or ''}".strip(): turns for (name, limit), turns in found.items()},
    }
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--home", type=Path, help="where the company lies, or is made")
    parser.add_argument("--only", choices=[*QUESTIONS, PREPARE], help=argparse.SUPPRESS)
    parser.add_argument("--limit", help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, default=DATA / "results")
    asked = parser.parse_args()
    home = asked.home or DATA / f"delivery-{asked.rows}"
    if asked.only == PREPARE:
        prepare(home, asked.rows)
        return
    if asked.only:
        print(json.dumps(measure(home, asked.rows, asked.only, asked.limit)))
        return
    _call(home, asked.rows, PREPARE)
    turns = [("scan", None), ("rows", None), ("fields", None), ("fields", LIMIT)]
    found: dict[tuple[str, str | None], list[dict[str, Any]]] = {one: [] for one in turns}
    for _ in range(asked.repeats):
        for question, limit in turns:
            found[question, limit].append(turn(home, asked.rows, question, limit))
    made = report(asked.rows, found)
    made.show()
    made.write(asked.out)


if __name__ == "__main__":
    main()
