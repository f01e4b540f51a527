"""Shapley values against all orders in which the players may join, in fractions."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from estimators import shapley
from estimators.shapley import conversion_shares, exact_values

Group = tuple[frozenset[int], int, int]
Worth = Callable[[frozenset[int]], Fraction]


@st.composite
def many_groups(draw: st.DrawFn) -> tuple[int, list[Group]]:
    channels = draw(st.integers(1, 5))
    some = st.frozensets(st.integers(0, channels - 1), min_size=1)
    found = draw(st.lists(st.tuples(some, st.integers(1, 5), st.integers(0, 5)), max_size=8))
    return channels, [(members, paths, min(paths, won)) for members, paths, won in found]


def over_all_orders(players: int, worth: Worth) -> list[Fraction]:
    """The mean of what each player adds when it joins, every order being as likely."""
    added = [Fraction(0)] * players
    orders = list(permutations(range(players)))
    for order in orders:
        for place, player in enumerate(order):
            before = frozenset(order[:place])
            added[player] += worth(before | {player}) - worth(before)
    return [one / len(orders) for one in added]


def conversion_rate(groups: list[Group]) -> Worth:
    def worth(coalition: frozenset[int]) -> Fraction:
        within = [(paths, won) for members, paths, won in groups if members <= coalition]
        paths = sum(one for one, _ in within)
        return Fraction(sum(won for _, won in within), paths) if paths else Fraction(0)

    return worth


def shares_of(channels: int, groups: list[Group]) -> shapley.Shares:
    sets = np.zeros((len(groups), channels), dtype=bool)
    for row, (members, _, _) in enumerate(groups):
        sets[row, sorted(members)] = True
    return conversion_shares(
        sets,
        np.array([paths for _, paths, _ in groups], dtype=np.int64),
        np.array([won for _, _, won in groups], dtype=np.int64),
    )


@given(many_groups())
def test_the_values_are_those_of_all_orders(drawn: tuple[int, list[Group]]) -> None:
    channels, groups = drawn
    shares = shares_of(channels, groups)
    wanted = over_all_orders(channels, conversion_rate(groups))
    assert shares.is_exact
    assert shares.values == pytest.approx([float(one) for one in wanted], abs=1e-12)
    assert (shares.standard_errors == 0).all()


@given(many_groups())
def test_the_values_add_up_to_what_all_reach_together(drawn: tuple[int, list[Group]]) -> None:
    channels, groups = drawn
    together = conversion_rate(groups)(frozenset(range(channels)))
    assert shares_of(channels, groups).values.sum() == pytest.approx(float(together), abs=1e-12)


@given(st.lists(st.tuples(st.frozensets(st.integers(0, 4), min_size=1), st.integers(0, 900))))
def test_the_game_of_revenue_gives_each_channel_of_a_path_the_same(
    paths: list[tuple[frozenset[int], int]],
) -> None:
    """What `shapley_channels` relies on: it splits revenue evenly and looks at no order."""

    def revenue(coalition: frozenset[int]) -> Fraction:
        return Fraction(sum(amount for members, amount in paths if members <= coalition))

    even = [
        sum(
            (Fraction(amount, len(members)) for members, amount in paths if one in members), start=0
        )
        for one in range(5)
    ]
    assert over_all_orders(5, revenue) == even
    worth = [
        float(revenue(frozenset(one for one in range(5) if index >> one & 1)))
        for index in range(32)
    ]
    assert exact_values(np.array(worth)) == pytest.approx([float(one) for one in even])


def test_a_channel_that_is_seen_where_deals_are_lost_adds_less_than_nothing() -> None:
    shares = shares_of(2, [(frozenset({0}), 1, 1), (frozenset({0, 1}), 2, 0)])
    assert shares.values.tolist() == pytest.approx([2 / 3, -1 / 3])


@given(many_groups())
def test_drawn_orders_come_within_their_error_and_are_drawn_alike(
    drawn: tuple[int, list[Group]],
) -> None:
    channels, groups = drawn
    exact = shares_of(channels, groups).values
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shapley, "EXACT_CHANNELS", 0)
        patch.setattr(shapley, "DRAWN_ORDERS", 1000)
        shares = shares_of(channels, groups)
        again = shares_of(channels, groups[::-1])
    assert not shares.is_exact
    assert (np.abs(shares.values - exact) <= 6 * shares.standard_errors + 1e-12).all()
    assert shares.values.tolist() == again.values.tolist()
    assert shares.values.sum() == pytest.approx(exact.sum(), abs=1e-12)


def test_many_channels_are_drawn_and_still_add_up() -> None:
    channels = shapley.EXACT_CHANNELS + 4
    groups = [(frozenset({one, (one + 1) % channels}), 3, one % 4) for one in range(channels)]
    shares = shares_of(channels, groups)
    together = conversion_rate(groups)(frozenset(range(channels)))
    assert not shares.is_exact
    assert shares.values.sum() == pytest.approx(float(together))
    assert 0 < shares.standard_errors.max() < 0.01


def test_without_a_path_or_a_channel_there_is_no_value() -> None:
    none = np.zeros(0, dtype=np.int64)
    assert conversion_shares(np.zeros((0, 0), dtype=bool), none, none).values.shape == (0,)
    assert exact_values(np.zeros(1)).shape == (0,)


def test_what_does_not_fit_together_is_refused() -> None:
    one = np.ones(1, dtype=np.int64)
    with pytest.raises(ValueError, match="do not fit"):
        conversion_shares(np.ones((2, 2), dtype=bool), one, one)
    with pytest.raises(ValueError, match="power of two"):
        exact_values(np.zeros(3))
