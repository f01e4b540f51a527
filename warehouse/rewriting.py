"""Writes the warehouse's file anew: what was deleted is not in its free room either."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import duckdb

from warehouse.connection import ROW_GROUP, Warehouse, WarehouseError, literal, scratch
from warehouse.errors import Unavailable
from warehouse.lake_history import forget_past
from warehouse.lasting import make_lasting


def rewrite(warehouse: Warehouse) -> None:
    """Put a copy of everything that is in the warehouse's file in its place, at one moment.

    Raises:
        WarehouseError: the copy cannot be made; the file is as it was.
        Unavailable: the disk does not take it.
    """
    if warehouse.lake:
        if warehouse.exists:
            forget_past(warehouse, warehouse.lake)
        return
    with warehouse.lent("rewriting the file"):
        path = warehouse.path
        if not path.exists():
            return
        fresh = path.with_name(f".{path.name}.rewritten")
        try:
            _copy(path, fresh)
            fresh.chmod(path.stat().st_mode & 0o777)
            _make_lasting(fresh)
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
    try:
        with scratch(threads=1) as session:
            session.execute(f"attach {literal(path)} as warehouse")
            session.execute(f"attach {literal(fresh)} as fresh (row_group_size {ROW_GROUP})")
            session.execute("copy from database warehouse to fresh")
            session.execute("detach fresh")
            # Its log is in the file then, and goes with it.
            session.execute("checkpoint warehouse")
            session.execute("detach warehouse")
    except duckdb.Error as error:
        raise WarehouseError(f"The warehouse cannot be written anew: {error}") from error


def _make_lasting(path: Path) -> None:
    # Some file systems cannot do it for a folder.
    with suppress(OSError):
        make_lasting(path)
