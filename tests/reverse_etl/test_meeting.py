"""Sums tell which rows have to be compared, and a collision cannot hide one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reverse_etl.meeting import Meeting, Numbers
from tests.reverse_etl.bench import Bench, wished

# Nought and nought make nought: there the count of rows tells.
numbers = st.integers(1, 2**64 - 1)
sides = st.lists(st.tuples(numbers, st.integers(0, 3)), max_size=20)
Rows = Sequence[tuple[int, int]]


def columns(rows: Rows) -> list[tuple[Numbers, Numbers]]:
    pairs = np.array(rows, np.uint64).reshape(len(rows), 2)
    return [(pairs[:, 0].copy(), pairs[:, 1].copy())]


def suspects(ours: Rows, theirs: Rows) -> tuple[set[int], int]:
    meeting = Meeting(max(len(ours), len(theirs)))
    meeting.add(columns(ours), is_ours=True)
    meeting.add(columns(theirs), is_ours=False)
    return set(meeting.suspects()), 64 - meeting.bits


@given(ours=sides, theirs=sides)
def test_what_is_no_suspect_is_on_both_sides_as_often(ours: Rows, theirs: Rows) -> None:
    found, shift = suspects(ours, theirs)
    left = [sorted(row for row in rows if row[0] >> shift not in found) for rows in (ours, theirs)]
    assert left[0] == left[1]


def test_what_is_the_same_is_no_suspect_in_any_order() -> None:
    rows = [(n * 0x9E3779B97F4A7C15 % 2**64, n % 7) for n in range(5_000)]
    assert suspects(rows, rows[::-1])[0] == set()


def test_two_rows_of_one_bucket_that_have_swapped_their_values_are_seen() -> None:
    assert suspects([(1, 10), (2, 20)], [(1, 20), (2, 10)])[0] == {0}


def test_a_bucket_that_evens_out_by_a_collision_makes_all_be_compared(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if every sum had come out at zero: the change, the new row and the lost one are found."""
    bench.wish([wished(0), wished(1), wished(2)])
    bench.judge()
    bench.sync()
    bench.wish([wished(0), wished(1, account_tier="A"), wished(3)])
    expected = bench.plan()
    monkeypatch.setattr(Meeting, "suspects", lambda _: [])
    plan = bench.plan()
    assert [change.after for change in plan.changes] == [one.after for one in expected.changes]
    assert plan.counts == expected.counts
    assert (plan.counts["first"], plan.counts["changed"], plan.counts["gone"]) == (1, 1, 1)
