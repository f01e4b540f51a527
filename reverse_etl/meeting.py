"""Tells by sums which few rows of two tables have to be compared, and proves the others the same.

A row is two numbers of 64 bits: the hash of its key and the hash of its values. Both are mixed into
one, which is added to the sum of the row's bucket on our side and taken from it on theirs. A bucket
that comes out at zero holds the same rows on both sides; the rows of any other one are compared in
full by the caller. That costs a seventh of a join, which mostly waits for memory.

Of all rows in the buckets that came out even it is proven once more that they are the same: there
are as many on both sides, and the hashes of their keys, and those of their values, add up to the
same. Where they do not, a collision has evened out a bucket, and the caller has to compare all.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.uint64]

_ODD = np.uint64(0x9E3779B97F4A7C15)
_SHIFTS = np.uint64(32), np.uint64(29)
_WRAP = 1 << 64
_FEWEST_BITS, _MOST_BITS = 10, 27
# What fits in the processor's cache.
_PIECE = 1 << 17


@dataclass(frozen=True)
class Total:
    """How many rows, and the sums of both hashes; the sums wrap as numbers of 64 bits do."""

    rows: int = 0
    keys: int = 0
    values: int = 0

    def without(self, other: Total) -> Total:
        return Total(
            self.rows - other.rows,
            (self.keys - other.keys) % _WRAP,
            (self.values - other.values) % _WRAP,
        )


class Meeting:
    """Where the rows of two tables of about `rows` each meet."""

    def __init__(self, rows: int) -> None:
        # About as many buckets as rows: of the rows that share one, all are suspect or none.
        self.bits = min(max((rows * 5 // 8).bit_length(), _FEWEST_BITS), _MOST_BITS)
        self._sums = np.zeros(1 << self.bits, np.uint64)

    def add(self, pieces: Iterable[tuple[Numbers, Numbers]], *, is_ours: bool) -> Total:
        """Put in columns: the hashes of keys, and of values."""
        rows = keys_sum = values_sum = 0
        for piece in pieces:
            for start in range(0, len(piece[0]), _PIECE):
                keys, values = (column[start : start + _PIECE] for column in piece)
                self._put(keys, values, is_ours=is_ours)
                rows += len(keys)
                keys_sum += int(keys.sum(dtype=np.uint64))
                values_sum += int(values.sum(dtype=np.uint64))
        return Total(rows, keys_sum % _WRAP, values_sum % _WRAP)

    def suspects(self) -> list[int]:
        """The buckets that did not come out even: the first `bits` bits of their keys' hashes."""
        return np.flatnonzero(self._sums).tolist()

    def _put(self, keys: Numbers, values: Numbers, *, is_ours: bool) -> None:
        # No sum of these numbers follows from that of others: two rows that have swapped their
        # values are seen.
        mixed = keys * _ODD
        mixed ^= values
        for shift in _SHIFTS:
            mixed *= _ODD
            mixed ^= mixed >> shift
        places = (keys >> np.uint64(64 - self.bits)).view(np.int64)
        (np.add if is_ours else np.subtract).at(self._sums, places, mixed)
