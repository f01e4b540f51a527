"""Cron expressions as declarations write them, read in the business's own time zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import islice, pairwise
from typing import Annotated
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator

# Some instant to read an expression at; any will do.
_EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
# Forms that one of our readers knows and Dagster does not: the last weekday, the last Friday.
_NOT_SHARED = re.compile(r"LW|[0-9]L")
# Over so many ticks a pattern within a year shows its longest pause.
_TICKS = 400


def _is_cron(text: str) -> str:
    try:
        CronSim(text, _EPOCH)
    except CronSimError as error:
        raise ValueError(
            f"{text!r} is no cron expression, such as '0 6 * * 1-5': {error}"
        ) from None
    if len(text.split()) != 5 or _NOT_SHARED.search(text.upper()):
        raise ValueError(
            f"{text!r} has not Dagster's five fields: minute, hour, day, month, weekday"
        )
    return text


Cron = Annotated[str, AfterValidator(_is_cron)]


def next_tick(cron: str, after: datetime, zone: str) -> datetime:
    """The first tick later than the instant `after`, in UTC."""
    return next(CronSim(cron, after.astimezone(ZoneInfo(zone)))).astimezone(UTC)


@cache
def longest_pause(cron: str, zone: str) -> timedelta:
    """The longest time between two ticks that follow each other, such as a weekend."""
    local = _EPOCH.astimezone(ZoneInfo(zone))
    ticks = [one.astimezone(UTC) for one in islice(CronSim(cron, local), _TICKS)]
    # An expression for one day of one year in four may have a single tick within reach.
    return max((later - earlier for earlier, later in pairwise(ticks)), default=timedelta(days=366))
