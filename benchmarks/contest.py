"""Runs one contestant in this process and says what it cost, start-up apart."""

from __future__ import annotations

import argparse
import importlib
import json
import resource
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from benchmarks.job import Job
from benchmarks.pages import PAGE


@dataclass(frozen=True)
class Cost:
    """What a run cost.

    CPU is user and system seconds of the process and its children; memory is the peak; `ended_at`
    is the machine's monotonic clock, which the server reads too.
    """

    rows: int
    cpu_seconds: float
    wall_seconds: float
    startup_cpu_seconds: float
    peak_mb: float
    ended_at: float


def cpu() -> float:
    own, children = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def peak_mb() -> float:
    """Of this process or the largest of its children, whichever is more."""
    whom = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(who).ru_maxrss for who in whom) / 1_024


def run(name: str, job: Job) -> Cost:
    """Land one page first, so that every import and cache is start-up; then the rows."""
    contestant = importlib.import_module(f"benchmarks.contestants.{name}")
    contestant.land(replace(job, rows=PAGE, folder=job.folder / "startup"))
    startup, began = cpu(), time.monotonic()
    measured = replace(job, folder=job.folder / "measured")
    contestant.land(measured)
    ended = time.monotonic()
    spent, wall, peak = cpu() - startup, ended - began, peak_mb()
    landed = contestant.landed(measured)
    if landed != job.rows:
        raise RuntimeError(f"{name} landed {landed} of {job.rows} rows")
    return Cost(landed, spent, wall, startup, peak, ended)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name")
    parser.add_argument("server")
    parser.add_argument("rows", type=int)
    parser.add_argument("lines", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        job = Job(asked.server, asked.rows, Path(folder), asked.lines)
        print(json.dumps(asdict(run(asked.name, job))))


# Some contestants start processes that import this module again.
if __name__ == "__main__":
    main()
