"""Brings a state store to the version of this code: makes a new one, moves on an older one."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from uuid import uuid4

import sqlalchemy as sa

from warehouse.errors import Misconfigured
from warehouse.state import HEAD, METADATA, STORE, VERSION, version_of

_LOG = logging.getLogger(__name__)

# The advisory lock of whoever makes or changes tables in PostgreSQL: any number, always the same.
_UPGRADING = 5_318_008_051

# Alembic keeps what it is at work on in its module.
_ONE_AT_A_TIME = Lock()


def bring_to_head(engine: sa.Engine) -> None:
    """Make a store be of the version `HEAD`: all of the way or, if it fails or is killed, nothing.

    Of several processes that open a store at once, one does the work and the others wait for it.

    Raises:
        Misconfigured: the store is of a newer version, or its tables are not ours.
    """
    with _ONE_AT_A_TIME, _alone(engine) as connection:
        tables = set(sa.inspect(connection).get_table_names())
        found = version_of(connection) if VERSION.name in tables else None
        if found == HEAD:
            return
        if found is None and not tables & set(METADATA.tables):
            _create(connection)
            return
        if found is None:
            _refuse_what_is_not_ours(sa.inspect(connection), tables)
        _move(connection, found)
    _LOG.info("state store: moved on from version %s to %s", found or "without a number", HEAD)


@contextmanager
def _alone(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One transaction, tables and all, which nobody else has at the same time."""
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_UPGRADING)))
            yield connection
        return
    # Python's driver begins no transaction before a statement that makes or changes a table.
    by_hand = engine.execution_options(isolation_level="AUTOCOMMIT")
    with by_hand.begin() as connection:
        connection.execute(sa.text("begin immediate"))
        yield connection


def _create(connection: sa.Connection) -> None:
    """Make a new store as it is today, without going through what it once was."""
    METADATA.create_all(connection)
    VERSION.create(connection)
    connection.execute(sa.insert(STORE).values(only=1, store_id=uuid4().hex))
    connection.execute(sa.insert(VERSION).values(version_num=HEAD))


def _move(connection: sa.Connection, found: str | None) -> None:
    # Alembic takes as long to load as a command to start: it is loaded when there is work for it.
    from warehouse.migrations import move_to_head, versions  # noqa: PLC0415

    if found is not None and found not in (known := versions()):
        raise Misconfigured(
            f"The state store is of version {found}, which this revops does not know:"
            f" the newest that it knows is {known[0]}",
            advice="install the newer revops that wrote it, or restore the backup that was made"
            " before the upgrade; nothing was changed (docs/how-to/upgrade.md)",
        )
    move_to_head(connection)


def _refuse_what_is_not_ours(inspector: sa.Inspector, tables: set[str]) -> None:
    """Without a stamp a table may be another program's: ours have had what is not null at once."""
    for table in METADATA.sorted_tables:
        if table.name not in tables:
            continue
        known = {one["name"] for one in inspector.get_columns(table.name)}
        lacking = [one.name for one in table.columns if not one.nullable and one.name not in known]
        if lacking:
            raise Misconfigured(
                f"The database of the state store has a table {table.name} that is not its own:"
                f" it has no column {lacking[0]}",
                advice="give REVOPS_STATE__URL a database of its own; nothing was changed",
            )
