"""Names many rows in few parameters: to bind each of them costs more than to find its row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from warehouse.json_text import written

Listed = Sequence[str] | Sequence[int]


def is_one_of(
    column: sa.Column[Any], values: Listed, connection: sa.Connection
) -> sa.ColumnElement[bool]:
    """SQL: a text or a number is among many."""
    dialect = connection.dialect
    given = sa.literal(listed(values, dialect), _kind(column, dialect))
    return _is_among(column, given, dialect)


def is_listed(column: sa.Column[Any], name: str, dialect: sa.Dialect) -> sa.ColumnElement[bool]:
    """SQL: a value is among those that are bound to `name`, as `listed` makes them."""
    return _is_among(column, sa.bindparam(name, type_=_kind(column, dialect)), dialect)


def listed(values: Listed, dialect: sa.Dialect) -> Any:
    """Many values for one parameter, as a driver takes it."""
    return list(values) if dialect.name == "postgresql" else written(values)


def _kind(column: sa.Column[Any], dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
    return ARRAY(column.type) if dialect.name == "postgresql" else sa.Text()


def _is_among(
    column: sa.Column[Any], given: sa.BindParameter[Any], dialect: sa.Dialect
) -> sa.ColumnElement[bool]:
    if dialect.name == "postgresql":
        return column == sa.any_(given)
    values = sa.func.json_each(given).table_valued("value")
    return column.in_(sa.select(values.c.value))
