"""Markov's chain and Shapley's game against other ways to reckon them."""

from __future__ import annotations

from collections import Counter, defaultdict
from fractions import Fraction
from itertools import pairwise, permutations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.metrics.oracle.chains import (
    Path,
    collapsed,
    conversion,
    players,
    removal_effects,
    revenue,
    shapley,
    won_share,
)

_CHANNELS = ("email", "paid_search", "webinar", "展示会")

walks = st.lists(st.sampled_from(_CHANNELS), min_size=1, max_size=6).map(collapsed)
many = st.lists(st.builds(Path, walks, st.booleans()), min_size=1, max_size=12)


def walked(paths: list[Path], without: str | None, steps: int = 4000) -> float:
    """The same chance by walking on and on, without an equation."""
    count = Counter(
        step
        for path in paths
        for step in pairwise(["start", *path.channels, "won" if path.won else "lost"])
    )
    leaving: dict[str, int] = defaultdict(int)
    for (state, _), times in count.items():
        leaving[state] += times
    here, won = {"start": 1.0}, 0.0
    for _ in range(steps):
        there: dict[str, float] = defaultdict(float)
        for (state, following), times in count.items():
            if following not in {"lost", without}:
                there[following] += here.get(state, 0.0) * times / leaving[state]
        won += there.pop("won", 0.0)
        here = dict(there)
        if sum(here.values()) < 1e-13:
            break
    return won


@settings(deadline=None)
@given(many)
def test_the_chain_wins_as_often_as_was_seen(paths: list[Path]) -> None:
    assert won_share(paths) == Fraction(sum(path.won for path in paths), len(paths))


@settings(deadline=None)
@given(many, st.sampled_from([None, *_CHANNELS]))
def test_equations_and_walking_agree(paths: list[Path], without: str | None) -> None:
    solved = won_share(paths, without)
    assert solved is not None
    assert abs(float(solved) - walked(paths, without)) < 1e-9


@settings(deadline=None)
@given(many)
def test_a_channel_has_an_effect_where_something_was_won_with_it(paths: list[Path]) -> None:
    effects = removal_effects(paths)
    if not any(path.won for path in paths):
        assert set(effects.values()) == {None}
        return
    with_win = players(path for path in paths if path.won)
    for channel, effect in effects.items():
        assert effect is not None
        assert 0 <= effect <= 1
        assert (effect > 0) or channel not in with_win
        if all(channel == path.channels[0] for path in paths):
            assert effect == 1
    assert removal_effects(paths[::-1]) == effects


def test_no_path_has_no_chance() -> None:
    assert won_share([]) is None
    assert removal_effects([]) == {}


def in_every_order(paths: list[Path]) -> dict[str, Fraction]:
    """What each adds when it arrives, over all orders of arrival."""
    names, worth = players(paths), conversion(paths)
    orders = list(permutations(names))
    added: dict[str, Fraction] = defaultdict(Fraction)
    for order in orders:
        for number, name in enumerate(order):
            before = frozenset(order[:number])
            added[name] += worth(before | {name}) - worth(before)
    return {name: value / len(orders) for name, value in added.items()}


@settings(deadline=None)
@given(many)
def test_shapleys_value_is_the_mean_over_all_orders(paths: list[Path]) -> None:
    values = shapley(players(paths), conversion(paths))
    assert values == in_every_order(paths)
    assert sum(values.values()) == Fraction(sum(path.won for path in paths), len(paths))


@settings(deadline=None)
@given(walks, st.integers(0, 10_000))
def test_a_won_paths_revenue_is_split_equally_over_its_channels(
    channels: tuple[str, ...], units: int
) -> None:
    values = shapley(_CHANNELS, revenue(channels, Fraction(units)))
    for name, value in values.items():
        assert value == (Fraction(units, len(set(channels))) if name in channels else 0)
