"""One open connection to DuckDB: statements, parameters, and Python's values as tables."""

from __future__ import annotations

import re
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import accumulate
from typing import Any, Literal

import duckdb
import pyarrow as pa
from duckdb.func import FunctionNullHandling, PythonUDFType

# Rows that are handed out at a time.
_PIECE = 131_072
_ROWS = 10_000

_KEY = re.compile(r",\s*primary key\s*\([^)]*\)|\s+primary key\b", re.IGNORECASE)
_COMPRESSION = re.compile(r"\s+using compression \w+", re.IGNORECASE)

Row = dict[str, Any]
ColumnType = Literal["text", "bool", "instant", "json", "integer"]


def quoted(identifier: str) -> str:
    """An SQL identifier, safe whatever it holds."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: object) -> str:
    """An SQL string, safe whatever it holds."""
    return "'" + str(text).replace("'", "''") + "'"


def without_keys(definition: str) -> str:
    """A table's definition as a lake takes it: there are no keys, and no choice of compression.

    What a key would refuse has to be kept out by who writes: see `Session.replace`.
    """
    return _KEY.sub("", _COMPRESSION.sub("", definition))


class Session:
    """One open connection; statements take `$name` parameters and results are read fully."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, *, in_lake: bool = False) -> None:
        self._connection, self._in_lake = connection, in_lake

    def execute(self, sql: str, parameters: Mapping[str, object] | None = None) -> None:
        self._connection.execute(sql, parameters).fetchall()

    def rows(self, sql: str, parameters: Mapping[str, object] | None = None) -> list[Row]:
        """The result as one dict per row, in column order."""
        result = self._connection.execute(sql, parameters)
        names = [column[0] for column in result.description or []]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def each(self, sql: str, parameters: Mapping[str, object] | None = None) -> Iterator[Row]:
        """The result row by row; until it has ended, the session does nothing else."""
        result = self._connection.execute(sql, parameters)
        names = [column[0] for column in result.description or []]
        while some := result.fetchmany(_ROWS):
            for row in some:
                yield dict(zip(names, row, strict=True))

    def tuples(
        self, sql: str, parameters: Mapping[str, object] | None = None
    ) -> Iterator[tuple[Any, ...]]:
        """As `each`, without names: for many rows they cost as much as the values."""
        result = self._connection.execute(sql, parameters)
        while some := result.fetchmany(_ROWS):
            yield from some

    def value(self, sql: str, parameters: Mapping[str, object] | None = None) -> Any:
        """The first column of the only row, or None."""
        row = self._connection.execute(sql, parameters).fetchone()
        return row[0] if row else None

    def arrow(self, sql: str, parameters: Mapping[str, object] | None = None) -> Any:
        """The result as a `pyarrow.Table`."""
        return self._connection.execute(sql, parameters).to_arrow_table()

    def numbers(self, sql: str) -> Iterator[tuple[Any, ...]]:
        """The result, which is numbers without nulls, in pieces: one NumPy array per column."""
        for batch in self._connection.execute(sql).to_arrow_reader(_PIECE):
            yield tuple(column.to_numpy() for column in batch.columns)

    def define(self, table: str) -> None:
        """Carry out a table's definition, without what its kind of warehouse cannot have."""
        self.execute(without_keys(table) if self._in_lake else table)

    def replace(
        self,
        table: str,
        key: Sequence[str],
        query: str,
        parameters: Mapping[str, object] | None = None,
    ) -> None:
        """Put a query's rows, of the table's columns in order, in place of those of their `key`."""
        if not self._in_lake:
            self.execute(f"insert or replace into {table} {query}", parameters)
            return
        columns = ", ".join(quoted(one["column_name"]) for one in self.rows(f"describe {table}"))
        self.execute(
            f"merge into {table} using (select * from ({query}) as given ({columns})) as given"
            f" using ({', '.join(key)}) when matched then update when not matched then insert",
            parameters,
        )

    def load(self, name: str, table: Any, *, temporary: bool = False) -> None:
        """Make the table `name`, in whose place there may be an older one, of a `pyarrow.Table`."""
        kind = "temp table" if temporary else "table"
        self._connection.register("loaded", table)
        try:
            self._connection.execute(f"create or replace {kind} {name} as from loaded")
        finally:
            self._connection.unregister("loaded")

    def function(
        self, name: str, compute: Callable[..., Any], takes: Sequence[str], gives: str
    ) -> None:
        """Let SQL call `compute`, which takes and gives Arrow columns; nulls reach it too.

        A function lasts as long as the connection, and one of the same name is left as it is.
        """
        known = "select 1 from duckdb_functions() where function_name = $name"
        if self.value(known, {"name": name}):
            return
        self._connection.create_function(
            name,
            compute,
            list(takes),
            gives,
            type=PythonUDFType.ARROW,
            null_handling=FunctionNullHandling.SPECIAL,
        )

    @property
    def connection(self) -> Any:
        """DuckDB's own connection, for a library that needs one (Splink)."""
        return self._connection

    @contextmanager
    def table(
        self, name: str, columns: Mapping[str, Sequence[object]], types: Mapping[str, ColumnType]
    ) -> Iterator[None]:
        """Show columns of Python values to SQL as the table `name` for the time of the block.

        A column of the kind `json` holds documents as bytes, which the caller knows to be valid:
        they are not parsed again.
        """
        arrays = [_array(columns[column], kind) for column, kind in types.items()]
        self._connection.register(name, pa.table(arrays, names=list(types)))
        try:
            yield
        finally:
            self._connection.unregister(name)

    @contextmanager
    def sparing(self, memory: str) -> Iterator[None]:
        """Let the database use no more than so much memory (`600MB`) for the time of the block."""
        limit = self.value("select current_setting('memory_limit')")
        # No number is what is as good as no limit.
        parsed = self.value("select try(parse_formatted_bytes($limit))", {"limit": limit})
        if parsed and parsed <= self.value("select parse_formatted_bytes($m)", {"m": memory}):
            yield
            return
        self.execute(f"set memory_limit = {literal(memory)}")
        try:
            yield
        finally:
            # It is told without its last digits, and is not to shrink by them each time.
            number, unit = limit.split()
            before = f"{float(number) + 0.05:.2f} {unit}" if parsed else "-1"
            self.execute(f"set memory_limit = {literal(before)}")

    def has(self, schema: str, table: str) -> bool:
        """Whether the warehouse has this table."""
        known = """
            select count(*) from duckdb_tables()
            where database_name = current_database()
                and schema_name = $schema and table_name = $table
        """
        return bool(self.value(known, {"schema": schema, "table": table}))

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing of what the block does."""
        self._connection.execute("begin transaction")
        try:
            yield
        except BaseException:
            self._connection.execute("rollback")
            raise
        self._connection.execute("commit")


_ARROW: dict[ColumnType, Any] = {
    "text": pa.string(),
    "bool": pa.bool_(),
    "instant": pa.timestamp("us", tz="UTC"),
    "integer": pa.int64(),
}


def _array(values: Sequence[object], kind: ColumnType) -> Any:
    if kind == "json":
        return _json_array(values)
    if isinstance(values, range):
        return pa.arange(values.start, values.stop, values.step)  # type: ignore[attr-defined]
    return pa.array(values, type=_ARROW[kind])


def _json_array(documents: Sequence[Any]) -> Any:
    """The documents end to end with their offsets: no Python object per document is made."""
    offsets = array("q", accumulate(map(len, documents), initial=0))
    text = pa.LargeStringArray.from_buffers(
        len(documents), pa.py_buffer(offsets), pa.py_buffer(b"".join(documents))
    )
    return pa.ExtensionArray.from_storage(pa.json_(pa.large_string()), text)
