"""Reads what the report shows from a warehouse: metric values, marts and the log of syncs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from warehouse.connection import Row, Session
from warehouse.errors import Misconfigured

# fmt: off
METRICS = (
    "mrr_opening", "mrr_movement", "mrr_closing", "customers_closing", "nrr", "grr",
    "win_rate_count", "pipeline_value", "pipeline_value_weighted", "pipeline_count",
    "pipeline_null_amount_count", "pipeline_overdue_close_date_count", "pipeline_coverage",
    "pipeline_coverage_of_total_quota", "remaining_quota", "leads_created", "lead_to_mql_rate",
    "mql_count", "funnel_stage_count", "funnel_conversion_rate", "sla_attainment",
    "sla_pending_count", "lead_response_elapsed_minutes_median",
    "attribution_revenue_by_channel", "attribution_total",
)
# fmt: on
_VALUES = """
    select metric, dims, value from metrics.metric_values
    where list_contains($metrics, metric) order by metric, dims
"""
_SETTINGS = """
    select reporting_currency, business_timezone, as_of, as_of_date, window_period,
        window_start_date, window_end_date, attribution_scope
    from policy.policy_settings
"""
# Name of the rows -> the relation that they come from, and the question.
_ROWS = {
    "builds": ("ops.metric_builds", "select max(reported_at) as built_at from ops.metric_builds"),
    "stages": (
        "marts.opportunities",
        """
        select coalesce(stage, '') as stage, count(*) as opportunities, sum(amount) as amount,
            sum(weighted_amount) as weighted, count(*) filter (amount is null) as without_amount
        from marts.opportunities where is_pipeline
        group by all order by min(probability_pct) nulls last, stage
        """,
    ),
    "owners": (
        "marts.forecast",
        """
        select owner_id, any_value(owner_name) as owner_name from marts.forecast
        where owner_id is not null group by owner_id
        """,
    ),
    "customers": (
        "marts.account_health",
        """
        select account_name, health_score, health_band, usage_points, support_points,
            sentiment_points, financial_points, engagement_points, mrr, renewal_due_date, reasons
        from marts.account_health order by health_score nulls last, mrr desc, account_id
        """,
    ),
    "scores": (
        "marts.data_quality",
        """
        select scope, subject, measure, value, target, is_met, counted from marts.data_quality
        where is_last and (scope <> 'adoption' or subject not like 'own_%')
        order by scope, subject, measure
        """,
    ),
    "syncs": (
        "ops.sync_runs",
        """
        select sync, count(*) as runs, max(started_at) as last_run,
            arg_max(status, started_at) as status,
            arg_max(destination || ' ' || object, started_at) as target,
            coalesce(sum(acknowledged), 0)::bigint as acknowledged,
            coalesce(sum(rejected), 0)::bigint as rejected,
            coalesce(sum(unknown), 0)::bigint as unknown,
            coalesce(arg_max(withheld, started_at), 0)::bigint as withheld,
            coalesce(arg_max(unchanged, started_at), 0)::bigint as unchanged
        from ops.sync_runs
        cross join policy.policy_settings
        where started_at >= policy_settings.as_of - interval 30 day
        group by sync order by sync
        """,
    ),
}
_RELATIONS = """
    select schema_name || '.' || table_name as relation from duckdb_tables()
    where database_name = current_database()
    union all
    select schema_name || '.' || view_name from duckdb_views()
    where database_name = current_database()
"""


@dataclass(frozen=True)
class Facts:
    """Everything that is shown; rows that are None were never built."""

    settings: Row
    values: Mapping[tuple[str, str], Decimal | None]
    rows: Mapping[str, Sequence[Row] | None]

    def value(self, metric: str, **dims: str) -> Decimal | None:
        """The value of these dimensions; None where it is undefined or there is none."""
        return self.values.get((metric, _key(dims)))

    def has(self, metric: str, **dims: str) -> bool:
        return (metric, _key(dims)) in self.values

    def of(self, metric: str) -> list[tuple[dict[str, str], Decimal | None]]:
        """Every value of a metric with its dimensions."""
        return [
            (json.loads(dims), value)
            for (name, dims), value in self.values.items()
            if name == metric
        ]

    @property
    def window(self) -> str:
        return str(self.settings["window_period"])

    @property
    def day(self) -> str:
        return f"{self.settings['as_of_date']:%Y-%m-%d}"


def read(session: Session) -> Facts:
    """What the last build made, and what syncs did.

    Raises:
        Misconfigured: nothing has been measured.
    """
    there = {row["relation"] for row in session.rows(_RELATIONS)}
    settings = []
    if {"metrics.metric_values", "policy.policy_settings"} <= there:
        settings = session.rows(_SETTINGS)
    if not settings:
        raise Misconfigured(
            "The warehouse has not been measured yet: there is nothing to report",
            advice="run `revops build` first, or `revops demo` for an invented company",
        )
    found = session.rows(_VALUES, {"metrics": list(METRICS)})
    rows: dict[str, Any] = {
        name: session.rows(question) if relation in there else None
        for name, (relation, question) in _ROWS.items()
    }
    values = {
        (row["metric"], _key(json.loads(row["dims"]))): _number(row["value"]) for row in found
    }
    return Facts(settings[0], values, rows)


def _number(value: str | None) -> Decimal | None:
    return None if value is None else Decimal(value)


def _key(dims: Mapping[str, str]) -> str:
    return json.dumps(dims, sort_keys=True, ensure_ascii=False)
