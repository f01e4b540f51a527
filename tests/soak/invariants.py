"""What must be true after every hour, however it went; each check answers what is not."""

from __future__ import annotations

import fcntl
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

import sqlalchemy as sa

from orchestration.app import App
from reverse_etl.spec import SyncSpec, sync
from tests.ledgers import changes
from tests.soak.world import Record, World
from warehouse.connection import Session
from warehouse.deliveries import Deliveries
from warehouse.landing import VERSION_ORDER
from warehouse.published import Published
from warehouse.reconciliation import latest_reconciliations
from warehouse.state import RUNS

# Of each sync: the tool's object in the sandbox, its key, and where its fields lie.
HELD_BY: Mapping[str, tuple[str, str, str]] = {
    "hubspot_companies": ("companies", "id", "properties"),
    "salesforce_accounts": ("Account", "Id", ""),
    "zendesk_organizations": ("organizations", "id", ""),
    "intercom_companies": ("companies", "id", ""),
}
# Streams whose every record is compared by its key, besides what the product itself compares.
COMPARED = {"hubspot": ("companies", "contacts", "deals")}
_CLOSED = {"acknowledged", "rejected", "abandoned"}
_UNWHOLE = {"missing", "surplus"}
# A slope needs so many figures; with fewer nothing is claimed.
_ENOUGH = 6


def leftovers(home: Path, *, build_died: bool = False) -> list[str]:
    """Leases, turns and processes that somebody still holds, and half a published copy.

    Args:
        build_died: the last build was killed, and its half copy is there until the next one.
    """
    locks = [*home.glob("*.lease"), *home.glob("*.turn")]
    found = [f"left behind: {path.name} is still held" for path in locks if _is_locked(path)]
    processes = list((home / "processes").glob("*"))
    found += [f"left behind: process {one.name} lives" for one in processes if _is_locked(one)]
    # The next process takes away the files of the dead, so there is at most the last one's.
    if len(processes) > 2:
        found.append(f"left behind: {len(processes)} files of processes")
    if build_died:
        return found
    partial = [one.name for one in (home / "published").glob("*") if "partial" in one.name]
    return found + [f"left behind: published/{name}" for name in partial]


def _is_locked(path: Path) -> bool:
    probe = os.open(path, os.O_RDWR)
    try:
        fcntl.flock(probe, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(probe)
    return False


def running(app: App) -> list[str]:
    """Runs that are said to be at work when nothing is."""
    query = sa.select(RUNS.c.run_id).where(RUNS.c.status == "running")
    with app.state.transaction() as connection:
        rows = connection.execute(query).mappings().all()
    return [f"left behind: run {row['run_id']} is running" for row in rows]


def reconciled(
    session: Session, world: World, streams: Iterable[Record], *, wholly: bool
) -> list[str]:
    """What was read is what the tools have.

    Args:
        streams: what the last `revops extract --json` said of each stream.
        wholly: no stream may have been cut off, as no tool failed.
    """
    verdicts = latest_reconciliations(session)
    found = []
    for one in streams:
        name = f"{one['vendor']}.{one['stream']}"
        row = verdicts.get((one["vendor"], one["stream"]), {"verdict": "uncounted", "detail": ""})
        if row["verdict"] in _UNWHOLE:
            found.append(f"reconciliation: {name} is {row['verdict']}: {row['detail']}")
        if wholly and one["status"] not in {"done", "resting"}:
            found.append(f"reconciliation: {name} was not read: {one['status']} {one['error']}")
        if one["status"] == "done" and one["stream"] in COMPARED.get(one["vendor"], ()):
            found += _compared(session, world, one["vendor"], one["stream"])
    return found


def _compared(session: Session, world: World, vendor: str, stream: str) -> list[str]:
    rows = session.rows(
        f"select _key from raw_{vendor}.{stream} group by _key"
        f" having not arg_max(_deleted, {VERSION_ORDER})"
    )
    landed = {row["_key"] for row in rows}
    there = {str(one["id"]) for one in world.records(vendor, stream) if not one["archived"]}
    differ = sorted(landed ^ there)
    return [f"reconciliation: {vendor}.{stream} differs in {differ[:5]}"] if differ else []


def outcomes(said: Any) -> list[str]:
    """Every row of a plan that a sync told of ended in exactly one outcome."""
    planned, told = said["plan"]["changes"], said["delivery"]["outcomes"]
    if len(planned) != sum(told.values()) and not said["delivery"].get("stopped_by"):
        return [f"outcomes: {len(planned)} rows were planned and {told} told of"]
    return []


def ledger(app: App, world: World, name: str, *, settled: bool) -> list[str]:
    """The ledger is closed, has no row twice in a plan, and says what the tool holds."""
    rows = changes(app.state, name)
    twice = Counter((row["plan_id"], row["key"]) for row in rows)
    found = [f"ledger: {name} has {key} twice in one plan" for key, n in twice.items() if n > 1]
    if settled:
        found += [
            f"ledger: {name} left {row['key']} {row['outcome']}"
            for row in rows
            if row["outcome"] not in _CLOSED
        ]
    spec = sync(name)
    held = _held(world, spec)
    in_doubt = {row["key"] for row in rows if row["outcome"] not in _CLOSED}
    for one in Deliveries(app.state).last_sent(name):
        # Who was archived in the tool holds nothing any more.
        if one.key in in_doubt or one.key not in held:
            continue
        for field, value in one.held.items():
            there = _at(held[one.key], field)
            if not _same(there, value):
                found.append(f"ledger: {name} {one.key} {field}: {there!r} and not {value!r}")
    return found


def _held(world: World, spec: SyncSpec) -> dict[str, Record]:
    kind, key, place = HELD_BY[spec.name]
    records = world.records(spec.destination, kind)
    live = [one for one in records if not (one.get("archived") or one.get("sandbox_gone"))]
    return {str(one[key]): one[place] if place else one for one in live}


def _at(record: Any, field: str) -> Any:
    if field in record:
        return record[field]
    for name in field.split("."):
        record = (record or {}).get(name)
    return record


def _same(there: Any, value: Any) -> bool:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(there or 0) == float(value)
    return str(there or "") == str(value or "")


def copies(home: Path, keep: int) -> list[str]:
    """Published copies are as many as the setting says."""
    made = Published(home / "published").copies()
    if len(made) > keep + 1:
        return [f"published: {len(made)} copies, {keep + 1} wanted"]
    return []


def slope(name: str, figures: Sequence[float], *, most: float) -> list[str]:
    """The last third of the figures is no more than `most` times the first: nothing grows."""
    if len(figures) < _ENOUGH:
        return []
    third = len(figures) // 3
    first, last = median(figures[:third]), median(figures[-third:])
    if last > first * most:
        return [f"growth: {name} went from {first:,.0f} to {last:,.0f}"]
    return []


def growth(name: str, figures: Sequence[float], *, per_cycle: float) -> list[str]:
    """Between the second figure and the last, no more than so much was added a cycle."""
    if len(figures) < 3:
        return []
    each = (figures[-1] - figures[1]) / (len(figures) - 2)
    if each > per_cycle:
        return [f"growth: {name} by {each:,.1f} a cycle, {per_cycle:g} allowed"]
    return []
