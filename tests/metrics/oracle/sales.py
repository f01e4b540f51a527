"""Won and lost, how long it took, how fast it flows: win_rate, cycle, velocity, renewal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction

from tests.metrics.oracle.company import Company, Opportunity, Record, ratio_text, share, total
from tests.metrics.oracle.deals import (
    NEW_BUSINESS,
    RENEWAL,
    Deals,
    days,
    known,
    mean,
    median,
    report_periods,
)


def records(company: Company) -> Iterator[Record]:
    deals = Deals(company)
    yield from _won_and_lost(company, deals)
    yield from _created(company, deals)
    yield from _cycles(company, deals)
    yield from _velocity(company, deals)
    yield from _renewals(company, deals)


def _won_and_lost(company: Company, deals: Deals) -> Iterator[Record]:
    for period in report_periods(company):
        dims = {"period": period.label}
        closed = [deal for deal in deals.sales if deal.is_closed and deal.close_date in period]
        won = [deal for deal in closed if deal.is_won]
        lost = len(closed) - len(won)
        worth = deals.worth(won)
        yield Record("opps_won", dims, str(len(won)))
        yield Record("opps_lost", dims, str(lost))
        yield Record("win_rate_count", dims, ratio_text(share(len(won), len(closed))))
        yield Record("win_rate_value", dims, ratio_text(share(worth, deals.worth(closed))))
        yield Record("win_loss_ratio", dims, ratio_text(share(len(won), lost)))
        yield Record("closed_won_amount", dims, company.money_text(worth))


def _created(company: Company, deals: Deals) -> Iterator[Record]:
    calendar = company.calendar
    dims = {"period": calendar.window.label}
    created = [deal for deal in deals.sales if calendar.date_of(deal.created_at) in calendar.window]
    won = [deal for deal in created if deal.is_won]
    yield Record("opps_created", dims, str(len(created)))
    yield Record("close_rate_created_cohort", dims, ratio_text(share(len(won), len(created))))


def _closed_in_window(company: Company, deals: Deals) -> list[Opportunity]:
    window = company.calendar.window
    return [deal for deal in deals.sales if deal.is_closed and deal.close_date in window]


def _days_to_win(deals: Deals, closed: list[Opportunity]) -> list[Fraction]:
    return [
        days(at - deal.created_at)
        for deal in closed
        if deal.is_won and (at := deals.last_run_began(deal))
    ]


def _cycles(company: Company, deals: Deals) -> Iterator[Record]:
    dims = {"period": company.calendar.window.label}
    closed = _closed_in_window(company, deals)
    to_close = [days(at - deal.created_at) for deal in closed if (at := deals.last_run_began(deal))]
    to_win = _days_to_win(deals, closed)
    since_lead, since_contact = [], []
    for deal in closed:
        won_at = deals.last_run_began(deal)
        if not deal.is_won or deal.opportunity_type != NEW_BUSINESS or won_at is None:
            continue
        lead = _primary_lead(company, deal)
        if lead:
            since_lead.append(days(won_at - lead))
        contacts = [at for at in [*_contacts(company, deal), lead] if at and at <= won_at]
        if contacts:
            since_contact.append(days(won_at - min(contacts)))
    for metric, value in {
        "sales_cycle_first_contact_to_won_days_mean": mean(since_contact),
        "lead_time_to_close_days_mean": mean(since_lead),
        "sales_cycle_opp_created_to_won_days_mean": mean(to_win),
        "sales_cycle_opp_created_to_won_days_median": median(to_win),
        "time_to_close_won_or_lost_days_mean": mean(to_close),
    }.items():
        yield Record(metric, dims, ratio_text(value))


def _primary_lead(company: Company, deal: Opportunity) -> datetime | None:
    """When its primary contact became known."""
    roles = sorted(
        role.person_id
        for role in company.contact_roles
        if role.opportunity_id == deal.opportunity_id and role.is_primary
    )
    return next(
        (
            person.created_at
            for role in roles
            for person in company.people
            if person.person_id == role
            and not person.is_deleted
            and person.created_at
            and person.created_at < company.calendar.as_of
        ),
        None,
    )


def _contacts(company: Company, deal: Opportunity) -> Iterator[datetime]:
    """Every touch of its account, and every time that one of its people became known."""
    erased = {person.person_id for person in company.people if person.is_deleted}
    for touch in company.touches:
        if touch.account_id == deal.account_id and touch.person_id not in erased:
            yield touch.occurred_at
    for person in company.people:
        if person.account_id == deal.account_id and not person.is_deleted and person.created_at:
            yield person.created_at


def _velocity(company: Company, deals: Deals) -> Iterator[Record]:
    dims = {"period": company.calendar.window.label}
    closed = _closed_in_window(company, deals)
    won = [deal for deal in closed if deal.is_won]
    values = [value for deal in won if (value := deals.spot(deal, deal.close_date)) is not None]
    average, rate, cycle = mean(values), share(len(won), len(closed)), _days_to_win(deals, closed)
    velocity = None
    if average is not None and rate is not None and cycle:
        velocity = share(len(deals.pipeline) * rate * average * len(cycle), total(cycle))
    yield Record("pipeline_velocity_usd_per_day", dims, ratio_text(velocity))
    yield Record("average_deal_value", dims, company.money_text(average))


def _renewals(company: Company, deals: Deals) -> Iterator[Record]:
    dims = {"period": company.calendar.window.label}
    due = [
        deal
        for deal in deals.all
        if deal.opportunity_type == RENEWAL
        and deal.is_closed
        and deal.renewal_due_date in company.calendar.window
    ]
    won = [deal for deal in due if deal.is_won]
    bases, kept, renewed = [], [], []
    for deal in due:
        base = deals.plan(deal.renewal_base_amount, deal.renewal_base_currency or deal.currency)
        new = deals.plan(deal.amount, deal.currency) if deal.is_won else Fraction(0)
        if base is None or new is None:
            continue
        bases.append(base)
        kept.append(min(new, base))
        renewed.append(new)
    base = known(bases)
    yield Record("renewal_rate_count", dims, ratio_text(share(len(won), len(due))))
    yield Record("renewal_rate_gross_value", dims, ratio_text(share(known(kept), base)))
    yield Record("renewal_rate_net_value", dims, ratio_text(share(known(renewed), base)))
