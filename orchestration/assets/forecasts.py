"""`forecast/snapshot`: what is believed of the open deals, written down once a day."""

import dagster as dg

from orchestration.assets.models import model_key
from orchestration.assets.raw import POOL
from orchestration.assets.resource import AppResource
from orchestration.forecasting import take_snapshot_after_build
from quality.governance import governance


def forecast_assets() -> list[dg.AssetsDefinition]:
    return [_snapshot]


@dg.asset(
    key=["forecast", "snapshot"],
    deps=[model_key("marts", "forecast")],
    description="Append-only: a day's forecast stays as it was believed on the day.",
    group_name="forecast",
    kinds={"duckdb"},
    owners=[f"team:{governance().owner_of_table('canonical', 'forecast_snapshot')}"],
    pool=POOL,
)
def _snapshot(app: AppResource) -> dg.MaterializeResult[None]:
    # A build under a policy that is seen from another day believes nothing of today.
    taken = take_snapshot_after_build(app.app, f"{app.run_id}/forecast")
    return dg.MaterializeResult(metadata=taken.as_json() if taken else {"is_new": False})
