"""Tells where every stream, gate and sync stands."""

from __future__ import annotations

from typing import Any

from connectors.core import registry
from connectors.core.extract import create_raw_tables
from orchestration.app import App
from quality.spec import rulesets
from reverse_etl.spec import syncs
from warehouse.connection import Session, quoted
from warehouse.landing import VERSION_ORDER
from warehouse.ledger import Ledger
from warehouse.reconciliation import latest_reconciliations
from warehouse.verdicts import latest_verdict


def standing(app: App) -> dict[str, list[dict[str, Any]]]:
    """One row per stream, gate and sync, from what the stores hold."""
    create_raw_tables(app.warehouse, registry.sources().values())
    with app.warehouse.open("status") as session:
        verdicts = latest_reconciliations(session)
        streams = [
            _stream(session, source.name, stream.name)
            | _verdict(verdicts.get((source.name, stream.name)))
            for source in registry.sources_in_use(app.settings.vendors_in_use)
            for stream in source.streams
        ]
    return {
        "streams": streams,
        "gates": standing_of_gates(app),
        "syncs": [_sync(app, name) for name in syncs()],
    }


def standing_of_gates(app: App) -> list[dict[str, Any]]:
    """The last verdict of every gate, from the state store."""
    return [_gate(app, name) for name in rulesets()]


def _stream(session: Session, vendor: str, stream: str) -> dict[str, Any]:
    found = session.rows(
        f"""
        with latest as (
            select _key, arg_max(_deleted, {VERSION_ORDER}) as is_deleted
            from raw_{vendor}.{quoted(stream)}
            group by _key
        )

        select
            (select count(*) from raw_{vendor}.{quoted(stream)}) as versions,
            count(*) filter (not is_deleted) as records,
            count(*) filter (is_deleted) as deleted,
            (select count(*) from raw_{vendor}._rejected where stream = $stream) as rejected,
            (select max(_extracted_at) from raw_{vendor}.{quoted(stream)}) as last_landed
        from latest
        """,  # noqa: S608 - names of declared streams
        {"stream": stream},
    )
    return {"stream": f"{vendor}.{stream}"} | found[0]


def _verdict(found: dict[str, Any] | None) -> dict[str, Any]:
    """What the last comparison with the source came to."""
    names = ("counted", "verdict", "detail")
    return {name: found[name] if found else None for name in names}


def _gate(app: App, name: str) -> dict[str, Any]:
    verdict = latest_verdict(app.state, name)
    return {
        "ruleset": name,
        "decision": verdict.decision if verdict else None,
        "withheld": len(verdict.quarantined) if verdict else None,
        "decided_at": verdict.decided_at if verdict else None,
    }


def _sync(app: App, name: str) -> dict[str, Any]:
    runs = app.runs.latest("sync", name)
    outcomes = Ledger(app.state).outcomes(name)
    return {
        "sync": name,
        "last_run": runs[0].started_at if runs else None,
        "status": runs[0].status if runs else None,
        "acknowledged": outcomes["acknowledged"],
        "open": outcomes["planned"] + outcomes["in_flight"] + outcomes["unknown"],
        "rejected": outcomes["rejected"],
    }
