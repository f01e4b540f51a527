"""The plan against one made by hand, on random documents, and against what happened."""

from __future__ import annotations

import datetime as dt
import json
import math
import random
import shutil
from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.metrics.measured import Models, slow
from warehouse.connection import Session
from warehouse.documents import read_document
from warehouse.errors import Misconfigured
from warehouse.rules.plan import Plan

EXAMPLE = Path(__file__).parent / "worked_example"
CHANNELS = ["paid_search", "webinar", "trade_show", "organic_search", "email", "紹介", "display"]
RATES = ("average_deal_value", "win_rate", "sql_to_opportunity", "mql_to_sql")


class Planner:
    """The example's company, measured once, for which any plan can be made."""

    def __init__(self, models: Models, session: Session, folder: Path) -> None:
        self.session, self._folder = session, folder
        self._part = models.part(session, folder, "/plan|__planning")

    def plan(self, document: dict[str, Any] | None) -> None:
        """Make the plan of a document, or what there is without one."""
        path = self._folder / "plan.json"
        path.unlink(missing_ok=True)
        if document is not None:
            path.write_text(json.dumps(document, default=str), "utf-8")
        self._part.make_again()

    def sizes(self) -> dict[str, int]:
        return {
            name: self.session.value(f"select count(*) from {table}")
            for name, table in self._part.tables.items()
        }

    def rows(self, table: str) -> list[dict[str, Any]]:
        return self.session.rows(f"from metrics.{table}")

    def targets(self) -> dict[str, Any]:
        return self.rows("plan_targets")[0]


@pytest.fixture(scope="module")
def planner(models: Models, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planner]:
    folder = tmp_path_factory.mktemp("planned") / "company"
    shutil.copytree(EXAMPLE, folder)
    with models.measured(folder) as session:
        yield Planner(models, session, folder)


def random_plan(seed: int) -> dict[str, Any]:
    draw = random.Random(seed)
    channels = draw.sample(CHANNELS, draw.randint(1, len(CHANNELS)))
    mixes = [draw.choice([0, 1, 2, 3, 5, 8]) for _ in channels]
    scale = Decimal(sum(mixes) or 1)
    months = draw.sample(
        [f"{year}-{month:02d}" for year in (2025, 2026) for month in range(1, 13)], 5
    )
    return {
        "goal_new_revenue": draw.choice(["1200000.00", "0", "77777.77", "1", "350000"]),
        "average_deal_value": draw.choice(["24000", "999.99", "7", "12345.678"]),
        "win_rate": draw.choice(["0.25", "0.3", "1", "0.07", "0.333"]),
        "sql_to_opportunity": draw.choice(["0.80", "1", "0.15", "0.6667"]),
        "mql_to_sql": draw.choice(["0.30", "0.9", "0.01", "0.125"]),
        "channels": [
            {
                "channel": name,
                "mix": str(round(Decimal(mix) / scale, 4)),
                "cpmql": draw.choice(["180.00", "95.50", "0", "33.333"]),
                "cap": draw.choice([None, None, 0, 1, 7, 120, 5000]),
            }
            for name, mix in zip(channels, mixes, strict=True)
        ],
        "phasing": {
            "months": months,
            "revenue_share": ["0.10", "0.20", "0.30", "0.35", "0.05"],
            "mql_lead_time_months": draw.randint(0, 30),
        },
        "calendar": [],
    }


def largest_remainder(total: int, weights: Sequence[Fraction]) -> list[int]:
    if not sum(weights):
        return [0 for _ in weights]
    exact = [total * weight / sum(weights) for weight in weights]
    parts = [math.floor(one) for one in exact]
    order = sorted(range(len(parts)), key=lambda n: (parts[n] - exact[n], n))
    for n in order[: total - sum(parts)]:
        parts[n] += 1
    return parts


def channel_targets(mql: int, channels: list[dict[str, Any]]) -> dict[str, int]:
    """Split, fix at the cap whoever is above it, split the rest again."""
    fixed: dict[str, int] = {}
    while True:
        others = [one for one in channels if one["channel"] not in fixed]
        parts = largest_remainder(
            mql - sum(fixed.values()), [Fraction(one["mix"]) for one in others]
        )
        found = dict(zip((one["channel"] for one in others), parts, strict=True))
        above = [
            one for one in others if one["cap"] is not None and found[one["channel"]] > one["cap"]
        ]
        if not above:
            return fixed | found
        fixed |= {one["channel"]: one["cap"] for one in above}


def money(value: Fraction) -> Decimal:
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return exact.quantize(Decimal("0.01"), ROUND_HALF_UP)


def exact_mql(said: dict[str, Any]) -> Fraction:
    needed = Fraction(said["goal_new_revenue"])
    for rate in RATES:
        needed /= Fraction(said[rate])
    return needed


@pytest.mark.parametrize("seed", [*range(4), *slow(range(4, 40))])
def test_a_random_plan_is_the_one_that_is_made_by_hand(seed: int, planner: Planner) -> None:
    said = random_plan(seed)
    planner.plan(said)
    mql = math.ceil(exact_mql(said))
    targets = planner.targets()
    assert targets["mql_needed"] == mql
    assert targets["sql_needed"] == math.ceil(exact_mql(said) * Fraction(said["mql_to_sql"]))
    assert targets["pipeline_value_needed"] == money(
        Fraction(said["goal_new_revenue"]) / Fraction(said["win_rate"])
    )
    wanted = channel_targets(mql, said["channels"])
    found = {row["channel"]: row for row in planner.rows("plan_channels")}
    assert {name: row["mql_target"] for name, row in found.items()} == wanted
    for one in said["channels"]:
        budget = money(Fraction(one["cpmql"]) * wanted[one["channel"]])
        assert found[one["channel"]]["budget"] == budget
    assert targets["budget_total"] == sum(row["budget"] for row in found.values())
    assert targets["mql_shortage"] == mql - sum(wanted.values())
    shares = [Fraction(share) for share in said["phasing"]["revenue_share"]]
    months = {row["revenue_month"]: row["mql_due"] for row in planner.rows("plan_months")}
    assert [months[month] for month in said["phasing"]["months"]] == largest_remainder(mql, shares)
    assert_it_adds_up(planner)


def assert_it_adds_up(planner: Planner) -> None:
    """As the singular test of the project says, in Python."""
    targets, channels = planner.targets(), planner.rows("plan_channels")
    crossed = planner.rows("plan_channel_months")
    for row in channels:
        mine = [one for one in crossed if one["channel"] == row["channel"]]
        assert sum(one["planned_mqls"] for one in mine) == row["mql_target"]
        assert sum(one["planned_cost"] for one in mine) == row["budget"]
    if any(row["mql_target"] for row in channels):
        assert sum(one["planned_revenue"] for one in crossed) == targets["goal_amount"]
    months = planner.rows("plan_months")
    assert sum(row["revenue_due"] for row in months) == targets["goal_amount"]


@pytest.mark.parametrize("seed", range(4))
def test_sensitivity_is_the_plan_made_again_with_another_rate(seed: int, planner: Planner) -> None:
    said = random_plan(seed)
    planner.plan(said)
    found = {row["scenario"]: row for row in planner.rows("plan_sensitivity")}
    assert len(found) == 10
    for rate in RATES:
        for change, factor in (("-10 %", Fraction(9, 10)), ("+10 %", Fraction(11, 10))):
            changed = Fraction(said[rate]) * factor
            if rate != "average_deal_value":
                changed = min(changed, Fraction(1))
            mql = math.ceil(exact_mql(said | {rate: changed}))
            row = found[f"{rate} {change}"]
            assert row["mql_needed"] == mql, row
            targets = channel_targets(mql, said["channels"])
            assert row["budget_total"] == sum(
                money(Fraction(one["cpmql"]) * targets[one["channel"]]) for one in said["channels"]
            )


@pytest.mark.parametrize(("value", "says"), [("0", "is zero"), (None, "is missing")])
@pytest.mark.parametrize("rate", RATES)
def test_a_rate_that_is_zero_or_missing_undoes_what_comes_after_it_and_says_so(
    rate: str, value: str | None, says: str, planner: Planner
) -> None:
    planner.plan(random_plan(1) | {rate: value})
    targets = planner.targets()
    assert targets["mql_needed"] is None
    assert targets["budget_total"] is None
    assert targets["undefined_because"] == f"{rate} {says}"
    assert {row["mql_target"] for row in planner.rows("plan_channels")} == {None}
    assert {row["mql_due"] for row in planner.rows("plan_months")} == {None}
    assert (targets["won_needed"] is None) == (rate == "average_deal_value")
    assert (targets["sql_needed"] is None) == (rate != "mql_to_sql")


def test_what_the_plan_calls_trailing_is_what_the_window_measured(planner: Planner) -> None:
    said = random_plan(2)
    said |= dict.fromkeys(RATES, "trailing")
    said["channels"] = [
        {"channel": "webinar", "mix": "0.5", "cpmql": "trailing"},
        {"channel": "email", "mix": "0.5", "cpmql": "trailing"},
    ]
    planner.plan(said)
    inputs = {row["plan_input"]: row for row in planner.rows("plan_inputs")}
    values = {
        row["metric"]: row["number"]
        for row in planner.session.rows("""
            select metric, number from metrics.metric_values
            where metric in ('win_rate_count', 'average_deal_value', 'cpmql')
            and (dims ->> 'period') = '2025-H1'
            and coalesce(dims ->> 'channel', 'webinar') = 'webinar'
        """)
    }
    assert {row["source"] for row in inputs.values()} == {"trailing", "missing"}
    assert inputs["win_rate"]["value"] == values["win_rate_count"]
    assert money(Fraction(inputs["average_deal_value"]["value"])) == values["average_deal_value"]
    assert inputs["cpmql webinar"]["value"] == values["cpmql"]
    assert inputs["cpmql email"]["source"] == "missing"
    # In the window 8 people first became an MQL, and 4 of them were qualified, all with a deal.
    assert inputs["mql_to_sql"]["value"] == Decimal("0.5")
    assert inputs["sql_to_opportunity"]["value"] == 1
    targets = planner.targets()
    assert targets["mql_needed"] is not None
    assert targets["budget_total"] is None
    known = {row["channel"]: row["undefined_because"] for row in planner.rows("plan_channels")}
    assert known == {"webinar": None, "email": "cpmql is missing"}


def test_a_plan_that_deducts_the_pipeline_plans_the_rest(planner: Planner) -> None:
    said = random_plan(3) | {"goal_new_revenue": "100000", "deduct_open_pipeline": True}
    planner.plan(said)
    weighted = planner.session.value("select weighted_value from metrics.pipeline")
    assert weighted > 0
    assert planner.targets()["deducted_pipeline"] == weighted
    rest = said | {"goal_new_revenue": str(Decimal(100000) - weighted)}
    assert planner.targets()["mql_needed"] == math.ceil(exact_mql(rest))


def test_no_channel_takes_anything_where_all_are_full(planner: Planner) -> None:
    said = random_plan(1)
    said["channels"] = [
        {"channel": "webinar", "mix": "0.9", "cpmql": "10", "cap": 3},
        {"channel": "email", "mix": "0.1", "cpmql": "10", "cap": 2},
    ]
    planner.plan(said)
    targets = planner.targets()
    assert targets["mql_assigned"] == 5
    assert targets["mql_shortage"] == targets["mql_needed"] - 5


def test_rates_that_no_number_holds_are_refused_in_words(planner: Planner) -> None:
    said = random_plan(1) | dict.fromkeys(RATES[1:], "0.12345678901234567")
    planner.plan(said)
    targets = planner.targets()
    assert targets["mql_needed"] is None
    assert "too many decimal places" in targets["undefined_because"]


def test_a_calendar_is_counted_day_by_day(planner: Planner) -> None:
    draw = random.Random(5)
    tasks: list[dict[str, Any]] = [
        {
            "task": f"task {n}",
            "event_date": dt.date(2025, 1, 1) + dt.timedelta(days=draw.randrange(500)),
            "due_weeks_before": draw.randrange(20),
            "lead_time_business_days": draw.choice([0, 1, 2, 3, 10, 61]),
        }
        for n in range(60)
    ]
    planner.plan(random_plan(1) | {"calendar": tasks})
    session = planner.session
    holidays = {
        row["holiday_date"]
        for row in session.rows("from canonical.holiday where schedule_id = 'TYO'")
    }
    weekdays = {
        row["weekday"]
        for row in session.rows("from canonical.business_schedule where schedule_id = 'TYO'")
    }
    one_day = dt.timedelta(days=1)

    def open_day(day: dt.date) -> dt.date:
        while day.weekday() not in weekdays or day in holidays:
            day -= one_day
        return day

    found = {row["task"]: row for row in planner.rows("plan_tasks")}
    for task in tasks:
        due = open_day(task["event_date"] - dt.timedelta(weeks=task["due_weeks_before"]))
        start = due
        for _ in range(task["lead_time_business_days"] - 1):
            start = open_day(start - one_day)
        row = found[task["task"]]
        assert (row["due_date"], row["start_date"]) == (due, start), task


def test_the_plan_is_held_against_what_happened(planner: Planner) -> None:
    said = random_plan(1)
    said |= {"goal_new_revenue": "100000", "average_deal_value": "1000", "win_rate": "0.5"}
    said |= {"sql_to_opportunity": "1", "mql_to_sql": "0.5"}
    said["channels"] = [
        {"channel": "webinar", "mix": "0.5", "cpmql": "50"},
        {"channel": "paid_search", "mix": "0.5", "cpmql": "50"},
    ]
    months = ["2025-02", "2025-03", "2025-04", "2025-07"]
    said["phasing"] = {
        "months": months,
        "revenue_share": ["0.25"] * 4,
        "mql_lead_time_months": 1,
    }
    planner.plan(said)
    found = {(row["month"], row["channel"]): row for row in planner.rows("plan_actuals")}
    assert {month for month, _ in found} == {"2025-01", *months, "2025-06"}
    mqls = planner.session.rows("""
        select
            strftime(first_mql_at at time zone 'Asia/Tokyo', '%Y-%m') as month,
            lead_channel as channel,
            count(*) as mqls
        from metrics.person_milestones where first_mql_at is not null group by all
    """)
    for row in mqls:
        if row["month"] in {month for month, _ in found}:
            assert found[row["month"], row["channel"]]["actual_mqls"] == row["mqls"]
    known = [row for row in found.values() if row["actual_mqls"] is not None]
    assert sum(row["actual_mqls"] for row in known) == sum(
        row["mqls"] for row in mqls if row["month"] in {month for month, _ in found}
    )
    assert found["2025-07", "webinar"]["state"] == "to come"
    assert found["2025-07", "webinar"]["actual_mqls"] is None
    ended = found["2025-02", "webinar"]
    assert ended["state"] == "ended"
    assert ended["planned_mqls"] == 50
    assert ended["mql_variance"] == ended["actual_mqls"] - 50
    assert ended["mql_verdict"] == "under"
    assert ended["planned_cost"] == 2500
    assert ended["planned_revenue"] == 12500
    won = planner.session.value("""
        select sum(won_amount) from metrics.win_rates
        where period in ('2025-01', '2025-02', '2025-03', '2025-04', '2025-06')
    """)
    assert sum(row["won_revenue"] or 0 for row in found.values()) == won


def test_without_a_plan_there_is_nothing(planner: Planner) -> None:
    planner.plan(None)
    assert set(planner.sizes().values()) == {0}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"win_rate": "1.5"}, "win_rate.*: Input should be less than or equal to 1"),
        ({"goal": 3}, "goal: Extra inputs"),
        ({"phasing": {"months": ["2026-01"], "revenue_share": []}}, "1 months have 0 revenue"),
        (
            {"phasing": {"months": ["2026-01"] * 2, "revenue_share": ["0.5"] * 2}},
            "month 2026-01 is there twice",
        ),
        (
            {"channels": [{"channel": "email", "mix": "0.5"}] * 2},
            "channel email is there twice",
        ),
    ],
)
def test_what_is_no_plan_is_refused(change: dict[str, Any], says: str, tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(random_plan(1) | change), "utf-8")
    with pytest.raises(Misconfigured, match=says):
        read_document(path, Plan)
