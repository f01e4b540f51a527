from dataclasses import replace
from typing import Literal, get_args

from hypothesis import given
from hypothesis import strategies as st

from quality.evidence import Evidence
from quality.spec import Severity
from quality.verdict import decide

Status = Literal["passed", "failed", "error"]

KEYS = [f"acc-{n}" for n in range(5)]


@st.composite
def pieces(draw: st.DrawFn) -> Evidence:
    status: Status = draw(st.sampled_from(get_args(Status)))
    severity: Severity = draw(st.sampled_from(get_args(Severity)))
    named = status == "failed" and severity == "quarantine"
    keys = draw(st.lists(st.sampled_from(KEYS), unique=True)) if named else []
    return Evidence(
        rule=draw(st.sampled_from(["one", "two", "three"])),
        severity=severity,
        status=status,
        failed=len(keys) or int(status == "failed"),
        error="no such column" if status == "error" else None,
        keys=tuple(keys),
        because="somebody would be sorry",
    )


evidence = st.lists(pieces(), max_size=6)
FAILED = Evidence("rule", "quarantine", "failed", 1, keys=("acc-0",), because="bad")


@given(evidence)
def test_a_rule_that_could_not_be_evaluated_always_holds(found: list[Evidence]) -> None:
    verdict = decide(found, rows=100, max_quarantined_share=1)
    if any(one.status == "error" for one in found):
        assert verdict.decision == "hold"
        assert any("could not be evaluated" in reason for reason in verdict.reasons)


@given(evidence, st.floats(0, 1), st.integers(0, 10))
def test_a_hold_never_passes(found: list[Evidence], share: float, rows: int) -> None:
    verdict = decide(found, rows=rows, max_quarantined_share=share)
    if any(one.status == "failed" and one.severity == "hold" for one in found):
        assert verdict.decision == "hold"
    assert (verdict.decision == "hold") == bool(verdict.reasons)


@given(evidence)
def test_the_withheld_rows_are_those_of_the_failed_quarantine_rules(found: list[Evidence]) -> None:
    verdict = decide(found, rows=100, max_quarantined_share=1)
    broken = {key for one in found for key in one.keys}
    assert verdict.quarantined.keys() == broken
    for key, rules in verdict.quarantined.items():
        assert sorted(rules) == sorted(one.rule for one in found if key in one.keys)


@given(evidence)
def test_everything_passed_only_if_nothing_but_a_warning_failed(found: list[Evidence]) -> None:
    verdict = decide(found, rows=100, max_quarantined_share=1)
    if verdict.decision == "pass":
        assert all(one.status == "passed" or one.severity == "warn" for one in found)


def test_a_quarantine_rule_that_fails_without_naming_its_rows_holds() -> None:
    nameless = replace(FAILED, keys=())
    assert decide([nameless], rows=10, max_quarantined_share=1).decision == "hold"


def test_a_few_withheld_rows_do_not_hold_the_rest() -> None:
    assert decide([FAILED], rows=5, max_quarantined_share=0.2).decision == "quarantine"


def test_too_large_a_share_of_withheld_rows_holds() -> None:
    verdict = decide([FAILED], rows=4, max_quarantined_share=0.2)
    assert verdict.decision == "hold"
    assert "1 of 4 rows" in verdict.reasons[0]


def test_a_row_that_breaks_two_rules_is_one_withheld_row() -> None:
    both = [FAILED, Evidence("other", "quarantine", "failed", 1, keys=("acc-0",), because="bad")]
    verdict = decide(both, rows=5, max_quarantined_share=0.2)
    assert verdict.quarantined == {"acc-0": ["rule", "other"]}
    assert verdict.decision == "quarantine"


def test_a_warning_is_said_and_stops_nothing() -> None:
    warned = Evidence("nameless", "warn", "failed", 3, because="a salesperson cannot tell")
    verdict = decide([warned], rows=3, max_quarantined_share=0)
    assert (verdict.decision, verdict.warnings) == ("pass", ("nameless: 3 rows fail",))
