"""Pushes to an emulated HubSpot: at its limit and with latency, then as fast as it goes.

The product's own run: plan, write ahead, request, settle, mirror; real client, engine and ledger.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from benchmarks.contest import cpu, peak_mb
from benchmarks.delivery_rows import SPEC, build, judge
from benchmarks.delivery_server import taking
from benchmarks.report import Report, Target
from benchmarks.running import DATA, ROOT
from connectors.core import registry
from connectors.core.source import Tool
from reverse_etl import sync as whole
from reverse_etl.engine import Engine
from reverse_etl.sync import run_sync
from warehouse.clock import SystemClock, new_run_id
from warehouse.connection import Warehouse
from warehouse.settings import Settings, export_environment, load
from warehouse.state import StateStore

PER_TEN_SECONDS = 190
LATENCY_MS = ("50", "200")
BATCH = 100
LEAST_SHARE, MOST_MS, AIM_MS = 0.97, 0.05, 0.02
MOST_GROWTH = 2.0


def prepare(home: Path, rows: int) -> tuple[Warehouse, StateStore]:
    """A model of which nothing was ever sent, and a gate that lets it pass."""
    home.mkdir(parents=True, exist_ok=True)
    warehouse = Warehouse(home / "warehouse.duckdb")
    build(warehouse, rows)
    state = StateStore(f"sqlite:///{home / 'state.sqlite'}")
    judge(state)
    return warehouse, state


def opened(home: Path, url: str) -> Tool:
    """The product's own client of HubSpot, which finds the portal at `url`."""
    export_environment(
        {
            "REVOPS_HOME": str(home),
            "REVOPS_HUBSPOT__BASE_URL": url,
            "REVOPS_HUBSPOT__TOKEN": "pat-bench-4f1d2c",
        }
    )
    return registry.source("hubspot").open(load(Settings).http, SystemClock())


def push(home: Path, url: str) -> dict[str, Any]:
    """One run of the sync; the engine's own part of it is measured apart."""
    spent: dict[str, float] = {}
    apply = Engine.apply

    def measured(self: Engine, *args: Any, **kwargs: Any) -> Any:
        began, at = cpu(), time.monotonic()
        try:
            return apply(self, *args, **kwargs)
        finally:
            spent.update(engine_cpu=cpu() - began, engine_wall=time.monotonic() - at)

    whole.Engine.apply = measured  # type: ignore[method-assign]
    warehouse = Warehouse(home / "warehouse.duckdb")
    state = StateStore(f"sqlite:///{home / 'state.sqlite'}")
    began = cpu()
    with opened(home, url) as tool:
        result = run_sync(SPEC, tool, warehouse, state, SystemClock(), run_id=new_run_id())
    return {
        **spent,
        "cpu": cpu() - began,
        "peak_mb": peak_mb(),
        "outcomes": dict(result.delivery.outcomes),
        "recovery": vars(result.recovery),
        "stopped_by": result.delivery.stopped_by,
        "pushed": len(result.plan.changes),
    }


def run(home: Path, url: str) -> dict[str, Any]:
    """One run in a process of its own."""
    with started(home, url) as process:
        out, _ = process.communicate()
    if process.returncode:
        raise RuntimeError(f"the sync of {home.name} failed")
    found: dict[str, Any] = json.loads(out.splitlines()[-1])
    return found


def started(home: Path, url: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "benchmarks.delivery_push", "--only", str(home), url]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def taken(url: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.load(urlopen(f"{url}/taken"))
    return found


def at_the_limit(folder: Path, seconds: int) -> dict[str, Any]:
    """As many rows as the limit lets pass in so many seconds."""
    home = folder / "limited"
    prepare(home, PER_TEN_SECONDS // 10 * seconds * BATCH)
    limits = ("--per-ten-seconds", str(PER_TEN_SECONDS), "--latency-ms", *LATENCY_MS)
    with taking(*limits) as url:
        done = run(home, url)
        seen = taken(url)
    # What is sent in the first moment is let through at once: the window is still empty.
    allowed = PER_TEN_SECONDS / 10 * done["engine_wall"]
    return done | {"taken": seen, "share": seen["records"] / BATCH / allowed}


def unthrottled(folder: Path, rows: int) -> dict[str, Any]:
    home = folder / f"rows-{rows}"
    prepare(home, rows)
    with taking() as url:
        done = run(home, url)
        return done | {"taken": taken(url)}


def resumed(folder: Path, rows: int) -> dict[str, Any]:
    """The same, killed when half of the rows have arrived; then once more."""
    home = folder / f"killed-{rows}"
    prepare(home, rows)
    with taking() as url:
        first = started(home, url)
        while taken(url)["records"] < rows // 2 and first.poll() is None:
            time.sleep(0.2)
        os.kill(first.pid, signal.SIGKILL)
        first.communicate()
        at_kill = taken(url)
        done = run(home, url)
        return done | {"at_kill": at_kill, "taken": taken(url)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="of the larger push")
    parser.add_argument("--seconds", type=int, default=60, help="how long to push at the limit")
    parser.add_argument("--only", nargs=2, metavar=("HOME", "URL"), help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, default=DATA / "results")
    asked = parser.parse_args()
    if asked.only:
        print(json.dumps(push(Path(asked.only[0]), asked.only[1])))
        return
    small = asked.rows // 10
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        found = {
            "limit": at_the_limit(folder, asked.seconds),
            "small": unthrottled(folder, small),
            "large": unthrottled(folder, asked.rows),
            "killed": resumed(folder, asked.rows),
        }
    made = Report(
        "Delivery-push to an emulated HubSpot",
        ("", "records", "requests", "429", "wall s", "engine CPU ms/record", "peak MB"),
    )
    for title, one in found.items():
        pushed = max(sum(one["outcomes"].values()), 1)
        made.rows.append(
            (
                title,
                f"{one['taken']['records']:,}",
                f"{one['taken']['requests']:,}",
                f"{one['taken']['refused']:,}",
                f"{one['engine_wall']:.1f}",
                f"{one['engine_cpu'] * 1_000 / pushed:.4f}",
                f"{one['peak_mb']:.0f}",
            )
        )
    limit = found["limit"]
    refused = limit["taken"]["refused"]
    each = limit["engine_cpu"] * 1_000 / limit["pushed"]
    growth = found["large"]["peak_mb"] / found["small"]["peak_mb"]
    killed = found["killed"]["taken"]
    is_whole = killed["distinct"] == asked.rows
    made.targets = [
        Target(
            "share of the allowed rate",
            "at least 97 %",
            f"{limit['share']:.1%}",
            limit["share"] >= LEAST_SHARE,
        ),
        Target("refused (429)", "none", f"{refused}", refused == 0),
        Target(
            "CPU per record",
            f"at most {MOST_MS} ms, aim {AIM_MS}",
            f"{each:.4f} ms",
            each <= MOST_MS,
        ),
        Target(
            "peak of memory at ten times the rows",
            f"at most {MOST_GROWTH}x",
            f"{growth:.2f}x",
            growth <= MOST_GROWTH,
        ),
        Target(
            "after a kill everything has arrived",
            f"{asked.rows:,}",
            f"{killed['distinct']:,} ({killed['twice']:,} twice)",
            is_whole,
        ),
    ]
    made.figures = found
    made.show()
    made.write(asked.out)


if __name__ == "__main__":
    main()
