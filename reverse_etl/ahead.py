"""Writes a plan ahead of its requests, piece by piece: no row is sent that the ledger lacks.

Piece by piece, so that the first request need not wait for a million rows to be written, nor the
memory hold them twice. A run that is stopped writes the rest all the same: the ledger has every
plan whole, but for that of a run which was killed meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice

from reverse_etl.plan import Change, Plan
from warehouse.deliveries import Deliveries, Entry, NewEntry, PlanHeader

# Of so many rows a transaction costs nothing beside what it writes, and is over in an instant.
PIECE = 2_000


def written_ahead(
    deliveries: Deliveries, plan: Plan, run_id: str, now: Callable[[], datetime], *, piece: int
) -> Iterator[list[Entry]]:
    """The rows of a plan in its order, each piece in the ledger when it is handed out."""
    header = _header(plan, run_id)
    changes = map(_new, plan.changes)
    yield deliveries.open_plan(header, list(islice(changes, piece)), now())
    while rows := list(islice(changes, piece)):
        yield deliveries.go_on(header, rows, now())


def open_in(deliveries: Deliveries, plan: Plan, run_id: str, at: datetime) -> list[Entry]:
    """Write a plan ahead whole; what the ledger has of it then, in the plan's order."""
    rows = [_new(change) for change in plan.changes]
    return deliveries.open_plan(_header(plan, run_id), rows, at)


def _new(change: Change) -> NewEntry:
    return NewEntry(
        change.key, change.operation, change.after, change.before, change.desired, change.found
    )


def _header(plan: Plan, run_id: str) -> PlanHeader:
    return PlanHeader(
        plan_id=f"{run_id}:{plan.digest}",
        sync=plan.sync,
        destination=plan.destination,
        object=plan.object,
        run_id=run_id,
        verdict_id=plan.verdict_id,
        config_hash=plan.config_hash,
        counts=plan.counts,
        reverts=plan.reverts,
    )
