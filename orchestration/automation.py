"""What makes Dagster start something by itself: crons for sources, news for what is behind them.

A reading that landed nothing leaves the stream's data version as it was: then nothing is built.
What is built asks the gates behind it, and these the syncs, in one run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import dagster as dg
from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

from orchestration.cadence import Cadence

# Dagster's own name for a job before its selection is known is none of its public ones.
Job: TypeAlias = UnresolvedAssetJobDefinition

_RAW = dg.AssetSelection.groups("raw")
_DAYS = dg.AssetSelection.groups("days")
_OUTSIDE_DBT = dg.AssetSelection.groups("raw", "days", "forecast", "gate", "sync")
_MODELS = dg.AssetSelection.all() - _OUTSIDE_DBT

# While what it reads is being made, and while it is made itself, nothing is asked for.
_IS_QUIET = ~dg.AutomationCondition.any_deps_in_progress() & ~dg.AutomationCondition.in_progress()


def when_something_was_landed() -> dg.AutomationCondition[Any]:
    """For a model: a stream has new versions, a model before it is new, or its SQL is."""
    landed = dg.AutomationCondition.any_deps_match(
        dg.AutomationCondition.data_version_changed()
    ).allow(_RAW)
    built = dg.AutomationCondition.any_deps_updated().ignore(_RAW)
    edited = dg.AutomationCondition.code_version_changed()
    news: dg.AutomationCondition[Any] = landed | built | edited
    return (news.since_last_handled() & _IS_QUIET).with_label("when_something_was_landed")


def when_its_model_is_new() -> dg.AutomationCondition[Any]:
    """For a gate: what it judges was made anew."""
    updated = dg.AutomationCondition.any_deps_updated().since_last_handled()
    return (updated & _IS_QUIET).with_label("when_its_model_is_new")


def when_it_may_leave(schedule: str | None, zone: str) -> dg.AutomationCondition[Any]:
    """For a sync: at its schedule, or when its rows are new; and what it reads has passed."""
    due: dg.AutomationCondition[Any] = (
        dg.AutomationCondition.cron_tick_passed(schedule, zone)
        if schedule
        else dg.AutomationCondition.any_deps_updated()
    )
    passed = dg.AutomationCondition.all_deps_blocking_checks_passed()
    return (due.since_last_handled() & passed & _IS_QUIET).with_label("when_it_may_leave")


everything = dg.define_asset_job(
    "everything",
    selection=dg.AssetSelection.all() - _DAYS,
    description="Extract, build, note the forecast, gate and sync, in the order of the lineage.",
)

nightly = dg.define_asset_job(
    "nightly",
    selection=_MODELS | dg.AssetSelection.groups("forecast"),
    description="The whole build, because the day has moved on, and the day's snapshot of beliefs.",
)

gates_and_syncs = dg.define_asset_job(
    "gates_and_syncs",
    selection=dg.AssetSelection.groups("gate", "sync"),
    description="Judge what is built, and write back what may leave.",
)


def readings(sources: Sequence[str]) -> dict[str, Job]:
    """The job of each source."""
    return {
        name: dg.define_asset_job(
            f"read_{name}",
            selection=dg.AssetSelection.key_prefixes(["raw", name]),
            description=f"Land what is new in {name}; what depends on it follows by itself.",
        )
        for name in sources
    }


def month_end(sources: Sequence[str]) -> Job:
    """Everything, with the records of every source compared one by one."""
    return dg.define_asset_job(
        "month_end",
        selection=dg.AssetSelection.all() - _DAYS,
        config={"ops": {f"extract_{name}": {"config": {"compare_ids": True}} for name in sources}},
        description="Close the month: compare every record with its tool, build, gate, sync.",
    )


def jobs_and_schedules(
    when: Cadence, sources: Sequence[str]
) -> tuple[list[Job], list[dg.ScheduleDefinition]]:
    """What may be started by hand; by cron: every source, the night and the month's end."""
    by_source, closing = readings(sources), month_end(sources)
    schedules = [
        *(_by_cron(job, when.of_source(name), when.zone) for name, job in by_source.items()),
        _by_cron(nightly, when.schedules.nightly, when.zone),
        _by_cron(closing, when.schedules.month_end, when.zone),
    ]
    return [everything, nightly, closing, gates_and_syncs, *by_source.values()], schedules


def _by_cron(job: Job, cron: str, zone: str) -> dg.ScheduleDefinition:
    return dg.ScheduleDefinition(
        name=f"{job.name}_by_cron",
        job=job,
        cron_schedule=cron,
        execution_timezone=zone,
        default_status=dg.DefaultScheduleStatus.RUNNING,
        description=job.description,
    )


def sensor() -> dg.AutomationConditionSensorDefinition:
    """Looks for what has become due by what happened; a look costs seconds of CPU."""
    return dg.AutomationConditionSensorDefinition(
        "what_is_due",
        target=dg.AssetSelection.all(),
        minimum_interval_seconds=120,
        default_status=dg.DefaultSensorStatus.RUNNING,
        description="Builds what new data changes, and then judges and writes back.",
    )
