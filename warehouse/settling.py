"""Settles entries: how they ended, what the tool holds now, and what it is not sent again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from warehouse import ledger_statements as statements
from warehouse.choosing import is_listed, is_one_of, listed
from warehouse.json_text import written
from warehouse.marks import mark
from warehouse.prepared import Prepared, decoded, instant
from warehouse.state import DELIVERED, LEDGER, PARKED, PLANS

if TYPE_CHECKING:
    from warehouse.deliveries import Entry, Settlement

_ENDED = ("how", "its_id", "why", "settled", "its_error", "entry")


def settle(
    connection: sa.Connection, sync: str, settlements: Sequence[Settlement], at: datetime
) -> None:
    """Record how entries ended, what the tool now holds of the acknowledged, what is parked."""
    mark(connection, sync)
    _write_outcomes(connection, settlements, at)
    _park(connection, sync, settlements, at)
    acknowledged = [s.entry for s in settlements if s.outcome == "acknowledged"]
    # Nothing is wished of a row that has left the model: it is not ours any more.
    kept = [entry for entry in acknowledged if entry.desired]
    if kept:
        _remember(connection, sync, kept, at)
    _forget(connection, sync, [entry.key for entry in acknowledged if not entry.desired])


def _remember(connection: sa.Connection, sync: str, entries: Sequence[Entry], at: datetime) -> None:
    held = _held(connection, sync, [entry.key for entry in entries])
    since = instant(at, connection)
    rows = [
        (
            sync,
            entry.key,
            entry.desired,
            written(held.get(entry.key, {}) | entry.fields),
            entry.entry_id,
            since,
        )
        for entry in entries
    ]
    statements.remembering(connection.dialect).run_rows(connection, rows)


def _held(connection: sa.Connection, sync: str, keys: Sequence[str]) -> dict[str, dict[str, Any]]:
    found = statements.holding(connection.dialect).run(
        connection, sync=sync, keys=listed(keys, connection.dialect)
    )
    return {row[0]: decoded(row[1]) for row in found}


def _forget(connection: sa.Connection, sync: str, keys: Sequence[str]) -> None:
    if keys:
        is_gone = is_one_of(DELIVERED.c.key, keys, connection)
        connection.execute(sa.delete(DELIVERED).where(DELIVERED.c.sync == sync, is_gone))


def _park(
    connection: sa.Connection, sync: str, settlements: Sequence[Settlement], at: datetime
) -> None:
    """Forget what was parked of the rows that the tool has spoken about, and park anew."""
    spoken = [one for one in settlements if one.outcome != "unknown"]
    if spoken:
        statements.freeing(connection.dialect).run(
            connection,
            sync=sync,
            keys=listed([one.entry.key for one in spoken], connection.dialect),
        )
    refused = [one.entry.entry_id for one in spoken if one.error == "permanent"]
    if not refused:
        return
    names = ["sync", "key", "entry_id", "desired", "config_hash", "reason", "since"]
    found = (
        sa.select(
            *(LEDGER.c[name] for name in names[:4]),
            PLANS.c.config_hash,
            LEDGER.c.reason,
            sa.literal(at, type_=PARKED.c.since.type),
        )
        .join(PLANS, PLANS.c.plan_id == LEDGER.c.plan_id)
        .where(PLANS.c.reverts.is_(None))
    )
    theirs = found.where(is_one_of(LEDGER.c.entry_id, refused, connection))
    connection.execute(sa.insert(PARKED).from_select(names, theirs))


def _write_outcomes(
    connection: sa.Connection, settlements: Sequence[Settlement], at: datetime
) -> None:
    """What became of each entry, in one statement where they all ended alike."""
    settled, dialect = instant(at, connection), connection.dialect
    first = settlements[0]
    ended = {(one.outcome, one.reason, one.error) for one in settlements}
    # Records that are written by the tool's own id have it for a key.
    is_key = all(one.tool_id == one.entry.key for one in settlements)
    if len(ended) == 1 and (is_key or all(one.tool_id is None for one in settlements)):
        (_with_key if is_key else _without_id)(dialect).run(
            connection,
            ids=listed([one.entry.entry_id for one in settlements], dialect),
            how=first.outcome,
            why=first.reason,
            its_error=first.error,
            settled=settled,
        )
        return
    rows = [
        (one.outcome, one.tool_id, one.reason, settled, one.error, one.entry.entry_id)
        for one in settlements
    ]
    _each(dialect).run_rows(connection, rows)


def _ending(tool_id: object) -> sa.Update:
    return sa.update(LEDGER).values(
        outcome=sa.bindparam("how"),
        tool_id=tool_id,
        reason=sa.bindparam("why"),
        error=sa.bindparam("its_error"),
        settled_at=sa.bindparam("settled"),
    )


@cache
def _with_key(dialect: sa.Dialect) -> Prepared:
    return Prepared(
        _ending(LEDGER.c.key).where(is_listed(LEDGER.c.entry_id, "ids", dialect)), dialect
    )


@cache
def _without_id(dialect: sa.Dialect) -> Prepared:
    return Prepared(_ending(sa.null()).where(is_listed(LEDGER.c.entry_id, "ids", dialect)), dialect)


@cache
def _each(dialect: sa.Dialect) -> Prepared:
    is_it = LEDGER.c.entry_id == sa.bindparam("entry")
    return Prepared(_ending(sa.bindparam("its_id")).where(is_it), dialect, _ENDED)
