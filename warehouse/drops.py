"""Reads Parquet files that somebody dropped, with an engine of its own: never the warehouse's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import duckdb

from warehouse.connection import quoted
from warehouse.errors import RevopsError

_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}


class Unreadable(RevopsError):
    """The file is damaged, or no Parquet."""


@contextmanager
def _engine() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config=_CONFIG) as connection:
        connection.execute("set TimeZone = 'UTC'")
        try:
            yield connection
        except duckdb.Error as error:
            raise Unreadable(f"it cannot be read as Parquet: {error}") from error


def parquet_rows(path: Path) -> list[dict[str, Any]]:
    """Every row as Python values: decimals, dates and instants keep their types.

    Raises:
        Unreadable: the file is damaged, or no Parquet.
    """
    with _engine() as connection:
        result = connection.execute("from read_parquet($path)", {"path": str(path)})
        names = [column[0] for column in result.description or []]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]


def parquet_documents(
    path: Path, *, start: int, rows: int, nested: frozenset[str] = frozenset()
) -> Iterator[list[str]]:
    """The rows from number `start` (0 is the first) as JSON objects, in lists of about `rows`.

    Instants are written in ISO form in UTC; a zoneless one is taken to be UTC. Text in a column of
    `nested` is taken to be JSON where it is.

    Raises:
        Unreadable: the file is damaged, or no Parquet.
    """
    with _engine() as connection:
        parameters = {"path": str(path)}
        found = connection.execute("describe from read_parquet($path)", parameters).fetchall()
        members = ", ".join(
            f"'{name.replace(chr(39), chr(39) * 2)}', {_as_json(name, kind, nested)}"
            for name, kind, *_ in found
        )
        reader = connection.execute(
            f"select json_object({members})::varchar"
            " from read_parquet($path, file_row_number = true) where file_row_number >= $start",
            parameters | {"start": start},
        ).to_arrow_reader(rows)
        for batch in reader:
            yield cast("list[str]", batch.column(0).to_pylist())


def _as_json(name: str, kind: str, nested: frozenset[str]) -> str:
    column = quoted(name)
    if kind.startswith("TIMESTAMP"):
        return f"strftime({column}, '%Y-%m-%dT%H:%M:%S.%fZ')"
    if kind == "BLOB":
        return f"to_base64({column})"
    if kind == "VARCHAR" and name in nested:
        return f"if(json_valid({column}), {column}::json, to_json({column}))"
    if kind.startswith("DECIMAL") or kind == "HUGEINT":
        return f"{column}::varchar"
    return column
