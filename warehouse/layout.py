"""The version of those tables of the warehouse that no build makes anew: moved on, or refused."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from warehouse.errors import Misconfigured

if TYPE_CHECKING:
    from warehouse.connection import Session

_LOG = logging.getLogger(__name__)

# Whose names landing itself has made: nothing in them has to be quoted.
_OURS = """
    select schema_name from duckdb_tables()
    where database_name = current_database() and table_name = '_cursors'
        and regexp_full_match(schema_name, 'raw_[a-z][a-z0-9_]*')
    order by all
"""


def _tell_where_streams_stand(session: Session) -> None:
    """The first release knew of a stream its cursor, and neither its count nor its readings."""
    for schema in [row["schema_name"] for row in session.rows(_OURS)]:
        for column in (
            "live bigint",
            "read_at timestamptz",
            "swept_at timestamptz",
            "fields json",
            "is_whole boolean",
        ):
            session.execute(f"alter table {schema}._cursors add column if not exists {column}")
        uncounted = session.rows(
            f"select stream from {schema}._cursors where live is null"
            " and regexp_full_match(stream, '[a-z][a-z0-9_]*') order by all"
        )
        for stream in [row["stream"] for row in uncounted]:
            session.execute(
                f"""
                update {schema}._cursors set live = (
                    select count(*) filter (not is_gone)
                    from (
                        select arg_max(
                            _deleted, (_extracted_at, _run_id, _cursor, _deleted)
                        ) as is_gone
                        from {schema}."{stream}"
                        group by _key
                    )
                ), is_whole = coalesce(is_whole, false)
                where stream = $stream
                """,
                {"stream": stream},
            )


# The first leads from 1, which is what has no number, to 2. What one release has read stays here.
_MOVES: tuple[Callable[[Session], None], ...] = (_tell_where_streams_stand,)
LAYOUT = 1 + len(_MOVES)


def bring_to_layout(session: Session, path: Path) -> None:
    """Make a warehouse be of this code's layout: all of the way or, if it is killed, nothing.

    Raises:
        Misconfigured: a newer revops wrote it.
    """
    found = layout_of(session)
    if found == LAYOUT:
        return
    refuse_newer(found, path)
    with session.transaction():
        for move in _MOVES[(found or 1) - 1 :]:
            move(session)
        session.execute("create schema if not exists ops")
        session.execute(f"create or replace table ops._layout as select {LAYOUT} as version")
    if found is not None:
        _LOG.info("%s: moved on from layout %s to %s", path.name, found, LAYOUT)


def layout_of(session: Session) -> int | None:
    """The number in a warehouse; none before there were numbers, nor in a new one."""
    try:
        found: int | None = session.value("select version from ops._layout")
    except duckdb.CatalogException:
        return None
    return found


def refuse_newer(found: int | None, path: Path) -> None:
    """Stop before anything is done to a warehouse that this code does not know."""
    if found is not None and found > LAYOUT:
        raise Misconfigured(
            f"The warehouse {path.name} has layout {found}, which this revops does not know:"
            f" the newest that it knows is {LAYOUT}",
            advice="install the newer revops that wrote it, or go back to the backup that was made"
            " before the upgrade; nothing was changed (docs/how-to/upgrade.md)",
        )
