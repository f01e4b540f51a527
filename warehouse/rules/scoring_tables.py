"""The scoring document as tables of the schema `policy`, for dbt's Python models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import pyarrow as pa

from warehouse.rules import book
from warehouse.rules.scoring import AttributeRule, BehaviourRule, Scoring
from warehouse.rules.tables import POINTS, table

_SETTINGS: Mapping[str, pa.DataType] = {
    "rules_version": pa.string(),
    "decay_half_life_days": pa.decimal128(18, 6),
    "min_total": POINTS,
    "min_attribute": POINTS,
    "min_behaviour": POINTS,
    "observation_days": pa.int64(),
    "label_stage": pa.string(),
    "window_start_date": pa.date32(),
    "window_end_date": pa.date32(),
    "band_points": pa.int64(),
    "threshold_step": pa.int64(),
    "agreed_rate": pa.decimal128(18, 10),
    "capacity_per_week": pa.int64(),
    "label_days": pa.int64(),
    "min_positives": pa.int64(),
    "min_auc_gain": pa.decimal128(18, 10),
    "held_out_share": pa.decimal128(18, 10),
}
ATTRIBUTE_RULES: Mapping[str, pa.DataType] = {
    "rule_id": pa.string(),
    "position": pa.int32(),
    "field": pa.string(),
    "operator": pa.string(),
    "texts": pa.list_(pa.string()),
    "numbers": pa.list_(pa.decimal128(38, 4)),
    "points": POINTS,
    "reason": pa.string(),
}
_BEHAVIOUR_RULES: Mapping[str, pa.DataType] = {
    "rule_id": pa.string(),
    "position": pa.int32(),
    "touch_type": pa.string(),
    "points": POINTS,
    "cap": POINTS,
    "is_decaying": pa.bool_(),
    "reason": pa.string(),
}
_GRADES: Mapping[str, pa.DataType] = {
    "axis_grade": pa.string(),
    "axis": pa.string(),
    "floor": POINTS,
    "grade": pa.string(),
}


def scoring_settings() -> pa.Table:
    """One row; none without a document: then nobody is scored."""
    scoring = book.read(Scoring)
    return table([settings_row(scoring)] if scoring else [], _SETTINGS)


def scoring_attribute_rules() -> pa.Table:
    """One row per rule, in the document's order."""
    scoring = book.read(Scoring)
    return table(attribute_rows(scoring.attribute_rules) if scoring else [], ATTRIBUTE_RULES)


def scoring_behaviour_rules() -> pa.Table:
    """One row per rule, in the document's order."""
    scoring = book.read(Scoring)
    return table(behaviour_rows(scoring.behaviour_rules) if scoring else [], _BEHAVIOUR_RULES)


def scoring_grades() -> pa.Table:
    """One row per axis and floor."""
    scoring = book.read(Scoring)
    return table(grade_rows(scoring) if scoring else [], _GRADES)


def settings_row(scoring: Scoring) -> dict[str, Any]:
    """The choices that have one value, as one row."""
    first_day, end_day = scoring.evaluation.lead_window or (None, None)
    return {
        "rules_version": scoring.version,
        "decay_half_life_days": scoring.decay_half_life_days,
        "window_start_date": first_day,
        "window_end_date": end_day,
        **dict(scoring.mql),
        **{name: value for name, value in scoring.evaluation if name != "lead_window"},
        **dict(scoring.propensity),
    }


def attribute_rows(rules: Iterable[AttributeRule]) -> list[dict[str, Any]]:
    """Rows of `ATTRIBUTE_RULES`: what a field is compared with, words and numbers apart."""
    return [
        {
            "rule_id": rule.id,
            "position": position,
            "field": rule.field,
            "operator": rule.op,
            "texts": [_text(one) for one in rule.values if not isinstance(one, Decimal)],
            "numbers": [one for one in rule.values if isinstance(one, Decimal)],
            "points": rule.points,
            "reason": rule.reason,
        }
        for position, rule in enumerate(rules, start=1)
    ]


def behaviour_rows(rules: Iterable[BehaviourRule]) -> list[dict[str, Any]]:
    return [
        {
            "rule_id": rule.id,
            "position": position,
            "touch_type": rule.touch_type,
            "points": rule.points,
            "cap": rule.cap,
            "is_decaying": rule.decay,
            "reason": rule.reason,
        }
        for position, rule in enumerate(rules, start=1)
    ]


def grade_rows(scoring: Scoring) -> list[dict[str, Any]]:
    return [
        {"axis_grade": f"{axis}:{floor}", "axis": axis, "floor": floor, "grade": grade}
        for axis, grades in (
            ("attribute", scoring.grades.attribute),
            ("behaviour", scoring.grades.behaviour),
        )
        for floor, grade in dict(grades).items()
    ]


def _text(value: object) -> str:
    """A word as it is, yes and no as SQL writes them."""
    return str(value).lower() if isinstance(value, bool) else str(value)
