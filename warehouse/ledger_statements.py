"""The statements that a delivery runs for every batch, each compiled once."""

from __future__ import annotations

from functools import cache

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from warehouse.choosing import is_listed
from warehouse.prepared import Prepared
from warehouse.state import DELIVERED, LEDGER, PARKED

PLANNED = (
    *("entry_id", "plan_id", "sync", "destination", "object", "key", "operation", "fields"),
    *("before", "desired", "verdict_id", "outcome", "attempts", "planned_at", "found"),
)
REMEMBERED = ("sync", "key", "desired", "held", "entry_id", "delivered_at")


@cache
def planning(dialect: sa.Dialect) -> Prepared:
    """Write a row of a plan ahead: `PLANNED`."""
    return Prepared(sa.insert(LEDGER), dialect, PLANNED)


@cache
def sending(dialect: sa.Dialect) -> Prepared:
    """Note of the entries `ids` that the request `hash` is about to be sent, `at` an instant."""
    statement = sa.update(LEDGER).where(is_listed(LEDGER.c.entry_id, "ids", dialect))
    return Prepared(
        statement.values(
            outcome="in_flight",
            request_hash=sa.bindparam("hash"),
            job=sa.null(),
            attempts=LEDGER.c.attempts + 1,
            sent_at=sa.bindparam("at"),
        ),
        dialect,
    )


@cache
def freeing(dialect: sa.Dialect) -> Prepared:
    """Forget that the rows `keys` of a `sync` are parked."""
    ours = PARKED.c.sync == sa.bindparam("sync")
    return Prepared(
        sa.delete(PARKED).where(ours, is_listed(PARKED.c.key, "keys", dialect)), dialect
    )


@cache
def holding(dialect: sa.Dialect) -> Prepared:
    """What the tool acknowledged of the rows `keys` of a `sync`."""
    ours = DELIVERED.c.sync == sa.bindparam("sync")
    theirs = is_listed(DELIVERED.c.key, "keys", dialect)
    return Prepared(sa.select(DELIVERED.c.key, DELIVERED.c.held).where(ours, theirs), dialect)


@cache
def remembering(dialect: sa.Dialect) -> Prepared:
    """Note what a tool holds of a row now: `REMEMBERED`."""
    statement = (postgresql.insert if dialect.name == "postgresql" else sqlite.insert)(DELIVERED)
    kept = {name: getattr(statement.excluded, name) for name in REMEMBERED[2:]}
    return Prepared(
        statement.on_conflict_do_update(index_elements=["sync", "key"], set_=kept),
        dialect,
        REMEMBERED,
    )
