"""Whether one share differs from another by more than chance, and how many it takes to see it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal, DecimalException
from fractions import Fraction
from math import ceil, erfc, sqrt
from statistics import NormalDist

# Below so many expected in any cell, the normal distribution is no fair stand-in (Cochran, 1954).
_EXPECTED_PER_CELL = 5
_PLACES = Decimal("1e-10")


@dataclass(frozen=True)
class Arm:
    """One group: of `n` members, `conversions` did what was hoped for."""

    n: int
    conversions: int

    @property
    def rate(self) -> Fraction | None:
        return Fraction(self.conversions, self.n) if self.n else None


@dataclass(frozen=True)
class Demands:
    """How sure one wants to be: of the interval, and of not missing a true difference."""

    confidence: float = 0.95
    power: float = 0.80

    @property
    def z_confidence(self) -> float:
        return NormalDist().inv_cdf(0.5 + self.confidence / 2)

    @property
    def z_power(self) -> float:
        return NormalDist().inv_cdf(self.power)


@dataclass(frozen=True)
class Comparison:
    """B against A; what cannot be told is None.

    `lift_low` and `lift_high` bound the absolute lift. `detectable_lift` is the least absolute lift
    that groups of these sizes would show with the power asked for, `needed_per_arm` the members
    that each group needs to show the lift that was seen.
    """

    rate_a: Fraction | None
    rate_b: Fraction | None
    absolute_lift: Fraction | None
    relative_lift: Fraction | None
    z: float | None
    p_value: float | None
    lift_low: float | None
    lift_high: float | None
    detectable_lift: float | None
    needed_per_arm: int | None
    is_normal: bool


def compare(a: Arm, b: Arm, demands: Demands = Demands()) -> Comparison:
    """Compare two shares: the z test of two proportions, pooled, and two-sided.

    The interval is Newcombe's, of two Wilson scores (Statistics in Medicine 17, 1998, method 10):
    unlike the plain one it does not shrink to nothing where nobody, or everybody, converted.
    """
    low, high = _interval(a, b, demands)
    lift = None if a.rate is None or b.rate is None else b.rate - a.rate
    z = z_score(a, b)
    return Comparison(
        rate_a=a.rate,
        rate_b=b.rate,
        absolute_lift=lift,
        relative_lift=lift / a.rate if lift is not None and a.rate else None,
        z=z,
        p_value=None if z is None else two_sided(z),
        lift_low=low,
        lift_high=high,
        detectable_lift=detectable_lift(a, b, demands),
        needed_per_arm=needed_per_arm(a, b, demands),
        is_normal=_is_normal(a, b),
    )


def z_score(a: Arm, b: Arm) -> float | None:
    """The difference in standard errors of a pooled share; None without members or variance."""
    if a.rate is None or b.rate is None:
        return None
    pooled = Fraction(a.conversions + b.conversions, a.n + b.n)
    variance = pooled * (1 - pooled) * (Fraction(1, a.n) + Fraction(1, b.n))
    # Squared and rooted at once: the fraction is exact until here.
    return float(b.rate - a.rate) / sqrt(variance) if variance else None


def two_sided(z: float) -> float:
    """The chance of a difference at least as large, either way, where there is none."""
    return erfc(abs(z) / sqrt(2))


def wilson(arm: Arm, z: float) -> tuple[float, float]:
    """The Wilson score interval of a share, for `z` standard errors to either side."""
    n, share = arm.n, arm.conversions / arm.n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, middle - reach), min(1.0, middle + reach)


def _interval(a: Arm, b: Arm, demands: Demands) -> tuple[float | None, float | None]:
    if a.rate is None or b.rate is None:
        return None, None
    low_a, high_a = wilson(a, demands.z_confidence)
    low_b, high_b = wilson(b, demands.z_confidence)
    rate_a, rate_b = float(a.rate), float(b.rate)
    lift = float(b.rate - a.rate)
    return (
        lift - sqrt((rate_b - low_b) ** 2 + (high_a - rate_a) ** 2),
        lift + sqrt((high_b - rate_b) ** 2 + (rate_a - low_a) ** 2),
    )


def detectable_lift(a: Arm, b: Arm, demands: Demands) -> float | None:
    """The least absolute lift over A's share that groups of these sizes would show."""
    if a.rate is None or b.rate is None or a.rate in {0, 1}:
        return None
    variance = float(a.rate * (1 - a.rate) * (Fraction(1, a.n) + Fraction(1, b.n)))
    return (demands.z_confidence + demands.z_power) * sqrt(variance)


def needed_per_arm(a: Arm, b: Arm, demands: Demands) -> int | None:
    """Members that each of two equal groups needs to show the lift seen (Fleiss, 1981)."""
    if a.rate is None or b.rate is None or a.rate == b.rate:
        return None
    mean = (a.rate + b.rate) / 2
    root = demands.z_confidence * sqrt(2 * mean * (1 - mean)) + demands.z_power * sqrt(
        a.rate * (1 - a.rate) + b.rate * (1 - b.rate)
    )
    return ceil((root / float(b.rate - a.rate)) ** 2)


def _is_normal(a: Arm, b: Arm) -> bool:
    members, conversions = a.n + b.n, a.conversions + b.conversions
    least = min(a.n, b.n) * min(conversions, members - conversions)
    return bool(members) and Fraction(least, members) >= _EXPECTED_PER_CELL


def compounded(gain_per_cycle: Decimal, cycles: int) -> Decimal | None:
    """What small gains come to: (1 + gain)^cycles - 1, to ten places; None beyond 28 digits."""
    exact = Context(prec=60)
    try:
        grown = exact.power(1 + gain_per_cycle, cycles) - 1
    except DecimalException:
        return None
    return ten_places(grown) if abs(grown) < Decimal("1e18") else None


def ten_places(value: Decimal | Fraction | float | None) -> Decimal | None:
    """Rounded once, half away from zero."""
    if value is None:
        return None
    if isinstance(value, Fraction):
        wide = Context(prec=60)
        value = wide.divide(Decimal(value.numerator), Decimal(value.denominator))
    return Decimal(value).quantize(_PLACES, ROUND_HALF_UP, Context(prec=60))


def verdict(found: Comparison, demands: Demands = Demands()) -> str:
    """What the comparison says, in words."""
    if found.absolute_lift is None:
        return "nothing can be told: a group has no members"
    if found.p_value is None:
        return "nothing can be told: nobody, or everybody, converted in both groups"
    if not found.is_normal:
        return "too few to judge: fewer than five are expected to convert, or not to, in a group"
    seen = f"{float(found.absolute_lift) * 100:+.2f} points, p {found.p_value:.3f}"
    if found.p_value <= 1 - demands.confidence:
        return f"B is {'better' if found.absolute_lift > 0 else 'worse'} than A: {seen}"
    if found.needed_per_arm is None:
        return "no difference is seen"
    return (
        f"cannot be told from chance: {seen};"
        f" to see such a difference, each group needs {found.needed_per_arm:,} members"
    )
