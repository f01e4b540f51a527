"""The plan: from the revenue goal back to what marketing must bring, and when."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

from pydantic import Field

from warehouse.documents import Document
from warehouse.policy import Month, Share


class Channel(Document):
    channel: str
    mix: Share
    cpmql: Decimal = Field(ge=0)
    cap: int | None = Field(None, ge=0)


class Phasing(Document):
    """The months of revenue, what share falls due in each, and how long before its MQLs do."""

    months: tuple[Month, ...]
    revenue_share: tuple[Share, ...]
    mql_lead_time_months: int = Field(ge=0)


class Task(Document):
    task: str
    event_date: dt.date
    due_weeks_before: int = Field(ge=0)
    lead_time_business_days: int = Field(ge=0)


class Plan(Document):
    goal_new_revenue: Decimal = Field(ge=0)
    average_deal_value: Decimal | None = Field(None, ge=0)
    win_rate: Share | None = None
    sql_to_opportunity: Share | None = None
    mql_to_sql: Share | None = None
    channels: tuple[Channel, ...] = ()
    phasing: Phasing | None = None
    calendar: tuple[Task, ...] = ()
