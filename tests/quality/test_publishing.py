"""What gates have found can be read in the warehouse: findings as long as they are true."""

import re
from typing import Any

from quality.publishing import TABLES, keep_scores
from tests.quality.judged import GOOD, Gate, Row
from warehouse.settings import DBT_PROJECT

BAD: Row = ("bad-1", "n", -1, "A", 1)
PLAUSIBLE = {"kind": "between", "column": "amount", "min": 0, "name": "plausible"}
NAMED = {
    "kind": "not_null",
    "column": "name",
    "severity": "warn",
    "name": "named",
    "owner": "sales",
}


def found(gate: Gate) -> list[tuple[Any, ...]]:
    with gate.warehouse.open("test") as session:
        rows = session.rows(
            "select rule, key, owner, column_name, key_column, since = found_at as is_new"
            " from ops.quality_findings order by all"
        )
    return [tuple(row.values()) for row in rows]


def test_findings_are_those_of_the_last_verdict_and_know_since_when(gate: Gate) -> None:
    gate.fill([*GOOD, BAD, ("bad-2", None, 1, "A", 1)])
    gate.judge(PLAUSIBLE, NAMED)
    assert found(gate) == [
        ("named", "bad-2", "sales", "name", "account_id", True),
        ("plausible", "bad-1", "revops", "amount", "account_id", True),
    ]
    with gate.warehouse.open("test") as session:
        session.execute("update ops.quality_findings set since = since - interval 1 day")
    gate.fill([*GOOD, BAD, ("bad-3", "n", -1, "A", 1)])
    gate.judge(PLAUSIBLE, NAMED)
    assert found(gate) == [
        ("plausible", "bad-1", "revops", "amount", "account_id", False),
        ("plausible", "bad-3", "revops", "amount", "account_id", True),
    ]


def test_a_rule_that_could_not_be_evaluated_clears_nobody(gate: Gate) -> None:
    gate.fill([*GOOD, BAD])
    gate.judge(PLAUSIBLE, NAMED)
    gate.judge(PLAUSIBLE | {"column": "nope"}, NAMED)
    assert [row[:2] for row in found(gate)] == [("plausible", "bad-1")]


def test_results_are_kept_of_every_verdict(gate: Gate) -> None:
    gate.judge(PLAUSIBLE, NAMED)
    gate.fill([*GOOD, BAD, ("bad-2", None, -1, "A", 1)])
    gate.judge(PLAUSIBLE, NAMED)
    with gate.warehouse.open("test") as session:
        rows = session.rows(
            "select rule, status, failed_rows, judged_rows, unsound_rows, slo"
            " from ops.quality_results order by verdict_id, rule"
        )
    assert [tuple(row.values()) for row in rows] == [
        ("named", "passed", 0, 10, 0, 0.99),
        ("plausible", "passed", 0, 10, 0, 0.99),
        ("named", "failed", 1, 12, 2, 0.99),
        ("plausible", "failed", 2, 12, 2, 0.99),
    ]


def test_scores_are_kept_once_the_models_are_built(gate: Gate) -> None:
    gate.judge(PLAUSIBLE)
    with gate.warehouse.open("test") as session:
        assert keep_scores(session) == 0
        session.execute(
            "create view marts.data_quality as select 'table:x:sound' as score_key,"
            " date '2026-11-20' as measured_on, 'table' as scope, 'x' as subject,"
            " 'sound' as measure, 0.5 as value, 0.9 as target, 10 as counted, true as is_last"
        )
        for _ in range(2):
            assert keep_scores(session) == 1
        assert session.value("select count(*) from ops.quality_scores") == 1


def test_dbt_prepares_the_same_tables_as_a_gate() -> None:
    macro = (DBT_PROJECT / "macros" / "quality.sql").read_text("utf-8")
    begin = macro.index("create schema if not exists ops;")
    prepared = macro[begin : macro.index("{%- endif -%}", begin)]
    # A lake has no keys; a file has them.
    in_file = re.sub(r"\s*{{ primary_key\('([^']*)'\) }}", r", primary key (\1)", prepared)
    assert " ".join(in_file.split()) == " ".join(TABLES.split())
