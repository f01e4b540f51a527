"""The decision rules: what a document may say, and what SQL is shown of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from warehouse.documents import read_document
from warehouse.errors import Misconfigured
from warehouse.rules.conditions import CONDITIONS, Condition, Subject
from warehouse.rules.decisions import Decisions, limits
from warehouse.rules.decisions_tables import condition_rows, rule_rows
from warehouse.settings import DBT_PROJECT, PROJECT_ROOT

EXAMPLE = PROJECT_ROOT / "tests" / "metrics" / "worked_example" / "decision_rules.json"
SIGNALS = DBT_PROJECT / "models" / "metrics" / "decisions" / "_decisions__models.yml"

every_condition = pytest.mark.parametrize(
    ("subject", "condition"),
    [(subject, one) for subject, known in CONDITIONS.items() for one in known.values()],
    ids=[f"{subject}.{name}" for subject, known in CONDITIONS.items() for name in known],
)


def decisions(*rules: Mapping[str, object], **more: object) -> Decisions:
    return Decisions.model_validate(
        {"rules_in_priority_order": rules, "default_action": "wait"} | more
    )


def test_the_shipped_rules_and_the_exchanged_ones_are_valid() -> None:
    ours = read_document(DBT_PROJECT / "rules" / "decisions.yml", Decisions)
    assert ours.people_rules_in_priority_order
    assert {rule.action for rules in ours.rules.values() for rule in rules} <= ours.actions.keys()
    assert read_document(EXAMPLE, Decisions).default_action == "no_change"


def test_a_condition_that_nobody_knows_is_refused_with_its_line_and_the_known_ones(
    tmp_path: Path,
) -> None:
    path = tmp_path / "decisions.yml"
    path.write_text(
        "rules_in_priority_order:\n  - id: a\n    when:\n      amount_is_null: true\n"
        "      days_in_stge_gt: 3\n    action: x\ndefault_action: y\n"
        "people_rules_in_priority_order:\n  - id: b\n    when: {amount_is_null: true}\n"
        "    action: x\n"
    )
    with pytest.raises(Misconfigured) as error:
        read_document(path, Decisions)
    first, second = error.value.message.splitlines()
    assert first.startswith("decisions.yml:5: rules_in_priority_order.0.when.days_in_stge_gt")
    assert "no such condition on opportunities" in first
    assert "days_in_stage_gt" in first
    assert second.startswith("decisions.yml:10: people_rules_in_priority_order.0.when")
    assert "no such condition on people" in second
    assert "response_sla_breached" in second


@pytest.mark.parametrize(
    ("when", "fault"),
    [
        ({"stage_at_least": "Negotiation"}, "stage_at_least takes a number"),
        ({"stage_at_least": True}, "stage_at_least takes a number"),
        ({"days_in_stage_gt": "nan"}, "days_in_stage_gt takes a number"),
        ({"days_in_stage_gt": "1e30"}, "days_in_stage_gt takes a number"),
        ({"days_in_stage_gt": "0.00000000001"}, "days_in_stage_gt takes a number"),
        ({"amount_is_null": 1}, "amount_is_null takes true or false"),
        ({"forecast_category": 4}, "forecast_category takes a word or a list of words"),
        ({"forecast_category": []}, "forecast_category takes a word or a list of words"),
        ({}, "at least 1 item"),
    ],
)
def test_a_limit_of_another_kind_is_refused(when: dict[str, object], fault: str) -> None:
    with pytest.raises(ValueError, match=fault):
        decisions({"id": "a", "when": when, "action": "x"})


def test_two_rules_of_one_id_and_actions_that_nothing_leads_to_are_refused() -> None:
    rule = {"id": "a", "when": {"is_stalled": True}, "action": "x"}
    with pytest.raises(ValueError, match="two rules have one id: a"):
        decisions(rule, rule)
    with pytest.raises(ValueError, match="no rule leads to these actions: y"):
        decisions(rule, actions={"y": {"en": "Y", "ja": "Y"}})
    # What a person is to do may be called as what is to be done of a deal.
    mql = {"id": "a", "when": {"was_mql": True}, "action": "x"}
    assert len(list(rule_rows(decisions(rule, people_rules_in_priority_order=[mql])))) == 3


def test_the_default_is_the_last_rule_of_opportunities_and_asks_nothing() -> None:
    rule = {"id": "a", "when": {"is_stalled": True, "stage_below": 2}, "action": "call_them"}
    found = list(rule_rows(decisions(rule)))
    assert [(one["rule_id"], one["position"], one["condition_count"]) for one in found] == [
        ("a", 1, 2),
        ("(default)", 2, 0),
    ]
    assert [one["action_en"] for one in found] == ["Call them", "Wait"]


def test_a_list_of_words_is_one_condition_with_a_row_for_each_word() -> None:
    when = {"forecast_category": ["Commit", "BestCase", "Commit"], "probability_lt": "50"}
    found = list(condition_rows(decisions({"id": "a", "when": when, "action": "x"})))
    assert [(one["condition_no"], one["limit_word"], one["limit_number"]) for one in found] == [
        (1, "Commit", None),
        (1, "BestCase", None),
        (2, None, Decimal(50)),
    ]


@every_condition
def test_every_condition_asks_for_a_fact_that_sql_shows(
    subject: Subject, condition: Condition
) -> None:
    models = yaml.safe_load(SIGNALS.read_text("utf-8"))["models"]
    (signals,) = (one for one in models if one["name"] == f"{subject}_signals")
    assert condition.fact in {column["name"] for column in signals["columns"]}
    macro = (DBT_PROJECT / "macros" / "decisions.sql").read_text("utf-8")
    listed = macro.split(f"'{subject}': {{")[1].split("},")[0]
    types = dict(re.findall(r"'(numbers|words|flags)': \[(.*?)\]", listed, re.DOTALL))
    (type_,) = (name for name, facts in types.items() if f"'{condition.fact}'" in facts)
    expected = {"is": {"flags"}, "in": {"words"}, "is null": {"words", "numbers"}}
    assert type_ in expected.get(condition.operator, {"numbers"})
    # A number is not told as a word, nor a word as a number.
    assert (condition.unit == "word") == (type_ == "words") or "{value}" not in condition.en


@every_condition
def test_every_condition_is_told_in_both_languages(subject: Subject, condition: Condition) -> None:
    del subject
    # The stage itself is what every reason begins with.
    is_stage = condition.fact in {"stage", "stage_number", "current_stage"}
    assert bool(condition.en) == bool(condition.ja) == (not is_stage)
    assert ("{value}" in condition.en) == ("{value}" in condition.ja)
    can_be_false = limits(condition, asked=False) is not None
    assert bool(condition.en_not) == bool(condition.ja_not) == can_be_false
    assert (condition.en_unknown is None) == (condition.ja_unknown is None)
