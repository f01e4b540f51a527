"""Shows in the warehouse what gates have found, for the models of data quality and for analysts.

`ops.quality_results` has a row per rule of each verdict, `ops.quality_findings` one per rule and
row that is unsound now, and `ops.quality_scores` what was measured day by day.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from quality.evidence import Evidence
from quality.spec import RuleSet
from warehouse.connection import ColumnType, Session

TABLES = """
    create schema if not exists ops;
    create table if not exists ops.quality_results (
        verdict_id bigint not null, ruleset varchar not null, table_name varchar not null,
        stage varchar not null, decision varchar not null, slo double not null,
        judged_rows bigint not null, unsound_rows bigint not null, rule varchar not null,
        kind varchar not null, severity varchar not null, owner varchar not null,
        status varchar not null, failed_rows bigint not null, decided_at timestamptz not null,
        primary key (verdict_id, rule)
    );
    create table if not exists ops.quality_findings (
        ruleset varchar not null, table_name varchar not null, rule varchar not null,
        severity varchar not null, owner varchar not null, because varchar not null,
        column_name varchar, key_column varchar not null, key varchar not null,
        found_at timestamptz not null, since timestamptz not null,
        primary key (ruleset, rule, key)
    );
    create table if not exists ops.quality_scores (
        score_key varchar not null, measured_on date not null, scope varchar not null,
        subject varchar not null, measure varchar not null, value double, target double not null,
        counted bigint not null, primary key (score_key, measured_on)
    );
"""
_RESULT: dict[str, ColumnType] = {
    "rule": "text",
    "kind": "text",
    "severity": "text",
    "owner": "text",
    "status": "text",
    "failed": "integer",
}
_FINDING: dict[str, ColumnType] = {
    "rule": "text",
    "severity": "text",
    "owner": "text",
    "because": "text",
    "column_name": "text",
    "key": "text",
}


def publish(
    session: Session,
    ruleset: RuleSet,
    evidence: Sequence[Evidence],
    *,
    verdict_id: int,
    decision: str,
    rows: int,
    decided_at: datetime,
) -> None:
    """Add a verdict's results, and put its findings in place of those of the verdict before.

    What a gate below has found is published there, and not here again.
    """
    rules = {rule.name: rule for rule in ruleset.rules}
    own = [one for one in evidence if one.rule in rules]
    said = {
        "verdict_id": verdict_id,
        "ruleset": ruleset.ruleset,
        "table_name": f"{ruleset.schema_name}.{ruleset.model}",
        "stage": ruleset.stage,
        "decision": decision,
        "slo": ruleset.slo,
        "judged_rows": rows,
        "unsound_rows": min(rows, _unsound(own)),
        "decided_at": decided_at.isoformat(),
    }
    results: dict[str, list[object]] = {
        "rule": [one.rule for one in own],
        "kind": [rules[one.rule].kind for one in own],
        "severity": [one.severity for one in own],
        "owner": [one.owner for one in own],
        "status": [one.status for one in own],
        "failed": [one.failed for one in own],
    }
    session.define(TABLES)
    with session.transaction(), session.table("judged", results, _RESULT):
        session.replace(
            "ops.quality_results",
            ("verdict_id", "rule"),
            "select $verdict_id, $ruleset, $table_name,"
            " $stage, $decision, $slo, $judged_rows, $unsound_rows, rule, kind, severity, owner,"
            " status, failed, $decided_at::timestamptz from judged",
            said,
        )
        _publish_findings(session, ruleset, own, decided_at)


def keep_scores(session: Session) -> int:
    """Write down what is measured today, as far as the models are built; how many scores."""
    if not session.value(
        "select count(*) from duckdb_views() where schema_name = 'marts'"
        " and view_name = 'data_quality'"
    ):
        return 0
    session.replace(
        "ops.quality_scores",
        ("score_key", "measured_on"),
        "select score_key, measured_on, scope, subject,"
        " measure, value, target, counted from marts.data_quality where is_last",
    )
    return int(session.value("select count(*) from marts.data_quality where is_last"))


def _publish_findings(
    session: Session, ruleset: RuleSet, own: Sequence[Evidence], decided_at: datetime
) -> None:
    columns = {rule.name: next(iter(rule.columns()), None) for rule in ruleset.rules}
    found = [(one, key) for one in own if one.status == "failed" for key in dict.fromkeys(one.keys)]
    listed: dict[str, list[object]] = {
        "rule": [one.rule for one, _ in found],
        "severity": [one.severity for one, _ in found],
        "owner": [one.owner for one, _ in found],
        "because": [one.because for one, _ in found],
        "column_name": [columns[one.rule] for one, _ in found],
        "key": [key for _, key in found],
    }
    said = {"ruleset": ruleset.ruleset, "at": decided_at.isoformat()}
    with session.table("found", listed, _FINDING):
        # A rule that could not be evaluated has cleared nobody.
        unknown = [one.rule for one in own if one.status == "error"]
        session.execute(
            "create or replace temp table present as select found.*,"
            " coalesce(before.since, $at::timestamptz) as since from found"
            " left join ops.quality_findings as before on before.ruleset = $ruleset"
            " and before.rule = found.rule and before.key = found.key",
            said,
        )
        session.execute(
            "delete from ops.quality_findings where ruleset = $ruleset"
            " and not list_contains($unknown, rule)",
            {"ruleset": ruleset.ruleset, "unknown": unknown},
        )
        session.execute(
            "insert into ops.quality_findings select $ruleset, $table_name, rule, severity, owner,"
            " because, column_name, $key_column, key, $at::timestamptz, since from present",
            said
            | {
                "table_name": f"{ruleset.schema_name}.{ruleset.model}",
                "key_column": ruleset.key,
            },
        )


def _unsound(own: Sequence[Evidence]) -> int:
    """How many rows break a rule: those that are named, or as many as break one rule at least."""
    named = {key for one in own for key in one.keys}
    counted = [one.failed for one in own if one.status == "failed" and one.counts_rows]
    return max([len(named), *counted])
