"""Which months, quarters and window a policy reports, and the instants at which they are cut."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from warehouse.policy import Policy

# Without a first month, MRR is known from so many months before the window.
_HISTORY_MONTHS = 120
# Targets lie at most so many quarters ahead.
_QUARTERS_AHEAD = 4
_MONTHS_OF = {"quarter": 3, "half": 6, "year": 12}


@dataclass(frozen=True)
class Period:
    """A month, a quarter or the window; its instants are where the business's days are cut."""

    label: str
    first_date: date
    end_date: date
    start_at: datetime
    end_at: datetime
    is_month: bool
    is_quarter: bool
    is_window: bool
    in_window: bool


class Calendar:
    """The periods that a policy reports, seen from one instant."""

    def __init__(self, policy: Policy, now: datetime) -> None:
        self._policy = policy
        self._zone = ZoneInfo(policy.business_timezone)
        self.as_of = (policy.as_of or now).astimezone(UTC)
        # The instant is exclusive: what is reported ends with the day before it, at midnight.
        self.as_of_date = (self.as_of - timedelta(microseconds=1)).astimezone(self._zone).date()
        window = policy.window
        last = _month(window.end_month) if window.end_month else self.as_of_date.replace(day=1)
        self.first_month = (
            _month(window.start_month) if window.start_month else _add(last, 1 - window.months)
        )
        self.end_month = _add(last, 1)
        self.history_start = (
            _month(policy.history_start_month)
            if policy.history_start_month
            else _add(self.first_month, -_HISTORY_MONTHS)
        )

    @property
    def window_label(self) -> str:
        """`2025-H1`, `2025-Q1`, `2025`, `2025-01`, or the first and last month of any other."""
        months = (self.end_month.year - self.first_month.year) * 12 + (
            self.end_month.month - self.first_month.month
        )
        year, offset = self._fiscal(self.first_month)
        if months == 1:
            return f"{self.first_month:%Y-%m}"
        for name, length in _MONTHS_OF.items():
            if months == length and offset % length == 0:
                number = offset // length + 1
                return {
                    "quarter": f"{year}-Q{number}",
                    "half": f"{year}-H{number}",
                    "year": f"{year}",
                }[name]
        return f"{self.first_month:%Y-%m}..{_add(self.end_month, -1):%Y-%m}"

    def periods(self) -> Iterator[Period]:
        """Months since the history's start, the window, and quarters, past and to come."""
        spans: dict[str, tuple[date, date, set[str]]] = {}
        # The history opens with the closing of the month before it.
        for month in _months(_add(self.history_start, -1), self.end_month):
            spans[f"{month:%Y-%m}"] = (month, _add(month, 1), {"month"})
        for quarter in self._quarters():
            year, offset = self._fiscal(quarter)
            spans[f"{year}-Q{offset // 3 + 1}"] = (quarter, _add(quarter, 3), {"quarter"})
        window = (self.first_month, self.end_month)
        kinds = spans.get(self.window_label, (*window, set()))[2]
        spans[self.window_label] = (*window, kinds | {"window"})
        for label, (first, end, kinds) in spans.items():
            yield Period(
                label,
                first,
                end,
                self._midnight(first),
                min(self._midnight(end), self.as_of),
                "month" in kinds,
                "quarter" in kinds,
                "window" in kinds,
                in_window=self.first_month <= first and end <= self.end_month,
            )

    def _quarters(self) -> Iterator[date]:
        """Quotas and forecasts may be older than the history of MRR."""
        start = min(self.history_start, _add(self.first_month, -_HISTORY_MONTHS))
        _, offset = self._fiscal(start)
        ahead = _add(self.as_of_date.replace(day=1), 3 * (_QUARTERS_AHEAD + 1))
        return _months(_add(start, -offset % 3), max(ahead, self.end_month), step=3)

    def _fiscal(self, month: date) -> tuple[int, int]:
        """The year in which the fiscal year of a month begins, and months since then."""
        since = (month.month - self._policy.fiscal_year_start_month) % 12
        return _add(month, -since).year, since

    def _midnight(self, day: date) -> datetime:
        return datetime(day.year, day.month, day.day, tzinfo=self._zone).astimezone(UTC)


def _month(text: str) -> date:
    return date.fromisoformat(f"{text}-01")


def _add(month: date, months: int) -> date:
    since = month.year * 12 + month.month - 1 + months
    return date(since // 12, since % 12 + 1, 1)


def _months(first: date, end: date, step: int = 1) -> Iterator[date]:
    while first < end:
        yield first
        first = _add(first, step)
