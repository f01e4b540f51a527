"""Copies the ledger of a run to the warehouse, where analysts can join it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from warehouse.connection import ColumnType, Warehouse
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


def mirror_to_ops(sync: str, warehouse: Warehouse, deliveries: Deliveries) -> None:
    """Bring `ops.sync_changes` up to date with the ledger, one row per entry."""
    with warehouse.open(f"mirroring {sync}") as session, session.transaction():
        session.execute("create schema if not exists ops")
        session.execute(
            "create table if not exists ops.sync_changes (entry_id bigint, run_id varchar,"
            " sync varchar, destination varchar, object varchar, key varchar, operation varchar,"
            " fields json, before json, outcome varchar, reason varchar,"
            " sent_at timestamptz, settled_at timestamptz)"
        )
        # From where the mirror ends and not from where this run began: a run that was killed has
        # settled rows that nobody has copied.
        settled_until = session.value(
            "select max(settled_at) from ops.sync_changes where sync = $sync", {"sync": sync}
        )
        found = deliveries.changes(sync, touched_since=settled_until)
        columns = {name: [_cell(row[name]) for row in found] for name in _COLUMNS}
        with session.table("ledger_rows", columns, _COLUMNS):
            session.execute(
                "delete from ops.sync_changes where entry_id in"
                " (select entry_id::bigint from ledger_rows)"
            )
            session.execute("insert into ops.sync_changes by name select * from ledger_rows")


def _cell(value: Any) -> Any:
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, datetime):
        return as_utc(value)
    return str(value) if isinstance(value, int) else value
