"""A company: its 26 tables as typed rows, its policy, and money by its rules."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, get_args, get_type_hints

from tests.metrics.oracle.calendar import Calendar, rounded, text

Row = TypeVar("Row")


class Record(NamedTuple):
    metric: str
    dims: dict[str, str]
    value: str | None


@dataclass(frozen=True)
class Account:
    account_id: str
    account_name: str | None
    domain: str | None
    country: str | None
    industry: str | None
    employee_count: int | None
    segment: str | None
    billing_currency: str | None
    owner_id: str | None
    is_target_account: bool | None
    created_at: datetime | None


@dataclass(frozen=True)
class Owner:
    owner_id: str
    owner_name: str | None
    team: str | None
    manager_id: str | None
    is_active: bool | None
    last_login_at: datetime | None


@dataclass(frozen=True)
class Person:
    person_id: str
    account_id: str | None
    full_name: str | None
    email: str | None
    title: str | None
    department: str | None
    seniority: str | None
    country: str | None
    lead_channel: str | None
    created_at: datetime | None
    is_deleted: bool


@dataclass(frozen=True)
class PersonStage:
    person_id: str
    stage: str
    entered_at: datetime


@dataclass(frozen=True)
class Opportunity:
    opportunity_id: str
    account_id: str | None
    owner_id: str | None
    opportunity_name: str | None
    opportunity_type: str
    currency: str | None
    amount: Fraction | None
    renewal_base_currency: str | None
    renewal_base_amount: Fraction | None
    renewal_due_date: date | None
    created_at: datetime
    close_date: date | None
    stage: str
    is_closed: bool
    is_won: bool
    probability_pct: int | None
    forecast_category: str | None
    lost_reason: str | None
    next_step: str | None
    is_deleted: bool


@dataclass(frozen=True)
class OpportunityStage:
    opportunity_id: str
    seq: int
    stage: str
    amount: Fraction | None
    probability_pct: int | None
    close_date: date | None
    forecast_category: str | None
    entered_at: datetime


@dataclass(frozen=True)
class OpportunityContactRole:
    opportunity_id: str
    person_id: str
    is_primary: bool


@dataclass(frozen=True)
class SubscriptionItem:
    item_version_id: str
    subscription_id: str
    account_id: str
    product_id: str
    status: str
    currency: str
    unit_amount: Fraction
    quantity: int
    billing_interval: str
    interval_count: int
    discount_pct: Fraction
    discount_kind: str
    usage_type: str
    valid_from: datetime
    valid_to: datetime | None
    change_reason: str | None


@dataclass(frozen=True)
class FxRate:
    rate_type: str
    from_currency: str
    to_currency: str
    rate_date: date
    rate: Fraction


@dataclass(frozen=True)
class Invoice:
    invoice_id: str
    document_type: str
    account_id: str | None
    currency: str
    status: str
    issued_at: datetime
    tax: Fraction | None


@dataclass(frozen=True)
class InvoiceLine:
    invoice_line_id: str
    invoice_id: str
    line_type: str
    amount: Fraction
    period_start: date | None
    period_end: date | None


@dataclass(frozen=True)
class Spend:
    spend_id: str
    spend_date: date
    department: str
    cost_type: str
    channel: str | None
    campaign_id: str | None
    currency: str
    amount: Fraction


@dataclass(frozen=True)
class CampaignStat:
    campaign_id: str
    stat_date: date
    channel: str | None
    impressions: int | None
    clicks: int | None
    sends: int | None
    delivered: int | None
    unique_opens: int | None
    unique_clicks: int | None
    conversions: int | None


@dataclass(frozen=True)
class Touch:
    touch_id: str
    person_id: str | None
    account_id: str | None
    occurred_at: datetime
    channel: str | None
    campaign_id: str | None
    touch_type: str
    is_marketing: bool


@dataclass(frozen=True)
class Activity:
    activity_id: str
    activity_type: str
    direction: str
    person_id: str | None
    account_id: str | None
    opportunity_id: str | None
    owner_id: str | None
    occurred_at: datetime


@dataclass(frozen=True)
class Ticket:
    ticket_id: str
    account_id: str | None
    requester_person_id: str | None
    schedule_id: str | None
    created_at: datetime
    created_by: str
    priority: str | None
    current_status: str
    merged_into_ticket_id: str | None
    is_deleted: bool


@dataclass(frozen=True)
class TicketStatus:
    ticket_id: str
    status: str
    entered_at: datetime


@dataclass(frozen=True)
class TicketComment:
    comment_id: str
    ticket_id: str
    author_role: str
    is_public: bool
    created_at: datetime


@dataclass(frozen=True)
class CsatResponse:
    response_id: str
    ticket_id: str
    person_id: str | None
    score: int
    responded_at: datetime


@dataclass(frozen=True)
class NpsResponse:
    response_id: str
    person_id: str
    account_id: str | None
    score: int
    responded_at: datetime


@dataclass(frozen=True)
class Quota:
    owner_id: str
    period: str
    currency: str
    amount: Fraction


@dataclass(frozen=True)
class ForecastSnapshot:
    snapshot_date: date
    period: str
    owner_id: str
    currency: str
    amount: Fraction


@dataclass(frozen=True)
class ProductUsage:
    account_id: str
    usage_month: str
    licensed_seats: int | None
    active_users: int | None


@dataclass(frozen=True)
class WebSession:
    session_id: str
    person_id: str | None
    account_id: str | None
    started_at: datetime
    channel: str | None
    page_views: int
    engagement_seconds: int
    key_events: int


@dataclass(frozen=True)
class BusinessSchedule:
    schedule_id: str
    timezone: str
    weekday: int
    open_time: str
    close_time: str


@dataclass(frozen=True)
class Holiday:
    schedule_id: str
    holiday_date: date
    holiday_name: str | None


TABLES: dict[str, type] = {
    "account": Account,
    "owner": Owner,
    "person": Person,
    "person_stage_history": PersonStage,
    "opportunity": Opportunity,
    "opportunity_stage_history": OpportunityStage,
    "opportunity_contact_role": OpportunityContactRole,
    "subscription_item": SubscriptionItem,
    "fx_rate": FxRate,
    "invoice": Invoice,
    "invoice_line": InvoiceLine,
    "spend": Spend,
    "campaign_stat": CampaignStat,
    "touch": Touch,
    "activity": Activity,
    "ticket": Ticket,
    "ticket_status_history": TicketStatus,
    "ticket_comment": TicketComment,
    "csat_response": CsatResponse,
    "nps_response": NpsResponse,
    "quota": Quota,
    "forecast_snapshot": ForecastSnapshot,
    "product_usage": ProductUsage,
    "web_session": WebSession,
    "business_schedule": BusinessSchedule,
    "holiday": Holiday,
}

_PLACES = {"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "OMR": 3, "TND": 3} | dict.fromkeys(
    ("CLP", "ISK", "JPY", "KRW", "VND", "XAF", "XOF"), 0
)
_READ: dict[type, Callable[[str], Any]] = {
    str: str,
    int: int,
    Fraction: Fraction,
    bool: lambda word: {"true": True, "false": False}[word.lower()],
    date: date.fromisoformat,
    datetime: lambda word: datetime.fromisoformat(word).astimezone(UTC),
}


class Company:
    """A folder's tables and policy."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.policy: dict[str, Any] = json.loads(
            (folder / "policy.json").read_text(encoding="utf-8")
        )
        self.calendar = Calendar(self.policy)
        self.accounts = _rows(folder, Account)
        self.owners = _rows(folder, Owner)
        self.people = _rows(folder, Person)
        self.person_stages = _rows(folder, PersonStage)
        self.opportunities = _rows(folder, Opportunity)
        self.opportunity_stages = _rows(folder, OpportunityStage)
        self.contact_roles = _rows(folder, OpportunityContactRole)
        self.subscription_items = _rows(folder, SubscriptionItem)
        self.fx_rates = _rows(folder, FxRate)
        self.invoices = _rows(folder, Invoice)
        self.invoice_lines = _rows(folder, InvoiceLine)
        self.spend = _rows(folder, Spend)
        self.campaign_stats = _rows(folder, CampaignStat)
        self.touches = _rows(folder, Touch)
        self.activities = _rows(folder, Activity)
        self.tickets = _rows(folder, Ticket)
        self.ticket_statuses = _rows(folder, TicketStatus)
        self.ticket_comments = _rows(folder, TicketComment)
        self.csat_responses = _rows(folder, CsatResponse)
        self.nps_responses = _rows(folder, NpsResponse)
        self.quotas = _rows(folder, Quota)
        self.forecast_snapshots = _rows(folder, ForecastSnapshot)
        self.product_usage = _rows(folder, ProductUsage)
        self.web_sessions = _rows(folder, WebSession)
        self.business_schedules = _rows(folder, BusinessSchedule)
        self.holidays = _rows(folder, Holiday)

    @property
    def currency(self) -> str:
        return str(self.policy["reporting_currency"])

    def places(self, currency: str | None = None) -> int:
        """Decimal places of a currency, of the reporting one if none is named."""
        named = currency or self.currency
        return int(self.policy["currency_minor_units"].get(named, _PLACES.get(named, 2)))

    def spot(self, currency: str, day: date) -> Fraction:
        """The latest rate on or before a day."""
        return self._rate("spot", currency, day)

    def plan(self, currency: str) -> Fraction:
        """The plan rate in force as of now, for every day: so it moves nothing."""
        return self._rate("plan", currency, self.calendar.as_of_date)

    def money(self, amount: Fraction) -> Fraction:
        return rounded(amount, self.places())

    def at_spot(self, amount: Fraction, currency: str, day: date) -> Fraction:
        """An amount in the reporting currency, rounded once."""
        return self.money(amount * self.spot(currency, day))

    def at_plan(self, amount: Fraction, currency: str) -> Fraction:
        return self.money(amount * self.plan(currency))

    def money_text(self, amount: Fraction | int | None) -> str | None:
        return None if amount is None else text(Fraction(amount), self.places())

    def _rate(self, rate_type: str, currency: str, day: date) -> Fraction:
        if currency == self.currency:
            return Fraction(1)
        known = [
            (rate.rate_date, rate.rate)
            for rate in self.fx_rates
            if rate.rate_type == rate_type
            and rate.from_currency == currency
            and rate.to_currency == self.currency
            and rate.rate_date <= day
        ]
        if not known:
            raise LookupError(f"no {rate_type} rate of {currency} on {day}")
        return max(known)[1]


def share(part: Fraction | int, whole: Fraction | int) -> Fraction | None:
    """A ratio; undefined without a denominator."""
    return Fraction(part) / Fraction(whole) if whole else None


def ratio_text(value: Fraction | None) -> str | None:
    return None if value is None else text(value, 10)


def total(amounts: Iterable[Fraction]) -> Fraction:
    return sum(amounts, Fraction(0))


def _rows(folder: Path, row: type[Row]) -> list[Row]:
    """A table; one that is not there has no rows."""
    name = next(name for name, kind in TABLES.items() if kind is row)
    path = folder / f"{name}.csv"
    if not path.exists():
        return []
    hints = get_type_hints(row)
    kinds = {
        field.name: next(iter(get_args(hints[field.name])), hints[field.name])
        for field in fields(row)  # type: ignore[arg-type]
    }
    with path.open(encoding="utf-8", newline="") as file:
        return [
            row(
                **{
                    column: _READ[kind](line[column]) if line.get(column) else None
                    for column, kind in kinds.items()
                }
            )
            for line in csv.DictReader(file)
        ]
