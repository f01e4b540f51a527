"""The health document as tables of the schema `policy`, for dbt's Python models."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from math import gcd
from typing import Any

import pyarrow as pa

from warehouse.rules import book
from warehouse.rules.health import Component, Health
from warehouse.rules.tables import POINTS, table

_SETTINGS: Mapping[str, pa.DataType] = {
    "setting": pa.string(),
    "usage_month": pa.string(),
    "min_weight_present": pa.decimal128(10, 8),
    "sentiment_window_days": pa.int32(),
    "points_per_unsolved": POINTS,
    "points_per_reopened": POINTS,
    "promoter_points": POINTS,
    "passive_points": POINTS,
    "detractor_points": POINTS,
    "past_due_points": POINTS,
    "contraction_points": POINTS,
    "otherwise_points": POINTS,
}
_COMPONENTS: Mapping[str, pa.DataType] = {
    "component": pa.string(),
    "position": pa.int32(),
    "weight": pa.decimal128(12, 8),
    "weight_parts": pa.int64(),
}
_ENGAGEMENT: Mapping[str, pa.DataType] = {"within_days": pa.int32(), "points": POINTS}
_BANDS: Mapping[str, pa.DataType] = {"floor": POINTS, "band": pa.string(), "position": pa.int32()}

_ORDER: tuple[Component, ...] = ("usage", "support", "sentiment", "financial", "engagement")


def health_settings() -> pa.Table:
    """One row; none without a document: then nobody is scored."""
    health = book.read(Health)
    return table([settings_row(health)] if health else [], _SETTINGS)


def health_weights() -> pa.Table:
    """One row per component that counts."""
    health = book.read(Health)
    return table(weight_rows(health) if health else [], _COMPONENTS)


def health_engagement_days() -> pa.Table:
    """One row per age that still earns points."""
    health = book.read(Health)
    rows = [{"within_days": d, "points": p} for d, p in health.engagement_days] if health else []
    return table(rows, _ENGAGEMENT)


def health_bands() -> pa.Table:
    """One row per band, the best first."""
    health = book.read(Health)
    bands = sorted(health.bands, key=lambda one: one[0], reverse=True) if health else []
    return table(
        [
            {"floor": floor, "band": band, "position": position}
            for position, (floor, band) in enumerate(bands, start=1)
        ],
        _BANDS,
    )


def settings_row(health: Health) -> dict[str, Any]:
    """The choices that have one value, as one row."""
    return {
        "setting": "health",
        "usage_month": health.usage_month,
        "min_weight_present": health.min_weight_present,
        "sentiment_window_days": health.sentiment_window_days,
        "points_per_unsolved": health.support.per_unsolved,
        "points_per_reopened": health.support.per_reopened_90d,
        "promoter_points": health.nps_points.promoter,
        "passive_points": health.nps_points.passive,
        "detractor_points": health.nps_points.detractor,
        "past_due_points": health.financial.past_due,
        "contraction_points": health.financial.contraction_last_3_months,
        "otherwise_points": health.financial.otherwise,
    }


def weight_rows(health: Health) -> list[dict[str, Any]]:
    """Each component with its weight, and that as a part: whole numbers without common divisor."""
    parts = {name: int(weight * Decimal(10**8)) for name, weight in health.components.items()}
    divisor = gcd(*parts.values())
    return [
        {
            "component": name,
            "position": _ORDER.index(name) + 1,
            "weight": health.components[name],
            "weight_parts": parts[name] // divisor,
        }
        for name in sorted(parts, key=_ORDER.index)
    ]
