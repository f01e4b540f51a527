"""Days of a stream that are read again: on demand, by partition, and never landed twice."""

from datetime import date
from typing import Any

import pytest

from connectors.core import registry
from connectors.core.source import Source, Stream
from orchestration.app import App
from orchestration.days import by_day, read_days
from orchestration.steps import extract
from tests.connectors.google_ads.test_google_ads import newest
from tests.emulated import Vendors
from warehouse.errors import Misconfigured


def stats() -> tuple[Source, Stream]:
    source = registry.source("google_ads")
    (stream,) = by_day(source)
    return source, stream


@pytest.fixture
def changed(app: App, vendors: Vendors) -> tuple[date, str]:
    """A day that no reading looks back to, on which a figure has changed; and the figure's key."""
    extract(app, ["google_ads"], ["campaign_stats"])
    record = newest(vendors, 50)
    metrics = {**record["metrics"], "clicks": "77"}
    vendors.put("google_ads", "campaign_stats", record | {"metrics": metrics})
    return date.fromisoformat(record["segments"]["date"]), record["id"]


def versions(app: App, key: str) -> int:
    with app.warehouse.open("test") as session:
        found: int = session.value(
            "select count(*) from raw_google_ads.campaign_stats where _key = $key", {"key": key}
        )
        return found


def test_a_day_is_landed_once_however_often_it_is_read(app: App, changed: tuple[date, str]) -> None:
    day, key = changed
    landed = [read_days(app, *stats(), day, day, run_id=f"run-{n}").landed.versions for n in (1, 2)]
    assert landed == [1, 0]
    assert versions(app, key) == 2
    assert app.runs.latest("extract", f"google_ads.campaign_stats {day} to {day}")


def test_what_cannot_be_read_by_day_is_refused(app: App) -> None:
    source, stream = stats()
    day = date(2026, 1, 2)
    other = next(one for one in source.streams if not one.is_by_day)
    with pytest.raises(Misconfigured, match="cannot be read by day"):
        read_days(app, source, other, day, day, run_id="run")
    with pytest.raises(Misconfigured, match="before the first"):
        read_days(app, source, stream, day, date(2026, 1, 1), run_id="run")


@pytest.mark.slow
def test_a_backfill_is_one_run_over_its_days_and_tells_the_stream_of_news(
    app: App, changed: tuple[date, str]
) -> None:
    import dagster as dg

    from orchestration.assets.days import day_assets
    from orchestration.assets.resource import AppResource
    from orchestration.cadence import cadence

    when = cadence(app.settings)
    (asset,) = [one for one in day_assets(when) if one.key.path[1] == "google_ads"]
    assert asset.backfill_policy == dg.BackfillPolicy.single_run()
    day, key = changed

    def run() -> Any:
        first, last = f"{day.replace(day=1)}", str(day)
        tags = {
            "dagster/asset_partition_range_start": first,
            "dagster/asset_partition_range_end": last,
        }
        return dg.materialize([asset], resources={"app": AppResource()}, tags=tags)

    told = [run().get_asset_materialization_events() for _ in range(2)]
    raw = dg.AssetKey(["raw", "google_ads", "campaign_stats"])
    seen = [
        event.materialization.tags["dagster/data_version"]
        for events in told
        for event in events
        if event.asset_key == raw
    ]
    assert len(seen) == 2
    assert seen[0] == seen[1], "the second backfill landed nothing, so nothing is built"
    assert versions(app, key) == 2
