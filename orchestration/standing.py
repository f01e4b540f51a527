"""Tells where every stream, model, gate and sync stands, how old that is, and when it is next."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from connectors.core import registry
from connectors.core.extract import create_raw_tables
from orchestration.app import App
from orchestration.cadence import Cadence, cadence
from quality.spec import RuleSet, rulesets
from reverse_etl.spec import SyncSpec, syncs
from warehouse.connection import Session, quoted
from warehouse.cron import next_tick
from warehouse.landing import VERSION_ORDER
from warehouse.ledger import Ledger
from warehouse.model_builds import builds_of_layers
from warehouse.reconciliation import last_whole_readings, latest_reconciliations
from warehouse.run_history import last_passed, last_successes
from warehouse.verdicts import latest_verdict

# The layers that people and tools read.
LAYERS = ("marts", "activation")


def standing(app: App) -> dict[str, list[dict[str, Any]]]:
    """One row per stream, model, gate and sync, from what the stores hold."""
    app.runs.notice_interrupted()
    create_raw_tables(app.warehouse, registry.sources().values())
    when, now = cadence(app.settings), app.clock.now()
    with app.warehouse.open("status") as session:
        verdicts, whole = latest_reconciliations(session), last_whole_readings(session)
        streams = [
            _stream(session, source.name, stream.name)
            | _verdict(verdicts.get((source.name, stream.name)))
            # A stream that rests between two readings is not stale for that.
            | _age(
                whole.get((source.name, stream.name)),
                now,
                when.stale_stream(source.name) + (stream.every or timedelta()),
            )
            | {"next_run": next_tick(when.of_source(source.name), now, when.zone)}
            for source in registry.sources_in_use(app.settings.vendors_in_use)
            for stream in source.streams
        ]
        models = [_model(one, now, when) for one in builds_of_layers(session, LAYERS)]
    return {
        "streams": streams,
        "models": models,
        "gates": standing_of_gates(app, when),
        "syncs": _syncs(app, when),
    }


def standing_of_gates(app: App, when: Cadence | None = None) -> list[dict[str, Any]]:
    """The last verdict of every gate but those of tools that are not in use."""
    when, passed = when or cadence(app.settings), last_passed(app.state)
    in_use = {None, *(one.name for one in registry.sources_in_use(app.settings.vendors_in_use))}
    return [
        _gate(app, name) | _gate_age(app, one, when, passed.get(name))
        for name, one in rulesets().items()
        if one.vendor in in_use
    ]


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
    told = {name: found[name] if found else None for name in names}
    # Refused by the contract and never landed since; `rejected` counts every refusal ever.
    return told | {"refused": found["rejected"] if found else None}


def _age(last: datetime | None, now: datetime, stale_after: timedelta | None) -> dict[str, Any]:
    """How long ago the last success was, in seconds, and whether that is longer than agreed."""
    lag = None if last is None else max(timedelta(), now - last)
    return {
        "last_success": last,
        "lag_seconds": None if lag is None else lag.total_seconds(),
        "is_stale": lag is not None and stale_after is not None and lag > stale_after,
    }


def _model(found: Mapping[str, Any], now: datetime, when: Cadence) -> dict[str, Any]:
    """A model that no build has to its name failed in the last one, or is of an older version."""
    return {
        "model": found["model"],
        "rows": found["rows"],
        "verdict": "built" if found["built_at"] else "not built",
        "next_run": next_tick(when.schedules.nightly, now, when.zone),
    } | _age(found["built_at"], now, when.stale_mart())


def _gate(app: App, name: str) -> dict[str, Any]:
    verdict = latest_verdict(app.state, name)
    return {
        "ruleset": name,
        "decision": verdict.decision if verdict else None,
        "withheld": len(verdict.quarantined) if verdict else None,
        "decided_at": verdict.decided_at if verdict else None,
    }


def _gate_age(app: App, one: RuleSet, when: Cadence, passed: datetime | None) -> dict[str, Any]:
    """A gate follows what it judges: at the latest its source's reading, or the nightly build."""
    now, is_landing = app.clock.now(), one.stage == "landing"
    cron = when.of_source(str(one.vendor)) if is_landing else when.schedules.nightly
    return _age(passed, now, None) | {"next_run": next_tick(cron, now, when.zone)}


def _syncs(app: App, when: Cadence) -> list[dict[str, Any]]:
    succeeded = last_successes(app.state, "sync")
    return [_sync(app, spec, when, succeeded.get(name)) for name, spec in syncs().items()]


def _sync(app: App, spec: SyncSpec, when: Cadence, last: datetime | None) -> dict[str, Any]:
    runs = app.runs.latest("sync", spec.name)
    outcomes = Ledger(app.state).outcomes(spec.name)
    now = app.clock.now()
    return {
        "sync": spec.name,
        "last_run": runs[0].started_at if runs else None,
        "status": runs[0].status if runs else None,
        "acknowledged": outcomes["acknowledged"],
        "open": outcomes["planned"] + outcomes["in_flight"] + outcomes["unknown"],
        "rejected": outcomes["rejected"],
        # Without a schedule it follows when its rows are new.
        "next_run": next_tick(spec.schedule, now, when.zone) if spec.schedule else None,
    } | _age(last, now, when.stale_sync(spec.schedule))
