"""Writes what is done as lines: for people, or one JSON object each for programs."""

from __future__ import annotations

import json
import logging
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from warehouse.settings import LogSettings
from warehouse.telemetry import About, about, listen

_LOG = logging.getLogger("revops")
# Ours; what others log may hold an address with its parameters, or a header.
_OURS = (
    *("revops", "warehouse", "connectors", "identity", "estimators"),
    *("quality", "reverse_etl", "orchestration"),
)


class JsonLines(logging.Formatter):
    """One object a line: when, how grave, what, and which run, step and stream it is of."""

    def format(self, record: logging.LogRecord) -> str:
        # Of an error its kind: a traceback may hold what a record holds.
        kind = record.exc_info[0] if record.exc_info else None
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **about(),
            **getattr(record, "about", {}),
            **({"error": kind.__name__} if kind else {}),
        }
        return json.dumps(line, ensure_ascii=False)


class HumanLines(logging.Formatter):
    """Time, level and message, with what it is about behind."""

    def format(self, record: logging.LogRecord) -> str:
        told = {**about(), **getattr(record, "about", {})}
        said = "".join(f"  {name}={value}" for name, value in told.items())
        at = datetime.fromtimestamp(record.created, UTC)
        return f"{at:%H:%M:%S} {record.levelname.lower():7} {record.getMessage()}{said}"


class _Handler(logging.StreamHandler):  # type: ignore[type-arg]
    """Writes to standard error as it is when it writes."""

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


class _Logged:
    """Logs the beginning of a piece of work, its end, and how long it took."""

    @contextmanager
    def span(self, name: str, told: About) -> Iterator[None]:
        _LOG.debug("%s began", name, extra={"about": dict(told)})
        began = time.monotonic()
        try:
            yield
        except BaseException as error:
            self._say(logging.ERROR, f"{name} failed: {type(error).__name__}", began, told)
            raise
        self._say(logging.INFO, f"{name} ended", began, told)

    def done(self, name: str, seconds: float, told: About) -> None:
        _LOG.debug("%s", name, extra={"about": {**told, "seconds": round(seconds, 3)}})

    def count(self, name: str, number: int, told: About) -> None:
        _LOG.info("%s", name, extra={"about": {**told, "count": number}})

    @staticmethod
    def _say(level: int, message: str, began: float, told: About) -> None:
        seconds = round(time.monotonic() - began, 3)
        _LOG.log(level, "%s", message, extra={"about": {**told, "seconds": seconds}})


def configure_logs(settings: LogSettings) -> None:
    """Log as the settings say; warnings for people are what Python does without us."""
    if (settings.format, settings.level) == ("human", "warning"):
        return
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    handler = _Handler()
    handler.setFormatter(JsonLines() if settings.format == "json" else HumanLines())
    for name in _OURS:
        logger = logging.getLogger(name)
        logger.setLevel(level)
        for old in [one for one in logger.handlers if isinstance(one, _Handler)]:
            logger.removeHandler(old)
        logger.addHandler(handler)
        logger.propagate = False
    listen(_Logged())
