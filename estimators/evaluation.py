"""How well a score tells those who get there from those who do not."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def auc(scores: Floats, labels: Flags) -> float | None:
    """Share of pairs of a positive and a negative in which the positive scores higher; equal: half.

    None without positives or without negatives. By mean ranks (Mann-Whitney), in n log n.
    """
    positives = int(labels.sum())
    negatives = len(labels) - positives
    if not positives or not negatives:
        return None
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    mean_ranks = np.cumsum(counts) - (counts - 1) / 2
    above = mean_ranks[place][labels].sum() - positives * (positives + 1) / 2
    return float(above / (positives * negatives))


def best(scores: Floats, ids: Sequence[str], count: int) -> Flags:
    """The `count` highest scores; of equal ones the first ids."""
    chosen = np.zeros(len(scores), dtype=bool)
    chosen[np.lexsort((np.asarray(ids), -scores))[:count]] = True
    return chosen


def lift(chosen: Flags, labels: Flags) -> float | None:
    """How much richer in positives the chosen are than all; None without either."""
    if not chosen.any() or not labels.any():
        return None
    return float(labels[chosen].mean() / labels.mean())


def precision(chosen: Flags, labels: Flags) -> float | None:
    """Of the chosen, the share of positives."""
    return float(labels[chosen].mean()) if chosen.any() else None


def recall(chosen: Flags, labels: Flags) -> float | None:
    """Of the positives, the share that is chosen."""
    return float(chosen[labels].mean()) if labels.any() else None


def brier(probabilities: Floats, labels: Flags) -> float:
    """Mean squared distance of a probability from what happened; 0 is perfect (Brier 1950)."""
    return float(np.mean((probabilities - labels) ** 2))


def calibration_error(probabilities: Floats, labels: Flags, groups: int = 10) -> float:
    """Mean distance of foretold and found rates, over groups of equally many by probability."""
    order = np.argsort(probabilities, kind="stable")
    parts = [part for part in np.array_split(order, groups) if len(part)]
    gaps = [abs(probabilities[part].mean() - labels[part].mean()) * len(part) for part in parts]
    return float(sum(gaps) / len(labels))
