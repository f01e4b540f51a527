"""Periods as a company cuts them, and rounding as its books do."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

_INSTANT = timedelta(microseconds=1)
_LENGTHS = {"Q": 3, "H": 6, "": 12}


@dataclass(frozen=True)
class Period:
    """Whole business months, from `first` to before `end`."""

    label: str
    first: date
    end: date

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.first <= day < self.end

    @property
    def months(self) -> list[Period]:
        return [month_of(day) for day in _firsts(self.first, self.end)]


def month_of(day: date) -> Period:
    first = day.replace(day=1)
    return Period(f"{first:%Y-%m}", first, add_months(first, 1))


def add_months(first: date, months: int) -> date:
    count = first.year * 12 + first.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)


def _firsts(first: date, end: date) -> Iterator[date]:
    while first < end:
        yield first
        first = add_months(first, 1)


class Calendar:
    """The periods that a policy reports; years begin in January unless it says otherwise."""

    def __init__(self, policy: dict[str, Any]) -> None:
        self.zone = ZoneInfo(policy["business_timezone"])
        self.as_of = datetime.fromisoformat(policy["as_of"]).astimezone(UTC)
        self.as_of_date = self.date_of(self.as_of - _INSTANT)
        self._year_starts_in = int(policy.get("fiscal_year_start_month", 1))
        first = date.fromisoformat(policy["window"]["start_month"] + "-01")
        last = date.fromisoformat(policy["window"]["end_month"] + "-01")
        self.window = self._named(first, add_months(last, 1))
        self.months = self.window.months
        self.quarters = [
            self._named(month.first, add_months(month.first, 3))
            for month in self.months
            if self._offset(month.first) % 3 == 0 and add_months(month.first, 3) <= self.window.end
        ]
        history = date.fromisoformat(policy.get("history_start_month", f"{first:%Y-%m}") + "-01")
        self.history = Period("history", min(history, first), self.window.end).months

    def date_of(self, instant: datetime) -> date:
        """The business day on which an instant falls."""
        return instant.astimezone(self.zone).date()

    def start_of(self, day: date) -> datetime:
        """The first instant of a business day."""
        return datetime(day.year, day.month, day.day, tzinfo=self.zone).astimezone(UTC)

    def close_of(self, month: Period) -> datetime:
        """The instant just before which a month closes; the running one closes as of now."""
        return min(self.start_of(month.end), self.as_of)

    def close_date_of(self, month: Period) -> date:
        """The day whose rates value a month's closing."""
        return self.date_of(self.close_of(month) - _INSTANT)

    def before(self, month: Period) -> Period:
        return month_of(add_months(month.first, -1))

    def quarter_of(self, day: date) -> Period:
        first = day.replace(day=1)
        first = add_months(first, -(self._offset(first) % 3))
        return self._named(first, add_months(first, 3))

    def quarter_named(self, label: str) -> Period:
        """The quarter that a label such as `2025-Q1` names."""
        year, number = label.split("-Q")
        first = add_months(date(int(year), self._year_starts_in, 1), 3 * (int(number) - 1))
        return self._named(first, add_months(first, 3))

    def _offset(self, first: date) -> int:
        return (first.month - self._year_starts_in) % 12

    def _named(self, first: date, end: date) -> Period:
        months = (end.year - first.year) * 12 + end.month - first.month
        offset = self._offset(first)
        year = add_months(first, -offset).year
        if months == 1:
            return month_of(first)
        for letter, length in _LENGTHS.items():
            if months == length and offset % length == 0:
                number = f"-{letter}{offset // length + 1}" if letter else ""
                return Period(f"{year}{number}", first, end)
        return Period(f"{first:%Y-%m}..{add_months(end, -1):%Y-%m}", first, end)


def rounded(value: Fraction, places: int) -> Fraction:
    """Half away from zero."""
    scaled = abs(value) * 10**places
    whole = int(scaled + Fraction(1, 2))
    return Fraction(whole if value >= 0 else -whole, 10**places)


def text(value: Fraction, places: int) -> str:
    """A decimal with so many places."""
    scaled = rounded(value, places) * 10**places
    return f"{Decimal(scaled.numerator).scaleb(-places):f}"
