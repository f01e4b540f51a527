"""Instants as each vendor writes them, and sandbox time."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

# A year has four digits, so that cutting the ISO form is the same as formatting, and cheaper.


def hubspot_instant(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds")[:23] + "Z"


def salesforce_instant(at: datetime) -> str:
    return at.isoformat()[:19] + ".000+0000"


def zendesk_instant(at: datetime) -> str:
    return at.isoformat()[:19] + "Z"


def parse_instant(text: str) -> datetime:
    """Read any of the three forms, or a bare date, as an aware UTC instant."""
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def epoch_seconds(text: str) -> int:
    return int(parse_instant(text).timestamp())


def current_second() -> datetime:
    return datetime.fromtimestamp(int(time.time()), UTC)


class SandboxClock:
    """Sandbox time: where the data ends, plus the real time since, plus the days let pass."""

    def __init__(self, as_of: datetime, ticks: Callable[[], float] = time.monotonic) -> None:
        self._origin = as_of
        self._ticks = ticks
        self._started = ticks()

    def now(self) -> datetime:
        return self._origin + timedelta(seconds=self._ticks() - self._started)

    def advance(self, by: timedelta) -> None:
        self._origin += by

    def not_before(self, at: datetime) -> None:
        """Move forward to `at` when it lies ahead: a restart must not turn time back."""
        behind = at - self.now()
        if behind > timedelta(0):
            self._origin += behind
