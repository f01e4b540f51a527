"""Two engines that are wrong in ways that are common: the harness must see both."""

from __future__ import annotations

from collections.abc import Sequence

from reverse_etl.destinations.base import Row
from reverse_etl.engine import Delivery, Engine
from warehouse.deliveries import Entry, Settlement


class RemembersFirst(Engine):
    """Stores what it is about to send as sent: whatever does not arrive is never sent again."""

    def _deliver(self, batch: Sequence[Entry], delivery: Delivery) -> None:
        self._settle([Settlement(entry, "acknowledged") for entry in batch], delivery)
        self._destination.write(batch[0].operation, _rows(batch))


class CountsPartsAsWhole(Engine):
    """Takes every answer without an error for the success of the whole batch."""

    def _deliver(self, batch: Sequence[Entry], delivery: Delivery) -> None:
        self._deliveries.mark_in_flight(batch, "", self._now())
        self._destination.write(batch[0].operation, _rows(batch))
        self._settle([Settlement(entry, "acknowledged") for entry in batch], delivery)


def _rows(batch: Sequence[Entry]) -> list[Row]:
    return [Row(entry.key, entry.fields, str(entry.entry_id)) for entry in batch]
