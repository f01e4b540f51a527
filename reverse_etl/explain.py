"""Tells of one record what we wrote to it, since when, why, and what is kept back now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from quality.gate import build_of, is_built_since
from quality.spec import ruleset
from reverse_etl.clearance import suppressed, without_members, without_suppressed
from reverse_etl.diff import difference
from reverse_etl.lookup import Resolved, resolved
from reverse_etl.mapping import key_of
from reverse_etl.parking import Settled, since
from reverse_etl.plan import Plan, decide_plan
from reverse_etl.spec import SyncSpec, syncs
from warehouse.connection import Session, Warehouse, quoted
from warehouse.deliveries import Deliveries
from warehouse.errors import Misconfigured
from warehouse.ledger import Ledger, LedgerRow
from warehouse.state import StateStore
from warehouse.verdicts import latest_verdict, stored_verdict

_SHOWN_ENTRIES = 50
# Gate key -> where that account's or person's reasons are told, and in which column.
_REASONS = {
    "account_id": (("account_scores", "reasons"), ("account_health", "reasons")),
    "person_id": (("lead_scores", "reasons"), ("lead_scores", "propensity_reasons")),
    "decision_key": (("next_actions", "reason_en"), ("next_actions", "reason_ja")),
}


class _OneRecord(Resolved):
    """The sync as if its model held nothing but the rows of one key."""

    @property
    def table(self) -> str:
        return "explained"


def explain(
    warehouse: Warehouse,
    state: StateStore,
    destination: str,
    object_name: str,
    key: str,
    *,
    field: str | None = None,
) -> dict[str, Any]:
    """Values as last acknowledged, how each came about, and what the next plan would do.

    Raises:
        Misconfigured: no sync ever planned anything for such a record, and none would.
    """
    entries = Ledger(state).of_record(destination, object_name, key)
    writing = [
        spec
        for spec in syncs().values()
        if (spec.destination, spec.object) == (destination, object_name)
    ]
    with warehouse.open(f"explaining {key}") as session:
        now = [one for spec in writing if (one := _standing(session, state, spec, key, field))]
    if not entries and not now:
        raise Misconfigured(
            f"No sync has ever planned anything for {destination} {object_name} {key!r}",
            advice="name the record by the key that the sync uses: `revops plan SYNC` shows keys",
        )
    values = _values(state, entries)
    if field is not None and field not in values and not any(field in one["would"] for one in now):
        known = ", ".join(sorted(values)) or "nothing"
        raise Misconfigured(f"No sync writes {field!r} to this record; it holds {known} of ours")
    return {
        "destination": destination,
        "object": object_name,
        "key": key,
        "fields": [one for name, one in values.items() if field in {None, name}],
        "now": now,
        "history": [_told(one) for one in entries if field is None or field in one.fields][
            -_SHOWN_ENTRIES:
        ],
    }


def _values(state: StateStore, entries: Sequence[LedgerRow]) -> dict[str, dict[str, Any]]:
    """Each field's value as the tool last acknowledged it, with the change that it came by."""
    last: dict[str, LedgerRow] = {}
    for entry in entries:
        if entry.outcome == "acknowledged":
            if entry.operation in {"archive", "delete"}:
                last.clear()
            last |= dict.fromkeys(entry.fields, entry)
    verdicts = {one.verdict_id for one in last.values() if one.verdict_id is not None}
    judged = {number: _verdict(state, number) for number in verdicts}
    return {
        name: {
            "field": name,
            "value": entry.fields[name],
            "since": entry.settled_at,
            "before": entry.before.get(name),
            "found": None if entry.found is None else entry.found.get(name),
            "verdict": judged.get(entry.verdict_id or 0),
            **_told(entry),
        }
        for name, entry in last.items()
    }


def _told(entry: LedgerRow) -> dict[str, Any]:
    return {
        "sync": entry.sync,
        "run_id": entry.run_id,
        "plan_id": entry.plan_id,
        "entry_id": entry.entry_id,
        "operation": entry.operation,
        "fields": entry.fields,
        "outcome": entry.outcome,
        "error": entry.error,
        "reason": entry.reason,
        "attempts": entry.attempts,
        "request_hash": entry.request_hash,
        "job": entry.job,
        "tool_id": entry.tool_id,
        "reverts": entry.reverts,
        "sent_at": entry.sent_at,
        "settled_at": entry.settled_at,
    }


def _verdict(state: StateStore, verdict_id: int) -> dict[str, Any] | None:
    verdict = stored_verdict(state, verdict_id)
    if verdict is None:
        return None
    return {
        "verdict_id": verdict_id,
        "ruleset": verdict.ruleset,
        "decision": verdict.decision,
        "decided_at": verdict.decided_at,
        "run_id": verdict.run_id,
        "rules": [{"rule": one["rule"], "status": one["status"]} for one in verdict.evidence],
    }


def _standing(
    session: Session, state: StateStore, spec: SyncSpec, key: str, field: str | None
) -> dict[str, Any] | None:
    """What the next plan of a sync would do with the record; None where it knows nothing of it."""
    there = session.value(
        "select count(*) from duckdb_columns()"
        " where schema_name = 'activation' and table_name = $model",
        {"model": spec.model},
    )
    if not there:
        return None
    known, left_out = without_members(
        session, resolved(session, spec, state), suppressed(session, spec)
    )
    kept_off = [one for one in left_out if one.key == key]
    session.execute(
        f"create or replace temp table explained as"
        f" select * from {known.table} where {key_of(known.identify_by)} = $key",
        {"key": key},
    )
    gate_keys = session.rows(f"select {quoted(spec.gate.key)}::varchar as key from explained")
    delivered = Ledger(state).delivered(spec.name, key)
    if not gate_keys and not kept_off and delivered is None:
        return None
    plan = _plan(session, state, spec, known, key)
    plan = plan.left_with(plan.changes, kept_off)
    would = {name: value for change in plan.changes for name, value in change.after.items()}
    withheld = [
        {"reason": one.reason, "details": list(one.details)}
        for one in plan.withheld
        if one.key == key
    ]
    return {
        "sync": spec.name,
        "is_in_model": bool(gate_keys or kept_off),
        "would": {name: value for name, value in would.items() if field in {None, name}},
        "leaves": next((one.operation for one in plan.changes if one.is_leaving), None),
        "withheld": withheld,
        "parked": _parked(state, spec, key),
        "because": _reasons(session, spec, gate_keys[0]["key"]) if gate_keys else [],
    }


def _plan(session: Session, state: StateStore, spec: SyncSpec, known: SyncSpec, key: str) -> Plan:
    """The sync's plan of this record alone, by the same comparison and the same decision.

    `known` is the sync with the parents that were looked up.
    """
    deliveries, ledger = Deliveries(state), Ledger(state)
    alone = _OneRecord.of(known)
    delivered = ledger.delivered(spec.name, key)
    last_sent = [] if delivered is None else [delivered]
    found = difference(session, alone, last_sent)
    rules = ruleset(spec.gate.ruleset)
    plan = decide_plan(
        spec,
        # Whether the model is empty is asked of all of it.
        replace(found, rows=session.value(f"select count(*) from {spec.table}")),
        latest_verdict(state, spec.gate.ruleset),
        current_build=build_of(session, rules.model),
        is_prepared=is_built_since(session, spec.model, rules.model),
        current_rules=rules.rules_hash,
        settled=Settled(deliveries.parked(spec.name, key), deliveries.reverted(spec.name, key)),
    )
    return without_suppressed(plan, suppressed(session, spec))


def _parked(state: StateStore, spec: SyncSpec, key: str) -> dict[str, Any] | None:
    """What the tool refused of it for good, whether or not the wish has changed since."""
    parked = Deliveries(state).parked(spec.name, key).get(key)
    return {"reason": parked.reason, "since": since(parked.since)} if parked else None


def _reasons(session: Session, spec: SyncSpec, gate_key: str | None) -> list[dict[str, Any]]:
    """Why the account or person behind the row has the scores that it has."""
    told = []
    for model, column in _REASONS.get(spec.gate.key, ()):
        known = session.value(
            "select count(*) from duckdb_columns() where schema_name = 'marts'"
            " and table_name = $model and column_name in ($column, $key)",
            {"model": model, "column": column, "key": spec.gate.key},
        )
        if gate_key is None or known != len({column, spec.gate.key}):
            continue
        found = session.value(
            f"select {column} from marts.{model} where {quoted(spec.gate.key)} = $key",
            {"key": gate_key},
        )
        lines = [found] if isinstance(found, str) else list(found or [])
        if lines:
            told.append({"from": f"marts.{model}", "of": gate_key, "reasons": lines})
    return told
