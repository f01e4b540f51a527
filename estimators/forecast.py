"""Between which amounts the sum of deals will lie, each of which is won or not by its own chance.

The sum of independent deals is Poisson-binomial, weighted by their amounts. Its distribution is had
by adding one deal after the other on a grid (as for the unweighted one: Hong, Computational
Statistics & Data Analysis 59, 2013); for many deals it is as good as normal. That deals
are independent is an assumption: what befalls all of them at once makes the true range wider.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np
import pyarrow as pa

LOW, HIGH = 0.1, 0.9
EVERYBODY = "(all)"

# The distance of LOW and HIGH from the mean of a normal distribution, in standard deviations.
_DEVIATIONS = 1.2815515655446004
# All amounts of a group together are so many steps of the grid.
_STEPS = 2_000
# Of more deals the largest is no longer many steps, and the sum is close to normal.
_MANY = 100
# Sums of chances are short of a tenth by the last bits of a float.
_SLACK = 1e-12
_MILLS = Decimal("0.001")

_TARGET = ("snapshot_date", "period")
_MONEY = pa.decimal128(24, 3)
_RANGES: dict[str, Any] = {
    "forecast_range": pa.string(),
    "snapshot_date": pa.date32(),
    "period": pa.string(),
    "owner_or_all": pa.string(),
    "deals": pa.int64(),
    "low_amount": _MONEY,
    "high_amount": _MONEY,
}


def ranges(deals: pa.Table) -> pa.Table:
    """The range of every owner's deals and of everybody's, per day and period.

    `deals`: snapshot_date, period, owner_or_nobody, amount_at_plan (above 0) and chance (0 to 1),
    in the order of these columns.
    """
    rows = [*_rows(deals, (*_TARGET, "owner_or_nobody")), *_rows(deals, _TARGET)]
    rows.sort(key=lambda row: row["forecast_range"])
    return pa.Table.from_pylist(rows, schema=pa.schema(list(_RANGES.items())))


def likely_range(amounts: Any, chances: Any) -> tuple[float, float]:
    """The tenth and the ninetieth percentile of what is won, to a step of the grid.

    A percentile is the least sum that is not exceeded with that probability. Takes two arrays of
    floats of one length.
    """
    total = float(amounts.sum())
    shares = amounts / total
    bounds = _normal(shares, chances) if len(shares) > _MANY else _on_grid(shares, chances)
    low, high = (min(max(bound, 0.0), 1.0) * total for bound in bounds)
    return low, high


def _rows(deals: pa.Table, grouping: Sequence[str]) -> Iterator[dict[str, Any]]:
    """One row per group of neighbours."""
    amounts, chances = (
        deals.column(name).cast(pa.float64()).to_numpy() for name in ("amount_at_plan", "chance")
    )
    for first, end in _groups(deals, grouping):
        day, period, *owner = (deals.column(name)[first].as_py() for name in grouping)
        whose = owner[0] if owner else EVERYBODY
        low, high = likely_range(amounts[first:end], chances[first:end])
        yield {
            "forecast_range": f"{day} {period} {whose}",
            "snapshot_date": day,
            "period": period,
            "owner_or_all": whose,
            "deals": end - first,
            "low_amount": _money(low),
            "high_amount": _money(high),
        }


def _groups(deals: pa.Table, grouping: Sequence[str]) -> list[tuple[int, int]]:
    """Where each group begins and ends."""
    if not deals.num_rows:
        return []
    changes = np.zeros(deals.num_rows - 1, dtype=bool)
    for name in grouping:
        codes = deals.column(name).combine_chunks().dictionary_encode().indices.to_numpy()
        changes |= codes[1:] != codes[:-1]
    begins = [0, *(np.flatnonzero(changes) + 1).tolist()]
    return list(zip(begins, [*begins[1:], deals.num_rows], strict=True))


def _money(amount: float) -> Decimal:
    return Decimal(amount).quantize(_MILLS, rounding=ROUND_HALF_UP)


def _on_grid(shares: Any, chances: Any) -> tuple[float, float]:
    """Percentiles as shares of the total, from the distribution of the sum in steps."""
    steps = np.rint(shares * _STEPS).astype(int)
    sums = np.zeros(int(steps.sum()) + 1)
    sums[0] = 1.0
    reached = 0
    for step, chance in zip(steps.tolist(), chances.tolist(), strict=True):
        won = sums[: reached + 1] * chance
        sums[: reached + 1] -= won
        sums[step : step + reached + 1] += won
        reached += step
    cumulated = np.cumsum(sums)
    low, high = (
        min(int(np.searchsorted(cumulated, percentile - _SLACK)), len(sums) - 1)
        for percentile in (LOW, HIGH)
    )
    return low / _STEPS, high / _STEPS


def _normal(shares: Any, chances: Any) -> tuple[float, float]:
    mean = float((shares * chances).sum())
    deviation = float(np.sqrt((shares**2 * chances * (1 - chances)).sum()))
    return mean - _DEVIATIONS * deviation, mean + _DEVIATIONS * deviation
