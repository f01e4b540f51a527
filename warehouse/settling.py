"""Writes how the entries of a batch ended, in one statement where they all ended alike."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import sqlalchemy as sa

from warehouse.choosing import is_numbered
from warehouse.state import LEDGER

if TYPE_CHECKING:
    from warehouse.deliveries import Settlement


def write_outcomes(
    connection: sa.Connection, settlements: Sequence[Settlement], at: datetime
) -> None:
    """Note what became of each entry, and since when that is known."""
    first = settlements[0]
    ended = {(one.outcome, one.reason, one.error) for one in settlements}
    # Records that are written by the tool's own id have it for a key.
    is_key = all(one.tool_id == one.entry.key for one in settlements)
    if len(ended) == 1 and (is_key or all(one.tool_id is None for one in settlements)):
        ids = [one.entry.entry_id for one in settlements]
        alike = sa.update(LEDGER).values(
            outcome=first.outcome,
            tool_id=LEDGER.c.key if is_key else None,
            reason=first.reason,
            error=first.error,
            settled_at=at,
        )
        connection.execute(alike.where(is_numbered(LEDGER.c.entry_id, ids)))
        return
    statement = (
        sa.update(LEDGER)
        .where(LEDGER.c.entry_id == sa.bindparam("settled_entry"))
        .values(
            outcome=sa.bindparam("how"),
            tool_id=sa.bindparam("its_id"),
            reason=sa.bindparam("why"),
            error=sa.bindparam("its_error"),
            settled_at=at,
        )
    )
    rows = [
        {
            "settled_entry": one.entry.entry_id,
            "how": one.outcome,
            "its_id": one.tool_id,
            "why": one.reason,
            "its_error": one.error,
        }
        for one in settlements
    ]
    connection.execute(statement, rows)
