"""Chances and games over paths of channels: an absorbing chain, and Shapley's value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from itertools import combinations, groupby, pairwise
from math import factorial
from typing import NamedTuple

_START, _WON, _LOST = "(start)", "(won)", "(lost)"


class Path(NamedTuple):
    """The channels that a deal met, repeats in a row as one, and how it ended."""

    channels: tuple[str, ...]
    won: bool


def collapsed(channels: Iterable[str]) -> tuple[str, ...]:
    return tuple(channel for channel, _ in groupby(channels))


def players(paths: Iterable[Path]) -> list[str]:
    return sorted({channel for path in paths for channel in path.channels})


def won_share(paths: Sequence[Path], without: str | None = None) -> Fraction | None:
    """Of walks through the chain those that end won, if what flows to a channel is lost."""
    if not paths:
        return None
    steps = Counter(
        step
        for path in paths
        for step in pairwise([_START, *path.channels, _WON if path.won else _LOST])
    )
    states = [_START, *(channel for channel in players(paths) if channel != without)]
    leaving = {state: sum(n for (a, _), n in steps.items() if a == state) for state in states}
    # Of every state: x = sum of chances times x of the states that follow + the chance to win.
    rows = [
        [Fraction(a == b) - Fraction(steps[a, b], leaving[a]) for b in states]
        + [Fraction(steps[a, _WON], leaving[a])]
        for a in states
    ]
    return solved(rows)[0]


def solved(rows: list[list[Fraction]]) -> list[Fraction]:
    """Linear equations, each with its right side last, by elimination."""
    rows = [list(row) for row in rows]
    for place in range(len(rows)):
        pivot = next(n for n in range(place, len(rows)) if rows[n][place])
        rows[place], rows[pivot] = rows[pivot], rows[place]
        head = [value / rows[place][place] for value in rows[place]]
        for number, row in enumerate(rows):
            factor = row[place]
            rows[number] = (
                head
                if number == place
                else [value - factor * above for value, above in zip(row, head, strict=True)]
            )
    return [row[-1] for row in rows]


def removal_effects(paths: Sequence[Path]) -> dict[str, Fraction | None]:
    """What of the won share goes with each channel; undefined where nothing is won."""
    whole = won_share(paths)
    effects: dict[str, Fraction | None] = {}
    for channel in players(paths):
        rest = won_share(paths, without=channel)
        effects[channel] = 1 - rest / whole if whole and rest is not None else None
    return effects


Worth = Callable[[frozenset[str]], Fraction]


def shapley(names: Sequence[str], worth: Worth) -> dict[str, Fraction]:
    """What each player adds, averaged over all orders in which they can arrive."""
    count = len(names)
    worths = {
        frozenset(coalition): worth(frozenset(coalition))
        for size in range(count + 1)
        for coalition in combinations(names, size)
    }
    values = dict.fromkeys(names, Fraction(0))
    for before, reached in worths.items():
        # So many of all orders begin with these players and the next one.
        orders = factorial(len(before)) * factorial(max(count - len(before) - 1, 0))
        for player in names:
            added = 0 if player in before else worths[before | {player}] - reached
            if added:
                values[player] += added * Fraction(orders, factorial(count))
    return values


def conversion(paths: Sequence[Path]) -> Worth:
    """The game of the won share among the paths that a coalition can walk alone."""

    def worth(coalition: frozenset[str]) -> Fraction:
        walked = [path.won for path in paths if coalition.issuperset(path.channels)]
        return Fraction(sum(walked), len(walked)) if walked else Fraction(0)

    return worth


def revenue(channels: Iterable[str], amount: Fraction) -> Worth:
    """The game of one won path: its amount, if all its channels are there."""
    needed = frozenset(channels)
    return lambda coalition: amount if needed <= coalition else Fraction(0)
