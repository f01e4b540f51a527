"""The product with the limit of a HubSpot Professional account: 190 requests in 10 seconds."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.contestants import ours
from benchmarks.contestants.ours import landed
from benchmarks.job import Job
from connectors.core.pace import Budget
from connectors.hubspot.source import SOURCE

__all__ = ["land", "landed"]


def land(job: Job) -> None:
    ours.land(job, source=replace(SOURCE, budget=Budget(190, 10)))
