"""Tells under which id a tool keeps the records that a sync of ours has written by their key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from warehouse.choosing import is_one_of
from warehouse.state import DELIVERED, LEDGER, StateStore

_BLOCK = 50_000


def ids_of(state: StateStore, syncs: Sequence[str], keys: Sequence[str]) -> Iterator[list[str]]:
    """Pairs of a key and the tool's id, as last acknowledged and not taken away since.

    A tool that names no id in its last answer about a record is not known to have one.
    """
    query = (
        sa.select(DELIVERED.c.key, LEDGER.c.tool_id)
        .join(LEDGER, LEDGER.c.entry_id == DELIVERED.c.entry_id)
        .where(DELIVERED.c.sync.in_(syncs), LEDGER.c.tool_id.is_not(None))
    )
    for start in range(0, len(keys), _BLOCK):
        with state.transaction() as connection:
            is_wanted = is_one_of(DELIVERED.c.key, keys[start : start + _BLOCK], connection)
            for row in connection.execute(query.where(is_wanted)).all():
                yield [row[0], row[1]]
