"""When Dagster does what by itself: `orchestration/schedules.yaml`, without Dagster's import."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from pydantic import Field

from connectors.core import registry
from warehouse.cron import Cron, longest_pause
from warehouse.documents import Document, place_in, read_document
from warehouse.errors import Misconfigured
from warehouse.policy import Policy
from warehouse.settings import Settings


class Freshness(Document):
    """After how many hours what was not made anew counts as stale."""

    marts_hours: float = Field(26, gt=0, description="for what the marts and activation hold")
    syncs_hours: float = Field(26, gt=0, description="for a sync, beyond the pause of its schedule")
    sources_grace_hours: float = Field(
        2, gt=0, description="for a stream, beyond the longest pause of its source's cron"
    )


class Schedules(Document):
    """The document as it is written."""

    sources: dict[str, Cron] = Field({}, description="cron by connector")
    other_sources: Cron = Field("0 6 * * *", description="for the connectors not named")
    nightly: Cron = Field("15 0 * * *", description="the whole build, and the day's snapshot")
    month_end: Cron = Field("30 1 1 * *", description="everything, compared record by record")
    freshness: Freshness = Freshness()
    backfill_from: date = Field(date(2024, 1, 1), description="the first day of a backfill")


@dataclass(frozen=True)
class Cadence:
    """The schedules, and the time zone in which the business reads a clock."""

    schedules: Schedules
    zone: str

    def of_source(self, name: str) -> str:
        """The cron by which a source is read."""
        return self.schedules.sources.get(name, self.schedules.other_sources)

    def stale_stream(self, source: str) -> timedelta:
        """After what time without a reading the streams of a source are stale."""
        grace = timedelta(hours=self.schedules.freshness.sources_grace_hours)
        return longest_pause(self.of_source(source), self.zone) + grace

    def stale_mart(self) -> timedelta:
        return timedelta(hours=self.schedules.freshness.marts_hours)

    def stale_sync(self, schedule: str | None) -> timedelta:
        """For a sync with the schedule of its own, or with none."""
        pause = longest_pause(schedule, self.zone) if schedule else timedelta()
        return pause + timedelta(hours=self.schedules.freshness.syncs_hours)


def cadence(settings: Settings) -> Cadence:
    """What the settings' document says.

    Raises:
        Misconfigured: naming file, line and field; or a source that no connector declares.
    """
    path = settings.schedules_path
    schedules = read_document(path, Schedules)
    _check_names(path, schedules, registry.sources())
    policy = read_document(settings.policy_path, Policy)
    return Cadence(schedules, policy.business_timezone)


def _check_names(path: Path, schedules: Schedules, known: Iterable[str]) -> None:
    for name in schedules.sources:
        if name not in set(known):
            raise Misconfigured(
                f"{place_in(path, ('sources', name))}: sources.{name}: there is no such connector",
                advice=f"it is one of {', '.join(sorted(known))}",
            )
