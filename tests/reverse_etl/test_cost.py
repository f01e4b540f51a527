"""What a plan costs: calls as the engine makes them, minutes at the vendor's pace."""

from dataclasses import replace

import pytest

from connectors.core.pace import SHARE, Allowance, Budget
from reverse_etl.cost import Cost, cost_of
from reverse_etl.plan import Change, Plan
from tests.reverse_etl.test_plan import planned
from warehouse.deliveries import Operation

BUDGET = Budget(requests=100, seconds=10)


def plan_of(*operations: Operation) -> Plan:
    changes = tuple(
        Change(str(number), one, {}, {"a": 1, "b": 2}, "{}", gate_key=f"account {number // 2}")
        for number, one in enumerate(operations)
    )
    return replace(planned({}), changes=changes)


def cost(plan: Plan, *, is_readable: bool = True, day: Allowance | None = None) -> Cost:
    return cost_of(plan, batch_size=2, is_readable=is_readable, budget=BUDGET, day=day)


def test_a_batch_holds_one_operation_and_what_is_made_anew_is_not_read() -> None:
    found = cost(plan_of("update", "update", "update", "archive", "create"))
    # One question about the fields, two batches of four records to read.
    assert (found.reads, found.writes) == (3, 4)
    assert cost(plan_of("update"), is_readable=False).reads == 1


def test_an_empty_plan_costs_nothing() -> None:
    assert (cost(plan_of()).calls, cost(plan_of()).minutes) == (0, 0)


def test_it_touches_records_fields_and_keys_of_the_gate() -> None:
    found = cost(plan_of("update", "update", "update"))
    assert (found.records, found.fields, found.accounts) == (3, 6, 2)


def test_minutes_are_at_the_vendors_pace() -> None:
    updates: list[Operation] = ["update"] * 2_000
    found = cost(plan_of(*updates))
    assert found.calls == 2_001
    assert found.minutes == pytest.approx((2_001 - 50) * 10 / (100 * SHARE) / 60, abs=0.01)


def test_the_days_share_is_known_only_where_the_tool_told() -> None:
    day = Allowance(1_000, 30, 3_600, per="day")
    assert cost(plan_of("update"), day=day).daily_share == pytest.approx(0.1)
    assert cost(plan_of("update")).daily_share is None
