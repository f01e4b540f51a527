"""Says what a plan costs: calls, minutes, the day's quota, and how much it touches."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import groupby

from connectors.core.pace import SHARE, Allowance, Budget
from reverse_etl.plan import Plan
from warehouse.deliveries import MADE_ONCE


@dataclass(frozen=True)
class Cost:
    """Calls, the least minutes that they take, and their share of what is left of the day.

    What is None is not known: the tool names no pace, or was not asked what is left of its day.
    """

    reads: int
    writes: int
    minutes: float | None
    daily_left: int | None
    daily_share: float | None
    records: int
    fields: int
    accounts: int

    @property
    def calls(self) -> int:
        return self.reads + self.writes

    def as_json(self) -> dict[str, float | int | None]:
        return {"calls": self.calls, **vars(self)}


def cost_of(
    plan: Plan,
    *,
    batch_size: int,
    is_readable: bool,
    budget: Budget | None,
    day: Allowance | None = None,
) -> Cost:
    """What it takes to carry a plan out if the tool refuses nothing; a pure function.

    One call asks for the schema. Records that may have been changed by people are read before they
    are written; a batch holds one operation only, as the engine sends them.
    """
    runs = [(name, sum(1 for _ in same)) for name, same in groupby(_operations(plan))]
    writes = sum(math.ceil(count / batch_size) for _, count in runs)
    seen = sum(count for name, count in runs if name not in {*MADE_ONCE, "add", "remove"})
    reads = math.ceil(seen / batch_size) if is_readable else 0
    reads += 1 if plan.changes else 0
    calls = reads + writes
    left = None if day is None else day.remaining
    return Cost(
        reads=reads,
        writes=writes,
        minutes=None if budget is None else round(_minutes(calls, budget), 2),
        daily_left=left,
        daily_share=round(calls / left, 4) if left else None,
        records=len(plan.changes),
        fields=sum(len(change.after) for change in plan.changes),
        accounts=len({change.gate_key for change in plan.changes} - {None}),
    )


def _operations(plan: Plan) -> list[str]:
    return [change.operation for change in plan.changes]


def _minutes(calls: int, budget: Budget) -> float:
    """At the pace that we keep; what half of a window holds goes at once."""
    paced = max(0.0, calls - budget.requests / 2)
    return paced * budget.seconds / (budget.requests * SHARE) / 60
