"""What a failed check says: nobody should have to look for the reason elsewhere."""

from __future__ import annotations

from io import StringIO
from typing import Any

from rich.console import Console

from orchestration.evidence_views import gate_view, told_why
from quality.verdict import Verdict


def test_a_verdict_says_what_holds_it_and_which_rules_withhold_how_many_rows() -> None:
    withheld = {"acc_1": ["too_much", "no_name"], "acc_2": ["too_much"]}
    assert told_why(Verdict("hold", ("there_are_accounts: 0",), withheld)) == (
        "there_are_accounts: 0; no_name withholds 1 row; too_much withholds 2 rows"
    )
    assert (
        told_why(Verdict("quarantine", (), {"acc_1": ["too_much"]})) == "too_much withholds 1 row"
    )
    assert told_why(Verdict("pass", (), {})) is None


def judged(*rules: dict[str, Any], decision: str = "pass", **said: Any) -> dict[str, Any]:
    return {
        "ruleset": "accounts",
        "stage": "activation",
        "decision": decision,
        "rows": 73,
        "reasons": [],
        "quarantined": {},
        "rules": [SOUND | one for one in rules],
    } | said


SOUND = {
    "rule": "has_an_id",
    "severity": "hold",
    "status": "passed",
    "failed": 0,
    "error": None,
    "keys": [],
    "because": "it cannot be traced",
    "observed": 0,
    "result": {"result": {"unexpected_count": 0}},
}


def shown(*gates: dict[str, Any], whole: tuple[str, ...] = ()) -> list[str]:
    console = Console(file=StringIO(), width=200)
    console.print(gate_view(gates, whole))
    return [line.rstrip() for line in console.file.getvalue().splitlines()]  # type: ignore[attr-defined]


def test_a_gate_that_passes_is_a_line_and_a_named_one_shows_its_rules() -> None:
    assert shown(judged({})) == ["Gate accounts: pass over 73 rows, 1 rule"]
    assert "has_an_id  hold      passed       -" in shown(judged({}), whole=("accounts",))


def test_a_gate_that_withholds_says_rule_keys_and_the_next_command() -> None:
    keys = [f"acc_{n}" for n in range(7)]
    failed = {"severity": "quarantine", "status": "failed", "failed": 7, "keys": keys}
    withheld = {key: ["has_an_id"] for key in keys}
    assert shown(judged(failed, {}, decision="quarantine", quarantined=withheld)) == [
        "Gate accounts: quarantine over 73 rows, 7 withheld, 1 of 2 rules pass",
        "  has_an_id withholds 7 rows: it cannot be traced",
        "    acc_0, acc_1, acc_2, acc_3, acc_4 and 2 more",
        "  next: `revops quality worklist accounts` says which they are and who mends them",
    ]


def test_a_gate_that_holds_says_by_what_figure_and_what_it_stops() -> None:
    figure = {"expectation_config": {"kwargs": {"low": 0.5, "high": None}}, "result": {}}
    failed = {"status": "failed", "failed": 1, "observed": 0.25, "result": figure}
    said = shown(judged(failed, decision="hold", stage="landing", reasons=["has_an_id: it is so"]))
    assert said == [
        "Gate accounts: hold over 73 rows, 0 of 1 rules pass",
        "  has_an_id holds (it comes to 0.25, at least 0.5 is asked): it cannot be traced",
        "  what is built of it stays as it was; everything else goes on",
        "  next: `revops gate accounts --json` shows every figure",
    ]


def test_a_rule_that_could_not_be_evaluated_and_too_many_rows_hold() -> None:
    raised = {"severity": "warn", "status": "error", "error": "no result"}
    said = shown(judged(raised, decision="hold", reasons=["60 of 73 rows would be withheld"]))
    assert "  has_an_id could not be evaluated, and so holds: no result" in said
    assert "  holds: 60 of 73 rows would be withheld" in said
    assert "  no sync of this gate sends anything; the others go on" in said
