"""The policy as the tables of the schema `policy`, for dbt's Python models."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from math import gcd, lcm
from typing import Any, get_args

import pyarrow as pa

from warehouse.documents import read_document
from warehouse.periods import Calendar
from warehouse.policy import AttributionModel, Policy, Scope
from warehouse.rules import book
from warehouse.rules.tables import table
from warehouse.settings import Settings, load

_INSTANT = pa.timestamp("us", tz="UTC")
_SETTINGS: dict[str, pa.DataType] = {
    "choices": pa.string(),
    "reporting_currency": pa.string(),
    "reporting_minor_units": pa.int32(),
    "minor_units_per_unit": pa.int64(),
    "business_timezone": pa.string(),
    "as_of": _INSTANT,
    "as_of_date": pa.date32(),
    "window_period": pa.string(),
    "window_start_date": pa.date32(),
    "window_end_date": pa.date32(),
    "history_start_date": pa.date32(),
    "month_end_inclusive_of_expiring": pa.bool_(),
    "retention_fx": pa.string(),
    "gross_margin": pa.decimal128(10, 8),
    "ltv_max_months": pa.int32(),
    "stall_days": pa.int32(),
    "sla_schedule": pa.string(),
    "lead_response_sla_business_minutes": pa.int64(),
    "mql_to_sal_sla_business_minutes": pa.int64(),
    "csat_positive_min": pa.int32(),
    "nps_window_days": pa.int32(),
    "engaged_session_seconds": pa.int32(),
    "engaged_session_page_views": pa.int32(),
    "engaged_session_key_events": pa.int32(),
    "attribution_lookback_days": pa.int32(),
    "attribution_marketing_only": pa.bool_(),
    "attribution_scope": pa.string(),
    "attribution_after_previous_won": pa.bool_(),
    "attribution_minimum_paths": pa.int32(),
    "time_decay_half_life_days": pa.int32(),
}
_LISTS: dict[str, pa.DataType] = {
    "list_item": pa.string(),
    "list": pa.string(),
    "position": pa.int32(),
    "item": pa.string(),
}
_STAGES: dict[str, pa.DataType] = {"stage": pa.string(), "stage_number": pa.int32()}
_CURRENCIES: dict[str, pa.DataType] = {
    "currency": pa.string(),
    "minor_units": pa.int32(),
    "minor_units_per_unit": pa.int64(),
}
_ATTRIBUTION_MODELS: dict[str, pa.DataType] = {
    "model_scope": pa.string(),
    "model": pa.string(),
    "scope": pa.string(),
    "method": pa.string(),
    "first_touch_parts": pa.int64(),
    "lead_creation_parts": pa.int64(),
    "opportunity_creation_parts": pa.int64(),
    "close_parts": pa.int64(),
    "middle_parts": pa.int64(),
    "middle_ends_at_opportunity": pa.bool_(),
}
# What every company is shown, beside the models of its policy.
_ALWAYS = {
    "first_touch": AttributionModel(FT=Decimal(1)),
    "last_touch": AttributionModel(CW=Decimal(1)),
    "linear": AttributionModel(middle=Decimal(1)),
}
# The model that return on cost is reckoned with, and that is shown in both scopes.
_IN_BOTH_SCOPES = "full_path"
_INTERVALS: dict[str, pa.DataType] = {
    "billing_interval": pa.string(),
    "per_month_numerator": pa.int64(),
    "per_month_denominator": pa.int64(),
}
_PERIODS: dict[str, pa.DataType] = {
    "period": pa.string(),
    "first_date": pa.date32(),
    "end_date": pa.date32(),
    "start_at": _INSTANT,
    "end_at": _INSTANT,
    "is_month": pa.bool_(),
    "is_quarter": pa.bool_(),
    "is_window": pa.bool_(),
    "in_window": pa.bool_(),
}


def policy_settings() -> pa.Table:
    """One row; its `as_of` is the instant of the whole build."""
    settings = load(Settings)
    policy = read_document(settings.policy_path, Policy)
    calendar = Calendar(policy, settings.make_clock().now())
    # Another rule is another choice, as another definition is.
    choices = book.digest(settings.rules_path, policy.digest)
    return table([settings_row(policy, calendar) | {"choices": choices}], _SETTINGS)


def policy_periods(as_of: datetime) -> pa.Table:
    """The periods as they are seen from `as_of`."""
    return table(period_rows(Calendar(_policy(), as_of)), _PERIODS)


def policy_lists() -> pa.Table:
    return table(list_rows(_policy()), _LISTS)


def policy_stages() -> pa.Table:
    return table(stage_rows(_policy()), _STAGES)


def policy_currencies() -> pa.Table:
    return table(currency_rows(_policy()), _CURRENCIES)


def policy_attribution_models() -> pa.Table:
    return table(attribution_model_rows(_policy()), _ATTRIBUTION_MODELS)


def policy_intervals() -> pa.Table:
    return table(interval_rows(_policy()), _INTERVALS)


def _policy() -> Policy:
    return read_document(load(Settings).policy_path, Policy)


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
        "attribution_minimum_paths": policy.attribution.data_driven_minimum_paths,
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


def attribution_model_rows(policy: Policy) -> list[dict[str, Any]]:
    """How every attribution model weighs, per scope in which it is shown, in whole numbers."""
    chosen = policy.attribution.scope
    # A model of the policy does not take the name of one that is always there.
    weighed = {
        **{name: ("milestones", model) for name, model in policy.attribution.models.items()},
        **{name: ("milestones", model) for name, model in _ALWAYS.items()},
        "time_decay": ("time_decay", AttributionModel()),
    }
    return [
        {
            "model_scope": f"{name}:{scope}",
            "model": name,
            "scope": scope,
            "method": method,
            **_whole_parts(model),
            "middle_ends_at_opportunity": model.middle_until == "OC",
        }
        for name, (method, model) in weighed.items()
        for scope in get_args(Scope)
        if scope == chosen or name == _IN_BOTH_SCOPES
    ]


def _whole_parts(model: AttributionModel) -> dict[str, int]:
    """The shares of a model as whole numbers in the same proportion, the smallest there are."""
    shares = {
        "first_touch_parts": Fraction(model.FT or 0),
        "lead_creation_parts": Fraction(model.LC or 0),
        "opportunity_creation_parts": Fraction(model.OC or 0),
        "close_parts": Fraction(model.CW or 0),
        "middle_parts": Fraction(model.middle),
    }
    scale = lcm(*(share.denominator for share in shares.values()))
    whole = {name: int(share * scale) for name, share in shares.items()}
    divisor = gcd(*whole.values()) or 1
    return {name: parts // divisor for name, parts in whole.items()}


def period_rows(calendar: Calendar) -> list[dict[str, Any]]:
    return [
        {"period": period.label, **{k: v for k, v in vars(period).items() if k != "label"}}
        for period in calendar.periods()
    ]
