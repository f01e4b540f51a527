"""Quality figures against pairs counted one by one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from identity.measure import Quality, matching_quality, quality
from warehouse.connection import scratch

Rows = Sequence[tuple[str, str | None]]


def judged(rows: Rows) -> Quality:
    with scratch() as session:
        found, true = ([row[side] for row in rows] for side in (0, 1))
        columns = {"cluster": pa.array(found, pa.string()), "truth": pa.array(true, pa.string())}
        session.load("clusters", pa.table(columns))
        return quality(session, "clusters")


rows = st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(["x", "y", "z"])), max_size=20)


@settings(max_examples=40, deadline=None)
@given(rows)
def test_figures_are_those_of_every_pair_and_every_record(given_rows: Rows) -> None:
    mine = judged(given_rows)
    both = list(combinations(given_rows, 2))
    found = [one[0] == other[0] for one, other in both]
    true = [one[1] == other[1] for one, other in both]
    right = sum(a and b for a, b in zip(found, true, strict=True))
    assert mine.precision == pytest.approx(right / sum(found) if sum(found) else 1)
    assert mine.recall == pytest.approx(right / sum(true) if sum(true) else 1)
    per_record = [
        (
            given_rows.count(row) / sum(other[0] == row[0] for other in given_rows),
            given_rows.count(row) / sum(other[1] == row[1] for other in given_rows),
        )
        for row in given_rows
    ]
    if per_record:
        count = len(per_record)
        assert mine.bcubed_precision == pytest.approx(sum(p for p, _ in per_record) / count)
        assert mine.bcubed_recall == pytest.approx(sum(r for _, r in per_record) / count)


def test_the_largest_false_cluster_is_the_largest_with_two_entities() -> None:
    large_and_right = [("a", "x")] * 9
    wrong = [("b", "y"), ("b", "y"), ("b", "z")]
    assert judged([*large_and_right, *wrong]).largest_false_cluster == 3
    assert judged(large_and_right).largest_false_cluster == 0


def test_records_whose_truth_is_not_known_are_left_out() -> None:
    known: Rows = [("a", "x"), ("a", "x")]
    assert judged([*known, ("a", None)]) == judged(known)


def test_one_wrong_cluster_of_everything_finds_all_and_is_right_about_little() -> None:
    figures = judged([("a", "x"), ("a", "x"), ("a", "y"), ("a", "z")])
    assert [figures.precision, figures.recall] == pytest.approx([1 / 6, 1])


def test_a_wrong_match_costs_precision_and_a_missing_one_recall() -> None:
    with scratch() as session:
        found = pa.array(["1", "2", None, "4", None], pa.string())
        true = pa.array(["1", "9", "3", None, None], pa.string())
        session.load("matched", pa.table({"account": found, "truth": true}))
        figures = matching_quality(session, "matched", found="account", true="truth")
    assert [figures.precision, figures.recall] == pytest.approx([1 / 3, 1 / 3])
