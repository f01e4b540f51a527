"""A sync in whose inputs nothing changed, at two sizes; and how many calls a change costs.

Nothing is sent, and nothing is written to the ledger. Both sizes take turns in one process.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.contest import cpu
from benchmarks.delivery_push import opened, run, taken
from benchmarks.delivery_rows import SPEC, change, judge, make
from benchmarks.delivery_server import taking
from benchmarks.report import Report, Target
from benchmarks.running import DATA
from reverse_etl.sync import run_sync
from warehouse.clock import SystemClock, new_run_id
from warehouse.connection import Warehouse
from warehouse.deliveries import Deliveries
from warehouse.state import StateStore

TIMES, MOST = 10, 1.2
ONE_IN, MOST_CALLS = 100, 0.0105


def sync(home: Path, url: str) -> float:
    """CPU seconds of one run that finds nothing to do."""
    state = StateStore(f"sqlite:///{home / 'state.sqlite'}")
    warehouse = Warehouse(home / "warehouse.duckdb")
    before = Deliveries(state).marked(SPEC.name)
    began = cpu()
    with opened(home, url) as tool:
        result = run_sync(SPEC, tool, warehouse, state, SystemClock(), run_id=new_run_id())
    spent = cpu() - began
    if result.plan.is_held or result.plan.changes or before != Deliveries(state).marked(SPEC.name):
        raise RuntimeError(f"{home.name} was not up to date: {result.plan.held_by}")
    state.close()
    return spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="of the smaller company")
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--out", type=Path, default=DATA / "results")
    asked = parser.parse_args()
    sizes = [asked.rows, asked.rows * TIMES]
    made = Report("Delivery-noop", ("rows", "runs", "CPU s"))
    with tempfile.TemporaryDirectory(prefix="bench-") as name, taking() as url:
        homes = [Path(name) / str(size) for size in sizes]
        for home, size in zip(homes, sizes, strict=True):
            judge(make(home, size)[1])
            # The first run compares, the second one finds that nothing has changed since.
            for _ in range(2):
                sync(home, url)
        found = [[sync(home, url) for home in homes] for _ in range(asked.repeats)]
        quiet = taken(url)
        change(Warehouse(homes[0] / "warehouse.duckdb"), one_in=ONE_IN)
        pushed = run(homes[0], url)
        calls = taken(url)["requests"] - quiet["requests"]
    costs: list[float] = [median(turn[place] for turn in found) for place in (0, 1)]
    for size, spent in zip(sizes, costs, strict=True):
        made.rows.append((f"{size:,}", f"{asked.repeats}", f"{spent:.4f}"))
    ratio, each = costs[1] / costs[0], calls / pushed["pushed"]
    made.targets = [
        Target(
            f"CPU at {TIMES} times the rows", f"at most {MOST}x", f"{ratio:.2f}x", ratio <= MOST
        ),
        Target("requests of all these runs", "none", f"{quiet['requests']}", not quiet["requests"]),
        Target(
            f"calls per changed row, {pushed['pushed']:,} changed",
            f"at most {MOST_CALLS}",
            f"{each:.5f}",
            each <= MOST_CALLS,
        ),
    ]
    figures: dict[str, Any] = {"sizes": sizes, "cpu": found, "calls": calls, "pushed": pushed}
    made.figures = figures
    made.show()
    made.write(asked.out)


if __name__ == "__main__":
    main()
