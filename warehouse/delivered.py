"""Hands out in blocks what a tool acknowledged, so that a copy can be kept up to date."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import sqlalchemy as sa

from warehouse.choosing import is_one_of
from warehouse.runs import as_utc
from warehouse.state import DELIVERED, LEDGER, PLANS, STORE, StateStore

_BLOCK = 50_000
# Its rows are wide.
_LEDGER_BLOCK = 10_000
_LEDGER = (
    *("entry_id", "sync", "destination", "object", "key", "operation", "fields", "before"),
    *("outcome", "error", "reason", "sent_at", "settled_at"),
)

Columns = dict[str, list[object]]
Standing = tuple[int, int, datetime | None]


def store_id(state: StateStore) -> str:
    """What tells this store from any other, a new one at the same place among them."""
    with state.transaction() as connection:
        return str(connection.execute(sa.select(STORE.c.store_id)).scalar_one())


def standing(state: StateStore, sync: str) -> Standing:
    """How many rows are acknowledged, the sum of their entries, and when the last one was.

    Every acknowledgement has an entry of its own, later ones a greater, and a store that was put
    back to an earlier state gives the same entries at later instants.
    """
    total = sa.func.coalesce(sa.func.sum(DELIVERED.c.entry_id), 0)
    latest = sa.func.max(DELIVERED.c.delivered_at)
    query = sa.select(sa.func.count(), total, latest).where(DELIVERED.c.sync == sync)
    with state.transaction() as connection:
        found = connection.execute(query).one()
    return int(found[0]), int(found[1]), None if found[2] is None else as_utc(found[2])


def delivered_since(
    state: StateStore, sync: str, since: tuple[datetime, int] | None
) -> Iterator[Columns]:
    """What was acknowledged after an instant, or at it by a later entry, or ever.

    As blocks of columns.
    """
    names = ("key", "desired", "entry_id", "delivered_at")
    query = sa.select(*(DELIVERED.c[name] for name in names)).where(DELIVERED.c.sync == sync)
    if since is not None:
        instant, entry_id = since
        at_it = sa.and_(DELIVERED.c.delivered_at == instant, DELIVERED.c.entry_id > entry_id)
        query = query.where(sa.or_(DELIVERED.c.delivered_at > instant, at_it))
    with state.transaction() as connection:
        streamed = connection.execution_options(yield_per=_BLOCK).execute(query)
        for block in streamed.partitions():
            columns = zip(*block, strict=True)
            yield {name: list(column) for name, column in zip(names, columns, strict=True)}


def delivered_of(state: StateStore, sync: str, keys: Sequence[str]) -> Iterator[Columns]:
    """What was acknowledged of some keys, as blocks of columns of text."""
    names = ("key", "desired", "held")
    for start in range(0, len(keys), _BLOCK):
        some = keys[start : start + _BLOCK]
        query = sa.select(DELIVERED.c.key, DELIVERED.c.desired, sa.cast(DELIVERED.c.held, sa.Text))
        with state.transaction() as connection:
            is_wanted = is_one_of(DELIVERED.c.key, some, connection)
            rows = connection.execute(query.where(DELIVERED.c.sync == sync, is_wanted)).all()
        columns = zip(*rows, strict=True) if rows else ((), (), ())
        yield {name: list(column) for name, column in zip(names, columns, strict=True)}


def ledger_since(state: StateStore, sync: str, since: datetime | None) -> Iterator[Columns]:
    """The ledger's rows of a sync that were touched at `since` or later, or all, oldest first.

    As blocks of columns: objects are JSON, instants as the store has them.
    """
    objects = ("fields", "before")
    said = [
        *(LEDGER.c[name] for name in _LEDGER if name not in objects),
        *(sa.cast(LEDGER.c[name], sa.Text).label(name) for name in objects),
        PLANS.c.run_id,
    ]
    names = [column.name for column in said]
    query = (
        sa.select(*said)
        .join(PLANS, PLANS.c.plan_id == LEDGER.c.plan_id)
        .where(LEDGER.c.sync == sync)
        .order_by(LEDGER.c.entry_id)
    )
    if since is not None:
        touched = sa.func.coalesce(LEDGER.c.settled_at, LEDGER.c.sent_at, LEDGER.c.planned_at)
        query = query.where(touched >= since)
    with state.transaction() as connection:
        streamed = connection.execution_options(yield_per=_LEDGER_BLOCK).execute(query)
        for block in streamed.partitions():
            columns = zip(*block, strict=True)
            yield {name: list(column) for name, column in zip(names, columns, strict=True)}


def forgotten_since(state: StateStore, sync: str, since: datetime) -> list[str]:
    """Keys that were taken away at `since` or later, whatever has become of them then."""
    query = sa.select(LEDGER.c.key).where(
        LEDGER.c.sync == sync,
        LEDGER.c.outcome == "acknowledged",
        LEDGER.c.desired == "",
        LEDGER.c.settled_at >= since,
    )
    with state.transaction() as connection:
        return list(connection.execute(query).scalars())
