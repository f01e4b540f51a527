"""Between which amounts the sum of deals will lie, each of which is won or not by its own chance.

The sum of independent deals is Poisson-binomial, weighted by their amounts. Its distribution is had
by adding one deal after the other on a grid (as for the unweighted one: Hong, Computational
Statistics & Data Analysis 59, 2013); for many deals it is as good as normal. That deals
are independent is an assumption: what befalls all of them at once makes the true range wider.
"""

from __future__ import annotations

from collections import defaultdict
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
_STEPS = 4_000
# Of more deals the largest is no longer many steps, and the sum is close to normal.
_MANY = 200
# Sums of chances are short of a tenth by the last bits of a float.
_SLACK = 1e-12
_MILLS = Decimal("0.001")

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

    `deals`: snapshot_date, period, owner_or_nobody, amount_at_plan (above 0) and chance (0 to 1).
    """
    groups: dict[tuple[Any, str, str], list[tuple[Decimal, float]]] = defaultdict(list)
    columns = ("snapshot_date", "period", "owner_or_nobody", "amount_at_plan", "chance")
    listed = (deals.column(name).to_pylist() for name in columns)
    for day, period, owner, amount, chance in zip(*listed, strict=True):
        for whose in (owner, EVERYBODY):
            groups[day, period, whose].append((amount, float(chance)))
    return pa.Table.from_pylist(list(_rows(groups)), schema=pa.schema(list(_RANGES.items())))


def likely_range(amounts: Sequence[Decimal], chances: Sequence[float]) -> tuple[Decimal, Decimal]:
    """The tenth and the ninetieth percentile of what is won, to a step of the grid.

    A percentile is the least sum that is not exceeded with that probability.
    """
    total = sum(amounts, Decimal(0))
    if len(amounts) > _MANY:
        low, high = _normal(np.array(amounts, dtype=float), np.array(chances))
    else:
        low, high = _on_grid(np.array(amounts, dtype=float) / float(total), chances)
    bounds = (min(max(Decimal(low), Decimal(0)), Decimal(1)), min(Decimal(high), Decimal(1)))
    low_amount, high_amount = (
        (total * share).quantize(_MILLS, rounding=ROUND_HALF_UP) for share in bounds
    )
    return low_amount, high_amount


def _rows(
    groups: dict[tuple[Any, str, str], list[tuple[Decimal, float]]],
) -> Iterator[dict[str, Any]]:
    for (day, period, owner), deals in sorted(groups.items()):
        amounts, chances = zip(*deals, strict=True)
        low, high = likely_range(amounts, chances)
        yield {
            "forecast_range": f"{day} {period} {owner}",
            "snapshot_date": day,
            "period": period,
            "owner_or_all": owner,
            "deals": len(deals),
            "low_amount": low,
            "high_amount": high,
        }


def _on_grid(shares: Any, chances: Sequence[float]) -> tuple[float, float]:
    """Percentiles as shares of the total, from the distribution of the sum in steps."""
    steps = np.rint(shares * _STEPS).astype(int)
    sums = np.zeros(int(steps.sum()) + 1)
    sums[0] = 1.0
    reached = 0
    for step, chance in zip(steps.tolist(), chances, strict=True):
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


def _normal(amounts: Any, chances: Any) -> tuple[float, float]:
    total = float(amounts.sum())
    mean = float((amounts * chances).sum())
    deviation = float(np.sqrt((amounts**2 * chances * (1 - chances)).sum()))
    return (mean - _DEVIATIONS * deviation) / total, (mean + _DEVIATIONS * deviation) / total
