"""Statements that are compiled once, and hand their values to a database's driver as they are.

SQLAlchemy names a statement anew each time it is run, and prepares every value of every row. A
delivery runs the same few statements for each batch: that would cost several times what the
database itself does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa

from warehouse.json_text import read

_ROWS_AT_ONCE = 10_000
_INSTANT = sa.DateTime(timezone=True)

Statement = sa.Insert | sa.Update | sa.Delete | sa.Select[Any]


class Prepared:
    """A statement whose parameters are given as a driver takes them.

    JSON is given as text, an instant as `instant` makes it, many values for one parameter as
    `choosing.listed` makes them. `names` are the parameters of a row, in the order of its values:
    the columns that an insert fills.
    """

    def __init__(self, statement: Statement, dialect: sa.Dialect, names: Sequence[str] = ()):
        filled = list(names) if isinstance(statement, sa.Insert) else None
        made = statement.compile(dialect=dialect, column_keys=filled)
        self._names = tuple(names)
        self._text = str(made)
        self._is_by_place = dialect.positional
        self._known = {
            name: bound.value for name, bound in made.binds.items() if not bound.required
        }
        self._order = tuple(getattr(made, "positiontup", None) or made.binds)

    def run(self, connection: sa.Connection, **values: Any) -> sa.CursorResult[*tuple[Any, ...]]:
        """Run it once; what it sets by itself need not be given."""
        return connection.exec_driver_sql(self._text, self._given(self._known | values))

    def run_rows(self, connection: sa.Connection, rows: Sequence[Sequence[Any]]) -> None:
        """Run it for many rows."""
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            some = self._many(rows[start : start + _ROWS_AT_ONCE])
            connection.exec_driver_sql(self._text, some)

    def _given(self, values: Mapping[str, Any]) -> Any:
        if self._is_by_place:
            return tuple(values[name] for name in self._order)
        return {name: values[name] for name in self._order}

    def _many(self, rows: Sequence[Sequence[Any]]) -> list[Any]:
        if self._is_by_place and self._names == self._order:
            return list(rows)
        return [self._given(self._known | dict(zip(self._names, row, strict=True))) for row in rows]


def instant(at: datetime, connection: sa.Connection) -> Any:
    """An instant as the driver takes it."""
    made = _instants(connection.dialect)
    return at if made is None else made(at)


@cache
def _instants(dialect: sa.Dialect) -> Callable[[datetime], Any] | None:
    return _INSTANT.dialect_impl(dialect).bind_processor(dialect)


def decoded(value: Any) -> Any:
    """JSON as the driver gives it: some have read it already."""
    return read(value) if isinstance(value, str | bytes) else value
