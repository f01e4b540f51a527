"""Writes how the entries of a batch ended, in one statement where they all ended alike."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

import sqlalchemy as sa

from warehouse.choosing import is_listed, listed
from warehouse.prepared import Prepared, instant
from warehouse.state import LEDGER

if TYPE_CHECKING:
    from warehouse.deliveries import Settlement

_ENDED = ("how", "its_id", "why", "settled", "its_error", "entry")


def write_outcomes(
    connection: sa.Connection, settlements: Sequence[Settlement], at: datetime
) -> None:
    """Note what became of each entry, and since when that is known."""
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
