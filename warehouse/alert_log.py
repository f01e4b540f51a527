"""Remembers what each channel was told and has not been told the end of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import sqlalchemy as sa

from warehouse.runs import as_utc
from warehouse.state import ALERTS, StateStore


@dataclass(frozen=True, order=True)
class Told:
    """One alert that a channel knows of; `since` is when it was first told there."""

    channel: str
    rule: str
    subject: str
    summary: str
    since: datetime
    told_at: datetime
    times: int


def told_to(state: StateStore, channel: str) -> list[Told]:
    """Everything that a channel knows to be firing, by rule and subject."""
    query = sa.select(ALERTS).where(ALERTS.c.channel == channel)
    with state.transaction() as connection:
        rows = list(connection.execute(query.order_by(ALERTS.c.rule, ALERTS.c.subject)).mappings())
    return [
        Told(**{**row, "since": as_utc(row["since"]), "told_at": as_utc(row["told_at"])})
        for row in rows
    ]


def note_told(
    state: StateStore, channel: str, told: Sequence[Told], closed: Sequence[tuple[str, str]]
) -> None:
    """Remember a message that has gone out, all of it or nothing; `closed` are rule and subject."""
    gone = [*closed, *((one.rule, one.subject) for one in told)]
    with state.transaction() as connection:
        for rule, subject in gone:
            connection.execute(
                sa.delete(ALERTS).where(
                    ALERTS.c.channel == channel,
                    ALERTS.c.rule == rule,
                    ALERTS.c.subject == subject,
                )
            )
        if told:
            connection.execute(sa.insert(ALERTS), [asdict(one) for one in told])
