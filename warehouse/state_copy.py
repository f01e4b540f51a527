"""Copies a whole state store into a SQLite file, and back: whatever the store itself is kept in."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB

from warehouse.state import METADATA, SUPPRESSIONS, TOMBSTONES, StateStore, is_at_head

_ROWS = 10_000


def copy_store(state: StateStore, path: Path) -> None:
    """Write all that the store holds at one instant into a new SQLite file.

    Raises:
        Unavailable: the store does not answer.
    """
    if state.dialect == "sqlite":
        with state.transaction() as connection, closing(sqlite3.connect(path)) as target:
            # SQLite's own copy, page by page.
            connection.connection.driver_connection.backup(target)  # type: ignore[union-attr]
        _be_one_file(path)
        return
    StateStore(f"sqlite:///{path}").close()
    with _engine_on(path) as copy, state.transaction() as source, copy.begin() as into:
        source.execute(sa.text("set transaction isolation level repeatable read, read only"))
        _move(source, into)
    _be_one_file(path)


def _be_one_file(path: Path) -> None:
    """Put what stands in the log into the file, and have no log any more."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("pragma journal_mode = delete")


@contextmanager
def of_this_version(path: Path) -> Iterator[Path]:
    """A copy as this code would write it: itself or, if it is older, a copy of it moved on.

    Raises:
        Misconfigured: a newer revops wrote it.
    """
    with _engine_on(path) as engine:
        is_current = is_at_head(engine)
    if is_current:
        yield path
        return
    with TemporaryDirectory(prefix="revops-") as folder:
        moved = Path(shutil.copy(path, folder))
        StateStore(f"sqlite:///{moved}").close()
        yield moved


def put_back(state: StateStore, path: Path) -> int:
    """Make the store hold what a copy of this version holds, all of it or nothing.

    Who was erased or withheld since the copy was made stays so: an older copy of the store is no
    reason to write to them again. How many such rows there are.

    Raises:
        Unavailable: the store does not answer.
    """
    with _engine_on(path) as source, source.begin() as copied, state.transaction() as into:
        stays = {table: _all(into, table) for table in (TOMBSTONES, SUPPRESSIONS)}
        _move(copied, into)
        later = {table: _lacking(into, table, rows) for table, rows in stays.items()}
        for table, rows in later.items():
            if rows:
                into.execute(sa.insert(table), rows)
        if into.dialect.name == "postgresql":
            _count_on(into)
    return sum(map(len, later.values()))


def _all(connection: sa.Connection, table: sa.Table) -> list[dict[str, Any]]:
    found = connection.execute(sa.select(table)).mappings()
    return [{name: _in_utc(value) for name, value in row.items()} for row in found]


def _lacking(
    connection: sa.Connection, table: sa.Table, rows: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The rows that a table does not have, by their key."""
    key = [column.name for column in table.primary_key]
    there = {tuple(row) for row in connection.execute(sa.select(*table.primary_key))}
    return [row for row in rows if tuple(row[name] for name in key) not in there]


def rows_of(path: Path) -> dict[str, int]:
    """How many rows each table of a copy has."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        names = [name for (name,) in connection.execute(_TABLES)]
        return {
            name: connection.execute(f'select count(*) from "{name}"').fetchone()[0]
            for name in names
        }


_TABLES = "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'"


@contextmanager
def _engine_on(path: Path) -> Iterator[sa.Engine]:
    """A SQLite file as an engine, which lets the file go in the end."""
    engine = sa.create_engine(f"sqlite:///{path}")
    try:
        yield engine
    finally:
        engine.dispose()


def _move(source: sa.Connection, into: sa.Connection) -> None:
    """Let one store hold what another one holds, and nothing else."""
    for table in reversed(METADATA.sorted_tables):
        into.execute(sa.delete(table))
    for table in METADATA.sorted_tables:
        filled = {one.name: _given(one, into) for one in table.columns}
        for rows in _pieces(source, table.columns):
            into.execute(sa.insert(table).values(filled), rows)


def _given(column: sa.Column[Any], into: sa.Connection) -> Any:
    """A value as it is handed over: objects as their text, so that null stays null."""
    if not isinstance(column.type, sa.JSON):
        return sa.bindparam(column.name, type_=column.type)
    text = sa.bindparam(column.name, type_=sa.Text())
    return sa.cast(text, JSONB) if into.dialect.name == "postgresql" else text


def _pieces(
    source: sa.Connection, columns: Iterable[sa.Column[Any]]
) -> Iterator[list[dict[str, Any]]]:
    said = [
        sa.cast(one, sa.Text).label(one.name) if isinstance(one.type, sa.JSON) else one
        for one in columns
    ]
    found = source.execution_options(yield_per=_ROWS).execute(sa.select(*said))
    for some in found.mappings().partitions():
        yield [{name: _in_utc(value) for name, value in row.items()} for row in some]


def _in_utc(value: Any) -> Any:
    """SQLite keeps no zone: what it holds is in UTC."""
    if not isinstance(value, datetime):
        return value
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _count_on(connection: sa.Connection) -> None:
    """Let PostgreSQL number what comes behind what is there."""
    for table in METADATA.sorted_tables:
        numbered = table.autoincrement_column
        if numbered is None:
            continue
        latest = connection.execute(sa.select(sa.func.max(numbered))).scalar()
        sequence = sa.func.pg_get_serial_sequence(table.name, numbered.name)
        if latest is not None and connection.execute(sa.select(sequence)).scalar():
            connection.execute(sa.select(sa.func.setval(sequence, latest)))
