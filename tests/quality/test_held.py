"""A stream is held as long as what it landed last was judged by the rules as they are, and held."""

from __future__ import annotations

import pytest

from quality.gate import GateResult
from quality.held import held_streams
from quality.spec import RuleSet
from tests.quality.judged import Gate, ruleset

SAID = {
    "kind": "completeness",
    "expression": "payload->>'email'",
    "min_share": 0.5,
    "severity": "hold",
}
RULES = ruleset(SAID, ruleset="landed", schema="raw_hubspot", model="contacts", key="_key")


def land(gate: Gate, run: str, *emails: str | None) -> None:
    """Append what a run has brought; a later run has the greater name."""
    with gate.warehouse.open("test") as session:
        session.execute("create schema if not exists raw_hubspot")
        session.execute(
            "create table if not exists raw_hubspot.contacts (_key varchar,"
            " _extracted_at timestamptz, _run_id varchar, _deleted boolean, payload json)"
        )
        for email in emails:
            session.execute(
                "insert into raw_hubspot.contacts select uuid(), timestamptz '2026-11-01 00:00:00Z'"
                " + to_days($day::integer), $run, false, json_object('email', $email::varchar)",
                {"day": int(run), "run": run, "email": email},
            )


def held(gate: Gate, rules: RuleSet = RULES) -> list[str]:
    return [one.selection for one in held_streams(gate.warehouse, gate.state, {"landed": rules})]


def judge(gate: Gate) -> GateResult:
    return gate.judge_by(RULES)


def test_only_what_the_last_run_landed_is_judged(gate: Gate) -> None:
    land(gate, "1", None, None, None)
    land(gate, "2", "a@b.co")
    judged = judge(gate)
    assert (judged.verdict.decision, judged.rows, judged.stage) == ("pass", 1, "landing")
    assert held(gate) == []


def test_a_held_stream_is_named_with_all_that_is_built_of_it(gate: Gate) -> None:
    land(gate, "1", None, None, "a@b.co")
    assert held(gate) == []
    assert judge(gate).verdict.decision == "hold"
    assert held(gate) == ["source:hubspot.contacts+"]


@pytest.mark.parametrize("emails", [("a@b.co",), (None,)])
def test_a_later_run_is_not_held_by_what_was_said_of_the_one_before(
    gate: Gate, emails: tuple[str | None, ...]
) -> None:
    land(gate, "1", None)
    judge(gate)
    land(gate, "2", *emails)
    assert held(gate) == []
    judge(gate)
    assert bool(held(gate)) == (emails == (None,))


def test_other_rules_have_not_held_it(gate: Gate) -> None:
    land(gate, "1", None)
    judge(gate)
    lax = ruleset(
        SAID | {"min_rows": 10},
        ruleset="landed",
        schema="raw_hubspot",
        model="contacts",
        key="_key",
    )
    assert held(gate, lax) == []


def test_a_stream_that_is_not_there_is_not_held(gate: Gate) -> None:
    land(gate, "1", None)
    judge(gate)
    with gate.warehouse.open("test") as session:
        session.execute("drop table raw_hubspot.contacts")
    assert held(gate) == []
