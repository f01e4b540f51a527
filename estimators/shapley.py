"""How much of a joint result is each player's: what it adds, over all orders of joining."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from math import comb

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]
Sets = NDArray[np.bool_]

# 2^16 coalitions take milliseconds; each channel more doubles them.
EXACT_CHANNELS = 16
# Orders drawn above that, each with its reverse: together they vary less than two of their own.
DRAWN_ORDERS = 4000
_SEED = 20250701
_DRAWN_AT_ONCE = 100


@dataclass(frozen=True)
class Shares:
    """What each player adds, in the unit of the game.

    Attributes:
        values: shape (players,); they add up to what all players reach together.
        standard_errors: how far a drawn value may be off, shape (players,); zero where it is exact.
        is_exact: whether all orders were looked at.
    """

    values: Floats
    standard_errors: Floats
    is_exact: bool


def conversion_shares(sets: Sets, paths: Counts, won: Counts) -> Shares:
    """Each channel's part in the rate at which paths are won.

    What some channels reach together is the share of the won paths among those that came through
    no other channel, and zero where there is no such path. A channel that is often seen on lost
    paths can add less than nothing.

    Args:
        sets: which channels a group of paths came through, shape (groups, channels).
        paths: how many paths each group has, shape (groups,).
        won: how many of them were won, shape (groups,).

    Raises:
        ValueError: the shapes do not fit.
    """
    if sets.ndim != 2 or paths.shape != won.shape or paths.shape != sets.shape[:1]:
        raise ValueError(f"{sets.shape}, {paths.shape} and {won.shape} do not fit together")
    if sets.shape[1] <= EXACT_CHANNELS:
        values = exact_values(conversion_rates(sets, paths, won))
        return Shares(values, np.zeros(len(values)), is_exact=True)
    return _drawn_shares(sets, paths, won)


def exact_values(worth: Floats) -> Floats:
    """The Shapley value of every player of a game, shape (players,).

    Args:
        worth: what every coalition reaches, shape (2^players,); bit k of an index stands for
            player k. The empty coalition's is first.

    Raises:
        ValueError: there are not 2^players coalitions.
    """
    players = len(worth).bit_length() - 1
    if len(worth) != 1 << players:
        raise ValueError(f"{len(worth)} coalitions are no power of two")
    coalitions = np.arange(len(worth))
    sizes = np.bitwise_count(coalitions)
    # A coalition of k comes before a player in one of n * comb(n - 1, k) ways.
    ways = np.array([1 / (players * comb(players - 1, size)) for size in range(players)])
    values = np.empty(players)
    for player in range(players):
        without = coalitions[(coalitions >> player) & 1 == 0]
        added = worth[without | (1 << player)] - worth[without]
        values[player] = ways[sizes[without]] @ added
    return values


def conversion_rates(sets: Sets, paths: Counts, won: Counts) -> Floats:
    """What every coalition of channels reaches, as `exact_values` takes it, shape (2^channels,)."""
    channels = sets.shape[1]
    index = sets @ (1 << np.arange(channels))
    within = np.zeros((2, 1 << channels), dtype=np.int64)
    np.add.at(within[0], index, paths)
    np.add.at(within[1], index, won)
    # Adds to every coalition what its parts have, one channel at a time.
    for channel in range(channels):
        pairs = within.reshape(2, -1, 2, 1 << channel)
        pairs[:, :, 1] += pairs[:, :, 0]
    return _rates(within[1], within[0])


def _rates(won: Counts, paths: Counts) -> Floats:
    return np.divide(won, paths, out=np.zeros(paths.shape), where=paths > 0)


def _drawn_shares(sets: Sets, paths: Counts, won: Counts) -> Shares:
    draws = np.random.default_rng(_SEED)
    channels = sets.shape[1]
    pairs = np.empty((DRAWN_ORDERS, channels))
    for begin, end in pairwise(range(0, DRAWN_ORDERS + 1, _DRAWN_AT_ONCE)):
        orders = np.argsort(draws.random((end - begin, channels)), axis=1)
        forth = _added(orders, sets, paths, won)
        pairs[begin:end] = (forth + _added(orders[:, ::-1], sets, paths, won)) / 2
    errors = pairs.std(axis=0, ddof=1) / np.sqrt(DRAWN_ORDERS)
    return Shares(pairs.mean(axis=0), errors, is_exact=False)


def _added(orders: Counts, sets: Sets, paths: Counts, won: Counts) -> Floats:
    """What each channel adds when it joins, per order, shape (orders, channels)."""
    places = np.argsort(orders, axis=1)
    groups, members = np.nonzero(sets)
    through_any, begins = np.unique(groups, return_index=True)
    # A group of paths counts from the place at which the last of its channels joins.
    complete = np.maximum.reduceat(places[:, members], begins, axis=1)
    joined = np.zeros((2, *places.shape), dtype=np.int64)
    rows = np.arange(len(orders))[:, None]
    np.add.at(joined[0], (rows, complete), paths[through_any])
    np.add.at(joined[1], (rows, complete), won[through_any])
    through_none = ~sets.any(axis=1)
    before = np.array([[[paths[through_none].sum()]], [[won[through_none].sum()]]])
    paths_within, won_within = joined.cumsum(axis=2) + before
    alone = _rates(before[1, 0], before[0, 0])
    rates = _rates(won_within, paths_within)
    return np.take_along_axis(np.diff(rates, axis=1, prepend=alone[0]), places, axis=1)
