"""Holds what a tool has of some rows against what they were sent."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from reverse_etl.destinations.base import Destination
from warehouse.deliveries import MADE_ONCE, TAKEN_AWAY, Entry


def arrived(destination: Destination, entries: Sequence[Entry]) -> Iterator[tuple[Entry, bool]]:
    """Each entry, and whether the tool holds what it was to bring about."""
    size = destination.batch_size
    for start in range(0, len(entries), size):
        batch = entries[start : start + size]
        fields = sorted({name for entry in batch for name in entry.fields})
        held = destination.read([entry.key for entry in batch], fields)
        yield from ((entry, _holds(destination, held.get(entry.key), entry)) for entry in batch)


def _holds(destination: Destination, found: Any, entry: Entry) -> bool:
    if entry.operation in TAKEN_AWAY:
        return found is None
    # What was made once is there, whatever people have done with it since.
    if found is not None and entry.operation in MADE_ONCE:
        return True
    return found is not None and all(
        destination.holds(found.get(name), wish) for name, wish in entry.fields.items()
    )
