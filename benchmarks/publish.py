"""What the published copy costs beside copying the same file.

    python -m benchmarks.publish [--megabytes 1000] [--runs 5] [--file WAREHOUSE]

In turns, in one run: `cp` and `sync` of the file, a publication as a build makes it, the same of
one schema that is a tenth of the file, and DuckDB's own copy of a database. All of them end on the
disk. The last line is the ratio of the first two, each at its best, as others may be at the disk;
the command fails where it exceeds 2.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from warehouse.connection import Warehouse
from warehouse.published import Published

LIMIT = 2.0
# A row of random hexadecimal text takes about so many bytes in the file.
_ROW = 53
_MADE = """
    create table {name} as
    select i, md5(i || '{name}') || sha256(i || '{name}') as noise, i % 977 as amount
    from range({rows}) as rows (i)
"""


@dataclass
class Cost:
    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)


def main() -> int:
    """Measure, print, and say by the exit code whether the limit is kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=1_000)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--file", type=Path, help="a warehouse of your own; it is copied first")
    said = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="revops-bench-", dir=Path.cwd()) as place:
        folder = Path(place)
        path = folder / "warehouse.duckdb"
        if said.file:
            shutil.copyfile(said.file, path)
        else:
            _make(path, said.megabytes)
        ways = _ways(folder, path)
        costs = {name: Cost() for name in ways}
        for _ in range(said.runs):
            for name, way in ways.items():
                _measure(costs[name], way)
        size = path.stat().st_size / 1e6
    for name, cost in costs.items():
        wall, cpu = min(cost.wall), min(cost.cpu)
        shown = ", ".join(f"{one:.2f}" for one in cost.wall)
        print(f"{name:20} {wall:7.2f} s   {cpu:7.2f} CPU s   ({shown})")
    ratio = min(costs["publish"].wall) / min(costs["cp and sync"].wall)
    print(f"{size:,.0f} MB: to publish costs {ratio:.2f} x cp and sync")
    return 0 if ratio <= LIMIT else 1


def _make(path: Path, megabytes: int) -> None:
    rows = megabytes * 1_000_000 // _ROW
    with duckdb.connect(str(path)) as connection:
        connection.execute("set enable_progress_bar = false")
        for schema, share in (("raw", 0.9), ("marts", 0.1)):
            connection.execute(f"create schema {schema}")
            part = {"name": f"{schema}.noise", "rows": int(rows * share)}
            connection.execute(_MADE.format(**part))


def _ways(folder: Path, path: Path) -> dict[str, Callable[[], object]]:
    warehouse = Warehouse(path)
    whole = Published(folder / "whole", keep=0)
    selected = Published(folder / "selected", keep=0, schemas=("marts",))

    def cp() -> None:
        copy = folder / "cp"
        copy.unlink(missing_ok=True)
        subprocess.run(["cp", "--reflink=auto", path, copy], check=True)
        subprocess.run(["sync", copy], check=True)

    def copy_from_database() -> None:
        copy = folder / "copied.duckdb"
        copy.unlink(missing_ok=True)
        with duckdb.connect() as connection:
            connection.execute("set enable_progress_bar = false")
            connection.execute(f"attach '{path}' as warehouse (read_only)")
            connection.execute(f"attach '{copy}' as copied")
            connection.execute("copy from database warehouse to copied")
        subprocess.run(["sync", copy], check=True)

    return {
        "cp and sync": cp,
        "publish": lambda: whole.publish(warehouse),
        "publish one schema": lambda: selected.publish(warehouse),
        "copy from database": copy_from_database,
    }


def _measure(cost: Cost, way: Callable[[], object]) -> None:
    began, before = time.monotonic(), _cpu()
    way()
    cost.wall.append(time.monotonic() - began)
    cost.cpu.append(_cpu() - before)


def _cpu() -> float:
    """Of this process and of those that it waited for."""
    return sum(os.times()[:4])


if __name__ == "__main__":
    sys.exit(main())
