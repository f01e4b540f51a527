"""Waits that are bounded, and that say after a few seconds for whom."""

from __future__ import annotations

import logging
import re
import time
from pathlib import Path

_LOG = logging.getLogger(__name__)

# Seconds of silence before a wait is told of, and between one telling and the next.
SAID_AFTER = 2.0
SAID_AGAIN_AFTER = 15.0
# Seconds between two tries.
PAUSE = 0.05

# What DuckDB says to whoever opens a file that another program has open.
_OPEN_ELSEWHERE = re.compile(
    r"Could not set lock on file.*?Conflicting lock is held in"
    r" (?P<program>.+?) ?\(PID (?P<pid>\d+)\)"
)


class Wait:
    """One wait for a thing, from now on; told at the level of warnings, which is standard error."""

    def __init__(self, thing: str, seconds: float) -> None:
        self._thing, self._seconds = thing, seconds
        self._began = time.monotonic()
        self._tell_at = self._began + SAID_AFTER
        self.is_told = False

    @property
    def is_over(self) -> bool:
        return self.waited >= self._seconds

    @property
    def waited(self) -> float:
        return time.monotonic() - self._began

    def pause(self) -> None:
        """Let a moment pass, but none behind the end of the wait."""
        time.sleep(max(0.0, min(PAUSE, self._seconds - self.waited)))

    def tell(self, whom: str) -> None:
        """Say whom it waits for, if it is time to."""
        now = time.monotonic()
        if now < self._tell_at:
            return
        self._tell_at, self.is_told = now + SAID_AGAIN_AFTER, True
        left = span(max(0.0, self._seconds - self.waited))
        _LOG.warning("waiting for %s, in use by %s; for %s more", self._thing, whom, left)

    def end(self) -> None:
        """Say that it is over, where it was told of."""
        if self.is_told:
            _LOG.warning("%s is free, after %s", self._thing, span(self.waited))


def span(seconds: float) -> str:
    """A length of time as people say it: `4 s`, `12 min`, `3 h`."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"


def program_in(message: str) -> str | None:
    """The program that has a DuckDB file open, as DuckDB's refusal names it; None if it is none."""
    if found := _OPEN_ELSEWHERE.search(message):
        return f"`{Path(found['program']).name}` (process {found['pid']}), which takes no turns"
    return "another program, which takes no turns" if "Could not set lock on" in message else None


def is_suspended(pid: int) -> bool:
    """Whether somebody has stopped the process, such as by Ctrl-Z; only Linux tells."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state in {"T", "t"}
