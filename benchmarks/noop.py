"""A run that finds nothing new must cost the same whatever the size of the warehouse."""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

import duckdb

from benchmarks.contest import cpu
from benchmarks.contestants import ours
from benchmarks.job import Job
from benchmarks.report import Report, Target
from benchmarks.running import DATA, serving

TIMES = 10
MOST = 1.2


def grow(job: Job) -> Job:
    """Make the landed rows ten times as many, each copy under keys of its own."""
    with duckdb.connect(str(ours.warehouse(job).path)) as connection:
        connection.execute(
            f"""
            insert into raw_hubspot.contacts
            select contacts.* replace (_key || '-' || copy as _key)
            from raw_hubspot.contacts, range(1, {TIMES}) as copies(copy)
            """
        )
        connection.execute(f"update raw_hubspot._cursors set live = live * {TIMES}")
    return replace(job, rows=job.rows * TIMES)


def measure(job: Job) -> tuple[float, float]:
    """CPU and wall seconds of one run that finds nothing."""
    before, began = cpu(), time.perf_counter()
    ours.land(job)
    return cpu() - before, time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--out", type=Path, default=DATA / "results")
    asked = parser.parse_args()
    made = Report("No-op run", ("rows in the warehouse", "CPU s", "wall s"))
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        serving(asked.rows) as (server, rendered),
    ):
        small = Job(server, asked.rows, Path(folder) / "small", rendered.lines)
        large = replace(small, folder=Path(folder) / "large")
        for job in (small, large):
            ours.land(job)
        large = grow(large)
        for job in (small, large):
            measure(job)
        found = [(measure(small), measure(large)) for _ in range(asked.repeats)]
    costs = [[pair[place] for pair in found] for place in (0, 1)]
    cpus = [median(cost for cost, _ in each) for each in costs]
    for job, each, spent in zip((small, large), costs, cpus, strict=True):
        made.rows.append((f"{job.rows:,}", f"{spent:.3f}", f"{median(w for _, w in each):.3f}"))
    ratio = cpus[1] / cpus[0]
    made.targets = [
        Target(f"CPU at {TIMES} times the rows", f"at most {MOST}x", f"{ratio:.2f}x", ratio <= MOST)
    ]
    made.figures = {"cpu_and_wall": {"small": costs[0], "large": costs[1]}}
    made.show()
    made.write(asked.out)


if __name__ == "__main__":
    main()
