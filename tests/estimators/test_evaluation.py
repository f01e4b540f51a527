"""The measures of a score against what they mean, counted pair by pair."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from estimators import evaluation

scored = st.lists(st.tuples(st.integers(-3, 3), st.booleans()), max_size=30)


def by_pairs(rows: list[tuple[int, bool]]) -> float | None:
    """AUC as it is defined: over all pairs of a positive and a negative."""
    pairs = list(
        product(
            [score for score, label in rows if label], [score for score, label in rows if not label]
        )
    )
    wins = sum(1.0 if one > other else 0.5 if one == other else 0.0 for one, other in pairs)
    return wins / len(pairs) if pairs else None


@given(scored)
def test_auc_is_the_share_of_pairs_told_apart(rows: list[tuple[int, bool]]) -> None:
    scores = np.array([float(score) for score, _ in rows])
    labels = np.array([label for _, label in rows], dtype=bool)
    assert evaluation.auc(scores, labels) == pytest.approx(by_pairs(rows), abs=1e-12)


def test_the_best_of_equal_scores_are_the_first_ids() -> None:
    chosen = evaluation.best(np.array([1.0, 2.0, 1.0, 1.0]), ["d", "c", "b", "a"], 3)
    assert chosen.tolist() == [False, True, True, True]


def test_lift_precision_and_recall_count_the_chosen() -> None:
    chosen = np.array([True, True, False, False])
    labels = np.array([True, False, True, False])
    assert evaluation.lift(chosen, labels) == 1.0
    assert evaluation.precision(chosen, labels) == 0.5
    assert evaluation.recall(chosen, labels) == 0.5


def test_what_has_nothing_to_divide_by_is_none() -> None:
    nobody, some = np.zeros(3, dtype=bool), np.array([True, False, False])
    assert evaluation.precision(nobody, some) is None
    assert evaluation.recall(some, nobody) is None
    assert evaluation.lift(some, nobody) is None


def test_a_probability_that_is_off_by_a_tenth_is_told_so() -> None:
    labels = np.arange(1000) % 2 == 0
    assert evaluation.calibration_error(np.full(1000, 0.6), labels, groups=1) == pytest.approx(0.1)
    assert evaluation.brier(np.full(1000, 0.5), labels) == 0.25
