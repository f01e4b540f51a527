"""Tells whether the ledger of a sync has been written to since somebody last looked."""

from __future__ import annotations

from functools import cache
from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from warehouse.prepared import Prepared
from warehouse.state import MARKS, StateStore


def marked(state: StateStore, sync: str) -> str | None:
    """What stands for all that was ever written of a sync; None where nothing ever was.

    The same twice means that nothing was written in between, nor a backup put back.
    """
    with state.transaction() as connection:
        query = sa.select(MARKS.c.mark).where(MARKS.c.sync == sync)
        return connection.execute(query).scalar_one_or_none()


def mark(connection: sa.Connection, sync: str) -> None:
    """Note within a transaction that it writes to the ledger of a sync."""
    _marking(connection.dialect).run(connection, sync=sync, mark=uuid4().hex)


@cache
def _marking(dialect: sa.Dialect) -> Prepared:
    statement = (postgresql.insert if dialect.name == "postgresql" else sqlite.insert)(MARKS)
    marked_anew = statement.on_conflict_do_update(
        index_elements=["sync"], set_={"mark": statement.excluded.mark}
    )
    return Prepared(marked_anew, dialect, ("sync", "mark"))
