"""Random rule documents of a company: valid, seldom sensible, and now and then not there."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.metrics.oracle import companies_conduct as conduct
from tests.metrics.oracle.calendar import add_months
from tests.metrics.oracle.people import STAGES
from tests.metrics.oracle.world import CHANNELS, World

Content = dict[str, Any]


def write_rules(world: World, folder: Path) -> None:
    """Beside the tables, under the names by which companies exchange them."""
    for name, draw in _DOCUMENTS.items():
        if world.maybe(0.9):
            text = json.dumps(draw(world), ensure_ascii=False, indent=2)
            (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def _points(world: World) -> int | float:
    return world.rng.choice([world.rng.randint(-30, 40), world.rng.randint(1, 30), 7.5, 0])


def _some(world: World, words: tuple[Any, ...]) -> list[Any]:
    return world.rng.sample(words, world.rng.randint(1, len(words)))


def _scoring(world: World) -> Content:
    rng = world.rng
    return {
        "attribute_rules": [
            {"id": f"a{number}", **_attribute_rule(world), "points": _points(world)}
            for number in range(rng.choice([0, 3, 6, 10]))
        ],
        "behaviour_rules": [
            {"id": f"b{number}", **_behaviour_rule(world)}
            for number in range(rng.choice([0, 4, 9]))
        ],
        "decay_half_life_days": rng.choice([30, 7, 14.5, 90, 1]),
        "mql": {
            "min_total": rng.choice([45, 20, 10.5, 0, -10]),
            "min_attribute": rng.choice([15, 0, 5, -50]),
            "min_behaviour": rng.choice([15, 7.5, 3, 0, -5]),
        },
        "grades": {
            "attribute": _floors(world, ("A", "B", "C", "D"), rng.choice([-999, -5])),
            "behaviour": _floors(world, ("1", "2", "3"), rng.choice([-999, 0])),
        },
        "evaluation": {
            "observation_days": rng.choice([7, 7, 30, 1, 0]),
            "label_stage": rng.choice(STAGES[1:]),
            "lead_window": _lead_window(world),
        },
    }


def _lead_window(world: World) -> list[str]:
    """Often wide, and now and then at the very day of a lead."""
    first, last = world.first, world.last
    leads = [row for row in world.tables["person_stage_history"] if row["stage"] == "LEAD"]
    if leads and world.maybe(0.3):
        day = world.calendar.date_of(world.rng.choice(leads)["entered_at"])
        first, last = world.rng.choice([(first, day), (day, last)])
    return [first.isoformat(), last.isoformat()]


def _attribute_rule(world: World) -> Content:
    rng = world.rng
    words = {
        "account.industry": conduct.INDUSTRIES,
        "account.segment": ("Enterprise", "SMB", "公共"),
        "account.country": ("JP", "US", "DE"),
        "person.country": conduct.COUNTRIES,
        "person.title": conduct.TITLES,
        "person.department": conduct.DEPARTMENTS,
        "person.seniority": conduct.SENIORITIES,
        "person.email_domain": (*conduct.DOMAINS, "GMAIL.com"),
        "person.lead_channel": CHANNELS,
    }
    field = rng.choice([*words, "account.employee_count", "account.is_target_account"])
    if field == "account.is_target_account":
        return {"field": field, "op": rng.choice(["==", "!="]), "value": world.maybe(0.7)}
    if field == "account.employee_count":
        op = rng.choice(["==", "!=", "in", "not_in", ">=", ">", "<=", "<", "between", "between"])
        known: tuple[Any, ...] = (*conduct.HEADS, 500)
    else:
        op, known = rng.choice(["==", "!=", "in", "in", "not_in"]), words[field]
    value: Any = rng.choice(known)
    if op == "between":
        value = sorted(rng.sample(known, 2))
    elif op in {"in", "not_in"}:
        value = _some(world, known)
    return {"field": field, "op": op, "value": value}


def _behaviour_rule(world: World) -> Content:
    rng = world.rng
    rule: Content = {
        "touch_type": rng.choice([*conduct.DEEDS, "never_seen"]),
        "points": _points(world),
    }
    if world.maybe(0.8):
        rule["cap"] = rng.choice([None, 30, 20, 9.5, 0])
    if world.maybe(0.4):
        rule["decay"] = world.maybe(0.4)
    return rule


def _floors(world: World, names: tuple[str, ...], lowest: int) -> list[list[Any]]:
    """In any order."""
    highest = sorted(world.rng.sample(range(1, 70), len(names) - 1), reverse=True)
    floors = [list(one) for one in zip([*highest, lowest], names, strict=True)]
    return world.rng.sample(floors, len(floors))


def _health(world: World) -> Content:
    rng = world.rng
    parts = rng.sample(
        ["usage", "support", "sentiment", "financial", "engagement"], rng.choice([5, 5, 5, 3, 1])
    )
    weights: Content = {part: rng.choice(["0.35", "0.20", "0.15", "1", 0.1, "0"]) for part in parts}
    if not any(float(weight) for weight in weights.values()):
        weights[parts[0]] = "0.5"
    days = rng.sample([7, 14, 30, 60, 90], rng.choice([0, 1, 2, 3]))
    document: Content = {
        "min_weight_present": rng.choice(["0.50", "0.50", "0.75", "1", "0"]),
        "components": weights,
        "support": {
            "per_unsolved": rng.choice([20, 33.3, 0, 60]),
            "per_reopened_90d": rng.choice([10, 45, 0]),
        },
        "sentiment_window_days": rng.choice([180, 30]),
        "nps_points": {"promoter": 100, "passive": rng.choice([50, 66.6]), "detractor": 0},
        "financial": {
            "past_due": rng.choice([0, 25]),
            "contraction_last_3_months": rng.choice([50, 10]),
            "otherwise": rng.choice([100, 80]),
        },
        "engagement_days": [[limit, rng.choice([100, 50, 12.5])] for limit in days],
        "bands": rng.sample(
            [["75", "green"], ["50", "yellow"], ["0", "red"]], rng.choice([3, 3, 2])
        ),
    }
    months = [month.label for month in world.calendar.history]
    later = f"{add_months(world.calendar.months[-1].first, rng.choice([1, 3])):%Y-%m}"
    if world.maybe(0.8):
        document["usage_month"] = rng.choice([*months[-3:], months[-1], later, None])
    return document


def _plan(world: World) -> Content:
    rng = world.rng
    plan: Content = {"goal_new_revenue": rng.choice(["1200000.00", "99999.99", "5000", "0"])}
    rates = {
        "average_deal_value": ["24000.00", "333.33"],
        "win_rate": ["0.25", "0.3333", "1"],
        "sql_to_opportunity": ["0.80", "0.07"],
        "mql_to_sql": ["0.30", "0.9", "1"],
    }
    for name, likely in rates.items():
        plan[name] = rng.choice(["0", None]) if world.maybe(0.08) else rng.choice(likely)
    named = rng.sample(CHANNELS, rng.choice([0, 1, 2, 4, 6]))
    plan["channels"] = [_channel(world, channel) for channel in named]
    if world.maybe(0.85):
        months = [f"{add_months(world.calendar.months[-1].first, n):%Y-%m}" for n in range(1, 9)]
        months = rng.sample(months, rng.randint(1, 6))
        shares = [rng.choice(["0.10", "0.25", "0.333", "0"]) for _ in months]
        plan["phasing"] = {
            "months": months,
            "revenue_share": shares,
            "mql_lead_time_months": rng.choice([0, 1, 3, 13]),
        }
    plan["calendar"] = [_task(world, f"仕事{number}") for number in range(rng.choice([0, 2, 6]))]
    return plan


def _channel(world: World, channel: str) -> Content:
    """Caps that bind one after another, that all bind, and none."""
    rng = world.rng
    return {
        "channel": channel,
        "mix": rng.choice(["0.40", "0.30", "0.20", "0.10", "0.25", "0.25", "0"]),
        "cpmql": rng.choice(["180.00", "95.505", "0.3333", "0", 40.5, *[None] * world.maybe(0.2)]),
        "cap": rng.choice([None, None, 0, 3, 20, 120, rng.randint(1, 2000)]),
    }


def _task(world: World, name: str) -> Content:
    """Many of them due on a day off."""
    rng, weeks = world.rng, world.rng.choice([0, 1, 7, 16])
    day = world.day()
    closed = [row["holiday_date"] for row in world.tables["holiday"]]
    if closed and world.maybe(0.6):
        day = rng.choice(closed) + timedelta(days=rng.choice([0, 0, 1, 2, 3]))
    return {
        "task": name,
        "event_date": (day + timedelta(weeks=weeks)).isoformat(),
        "due_weeks_before": weeks,
        "lead_time_business_days": rng.choice([0, 1, 2, 3, 10]),
    }


def _decisions(world: World) -> Content:
    rng = world.rng
    rules = []
    for number in range(rng.choice([0, 2, 4, 7])):
        conditions: Content = {
            "amount_is_null": world.maybe(0.5),
            "close_date_overdue": world.maybe(0.5),
            "stage_at_least": rng.randint(0, max(world.policy["stages"].values())),
            "days_since_engagement_gt": rng.choice([0, 7, 21, 90, 30.5]),
            "days_since_engagement_lte": rng.choice([0, 7, 21, 60]),
            "forecast_category": rng.choice(["Commit", "BestCase", "Pipeline", "Omitted"]),
        }
        chosen = rng.sample(sorted(conditions), rng.choice([1, 1, 2, 3]))
        rules.append(
            {
                "id": f"r{number}",
                "when": {name: conditions[name] for name in chosen},
                "action": f"action_{number}",
            }
        )
    return {"rules_in_priority_order": rules, "default_action": "no_change"}


def _experiment(world: World) -> Content:
    rng = world.rng
    arms = {}
    for arm in ("a", "b"):
        size = rng.choice([0, 1, 10, 10_000, 123_457])
        arms[arm] = {"n": size, "conversions": rng.choice([0, size, rng.randint(0, size)])}
    if world.maybe(0.1):
        arms = {}
    gains = {
        "gain_per_cycle": rng.choice(["0.001", "-0.02", "0", "0.1"]),
        "cycles": rng.choice([52, 0, 12]),
    }
    return arms | ({"compounding": gains} if not arms or world.maybe(0.9) else {})


_DOCUMENTS: Mapping[str, Callable[[World], Content]] = {
    "scoring_config": _scoring,
    "health_config": _health,
    "plan": _plan,
    "decision_rules": _decisions,
    "experiment": _experiment,
}
