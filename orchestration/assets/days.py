"""`days/<vendor>/<stream>`: a partition for each day that can be read again, for backfills."""

from collections.abc import Iterator
from datetime import date
from typing import Any

import dagster as dg

from connectors.core import registry
from connectors.core.source import Source, Stream
from orchestration.assets.raw import POOL, landed, stream_key
from orchestration.assets.resource import AppResource
from orchestration.cadence import Cadence
from orchestration.days import by_day, read_days
from quality.governance import governance
from warehouse.settings import Settings, load


def day_assets(when: Cadence) -> list[dg.AssetsDefinition]:
    in_use = registry.sources_in_use(load(Settings).vendors_in_use)
    return [_asset_of(source, stream, when) for source in in_use for stream in by_day(source)]


def _asset_of(source: Source, stream: Stream, when: Cadence) -> dg.AssetsDefinition:
    @dg.asset(
        key=["days", source.name, stream.name],
        description=f"Single days of {source.title}'s {stream.name}, read again on demand. They are"
        f" landed in raw/{source.name}/{stream.name}, and only where they say something else.",
        group_name="days",
        kinds={source.name, "duckdb"},
        owners=[f"team:{governance().owner_of_source(source.name)}"],
        partitions_def=dg.DailyPartitionsDefinition(
            start_date=when.schedules.backfill_from.isoformat(), timezone=when.zone
        ),
        # Any number of days is one run, and one client with one rate budget.
        backfill_policy=dg.BackfillPolicy.single_run(),
        pool=POOL,
    )
    def asset(context: dg.AssetExecutionContext, app: AppResource) -> Iterator[Any]:
        days = [date.fromisoformat(key) for key in context.partition_keys]
        run_id = f"{app.run_id}/days"
        result = read_days(app.app, source, stream, min(days), max(days), run_id=run_id)
        if result.status != "done":
            raise dg.Failure(result.error or result.status, allow_retries=False)
        state = landed(app.app, source, [stream.name])[stream.name]
        # What is made of the stream follows, if there was anything new.
        yield dg.AssetMaterialization(
            stream_key(source, stream),
            metadata={"landed": result.landed.versions, "dagster/row_count": state.rows},
            tags={"dagster/data_version": state.version.value},
        )
        yield dg.MaterializeResult(
            metadata={
                "read": result.read,
                "landed": result.landed.versions,
                "deleted": result.landed.deletions,
            }
        )

    return asset
