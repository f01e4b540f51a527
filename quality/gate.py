"""Runs a gate: evidence for every rule, the verdict, and both stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from quality.evidence import Evidence, evidence_of
from quality.publishing import publish
from quality.rule import BaseRule, Known, Measure
from quality.spec import RuleSet
from quality.table_rules import Drift, Query, Volume
from quality.upstream import upstream
from quality.verdict import Verdict, decide
from warehouse.clock import Clock
from warehouse.connection import Session, Warehouse, WarehouseError, quoted
from warehouse.lake import Place
from warehouse.model_builds import build_of, is_built_since
from warehouse.state import StateStore
from warehouse.verdicts import StoredVerdict, recent_verdicts, save_verdict

__all__ = ["GateResult", "build_id_of", "build_of", "is_built_since", "run_gate"]

Results = dict[str, Mapping[str, Any]]
Gather = Callable[[RuleSet, Mapping[str, Measure], Any], Mapping[str, Mapping[str, Any]]]

# The page of a gate's Data Docs that always shows the newest result.
NEWEST_PAGE = "newest.html"
# So many verdicts of before are looked at for what a rule has kept.
_LOOKED_AT = 30
# So many failing rows are named where none is withheld.
_NAMED = 1000


@dataclass(frozen=True)
class GateResult:
    ruleset: str
    verdict: Verdict
    evidence: tuple[Evidence, ...]
    rows: int
    verdict_id: int
    stage: str = "activation"

    def as_json(self) -> dict[str, Any]:
        return {
            "ruleset": self.ruleset,
            "stage": self.stage,
            "decision": self.verdict.decision,
            "rows": self.rows,
            "verdict_id": self.verdict_id,
            "reasons": list(self.verdict.reasons),
            "warnings": list(self.verdict.warnings),
            "quarantined": self.verdict.quarantined,
            "rules": [one.as_json() for one in self.evidence],
        }


def run_gate(
    ruleset: RuleSet,
    warehouse: Warehouse,
    state: StateStore,
    clock: Clock,
    *,
    run_id: str,
    gather: Gather | None = None,
    docs: Path | None = None,
) -> GateResult:
    """Judge the table as it is now, and store the verdict with the build that it is about.

    `gather` gets the results; Great Expectations does if it is not given, and then writes its Data
    Docs into the folder `docs`, if one is given: `NEWEST_PAGE` there shows the result.

    Raises:
        WarehouseError: there is no such table.
    """
    purpose = f"gate {ruleset.ruleset}"
    known = Known(ruleset.relation, clock.now(), _past(ruleset, state), ruleset.live)
    measures = {rule.name: rule.measure(known) for rule in ruleset.rules}
    with warehouse.open(purpose) as session:
        build_id = build_id_of(session, ruleset)
        rows = _row_count(session, ruleset)
        refused = _refused(session, ruleset, measures)
    asked = {name: one for name, one in measures.items() if name not in refused}
    results = refused | _gathered(
        gather or partial(_great_expectations, run_id=run_id, docs=docs), ruleset, asked, warehouse
    )
    with warehouse.open(purpose) as session:
        evidence = [
            _judged(
                session,
                ruleset,
                rule,
                evidence_of(
                    *(rule, measures[rule.name], results.get(rule.name)),
                    owner=ruleset.owner_of(rule.name),
                ),
            )
            for rule in ruleset.rules
        ]
        evidence += upstream(ruleset, session, state)
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
    with warehouse.open(purpose) as session:
        publish(
            session,
            ruleset,
            evidence,
            verdict_id=verdict_id,
            decision=verdict.decision,
            rows=rows,
            decided_at=clock.now(),
        )
    return GateResult(
        ruleset.ruleset, verdict, tuple(evidence), rows, verdict_id, stage=ruleset.stage
    )


def build_id_of(session: Session, ruleset: RuleSet) -> str | None:
    """What a verdict is about: dbt's invocation, or the run that landed a stream last."""
    if ruleset.stage != "landing":
        return build_of(session, ruleset.model)
    try:
        found = session.value(f"select max_by(_run_id, _extracted_at) from {ruleset.table}")
    except Exception as error:
        raise _nothing_to_judge(ruleset) from error
    return None if found is None else str(found)


def _great_expectations(
    ruleset: RuleSet,
    measures: Mapping[str, Measure],
    place: Place,
    *,
    run_id: str,
    docs: Path | None = None,
) -> Mapping[str, Mapping[str, Any]]:
    # Imported here because the import alone costs seconds, which no other command should pay.
    from quality.expectations import gather  # noqa: PLC0415

    return gather(ruleset, measures, place, run_id=run_id, docs=docs)


def _gathered(
    gather: Gather, ruleset: RuleSet, measures: Mapping[str, Measure], warehouse: Warehouse
) -> Results:
    """The results; where getting them fails, each says so: what nobody has looked at holds."""
    if not measures:
        return {}
    try:
        with warehouse.lent(f"gate {ruleset.ruleset}") as place:
            return dict(gather(ruleset, measures, place))
    except Exception as error:  # noqa: BLE001 - whatever it is, it must not let anything pass
        # Its kind only: a text could quote somebody's data.
        said = f"Great Expectations failed: {type(error).__name__}"
        return dict.fromkeys(measures, _raised(said))


def _raised(message: str) -> dict[str, Any]:
    """A result of a rule that could not be evaluated, in Great Expectations' own format."""
    info = {
        "raised_exception": True,
        "exception_message": message,
        "exception_traceback": None,
    }
    return {"success": False, "result": {}, "exception_info": info}


def _refused(session: Session, ruleset: RuleSet, measures: Mapping[str, Measure]) -> Results:
    """The rules that DuckDB cannot compile, which would take the others with them."""
    every = ", ".join(one.sql for one in measures.values())
    if _fault(session, f"select {every} from {ruleset.relation}") is None:
        return {}
    found = {
        name: _fault(session, f"select {one.sql} from {ruleset.relation}")
        for name, one in measures.items()
    }
    return {name: _raised(fault) for name, fault in found.items() if fault is not None}


def _fault(session: Session, statement: str) -> str | None:
    try:
        session.rows(f"explain {statement}")
    except Exception as error:  # noqa: BLE001 - DuckDB's errors are its own
        kind, _, said = str(error).partition("\n")[0].partition(": ")
        is_shown = kind in {"Binder Error", "Catalog Error", "Parser Error"}
        return f"{kind}: {said}" if is_shown else f"{kind}, in a value that is not shown here"
    return None


def _row_count(session: Session, ruleset: RuleSet) -> int:
    try:
        return int(session.value(f"select count(*) from {ruleset.relation}"))
    except Exception as error:
        raise _nothing_to_judge(ruleset) from error


def _nothing_to_judge(ruleset: RuleSet) -> WarehouseError:
    step = "extract" if ruleset.stage == "landing" else "build"
    return WarehouseError(
        f"The gate {ruleset.ruleset!r} has nothing to judge: {ruleset.table} cannot be read",
        advice=f"run `revops {step}` first",
    )


def _past(ruleset: RuleSet, state: StateStore) -> dict[str, tuple[Any, ...]]:
    """What the rules that look back have kept, the newest first."""
    looking = {one.name for one in ruleset.rules if isinstance(one, Volume | Drift)}
    if not looking:
        return {}
    found: dict[str, list[Any]] = {name: [] for name in looking}
    for verdict in recent_verdicts(state, ruleset.ruleset, _LOOKED_AT):
        for one in verdict.evidence:
            if one["rule"] in looking and one.get("kept") is not None:
                found[one["rule"]].append(one["kept"])
    return {name: tuple(kept) for name, kept in found.items()}


def _judged(session: Session, ruleset: RuleSet, rule: BaseRule, evidence: Evidence) -> Evidence:
    """The evidence with what only the table can add: what is kept, or which rows fail."""
    if evidence.status == "passed":
        return replace(evidence, kept=rule.kept(session, ruleset.relation, evidence.observed))
    return _name_rows(evidence, ruleset, rule, session)


def _name_rows(evidence: Evidence, ruleset: RuleSet, rule: BaseRule, session: Session) -> Evidence:
    """Add the keys of the failing rows; evidence that does not tally is an error.

    Of rows that are not to be withheld only some are named, for whoever mends them.
    """
    query = _naming(ruleset, rule)
    if evidence.status != "failed" or query is None:
        return evidence
    if evidence.severity != "quarantine":
        some = session.rows(f"select key from ({query}) where key is not null limit {_NAMED}")
        return evidence.with_keys(tuple(row["key"] for row in some), ruleset.key)
    found = session.rows(query)
    keys = tuple(row["key"] for row in found if row["key"] is not None)
    if len(found) != evidence.failed or len(keys) != len(found):
        return evidence.with_error(
            f"Great Expectations counted {evidence.failed} failing rows, {len(keys)} could be named"
        )
    return evidence.with_keys(keys, ruleset.key)


def _naming(ruleset: RuleSet, rule: BaseRule) -> str | None:
    """The query of the failing rows' keys, or None for a rule about the whole table."""
    key = quoted(ruleset.key)
    if isinstance(rule, Query):
        if rule.severity != "quarantine":
            return None
        return f"select {key}::varchar as key from ({rule.query}) order by key"
    if rule.failing() is None:
        return None
    return (
        f"select key from (select {key}::varchar as key, ({rule.failing()}) as is_failing"
        f" from {ruleset.relation}) where is_failing order by key"
    )
