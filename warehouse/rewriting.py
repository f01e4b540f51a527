"""Writes the warehouse's file anew: what was deleted is not in its free room either."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import duckdb

from warehouse.connection import Warehouse, WarehouseError
from warehouse.errors import Unavailable

# As the warehouse itself is made: see `connection`.
_ROW_GROUP = 16_384
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "threads": 1,
    "storage_compatibility_version": "v1.2.0",
}


def rewrite(warehouse: Warehouse) -> None:
    """Put a copy of everything that is in the warehouse's file in its place, at one moment.

    Raises:
        WarehouseError: the copy cannot be made; the file is as it was.
        Unavailable: the disk does not take it.
    """
    with warehouse.lent("rewriting the file") as path:
        if not path.exists():
            return
        fresh = path.with_name(f".{path.name}.rewritten")
        try:
            _copy(path, fresh)
            _make_lasting(fresh, like=path)
            fresh.replace(path)
            _make_lasting(path.parent)
        except OSError as error:
            raise Unavailable(
                f"The warehouse cannot be written anew: {error}",
                advice="it needs as much free room as the file has",
            ) from error


def _copy(path: Path, fresh: Path) -> None:
    # What a kill left of an earlier try.
    fresh.unlink(missing_ok=True)
    connection = duckdb.connect(":memory:", config=_CONFIG)
    try:
        connection.execute(f"attach '{_quoted(path)}' as warehouse")
        connection.execute(f"attach '{_quoted(fresh)}' as fresh (row_group_size {_ROW_GROUP})")
        connection.execute("copy from database warehouse to fresh")
        connection.execute("detach fresh")
        # Its log is in the file then, and goes with it.
        connection.execute("checkpoint warehouse")
        connection.execute("detach warehouse")
    except duckdb.Error as error:
        raise WarehouseError(f"The warehouse cannot be written anew: {error}") from error
    finally:
        connection.close()


def _make_lasting(path: Path, *, like: Path | None = None) -> None:
    if like is not None:
        path.chmod(like.stat().st_mode & 0o777)
    descriptor = os.open(path, os.O_RDONLY)
    try:
        # Some file systems cannot do it for a folder.
        with suppress(OSError):
            os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
