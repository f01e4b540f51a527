"""Everything that Dagster shows: derived from the declared sources, models, rulesets and syncs."""

from __future__ import annotations

import dagster as dg

from orchestration.assets.forecasts import forecast_assets
from orchestration.assets.gates import gate_assets
from orchestration.assets.models import dbt_resource, model_assets
from orchestration.assets.raw import raw_assets
from orchestration.assets.resource import AppResource
from orchestration.assets.syncs import sync_assets

everything = dg.define_asset_job(
    "everything",
    selection=dg.AssetSelection.all(),
    description="Extract, build, note the forecast, gate and sync, in the order of the lineage.",
)

every_morning = dg.ScheduleDefinition(
    name="every_morning",
    job=everything,
    cron_schedule="0 6 * * *",
    execution_timezone="Asia/Tokyo",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Before the sales team's day begins.",
)

defs = dg.Definitions(
    assets=[
        *raw_assets(),
        model_assets(),
        *forecast_assets(),
        *gate_assets(),
        *sync_assets(),
    ],
    jobs=[everything],
    schedules=[every_morning],
    resources={"app": AppResource(), "dbt": dbt_resource()},
    # One process per run: the warehouse has one writer, and each import costs seconds.
    executor=dg.in_process_executor,
)
