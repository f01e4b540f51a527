"""Random companies, valid and nasty: what a worked example of one company cannot show."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.metrics.oracle import (
    companies_conduct,
    companies_desk,
    companies_journeys,
    companies_money,
    companies_rules,
    companies_sales,
)
from tests.metrics.oracle.calendar import Calendar, add_months
from tests.metrics.oracle.company import TABLES
from tests.metrics.oracle.world import CHANNELS, PLACES, World

_ZONES = (
    *("Asia/Tokyo", "UTC", "America/New_York", "Europe/Berlin", "Australia/Sydney"),
    *("Asia/Kolkata", "America/Los_Angeles", "Pacific/Auckland", "Asia/Kathmandu"),
)
_PIPELINES = (
    {"Discovery": 1, "Qualification": 2, "Proposal": 3, "Negotiation": 4},
    {"初回訪問": 10, "提案": 20, "稟議": 35},
    {"Open": 1},
    {"Lead in": 2, "Contacted": 3, "Demo": 5, "Verbal": 8, "Paper": 13},
)
_MODELS: dict[str, dict[str, str]] = {
    "u_shaped": {"FT": "0.40", "LC": "0.40", "middle": "0.20"},
    "u_shaped_50_50": {"FT": "0.50", "LC": "0.50", "middle": "0"},
    "w_shaped_between": {
        "FT": "0.30",
        "LC": "0.30",
        "OC": "0.30",
        "middle": "0.10",
        "middle_until": "OC",
    },
    "w_shaped": {"FT": "0.30", "LC": "0.30", "OC": "0.30", "middle": "0.10"},
    "full_path": {"FT": "0.225", "LC": "0.225", "OC": "0.225", "CW": "0.225", "middle": "0.10"},
    "position_based": {"FT": "0.40", "CW": "0.40", "middle": "0.20"},
}


# In this order: rows point at rows of tables before them.
_FILLS: Sequence[Callable[[World], None]] = (
    companies_money.rates,
    companies_money.owners,
    companies_money.accounts,
    companies_money.subscriptions,
    companies_money.invoices,
    companies_money.spend,
    companies_money.people,
    companies_sales.opportunities,
    companies_sales.quotas,
    companies_sales.forecasts,
    companies_desk.schedules,
    companies_desk.touches,
    companies_desk.activities,
    companies_desk.tickets,
    companies_desk.opinions,
    companies_desk.usage,
    companies_desk.sessions,
    companies_desk.campaigns,
)
_NEVER_EMPTY = (companies_money.rates, companies_money.owners)


def random_company(seed: int, folder: Path) -> None:
    """The same company for the same seed: 26 tables, a policy and rules."""
    rng = random.Random(seed)
    policy = _policy(rng)
    # Dice of its own, so that what is drawn beside it stays what it was.
    ways = random.Random(f"journeys of {seed}")
    policy["attribution"] = companies_journeys.rules(ways, policy["attribution"])
    others = [name for name in PLACES if name != policy["reporting_currency"]]
    currencies = [policy["reporting_currency"], *rng.sample(others, rng.choice([0, 1, 2, 3, 4]))]
    world = World(rng, policy, Calendar(policy), currencies)
    world.tables = {name: [] for name in TABLES}
    if not world.maybe(0.05):
        for fill in _FILLS:
            if fill in _NEVER_EMPTY or not world.maybe(0.06):
                fill(world)
    companies_journeys.journeys(replace(world, rng=ways))
    ruled = replace(world, rng=random.Random(f"rules of {seed}"))
    companies_conduct.conduct(ruled)
    _write(world, folder)
    companies_rules.write_rules(ruled, folder)


def _policy(rng: random.Random) -> dict[str, Any]:
    length = rng.choice([1, 2, 3, 3, 5, 6, 6, 6, 9, 12])
    aligned = length if length in (3, 6, 12) and rng.random() < 0.7 else 1
    start = date(rng.randint(2022, 2025), 1, 1)
    start = add_months(start, rng.randrange(0, 12, aligned))
    end = add_months(start, length)
    zone = rng.choice(_ZONES)
    policy: dict[str, Any] = {
        "reporting_currency": rng.choice(list(PLACES)),
        "business_timezone": zone,
        "window": {"start_month": f"{start:%Y-%m}", "end_month": f"{add_months(end, -1):%Y-%m}"},
        "history_start_month": f"{add_months(start, -rng.choice([0, 1, 6, 12])):%Y-%m}",
        "currency_minor_units": PLACES,
        "rounding": "HALF_UP",
        "retention": {"fx": "plan"},
        "gross_margin": rng.choice(["0.80", "0.725", "1"]),
        "ltv_max_months": rng.choice([60, 36]),
        **_lists(rng),
        **_limits(rng),
    }
    policy["as_of"] = f"{start:%Y-%m}-15T00:00:00Z"
    closes = Calendar(policy).start_of(end)
    if rng.random() < 0.15:
        closes += timedelta(days=rng.randint(1, 40), seconds=rng.randint(0, 86399))
    policy["as_of"] = _text(closes)
    return policy


def _lists(rng: random.Random) -> dict[str, Any]:
    pipeline = rng.choice(_PIPELINES)
    won = rng.choice(["Closed Won", "受注"])
    return {
        "mrr": {
            "statuses_counted": rng.choice([["active", "past_due"], ["active"]]),
            "exclude_usage_types": ["metered"],
            "discounts_reducing_contract_mrr": rng.choice([["forever"], ["forever"], []]),
            "discounts_reducing_billed_mrr": ["forever", "finite"],
            "interval_months": {"month": "1", "year": "12"},
            "week_to_month": "52/12",
            "day_to_month": "365/12",
            "month_end_inclusive_of_expiring": True,
        },
        "revenue": {"statuses_counted": rng.choice([["paid", "open"], ["paid"]])},
        "cac": {
            "departments": rng.choice([["marketing", "sales"], ["marketing", "sales"], ["sales"]]),
            "new_logo_basis": "first_month_end_with_mrr",
        },
        "channel_cost_types": rng.choice([["media", "program", "tools"], ["media"]]),
        "marketing_channels": [*rng.sample(CHANNELS, rng.randint(0, 5)), "never_used"],
        "win_rate_excludes_types": rng.choice([["renewal"], ["renewal"], []]),
        "quota_excludes_types": rng.choice([["renewal"], ["renewal"], ["renewal", "winback"]]),
        "pipeline_excludes_forecast": ["Omitted", "Closed"],
        "stages": {**pipeline, won: max(pipeline.values()) + 1, "Closed Lost": 0},
    }


def _limits(rng: random.Random) -> dict[str, Any]:
    return {
        "stall_days": rng.choice([30, 14]),
        "sla_schedule": rng.choice(["S1", "S2", None]),
        "lead_response_sla_business_minutes": rng.choice([480, 60]),
        "mql_to_sal_sla_business_minutes": 1080,
        "csat_positive_min": rng.choice([4, 5]),
        "nps_window_days": rng.choice([180, 90]),
        "engaged_session": {"seconds": 10, "page_views": 2, "key_events": 1},
        "attribution": {
            "types": ["new_business", "expansion", "winback"],
            "lookback_days_before_opp_creation": rng.choice([180, 30]),
            "exclude_touch_types": ["unsubscribed"],
            "marketing_only": True,
            "scope": "account",
            "time_decay_half_life_days": rng.choice([30, 7]),
            "after_previous_won": True,
            "models": _MODELS,
        },
    }


def _write(world: World, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    policy = json.dumps(world.policy, ensure_ascii=False, indent=2)
    (folder / "policy.json").write_text(policy + "\n", encoding="utf-8")
    for name, row in TABLES.items():
        columns = [column.name for column in fields(row)]
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            lines = csv.writer(file, lineterminator="\n")
            lines.writerow(columns)
            for line in world.tables[name]:
                lines.writerow([_text(line[column]) for column in columns])


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case datetime():
            return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        case Decimal():
            return f"{value:f}"
    return str(value)
