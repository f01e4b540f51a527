"""Keeps back what was settled once: rows that the tool refused for good, and what was reverted."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from warehouse.deliveries import Deliveries, Parked, Reverted

SettledFor = Literal["rejected", "reverted"]
_UNEXPLAINED = "the tool gave no reason"


class Sent(Protocol):
    """What is asked of a change: a record, the whole row wished for, the fields to be sent."""

    @property
    def key(self) -> str: ...
    @property
    def desired(self) -> str: ...
    @property
    def after(self) -> dict[str, Any]: ...


@dataclass(frozen=True)
class Settled:
    """What is known of the rows of one sync: the parked and the reverted ones, by key."""

    parked: Mapping[str, Parked] = field(default_factory=dict)
    reverted: Mapping[str, Reverted] = field(default_factory=dict)


NOTHING_SETTLED = Settled()


def settled(deliveries: Deliveries, sync: str) -> Settled:
    return Settled(deliveries.parked(sync), deliveries.reverted(sync))


def kept_back(
    known: Settled, change: Sent, config_hash: str
) -> tuple[SettledFor, tuple[str, ...]] | None:
    """Why a change stays back, or None where it may go.

    A rejected row is free as soon as its wish or the sync's document says something else; a
    reverted one as soon as one of the fields that were taken back is wished for differently.
    """
    parked = known.parked.get(change.key)
    if parked and (parked.desired, parked.config_hash) == (change.desired, config_hash):
        return "rejected", (parked.reason or _UNEXPLAINED, since(parked.since))
    reverted = known.reverted.get(change.key)
    if reverted is not None and _is_redone(reverted, change):
        return "reverted", (f"by run {reverted.run_id}", since(reverted.since))
    return None


def since(instant: datetime) -> str:
    return f"since {instant:%Y-%m-%d %H:%M}Z"


def _is_redone(reverted: Reverted, change: Sent) -> bool:
    taken_back = reverted.taken_back
    if not taken_back.keys() & change.after.keys():
        return False
    wishes = json.loads(change.desired) if change.desired else change.after
    return all(wishes.get(name) == value for name, value in taken_back.items())
