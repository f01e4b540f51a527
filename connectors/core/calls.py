"""Counts what a tool was asked: how often, for how long, and how it answered."""

from __future__ import annotations

import re
from functools import lru_cache
from threading import Lock
from urllib.parse import urlsplit

from warehouse.telemetry import done, here

Asked = dict[str, str | int | float]

# Vendors' paths are few; what is left beyond that is told apart no more.
_MOST_PATHS = 200
_OTHER = "/..."
_VERSION = re.compile(r"v\d+(\.\d+)?|\d{4}-\d{2}(-\d{2})?")
_HAS_DIGIT = re.compile(r"\d")
# Salesforce's ids have 15 or 18 characters; UUIDs and hashes have more.
_LONG = 15


class CallLog:
    """Requests of one client, by method, path template and class of status."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str, str], int] = {}
        self._seconds: dict[tuple[str, str, str], float] = {}
        self._paths: set[str] = set()
        # Several batches may be under way at a time.
        self._lock = Lock()
        self._within = here()

    def note(self, method: str, path: str, status: int | None, seconds: float) -> None:
        """One request that took so long; `status` is None where no whole answer came."""
        name = template_of(path)
        with self._lock:
            if name not in self._paths and len(self._paths) >= _MOST_PATHS:
                name = _OTHER
            self._paths.add(name)
            call = (method, name, status_class(status))
            self._counts[call] = self._counts.get(call, 0) + 1
            self._seconds[call] = self._seconds.get(call, 0.0) + seconds
        done(
            "request", seconds, self._within, method=method, path=name, answer=status_class(status)
        )

    def as_json(self) -> list[Asked]:
        return [
            {
                "method": method,
                "path": path,
                "status": status,
                "calls": self._counts[method, path, status],
                "seconds": round(self._seconds[method, path, status], 6),
            }
            for method, path, status in sorted(self._counts)
        ]


def status_class(status: int | None) -> str:
    """`2xx` to `5xx`; `429`, which is a wish for patience, alone; `none` without an answer."""
    if status is None:
        return "none"
    return "429" if status == 429 else f"{status // 100}xx"


@lru_cache(maxsize=4_096)
def template_of(path: str) -> str:
    """The path without its query, and with `{id}` where it names one record."""
    parts = urlsplit(path).path.split("/")
    return "/".join("{id}" if _names_a_record(part) else part for part in parts)


def _names_a_record(part: str) -> bool:
    if not part or _VERSION.fullmatch(part):
        return False
    if part.isdigit() or "@" in part or "%" in part:
        return True
    return len(part) >= _LONG and _HAS_DIGIT.search(part) is not None
