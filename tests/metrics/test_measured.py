"""The metrics' SQL against the worked example, and against the oracle on random companies."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path

import pytest

from tests.metrics.measured import Models, Values, slow
from tests.metrics.oracle.__main__ import records
from tests.metrics.oracle.companies import random_company
from tests.metrics.oracle.company import Company

EXAMPLE = Path(__file__).parent / "worked_example"


def agree(left: str | None, right: str | None) -> bool:
    """Money, counts and words to the letter; what has ten places may differ in the last."""
    if left == right or left is None or right is None:
        return left == right
    if len(left.partition(".")[2]) != 10:
        return False
    return abs(Decimal(left) - Decimal(right)) <= Decimal("1e-9")


def differences(found: Values, wanted: Values) -> list[str]:
    return [
        f"{metric} {dims}: {wanted.get((metric, dims), '(none)')} is wanted, "
        f"{found.get((metric, dims), '(none)')} is found"
        for metric, dims in sorted(found.keys() | wanted.keys())
        if not agree(found.get((metric, dims), "(none)"), wanted.get((metric, dims), "(none)"))
    ]


def test_every_value_of_the_worked_example_is_met_and_no_other_is_told(models: Models) -> None:
    with (EXAMPLE / "expected.csv").open(encoding="utf-8", newline="") as file:
        expected = {
            (
                row["metric"],
                json.dumps(json.loads(row["dims"]), sort_keys=True, ensure_ascii=False),
            ): row["value"] or None
            for row in csv.DictReader(file)
        }
    found = models.values(EXAMPLE)
    assert {metric for metric, _ in found} == {metric for metric, _ in expected}
    assert differences(found, expected) == []


@pytest.mark.parametrize("seed", [0, *slow(range(1, 16))])
def test_random_companies_are_measured_as_the_oracle_measures_them(
    seed: int, models: Models, tmp_path: Path
) -> None:
    random_company(seed, tmp_path)
    found = models.values(tmp_path)
    wanted = {
        (one.metric, json.dumps(one.dims, sort_keys=True, ensure_ascii=False)): one.value
        for one in records(Company(tmp_path))
    }
    assert differences(found, wanted) == []
