"""How a deal is shared out among its touches: weights that make one, amounts to the last cent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal, localcontext
from fractions import Fraction
from typing import Any

from tests.metrics.oracle.calendar import rounded
from tests.metrics.oracle.company import Opportunity, Touch
from tests.metrics.oracle.deals import days
from tests.metrics.oracle.journeys import Journeys

FULL_PATH, TIME_DECAY = "full_path", "time_decay"
BUILT_IN = ("first_touch", "last_touch", "linear", TIME_DECAY)
_MILESTONES = ("FT", "LC", "OC", "CW")

# Far more than a double holds.
_DIGITS = 60

# Of a cent's remainder, where doubles decide it.
_REMAINDER_PLACES = 6

Weights = list[Fraction]


def models(journeys: Journeys) -> Iterator[tuple[str, str]]:
    """Every model in the policy's scope, and the full path in the other one as well."""
    named = dict.fromkeys([*BUILT_IN, *journeys.rules["models"]])
    for model in named:
        yield model, journeys.scope
    if FULL_PATH in named:
        yield FULL_PATH, "account" if journeys.scope == "contact_role" else "contact_role"


def weights(
    journeys: Journeys, model: str, deal: Opportunity, touches: list[Touch]
) -> Weights | None:
    """One per touch, together exactly 1; None where no touch can take the credit."""
    if not touches:
        return None
    count = len(touches)
    if model == "first_touch":
        return [Fraction(number == 0) for number in range(count)]
    if model == "last_touch":
        return [Fraction(number == count - 1) for number in range(count)]
    if model == "linear":
        return [Fraction(1, count)] * count
    if model == TIME_DECAY:
        closed_at = journeys.closed_at(deal)
        assert closed_at is not None
        return decayed(touches, closed_at, int(journeys.rules["time_decay_half_life_days"]))
    return positioned(journeys.rules["models"][model], touches, journeys.milestones(deal, touches))


def decayed(touches: list[Touch], closed_at: datetime, half_life: int) -> Weights:
    """Halved with every half-life before the closing."""
    with localcontext(prec=_DIGITS):
        powers = []
        for touch in touches:
            lives = days(closed_at - touch.occurred_at) / half_life
            exponent = Decimal(lives.numerator) / Decimal(lives.denominator)
            powers.append(Fraction(Decimal(2) ** -exponent))
    return [power / sum(powers) for power in powers]


def positioned(
    model: dict[str, Any], touches: list[Touch], found: dict[str, Touch]
) -> Weights | None:
    """By milestones, what a missing one or an empty middle leaves going to those that are there."""
    wanted = {name: Fraction(str(model.get(name) or 0)) for name in _MILESTONES}
    middle = Fraction(str(model.get("middle") or 0))
    present = {name: share for name, share in wanted.items() if share and name in found}
    at = {found[name].touch_id for name in present}
    between = [touch.touch_id for touch in touches if touch.touch_id not in at]
    if model.get("middle_until"):
        between = between[: _until(found.get(model["middle_until"]), touches, between)]
    whole = sum(wanted.values()) + middle
    of_middle = middle / whole if whole and between else Fraction(0)
    if not present:
        if not of_middle:
            return None
        of_middle = Fraction(1)
    credit = {touch.touch_id: Fraction(0) for touch in touches}
    for name, share in present.items():
        credit[found[name].touch_id] += (1 - of_middle) * share / sum(present.values())
    for touch_id in between:
        credit[touch_id] += of_middle / len(between)
    return [credit[touch.touch_id] for touch in touches]


def _until(last: Touch | None, touches: list[Touch], between: list[str]) -> int:
    """How many of those between come no later than a milestone."""
    if last is None:
        return 0
    order = [touch.touch_id for touch in touches]
    return sum(order.index(touch_id) <= order.index(last.touch_id) for touch_id in between)


def shared_out(
    amount: Fraction, parts: Weights, places: int, *, remainder_places: int | None = None
) -> list[Fraction]:
    """Whole minor units that add up to the amount: the largest remainders get what is left."""
    unit = Fraction(1, 10**places)
    exact = [abs(amount) / unit * part for part in parts]
    whole = [int(value) for value in exact]
    left = abs(amount) / unit - sum(whole)
    remainders = [value - floor for value, floor in zip(exact, whole, strict=True)]
    if remainder_places is not None:
        remainders = [rounded(value, remainder_places) for value in remainders]
    largest = sorted(range(len(parts)), key=lambda number: (-remainders[number], number))
    assert left.denominator == 1, "an amount in whole minor units, shares that make one"
    for number in largest[: int(left)]:
        whole[number] += 1
    return [units * unit * (1 if amount >= 0 else -1) for units in whole]


def shared_estimate(amount: Fraction, parts: Weights, places: int) -> list[Fraction]:
    """The same for parts that SQL has of doubles: what those cannot tell apart is a tie."""
    return shared_out(amount, parts, places, remainder_places=_REMAINDER_PLACES)


def cents(model: str, amount: Fraction, parts: Weights, places: int) -> list[Fraction]:
    """A deal's amount over its touches."""
    share_out = shared_estimate if model == TIME_DECAY else shared_out
    return share_out(amount, parts, places)
