"""Channels as the tables of the metrics show them, for the estimates that need arrays."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from estimators.markov import removal_effects
from estimators.shapley import conversion_shares

_START, _WON, _LOST = "(start)", "(won)", "(lost)"
_PLACES = 15
_NUMBER = pa.decimal128(20, _PLACES)


def chain_table(steps: pa.Table) -> pa.Table:
    """The chain's probability of a win, and the removal effect of every channel.

    Args:
        steps: `from_channel`, `to_channel` and how many `steps`; a path begins at (start) and ends
            at (won) or (lost).

    Returns:
        One row per channel with its `removal_effect`, and one for (all) with the
        `conversion_probability`; null where it is undefined.
    """
    rows = steps.to_pylist()
    named = {name for row in rows for name in (row["from_channel"], row["to_channel"])}
    channels = sorted(named - {_START, _WON, _LOST})
    begins = {name: place for place, name in enumerate([*channels, _START])}
    ends = {name: place for place, name in enumerate([*channels, _WON, _LOST])}
    counts = np.zeros((len(begins), len(ends)), dtype=np.int64)
    for row in rows:
        counts[begins[row["from_channel"]], ends[row["to_channel"]]] += row["steps"]
    chain = removal_effects(counts)
    return pa.table(
        {
            "channel": pa.array([*channels, "(all)"], pa.string()),
            "conversion_probability": _numbers(
                [None] * len(channels) + [chain.conversion_probability]
            ),
            "removal_effect": _numbers([*chain.removal_effects.tolist(), None]),
        }
    )


def conversion_game_table(channel_sets: pa.Table) -> pa.Table:
    """The Shapley value of every channel in the rate at which paths are won.

    Args:
        channel_sets: `channels` as a list, and how many `paths` and `won_paths` came through them.

    Returns:
        One row per channel: `shapley_value`, its `standard_error`, and whether it `is_exact`.
    """
    rows = sorted(channel_sets.to_pylist(), key=lambda row: row["channels"])
    channels = sorted({channel for row in rows for channel in row["channels"]})
    sets = np.array([[name in row["channels"] for name in channels] for row in rows], dtype=bool)
    shares = conversion_shares(
        sets.reshape(len(rows), len(channels)),
        np.array([row["paths"] for row in rows], dtype=np.int64),
        np.array([row["won_paths"] for row in rows], dtype=np.int64),
    )
    return pa.table(
        {
            "channel": pa.array(channels, pa.string()),
            "shapley_value": _numbers(shares.values.tolist()),
            "standard_error": _numbers(shares.standard_errors.tolist()),
            "is_exact": pa.array([shares.is_exact] * len(channels), pa.bool_()),
        }
    )


def _numbers(values: list[float | None]) -> pa.Array[Any]:
    """Rounded once, as decimals; what is undefined is null."""
    rounded = [
        None if value is None or np.isnan(value) else Decimal(f"{value:.{_PLACES}f}")
        for value in values
    ]
    return pa.array(rounded, _NUMBER)
