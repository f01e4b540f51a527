"""Gathers pages into segments, and lands one segment while the next is being gathered."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from connectors.core.contract import Contract
from connectors.core.drift import FieldWatch
from connectors.core.source import Page
from warehouse.clock import Clock
from warehouse.landing import Cursor, Landed, RawStream, Segment

# Large enough that commits do not dominate, small enough for flat memory and a kill that repeats
# little: a segment is landed when it holds so many records or bytes, or is so many seconds old.
SEGMENT_RECORDS = 32_000
SEGMENT_BYTES = 16 * 1024 * 1024
SEGMENT_SECONDS = 15.0


class Lander:
    """Lands one reading of one stream; what is committed is told to `note`."""

    def __init__(
        self,
        raw: RawStream,
        contract: Contract,
        watch: FieldWatch,
        clock: Clock,
        *,
        run_id: str,
        note: Callable[[int, Landed], None],
    ) -> None:
        self._raw, self._contract, self._watch = raw, contract, watch
        self._clock, self._run_id, self._note = clock, run_id, note
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="landing")
        self._under_way: Future[Landed] | None = None
        # What this reading brought: its pages, and the keys of what was refused, None for nameless.
        self.pages, self.refused = 0, set[str | None]()
        self._sent = 0
        self._is_broken = False
        self._segment, self._bytes = Segment(), 0
        self._cursor: Cursor | None = None
        self._began = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            # Whatever stopped the reading, the pages that did arrive are complete: keep them.
            self.flush()
        finally:
            self._worker.shutdown()

    def add(self, page: Page) -> None:
        """Judge a page; land what has gathered if it is enough.

        Raises:
            Drifted: a field that staging needs is gone; what has gathered is not landed.
        """
        self._watch.look(page.records)
        known = len(self._segment.rejects)
        self._contract.judge(page.records, self._segment, page.place)
        self._segment.rejects += page.rejects
        self.refused |= {one.key for one in self._segment.rejects[known:]}
        self.pages += 1
        self._bytes += sum(map(len, page.records))
        self._cursor = page.cursor
        if (
            len(self._segment) >= SEGMENT_RECORDS
            or self._bytes >= SEGMENT_BYTES
            or time.monotonic() - self._began >= SEGMENT_SECONDS
        ):
            self._send()

    def flush(self) -> None:
        """Land what has gathered, and wait until it is."""
        self._send()
        self._wait()

    def _send(self) -> None:
        self._wait()
        segment, cursor = self._segment, self._cursor
        self._segment, self._bytes, self._cursor = Segment(), 0, None
        self._began = time.monotonic()
        if cursor is None or self._is_broken:
            return
        self._watch.check(segment)
        self._sent = len(segment)
        self._under_way = self._worker.submit(
            self._raw.land, segment, cursor, run_id=self._run_id, at=self._clock.now()
        )

    def _wait(self) -> None:
        """Let the segment before come to its end: segments are landed in order."""
        if self._under_way is not None:
            landing, self._under_way = self._under_way, None
            # Behind a segment that could not be landed no later cursor may be committed.
            self._is_broken = True
            self._note(self._sent, landing.result())
            self._is_broken = False
