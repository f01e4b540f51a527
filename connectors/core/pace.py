"""Spends a vendor's request budget evenly, together with every other process of the account.

What was sent in the last window is kept in a small file beside the warehouse, so that reading,
writing and a second command add up. While less than half of the budget is spent, requests go at
once; above it they are spaced evenly a little below the limit. Measured against a server that
counts a sliding window, even spacing at 98.5 % sends more per minute than bursts at 100 %, which
are refused and wait.
"""

from __future__ import annotations

import math
import struct
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from fcntl import LOCK_EX, LOCK_UN, flock
from mmap import mmap
from pathlib import Path
from threading import RLock
from typing import BinaryIO

SHARE = 0.985
AT_ONCE = 0.5
# What is left over when we sent this share of all is jitter of the way there, not somebody else.
OURS = 0.95
CATCH_UP = 8

# The stamps of the last requests, oldest overwritten first, behind where the next one goes, until
# when nothing may be sent, and the limit that the vendor itself named.
_HEAD = struct.Struct("<Qdd")
_STAMP = struct.Struct("<d")
_SLOTS = 1_024


@dataclass(frozen=True)
class Budget:
    """How many requests an account may send per period, as its vendor states it."""

    requests: int
    seconds: float


@dataclass(frozen=True)
class Allowance:
    """What a vendor's own headers say is left of a limit, and when it is whole again.

    `per` is `day` for a quota that people share for the rest of the day, else `burst`. `budget`
    is the glob of the source's `budgets` that it speaks of, None for the whole account's.
    """

    limit: int
    remaining: int
    resets_in: float
    per: str = "burst"
    budget: str | None = None


class Pacer:
    """One budget; without a file it is shared by the threads of this process only."""

    def __init__(
        self,
        budget: Budget,
        path: Path | None = None,
        *,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._budget = budget
        self._now, self._sleep = now, sleep
        self._ring, self._lock = _open(path)

    def wait(self) -> None:
        """Take the next free place of the budget, and sleep until it comes."""
        with self._lock:
            count, until, limit = _HEAD.unpack_from(self._ring)
            now = self._now()
            at = max(now, until, self._free_at(count, now, limit or self._budget.requests))
            self._put(count, at)
            _HEAD.pack_into(self._ring, 0, count + 1, until, limit)
        if at > now:
            self._sleep(at - now)

    def hold(self, seconds: float) -> None:
        """Let nobody send anything for so long: the vendor asked for it."""
        with self._lock:
            count, until, limit = _HEAD.unpack_from(self._ring)
            _HEAD.pack_into(self._ring, 0, count, max(until, self._now() + seconds), limit)

    def close(self) -> None:
        self._ring.close()
        if isinstance(self._lock, _Shared):
            self._lock.file.close()

    def believe(self, allowance: Allowance) -> None:
        """Take the vendor's word for the limit, and for how much others have left of it."""
        with self._lock:
            count, until, limit = _HEAD.unpack_from(self._ring)
            if allowance.limit != limit:
                _HEAD.pack_into(self._ring, 0, count, until, float(allowance.limit))
        if allowance.remaining <= allowance.limit * (1 - SHARE):
            with self._lock:
                is_ours = self._has_sent(count, (allowance.limit - allowance.remaining) * OURS)
            # What is spent by nobody but us is paced already: a window that slides is never empty,
            # and to wait for it would cost a third of what the vendor allows.
            if not is_ours:
                self.hold(allowance.resets_in / (allowance.remaining + 1))

    def _has_sent(self, count: int, requests: float) -> bool:
        """Whether so many were sent within the last period, by all who share the budget."""
        back = math.ceil(requests)
        if back > min(count, _SLOTS):
            return False
        return self._stamp(count - back) >= self._now() - self._budget.seconds

    def _free_at(self, count: int, now: float, limit: float) -> float:
        """When the window has room, and the pace allows it."""
        # Many requests in a short time are the same pace as few in a shorter one.
        scale = max(1.0, limit / (_SLOTS - 1))
        most = max(1, math.floor(limit / scale))
        window = self._budget.seconds / scale / SHARE
        free = self._stamp(count - most) + window if count >= most else now
        half = max(1, math.floor(most * AT_ONCE))
        if count >= half and self._stamp(count - half) + window > now:
            # Spaced from some requests back: what a slow answer took is caught up with.
            back = min(CATCH_UP, half)
            free = max(free, self._stamp(count - back) + back * window / most)
        return free

    def _stamp(self, place: int) -> float:
        found: float = _STAMP.unpack_from(self._ring, _HEAD.size + place % _SLOTS * _STAMP.size)[0]
        return found

    def _put(self, place: int, at: float) -> None:
        _STAMP.pack_into(self._ring, _HEAD.size + place % _SLOTS * _STAMP.size, at)


class _Shared(AbstractContextManager[object]):
    """A lock between processes by the kernel, and between threads by ourselves.

    A `FileLock` opens its file anew each time: forty times the cost, on every request.
    """

    def __init__(self, file: BinaryIO) -> None:
        self.file, self._threads = file, RLock()

    def __enter__(self) -> None:
        self._threads.acquire()
        flock(self.file, LOCK_EX)

    def __exit__(self, *_: object) -> None:
        flock(self.file, LOCK_UN)
        self._threads.release()


def _open(path: Path | None) -> tuple[mmap, AbstractContextManager[object]]:
    size = _HEAD.size + _SLOTS * _STAMP.size
    if path is None:
        return mmap(-1, size), RLock()
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("a+b")
    file.truncate(size)
    return mmap(file.fileno(), size), _Shared(file)
