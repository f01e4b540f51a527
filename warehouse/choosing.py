"""Names many rows in few parameters: to bind each of them costs more than to find its row."""

from __future__ import annotations

import json
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY


def is_one_of(
    column: sa.Column[str], values: Sequence[str], connection: sa.Connection
) -> sa.ColumnElement[bool]:
    """SQL: a text is among many."""
    if connection.dialect.name == "postgresql":
        return column == sa.any_(sa.literal(list(values), ARRAY(sa.String)))
    listed = sa.func.json_each(json.dumps(list(values))).table_valued("value")
    return column.in_(sa.select(listed.c.value))
