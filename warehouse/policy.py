"""The company's choices where definitions compete: one validated document, shown to SQL as tables.

`dbt_project/policy.yml` is the company's own; the models under `dbt_project/models/policy` show it
as tables of the schema `policy`, so that changing it changes numbers and no model.
"""

from __future__ import annotations

import hashlib
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, Literal, Self
from zoneinfo import available_timezones

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


# As many digits as exact weights of a large deal have room for.
Weight = Annotated[Decimal, Field(ge=0, le=1, decimal_places=10)]


class AttributionModel(Document):
    """Shares of the milestones and of the touches between them."""

    FT: Weight | None = None
    LC: Weight | None = None
    OC: Weight | None = None
    CW: Weight | None = None
    middle: Weight = Decimal(0)
    middle_until: Literal["OC"] | None = None


class Attribution(Document):
    types: tuple[str, ...] = ("new_business", "expansion", "winback")
    lookback_days_before_opp_creation: int = Field(180, ge=0)
    exclude_touch_types: tuple[str, ...] = ("unsubscribed",)
    marketing_only: bool = True
    scope: Scope = "account"
    time_decay_half_life_days: int = Field(30, ge=1)
    after_previous_won: bool = True
    data_driven_minimum_paths: int = Field(
        30,
        ge=1,
        description="below so many paths a channel's Markov and Shapley figures say little",
    )
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
