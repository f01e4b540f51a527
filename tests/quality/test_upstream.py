"""A gate counts what the gates of the tables below it have decided about what it sees."""

import pytest

from quality.gate import GateResult
from quality.order import gates_in_order
from quality.spec import RuleSet
from tests.quality.judged import GOOD, Gate, Row, ruleset
from warehouse.errors import Misconfigured

SAID = {"kind": "between", "column": "amount", "min": 0}
BELOW = ruleset(SAID, ruleset="below", schema="canonical", model="below")
ABOVE = ruleset({"kind": "not_null", "column": "account_id"}, after=["below"])
BAD: Row = ("bad-1", "n", -1, "A", 1)


@pytest.fixture
def stacked(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> Gate:
    monkeypatch.setattr("quality.upstream.read_ruleset", {"below": BELOW}.get)
    gate.fill([*GOOD, BAD], "canonical.below")
    gate.fill([*GOOD, BAD])
    gate.built("below")
    return gate


def judge(gate: Gate, below: RuleSet | None = BELOW) -> GateResult:
    if below is not None:
        gate.judge_by(below)
    return gate.judge_by(ABOVE)


def test_what_is_withheld_below_is_withheld_above(stacked: Gate) -> None:
    judged = judge(stacked)
    assert judged.verdict.decision == "quarantine"
    assert judged.verdict.quarantined == {"bad-1": ["gate_below"]}


def test_what_is_withheld_below_and_has_no_row_here_counts_for_nothing(stacked: Gate) -> None:
    strangers: list[Row] = [(f"bad-{n}", "n", -1, "A", 1) for n in range(9)]
    stacked.fill([*GOOD, *strangers], "canonical.below")
    stacked.judge_by(BELOW)
    assert stacked.judge_by(ABOVE).verdict.quarantined == {"bad-1": ["gate_below"]}
    with stacked.warehouse.open("test") as session:
        session.execute("delete from marts.judged where account_id = 'bad-1'")
    (*_, said) = stacked.judge_by(ABOVE).evidence
    assert (said.rule, said.status, said.failed) == ("gate_below", "passed", 0)


def test_a_hold_below_holds_above(stacked: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    held = ruleset(SAID | {"severity": "hold"}, ruleset="below", schema="canonical", model="below")
    monkeypatch.setattr("quality.upstream.read_ruleset", {"below": held}.get)
    judged = judge(stacked, held)
    assert judged.verdict.decision == "hold"
    assert "the gate below holds" in judged.verdict.reasons[0]


def test_a_gate_below_that_judged_by_other_rules_holds(stacked: Gate) -> None:
    lax = ruleset(SAID | {"min": -5}, ruleset="below", schema="canonical", model="below")
    assert judge(stacked, lax).verdict.decision == "hold"


def test_rows_of_another_key_are_only_told_of(
    stacked: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = ruleset(SAID, ruleset="below", schema="canonical", model="below", key="name")
    monkeypatch.setattr("quality.upstream.read_ruleset", {"below": other}.get)
    judged = judge(stacked, other)
    assert judged.verdict.decision == "pass"
    assert judged.verdict.warnings == ("gate_below: 1 rows fail",)


def test_a_gate_below_that_has_not_judged_holds(stacked: Gate) -> None:
    judged = judge(stacked, None)
    assert judged.verdict.decision == "hold"
    assert "has not judged the last build of" in judged.verdict.reasons[0]


def test_a_gate_below_that_judged_an_earlier_build_holds(stacked: Gate) -> None:
    stacked.judge_by(BELOW)
    stacked.built("below", "a later one")
    assert judge(stacked, None).verdict.decision == "hold"


def test_a_table_below_that_nobody_built_holds(stacked: Gate) -> None:
    with stacked.warehouse.open("test") as session:
        session.execute("delete from ops.model_builds")
    assert judge(stacked).verdict.decision == "hold"


def test_gates_run_from_the_lowest_table_upwards() -> None:
    raw = ruleset(
        SAID | {"severity": "hold"}, ruleset="raw", schema="raw_hubspot", model="companies"
    )
    known = {"judged": ABOVE, "below": BELOW, "raw": raw}
    names = [one.ruleset for one in gates_in_order(known=known)]
    assert names == ["raw", "below", "judged"]
    assert [one.ruleset for one in gates_in_order(["judged"], known=known)] == ["below", "judged"]
    assert [one.ruleset for one in gates_in_order((), {"landing"}, known=known)] == ["raw"]
    with pytest.raises(Misconfigured, match="nope"):
        gates_in_order(["nope"], known=known)
