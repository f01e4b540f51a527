"""The product as it is, but with a contract that asks for no more than key, version and state."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.contestants import ours
from benchmarks.contestants.ours import landed
from benchmarks.job import Job
from connectors.core.source import Record

__all__ = ["land", "landed"]


class Unchecked(Record):
    """What landing itself needs of a HubSpot record."""

    id: str
    updatedAt: str  # noqa: N815 - the vendor's name
    archived: bool

    def record_key(self) -> str:
        return self.id

    def record_cursor(self) -> str:
        return self.updatedAt

    def record_deleted(self) -> bool:
        return self.archived


def land(job: Job) -> None:
    ours.land(job, stream=replace(ours.contacts(), record=Unchecked))
