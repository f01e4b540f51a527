"""Counts requests inside a sliding window of sandbox time."""

from collections import deque
from datetime import datetime, timedelta


class Throttle:
    """At most `limit` requests in any `window`; refused requests are not counted."""

    def __init__(self, limit: int, window: timedelta) -> None:
        self.limit = limit
        self.window = window
        self._admitted: deque[datetime] = deque()

    def admit(self, now: datetime) -> bool:
        self._forget(now)
        if len(self._admitted) >= self.limit:
            return False
        self._admitted.append(now)
        return True

    def remaining(self, now: datetime) -> int:
        self._forget(now)
        return self.limit - len(self._admitted)

    def wait(self, now: datetime) -> float:
        """Seconds until the oldest admitted request leaves the window."""
        if not self._admitted:
            return 0.0
        return max(0.0, (self._admitted[0] + self.window - now).total_seconds())

    def _forget(self, now: datetime) -> None:
        while self._admitted and self._admitted[0] <= now - self.window:
            self._admitted.popleft()
