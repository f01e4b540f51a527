"""Opens DuckDB files so that a person's statements read them, and do nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from warehouse.connection import Session, Warehouse, WarehouseError
from warehouse.lake import CATALOG, Lake

# A person's statements: as many threads as there are, and no other file, network or extension.
_READING: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "enable_external_access": "false",
    "python_enable_replacements": "false",
}

# The catalogue and the data are files too: what else there is is closed once they are open.
_READING_LAKE = {k: v for k, v in _READING.items() if k != "enable_external_access"}

# What DuckDB says where that is asked for all the same.
_FORBIDDEN = ("read-only mode", "disabled by configuration", "configuration has been locked")


@contextmanager
def reading(path: Path) -> Iterator[Session]:
    """A DuckDB file that is open to be read, by statements that see and change no other file."""
    with refusing():
        connection = duckdb.connect(str(path), read_only=True, config=_READING)
        try:
            # Every instant is shown in UTC, whatever the machine's zone is.
            connection.execute("set TimeZone = 'UTC'")
            connection.execute("set lock_configuration = true")
            yield Session(connection)
        finally:
            connection.close()


@contextmanager
def reading_lake(lake: Lake, snapshot: int | None = None) -> Iterator[Session]:
    """The lake as it is now, or as it was at a snapshot, open to be read; nobody waits for it."""
    with refusing():
        connection = duckdb.connect(":memory:", config=_READING_LAKE)
        try:
            lake.prepare(connection)
            at = [] if snapshot is None else [f"snapshot_version {int(snapshot)}"]
            lake.attach(connection, "read_only", "create_if_not_exists false", *at)
            connection.execute(f"use {CATALOG}")
            connection.execute("set TimeZone = 'UTC'")
            lake.confine(connection)
            yield Session(connection, in_lake=True)
        finally:
            connection.close()


@contextmanager
def refusing() -> Iterator[None]:
    """Tell what DuckDB refuses in the block as an error of ours."""
    try:
        yield
    except duckdb.Error as error:
        is_forbidden = any(words in str(error) for words in _FORBIDDEN)
        advice = "only what reads the warehouse can be asked here" if is_forbidden else None
        raise WarehouseError(str(error), advice=advice) from error


@contextmanager
def reading_live(warehouse: Warehouse, purpose: str) -> Iterator[Session]:
    """The warehouse itself, in its turn, open to be read.

    Raises:
        Busy: another process kept it for longer than the wait.
        WarehouseError: there is no file yet.
    """
    if not warehouse.exists:
        raise WarehouseError(
            f"There is no warehouse yet: {warehouse.path}", advice="run `revops extract` first"
        )
    if warehouse.lake:
        with reading_lake(warehouse.lake) as session:
            yield session
        return
    with warehouse.lent(purpose), reading(warehouse.path) as session:
        yield session
