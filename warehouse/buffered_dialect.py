"""A SQLAlchemy dialect for DuckDB whose results outlive their connection.

Great Expectations leaves a connection before it fetches from it (its issues 10738 and 11579), and
duckdb-engine then has nothing left to give. Here every result is fetched as soon as it is made.
Columns are read from DuckDB's own catalogue, because duckdb-engine asks PostgreSQL's.
"""

from __future__ import annotations

from typing import Any

import duckdb_engine
import sqlalchemy as sa
from sqlalchemy.dialects import registry

from warehouse.lake import CATALOG, Lake, Place

SCHEME = "duckdb+buffered"


# The lakes that have a URL, by the database in it: a password is not a part of that.
_LAKES: dict[str, Lake] = {}


def url_of(place: Place) -> str:
    """The URL of a warehouse for `sqlalchemy.create_engine`, through this dialect."""
    registry.register("duckdb.buffered", __name__, "BufferedDialect")
    if isinstance(place, Lake):
        # Without a colon: a URL that is written and read again must stay what it is.
        database = f"lake{id(place)}"
        _LAKES[database] = place
        return f"{SCHEME}:///{database}"
    return f"{SCHEME}:///{place}"


def expression(sql: str) -> sa.ColumnElement[Any]:
    """An SQL expression as it stands, for a statement that others put together."""
    return sa.literal_column(sql)


class BufferedCursor(duckdb_engine.CursorWrapper):
    """A cursor that holds all its rows once a statement has run."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._rows: list[Any] = []
        self._columns: Any = None

    def execute(
        self, statement: str, parameters: tuple[Any, ...] | None = None, context: Any = None
    ) -> None:
        super().execute(statement, parameters, context)
        self._columns = self.connection.description
        self._rows = self.connection.fetchall() if self._columns else []

    @property
    def description(self) -> Any:
        return self._columns

    def fetchall(self) -> list[Any]:
        rows, self._rows = self._rows, []
        return rows

    def fetchmany(self, size: int | None = None) -> list[Any]:
        rows, self._rows = self._rows[: size or 1], self._rows[size or 1 :]
        return rows

    def fetchone(self) -> Any:
        return self._rows.pop(0) if self._rows else None


class BufferedConnection(duckdb_engine.ConnectionWrapper):
    def cursor(self) -> BufferedCursor:
        return BufferedCursor(self._ConnectionWrapper__c, self)


class BufferedDialect(duckdb_engine.Dialect):
    driver = "buffered"
    supports_statement_cache = False

    @classmethod
    def get_pool_class(cls, url: sa.URL) -> type[sa.Pool]:  # noqa: ARG003 - SQLAlchemy's signature
        """No pool: a connection that lingers keeps the file locked for everyone else."""
        return sa.NullPool

    def connect(self, *args: Any, **kwargs: Any) -> Any:
        if lake := _LAKES.get(kwargs.get("database", "")):
            kwargs["database"] = ":memory:"
        inner = super().connect(*args, **kwargs)
        if lake:
            own = inner._ConnectionWrapper__c  # noqa: SLF001 - no other way in
            lake.prepare(own)
            lake.attach(own)
            own.execute(f"use {CATALOG}")
        # Its bar would stand between the lines of a command, and in its JSON.
        inner.execute("set enable_progress_bar = false")
        return BufferedConnection(inner._ConnectionWrapper__c)  # noqa: SLF001 - no other way in

    def get_columns(
        self, connection: sa.Connection, table_name: str, schema: str | None = None, **_: Any
    ) -> Any:
        found = connection.execute(
            sa.text(
                "select column_name, data_type, is_nullable, column_default from duckdb_columns()"
                " where table_name = :name and schema_name = :schema"
                " order by column_index"
            ),
            {"name": table_name, "schema": schema or "main"},
        )
        return [
            {
                "name": name,
                "type": _type_of(kind),
                "nullable": nullable,
                "default": default,
            }
            for name, kind, nullable, default in found
        ]

    def has_table(
        self, connection: sa.Connection, table_name: str, schema: str | None = None, **_: Any
    ) -> bool:
        return bool(self.get_columns(connection, table_name, schema))

    def get_multi_columns(
        self,
        connection: sa.Connection,
        schema: Any = None,
        filter_names: Any = None,
        *_: Any,
        **__: Any,
    ) -> Any:
        return [
            ((schema, name), self.get_columns(connection, name, schema))
            for name in filter_names or []
        ]


_TYPES: dict[str, type[sa.types.TypeEngine[Any]]] = {
    "BIGINT": sa.BigInteger,
    "BOOLEAN": sa.Boolean,
    "DATE": sa.Date,
    "DOUBLE": sa.Double,
    "INTEGER": sa.Integer,
    "TIMESTAMP WITH TIME ZONE": sa.DateTime,
    "VARCHAR": sa.String,
}


def _type_of(kind: Any) -> sa.types.TypeEngine[Any]:
    if str(kind).startswith("DECIMAL"):
        return sa.Numeric()
    return _TYPES.get(kind, sa.types.NullType)()
