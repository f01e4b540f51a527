"""Copies the ledger of a run to the warehouse, where analysts can join it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from warehouse.connection import ColumnType, Session, Warehouse
from warehouse.delivered import Columns
from warehouse.deliveries import Deliveries
from warehouse.runs import as_utc

_COLUMNS: dict[str, ColumnType] = {
    "entry_id": "integer",
    "run_id": "text",
    "sync": "text",
    "destination": "text",
    "object": "text",
    "key": "text",
    "operation": "text",
    "fields": "text",
    "before": "text",
    "outcome": "text",
    "error": "text",
    "reason": "text",
    "sent_at": "instant",
    "settled_at": "instant",
}
_ARE_THERE = """
    select table_name from duckdb_tables()
    where schema_name = 'ops' and table_name in ('sync_changes', 'sync_rejects') and not internal
"""
# Until which mark of the ledger its rows have been copied.
_MIRRORED = "select mark from sync_memory._mirrored where sync = $sync"
_KINDS = (
    ("ops.sync_changes", "select * exclude (error) from ledger_rows"),
    (
        "ops.sync_rejects",
        """select * exclude (before, outcome, sent_at) rename (settled_at as rejected_at),
            false as is_parked from ledger_rows where outcome = 'rejected'""",
    ),
)
_REJECTS = """
    create table if not exists ops.sync_rejects (
        entry_id bigint, run_id varchar, sync varchar, destination varchar, object varchar,
        key varchar, operation varchar, fields json, error varchar, reason varchar,
        is_parked boolean, rejected_at timestamptz
    )
"""


def mirror_to_ops(sync: str, warehouse: Warehouse, deliveries: Deliveries) -> None:
    """Bring `ops.sync_changes` and `ops.sync_rejects` up to date with the ledger."""
    with warehouse.open(f"mirroring {sync}") as session, session.transaction():
        are_there = {row["table_name"] for row in session.rows(_ARE_THERE)}
        session.execute("create schema if not exists sync_memory")
        session.execute(
            "create table if not exists sync_memory._mirrored (sync varchar, mark varchar)"
        )
        mark = deliveries.marked(sync)
        is_known = mark is not None and mark == session.value(_MIRRORED, {"sync": sync})
        if is_known and are_there == {"sync_changes", "sync_rejects"}:
            return
        session.execute("create schema if not exists ops")
        session.execute(
            "create table if not exists ops.sync_changes (entry_id bigint, run_id varchar,"
            " sync varchar, destination varchar, object varchar, key varchar, operation varchar,"
            " fields json, before json, outcome varchar, reason varchar,"
            " sent_at timestamptz, settled_at timestamptz)"
        )
        is_new = "sync_rejects" not in are_there
        session.execute(_REJECTS)
        # From where the mirror ends and not from where this run began: a run that was killed has
        # settled rows that nobody has copied.
        settled_until = session.value(
            "select max(settled_at) from ops.sync_changes where sync = $sync", {"sync": sync}
        )
        # What was copied before there was a table of the rejected ones is looked at once more.
        for block in deliveries.blocks(sync, None if is_new else settled_until):
            _mirror_block(session, block)
        _mirror_parked(session, sync, deliveries)
        session.execute("delete from sync_memory._mirrored where sync = $sync", {"sync": sync})
        session.execute(
            "insert into sync_memory._mirrored values ($sync, $mark)", {"sync": sync, "mark": mark}
        )


def _mirror_block(session: Session, block: Columns) -> None:
    """Put in rows of the ledger, in place of what they were before."""
    rows = block | {name: _instants(block[name]) for name in ("sent_at", "settled_at")}
    with session.table("ledger_rows", rows, _COLUMNS):
        for table, chosen in _KINDS:
            session.execute(
                f"delete from {table} where entry_id in (select entry_id from ledger_rows)"
            )
            session.execute(f"insert into {table} by name {chosen}")


def _mirror_parked(session: Session, sync: str, deliveries: Deliveries) -> None:
    """Tell of all that were rejected which are parked still."""
    parked = {"entry_id": [one.entry_id for one in deliveries.parked(sync).values()]}
    with session.table("parked_rows", parked, {"entry_id": "integer"}):
        session.execute(
            "update ops.sync_rejects set is_parked = entry_id in (from parked_rows)"
            " where sync = $sync",
            {"sync": sync},
        )


def _instants(column: Sequence[Any]) -> list[datetime | None]:
    return [None if at is None else as_utc(at) for at in column]
