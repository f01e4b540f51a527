"""The chain of channels against one that is walked through in fractions."""

from __future__ import annotations

from fractions import Fraction
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from estimators.markov import removal_effects

Path = tuple[tuple[int, ...], bool]


@st.composite
def many_paths(draw: st.DrawFn) -> tuple[int, list[Path]]:
    """Of up to five channels, each on a path; one after itself is told once, as in SQL."""
    channels = draw(st.integers(1, 5))
    steps = st.lists(st.integers(0, channels - 1), min_size=1, max_size=6)
    collapsed = steps.map(
        lambda found: tuple(
            one for place, one in enumerate(found) if place == 0 or found[place - 1] != one
        )
    )
    paths = draw(st.lists(st.tuples(collapsed, st.booleans()), min_size=1, max_size=12))
    seen = {one for path, _ in paths for one in path}
    rename = {one: place for place, one in enumerate(sorted(seen))}
    return len(seen), [(tuple(rename[one] for one in path), won) for path, won in paths]


def counted(channels: int, paths: list[Path]) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    steps = np.zeros((channels + 1, channels + 2), dtype=np.int64)
    for path, won in paths:
        ends = channels if won else channels + 1
        for begin, end in zip((channels, *path), (*path, ends), strict=True):
            steps[begin, end] += 1
    return steps


def conversion_by_elimination(channels: int, paths: list[Path], without: int | None) -> Fraction:
    """The exact probability of a win: states are taken out of the chain one by one, in fractions.

    What led into a state that is taken out goes on to where that state leads; its loops back to
    itself lengthen the stay and change no ending. No equations are solved.
    """
    moves: dict[int, dict[int | str, Fraction]] = {}
    for begin in range(channels + 1):
        ends: list[int | str] = [
            end
            for path, won in paths
            for here, end in zip((channels, *path), (*path, "won" if won else "lost"), strict=True)
            if here == begin
        ]
        moves[begin] = {end: Fraction(ends.count(end), len(ends)) for end in set(ends)}
    for gone in range(channels):
        onward = moves.pop(gone)
        stays = onward.pop(gone, Fraction(0))
        for ends_of in moves.values():
            arriving = ends_of.pop(gone, Fraction(0))
            if gone != without and stays != 1:
                for end, share in onward.items():
                    ends_of[end] = ends_of.get(end, Fraction(0)) + arriving * share / (1 - stays)
    return moves[channels].get("won", Fraction(0))


@given(many_paths())
def test_the_chain_is_that_of_elimination_in_fractions(drawn: tuple[int, list[Path]]) -> None:
    channels, paths = drawn
    chain = removal_effects(counted(channels, paths))
    whole = conversion_by_elimination(channels, paths, None)
    assert chain.conversion_probability == pytest.approx(float(whole), abs=1e-12)
    if whole == 0:
        assert np.isnan(chain.removal_effects).all()
        return
    effects = [
        float(1 - conversion_by_elimination(channels, paths, one) / whole)
        for one in range(channels)
    ]
    assert chain.removal_effects == pytest.approx(effects, abs=1e-12)


@given(many_paths())
def test_the_probability_is_the_share_of_paths_that_were_won(
    drawn: tuple[int, list[Path]],
) -> None:
    channels, paths = drawn
    won = sum(one for _, one in paths) / len(paths)
    found = removal_effects(counted(channels, paths)).conversion_probability
    assert found == pytest.approx(won, abs=1e-12)


@given(many_paths())
def test_effects_are_shares_and_together_at_least_the_whole(
    drawn: tuple[int, list[Path]],
) -> None:
    channels, paths = drawn
    effects = removal_effects(counted(channels, paths)).removal_effects
    if any(won for _, won in paths):
        assert (effects >= 0).all()
        assert (effects <= 1).all()
        assert effects.sum() >= 1 - 1e-12


@given(many_paths(), st.randoms(use_true_random=False))
def test_channels_are_told_apart_by_their_steps_alone(
    drawn: tuple[int, list[Path]], shuffled: Random
) -> None:
    channels, paths = drawn
    order = list(range(channels))
    shuffled.shuffle(order)
    renamed = [(tuple(order[one] for one in path), won) for path, won in paths]
    effects = removal_effects(counted(channels, renamed)).removal_effects
    before = removal_effects(counted(channels, paths)).removal_effects
    assert effects[order] == pytest.approx(before, abs=1e-12, nan_ok=True)


def test_without_a_path_nothing_is_known() -> None:
    chain = removal_effects(np.zeros((1, 2), dtype=np.int64))
    assert np.isnan(chain.conversion_probability)
    assert chain.removal_effects.shape == (0,)


def test_where_no_path_is_won_no_channel_can_be_missed() -> None:
    chain = removal_effects(counted(2, [((0, 1), False), ((1,), False)]))
    assert chain.conversion_probability == 0
    assert np.isnan(chain.removal_effects).all()


def test_where_every_path_is_won_a_channel_is_missed_as_often_as_it_is_met() -> None:
    chain = removal_effects(counted(2, [((0,), True), ((0,), True), ((0, 1), True), ((1,), True)]))
    assert chain.conversion_probability == pytest.approx(1)
    assert chain.removal_effects.tolist() == pytest.approx([0.75, 0.5])


@pytest.mark.parametrize(
    "steps", [np.zeros((2, 2), int), np.zeros(3, int), np.array([[0, 1, 0], [0, 0, 0]])]
)
def test_steps_that_are_none_are_refused(
    steps: np.ndarray[tuple[int, ...], np.dtype[np.int64]],
) -> None:
    with pytest.raises(ValueError, match=r"shape|start"):
        removal_effects(steps)
