"""What growth costs: customers, leads, opportunities, and the ratios over them."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from tests.metrics.oracle.calendar import Period
from tests.metrics.oracle.company import (
    Company,
    Opportunity,
    Person,
    Record,
    Spend,
    ratio_text,
    share,
    total,
)
from tests.metrics.oracle.mrr import Mrr
from tests.metrics.oracle.recurring import (
    count_of,
    later_quarters,
    new_mrr,
    periods,
    pooled_churn,
)
from tests.metrics.oracle.revenue import invoiced

ALL_CHANNELS = "(all)"
_STREAMS = {"new": ("new_business", "winback"), "existing": ("expansion",)}


def records(company: Company) -> Iterator[Record]:
    mrr = Mrr(company)
    yield from _acquisition(company, mrr)
    yield from _lifetime(company, mrr)
    yield from _efficiency(company)
    yield from _channels(company)


def sales_and_marketing(company: Company, period: Period) -> Fraction:
    return _cost(company, _selling(company, period))


def marketing(company: Company, period: Period) -> Fraction:
    rows = [row for row in company.spend if row.spend_date in period]
    return _cost(company, [row for row in rows if row.department == "marketing"])


def channel_spend(company: Company, period: Period) -> list[Spend]:
    """What was spent on channels; people are no channel's cost."""
    return [
        row
        for row in company.spend
        if row.spend_date in period
        and row.channel is not None
        and row.cost_type in company.policy["channel_cost_types"]
    ]


def _selling(company: Company, period: Period) -> list[Spend]:
    departments = company.policy["cac"]["departments"]
    return [
        row for row in company.spend if row.spend_date in period and row.department in departments
    ]


def _cost(company: Company, rows: list[Spend]) -> Fraction:
    return total(company.at_spot(row.amount, row.currency, row.spend_date) for row in rows)


def won(company: Company, period: Period) -> list[Opportunity]:
    """Won and not a renewal, by close date."""
    return [
        opportunity
        for opportunity in company.opportunities
        if not opportunity.is_deleted
        and opportunity.is_won
        and opportunity.opportunity_type != "renewal"
        and opportunity.created_at < company.calendar.as_of
        and opportunity.close_date in period
    ]


def value(company: Company, opportunities: list[Opportunity]) -> Fraction:
    """At the rate of the close date; an amount that is not known adds nothing."""
    return total(
        company.at_spot(found.amount, found.currency, found.close_date)
        for found in opportunities
        if found.amount is not None and found.currency and found.close_date
    )


def first_entered(company: Company, stage: str, period: Period) -> list[Person]:
    """Persons whose first entry into a stage falls in a period."""
    firsts = {}
    for row in sorted(company.person_stages, key=lambda row: row.entered_at, reverse=True):
        if row.stage == stage and row.entered_at < company.calendar.as_of:
            firsts[row.person_id] = company.calendar.date_of(row.entered_at)
    return [
        person
        for person in company.people
        if not person.is_deleted and firsts.get(person.person_id) in period
    ]


def _acquisition(company: Company, mrr: Mrr) -> Iterator[Record]:
    window = company.calendar.window
    dims = {"period": window.label}
    new = count_of(mrr, "new", window)
    media = [row for row in _selling(company, window) if row.cost_type == "media"]
    yield Record("new_customers", dims, str(new))
    yield Record("marketing_cost", dims, company.money_text(marketing(company, window)))
    only = share(marketing(company, window), new)
    yield Record("cac_marketing_only", dims, ratio_text(only))
    yield Record("cac_media_only", dims, ratio_text(share(_cost(company, media), new)))
    for period in periods(company):
        cost = company.money_text(sales_and_marketing(company, period))
        yield Record("sales_and_marketing_cost", {"period": period.label}, cost)
    by_label = {period.label: period for period in [window, *company.calendar.months]}
    for label, period in by_label.items():
        cac = ratio_text(_cac(company, mrr, period))
        yield Record("cac_fully_loaded", {"period": label}, cac)
    for prior, quarter in later_quarters(company):
        margin = new_mrr(mrr, quarter) * Fraction(company.policy["gross_margin"])
        for lag, spent_in in {"prior_quarter": prior, "none": quarter}.items():
            months = share(sales_and_marketing(company, spent_in), margin)
            dims = {"period": quarter.label, "lag": lag}
            yield Record("cac_payback_months", dims, ratio_text(months))


def _cac(company: Company, mrr: Mrr, period: Period) -> Fraction | None:
    return share(sales_and_marketing(company, period), count_of(mrr, "new", period))


def _lifetime(company: Company, mrr: Mrr) -> Iterator[Record]:
    window, last = company.calendar.window, company.calendar.months[-1].label
    dims = {"period": window.label}
    arpa = share(total(mrr.spot[a, last] for a in mrr.accounts), len(mrr.on(last)))
    yield Record("arpa", {"month": last}, ratio_text(arpa))
    churn, longest = pooled_churn(mrr), Fraction(company.policy["ltv_max_months"])
    margin = None if arpa is None else arpa * Fraction(company.policy["gross_margin"])
    ltv = None if margin is None or not churn else margin / churn
    yield Record("ltv", dims, ratio_text(ltv))
    capped = None
    if margin is not None and churn is not None:
        capped = margin * (min(1 / churn, longest) if churn else longest)
    yield Record("ltv_capped", dims, ratio_text(capped))
    cac = _cac(company, mrr, window)
    over = None if ltv is None or cac is None else share(ltv, cac)
    yield Record("ltv_to_cac", dims, ratio_text(over))


def _efficiency(company: Company) -> Iterator[Record]:
    window = company.calendar.window
    dims = {"period": window.label}
    cost, deals = marketing(company, window), won(company, window)
    new = value(company, [deal for deal in deals if deal.opportunity_type in _STREAMS["new"]])
    yield Record("new_revenue_closed_won", dims, company.money_text(new))
    yield Record("mer_seed_cost_over_new_revenue", dims, ratio_text(share(cost, new)))
    revenue = invoiced(company, window)
    yield Record("mer_industry_revenue_over_cost", dims, ratio_text(share(revenue, cost)))
    yield Record("amer_new_revenue_over_cost", dims, ratio_text(share(new, cost)))
    gtm = share(sales_and_marketing(company, window), value(company, deals))
    yield Record("gtm_cost_ratio", dims, ratio_text(gtm))
    for stream, types in _STREAMS.items():
        amount = value(company, [deal for deal in deals if deal.opportunity_type in types])
        of_all = ratio_text(share(amount, value(company, deals)))
        yield Record("closed_won_stream_share", {**dims, "stream": stream}, of_all)
    quarters = {quarter.label for quarter in company.calendar.quarters}
    carriers = {q.owner_id for q in company.quotas if q.amount > 0 and q.period in quarters}
    theirs = value(company, [deal for deal in deals if deal.owner_id in carriers])
    per_rep = ratio_text(share(theirs, len(carriers)))
    yield Record("closed_won_per_quota_carrying_rep", dims, per_rep)


def _channels(company: Company) -> Iterator[Record]:
    window = company.calendar.window
    dims = {"period": window.label}
    spent = channel_spend(company, window)
    leads = [person.lead_channel for person in first_entered(company, "LEAD", window)]
    mqls = [person.lead_channel for person in first_entered(company, "MQL", window)]
    known = {*company.policy["marketing_channels"], *leads, *mqls, *(row.channel for row in spent)}
    for channel in sorted(channel for channel in known if channel is not None):
        cost = _cost(company, [row for row in spent if row.channel == channel])
        named = {**dims, "channel": channel}
        yield Record("channel_spend", named, company.money_text(cost))
        yield Record("channel_leads", named, str(leads.count(channel)))
        yield Record("channel_mqls", named, str(mqls.count(channel)))
        yield Record("cpl", named, ratio_text(share(cost, leads.count(channel))))
        yield Record("cpmql", named, ratio_text(share(cost, mqls.count(channel))))
    cost = _cost(company, spent)
    every = {**dims, "channel": ALL_CHANNELS}
    yield Record("cpl", every, ratio_text(share(cost, len(leads))))
    yield Record("cpmql", every, ratio_text(share(cost, len(mqls))))
    created = [
        opportunity
        for opportunity in company.opportunities
        if not opportunity.is_deleted
        and opportunity.opportunity_type != "renewal"
        and opportunity.created_at < company.calendar.as_of
        and company.calendar.date_of(opportunity.created_at) in window
    ]
    yield Record("cost_per_opportunity", dims, ratio_text(share(cost, len(created))))
    of_won = share(cost, len(won(company, window)))
    yield Record("cost_per_won_opportunity", dims, ratio_text(of_won))
