"""Every kind of rule over good and bad data, through Great Expectations; it is imported once."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from quality.evidence import Evidence
from quality.gate import GateResult, run_gate
from quality.spec import RuleSet
from warehouse.clock import SystemClock
from warehouse.connection import Warehouse, WarehouseError
from warehouse.state import StateStore
from warehouse.verdicts import latest_verdict

PERSON = "田中 太郎"
GOOD = [(f"acc-{n}", f"Company {n}", 10.5 * n, "AB"[n % 2], n) for n in range(10)]


@dataclass
class Gate:
    warehouse: Warehouse
    state: StateStore

    def fill(self, rows: list[tuple[Any, ...]]) -> None:
        columns = ["account_id", "name", "amount", "tier", "sources"]
        texts = {
            name: [None if row[at] is None else str(row[at]) for row in rows]
            for at, name in enumerate(columns)
        }
        with self.warehouse.open("test") as session:
            session.execute("create schema if not exists marts")
            session.execute(
                "create or replace table marts.judged (account_id varchar, name varchar,"
                " amount decimal(18, 2), tier varchar, sources integer)"
            )
            with session.table("filling", texts, dict.fromkeys(columns, "text")):
                session.execute("insert into marts.judged select * from filling")

    def judge(self, *rules: dict[str, Any], share: float = 1.0) -> GateResult:
        ruleset = RuleSet.model_validate(
            {
                "ruleset": "judged",
                "model": "judged",
                "key": "account_id",
                "owner": "revops",
                "description": "a test",
                "max_quarantined_share": share,
                "rules": [rule(**one, name=f"rule_{n}") for n, one in enumerate(rules)],
            }
        )
        return run_gate(ruleset, self.warehouse, self.state, SystemClock(), run_id="run")


def rule(**said: Any) -> dict[str, Any]:
    return {"severity": "quarantine", "because": "somebody would be sorry"} | said


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    state = StateStore(f"sqlite:///{tmp_path / 'state.sqlite'}")
    made = Gate(Warehouse(tmp_path / "warehouse.duckdb"), state)
    made.fill(GOOD)
    yield made
    state.close()


Row = tuple[Any, ...]

KINDS: list[tuple[dict[str, Any], list[Row], list[str]]] = [
    (
        {"kind": "not_null", "column": "name"},
        [("bad-1", None, 1, "A", 1), ("bad-2", None, 1, "A", 1)],
        ["bad-1", "bad-2"],
    ),
    (
        {"kind": "unique", "column": "name"},
        [("bad-1", "Company 1", 1, "A", 1), ("fine", None, 1, "A", 1), ("ok", None, 1, "A", 1)],
        ["acc-1", "bad-1"],
    ),
    (
        {"kind": "between", "column": "amount", "min": 0, "max": "94.50"},
        [
            ("bad-1", "n", "-0.01", "A", 1),
            ("bad-2", "n", "94.51", "A", 1),
            ("fine", "n", None, "A", 1),
        ],
        ["bad-1", "bad-2"],
    ),
    (
        {"kind": "one_of", "column": "tier", "values": ["A", "B"]},
        [("bad-1", "n", 1, "C", 1), ("bad-2", "n", 1, "Ａ", 1), ("fine", "n", 1, None, 1)],
        ["bad-1", "bad-2"],
    ),
    (
        {"kind": "holds", "expression": "sources >= 0 and name <> 'x:y %'"},
        [("bad-1", "n", 1, "A", -1), ("bad-2", "n", 1, "A", None)],
        ["bad-1", "bad-2"],
    ),
]


@pytest.mark.parametrize(("said", "bad", "keys"), KINDS, ids=[one[0]["kind"] for one in KINDS])
def test_a_rule_passes_good_data_and_names_the_bad_rows(
    gate: Gate, said: dict[str, Any], bad: list[Row], keys: list[str]
) -> None:
    passed = gate.judge(said)
    assert (passed.verdict.decision, passed.rows) == ("pass", 10)
    gate.fill([*GOOD, *bad])
    failed = gate.judge(said)
    assert failed.verdict.decision == "quarantine", failed.verdict.reasons
    assert failed.verdict.quarantined == {key: ["rule_0"] for key in sorted(keys)}
    assert failed.evidence[0].failed == len(keys)


@pytest.mark.parametrize("bounds", [{"min": 11}, {"max": 9}])
def test_a_table_with_too_few_or_too_many_rows_holds(gate: Gate, bounds: dict[str, int]) -> None:
    assert gate.judge({"kind": "row_count", "severity": "hold", "min": 10, "max": 10}).rows == 10
    held = gate.judge({"kind": "row_count", "severity": "hold", **bounds})
    assert held.verdict.decision == "hold"
    assert "rule_0" in held.verdict.reasons[0]


@pytest.mark.parametrize(
    "said",
    [
        {"kind": "not_null", "column": "nope"},
        {"kind": "between", "column": "nope", "min": 0},
        {"kind": "unique", "column": "nope"},
        {"kind": "one_of", "column": "nope", "values": ["A"]},
        {"kind": "holds", "expression": "nope > 1"},
        {"kind": "holds", "expression": "this is no SQL"},
    ],
)
def test_a_rule_that_cannot_be_evaluated_holds_instead_of_passing(
    gate: Gate, said: dict[str, Any]
) -> None:
    """Even where its failing would only be a warning."""
    held = gate.judge(said | {"severity": "warn"}, {"kind": "not_null", "column": "name"})
    assert held.verdict.decision == "hold"
    assert [one.status for one in held.evidence] == ["error", "passed"]


def test_more_failing_rows_than_great_expectations_samples_are_all_named(gate: Gate) -> None:
    bad = [(f"bad-{n}", "n", -1, "A", -1) for n in range(450)]
    gate.fill([*GOOD, *bad])
    for said in ({"kind": "between", "column": "amount", "min": 0}, KINDS[-1][0]):
        assert len(gate.judge(said).verdict.quarantined) == 450


def test_a_failing_row_without_a_key_cannot_be_withheld_and_holds(gate: Gate) -> None:
    gate.fill([*GOOD, (None, "n", -1, "A", 1)])
    held = gate.judge({"kind": "between", "column": "amount", "min": 0})
    assert held.verdict.decision == "hold"
    assert "could be named" in held.verdict.reasons[0]


def test_too_many_withheld_rows_hold_all_of_them(gate: Gate) -> None:
    gate.fill([*GOOD, ("bad-1", "n", -1, "A", 1)])
    said = {"kind": "between", "column": "amount", "min": 0}
    assert gate.judge(said, share=0.1).verdict.decision == "quarantine"
    assert gate.judge(said, share=0.05).verdict.decision == "hold"


def test_evidence_that_does_not_tally_with_the_named_rows_holds(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    from quality import expectations

    gate.fill([*GOOD, ("bad-1", "n", -1, "A", 1)])
    original = expectations.gather

    def miscounting(*args: Any) -> list[Evidence]:
        return [replace(one, failed=one.failed + 1) for one in original(*args)]

    monkeypatch.setattr(expectations, "gather", miscounting)
    held = gate.judge({"kind": "between", "column": "amount", "min": 0})
    assert held.verdict.decision == "hold"
    assert "counted 2 failing rows, 1 could be named" in held.verdict.reasons[0]


def test_the_stored_verdict_is_the_one_that_was_decided(gate: Gate) -> None:
    gate.fill([*GOOD, ("bad-1", "n", -1, "A", 1)])
    result = gate.judge({"kind": "between", "column": "amount", "min": 0})
    stored = latest_verdict(gate.state, "judged")
    assert stored is not None
    assert (stored.verdict_id, stored.decision) == (result.verdict_id, "quarantine")
    assert stored.quarantined == {"bad-1": ["rule_0"]}


def test_no_value_of_a_row_is_kept_as_evidence(gate: Gate) -> None:
    bad = [(f"bad-{n}", PERSON, "-987654.32", PERSON, -1) for n in range(3)]
    gate.fill([*GOOD, *bad])
    result = gate.judge(
        *(said for said, _, _ in KINDS),
        {"kind": "holds", "expression": "name::integer > 0"},
        {"kind": "holds", "expression": "amount > strptime(name, '%Y')::integer"},
    )
    assert [one.status for one in result.evidence] == ["passed", *["failed"] * 4, *["error"] * 2]
    stored = latest_verdict(gate.state, "judged")
    assert stored is not None
    text = json.dumps(stored.evidence, ensure_ascii=False)
    assert PERSON not in text
    assert "Company" not in text
    assert "987654" not in text


def test_the_warehouse_is_free_for_another_process_after_a_gate(gate: Gate) -> None:
    gate.judge({"kind": "not_null", "column": "name"}, {"kind": "not_null", "column": "nope"})
    script = f"import duckdb; duckdb.connect({str(gate.warehouse.path)!r}).execute('select 1')"
    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_gate_without_a_model_says_what_to_run(tmp_path: Path, gate: Gate) -> None:
    empty = Gate(Warehouse(tmp_path / "empty.duckdb"), gate.state)
    with pytest.raises(WarehouseError) as raised:
        empty.judge({"kind": "not_null", "column": "name"})
    assert "revops build" in str(raised.value)


def test_great_expectations_is_told_to_report_to_nobody(
    gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    import great_expectations as gx

    made: list[Any] = []
    original = gx.get_context

    def watched(**kwargs: Any) -> Any:
        made.append(original(**kwargs))
        return made[-1]

    monkeypatch.setattr(gx, "get_context", watched)
    gate.judge({"kind": "not_null", "column": "name"})
    assert [context.variables.config.analytics_enabled for context in made] == [False]
