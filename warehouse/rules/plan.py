"""The plan: from the revenue goal back to what marketing must bring, by when, and at what cost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from warehouse.documents import Document, said_hash
from warehouse.policy import Month, Share

Money = Annotated[Decimal, Field(ge=0, max_digits=20, decimal_places=6)]
Name = Annotated[str, Field(min_length=1)]
# As the last window measured it.
Trailing = Literal["trailing"]


def _twice(kind: str, names: Iterable[str]) -> str | None:
    """What is wrong with names of which one stands there again."""
    seen = list(names)
    doubled = sorted({name for name in seen if seen.count(name) > 1})
    return f"{kind} {', '.join(doubled)} is there twice" if doubled else None


class Channel(Document):
    """What a channel is to bring; `mix` weighs it against the others, `cap` is the most it can."""

    channel: Name
    mix: Share
    cpmql: Money | Trailing | None = None
    cap: int | None = Field(None, ge=0)


class Phasing(Document):
    """The months of revenue, what share falls due in each, and how long before its MQLs do."""

    months: tuple[Month, ...] = Field(min_length=1)
    revenue_share: tuple[Share, ...]
    mql_lead_time_months: int = Field(0, ge=0, le=120)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if len(self.months) != len(self.revenue_share):
            raise ValueError(
                f"{len(self.months)} months have {len(self.revenue_share)} revenue shares"
            )
        if fault := _twice("month", self.months):
            raise ValueError(fault)
        return self


class Task(Document):
    """Work that an event needs: due so many weeks before it, taking so many business days."""

    task: Name
    event_date: dt.date
    due_weeks_before: int = Field(ge=0, le=520)
    lead_time_business_days: int = Field(ge=0, le=1000)


class Plan(Document):
    """A goal and the rates by which it is reckoned back: numbers, or the word `trailing`."""

    goal_new_revenue: Money
    deduct_open_pipeline: bool = Field(
        default=False,
        description="the weighted open pipeline counts as won: only the rest is planned for",
    )
    average_deal_value: Money | Trailing | None = None
    win_rate: Share | Trailing | None = None
    sql_to_opportunity: Share | Trailing | None = None
    mql_to_sql: Share | Trailing | None = None
    channels: tuple[Channel, ...] = ()
    phasing: Phasing | None = None
    calendar: tuple[Task, ...] = ()

    @property
    def version(self) -> str:
        """16 hex digits that change with anything that the document says."""
        return said_hash(self, besides=set())

    @model_validator(mode="after")
    def _names_each_thing_once(self) -> Self:
        faults = (
            _twice("channel", (one.channel for one in self.channels)),
            _twice("task", (one.task for one in self.calendar)),
        )
        if any(faults):
            raise ValueError("; ".join(fault for fault in faults if fault))
        return self
