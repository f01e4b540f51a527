"""What the tables of a random company draw from."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tests.metrics.oracle.calendar import Calendar, add_months

Line = dict[str, Any]
Lines = dict[str, list[Line]]

PLACES = {"USD": 2, "EUR": 2, "GBP": 2, "JPY": 0, "KWD": 3}
# What one unit is worth, to draw plausible rates from.
WORTH = {"USD": 1.0, "EUR": 1.1, "GBP": 1.3, "JPY": 0.0067, "KWD": 3.2}
CHANNELS = ("paid_search", "paid_social", "trade_show", "webinar", "email", "display", "partner")


@dataclass
class World:
    """What the tables of one company draw from."""

    rng: random.Random
    policy: dict[str, Any]
    calendar: Calendar
    currencies: list[str]
    tables: Lines = field(default_factory=dict)

    @property
    def first(self) -> date:
        """Half a year before anything is looked at."""
        return add_months(self.calendar.history[0].first, -6)

    @property
    def last(self) -> date:
        """Some days after the clock."""
        return self.calendar.as_of_date + timedelta(days=20)

    def maybe(self, chance: float) -> bool:
        return self.rng.random() < chance

    def day(self, first: date | None = None, last: date | None = None) -> date:
        start, end = first or self.first, last or self.last
        if self.maybe(0.2):
            start = max(start, end.replace(day=1))
        return start + timedelta(days=self.rng.randint(0, max((end - start).days, 0)))

    def instant(self, first: date | None = None, last: date | None = None) -> datetime:
        """Often at a business or UTC midnight, or a second beside it."""
        day = self.day(first, last)
        beside = timedelta(seconds=self.rng.choice([-1, 0, 0, 0, 1, 1800]))
        kind = self.rng.random()
        if kind < 0.3:
            return self.calendar.start_of(day.replace(day=1)) + beside
        if kind < 0.4:
            return datetime(day.year, day.month, 1, tzinfo=UTC) + beside
        if kind < 0.5:
            return self.calendar.start_of(day) + beside
        return self.calendar.start_of(day) + timedelta(seconds=self.rng.randint(0, 86399))

    def currency(self) -> str:
        return self.rng.choice(self.currencies)

    def amount(self, currency: str, least: int = 10, most: int = 5000) -> Decimal:
        """In units of the currency, worth between `least` and `most` dollars; ties are likely."""
        places = PLACES[currency]
        worth = Fraction(self.rng.randint(least * 8, most * 8), 8) / Fraction(WORTH[currency])
        return Decimal(round(worth * 10**places)).scaleb(-places)
