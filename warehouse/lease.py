"""Lets one process at a time use a thing; the kernel frees the lease of a dead holder."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock

from filelock import FileLock, Timeout

from warehouse.errors import Busy


class Lease:
    """A lease named by the file at `path`, re-entrant within this object, in any thread.

    A kernel lock and not a row in a table: a killed holder leaves nothing that others wait for.
    """

    def __init__(self, path: Path, *, wait_seconds: float) -> None:
        # The holder is the process: its threads have the lease together, the last gives it back.
        self._lock = FileLock(path.with_name(path.name + ".lease"), thread_local=False)
        self._counting = RLock()
        self._name = path.name
        self._holder = path.with_name(path.name + ".holder")
        self._wait_seconds = wait_seconds

    @contextmanager
    def held(self, purpose: str) -> Iterator[None]:
        """Hold the lease for the block.

        Raises:
            Busy: another process still held it after the wait; the message names that process.
        """
        try:
            with self._counting:
                self._take(purpose)
        except Timeout:
            raise Busy(
                f"{self._name} is in use by {self._read_holder()}; waited {self._wait_seconds:g} s",
                advice="wait for it to end, or raise REVOPS_WAREHOUSE__WAIT_SECONDS",
            ) from None
        try:
            yield
        finally:
            with self._counting:
                self._lock.release()

    def _take(self, purpose: str) -> None:
        if self._lock.is_locked:
            self._lock.acquire()
            return
        self._holder.parent.mkdir(parents=True, exist_ok=True)
        self._lock.acquire(timeout=self._wait_seconds)
        self._holder.write_text(json.dumps({"pid": os.getpid(), "purpose": purpose}))

    def _read_holder(self) -> str:
        try:
            holder = json.loads(self._holder.read_text())
        except (OSError, json.JSONDecodeError):
            return "another process"
        return f"`{holder['purpose']}` (process {holder['pid']})"
