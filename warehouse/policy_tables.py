"""The policy as the tables of the schema `policy`, for dbt's Python models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import pyarrow as pa

from warehouse.documents import read_document
from warehouse.policy import (
    Calendar,
    Policy,
    currency_rows,
    interval_rows,
    list_rows,
    period_rows,
    settings_row,
    stage_rows,
)
from warehouse.settings import Settings, load

_INSTANT = pa.timestamp("us", tz="UTC")
_SETTINGS = {
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
    "time_decay_half_life_days": pa.int32(),
}
_LISTS = {
    "list_item": pa.string(),
    "list": pa.string(),
    "position": pa.int32(),
    "item": pa.string(),
}
_STAGES = {"stage": pa.string(), "stage_number": pa.int32()}
_CURRENCIES = {
    "currency": pa.string(),
    "minor_units": pa.int32(),
    "minor_units_per_unit": pa.int64(),
}
_INTERVALS = {
    "billing_interval": pa.string(),
    "per_month_numerator": pa.int64(),
    "per_month_denominator": pa.int64(),
}
_PERIODS = {
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
    return _table([settings_row(policy, calendar)], _SETTINGS)


def policy_periods(as_of: datetime) -> pa.Table:
    """The periods as they are seen from `as_of`."""
    return _table(period_rows(Calendar(_policy(), as_of)), _PERIODS)


def policy_lists() -> pa.Table:
    return _table(list_rows(_policy()), _LISTS)


def policy_stages() -> pa.Table:
    return _table(stage_rows(_policy()), _STAGES)


def policy_currencies() -> pa.Table:
    return _table(currency_rows(_policy()), _CURRENCIES)


def policy_intervals() -> pa.Table:
    return _table(interval_rows(_policy()), _INTERVALS)


def _policy() -> Policy:
    return read_document(load(Settings).policy_path, Policy)


def _table(rows: Sequence[Mapping[str, Any]], types: Mapping[str, Any]) -> pa.Table:
    return pa.Table.from_pylist(list(rows), schema=pa.schema(list(types.items())))
