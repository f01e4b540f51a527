"""From the revenue goal back to channels, months and tasks: plan and calendar."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from tests.metrics.oracle.calendar import add_months
from tests.metrics.oracle.company import Company, Record, ratio_text, total
from tests.metrics.oracle.rules import document, largest_remainder

_DAY = timedelta(days=1)


def records(company: Company) -> Iterator[Record]:
    plan = document(company, "plan")
    if plan is None:
        return
    mql = None
    for name, value in needed(plan).items():
        if name in {"won", "opportunities"}:
            yield Record(f"plan_{name}_needed", {}, ratio_text(value))
        elif name == "pipeline_value":
            yield Record("plan_pipeline_value_needed", {}, company.money_text(value))
        else:
            mql = math.ceil(value) if value is not None else None
            yield Record(f"plan_{name}_needed", {}, _whole(mql))
    yield from _channels(company, plan, mql)
    yield from _phasing(plan, mql)
    yield from _calendar(company, plan)


def needed(plan: dict[str, Any]) -> dict[str, Fraction | None]:
    """Exact, nothing rounded on the way; unknown from the first rate on that is 0 or unknown."""
    goal = Fraction(plan["goal_new_revenue"])
    won = _over(goal, plan.get("average_deal_value"))
    opportunities = _over(won, plan.get("win_rate"))
    sql = _over(opportunities, plan.get("sql_to_opportunity"))
    return {
        "won": won,
        "opportunities": opportunities,
        "pipeline_value": _over(goal, plan.get("win_rate")),
        "sql": sql,
        "mql": _over(sql, plan.get("mql_to_sql")),
    }


def _over(amount: Fraction | None, rate: Any) -> Fraction | None:
    if amount is None or rate is None or Fraction(rate) == 0:
        return None
    return amount / Fraction(rate)


def _whole(count: int | None) -> str | None:
    return None if count is None else str(count)


def targets(channels: list[dict[str, Any]], mql: int) -> list[int]:
    """By mix; who would get more than it can take gets that, and the rest is split again."""
    fixed: dict[int, int] = {}
    while True:
        free = [n for n, one in enumerate(channels) if n not in fixed and Fraction(one["mix"]) > 0]
        parts = dict.fromkeys(range(len(channels)), 0) | fixed
        if free:
            weights = [Fraction(channels[n]["mix"]) for n in free]
            rest = mql - sum(fixed.values())
            parts |= dict(zip(free, largest_remainder(rest, weights), strict=True))
        caps = {n: cap for n in free if (cap := channels[n].get("cap")) is not None}
        over = {n: cap for n, cap in caps.items() if parts[n] > cap}
        if not over:
            return [parts[n] for n in range(len(channels))]
        fixed |= over


def _channels(company: Company, plan: dict[str, Any], mql: int | None) -> Iterator[Record]:
    channels = plan.get("channels", [])
    wanted: list[int | None] = [None] * len(channels)
    if mql is not None:
        wanted = [*targets(channels, mql)]
    budgets: list[Fraction | None] = []
    for one, target in zip(channels, wanted, strict=True):
        dims, price = {"channel": one["channel"]}, one.get("cpmql")
        budget = None
        if target is not None and price is not None:
            budget = company.money(target * Fraction(price))
        budgets.append(budget)
        yield Record("plan_channel_mql_target", dims, _whole(target))
        yield Record("plan_channel_budget", dims, company.money_text(budget))
    known_budgets = [budget for budget in budgets if budget is not None]
    whole = total(known_budgets) if channels and len(known_budgets) == len(channels) else None
    yield Record("plan_budget_total", {}, company.money_text(whole))


def _phasing(plan: dict[str, Any], mql: int | None) -> Iterator[Record]:
    phasing = plan.get("phasing")
    if phasing is None:
        return
    shares = [Fraction(one) for one in phasing["revenue_share"]]
    parts: list[int | None] = [None] * len(shares)
    if mql is not None and sum(shares) > 0:
        parts = [*largest_remainder(mql, shares)]
    for month, part in zip(phasing["months"], parts, strict=True):
        due = add_months(date.fromisoformat(f"{month}-01"), -int(phasing["mql_lead_time_months"]))
        dims = {"month": f"{due:%Y-%m}", "revenue_month": month}
        yield Record("plan_mql_due_in_month", dims, _whole(part))


def _calendar(company: Company, plan: dict[str, Any]) -> Iterator[Record]:
    working = _weekdays(company)
    closed = {row.holiday_date for row in company.holidays if row.schedule_id == _schedule(company)}

    def works(day: date) -> bool:
        return day.weekday() in working and day not in closed

    for task in plan.get("calendar", []):
        due = start = None
        if working:
            due = date.fromisoformat(task["event_date"]) - 7 * task["due_weeks_before"] * _DAY
            while not works(due):
                due -= _DAY
            start = due
            for _ in range(task["lead_time_business_days"] - 1):
                start -= _DAY
                while not works(start):
                    start -= _DAY
        dims = {"task": task["task"]}
        yield Record("calendar_task_due", dims, due.isoformat() if due else None)
        yield Record("calendar_task_start", dims, start.isoformat() if start else None)


def _schedule(company: Company) -> str | None:
    """The one of the promises to leads, else the first."""
    schedules = (row.schedule_id for row in company.business_schedules)
    return company.policy["sla_schedule"] or min(schedules, default=None)


def _weekdays(company: Company) -> set[int]:
    """On which the team opens; nobody knows where its schedule has no hours."""
    schedule_id = _schedule(company)
    return {row.weekday for row in company.business_schedules if row.schedule_id == schedule_id}
