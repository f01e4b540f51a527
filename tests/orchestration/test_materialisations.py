"""What a run of Dagster's writes beside its assets: rows and plans; and one id for all of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.orchestration.command import revops
from tests.reverse_etl.bench import FIRST_ID, SPEC, Bench, wished
from warehouse.deliveries import Deliveries
from warehouse.settings import export_environment

COMPANIES = ["raw", "hubspot", "companies"]


@pytest.fixture
def hostile(bench: Bench) -> Bench:
    """Two companies to be written, and a third with what would end a cell of a table."""
    export_environment({"REVOPS_VENDORS": "hubspot"})
    named = wished(0, account_tier="A | <b>\nB")
    bench.wish([named, wished(1), wished(2)])
    bench.judge()
    return bench


@pytest.mark.slow
def test_one_run_id_ties_dagsters_run_what_was_landed_the_plan_and_the_ledger(
    hostile: Bench,
) -> None:
    """Slow, because Dagster is imported."""
    import dagster as dg

    from orchestration.app import App
    from orchestration.assets.raw import raw_assets
    from orchestration.assets.resource import AppResource
    from orchestration.assets.syncs import sync_assets
    from orchestration.cadence import cadence

    when = cadence(App.from_environment().settings)
    (pushed,) = [one for one in sync_assets(when) if one.key.path[-1] == SPEC.name]
    (read,) = [one for one in raw_assets(when) if dg.AssetKey(COMPANIES) in one.keys]
    done = dg.materialize(
        [read, pushed],
        selection=[dg.AssetKey(COMPANIES), pushed.key],
        resources={"app": AppResource()},
    )

    noted: dict[tuple[str, ...], Any] = {
        tuple(made.asset_key.path): made.metadata
        for made in (
            one.step_materialization_data.materialization
            for one in done.get_asset_materialization_events()
        )
    }
    landed, sent = noted[tuple(COMPANIES)], noted["sync", SPEC.name]
    assert (landed["dagster/row_count"].value, landed["landed"].value) == (5, 5)
    assert isinstance(sent["plan"], dg.MarkdownMetadataValue)
    plan = sent["plan"].value
    assert f"| `{FIRST_ID + 1}` | " in plan
    assert "A \\| &lt;b> B is none of" in plan
    assert plan.startswith(f"## Plan `{SPEC.name}`")

    (run,) = [
        one
        for one in revops("runs", "--json").document["runs"]
        if one["dagster_run_id"] == done.run_id
    ]
    whole = run["run_id"]
    told = revops("runs", whole, "--json").document
    (planned,) = told["plans"]
    assert planned["run_id"].startswith(whole)
    assert planned["plan_id"].startswith(whole)
    assert planned["outcomes"] == {"acknowledged": 2}
    with hostile.warehouse.open("test") as session:
        ids = session.rows("select distinct _run_id as run from raw_hubspot.companies")
    assert [one["run"].startswith(whole) for one in ids] == [True]
    rows = Deliveries(hostile.state).last_sent(SPEC.name)
    assert len(rows) == 2
