"""What a test of two variants shows, and what small gains come to: ab."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from tests.metrics.oracle.company import Company, Record, ratio_text, share
from tests.metrics.oracle.rules import document


def records(company: Company) -> Iterator[Record]:
    experiment = document(company, "experiment")
    if experiment is None:
        return
    if "a" in experiment and "b" in experiment:
        yield from compared(experiment["a"], experiment["b"])
    compounding = experiment.get("compounding")
    if compounding is not None:
        gain = compounded(Fraction(compounding["gain_per_cycle"]), int(compounding["cycles"]))
        yield Record("ab_compounded_gain", {}, ratio_text(gain))


def compared(a: dict[str, Any], b: dict[str, Any]) -> Iterator[Record]:
    before, after = share(a["conversions"], a["n"]), share(b["conversions"], b["n"])
    lift = after - before if before is not None and after is not None else None
    relative = share(lift, before) if lift is not None and before is not None else None
    z = z_value(a, b, lift)
    p = math.erfc(abs(z) / math.sqrt(2)) if z is not None else None
    yield Record("ab_absolute_lift", {}, ratio_text(lift))
    yield Record("ab_relative_lift", {}, ratio_text(relative))
    yield Record("ab_z", {}, None if z is None else ratio_text(Fraction(z)))
    yield Record("ab_p_value_two_sided", {}, None if p is None else ratio_text(Fraction(p)))


def z_value(a: dict[str, Any], b: dict[str, Any], lift: Fraction | None) -> float | None:
    """By the rate of both together."""
    if lift is None:
        return None
    rate = Fraction(a["conversions"] + b["conversions"], a["n"] + b["n"])
    variance = rate * (1 - rate) * (Fraction(1, a["n"]) + Fraction(1, b["n"]))
    return float(lift) / math.sqrt(variance) if variance else None


def compounded(gain: Fraction, cycles: int) -> Fraction:
    """What a gain in every cycle comes to, exact."""
    return (1 + gain) ** cycles - 1
