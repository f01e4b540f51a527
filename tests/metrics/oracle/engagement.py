"""Visitors, campaigns, target accounts, and how whole the data is: web, campaign, abm, dq."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from fractions import Fraction

from tests.metrics.oracle.company import CampaignStat, Company, Person, Record, ratio_text, share
from tests.metrics.oracle.deals import Deals
from tests.metrics.oracle.people import MQL, erased, living, stage_entries

RATES = {
    "ctr": ("clicks", "impressions"),
    "open_rate": ("unique_opens", "delivered"),
    "click_to_delivered_rate": ("unique_clicks", "delivered"),
    "click_to_open_rate": ("unique_clicks", "unique_opens"),
    "delivery_rate": ("delivered", "sends"),
    "conversion_rate_per_click": ("conversions", "clicks"),
}


def records(company: Company) -> Iterator[Record]:
    yield from _web(company)
    yield from _campaigns(company)
    yield from _target_accounts(company)
    yield from _completeness(company)


def _today(company: Company) -> dict[str, str]:
    return {"as_of": company.calendar.as_of_date.isoformat()}


def _within(company: Company, at: datetime | None, days: int) -> bool:
    """In the last so many days of 24 hours."""
    as_of = company.calendar.as_of
    return at is not None and as_of - timedelta(days=days) <= at < as_of


def _web(company: Company) -> Iterator[Record]:
    calendar = company.calendar
    dims = {"period": calendar.window.label}
    sessions = [
        session
        for session in company.web_sessions
        if session.started_at < calendar.as_of
        and calendar.date_of(session.started_at) in calendar.window
    ]
    least = company.policy["engaged_session"]
    engaged = [
        session
        for session in sessions
        if session.engagement_seconds > least["seconds"]
        or session.page_views >= least["page_views"]
        or session.key_events >= least["key_events"]
    ]
    of_people = [session for session in sessions if session.person_id]
    of_accounts = [session for session in sessions if session.account_id]
    yield Record("website_sessions", dims, str(len(sessions)))
    yield Record("engaged_sessions", dims, str(len(engaged)))
    for metric, part in {
        "engagement_rate": engaged,
        "web_session_person_link_rate": of_people,
        "web_session_account_link_rate": of_accounts,
    }.items():
        yield Record(metric, dims, ratio_text(share(len(part), len(sessions))))


def _sum(rows: list[CampaignStat], column: str) -> int | None:
    """Unknown only where no day knows it."""
    known = [value for row in rows if (value := getattr(row, column)) is not None]
    return sum(known) if known else None


def _campaigns(company: Company) -> Iterator[Record]:
    calendar = company.calendar
    stats = [
        row
        for row in company.campaign_stats
        if row.stat_date in calendar.window and row.stat_date <= calendar.as_of_date
    ]
    for campaign in sorted({row.campaign_id for row in stats}):
        rows = [row for row in stats if row.campaign_id == campaign]
        for metric, (part, whole) in RATES.items():
            counted, base = _sum(rows, part), _sum(rows, whole)
            rate = share(counted, base) if counted is not None and base else None
            yield Record(metric, {"campaign_id": campaign}, ratio_text(rate))


def _engaged(company: Company) -> set[str | None]:
    """Accounts that marketing touched, and that did not only turn away."""
    gone = erased(company)
    turned_away = company.policy["attribution"]["exclude_touch_types"]
    return {
        touch.account_id
        for touch in company.touches
        if touch.is_marketing
        and touch.touch_type not in turned_away
        and touch.person_id not in gone
        and _within(company, touch.occurred_at, 90)
    }


def customers_now(company: Company) -> set[str | None]:
    """Accounts that pay something as of now."""
    as_of, rules = company.calendar.as_of, company.policy["mrr"]
    lasting = rules["discounts_reducing_contract_mrr"]
    inclusive = rules["month_end_inclusive_of_expiring"]
    customers: set[str | None] = set()
    for item in company.subscription_items:
        ends = item.valid_to
        runs = ends is None or ends > as_of or (inclusive and ends == as_of)
        discount = item.discount_pct if item.discount_kind in lasting else Fraction(0)
        if (
            item.valid_from < as_of
            and runs
            and item.status in rules["statuses_counted"]
            and item.usage_type not in rules["exclude_usage_types"]
            and item.unit_amount * item.quantity * (100 - discount) > 0
        ):
            customers.add(item.account_id)
    return customers


def _target_accounts(company: Company) -> Iterator[Record]:
    dims = _today(company)
    targets = {
        account.account_id
        for account in company.accounts
        if account.is_target_account
        and (account.created_at is None or account.created_at < company.calendar.as_of)
    }
    yield Record("abm_target_accounts", dims, str(len(targets)))
    groups: dict[str, set[str | None]] = {
        "abm_engaged_90d_rate": _engaged(company),
        "abm_open_pipeline_rate": {deal.account_id for deal in Deals(company).pipeline},
        "abm_customer_rate": customers_now(company),
    }
    for metric, accounts in groups.items():
        yield Record(metric, dims, ratio_text(share(len(targets & accounts), len(targets))))


def _completeness(company: Company) -> Iterator[Record]:
    dims = _today(company)
    deals = Deals(company)
    with_role = {role.opportunity_id for role in company.contact_roles}
    without_role = [deal for deal in deals.all if deal.opportunity_id not in with_role]
    priced = [deal for deal in deals.open if deal.amount is not None]
    planned = [deal for deal in deals.open if deal.next_step]
    people = living(company)
    linked = [person for person in people if person.account_id]
    users = [owner for owner in company.owners if owner.is_active]
    recent = [owner for owner in users if _within(company, owner.last_login_at, 14)]
    cells = [cell for person in _new_mqls(company) for cell in _deciding(company, person)]
    filled = [cell for cell in cells if cell is not None]
    yield Record("dq_opps_without_contact_role", dims, str(len(without_role)))
    for metric, part, whole in (
        ("dq_open_opp_amount_completeness", priced, deals.open),
        ("dq_open_opp_next_step_completeness", planned, deals.open),
        ("dq_person_account_link_rate", linked, people),
        ("crm_adoption_active_users_14d", recent, users),
        ("mql_information_completeness", filled, cells),
    ):
        yield Record(metric, dims, ratio_text(share(len(part), len(whole))))


def _new_mqls(company: Company) -> list[Person]:
    calendar, entries = company.calendar, stage_entries(company)
    firsts = {
        person: next((row.entered_at for row in rows if row.stage == MQL), None)
        for person, rows in entries.items()
    }
    return [
        person
        for person in living(company)
        if (at := firsts.get(person.person_id)) and calendar.date_of(at) in calendar.window
    ]


def _deciding(company: Company, person: Person) -> list[str | int | None]:
    """What must be known to tell an MQL and can be missing."""
    account = next((a for a in company.accounts if a.account_id == person.account_id), None)
    return [
        account.industry if account else None,
        account.employee_count if account else None,
        person.department,
        person.seniority,
    ]
