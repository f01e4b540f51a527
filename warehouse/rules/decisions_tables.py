"""The decision rules as tables of the schema `policy`, for dbt's Python models."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pyarrow as pa

from warehouse.rules import book
from warehouse.rules.conditions import CONDITIONS, Condition, Subject
from warehouse.rules.decisions import Action, Asked, Decisions, Rule, limits
from warehouse.rules.tables import table

DEFAULT_RULE = "(default)"

_NUMBER = pa.decimal128(38, 10)
_RULES: dict[str, Any] = {
    "rule_key": pa.string(),
    "subject": pa.string(),
    "rule_id": pa.string(),
    "position": pa.int32(),
    "condition_count": pa.int64(),
    "action": pa.string(),
    "action_en": pa.string(),
    "action_ja": pa.string(),
    "assign_to": pa.string(),
    "is_escalation": pa.bool_(),
}
_CONDITIONS: dict[str, Any] = {
    "condition_key": pa.string(),
    "rule_key": pa.string(),
    "subject": pa.string(),
    "condition_no": pa.int32(),
    "condition": pa.string(),
    "fact": pa.string(),
    "operator": pa.string(),
    "unit": pa.string(),
    "limit_number": _NUMBER,
    "limit_word": pa.string(),
    "limit_flag": pa.bool_(),
    "phrase_en": pa.string(),
    "phrase_ja": pa.string(),
    "holds_if_unknown": pa.bool_(),
    "unknown_en": pa.string(),
    "unknown_ja": pa.string(),
}


def decisions_rules() -> pa.Table:
    """One row per rule, the opportunities' default the last of theirs; none without a rule book."""
    decisions = book.read(Decisions)
    rows = [] if decisions is None else list(rule_rows(decisions))
    return table(rows, _RULES)


def decisions_conditions() -> pa.Table:
    """One row per condition of a rule, or per word where the condition has a list of them."""
    decisions = book.read(Decisions)
    rows = [] if decisions is None else list(condition_rows(decisions))
    return table(rows, _CONDITIONS)


def rule_rows(decisions: Decisions) -> Iterator[dict[str, Any]]:
    for subject, rules in decisions.rules.items():
        for position, rule in enumerate(rules, start=1):
            yield {
                "rule_key": f"{subject}:{rule.id}",
                "subject": subject,
                "rule_id": rule.id,
                "position": position,
                "condition_count": len(rule.when),
                **_action(decisions, rule.action),
            }
    yield {
        "rule_key": f"opportunity:{DEFAULT_RULE}",
        "subject": "opportunity",
        "rule_id": DEFAULT_RULE,
        "position": len(decisions.rules_in_priority_order) + 1,
        "condition_count": 0,
        **_action(decisions, decisions.default_action),
    }


def _action(decisions: Decisions, action: str) -> dict[str, Any]:
    spoken = action.replace("_", " ").capitalize()
    said = decisions.actions.get(action) or Action(en=spoken, ja=spoken)
    return {
        "action": action,
        "action_en": said.en,
        "action_ja": said.ja,
        "assign_to": said.assign_to,
        "is_escalation": said.is_escalation,
    }


def condition_rows(decisions: Decisions) -> Iterator[dict[str, Any]]:
    for subject, rules in decisions.rules.items():
        for rule in rules:
            yield from _rows_of(subject, rule)


def _rows_of(subject: Subject, rule: Rule) -> Iterator[dict[str, Any]]:
    for number, (name, asked) in enumerate(rule.when.items(), start=1):
        condition = CONDITIONS[subject][name]
        for limit in limits(condition, asked) or ():
            yield {
                "condition_key": f"{subject}:{rule.id}:{name}:{limit}",
                "rule_key": f"{subject}:{rule.id}",
                "subject": subject,
                "condition_no": number,
                "condition": name,
                "fact": condition.fact,
                "operator": condition.operator,
                "unit": condition.unit,
                "limit_number": limit if isinstance(limit, Decimal) else None,
                "limit_word": limit if isinstance(limit, str) else None,
                "limit_flag": limit if isinstance(limit, bool) else None,
                **_phrases(condition, asked),
                "holds_if_unknown": condition.en_unknown is not None,
                "unknown_en": condition.en_unknown,
                "unknown_ja": condition.ja_unknown,
            }


def _phrases(condition: Condition, asked: Asked) -> dict[str, str]:
    en, ja = (
        (condition.en_not, condition.ja_not) if asked is False else (condition.en, condition.ja)
    )
    return {"phrase_en": en, "phrase_ja": ja}
