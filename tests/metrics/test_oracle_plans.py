"""The oracle of plans, decisions and tests of variants: true to the worked example, and itself."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.metrics.oracle import decisions, experiments, planning
from tests.metrics.oracle.companies import random_company
from tests.metrics.oracle.company import Company, Record
from tests.metrics.oracle.planning import needed, targets
from tests.metrics.oracle.rules import document, largest_remainder

EXAMPLE = Path(__file__).parent / "worked_example"
SUBJECTS = (planning, decisions, experiments)
DOCUMENTS = ("plan", "decision_rules", "experiment")

Values = dict[tuple[str, str], str | None]

seeds = pytest.mark.parametrize("seed", range(30))


@pytest.fixture
def company(seed: int, tmp_path: Path) -> Company:
    random_company(seed, tmp_path)
    return Company(tmp_path)


def values(company: Company) -> Values:
    """By metric and dims; a record that comes twice is a fault."""
    found: list[Record] = [one for subject in SUBJECTS for one in subject.records(company)]
    keyed = {
        (one.metric, json.dumps(one.dims, sort_keys=True, ensure_ascii=False)): one.value
        for one in found
    }
    assert len(keyed) == len(found)
    return keyed


def test_every_record_of_the_worked_example_is_met_and_no_other_is_made() -> None:
    met = values(Company(EXAMPLE))
    metrics = {metric for metric, _ in met}
    assert len(metrics) == 17
    with (EXAMPLE / "expected.csv").open(encoding="utf-8", newline="") as file:
        wanted = {
            (
                row["metric"],
                json.dumps(json.loads(row["dims"]), sort_keys=True, ensure_ascii=False),
            ): row["value"]
            for row in csv.DictReader(file)
            if row["metric"] in metrics
        }
    assert met.keys() == wanted.keys()
    for key, value in wanted.items():
        assert met[key] == value or Decimal(met[key] or "NaN") == Decimal(value), key


@seeds
def test_a_document_that_is_missing_decides_nothing(company: Company) -> None:
    for name in DOCUMENTS:
        (company.folder / f"{name}.json").unlink(missing_ok=True)
    assert values(company) == {}


weights = st.lists(st.integers(0, 50), min_size=1, max_size=8).filter(any)


@given(total=st.integers(0, 5000), drawn=weights)
def test_whole_parts_add_up_and_stay_within_one_of_their_shares(
    total: int, drawn: list[int]
) -> None:
    shares = [Fraction(one) for one in drawn]
    parts = largest_remainder(total, shares)
    assert sum(parts) == total
    for part, share in zip(parts, shares, strict=True):
        assert abs(part - total * share / sum(shares)) < 1
    assert largest_remainder(total, [share / 7 for share in shares]) == parts
    ranked = sorted(zip(shares, parts, strict=True))
    assert [part for _, part in ranked] == sorted(parts)


channels = st.lists(
    st.fixed_dictionaries(
        {"mix": st.integers(0, 50), "cap": st.none() | st.integers(0, 300) | st.just(0)}
    ),
    min_size=1,
    max_size=7,
)


@given(drawn=channels, mql=st.integers(0, 1500))
def test_channels_take_all_that_they_can_and_no_more(drawn: list[dict[str, Any]], mql: int) -> None:
    found = targets(drawn, mql)
    room = 0
    for one, target in zip(drawn, found, strict=True):
        cap = mql if one["cap"] is None else one["cap"]
        assert 0 <= target <= (cap if one["mix"] else 0)
        room += cap if one["mix"] else 0
    assert sum(found) == min(mql, room)


@given(drawn=channels, mql=st.integers(0, 1500))
def test_a_cap_that_does_not_bind_changes_nothing(drawn: list[dict[str, Any]], mql: int) -> None:
    found = targets(drawn, mql)
    loose = [
        one | ({"cap": None} if one["cap"] is not None and target < one["cap"] else {})
        for one, target in zip(drawn, found, strict=True)
    ]
    assert targets(loose, mql) == found


rates = st.fixed_dictionaries(
    {
        "goal_new_revenue": st.integers(1, 10**7),
        "average_deal_value": st.integers(1, 10**5),
        "win_rate": st.fractions("1/100", 1),
        "sql_to_opportunity": st.fractions("1/100", 1),
        "mql_to_sql": st.fractions("1/100", 1),
    }
)
RATES = ("average_deal_value", "win_rate", "sql_to_opportunity", "mql_to_sql")


@given(plan=rates, name=st.sampled_from(RATES))
def test_a_better_rate_needs_less(plan: dict[str, Any], name: str) -> None:
    before, better = needed(plan), needed(plan | {name: plan[name] * 2})
    for metric, value in before.items():
        found = better[metric]
        assert found is not None
        assert value is not None
        assert found in {value, value / 2}
    assert better["mql"] == (before["mql"] or 0) / 2
    doubled = needed(plan | {"goal_new_revenue": plan["goal_new_revenue"] * 2})
    assert all(doubled[metric] == 2 * (value or 0) for metric, value in before.items())


@given(plan=rates, name=st.sampled_from(RATES), gone=st.sampled_from([0, None, "0.00"]))
def test_without_a_rate_nothing_is_known_from_there_on(
    plan: dict[str, Any], name: str, gone: Any
) -> None:
    chain = ["won", "opportunities", "sql", "mql"]
    place = RATES.index(name)
    found = needed(plan | {name: gone})
    assert [found[metric] is None for metric in chain] == [n >= place for n in range(4)]
    assert (found["pipeline_value"] is None) is (name == "win_rate")


def told(found: Values, metric: str) -> list[str | None]:
    return [value for (name, _), value in found.items() if name == metric]


@seeds
def test_months_add_up_to_the_plan(company: Company) -> None:
    plan, found = document(company, "plan"), values(company)
    months = told(found, "plan_mql_due_in_month")
    if plan and "phasing" in plan:
        assert len(months) == len(plan["phasing"]["months"])
        if None not in months:
            assert sum(int(one or 0) for one in months) == int(found["plan_mql_needed", "{}"] or -1)


@seeds
def test_budgets_add_up(company: Company) -> None:
    found = values(company)
    budgets = told(found, "plan_channel_budget")
    if budgets and None not in budgets:
        whole = sum(Decimal(one or 0) for one in budgets)
        assert whole == Decimal(found["plan_budget_total", "{}"] or "NaN")


@seeds
def test_tasks_begin_and_end_on_days_of_work(company: Company) -> None:
    found = values(company)
    schedules = [row.schedule_id for row in company.business_schedules]
    used = company.policy["sla_schedule"] or min(schedules, default=None)
    weekdays = {row.weekday for row in company.business_schedules if row.schedule_id == used}
    closed = {row.holiday_date for row in company.holidays if row.schedule_id == used}
    for task in (document(company, "plan") or {}).get("calendar", []):
        dims = json.dumps({"task": task["task"]}, ensure_ascii=False)
        due, start = found["calendar_task_due", dims], found["calendar_task_start", dims]
        if not weekdays:
            assert (due, start) == (None, None)
            continue
        assert due is not None
        assert start is not None
        first, last = date.fromisoformat(start), date.fromisoformat(due)
        wanted = date.fromisoformat(task["event_date"]) - timedelta(weeks=task["due_weeks_before"])
        span = [first + timedelta(days=n) for n in range((wanted - first).days + 1)]
        worked = [day for day in span if day.weekday() in weekdays and day not in closed]
        assert worked[0] == first
        assert worked[-1] == last
        assert len(worked) == max(task["lead_time_business_days"], 1)


@seeds
def test_the_first_rule_that_holds_decides(company: Company) -> None:
    config = document(company, "decision_rules")
    if config is None:
        return
    before = values(company)
    rules = config["rules_in_priority_order"]
    for kept in range(len(rules) + 1):
        actions = {rule["action"] for rule in rules[:kept]} | {config["default_action"]}
        shorter = config | {"rules_in_priority_order": rules[:kept]}
        (company.folder / "decision_rules.json").write_text(json.dumps(shorter, default=float))
        for key, action in values(company).items():
            if key[0] == "decision_action":
                assert action == (before[key] if before[key] in actions else "no_change")


# OP08 of the worked example: 60,000 USD in Negotiation (4), Commit, to be closed on 31 August.
CONDITIONS: list[tuple[str, Any, dict[str, Any], int | None, bool]] = [
    ("amount_is_null", True, {}, 1, False),
    ("amount_is_null", False, {}, 1, True),
    ("amount_is_null", True, {"amount": None}, 1, True),
    ("close_date_overdue", True, {}, 1, False),
    ("close_date_overdue", False, {}, 1, True),
    ("close_date_overdue", True, {"close_date": date(2025, 6, 29)}, 1, True),
    ("close_date_overdue", True, {"close_date": date(2025, 6, 30)}, 1, False),
    ("close_date_overdue", True, {"close_date": None}, 1, False),
    ("close_date_overdue", False, {"close_date": None}, 1, False),
    ("stage_at_least", 4, {}, 1, True),
    ("stage_at_least", 5, {}, 1, False),
    ("stage_at_least", 0, {"stage": "Unheard of"}, 1, False),
    ("forecast_category", "Commit", {}, 1, True),
    ("forecast_category", "Commit", {"forecast_category": None}, 1, False),
    ("days_since_engagement_gt", 21, {}, 21 * 86400, False),
    ("days_since_engagement_gt", 21, {}, 21 * 86400 + 1, True),
    ("days_since_engagement_lte", 21, {}, 21 * 86400, True),
    ("days_since_engagement_lte", 21, {}, 21 * 86400 + 1, False),
    ("days_since_engagement_gt", 21, {}, None, True),
    ("days_since_engagement_lte", 21, {}, None, False),
]


@pytest.mark.parametrize(("condition", "wanted", "changes", "seconds", "outcome"), CONDITIONS)
def test_conditions_hold_or_not(
    condition: str, wanted: Any, changes: dict[str, Any], seconds: int | None, outcome: bool
) -> None:
    company = Company(EXAMPLE)
    deal = next(one for one in company.opportunities if one.opportunity_id == "OP08")
    last = None
    if seconds is not None:
        last = company.calendar.as_of - timedelta(seconds=seconds)
    deal = replace(deal, **changes)
    assert decisions.holds(company, deal, last, condition, wanted) is outcome


def arm(size: int, conversions: int) -> dict[str, int]:
    return {"n": size, "conversions": min(size, conversions)}


arms = st.builds(arm, st.integers(0, 10**6), st.integers(0, 10**6))


def compared(a: dict[str, int], b: dict[str, int]) -> dict[str, Decimal | None]:
    found = {one.metric: one.value for one in experiments.compared(a, b)}
    return {name: None if value is None else Decimal(value) for name, value in found.items()}


@given(a=arms, b=arms)
def test_it_does_not_matter_which_variant_is_called_a(a: dict[str, int], b: dict[str, int]) -> None:
    there, back = compared(a, b), compared(b, a)
    assert there["ab_p_value_two_sided"] == back["ab_p_value_two_sided"]
    for metric in ("ab_absolute_lift", "ab_z"):
        one, other = there[metric], back[metric]
        assert (one is None) is (other is None)
        assert one is None or other is None or one == -other


@given(a=arms, b=arms)
def test_what_is_far_from_chance_has_a_small_p(a: dict[str, int], b: dict[str, int]) -> None:
    found = compared(a, b)
    z, p = found["ab_z"], found["ab_p_value_two_sided"]
    lift = found["ab_absolute_lift"]
    assert (z is None) is (p is None)
    if z is None or p is None or lift is None:
        return
    assert 0 <= p <= 1
    assert (z > 0) is (lift > 0) or abs(lift) < Decimal("1e-9") or abs(z) < Decimal("1e-9")
    # The usual table of the normal distribution.
    assert (abs(z) > Decimal("1.9599640")) is (p < Decimal("0.05")) or abs(p - Decimal("0.05")) < (
        Decimal("1e-6")
    )


@given(
    gain=st.fractions("-1/2", "1/2", max_denominator=1000),
    cycles=st.tuples(st.integers(0, 60), st.integers(0, 60)),
)
def test_gains_of_one_span_after_another_multiply(gain: Fraction, cycles: tuple[int, int]) -> None:
    first, second = (1 + experiments.compounded(gain, one) for one in cycles)
    assert 1 + experiments.compounded(gain, sum(cycles)) == first * second
