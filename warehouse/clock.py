"""Decides what time it is, and what a run is called."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The present instant, in UTC."""


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 - the one place that asks the machine


@dataclass(frozen=True)
class FixedClock:
    """A clock that stands still, for worked examples and tests."""

    instant: datetime

    def now(self) -> datetime:
        return self.instant


def new_run_id() -> str:
    """A name for a run that sorts by when it began, even when `REVOPS_CLOCK` stands still."""
    began = SystemClock().now()
    return f"{began:%Y%m%d-%H%M%S}-{began.microsecond // 1000:03d}-{secrets.token_hex(2)}"
