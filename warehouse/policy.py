"""The company's choices where definitions compete: one validated document, shown to SQL as tables.

`dbt_project/policy.yml` is the company's own; the models under `dbt_project/models/policy` show it
as tables of the schema `policy`, so that changing it changes numbers and no model.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, Field, model_validator

from warehouse.documents import Document

# Decimal places of currencies that do not have two (ISO 4217).
_MINOR_UNITS = {
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
    **dict.fromkeys(
        (
            *("BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF", "UGX"),
            *("UYI", "VND", "VUV", "XAF", "XOF", "XPF"),
        ),
        0,
    ),
}
_DEFAULT_MINOR_UNITS = 2

# Without a first month, MRR is known from so many months before the window.
_HISTORY_MONTHS = 120
# Targets lie at most so many quarters ahead.
_QUARTERS_AHEAD = 4
_MONTHS_OF = {"quarter": 3, "half": 6, "year": 12}


def _is_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"{name!r} is no time zone of the IANA database, such as Asia/Tokyo")
    return name


def _fraction(text: object) -> Fraction:
    try:
        return text if isinstance(text, Fraction) else Fraction(str(text))
    except (ValueError, ZeroDivisionError):
        raise ValueError("is a number or a fraction, such as 12 or 52/12") from None


Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Month = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
Share = Annotated[Decimal, Field(ge=0, le=1)]
TimeZone = Annotated[str, AfterValidator(_is_zone)]
Ratio = Annotated[Fraction, BeforeValidator(_fraction)]
Scope = Literal["account", "contact_role"]


class Window(Document):
    """The months reported: named, or the last `months` up to the one of the as-of instant."""

    start_month: Month | None = None
    end_month: Month | None = None
    months: int = Field(12, ge=1, le=120)

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if (self.start_month is None) != (self.end_month is None):
            raise ValueError("needs both start_month and end_month, or only months")
        if self.start_month and self.end_month and self.start_month > self.end_month:
            raise ValueError("start_month lies after end_month")
        return self


class Mrr(Document):
    statuses_counted: tuple[str, ...] = ("active", "past_due")
    exclude_usage_types: tuple[str, ...] = ("metered",)
    discounts_reducing_contract_mrr: tuple[str, ...] = ("forever",)
    discounts_reducing_billed_mrr: tuple[str, ...] = ("forever", "finite")
    interval_months: dict[str, Ratio] = Field({"month": Fraction(1), "year": Fraction(12)})
    week_to_month: Ratio = Fraction(52, 12)
    day_to_month: Ratio = Fraction(365, 12)
    month_end_inclusive_of_expiring: bool = Field(
        default=True,
        description="what ends at the very instant of a month end is still in that closing",
    )


class Retention(Document):
    fx: Literal["plan", "spot"] = "plan"


class Revenue(Document):
    statuses_counted: tuple[str, ...] = ("paid", "open")


class Cac(Document):
    departments: tuple[str, ...] = ("marketing", "sales")
    new_logo_basis: Literal["first_month_end_with_mrr"] = "first_month_end_with_mrr"


class EngagedSession(Document):
    """A session counts from more than `seconds`, or from so many views or key events (GA4)."""

    seconds: int = Field(10, ge=0)
    page_views: int = Field(2, ge=1)
    key_events: int = Field(1, ge=1)


class AttributionModel(Document):
    """Shares of the milestones and of the touches between them."""

    FT: Share | None = None
    LC: Share | None = None
    OC: Share | None = None
    CW: Share | None = None
    middle: Share = Decimal(0)
    middle_until: Literal["OC"] | None = None


class Attribution(Document):
    types: tuple[str, ...] = ("new_business", "expansion", "winback")
    lookback_days_before_opp_creation: int = Field(180, ge=0)
    exclude_touch_types: tuple[str, ...] = ("unsubscribed",)
    marketing_only: bool = True
    scope: Scope = "account"
    time_decay_half_life_days: int = Field(30, ge=1)
    after_previous_won: bool = True
    models: dict[str, AttributionModel] = Field({})


class Policy(Document):
    """Every choice; what the document leaves out is as the field's own default says."""

    reporting_currency: Currency = "USD"
    business_timezone: TimeZone = "Asia/Tokyo"
    fiscal_year_start_month: int = Field(1, ge=1, le=12, description="4 where years begin in April")
    as_of: AwareDatetime | None = Field(None, description="exclusive; now if left out")
    window: Window = Window()
    history_start_month: Month | None = Field(
        None, description="the first month end that is looked at; 120 months back if left out"
    )
    currency_minor_units: dict[Currency, Annotated[int, Field(ge=0, le=3)]] = Field({})
    rounding: Literal["HALF_UP"] = Field("HALF_UP", description="half away from zero")
    mrr: Mrr = Mrr()
    retention: Retention = Retention()
    gross_margin: Share = Decimal("0.80")
    ltv_max_months: int = Field(60, ge=1)
    revenue: Revenue = Revenue()
    cac: Cac = Cac()
    channel_cost_types: tuple[str, ...] = ("media", "program", "tools")
    marketing_channels: tuple[str, ...] = (
        *("paid_search", "paid_social", "trade_show", "webinar"),
        *("email", "organic_search", "display"),
    )
    win_rate_excludes_types: tuple[str, ...] = ("renewal",)
    quota_excludes_types: tuple[str, ...] = ("renewal",)
    pipeline_excludes_forecast: tuple[str, ...] = ("Omitted", "Closed")
    stages: dict[str, int] = Field(
        {
            "Discovery": 1,
            "Qualification": 2,
            "Proposal": 3,
            "Negotiation": 4,
            "Closed Won": 5,
            "Closed Lost": 0,
        },
        description="the number of every stage; 0 is lost, the highest is won",
    )
    stall_days: int = Field(30, ge=0)
    sla_schedule: str | None = Field(None, description="a schedule_id; the first one if left out")
    lead_response_sla_business_minutes: int = Field(480, ge=0)
    mql_to_sal_sla_business_minutes: int = Field(1080, ge=0)
    csat_positive_min: int = Field(4, ge=1, le=5)
    nps_window_days: int = Field(180, ge=1)
    engaged_session: EngagedSession = EngagedSession()
    attribution: Attribution = Attribution()

    @property
    def minor_units(self) -> dict[str, int]:
        """Decimal places per currency; of a currency not listed, two."""
        defaults = {self.reporting_currency: _DEFAULT_MINOR_UNITS} | _MINOR_UNITS
        return defaults | self.currency_minor_units

    @property
    def digest(self) -> str:
        """Stands for all that is chosen but the instant of the report."""
        return hashlib.md5(
            self.model_dump_json(exclude={"as_of"}).encode(), usedforsecurity=False
        ).hexdigest()


@dataclass(frozen=True)
class Period:
    """A month, a quarter or the window; its instants are where the business's days are cut."""

    label: str
    first_date: date
    end_date: date
    start_at: datetime
    end_at: datetime
    is_month: bool
    is_quarter: bool
    is_window: bool
    in_window: bool


class Calendar:
    """The periods that a policy reports, seen from one instant."""

    def __init__(self, policy: Policy, now: datetime) -> None:
        self._policy = policy
        self._zone = ZoneInfo(policy.business_timezone)
        self.as_of = (policy.as_of or now).astimezone(UTC)
        # The instant is exclusive: what is reported ends with the day before it, at midnight.
        self.as_of_date = (self.as_of - timedelta(microseconds=1)).astimezone(self._zone).date()
        window = policy.window
        last = _month(window.end_month) if window.end_month else self.as_of_date.replace(day=1)
        self.first_month = (
            _month(window.start_month) if window.start_month else _add(last, 1 - window.months)
        )
        self.end_month = _add(last, 1)
        self.history_start = (
            _month(policy.history_start_month)
            if policy.history_start_month
            else _add(self.first_month, -_HISTORY_MONTHS)
        )

    @property
    def window_label(self) -> str:
        """`2025-H1`, `2025-Q1`, `2025`, `2025-01`, or the first and last month of any other."""
        months = (self.end_month.year - self.first_month.year) * 12 + (
            self.end_month.month - self.first_month.month
        )
        year, offset = self._fiscal(self.first_month)
        if months == 1:
            return f"{self.first_month:%Y-%m}"
        for name, length in _MONTHS_OF.items():
            if months == length and offset % length == 0:
                number = offset // length + 1
                return {
                    "quarter": f"{year}-Q{number}",
                    "half": f"{year}-H{number}",
                    "year": f"{year}",
                }[name]
        return f"{self.first_month:%Y-%m}..{_add(self.end_month, -1):%Y-%m}"

    def periods(self) -> Iterator[Period]:
        """Months since the history's start, the window, and quarters, past and to come."""
        spans: dict[str, tuple[date, date, set[str]]] = {}
        # The history opens with the closing of the month before it.
        for month in _months(_add(self.history_start, -1), self.end_month):
            spans[f"{month:%Y-%m}"] = (month, _add(month, 1), {"month"})
        for quarter in self._quarters():
            year, offset = self._fiscal(quarter)
            spans[f"{year}-Q{offset // 3 + 1}"] = (quarter, _add(quarter, 3), {"quarter"})
        window = (self.first_month, self.end_month)
        kinds = spans.get(self.window_label, (*window, set()))[2]
        spans[self.window_label] = (*window, kinds | {"window"})
        for label, (first, end, kinds) in spans.items():
            yield Period(
                label,
                first,
                end,
                self._midnight(first),
                min(self._midnight(end), self.as_of),
                "month" in kinds,
                "quarter" in kinds,
                "window" in kinds,
                in_window=self.first_month <= first and end <= self.end_month,
            )

    def _quarters(self) -> Iterator[date]:
        """Quotas and forecasts may be older than the history of MRR."""
        start = min(self.history_start, _add(self.first_month, -_HISTORY_MONTHS))
        _, offset = self._fiscal(start)
        ahead = _add(self.as_of_date.replace(day=1), 3 * (_QUARTERS_AHEAD + 1))
        return _months(_add(start, -offset % 3), max(ahead, self.end_month), step=3)

    def _fiscal(self, month: date) -> tuple[int, int]:
        """The year in which the fiscal year of a month begins, and months since then."""
        since = (month.month - self._policy.fiscal_year_start_month) % 12
        return _add(month, -since).year, since

    def _midnight(self, day: date) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=self._zone).astimezone(UTC)


def settings_row(policy: Policy, calendar: Calendar) -> dict[str, Any]:
    """The choices that have one value, as one row."""
    places = policy.minor_units[policy.reporting_currency]
    return {
        "choices": policy.digest,
        "reporting_currency": policy.reporting_currency,
        "reporting_minor_units": places,
        "minor_units_per_unit": 10**places,
        "business_timezone": policy.business_timezone,
        "as_of": calendar.as_of,
        "as_of_date": calendar.as_of_date,
        "window_period": calendar.window_label,
        "window_start_date": calendar.first_month,
        "window_end_date": calendar.end_month,
        "history_start_date": calendar.history_start,
        "month_end_inclusive_of_expiring": policy.mrr.month_end_inclusive_of_expiring,
        "retention_fx": policy.retention.fx,
        "gross_margin": policy.gross_margin,
        "ltv_max_months": policy.ltv_max_months,
        "stall_days": policy.stall_days,
        "sla_schedule": policy.sla_schedule,
        "lead_response_sla_business_minutes": policy.lead_response_sla_business_minutes,
        "mql_to_sal_sla_business_minutes": policy.mql_to_sal_sla_business_minutes,
        "csat_positive_min": policy.csat_positive_min,
        "nps_window_days": policy.nps_window_days,
        "engaged_session_seconds": policy.engaged_session.seconds,
        "engaged_session_page_views": policy.engaged_session.page_views,
        "engaged_session_key_events": policy.engaged_session.key_events,
        "attribution_lookback_days": policy.attribution.lookback_days_before_opp_creation,
        "attribution_marketing_only": policy.attribution.marketing_only,
        "attribution_scope": policy.attribution.scope,
        "attribution_after_previous_won": policy.attribution.after_previous_won,
        "time_decay_half_life_days": policy.attribution.time_decay_half_life_days,
    }


def list_rows(policy: Policy) -> list[dict[str, Any]]:
    """The choices that are lists of words, one row per word."""
    lists = {
        "mrr_statuses": policy.mrr.statuses_counted,
        "mrr_excluded_usage_types": policy.mrr.exclude_usage_types,
        "contract_mrr_discounts": policy.mrr.discounts_reducing_contract_mrr,
        "billed_mrr_discounts": policy.mrr.discounts_reducing_billed_mrr,
        "revenue_statuses": policy.revenue.statuses_counted,
        "cac_departments": policy.cac.departments,
        "channel_cost_types": policy.channel_cost_types,
        "marketing_channels": policy.marketing_channels,
        "win_rate_excluded_types": policy.win_rate_excludes_types,
        "quota_excluded_types": policy.quota_excludes_types,
        "pipeline_excluded_forecast": policy.pipeline_excludes_forecast,
        "attribution_types": policy.attribution.types,
        "attribution_excluded_touch_types": policy.attribution.exclude_touch_types,
    }
    return [
        {"list_item": f"{name}:{item}", "list": name, "position": position, "item": item}
        for name, items in lists.items()
        for position, item in enumerate(dict.fromkeys(items), start=1)
    ]


def stage_rows(policy: Policy) -> list[dict[str, Any]]:
    """Every stage with its number: 0 is lost, the highest is won."""
    return [{"stage": stage, "stage_number": n} for stage, n in policy.stages.items()]


def currency_rows(policy: Policy) -> list[dict[str, Any]]:
    return [
        {"currency": currency, "minor_units": places, "minor_units_per_unit": 10**places}
        for currency, places in policy.minor_units.items()
    ]


def interval_rows(policy: Policy) -> list[dict[str, Any]]:
    """What one billing interval is, in intervals per month, as an exact fraction."""
    per_month = {
        "week": policy.mrr.week_to_month,
        "day": policy.mrr.day_to_month,
        **{name: 1 / months for name, months in policy.mrr.interval_months.items()},
    }
    return [
        {
            "billing_interval": name,
            "per_month_numerator": ratio.numerator,
            "per_month_denominator": ratio.denominator,
        }
        for name, ratio in per_month.items()
    ]


def period_rows(calendar: Calendar) -> list[dict[str, Any]]:
    return [
        {"period": period.label, **{k: v for k, v in vars(period).items() if k != "label"}}
        for period in calendar.periods()
    ]


def _month(text: str) -> date:
    return date.fromisoformat(f"{text}-01")


def _add(month: date, months: int) -> date:
    since = month.year * 12 + month.month - 1 + months
    return date(since // 12, since % 12 + 1, 1)


def _months(first: date, end: date, step: int = 1) -> Iterator[date]:
    while first < end:
        yield first
        first = _add(first, step)
