"""The scoring document: what it takes, what it refuses, and what its version stands for."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from warehouse.documents import read_document
from warehouse.errors import Misconfigured
from warehouse.rules.scoring import AttributeRule, Scoring
from warehouse.rules.scoring_tables import attribute_rows, settings_row
from warehouse.settings import DBT_PROJECT

OURS = DBT_PROJECT / "rules" / "scoring.yml"


def written(folder: Path, **changes: Any) -> Path:
    document = yaml.safe_load(OURS.read_text("utf-8")) | changes
    path = folder / "scoring.yml"
    path.write_text(yaml.safe_dump(document, allow_unicode=True), encoding="utf-8")
    return path


def rule(**changes: Any) -> dict[str, Any]:
    return {
        "id": "one",
        "field": "person.title",
        "op": "==",
        "value": "Boss",
        "points": 5,
    } | changes


def test_our_own_rules_are_read() -> None:
    assert settings_row(read_document(OURS, Scoring))["observation_days"] == 7


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"field": "person.shoe_size"}, "nothing that a rule knows"),
        ({"op": "in"}, "in takes a list"),
        ({"value": ["a", "b"]}, "== takes one value"),
        ({"op": "between", "value": [1, 2, 3]}, "the lowest and the highest"),
        ({"field": "account.employee_count", "value": "many"}, "compared with numbers"),
        ({"field": "account.is_target_account", "op": ">=", "value": True}, "not yes and no"),
    ],
)
def test_a_rule_that_can_never_be_meant_is_refused(
    changes: dict[str, Any], fault: str, tmp_path: Path
) -> None:
    path = written(tmp_path, attribute_rules=[rule(**changes)])
    with pytest.raises(Misconfigured, match=fault):
        read_document(path, Scoring)


def test_two_rules_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="two rules are called one"):
        read_document(written(tmp_path, attribute_rules=[rule(), rule()]), Scoring)


def test_words_numbers_and_yes_stay_what_they_are() -> None:
    rules = [
        AttributeRule.model_validate(rule(id=str(place), value=value))
        for place, value in enumerate(["1", 1, True, 2.5])
    ]
    rows = attribute_rows(rules)
    assert [row["texts"] for row in rows] == [["1"], [], ["true"], []]
    assert [row["numbers"] for row in rows] == [[], [Decimal(1)], [], [Decimal("2.5")]]


def test_the_version_changes_with_the_rules_and_not_with_how_they_are_judged(
    tmp_path: Path,
) -> None:
    version = read_document(OURS, Scoring).version
    judged = {"observation_days": 14, "label_stage": "MQL"}
    learnt = {"min_positives": 1}
    path = written(tmp_path, evaluation=judged, propensity=learnt)
    assert read_document(path, Scoring).version == version
    threshold = {"min_total": 46, "min_attribute": 15, "min_behaviour": 15}
    assert read_document(written(tmp_path, mql=threshold), Scoring).version != version
