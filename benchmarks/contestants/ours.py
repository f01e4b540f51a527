"""The product: HubSpot's connector as `revops extract` runs it, contacts only.

Contracts are checked, versions deduplicated, cursors committed, counts reconciled.
"""

from __future__ import annotations

from dataclasses import replace

from benchmarks.job import Job
from connectors.core.extract import extract_source
from connectors.core.pace import Budget
from connectors.core.source import HttpSource, Stream
from connectors.hubspot.source import SOURCE
from warehouse.clock import SystemClock
from warehouse.connection import Warehouse
from warehouse.settings import HttpSettings, export_environment

# The server sets no limit here; the throttled run keeps the vendor's.
UNLIMITED = replace(SOURCE, budget=Budget(100_000_000, 1), budgets={}, allowances=None)


def contacts() -> Stream:
    return next(stream for stream in SOURCE.streams if stream.name == "contacts")


def land(job: Job, source: HttpSource = UNLIMITED, stream: Stream | None = None) -> None:
    export_environment(
        {"REVOPS_HUBSPOT__BASE_URL": job.base_url, "REVOPS_HUBSPOT__TOKEN": "pat-bench"}
    )
    job.folder.mkdir(parents=True, exist_ok=True)
    clock = SystemClock()
    with source.open(HttpSettings(), clock) as tool:
        (result,) = extract_source(
            source, tool, warehouse(job), clock, run_id="bench", streams=[stream or contacts()]
        )
    if result.status != "done":
        raise RuntimeError(result.error)


def warehouse(job: Job) -> Warehouse:
    return Warehouse(job.folder / "warehouse.duckdb")


def landed(job: Job) -> int:
    with warehouse(job).open("counting") as session:
        return int(session.value("select count(*) from raw_hubspot.contacts"))
