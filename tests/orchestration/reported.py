"""A small warehouse made by SQL, as far as a report reads it, and what a report's page holds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

from warehouse.connection import Session, Warehouse

WINDOW = "2026-01..2026-03"
HOSTILE = '</script><img src=x onerror=alert(1)>&"株式会社" {{ 7 * 7 }}'

_TABLES = """
    create schema policy; create schema metrics; create schema marts;
    create schema if not exists ops;
    create table policy.policy_settings as select
        'JPY' as reporting_currency, 'Asia/Tokyo' as business_timezone,
        timestamptz '2026-03-31 14:59:00Z' as as_of, date '2026-03-31' as as_of_date,
        '2026-01..2026-03' as window_period, date '2026-01-01' as window_start_date,
        date '2026-04-01' as window_end_date, 'account' as attribution_scope;
    create table metrics.metric_values (metric varchar, dims varchar, value varchar, unit varchar);
"""
_MARTS = """
    create table ops.metric_builds as select timestamptz '2026-03-31 15:04:05Z' as reported_at;
    create table marts.opportunities as
        select * from (values
            ('Discovery', 10, 100.50::decimal(24, 3), 10.05::decimal(24, 3), true),
            ('Proposal', 50, null, null, true),
            ($hostile, 60, 900.00, 540.00, true),
            ('Closed Won', 100, 777.00, 777.00, false)
        ) as _ (stage, probability_pct, amount, weighted_amount, is_pipeline);
    create table marts.forecast as select 'own_1' as owner_id, $hostile as owner_name;
    create table marts.account_health as
        select * from (values
            ('acc_1', $hostile, 81.25::decimal(38, 10), 'green', 80.0::decimal(38, 10),
                300.00::decimal(24, 3)),
            ('acc_2', '暁風精機', 12.5, 'red', null, 0.00),
            ('acc_3', 'Unknown Ltd.', null, 'insufficient', null, 50.00)
        ) as _ (account_id, account_name, health_score, health_band, usage_points, mrr)
        cross join (select null::decimal(38, 10) as support_points,
            null::decimal(38, 10) as sentiment_points, 0::decimal(38, 10) as financial_points,
            100::decimal(38, 10) as engagement_points, date '2026-06-30' as renewal_due_date,
            ['usage'] as reasons);
    create table marts.data_quality as
        select * from (values
            ('table', 'marts.accounts', 'sound_rows', 0.5::double, 0.99::double, false, 10, true),
            ('tool', 'hubspot', 'sound_records', null, 0.99, null, 0, true),
            ('adoption', 'own_1', 'deals_with_next_step', 1.0, 0.8, true, 4, true)
        ) as _ (scope, subject, measure, value, target, is_met, counted, is_last);
    create table ops.sync_runs as
        select * from (values
            ('hubspot_companies', timestamptz '2026-03-30 10:00:00Z', 'partial', 7, 2, 1),
            ('hubspot_companies', timestamptz '2026-03-31 10:00:00Z', 'succeeded', 5, 0, 0),
            ('long_ago', timestamptz '2025-12-31 10:00:00Z', 'succeeded', 99, 0, 0)
        ) as _ (sync, started_at, status, acknowledged, rejected, unknown)
        cross join (select 'hubspot' as destination, 'companies' as object, 3 as withheld,
            4 as unchanged);
"""
_MONTHS = ("2026-01", "2026-02", "2026-03")
_MOVEMENTS = {"new": "50", "expansion": "10.5", "contraction": "0", "churn": "-30", "fx": "-0.5"}


def values() -> Iterator[tuple[str, dict[str, str], str | None]]:
    """Metric, dimensions and value, some of them undefined."""
    for number, month in enumerate(_MONTHS):
        yield "mrr_opening", {"month": month}, f"{12000 + 30 * number}.00"
        yield "mrr_closing", {"month": month}, f"{12030 + 30 * number}.00"
        for movement, amount in (_MOVEMENTS | {"reactivation": "0.00"}).items():
            yield "mrr_movement", {"month": month, "movement": movement}, amount
        yield "nrr", {"period": month}, "1.0250000000"
        yield "grr", {"period": month}, "0.9750000000"
    for metric, value in {"nrr": "1.2345678901", "grr": "0.8000000000"}.items():
        yield metric, {"period": WINDOW}, value
        yield metric, {"period": WINDOW, "segment": HOSTILE}, value
        yield metric, {"period": WINDOW, "segment": "SMB"}, None
    yield "customers_closing", {"month": _MONTHS[-1]}, "22"
    window, day = {"period": WINDOW}, {"as_of": "2026-03-31"}
    yield "win_rate_count", window, None
    yield "pipeline_value", day, "1000.50"
    yield "pipeline_value_weighted", day, "550.05"
    yield "pipeline_count", day, "3"
    quarter = day | {"target_period": "2026-Q1"}
    yield "pipeline_coverage", quarter, None
    yield "pipeline_coverage", quarter | {"owner_id": "own_1"}, "2.5000000000"
    yield "pipeline_coverage_of_total_quota", quarter, "0.4000000000"
    yield "remaining_quota", quarter, "-5.00"
    yield "leads_created", window, "12"
    yield "lead_to_mql_rate", window, "0.2500000000"
    yield "mql_count", window, "3"
    yield "lead_response_elapsed_minutes_median", window, None
    cohort = {"cohort": f"first_mql_{WINDOW}"}
    for before, stage, count, rate in (
        ("MQL", "SAL", "0", "0.0000000000"),
        ("SAL", "SQL", "0", None),
    ):
        yield "funnel_stage_count", cohort | {"stage": stage}, count
        yield "funnel_conversion_rate", cohort | {"from_stage": before, "to_stage": stage}, rate
    for sla, kept in {"lead_response": "0.7500000000", "mql_to_sal": None}.items():
        yield "sla_attainment", window | {"sla": sla}, kept
        yield "sla_pending_count", window | {"sla": sla}, "1"
    yield "attribution_total", window, "700.00"
    for channel, model, amount in (
        ("paid_search", "linear", "600.00"),
        (HOSTILE, "linear", "100.00"),
        ("paid_search", "first_touch", "700.00"),
        ("(unattributed)", "linear", "0.00"),
    ):
        dims = {"channel": channel, "model": model, "scope": "account"}
        yield "attribution_revenue_by_channel", dims, amount


def measured_warehouse(path: Path, *, whole: bool = True) -> Warehouse:
    """A warehouse of these values, with marts or without."""
    warehouse = Warehouse(path)
    with warehouse.open("a test") as session:
        session.execute(_TABLES)
        for metric, dims, value in values():
            session.execute(
                "insert into metrics.metric_values values ($metric, $dims, $value, '')",
                {
                    "metric": metric,
                    "dims": json.dumps(dims, ensure_ascii=False),
                    "value": value,
                },
            )
        if whole:
            _make_marts(session)
    return warehouse


def _make_marts(session: Session) -> None:
    text = "'" + HOSTILE.replace("'", "''") + "'"
    for statement in _MARTS.replace("$hostile", text).split(";"):
        if statement.strip():
            session.execute(statement)


@dataclass
class Page(HTMLParser):
    """What a browser would find: elements with attributes, metric values, and the text."""

    elements: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    values: list[tuple[str, str, str, str]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._of: dict[str, str] | None = None

    @classmethod
    def of(cls, text: str) -> Page:
        page = cls()
        page.feed(text)
        return page

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.elements.append((tag, found))
        if tag == "data":
            self._of = found

    def handle_data(self, data: str) -> None:
        self.texts.append(data)
        if self._of is not None and data.strip():
            of, self._of = self._of, None
            self.values.append((of["data-metric"], of["data-dims"], of["value"], data.strip()))

    @property
    def tags(self) -> set[str]:
        return {tag for tag, _ in self.elements}

    def metric_values(self) -> Mapping[tuple[str, str], tuple[str, set[str]]]:
        """Of each metric and its dimensions, the value and every form in which it is said."""
        found: dict[tuple[str, str], tuple[str, set[str]]] = {}
        for metric, dims, value, said in self.values:
            key = metric, canonical(dims)
            found.setdefault(key, (value, set()))[1].add(said)
            assert found[key][0] == value
        return found


def canonical(dims: str) -> str:
    return json.dumps(json.loads(dims), sort_keys=True, ensure_ascii=False)
