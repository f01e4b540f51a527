"""Reads Zendesk's incremental exports: by cursor, and by time with its overlapping pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from connectors.core.pages import Envelope
from connectors.core.source import Page, Read, Reading
from warehouse.errors import Unavailable

PER_PAGE = 1000

# The export takes any instant up to a minute ago; the first run wants everything.
BEGINNING = 1

# NOTES.md 5: what was written down late lies behind the last second that was read.
LOOK_BACK_SECONDS = 600


def by_cursor(kind: str, **params: str) -> Read:
    """Read a cursor-based export; its cursor never expires."""

    def read(reading: Reading) -> Iterator[Page]:
        after = (reading.cursor or {}).get("after")
        while True:
            start = {"cursor": after} if after else {"start_time": BEGINNING}
            envelope = reading.client.get(
                f"/api/v2/incremental/{kind}/cursor.json", start | {"per_page": PER_PAGE} | params
            )
            new = envelope.value("after_cursor")
            ended = bool(envelope.value("end_of_stream"))
            if not ended and new in {after, None}:
                raise Unavailable(f"Zendesk gave the same cursor twice for {kind}: stopped")
            after = new or after
            yield Page(envelope.records(kind), {"after": after} if after else {})
            if ended:
                return

    return read


def by_time(kind: str, **params: str) -> Read:
    """Read a time-based export; what comes again is landed once."""

    def read(reading: Reading) -> Iterator[Page]:
        for envelope, cursor in pages_by_time(reading, kind, params):
            yield Page(envelope.records(kind), cursor)

    return read


def pages_by_time(
    reading: Reading, kind: str, params: Mapping[str, str | int]
) -> Iterator[tuple[Envelope, dict[str, int]]]:
    """Every page of a time-based export, and the cursor that goes on behind it.

    Raises:
        Unavailable: the vendor cannot get past a second; to go past it ourselves would lose rows.
    """
    known = int((reading.cursor or {}).get("start_time", BEGINNING))
    start = max(BEGINNING, known - LOOK_BACK_SECONDS)
    while True:
        envelope = reading.client.get(
            f"/api/v2/incremental/{kind}.json",
            {"start_time": start, "per_page": PER_PAGE, **params},
        )
        end = envelope.value("end_time")
        ended = bool(envelope.value("end_of_stream"))
        if not ended and end in {start, None}:
            raise Unavailable(f"Zendesk gave the same time twice for {kind}: stopped")
        start = start if end is None else int(end)
        known = max(known, start)
        yield envelope, {"start_time": known}
        if ended:
            return
