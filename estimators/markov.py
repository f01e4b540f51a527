"""How often paths through channels end in a win, and how much rarer that is without a channel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Chain:
    """What a chain of channels says: probabilities, without unit.

    Attributes:
        conversion_probability: that a path is won; NaN where there is no path.
        removal_effects: per channel the share of the wins that is lost without it, shape
            (channels,); NaN where no path is won, for nothing can be lost then.
    """

    conversion_probability: float
    removal_effects: Floats


def removal_effects(steps: Counts) -> Chain:
    """Follow the first-order chain of the steps, whole and without each channel.

    A path that comes to a removed channel is lost there (Anderl et al., IJRM 33(3), 2016, as others
    tell it). The effects do not add up to one: their share of their sum is what is told as credit.

    Args:
        steps: how often each step was taken, shape (channels + 1, channels + 2). Rows are where a
            step begins: the channels, then the start. Columns are where it ends: the channels, then
            a win, then a loss. Whole numbers, not negative.

    Raises:
        ValueError: the shape is another, or there are steps and none of them begins at the start.
    """
    channels = steps.shape[0] - 1 if steps.ndim == 2 else -1
    if channels < 0 or steps.shape[1] != channels + 2:
        raise ValueError(f"steps of shape {steps.shape} are not (channels + 1, channels + 2)")
    if not steps.any():
        return Chain(float("nan"), np.full(channels, np.nan))
    if not steps[-1].any():
        raise ValueError("no step begins at the start")
    taken = steps.sum(axis=1, keepdims=True)
    moves = np.divide(steps, taken, out=np.zeros(steps.shape), where=taken > 0)
    whole = _conversion(moves, np.arange(channels))
    if not steps[:, channels].any():
        return Chain(0.0, np.full(channels, np.nan))
    without = [_conversion(moves, np.delete(np.arange(channels), one)) for one in range(channels)]
    # Without one channel no path can become likelier; what is below zero is the arithmetic's noise.
    effects = np.clip(1 - np.array(without, dtype=np.float64) / whole, 0, 1)
    return Chain(whole, effects)


def _conversion(moves: Floats, kept: Counts) -> float:
    """The probability of a win from the start, passing through the kept channels only."""
    channels = moves.shape[0] - 1
    start, won = moves[channels], moves[:channels, channels]
    among = np.eye(len(kept)) - moves[np.ix_(kept, kept)]
    from_channel = np.linalg.solve(among, won[kept])
    return float(start[channels] + start[kept] @ from_channel)
