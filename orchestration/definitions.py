"""Everything that Dagster shows: derived from the declared sources, models, rulesets and syncs."""

from __future__ import annotations

import dagster as dg

from connectors.core import registry
from orchestration.assets.days import day_assets
from orchestration.assets.forecasts import forecast_assets
from orchestration.assets.gates import gate_assets
from orchestration.assets.models import dbt_resource, model_assets
from orchestration.assets.raw import raw_assets
from orchestration.assets.resource import AppResource
from orchestration.assets.syncs import sync_assets
from orchestration.automation import everything, jobs_and_schedules, sensor
from orchestration.cadence import cadence
from warehouse.settings import Settings, load

__all__ = ["defs", "everything"]


def _definitions() -> dg.Definitions:
    settings = load(Settings)
    when = cadence(settings)
    # A source of which no stream is declared has nothing to be read by a schedule.
    in_use = registry.sources_in_use(settings.vendors_in_use)
    sources = [source.name for source in in_use if source.streams]
    jobs, schedules = jobs_and_schedules(when, sources)
    return dg.Definitions(
        assets=[
            *raw_assets(when),
            *day_assets(when),
            model_assets(when),
            *forecast_assets(),
            *gate_assets(),
            *sync_assets(when),
        ],
        jobs=jobs,
        schedules=schedules,
        sensors=[sensor()],
        resources={"app": AppResource(), "dbt": dbt_resource()},
        # One process per run: the warehouse has one writer, and each import costs seconds.
        executor=dg.in_process_executor,
    )


defs = _definitions()
