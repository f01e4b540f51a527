"""Lets one process at a time use a thing; the kernel frees the lease of a dead holder."""

from __future__ import annotations

import fcntl
import getpass
import json
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import RLock

from filelock import FileLock, Timeout

from warehouse.errors import Busy
from warehouse.waiting import Wait, is_suspended, span


@dataclass(frozen=True)
class Holder:
    """Who holds a lease: what for, which process and user, and since which second of the epoch."""

    purpose: str
    pid: int
    since: float
    owner: str

    @property
    def is_alive(self) -> bool:
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except OSError:
            # Somebody else's process.
            return True
        return True

    def __str__(self) -> str:
        held = span(max(0.0, time.time() - self.since))
        suspended = ", which is suspended" if is_suspended(self.pid) else ""
        return (
            f"`{self.purpose}` (process {self.pid}) of {self.owner}{suspended}, which took it"
            f" {held} ago"
        )


class Lease:
    """A lease named by the file at `path`, re-entrant within this object, in any thread.

    A kernel lock and not a row in a table: a killed holder leaves nothing that others wait for. A
    living one is never taken over, however long it takes: who waits is told of it, and refused.
    """

    def __init__(self, path: Path, *, wait_seconds: float) -> None:
        # The holder is the process: its threads have the lease together, the last gives it back.
        self._lock = FileLock(path.with_name(path.name + ".lease"), thread_local=False)
        # Whoever waits longest has the turn: a holder that lets go and comes again stands behind.
        self._turn = path.with_name(path.name + ".turn")
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
        with self._counting:
            self._take(purpose)
        try:
            yield
        finally:
            with self._counting:
                self._lock.release()

    def holder(self) -> Holder | None:
        """Who took it last, if that process lives."""
        try:
            found = Holder(**json.loads(self._holder.read_text(encoding="utf-8")))
        except (OSError, json.JSONDecodeError, TypeError):
            return None
        return found if found.is_alive else None

    def _take(self, purpose: str) -> None:
        if self._lock.is_locked:
            self._lock.acquire()
            return
        self._holder.parent.mkdir(parents=True, exist_ok=True)
        wait = Wait(self._name, self._wait_seconds)
        # Bare, because it is taken each time, and a library's lock costs thirty times as much.
        turn = os.open(self._turn, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            self._wait_until(lambda: _locked(turn), wait)
            self._wait_until(self._locked, wait)
        finally:
            os.close(turn)
        wait.end()
        me = Holder(purpose, os.getpid(), time.time(), _user())
        self._holder.write_text(json.dumps(vars(me)), encoding="utf-8")

    def _locked(self) -> bool:
        try:
            self._lock.acquire(blocking=False)
        except Timeout:
            return False
        return True

    def _wait_until(self, is_done: Callable[[], bool], wait: Wait) -> None:
        while not is_done():
            holder = self.holder()
            if wait.is_over:
                raise self._busy(holder)
            wait.tell(str(holder or "another process"))
            wait.pause()

    def _busy(self, holder: Holder | None) -> Busy:
        advice = "wait for it to end, or raise REVOPS_WAREHOUSE__WAIT_SECONDS"
        if holder and is_suspended(holder.pid):
            advice = f"let it go on (`kill -CONT {holder.pid}`), or end it"
        return Busy(
            f"{self._name} is in use by {holder or 'another process'};"
            f" waited {self._wait_seconds:g} s",
            advice=advice,
        )


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@cache
def _user() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        # A container's user without an entry anywhere.
        return "a user without a name"
