"""Lands the same contacts by every contestant in turn, and compares their CPU."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from statistics import median

from benchmarks.contest import Cost
from benchmarks.report import Report, Target
from benchmarks.running import DATA, contest, serving

CONTESTANTS = {
    "floor": "floor: curl, then DuckDB on lines",
    "ours": "ours",
    "ours_unchecked": "ours, contracts not checked",
    "dlt_arrow": "dlt, Arrow",
    "dlt_rest": "dlt rest_api, Parquet",
}


def measure(rows: int, repeats: int, names: list[str]) -> dict[str, list[Cost]]:
    """`repeats` rounds; in each round everybody runs once, so that noise meets all alike."""
    costs: dict[str, list[Cost]] = {name: [] for name in names}
    with serving(rows, lines=True) as (server, rendered):
        for number in range(repeats):
            for name in names:
                cost = contest(name, server, rows, rendered)
                costs[name].append(cost)
                print(f"{number + 1}/{repeats} {name}: {cost.cpu_seconds:.2f} CPU s", flush=True)
    return costs


def per_cpu_second(costs: list[Cost]) -> float:
    return median(cost.rows / cost.cpu_seconds for cost in costs)


def report(rows: int, costs: dict[str, list[Cost]]) -> Report:
    made = Report(
        f"Landing {rows:,} contacts, {len(costs['ours'])} rounds, medians",
        ("", "rows per CPU second", "CPU s", "lowest - highest", "wall s", "peak MB", "ours is"),
        figures={"costs": {name: [asdict(cost) for cost in all_] for name, all_ in costs.items()}},
    )
    ours = per_cpu_second(costs["ours"])
    for name, all_ in costs.items():
        cpu = sorted(cost.cpu_seconds for cost in all_)
        made.rows.append(
            (
                CONTESTANTS[name],
                f"{per_cpu_second(all_):,.0f}",
                f"{median(cpu):.2f}",
                f"{cpu[0]:.2f} - {cpu[-1]:.2f}",
                f"{median(cost.wall_seconds for cost in all_):.1f}",
                f"{median(cost.peak_mb for cost in all_):.0f}",
                f"{ours / per_cpu_second(all_):.2f}x",
            )
        )
    made.targets = targets(costs)
    return made


def targets(costs: dict[str, list[Cost]]) -> list[Target]:
    ours = per_cpu_second(costs["ours"])
    found = []
    for name, least in (("dlt_rest", 8.0), ("dlt_arrow", 2.5)):
        if name in costs:
            ratio = ours / per_cpu_second(costs[name])
            found.append(
                Target(
                    f"rows per CPU second beside {CONTESTANTS[name]}",
                    f"at least {least}x",
                    f"{ratio:.1f}x",
                    ratio >= least,
                )
            )
    if "floor" in costs:
        ratio = per_cpu_second(costs["floor"]) / ours
        found.append(Target("CPU beside the floor", "at most 2.0x", f"{ratio:.2f}x", ratio <= 2.0))
    if "ours_unchecked" in costs:
        ratio = per_cpu_second(costs["ours_unchecked"]) / ours
        found.append(Target("CPU with contracts", "at most 1.25x", f"{ratio:.2f}x", ratio <= 1.25))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=CONTESTANTS, default=list(CONTESTANTS))
    parser.add_argument("--out", type=Path, default=DATA / "results")
    asked = parser.parse_args()
    made = report(asked.rows, measure(asked.rows, asked.repeats, asked.only))
    made.show()
    made.write(asked.out)


if __name__ == "__main__":
    main()
