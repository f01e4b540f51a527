"""Deals as of now: which count, when they closed, what they are worth."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from fractions import Fraction
from functools import cached_property

from tests.metrics.oracle.calendar import Period
from tests.metrics.oracle.company import Company, Opportunity, OpportunityStage

RENEWAL = "renewal"
NEW_BUSINESS = "new_business"


def days(span: timedelta) -> Fraction:
    return Fraction(span // timedelta(microseconds=1), 86_400_000_000)


def minutes(span: timedelta) -> Fraction:
    return days(span) * 1440


def mean(values: list[Fraction]) -> Fraction | None:
    return sum(values, Fraction(0)) / len(values) if values else None


def median(values: list[Fraction]) -> Fraction | None:
    if not values:
        return None
    ordered = sorted(values)
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def report_periods(company: Company) -> list[Period]:
    """Months, quarters and the window; one that bears two names once."""
    calendar = company.calendar
    named = {p.label: p for p in [*calendar.months, *calendar.quarters, calendar.window]}
    return list(named.values())


class Deals:
    """The opportunities that exist as of now, with their histories."""

    def __init__(self, company: Company) -> None:
        self.company = company
        calendar = company.calendar
        self.all = [
            deal
            for deal in company.opportunities
            if not deal.is_deleted and deal.created_at < calendar.as_of
        ]
        without = set(company.policy["win_rate_excludes_types"])
        self.sales = [deal for deal in self.all if deal.opportunity_type not in without]
        credited = set(company.policy["quota_excludes_types"])
        self.credited = [deal for deal in self.all if deal.opportunity_type not in credited]
        self.open = [deal for deal in self.all if not deal.is_closed]
        excluded = set(company.policy["pipeline_excludes_forecast"])
        self.pipeline = [
            deal
            for deal in self.open
            if deal.opportunity_type != RENEWAL and deal.forecast_category not in excluded
        ]

    @cached_property
    def _histories(self) -> dict[str, list[OpportunityStage]]:
        histories = defaultdict(list)
        for row in sorted(
            self.company.opportunity_stages, key=lambda row: (row.entered_at, row.seq)
        ):
            if row.entered_at < self.company.calendar.as_of:
                histories[row.opportunity_id].append(row)
        return histories

    def history(self, deal: Opportunity) -> list[OpportunityStage]:
        """What was known of it, in order."""
        return self._histories.get(deal.opportunity_id, [])

    def last_run_began(self, deal: Opportunity) -> datetime | None:
        """When it came to where it is: a later change of its amount is no new arrival."""
        began = None
        rows = self.history(deal)
        for row in reversed(rows):
            if row.stage != rows[-1].stage:
                break
            began = row.entered_at
        return began

    def spot(self, deal: Opportunity, day: date | None) -> Fraction | None:
        """What it is worth on a day; unknown without an amount, a currency or a rate."""
        if deal.amount is None or deal.currency is None or day is None:
            return None
        try:
            return self.company.at_spot(deal.amount, deal.currency, day)
        except LookupError:
            return None

    def plan(self, amount: Fraction | None, currency: str | None) -> Fraction | None:
        if amount is None or currency is None:
            return None
        try:
            return self.company.at_plan(amount, currency)
        except LookupError:
            return None

    def worth(self, deals: Iterable[Opportunity]) -> Fraction:
        """Of closed deals, at the rates of their closing dates."""
        return known(self.spot(deal, deal.close_date) for deal in deals)

    def credit(self, period: Period, owner_id: str | None = None) -> Fraction:
        """What was won toward quotas, at plan rates."""
        return known(
            self.plan(deal.amount, deal.currency)
            for deal in self.credited
            if deal.is_won
            and deal.close_date in period
            and (owner_id is None or deal.owner_id == owner_id)
        )


def known(values: Iterable[Fraction | None]) -> Fraction:
    """The sum of what is known."""
    return sum((value for value in values if value is not None), Fraction(0))


def stage_order(company: Company) -> list[str]:
    """The stages that lead to a win, the won one last; the lost ones are numbered 0."""
    numbered: dict[str, int] = company.policy["stages"]
    return sorted((s for s, n in numbered.items() if n > 0), key=lambda s: (numbered[s], s))
