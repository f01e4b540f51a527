"""One asset that pushes a sync, for a test of what is noted of a run of Dagster's."""

import dagster as dg

from orchestration.assets.resource import AppResource
from orchestration.steps import deliver
from tests.reverse_etl.bench import SPEC


@dg.asset
def pushed(app: AppResource) -> None:
    deliver(app.app, SPEC, run_id=app.run_id)


@dg.asset
def broken(app: AppResource) -> None:
    raise ValueError(app.run_id)
