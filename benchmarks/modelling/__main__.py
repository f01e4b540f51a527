"""Asks what the models cost on a large company, each run a process of its own.

python -m benchmarks.modelling --scale 0.1 --only metrics
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

from benchmarks.modelling import company, logs
from benchmarks.modelling.dbt import Cost, Run, build, timed
from benchmarks.report import Report, Target
from benchmarks.running import DATA
from warehouse.connection import Warehouse
from warehouse.settings import child_environment

MOST_MB = 4_096
# What dbt may cost beside its statements, and a build after a change of 1 % beside a full one.
MOST_BESIDE = 1.5
MOST_LATER = 0.2
_TOLD = 5


def measure_metrics(scale: float, folder: Path) -> Report:
    """dbt beside the same statements on one connection, on canonical tables."""
    warehouse = folder / "warehouse.duckdb"
    company.make(warehouse, scale)
    run = build(warehouse, folder / "dbt", ("policy", "metrics"))
    asked = [str(warehouse), str(folder / "dbt")]
    command = [sys.executable, "-m", "benchmarks.modelling.statements", *asked]
    direct = timed(command, child_environment({}), folder / "direct.txt")
    made = _report(f"Metrics at scale {scale:g}", {"dbt": run.cost, "its statements": direct})
    beside = run.cost.cpu_s / direct.cpu_s
    made.targets.append(
        Target(
            "CPU of dbt beside its statements",
            f"at most {MOST_BESIDE}x",
            f"{beside:.2f}x",
            beside <= MOST_BESIDE,
        )
    )
    return _with_slowest(made, {"metrics": run})


def measure_build(scale: float, folder: Path) -> Report:
    """Everything from raw logs, at first and after a change of one in a hundred."""
    warehouse = Warehouse(folder / "warehouse.duckdb")
    landed = logs.land_all(warehouse, scale)
    full = build(warehouse.path, folder / "dbt")
    changed = logs.land_changes(warehouse, scale)
    later = build(warehouse.path, folder / "dbt")
    made = _report(
        f"Build at scale {scale:g}",
        {f"of {landed:,} records": full.cost, f"after {changed:,} more": later.cost},
    )
    share = later.cost.cpu_s / full.cost.cpu_s
    made.targets.append(
        Target(
            "CPU after a change of 1 %",
            f"at most {MOST_LATER}x",
            f"{share:.2f}x",
            share <= MOST_LATER,
        )
    )
    return _with_slowest(made, {"full": full, "later": later})


def _report(title: str, costs: Mapping[str, Cost]) -> Report:
    made = Report(title, ("", "wall s", "CPU s", "peak MB"))
    for name, cost in costs.items():
        made.rows.append((name, f"{cost.wall_s:.0f}", f"{cost.cpu_s:.0f}", f"{cost.peak_mb:,.0f}"))
    peak = max(cost.peak_mb for cost in costs.values())
    made.targets = [
        Target("peak memory", f"at most {MOST_MB:,} MB", f"{peak:,.0f} MB", peak <= MOST_MB)
    ]
    made.figures = {"costs": {name: asdict(cost) for name, cost in costs.items()}}
    return made


def _with_slowest(made: Report, runs: Mapping[str, Run]) -> Report:
    for name, run in runs.items():
        slowest = sorted(run.seconds.items(), key=lambda one: -one[1])
        made.figures[f"seconds_{name}"] = dict(slowest)
        told = ", ".join(f"{model} {seconds:.1f}" for model, seconds in slowest[:_TOLD])
        made.rows.append((f"slowest, {name}: {told}", "", "", ""))
    return made


QUESTIONS: dict[str, Callable[[float, Path], Report]] = {
    "metrics": measure_metrics,
    "build": measure_build,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scale", type=float, default=1, help="1: a million people")
    parser.add_argument("--only", nargs="+", choices=QUESTIONS, default=list(QUESTIONS))
    parser.add_argument("--out", type=Path, default=DATA / "results")
    parser.add_argument("--keep", type=Path, help="a folder that keeps the databases")
    asked = parser.parse_args()
    for name in asked.only:
        with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
            folder = (asked.keep or Path(scratch)) / name
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
            made = QUESTIONS[name](asked.scale, folder)
        made.show()
        print(f"Every figure as JSON: {made.write(asked.out)}")


if __name__ == "__main__":
    main()
