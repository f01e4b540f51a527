"""Who is credited with what was won, what marketing contributed, and whether it paid."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from tests.metrics.oracle.company import (
    Company,
    Opportunity,
    Record,
    Touch,
    ratio_text,
    share,
    total,
)
from tests.metrics.oracle.costs import channel_spend, marketing
from tests.metrics.oracle.credit import FULL_PATH, cents, models, weights
from tests.metrics.oracle.deals import known
from tests.metrics.oracle.journeys import Journeys

UNATTRIBUTED = "(unattributed)"
UNKNOWN = "(unknown)"
SOURCED, INFLUENCED, NONE = ("sourced", "influenced", "none")

# The models whose weights are told beside their amounts.
_WEIGHED = ("linear", "u_shaped", "w_shaped", FULL_PATH, "time_decay")


@dataclass(frozen=True)
class Credit:
    """What a model gives one touch of a deal, or nobody."""

    model: str
    scope: str
    deal: Opportunity
    touch: Touch | None
    weight: Fraction
    amount: Fraction | None

    @property
    def channel(self) -> str:
        return channel_of(self.touch) if self.touch else UNATTRIBUTED

    @property
    def dims(self) -> dict[str, str]:
        return {
            "model": self.model,
            "scope": self.scope,
            "opportunity_id": self.deal.opportunity_id,
            "touch_id": self.touch.touch_id if self.touch else UNATTRIBUTED,
        }


def channel_of(touch: Touch) -> str:
    return touch.channel or UNKNOWN


def records(company: Company) -> Iterator[Record]:
    journeys = Journeys(company)
    credited = list(credits_of(journeys))
    yield from _credits(company, journeys, credited)
    yield from _contribution(company, journeys)
    yield from _touches_to_conversion(company, journeys)
    yield from _returns(company, journeys, credited)


def amount_of(journeys: Journeys, deal: Opportunity) -> Fraction | None:
    return journeys.deals.spot(deal, deal.close_date)


def credits_of(journeys: Journeys) -> Iterator[Credit]:
    """Of every model: only who gets something."""
    places = journeys.company.places()
    for model, scope in models(journeys):
        for deal in journeys.won:
            amount, touches = amount_of(journeys, deal), journeys.touches(deal, scope)
            parts = weights(journeys, model, deal, touches)
            if parts is None:
                yield Credit(model, scope, deal, None, Fraction(1), amount)
                continue
            shared = [None] * len(parts) if amount is None else cents(model, amount, parts, places)
            for touch, weight, part in zip(touches, parts, shared, strict=True):
                if weight:
                    yield Credit(model, scope, deal, touch, weight, part)


def _credits(company: Company, journeys: Journeys, credited: list[Credit]) -> Iterator[Record]:
    channels: dict[tuple[str, str, str], Fraction] = defaultdict(Fraction)
    for credit in credited:
        if credit.touch and credit.model in _WEIGHED:
            yield Record("attribution_weight", credit.dims, ratio_text(credit.weight))
        if credit.amount is not None:
            yield Record("attribution_revenue", credit.dims, company.money_text(credit.amount))
            channels[credit.model, credit.scope, credit.channel] += credit.amount
    for (model, scope, channel), amount in channels.items():
        dims = {"model": model, "scope": scope, "channel": channel}
        yield Record("attribution_revenue_by_channel", dims, company.money_text(amount))
    won = known(amount_of(journeys, deal) for deal in journeys.won)
    dims = {"period": company.calendar.window.label}
    yield Record("attribution_total", dims, company.money_text(won))


def credit_class(journeys: Journeys, deal: Opportunity) -> str:
    """Whether marketing was there before the deal was, or before it was won, or never."""
    touches = [touch for touch in journeys.touches(deal) if touch.is_marketing]
    if not touches:
        return NONE
    return SOURCED if touches[0].occurred_at <= deal.created_at else INFLUENCED


def _contribution(company: Company, journeys: Journeys) -> Iterator[Record]:
    dims = {"period": company.calendar.window.label}
    classes = {deal.opportunity_id: credit_class(journeys, deal) for deal in journeys.won}
    for opportunity_id, name in classes.items():
        yield Record("marketing_credit_class", {"opportunity_id": opportunity_id}, name)
    won = known(amount_of(journeys, deal) for deal in journeys.won)
    for kind, counted in {"sourced": {SOURCED}, "influenced": {SOURCED, INFLUENCED}}.items():
        deals = [deal for deal in journeys.won if classes[deal.opportunity_id] in counted]
        worth = known(amount_of(journeys, deal) for deal in deals)
        count = ratio_text(share(len(deals), len(journeys.won)))
        yield Record(f"marketing_{kind}_share_count", dims, count)
        yield Record(f"marketing_{kind}_share_value", dims, ratio_text(share(worth, won)))
        yield Record(f"marketing_{kind}_revenue", dims, company.money_text(worth))
    primaries = [journeys.primary_contact(deal) for deal in journeys.won]
    channels = company.policy["marketing_channels"]
    by_field = [person for person in primaries if person and person.lead_channel in channels]
    of_won = ratio_text(share(len(by_field), len(journeys.won)))
    yield Record("marketing_sourced_share_count_lead_source_method", dims, of_won)


def _touches_to_conversion(company: Company, journeys: Journeys) -> Iterator[Record]:
    counts = [count for deal in journeys.won if (count := len(journeys.touches(deal)))]
    dims = {"period": company.calendar.window.label}
    yield Record("touches_to_conversion_mean", dims, ratio_text(share(sum(counts), len(counts))))


def _returns(company: Company, journeys: Journeys, credited: list[Credit]) -> Iterator[Record]:
    if FULL_PATH not in journeys.rules["models"]:
        return
    window = company.calendar.window
    dims = {"period": window.label}
    paid = [
        credit
        for credit in credited
        if (credit.model, credit.scope) == (FULL_PATH, journeys.scope) and credit.touch
    ]
    earned, cost = known(credit.amount for credit in paid), marketing(company, window)
    loaded = {**dims, "scope": "fully_loaded"}
    yield Record("marketing_roi_full_path", loaded, ratio_text(share(earned - cost, cost)))
    spent = channel_spend(company, window)
    for channel in dict.fromkeys(company.policy["marketing_channels"]):
        earned = known(credit.amount for credit in paid if credit.channel == channel)
        cost = total(
            company.at_spot(row.amount, row.currency, row.spend_date)
            for row in spent
            if row.channel == channel
        )
        named = {**dims, "channel": channel}
        yield Record("channel_roi_full_path", named, ratio_text(share(earned - cost, cost)))
        yield Record("channel_roas_full_path", named, ratio_text(share(earned, cost)))
