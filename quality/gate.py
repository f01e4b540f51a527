"""Runs a gate: evidence for every rule, the verdict, and both stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from quality.evidence import Evidence
from quality.spec import RuleSet
from quality.verdict import Verdict, decide
from warehouse.clock import Clock
from warehouse.connection import Session, Warehouse, WarehouseError, quoted
from warehouse.state import StateStore
from warehouse.verdicts import StoredVerdict, save_verdict


@dataclass(frozen=True)
class GateResult:
    ruleset: str
    verdict: Verdict
    evidence: tuple[Evidence, ...]
    rows: int
    verdict_id: int

    def as_json(self) -> dict[str, Any]:
        return {
            "ruleset": self.ruleset,
            "decision": self.verdict.decision,
            "rows": self.rows,
            "verdict_id": self.verdict_id,
            "reasons": list(self.verdict.reasons),
            "warnings": list(self.verdict.warnings),
            "quarantined": self.verdict.quarantined,
            "rules": [one.as_json() for one in self.evidence],
        }


def run_gate(
    ruleset: RuleSet, warehouse: Warehouse, state: StateStore, clock: Clock, *, run_id: str
) -> GateResult:
    """Judge the model as it is now, and store the verdict with the build that it is about."""
    purpose = f"gate {ruleset.ruleset}"
    with warehouse.open(purpose) as session:
        build_id = build_of(session, ruleset.model)
        rows = _row_count(session, ruleset)
    evidence = _gather(ruleset, warehouse, purpose)
    with warehouse.open(purpose) as session:
        evidence = [_name_rows(one, ruleset, session) for one in evidence]
    verdict = decide(evidence, rows=rows, max_quarantined_share=ruleset.max_quarantined_share)
    verdict_id = save_verdict(
        state,
        StoredVerdict(
            ruleset=ruleset.ruleset,
            run_id=run_id,
            build_id=build_id,
            rules_hash=ruleset.rules_hash,
            decided_at=clock.now(),
            decision=verdict.decision,
            quarantined=verdict.quarantined,
            evidence=[one.as_json() for one in evidence],
        ),
    )
    return GateResult(ruleset.ruleset, verdict, tuple(evidence), rows, verdict_id)


def build_of(session: Session, model: str) -> str | None:
    """The dbt invocation that last built a model, or None if none ever did."""
    if not _knows_builds(session):
        return None
    found = session.value(
        "select invocation_id from ops.model_builds where model = $model", {"model": model}
    )
    return None if found is None else str(found)


def is_built_since(session: Session, model: str, other: str) -> bool:
    """Whether a model was built after another one, so that it can hold what the other holds."""
    return _knows_builds(session) and bool(
        session.value(
            "select max(built_at) filter (model = $model) >= max(built_at) filter (model = $other)"
            " from ops.model_builds",
            {"model": model, "other": other},
        )
    )


def _knows_builds(session: Session) -> bool:
    return bool(
        session.value(
            "select count(*) from duckdb_tables() where schema_name = 'ops'"
            " and table_name = 'model_builds'"
        )
    )


def _gather(ruleset: RuleSet, warehouse: Warehouse, purpose: str) -> list[Evidence]:
    # Imported here because the import alone costs seconds, which no other command should pay.
    from quality.expectations import gather  # noqa: PLC0415

    with warehouse.lent(purpose) as path:
        return gather(ruleset, path)


def _row_count(session: Session, ruleset: RuleSet) -> int:
    try:
        return int(session.value(f"select count(*) from {ruleset.table}"))
    except Exception as error:
        raise WarehouseError(
            f"The gate {ruleset.ruleset!r} has nothing to judge: {ruleset.table} cannot be read",
            advice="run `revops build` first",
        ) from error


def _name_rows(evidence: Evidence, ruleset: RuleSet, session: Session) -> Evidence:
    """Add the keys of the failing rows; evidence that does not tally is an error."""
    if evidence.status != "failed" or evidence.severity != "quarantine":
        return evidence
    rule = next(rule for rule in ruleset.rules if rule.name == evidence.rule)
    key = quoted(ruleset.key)
    found = session.rows(
        f"select key from (select {key}::varchar as key, ({rule.failing()}) as is_failing"
        f" from {ruleset.table}) where is_failing order by key"
    )
    keys = tuple(row["key"] for row in found if row["key"] is not None)
    if len(found) != evidence.failed or len(keys) != len(found):
        return evidence.with_error(
            f"Great Expectations counted {evidence.failed} failing rows, {len(keys)} could be named"
        )
    return evidence.with_keys(keys)
