"""The baseline forecast a second time, deal by deal and without SQL: slow, exact and plain."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

AGES = (0, 15, 30, 60, 120)
HORIZONS = (15, 30, 60, 90, 120, 180, 270, 365)
PRIOR, LEAST = 5, 20

OPEN = ("Discovery", "Qualification", "Proposal", "Negotiation")
WON = "Closed Won"
TOKYO = ZoneInfo("Asia/Tokyo")


@dataclass(frozen=True)
class Row:
    """One row of a deal's history."""

    stage: str
    amount: Fraction | None
    close_date: date
    entered_at: datetime


@dataclass(frozen=True)
class Deal:
    """A deal that counts toward quota, with what is known of it at some instant."""

    opportunity_id: str
    owner_id: str
    rate: Fraction
    rows: tuple[Row, ...]

    def at(self, instant: datetime) -> Row | None:
        """What was recorded last before the instant."""
        known = [row for row in self.rows if row.entered_at < instant]
        return known[-1] if known else None

    @cached_property
    def visits(self) -> list[tuple[str, datetime, datetime | None]]:
        """Stage, when it was entered, and when it was left."""
        found: list[tuple[str, datetime]] = []
        for row in self.rows:
            if not found or found[-1][0] != row.stage:
                found.append((row.stage, row.entered_at))
        ends = [entered for _, entered in found[1:]] + [None]
        return [(stage, entered, end) for (stage, entered), end in zip(found, ends, strict=True)]


def _place(row: tuple[datetime, int, Row]) -> tuple[datetime, int]:
    return row[0], row[1]


def read_deals(folder: Path, rates: dict[str, Fraction]) -> list[Deal]:
    """The deals of a folder that are not deleted and no renewals."""
    histories: dict[str, list[tuple[datetime, int, Row]]] = defaultdict(list)
    for line in _lines(folder / "opportunity_stage_history.csv"):
        entered = datetime.fromisoformat(line["entered_at"])
        amount = Fraction(line["amount"]) if line["amount"] else None
        row = Row(line["stage"], amount, date.fromisoformat(line["close_date"]), entered)
        histories[line["opportunity_id"]].append((entered, int(line["seq"]), row))
    return [
        Deal(
            line["opportunity_id"],
            line["owner_id"],
            rates[line["currency"]],
            tuple(row for *_, row in sorted(histories[line["opportunity_id"]], key=_place)),
        )
        for line in _lines(folder / "opportunity.csv")
        if line["is_deleted"] == "false" and line["opportunity_type"] != "renewal"
    ]


def _lines(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


class Baseline:
    """What could be known at an instant, and what follows from it."""

    def __init__(self, deals: Iterable[Deal], instant: datetime) -> None:
        self.instant = instant
        self.deals = [
            Deal(deal.opportunity_id, deal.owner_id, deal.rate, known)
            for deal in deals
            if (known := tuple(row for row in deal.rows if row.entered_at < instant))
        ]

    @cached_property
    def _counts(self) -> dict[tuple[str, int, int], tuple[int, int]]:
        """Cases and wins by stage, age and horizon."""
        found: dict[tuple[str, int, int], list[bool]] = defaultdict(list)
        for deal in self.deals:
            for stage, entered, left in deal.visits:
                for age in AGES if stage in OPEN else ():
                    seen = entered + timedelta(days=age)
                    if left is not None and left <= seen:
                        continue
                    for horizon in HORIZONS:
                        over = seen + timedelta(days=horizon)
                        if over <= self.instant:
                            row = deal.at(over)
                            assert row is not None
                            found[stage, age, horizon].append(row.stage == WON)
        return {key: (len(wins), sum(wins)) for key, wins in found.items()}

    def counts(self, stages: Iterable[str], ages: Iterable[int], horizon: int) -> tuple[int, int]:
        found = [
            self._counts.get((stage, age, horizon), (0, 0)) for stage in stages for age in ages
        ]
        return sum(cases for cases, _ in found), sum(wins for _, wins in found)

    def curve(self, stage: str, age: int) -> list[tuple[int, Fraction]]:
        """The share won by the end of each horizon that enough is known of."""
        points = [(0, Fraction(0))]
        for horizon in HORIZONS:
            cases, wins = self.counts(OPEN, AGES, horizon)
            if cases < LEAST:
                share = None
            else:
                share = Fraction(wins, cases)
                for ages in (AGES, (age,)):
                    cases, wins = self.counts((stage,), ages, horizon)
                    share = (wins + PRIOR * share) / (cases + PRIOR)
            points.append((horizon, max(share or Fraction(0), points[-1][1])))
        is_known = self.counts(OPEN, AGES, HORIZONS[0])[0] >= LEAST
        return points if is_known else []

    def chance(self, stage: str, age: int, start: datetime, end: datetime) -> Fraction | None:
        """Of being won between two instants."""
        curve = self.curve(stage, age)
        if not curve:
            return None
        return self._by(curve, end) - self._by(curve, start)

    def _by(self, curve: list[tuple[int, Fraction]], instant: datetime) -> Fraction:
        days = Fraction((instant - self.instant) // timedelta(microseconds=1), 86_400_000_000)
        days = min(max(days, Fraction(0)), Fraction(HORIZONS[-1]))
        for (left, low), (right, high) in pairwise(curve):
            if days <= right:
                return low + (high - low) * (days - left) / (right - left)
        raise AssertionError(days)

    def chances(self, first: date, end: date) -> dict[str, Fraction | None]:
        """Of every open deal to be won between two days."""
        found = {}
        for deal in self.deals:
            stage, entered, _ = deal.visits[-1]
            if stage in OPEN:
                age = max(age for age in AGES if timedelta(days=age) <= self.instant - entered)
                found[deal.opportunity_id] = self.chance(stage, age, midnight(first), midnight(end))
        return found

    def expected(self, first: date, end: date) -> dict[str, Fraction]:
        """Every owner's wins by then, and the open deals at their chances."""
        chances, sums = self.chances(first, end), defaultdict[str, Fraction](Fraction)
        for deal in self.deals:
            row, chance = deal.rows[-1], chances.get(deal.opportunity_id)
            if row.stage == WON and first <= row.close_date < end:
                sums[deal.owner_id] += cents((row.amount or Fraction(0)) * deal.rate)
            elif row.stage in OPEN and row.amount is not None and chance is not None:
                sums[deal.owner_id] += cents(cents(row.amount * deal.rate) * chance)
        return sums


def cents(amount: Fraction) -> Fraction:
    """Rounded half away from zero."""
    whole = (2 * abs(amount) * 100 + 1) // 2
    return Fraction(whole if amount >= 0 else -whole, 100)


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), TOKYO).astimezone(UTC)
