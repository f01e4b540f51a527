"""Reads figures by day that their vendor restates for some time after."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone, tzinfo

import msgspec

from connectors.core.source import Page, Reading

# Where the day begins first: what no account has reached yet simply has no figures.
FIRST_ZONE = timezone(timedelta(hours=14))

# Pages of the figures of one account, from the first to the last day, both included.
Ask = Callable[[str, date, date], Iterable[list[msgspec.Raw]]]


@dataclass(frozen=True)
class DailyReport:
    """One report of one or more accounts.

    A run reads `restated` days again before the day that the last whole run read to; figures that
    changed meanwhile are landed as new versions, those that did not are not landed again. The
    cursor holds each account's way: `through` a day, or `from` a day `until` another.

    Attributes:
        ask: gives the pages of a window.
        first: the day on which the report begins.
        restated: for how many days figures are changed after the fact.
        span: the most days of one window.
        day_of: the account and the day of a landed key.
        tombstone: what is landed for a key that a whole window did not show any more.
    """

    ask: Ask
    first: date
    restated: int
    span: int
    day_of: Callable[[str], tuple[str, date]]
    tombstone: Callable[[str], msgspec.Raw]

    def read(self, reading: Reading, stream: str, accounts: Sequence[str]) -> Iterator[Page]:
        """Every account in turn, resumable behind each window."""
        state = dict(reading.cursor or {})
        landed = _Landed(reading.known, stream, self.day_of)
        if reading.days is not None:
            yield from self._again(reading.days, accounts, landed, state)
            return
        for account in accounts:
            # A resumed way ends on the day of the interrupted run: then read on to the present.
            for _ in range(2 if "until" in state.get(account, {}) else 1):
                way = state.get(account) or {}
                if "until" not in way:
                    way = self._way(way, today(reading.client.source_time()))
                for records, reached in self._windows(account, way, landed):
                    state = state | {account: reached}
                    yield Page(records, state)

    def _again(
        self,
        days: tuple[date, date],
        accounts: Sequence[str],
        landed: _Landed,
        state: dict[str, dict[str, str]],
    ) -> Iterator[Page]:
        """The days once more; how far the readings have come is another matter."""
        first, last = (day.isoformat() for day in days)
        for account in accounts:
            for records, _ in self._windows(account, {"from": first, "until": last}, landed):
                yield Page(records, state)

    def _way(self, done: dict[str, str], until: date) -> dict[str, str]:
        since = self.first
        if "through" in done:
            # One more: where it is latest, the day may be one ahead of the account's own.
            look_back = date.fromisoformat(done["through"]) - timedelta(days=self.restated + 1)
            since = max(self.first, look_back)
        return {"from": since.isoformat(), "until": until.isoformat()}

    def _windows(
        self, account: str, way: dict[str, str], landed: _Landed
    ) -> Iterator[tuple[list[msgspec.Raw], dict[str, str]]]:
        since, until = date.fromisoformat(way["from"]), date.fromisoformat(way["until"])
        while since <= until:
            end = min(since + timedelta(days=self.span - 1), until)
            before, shown = landed.between(account, since, end), set[str]()
            for page in self.ask(account, since, end):
                shown |= landed.keys_of(page)
                yield page, {"from": since.isoformat(), "until": way["until"]}
            gone = [self.tombstone(key) for key in sorted(before - shown)]
            since = end + timedelta(days=1)
            yield gone, {"from": since.isoformat(), "until": way["until"]}
        yield [], {"through": way["until"]}


class _Key(msgspec.Struct):
    id: str


_KEY = msgspec.json.Decoder(_Key)


class _Landed:
    """The keys that are landed already, by account and day; a record's key is its `id`."""

    def __init__(
        self,
        known: Callable[[str], list[str]],
        stream: str,
        day_of: Callable[[str], tuple[str, date]],
    ) -> None:
        self._by_day: dict[tuple[str, date], set[str]] = {}
        for key in known(stream):
            self._by_day.setdefault(day_of(key), set()).add(key)

    def between(self, account: str, first: date, last: date) -> set[str]:
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        return {key for day in days for key in self._by_day.get((account, day), ())}

    @staticmethod
    def keys_of(page: list[msgspec.Raw]) -> set[str]:
        return {_KEY.decode(record).id for record in page}


def today(now: datetime, zone: tzinfo = FIRST_ZONE) -> date:
    """The day it is in an account's zone; where the zone is unknown, wherever it is latest."""
    return now.astimezone(zone).date()
