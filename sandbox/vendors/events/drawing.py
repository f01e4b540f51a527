"""Draws when which browser does what: columns of numbers, however many there are."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from sandbox.vendors.events.templates import AGENTS, CAMPAIGNS, DEEDS, REFERRERS

DAY = 86_400_000
HOUR = 3_600_000
DAYS = 90
_QUIET = 600_000

Column = Any
"""A numpy array with one value per call."""

IDENTIFY, GROUP, ALIAS = len(DEEDS), len(DEEDS) + 1, len(DEEDS) + 2
# Work is done between nine and eighteen in Tokyo, a little also at night; by hour of UTC.
_HOURS = np.array([9, 9, 9, 5, 8, 9, 9, 8, 7, 5, 3, 2, 2, 2, 2, 2, 1, 1, 1, 1, 1, 2, 3, 5], float)


@dataclass(frozen=True)
class Calls:
    """Calls in the order of their receipt; instants are milliseconds since 1970.

    `device` and `sent` are by the browser's clock, `received` by ours. `has` is 0 where the call
    carries all three, 1 without `sentAt`, 2 with a `timestamp` in place of `originalTimestamp`.
    """

    visitor: Column
    deed: Column
    knows_user: Column
    device: Column
    sent: Column
    received: Column
    has: Column
    message: Column
    agent: Column
    referrer: Column
    campaign: Column

    def __len__(self) -> int:
        return len(self.visitor)

    def take(self, rows: Column) -> "Calls":
        return Calls(**{name: column[rows] for name, column in vars(self).items()})


def draw(chance: np.random.Generator, says: Column, buys: Column, count: int, until: int) -> Calls:
    """About `count` calls of the visitors in the 90 days before `until`.

    Args:
        chance: all of it.
        says: of each visitor, whether they say who they are.
        buys: of each visitor, whether they use the product.
        count: how many calls, repeats apart.
        until: the end of the data.
    """
    weights = chance.lognormal(0, 1.1, len(says))
    visitor = np.sort(chance.choice(len(says), size=count, p=weights / weights.sum()))
    at = _moments(chance, count, until)
    order = np.lexsort((at, visitor))
    visitor, at = visitor[order], at[order]
    deed = _deeds(chance, buys[visitor])
    knows_user = _identified(chance, visitor, says, deed, buys)
    offset = np.where(chance.random(len(says)) < 0.04, _wrong_clocks(chance, len(says)), 0)[visitor]
    delay = chance.exponential(2_000, count).astype("i8") + 20
    late = chance.random(count) < 0.01
    delay[late] += chance.integers(HOUR, 12 * HOUR, late.sum())
    received = np.minimum(at + delay + chance.integers(50, 2_000, count), until - 1)
    calls = Calls(
        visitor,
        deed,
        knows_user,
        at + offset,
        at + delay + offset,
        received,
        chance.choice(3, count, p=(0.97, 0.02, 0.01)).astype("i1"),
        _messages(chance, count),
        chance.integers(0, len(AGENTS), len(says))[visitor].astype("i1"),
        chance.choice(len(REFERRERS), count, p=(0.7, 0.2, 0.05, 0.05)).astype("i1"),
        chance.choice(len(CAMPAIGNS) + 1, count, p=(0.02, 0.02, 0.01, 0.95)).astype("i1"),
    )
    return repeated(chance, calls, until)


def _moments(chance: np.random.Generator, count: int, until: int) -> Column:
    """More on working days and in working hours; none in the last ten minutes."""
    first = until - DAYS * DAY
    midnight = first - first % DAY
    weekday = (np.arange(DAYS + 1) + midnight // DAY + 3) % 7
    by_day = np.where(weekday < 5, 5.0, 1.0)
    day = chance.choice(DAYS + 1, size=count, p=by_day / by_day.sum())
    hour = chance.choice(24, size=count, p=_HOURS / _HOURS.sum())
    at = midnight + day * DAY + hour * HOUR + chance.integers(0, HOUR, count)
    # What would lie outside happens on the same weekday inside.
    at = np.where(at < first, at + 7 * DAY, at)
    return np.where(at > until - _QUIET, at - 7 * DAY, at).astype("i8")


def _deeds(chance: np.random.Generator, buys: Column) -> Column:
    weights = np.array([deed.weight for deed in DEEDS])
    marketing = np.where([deed.is_product for deed in DEEDS], 0, weights)
    visiting = chance.choice(len(DEEDS), len(buys), p=marketing / marketing.sum())
    using = chance.choice(len(DEEDS), len(buys), p=weights / weights.sum())
    return np.where(buys, using, visiting).astype("i1")


def _identified(
    chance: np.random.Generator, visitor: Column, says: Column, deed: Column, buys: Column
) -> Column:
    """From which call on the user is known; that one becomes identify, the next group."""
    starts = np.flatnonzero(np.r_[True, visitor[1:] != visitor[:-1]])
    lengths = np.diff(np.r_[starts, len(visitor)])
    who = visitor[starts]
    turn = starts + (lengths * chance.random(len(starts)) ** 2).astype("i8")
    place = np.arange(len(visitor))
    known = (place >= np.repeat(turn, lengths)) & says[visitor]
    turns = turn[says[who]]
    deed[turns] = IDENTIFY
    follows = turn + 1 < starts + lengths
    deed[turn[says[who] & buys[who] & follows] + 1] = GROUP
    rare = known & (chance.random(len(visitor)) < 0.002) & (deed < IDENTIFY)
    deed[rare] = ALIAS
    return known


def _wrong_clocks(chance: np.random.Generator, count: int) -> Column:
    """Minutes, a time zone, or a year beside the right time."""
    kind = chance.choice(3, count, p=(0.7, 0.2, 0.1))
    minutes = (chance.normal(0, 20, count) * 60_000).astype("i8")
    return np.select([kind == 0, kind == 1], [minutes, 9 * HOUR], -365 * DAY).astype("i8")


def _messages(chance: np.random.Generator, count: int) -> Column:
    return np.frombuffer(chance.bytes(count * 16).hex().encode(), dtype="S32")


def repeated(chance: np.random.Generator, calls: Calls, until: int) -> Calls:
    """Some calls come again: sent once more after minutes or hours, or the same line twice."""
    again = np.flatnonzero(chance.random(len(calls)) < 0.015)
    repeats = calls.take(again)
    wait = np.where(
        chance.random(len(again)) < 0.2, 0, chance.integers(30_000, 6 * HOUR, len(again))
    )
    received = np.minimum(repeats.received + wait, until - 1)
    repeats.sent[:] += received - repeats.received
    repeats.received[:] = received
    both = {
        name: np.concatenate((column, vars(repeats)[name])) for name, column in vars(calls).items()
    }
    return Calls(**both).take(np.argsort(both["received"], kind="stable"))
