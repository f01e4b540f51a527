"""Waits for the jobs by which some tools write a batch after they have answered its request."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import chain, repeat

from reverse_etl.destinations.base import Destination, Row, RowOutcome
from warehouse.errors import Unavailable

# Seconds between two looks at a job: it may have ended at once, or take its time.
_FIRST_PAUSES, _LATER_PAUSE = (0.0, 0.5, 1.0, 2.0, 5.0), 10.0
# How long a run waits for one job. One that takes longer is asked for again by the next run.
PATIENCE = 600.0


def ended(destination: Destination, handle: str, rows: Sequence[Row]) -> list[RowOutcome]:
    """What a job has done with its rows, once it has ended.

    Raises:
        Refused: the tool does not tell of the job, or does not any more.
        Unavailable: it is still under way after ten minutes, or the tool does not answer.
    """
    for pause in pauses():
        outcomes = destination.job(handle, rows)
        if outcomes is not None:
            return outcomes
        time.sleep(pause)
    raise Unavailable(
        f"The tool's job {handle} is still under way after {PATIENCE / 60:.0f} minutes",
        advice="run the sync again later: it asks for the same job before anything else",
    )


def pauses() -> Iterator[float]:
    """The pauses between looks, as many as patience allows."""
    left = PATIENCE
    for pause in chain(_FIRST_PAUSES, repeat(_LATER_PAUSE)):
        if left < pause:
            return
        left -= pause
        yield pause
