"""The range of a sum of deals against all of their outcomes."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from itertools import product

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from estimators.forecast import likely_range, ranges

deals = st.lists(st.tuples(st.integers(1, 1_000), st.floats(0.01, 0.99)), min_size=1, max_size=9)


@given(deals)
def test_a_range_is_that_of_all_outcomes(drawn: list[tuple[int, float]]) -> None:
    amounts, chances = zip(*drawn, strict=True)
    low, high = likely_range(np.array(amounts, float), np.array(chances))
    # Sums are known to half a step per deal; where two lie closer, either may be told.
    slack = len(amounts) * sum(amounts) / 2_000
    outcomes = []
    for won in product((False, True), repeat=len(amounts)):
        chance = np.prod([c if w else 1 - c for w, c in zip(won, chances, strict=True)])
        outcomes.append((sum(a for w, a in zip(won, amounts, strict=True) if w), float(chance)))
    for bound, percentile in ((low, 0.1), (high, 0.9)):
        not_above = sum(chance for amount, chance in outcomes if amount <= bound + slack)
        below = sum(chance for amount, chance in outcomes if amount < bound - slack)
        assert below - 1e-9 <= percentile <= not_above + 1e-9


def test_of_many_deals_the_sum_is_close_to_normal() -> None:
    low, high = likely_range(np.full(400, 100.0), np.full(400, 0.5))
    # The mean is 20,000 and the standard deviation 1,000.
    assert (round(low), round(high)) == (18_718, 21_282)


def test_one_deal_is_won_or_not() -> None:
    assert likely_range(np.array([70.0]), np.array([0.3])) == (0.0, 70.0)
    assert likely_range(np.array([70.0]), np.array([0.05])) == (0.0, 0.0)


def test_owners_have_a_range_each_and_all_have_one() -> None:
    rows = [("U1", "10", 0.95), ("U1", "20", 0.05), ("U2", "5.5", 0.95)]
    table = pa.table(
        {
            "snapshot_date": [date(2025, 4, 1)] * 3,
            "period": ["2025-Q2"] * 3,
            "owner_or_nobody": [owner for owner, *_ in rows],
            "amount_at_plan": pa.array([Decimal(a) for _, a, _ in rows], pa.decimal128(24, 3)),
            "chance": [chance for *_, chance in rows],
        }
    )
    found = {row["owner_or_all"]: row for row in ranges(table).to_pylist()}
    assert found["U2"]["low_amount"] == found["U2"]["high_amount"] == Decimal("5.500")
    assert [found[name]["deals"] for name in ("U1", "U2", "(all)")] == [2, 1, 3]
    assert ranges(table.slice(0, 0)).num_rows == 0
