"""Pushes the same companies to the same emulated HubSpot, by our engine and by drt-core in turns.

drt-core writes one record per request and keeps no ledger. It is told of no limit here, ours keeps
its own.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.contest import cpu
from benchmarks.delivery_push import prepare, push, taken
from benchmarks.delivery_rows import COLUMNS, SPEC
from benchmarks.delivery_server import taking
from benchmarks.report import Report
from benchmarks.running import DATA, ROOT

_TEXTS = ", ".join(f"{name}::varchar as {name}" for name in COLUMNS)


def push_with_drt(home: Path, url: str) -> dict[str, Any]:
    """One run of drt-core's own sync; what is imported and read before is not counted."""
    # Only in the environment of the benchmarks.
    credentials, models, hubspot, engine, sources = (
        import_module(f"drt.{name}")
        for name in (
            *("config.credentials", "config.models", "destinations.hubspot"),
            *("engine.sync", "sources.duckdb"),
        )
    )
    # It has no setting for the address.
    vars(hubspot)["_HUBSPOT_API"] = f"{url}/crm/v3/objects"
    sync = models.SyncConfig.model_validate(
        {
            "name": SPEC.name,
            "model": f"select company_id as hs_object_id, {_TEXTS} from {SPEC.table}",
            "destination": {
                "type": "hubspot",
                "object_type": "companies",
                "id_property": "hs_object_id",
                "auth": {"type": "bearer", "token": "pat-bench-4f1d2c"},
            },
            "sync": {
                "mode": "upsert",
                "match_policy": "update_only",
                "rate_limit": {"requests_per_second": 1_000_000},
            },
        }
    )
    profile = credentials.DuckDBProfile(type="duckdb", database=str(home / "warehouse.duckdb"))
    began = cpu()
    written = hubspot.HubSpotDestination()
    result = engine.run_sync(sync, sources.DuckDBSource(), written, profile, home)
    return {"cpu": cpu() - began, "pushed": result.success}


def once(who: str, folder: Path, rows: int, turn: int) -> dict[str, Any]:
    """A push in a process of its own, to a portal of its own."""
    home = folder / f"{who}-{turn}"
    prepare(home, rows)
    with taking() as url:
        command = [sys.executable, "-m", "benchmarks.delivery_drt", "--only", who, str(home), url]
        out = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
        seen = taken(url)
    done: dict[str, Any] = json.loads(out.stdout.splitlines()[-1])
    if seen["distinct"] != rows:
        raise RuntimeError(f"{who} wrote {seen['distinct']} of {rows} records")
    return done | {"taken": seen}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--only", nargs=3, metavar=("WHO", "HOME", "URL"), help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, default=DATA / "results")
    asked = parser.parse_args()
    if asked.only:
        who, home, url = asked.only
        print(json.dumps((push if who == "ours" else push_with_drt)(Path(home), url)))
        return
    found: dict[str, list[dict[str, Any]]] = {"ours": [], "drt-core": []}
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        for turn in range(asked.repeats):
            for who, turns in found.items():
                turns.append(once(who, Path(name), asked.rows, turn))
    made = Report("Delivery-drt", ("", "records", "requests", "whole run, CPU ms/record"))
    for who, turns in found.items():
        each = median(one["cpu"] for one in turns) * 1_000 / asked.rows
        requests = f"{turns[0]['taken']['requests']:,}"
        made.rows.append((who, f"{asked.rows:,}", requests, f"{each:.4f}"))
    made.figures = dict(found)
    made.show()
    made.write(asked.out)


if __name__ == "__main__":
    main()
