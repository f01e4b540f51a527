"""Peak memory of landing must not grow with how much is landed."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from benchmarks.report import Report, Target
from benchmarks.running import DATA, contest, serving

MOST_MB = 300


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[200_000, 1_000_000])
    parser.add_argument("--out", type=Path, default=DATA / "results")
    asked = parser.parse_args()
    made = Report("Memory of landing", ("contacts", "peak MB", "CPU s", "wall s"))
    with serving(max(asked.rows)) as (server, rendered):
        costs = [contest("ours", server, rows, rendered) for rows in asked.rows]
    for cost in costs:
        made.rows.append(
            (
                f"{cost.rows:,}",
                f"{cost.peak_mb:.0f}",
                f"{cost.cpu_seconds:.1f}",
                f"{cost.wall_seconds:.1f}",
            )
        )
    peak = max(cost.peak_mb for cost in costs)
    made.targets = [
        Target("peak memory", f"at most {MOST_MB} MB", f"{peak:.0f} MB", peak <= MOST_MB)
    ]
    made.figures = {"costs": [asdict(cost) for cost in costs]}
    made.show()
    made.write(asked.out)


if __name__ == "__main__":
    main()
