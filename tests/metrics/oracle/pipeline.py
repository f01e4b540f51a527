"""What is open, now and as it then was, and what quota it covers: pipeline_value, coverage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from tests.metrics.oracle.calendar import Period
from tests.metrics.oracle.company import Company, Opportunity, Record, ratio_text, share
from tests.metrics.oracle.deals import RENEWAL, Deals, known, stage_order


@dataclass(frozen=True)
class Then:
    """A deal as it was recorded at an earlier instant."""

    deal: Opportunity
    stage: str
    amount: Fraction | None
    close_date: date | None
    forecast_category: str | None


def records(company: Company) -> Iterator[Record]:
    deals = Deals(company)
    yield from _now(company, deals)
    yield from _coverage_now(company, deals)
    yield from _then(company, deals)


def _now(company: Company, deals: Deals) -> Iterator[Record]:
    today = company.calendar.as_of_date
    dims = {"as_of": today.isoformat()}
    value = known(deals.spot(deal, today) for deal in deals.pipeline)
    weighted = known(_weighted(company, deals, deal) for deal in deals.pipeline)
    unknown = [deal for deal in deals.pipeline if deal.amount is None]
    overdue = [deal for deal in deals.pipeline if deal.close_date and deal.close_date < today]
    yield Record("pipeline_value", dims, company.money_text(value))
    yield Record("pipeline_value_weighted", dims, company.money_text(weighted))
    yield Record("pipeline_count", dims, str(len(deals.pipeline)))
    yield Record("pipeline_null_amount_count", dims, str(len(unknown)))
    yield Record("pipeline_overdue_close_date_count", dims, str(len(overdue)))


def _weighted(company: Company, deals: Deals, deal: Opportunity) -> Fraction | None:
    """Rounded once, after the probability."""
    today = company.calendar.as_of_date
    if deals.spot(deal, today) is None or deal.probability_pct is None:
        return None
    assert deal.amount is not None
    assert deal.currency is not None
    exact = deal.amount * company.spot(deal.currency, today) * deal.probability_pct / 100
    return company.money(exact)


def _quota(company: Company, deals: Deals, period: Period, owner_id: str | None) -> Fraction | None:
    """Of the company or of one owner; None where nobody set one."""
    rows = [
        quota
        for quota in company.quotas
        if quota.period == period.label and (owner_id is None or quota.owner_id == owner_id)
    ]
    return known(deals.plan(row.amount, row.currency) for row in rows) if rows else None


def _remaining(quota: Fraction | None, won: Fraction) -> Fraction | None:
    return None if quota is None else quota - won


def _covered(pipeline: Fraction, quota: Fraction | None) -> str | None:
    return ratio_text(share(pipeline, quota)) if quota and quota > 0 else None


def _coverage_now(company: Company, deals: Deals) -> Iterator[Record]:
    calendar = company.calendar
    target = calendar.quarter_of(calendar.date_of(calendar.as_of))
    dims = {"target_period": target.label, "as_of": calendar.as_of_date.isoformat()}
    for owner_id in [None, *(owner.owner_id for owner in company.owners)]:
        pipeline = known(
            deals.plan(deal.amount, deal.currency)
            for deal in deals.pipeline
            if deal.close_date in target and (owner_id is None or deal.owner_id == owner_id)
        )
        quota = _quota(company, deals, target, owner_id)
        remaining = _remaining(quota, deals.credit(target, owner_id))
        owned = {} if owner_id is None else {"owner_id": owner_id}
        yield Record("pipeline_coverage", dims | owned, _covered(pipeline, remaining))


def _snapshot(company: Company) -> tuple[date, list[str]] | None:
    """The latest forecast call, and the quarters that it spoke of."""
    today = company.calendar.as_of_date
    held = [row for row in company.forecast_snapshots if row.snapshot_date <= today]
    if not held:
        return None
    day = max(row.snapshot_date for row in held)
    return day, sorted({row.period for row in held if row.snapshot_date == day})


def _state(company: Company, deals: Deals, day: date) -> list[Then]:
    """Every deal as it was recorded when a business day ended."""
    end = min(company.calendar.start_of(day + timedelta(days=1)), company.calendar.as_of)
    state = []
    for deal in deals.all:
        rows = [row for row in deals.history(deal) if row.entered_at < end]
        if rows:
            row = rows[-1]
            state.append(Then(deal, row.stage, row.amount, row.close_date, row.forecast_category))
    return state


def _open(company: Company, state: Iterable[Then]) -> list[Then]:
    stages = stage_order(company)[:-1]
    excluded = company.policy["pipeline_excludes_forecast"]
    return [
        then
        for then in state
        if then.stage in stages
        and then.forecast_category not in excluded
        and then.deal.opportunity_type != RENEWAL
    ]


def _then(company: Company, deals: Deals) -> Iterator[Record]:
    snapshot = _snapshot(company)
    if snapshot is None:
        return
    day, targets = snapshot
    state = _state(company, deals, day)
    pipeline = _open(company, state)
    dims = {"as_of": day.isoformat()}
    value = known(_at_spot(company, then, day) for then in pipeline)
    yield Record("pipeline_value_point_in_time", dims, company.money_text(value))
    won_stages = stage_order(company)[-1:]
    not_credited = company.policy["quota_excludes_types"]
    for label in targets:
        target = company.calendar.quarter_named(label)
        dims = {"as_of": day.isoformat(), "target_period": label}
        due = known(
            deals.plan(then.amount, then.deal.currency)
            for then in pipeline
            if then.close_date in target
        )
        won = known(
            deals.plan(then.amount, then.deal.currency)
            for then in state
            if then.stage in won_stages
            and then.close_date in target
            and then.deal.opportunity_type not in not_credited
        )
        quota = _quota(company, deals, target, None)
        remaining = _remaining(quota, won)
        yield Record("pipeline_value_point_in_time_plan_rate", dims, company.money_text(due))
        yield Record("pipeline_coverage", dims, _covered(due, remaining))
        yield Record("pipeline_coverage_of_total_quota", dims, _covered(due, quota))
        yield Record("remaining_quota", dims, company.money_text(remaining))


def _at_spot(company: Company, then: Then, day: date) -> Fraction | None:
    if then.amount is None or then.deal.currency is None:
        return None
    try:
        return company.at_spot(then.amount, then.deal.currency, day)
    except LookupError:
        return None
