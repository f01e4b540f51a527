"""Copies the runs of a sync to the warehouse: how each ended, and what the tool was asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from warehouse.connection import ColumnType, Session, Warehouse
from warehouse.runs import Run, RunLog

KINDS = ("sync", "revert")

_RUNS: dict[str, ColumnType] = {
    **dict.fromkeys(("run_id", "sync", "kind"), "text"),
    **dict.fromkeys(("started_at", "finished_at"), "instant"),
    "status": "text",
    "exit_code": "integer",
    **dict.fromkeys(("destination", "object", "digest", "config_hash"), "text"),
    "verdict_id": "integer",
    **dict.fromkeys(("rows", "changes", "unchanged", "withheld", "parked"), "integer"),
    **dict.fromkeys(("acknowledged", "rejected", "unknown", "abandoned"), "integer"),
    **dict.fromkeys(("reverts", "error"), "text"),
}
_CALLS: dict[str, ColumnType] = {
    **dict.fromkeys(("run_id", "sync", "destination", "method", "path", "status"), "text"),
    "calls": "integer",
    "seconds": "text",
}
_SQL = {"text": "varchar", "instant": "timestamptz", "integer": "bigint"}
_OUTCOMES = ("acknowledged", "rejected", "unknown", "abandoned")


def mirror_runs(sync: str, warehouse: Warehouse, runs: RunLog) -> None:
    """Bring `ops.sync_runs` and `ops.api_calls` up to date with the run log."""
    with warehouse.open(f"mirroring the runs of {sync}") as session, session.transaction():
        session.execute("create schema if not exists ops")
        _create(session, "ops.sync_runs", _RUNS, {})
        _create(session, "ops.api_calls", _CALLS, {"seconds": "double"})
        last = session.value(
            "select max(started_at) from ops.sync_runs where sync = $sync", {"sync": sync}
        )
        found = runs.since(KINDS, sync, last)
        _replace(session, "ops.sync_runs", _RUNS, _rows(found))
        _replace(session, "ops.api_calls", _CALLS, [call for one in found for call in _calls(one)])


def _create(
    session: Session, table: str, columns: Mapping[str, ColumnType], others: Mapping[str, str]
) -> None:
    listed = ", ".join(f"{name} {others.get(name) or _SQL[kind]}" for name, kind in columns.items())
    session.execute(f"create table if not exists {table} ({listed})")


def _replace(
    session: Session,
    table: str,
    columns: Mapping[str, ColumnType],
    rows: Sequence[Mapping[str, Any]],
) -> None:
    values = {name: [row[name] for row in rows] for name in columns}
    with session.table("mirrored_rows", values, columns):
        session.execute(f"delete from {table} where run_id in (select run_id from mirrored_rows)")
        session.execute(f"insert into {table} by name select * from mirrored_rows")


def _rows(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """One row per run; only the last can be at work still, for a sync has one run at a time."""
    rows = [_row(one) for one in runs]
    for row in rows[:-1]:
        if row["status"] == "running":
            row["status"] = "interrupted"
    return rows


def _row(run: Run) -> dict[str, Any]:
    plan = run.report.get("plan") or {}
    counts = plan.get("counts") or {}
    outcomes = (run.report.get("delivery") or {}).get("outcomes") or {}
    return {
        "run_id": run.run_id,
        "sync": run.subject,
        "kind": run.kind,
        "started_at": run.started_at,
        "finished_at": run.finished_at,
        "status": run.status,
        "exit_code": run.report.get("exit_code"),
        **{name: plan.get(name) for name in ("destination", "object", "digest", "config_hash")},
        "verdict_id": plan.get("verdict_id"),
        **{name: counts.get(name) for name in ("rows", "unchanged", "withheld", "parked")},
        "changes": len(plan["changes"]) if "changes" in plan else None,
        **{name: outcomes.get(name, 0) if plan else None for name in _OUTCOMES},
        "reverts": plan.get("reverts"),
        "error": run.report.get("error"),
    }


def _calls(run: Run) -> list[dict[str, Any]]:
    plan = run.report.get("plan") or {}
    known = {
        "run_id": run.run_id,
        "sync": run.subject,
        "destination": plan.get("destination"),
    }
    return [
        known | one | {"seconds": str(one["seconds"])} for one in run.report.get("api_calls", [])
    ]
