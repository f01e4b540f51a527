"""Compares what is landed with what the source has, and lands deletions that nobody told of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from connectors.core.source import Reading, Stream, Tool
from warehouse.errors import RevopsError, Unauthorised
from warehouse.landing import Cursor, Landed, Position, RawStream, Refusals, Segment, Version
from warehouse.reconciliation import Verdict

# How often the ids are compared though the counts agree: a loss and a surplus may cancel out.
SWEEP_EVERY = timedelta(days=7)
_NAMED = 5


@dataclass(frozen=True)
class Finding:
    """What a comparison came to; `deleted` are the deletions that it landed."""

    verdict: Verdict
    counted: int | None
    live: int
    detail: str | None = None
    deleted: int = 0
    # Whether it agrees without counting on what was refused.
    is_exact: bool = True


NONE_REFUSED = Refusals()


def count_at_source(stream: Stream, tool: Tool, reading: Reading) -> int | None:
    """How many live records the source has; None, said aloud, if it does not answer that."""
    if stream.count is None:
        return None
    try:
        return stream.count(tool)
    except Unauthorised:
        raise
    except RevopsError as error:
        reading.say(f"not counted: {tool.redact(error.message)}")
        return None


def is_sweep_due(stream: Stream, position: Position, now: datetime, *, agrees: bool) -> bool:
    """Whether the ids are to be compared one by one."""
    if stream.ids is None:
        return False
    return not agrees or position.swept_at is None or now - position.swept_at >= SWEEP_EVERY


def land_deletions(
    raw: RawStream, keys: Iterable[str], cursor: Cursor, *, run_id: str, at: datetime
) -> Landed:
    """Land a deletion for every key; the payload is empty: the last one stays in the log."""
    gone = Segment.of(Version(key, None, deleted=True, payload="{}") for key in keys)
    return raw.land(gone, cursor, run_id=run_id, at=at) if gone.keys else Landed()


def sweep(
    stream: Stream, raw: RawStream, reading: Reading, *, run_id: str, at: datetime
) -> Finding:
    """Compare the ids at the source with those landed; land what is gone, name what is missing."""
    if stream.ids is None:
        raise ValueError(f"{stream.name} does not list its ids")
    before = set(raw.live_keys())
    listed = {key for page in stream.ids(reading) for key in page}
    position = raw.position()
    landed = set(raw.live_keys())
    if before and not listed:
        # Sooner a right that was taken away than an account that was emptied.
        return Finding("incomplete", 0, len(landed), "the source listed not a single id")
    # What came to the one side or the other meanwhile is the next run's.
    gone = sorted((before & landed) - listed)
    missing = sorted(listed - landed)
    done = land_deletions(raw, gone, position.cursor or {}, run_id=run_id, at=at)
    missing = sorted(set(missing) - raw.refusals().keys)
    live = len(landed) - done.deletions
    if missing:
        named = ", ".join(missing[:_NAMED]) + (", ..." if len(missing) > _NAMED else "")
        loss = f"{len(missing)} of {len(listed)} ids are not landed: {named}"
        return Finding("missing", len(listed), live, loss, done.deletions)
    detail = f"{done.deletions} deleted at the source without a word" if done.deletions else None
    return Finding("agrees", len(listed), live, detail, done.deletions)


def compare(
    counts: tuple[int | None, int | None], live: int, refusals: Refusals = NONE_REFUSED
) -> Finding:
    """Judge by the counts before and after the reading: what came or went meanwhile is between.

    A refused record may be at the source still, or be gone since: both agree.
    """
    known = [count for count in counts if count is not None]
    if not known:
        return Finding("uncounted", None, live)
    if live + refusals.absent < min(known):
        detail = f"{min(known) - live - refusals.absent} records at the source are not landed"
        return Finding("missing", known[-1], live, detail)
    if live > max(known):
        detail = f"{live - max(known)} landed records are no longer at the source"
        return Finding("surplus", known[-1], live, detail)
    return Finding("agrees", known[-1], live, is_exact=min(known) <= live)
