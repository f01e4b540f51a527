"""Copies the ledger of a run to the warehouse, where analysts can join it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from warehouse.connection import ColumnType, Session, Warehouse
from warehouse.deliveries import Deliveries
from warehouse.runs import as_utc

_COLUMNS: dict[str, ColumnType] = {
    "entry_id": "text",
    "run_id": "text",
    "sync": "text",
    "destination": "text",
    "object": "text",
    "key": "text",
    "operation": "text",
    "fields": "text",
    "before": "text",
    "outcome": "text",
    "reason": "text",
    "sent_at": "instant",
    "settled_at": "instant",
}

_REJECTED: dict[str, ColumnType] = {
    name: _COLUMNS.get(name, "text")
    for name in (
        *("entry_id", "run_id", "sync", "destination", "object", "key", "operation", "fields"),
        *("error", "reason", "settled_at"),
    )
}
_ARE_THERE = """
    select table_name from duckdb_tables()
    where schema_name = 'ops' and table_name in ('sync_changes', 'sync_rejects') and not internal
"""
# Until which mark of the ledger its rows have been copied.
_MIRRORED = "select mark from sync_memory._mirrored where sync = $sync"
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
        found = deliveries.changes(sync, touched_since=None if is_new else settled_until)
        columns = {name: [_cell(row[name]) for row in found] for name in _COLUMNS}
        with session.table("ledger_rows", columns, _COLUMNS):
            session.execute(
                "delete from ops.sync_changes where entry_id in"
                " (select entry_id::bigint from ledger_rows)"
            )
            session.execute("insert into ops.sync_changes by name select * from ledger_rows")
        _mirror_rejects(session, sync, found, deliveries)
        session.execute("delete from sync_memory._mirrored where sync = $sync", {"sync": sync})
        session.execute(
            "insert into sync_memory._mirrored values ($sync, $mark)", {"sync": sync, "mark": mark}
        )


def _mirror_rejects(
    session: Session, sync: str, found: list[dict[str, Any]], deliveries: Deliveries
) -> None:
    """Add what was rejected to `ops.sync_rejects`, and tell of all which are parked still."""
    rejected = [row for row in found if row["outcome"] == "rejected"]
    columns = {name: [_cell(row[name]) for row in rejected] for name in _REJECTED}
    parked = {"entry_id": [str(one.entry_id) for one in deliveries.parked(sync).values()]}
    with (
        session.table("rejected_rows", columns, _REJECTED),
        session.table("parked_rows", parked, {"entry_id": "text"}),
    ):
        session.execute(
            "delete from ops.sync_rejects where entry_id in"
            " (select entry_id::bigint from rejected_rows)"
        )
        session.execute(
            "insert into ops.sync_rejects by name"
            " select * rename (settled_at as rejected_at), false as is_parked from rejected_rows"
        )
        session.execute(
            "update ops.sync_rejects"
            " set is_parked = entry_id in (select entry_id::bigint from parked_rows)"
            " where sync = $sync",
            {"sync": sync},
        )


def _cell(value: Any) -> Any:
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, datetime):
        return as_utc(value)
    return str(value) if isinstance(value, int) else value
