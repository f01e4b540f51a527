"""`sync/<name>`: one asset per declared sync."""

from typing import Any

import dagster as dg

from orchestration.assets.gates import gate_key
from orchestration.assets.models import model_key
from orchestration.assets.raw import POOL
from orchestration.assets.resource import AppResource
from orchestration.automation import when_it_may_leave
from orchestration.cadence import Cadence
from orchestration.plan_views import plan_markdown
from orchestration.steps import deliver
from reverse_etl.destinations.registry import syncs_in_use
from reverse_etl.spec import SyncSpec
from reverse_etl.sync import SyncResult
from warehouse.settings import Settings, load


def sync_assets(when: Cadence) -> list[dg.AssetsDefinition]:
    return [_asset_of(spec, when) for spec in syncs_in_use(load(Settings).vendors_in_use)]


def _asset_of(spec: SyncSpec, when: Cadence) -> dg.AssetsDefinition:
    @dg.asset(
        key=["sync", spec.name],
        deps=[model_key("activation", spec.model), gate_key(spec.gate.ruleset)],
        description=spec.description,
        group_name="sync",
        kinds={spec.destination},
        owners=[f"team:{spec.owner}"],
        automation_condition=when_it_may_leave(spec.schedule, when.zone),
        freshness_policy=dg.FreshnessPolicy.time_window(fail_window=when.stale_sync(spec.schedule)),
        # Of the steps of a run that are ready Dagster takes the highest.
        op_tags={"dagster/priority": str(spec.priority)},
        pool=POOL,
    )
    def asset(app: AppResource) -> dg.MaterializeResult[None]:
        result = deliver(app.app, spec, run_id=app.run_id)
        if result.exit_code not in {0, 4}:
            raise dg.Failure(
                f"{spec.name} did not finish", metadata=_metadata(result), allow_retries=False
            )
        return dg.MaterializeResult(metadata=_metadata(result))

    return asset


def _metadata(result: SyncResult) -> dict[str, Any]:
    return {
        **result.plan.counts,
        "digest": result.plan.digest,
        "verdict": result.plan.decision,
        "rejected": len(result.delivery.rejected),
        "outcomes": dg.MetadataValue.json(dict(result.delivery.outcomes)),
        **({"stopped_by": result.delivery.stopped_by} if result.delivery.stopped_by else {}),
        "plan": dg.MetadataValue.md(plan_markdown(result.plan.as_json())),
    }
