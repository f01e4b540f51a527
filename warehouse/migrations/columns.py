"""What the scripts share: the kinds of columns, and how what is there already is left alone."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

JSON = sa.JSON().with_variant(JSONB(), "postgresql")
INSTANT = sa.DateTime(timezone=True)


def add_missing(table: str, *columns: sa.Column[Any]) -> None:
    """Add those columns that a table does not have.

    Until 0011 a store was given what it lacked without a stamp: one without a stamp may be of any
    state in between. Scripts from 0012 on know where they begin, and use `op` as it is.
    """
    known = {one["name"] for one in sa.inspect(op.get_bind()).get_columns(table)}
    for column in columns:
        if column.name not in known:
            op.add_column(table, column)
