"""The channels on the way to won and lost deals, and what the data gives each of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction

from tests.metrics.oracle.attribution import amount_of, channel_of
from tests.metrics.oracle.chains import (
    Path,
    collapsed,
    conversion,
    players,
    removal_effects,
    revenue,
    shapley,
    won_share,
)
from tests.metrics.oracle.company import Company, Opportunity, Record, ratio_text, share
from tests.metrics.oracle.credit import shared_estimate, shared_out
from tests.metrics.oracle.deals import known
from tests.metrics.oracle.journeys import Journeys

Walked = list[tuple[Opportunity, Path]]


def records(company: Company) -> Iterator[Record]:
    journeys = Journeys(company)
    walked = paths_of(journeys)
    for deal, path in walked:
        outcome = "won" if path.won else "lost"
        dims = {"opportunity_id": deal.opportunity_id, "outcome": outcome}
        yield Record("channel_path", dims, " > ".join(path.channels))
    yield from _markov(company, journeys, walked)
    yield from _shapley(company, journeys, walked)


def paths_of(journeys: Journeys) -> Walked:
    """Of the deals that anything led to."""
    return [
        (deal, Path(collapsed(channel_of(touch) for touch in touches), deal.is_won))
        for deal in journeys.closed
        if (touches := journeys.touches(deal))
    ]


def _markov(company: Company, journeys: Journeys, walked: Walked) -> Iterator[Record]:
    paths = [path for _, path in walked]
    effects = removal_effects(paths)
    dims = {"removed": "(none)"}
    yield Record("markov_conversion_probability", dims, ratio_text(won_share(paths)))
    shares = {channel: share(e or 0, known(effects.values())) for channel, e in effects.items()}
    attributable = known(amount_of(journeys, deal) for deal, path in walked if path.won)
    money: dict[str, Fraction] = {}
    if None not in shares.values():
        known_shares = [part for part in shares.values() if part is not None]
        parts = shared_estimate(attributable, known_shares, company.places())
        money = dict(zip(shares, parts, strict=True))
    for channel, effect in effects.items():
        dims = {"channel": channel}
        yield Record("markov_removal_effect", dims, ratio_text(effect))
        yield Record("markov_share", dims, ratio_text(shares[channel]))
        yield Record("markov_revenue", dims, company.money_text(money.get(channel)))


def _shapley(company: Company, journeys: Journeys, walked: Walked) -> Iterator[Record]:
    paths = [path for _, path in walked]
    names = players(paths)
    money: dict[str, Fraction] = defaultdict(Fraction)
    for deal, path in walked:
        amount = amount_of(journeys, deal)
        if path.won and amount is not None:
            parts = shapley(names, revenue(path.channels, Fraction(1)))
            shared = shared_out(amount, list(parts.values()), company.places())
            for channel, part in zip(parts, shared, strict=True):
                money[channel] += part
    rates = shapley(names, conversion(paths))
    for channel in names:
        dims = {"channel": channel, "value_function": "cumulative_revenue"}
        yield Record("shapley_revenue", dims, company.money_text(money[channel]))
        dims = {"channel": channel, "value_function": "conversion_rate"}
        yield Record("shapley_value", dims, ratio_text(rates[channel]))
