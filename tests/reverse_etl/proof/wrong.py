"""Two engines that are wrong in ways that are common: the harness must see both."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence

from reverse_etl.engine import Delivery, Engine
from reverse_etl.recovery import as_rows
from warehouse.deliveries import Entry, Settlement


class RemembersFirst(Engine):
    """Stores what it is about to send as sent: whatever does not arrive is never sent again."""

    def _deliver(self, batches: Iterator[Sequence[Entry]], delivery: Delivery) -> Generator[int]:
        for batch in batches:
            self._settle([Settlement(entry, "acknowledged") for entry in batch], delivery)
            self._destination.write(batch[0].operation, as_rows(batch))
            yield len(batch)


class CountsPartsAsWhole(Engine):
    """Takes every answer without an error for the success of the whole batch."""

    def _deliver(self, batches: Iterator[Sequence[Entry]], delivery: Delivery) -> Generator[int]:
        for batch in batches:
            self._deliveries.mark_in_flight(batch, "", self._now())
            self._destination.write(batch[0].operation, as_rows(batch))
            self._settle([Settlement(entry, "acknowledged") for entry in batch], delivery)
            yield len(batch)
