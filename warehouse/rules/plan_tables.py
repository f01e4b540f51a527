"""The plan as the tables of the schema `policy`, for dbt's Python models."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from math import lcm
from typing import Any

import pyarrow as pa

from warehouse.rules.book import read
from warehouse.rules.plan import Phasing, Plan, Trailing
from warehouse.rules.tables import table

_WHOLE = pa.decimal128(38, 0)
_RATIO = pa.decimal128(38, 10)
_FRACTION: dict[str, pa.DataType] = {"value": _RATIO, "numerator": _WHOLE, "denominator": _WHOLE}

_SETTINGS: dict[str, pa.DataType] = {
    "plan": pa.string(),
    "plan_version": pa.string(),
    "goal_numerator": _WHOLE,
    "goal_denominator": _WHOLE,
    "deduct_open_pipeline": pa.bool_(),
    "mql_lead_time_months": pa.int32(),
}
_RATES: dict[str, pa.DataType] = {
    "rate": pa.string(),
    "is_trailing": pa.bool_(),
    **_FRACTION,
}
_CHANNELS: dict[str, pa.DataType] = {
    "channel": pa.string(),
    "position": pa.int32(),
    "mix": _RATIO,
    "mix_weight": _WHOLE,
    "cap": pa.int64(),
    "cpmql": _RATIO,
    "is_trailing": pa.bool_(),
    "cpmql_numerator": _WHOLE,
    "cpmql_denominator": _WHOLE,
}
_MONTHS: dict[str, pa.DataType] = {
    "revenue_month": pa.string(),
    "mql_month": pa.string(),
    "position": pa.int32(),
    "revenue_share": _RATIO,
    "share_weight": _WHOLE,
}
_TASKS: dict[str, pa.DataType] = {
    "task": pa.string(),
    "position": pa.int32(),
    "event_date": pa.date32(),
    "due_weeks_before": pa.int32(),
    "lead_time_business_days": pa.int32(),
}


def plan_settings() -> pa.Table:
    """One row, or none where there is no plan."""
    plan = read(Plan)
    return table([_settings(plan)] if plan else [], _SETTINGS)


def plan_rates() -> pa.Table:
    """The rates that the plan says, or wants to be measured; what it leaves out has no row."""
    plan = read(Plan)
    rows = [
        {"rate": rate, "is_trailing": value == "trailing", **fraction_row(_said(value))}
        for rate in ("average_deal_value", "win_rate", "sql_to_opportunity", "mql_to_sql")
        if plan and (value := getattr(plan, rate)) is not None
    ]
    return table(rows, _RATES)


def plan_channel_mix() -> pa.Table:
    """The channels in their order, with the mix as whole weights."""
    plan = read(Plan)
    channels = plan.channels if plan else ()
    weights = whole_weights([one.mix for one in channels])
    rows = [
        {
            "channel": one.channel,
            "position": position,
            "mix": _ten_places(one.mix),
            "mix_weight": weight,
            "cap": one.cap,
            **_cost(one.cpmql),
        }
        for position, (one, weight) in enumerate(zip(channels, weights, strict=True), start=1)
    ]
    return table(rows, _CHANNELS)


def plan_month_shares() -> pa.Table:
    """The months of revenue in their order, each with the month in which its MQLs fall due."""
    plan = read(Plan)
    return table(_months(plan.phasing) if plan and plan.phasing else [], _MONTHS)


def plan_calendar() -> pa.Table:
    """The tasks in their order."""
    plan = read(Plan)
    tasks = plan.calendar if plan else ()
    rows = [one.model_dump() | {"position": place} for place, one in enumerate(tasks, start=1)]
    return table(rows, _TASKS)


def _said(value: Decimal | Trailing | None) -> Decimal | None:
    return value if isinstance(value, Decimal) else None


def fraction_row(value: Decimal | None) -> dict[str, Any]:
    """A number to ten places, and exactly as a fraction in lowest terms."""
    if value is None:
        return dict.fromkeys(_FRACTION)
    exact = Fraction(value)
    return {
        "value": _ten_places(value),
        "numerator": Decimal(exact.numerator),
        "denominator": Decimal(exact.denominator),
    }


def whole_weights(shares: Sequence[Decimal]) -> list[Decimal]:
    """Shares as whole numbers that are to each other as the shares are."""
    exact = [Fraction(share).limit_denominator(10**12) for share in shares]
    common = lcm(*(share.denominator for share in exact))
    return [Decimal(int(share * common)) for share in exact]


def _cost(cpmql: Decimal | Trailing | None) -> dict[str, Any]:
    said = fraction_row(_said(cpmql))
    return {
        "is_trailing": cpmql == "trailing",
        "cpmql": said["value"],
        "cpmql_numerator": said["numerator"],
        "cpmql_denominator": said["denominator"],
    }


def _settings(plan: Plan) -> dict[str, Any]:
    goal = Fraction(plan.goal_new_revenue)
    return {
        "plan": "plan",
        "plan_version": plan.version,
        "goal_numerator": Decimal(goal.numerator),
        "goal_denominator": Decimal(goal.denominator),
        "deduct_open_pipeline": plan.deduct_open_pipeline,
        "mql_lead_time_months": plan.phasing.mql_lead_time_months if plan.phasing else None,
    }


def _months(phasing: Phasing) -> list[dict[str, Any]]:
    weights = whole_weights(phasing.revenue_share)
    return [
        {
            "revenue_month": month,
            "mql_month": earlier(month, phasing.mql_lead_time_months),
            "position": position,
            "revenue_share": _ten_places(share),
            "share_weight": weight,
        }
        for position, (month, share, weight) in enumerate(
            zip(phasing.months, phasing.revenue_share, weights, strict=True), start=1
        )
    ]


def earlier(month: str, months: int) -> str:
    """The month so many months before, both such as 2026-01."""
    year, number = map(int, month.split("-"))
    year, number = divmod(year * 12 + number - 1 - months, 12)
    return f"{year:04d}-{number + 1:02d}"


def _ten_places(value: Decimal) -> Decimal:
    return round(value, 10)
