"""`gate/<ruleset>`: the verdict as an asset, and as a check that blocks what comes after."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg

from orchestration.assets.models import model_key
from orchestration.assets.raw import POOL
from orchestration.assets.resource import AppResource
from orchestration.automation import when_its_model_is_new
from orchestration.dbt_docs import data_docs
from orchestration.evidence_views import evidence_table, told_why
from orchestration.steps import gate
from quality.gate import NEWEST_PAGE, GateResult
from quality.spec import RuleSet, rulesets
from reverse_etl.spec import syncs
from warehouse.settings import Settings, load


def gate_assets() -> list[dg.AssetsDefinition]:
    # A stream is judged as it lands: see the raw assets.
    return [_asset_of(one) for one in rulesets().values() if one.stage != "landing"]


def gate_key(ruleset: str) -> dg.AssetKey:
    return dg.AssetKey(["gate", ruleset])


def _asset_of(ruleset: RuleSet) -> dg.AssetsDefinition:
    key = gate_key(ruleset.ruleset)
    # After activation too, so that one verdict is about everything that a sync will read.
    prepared = [
        model_key("activation", spec.model)
        for spec in syncs().values()
        if spec.gate.ruleset == ruleset.ruleset
    ]

    @dg.multi_asset(
        name=f"gate_{ruleset.ruleset}",
        specs=[
            dg.AssetSpec(
                key,
                deps=[
                    model_key(ruleset.schema_name, ruleset.model),
                    *prepared,
                    *(gate_key(name) for name in ruleset.after),
                ],
                description=ruleset.description,
                group_name="gate",
                kinds={"great_expectations"},
                owners=[f"team:{ruleset.owner}"],
                automation_condition=when_its_model_is_new(),
                metadata=_link(ruleset),
            )
        ],
        check_specs=[
            dg.AssetCheckSpec(
                "may_leave", asset=key, blocking=True, description="Blocks the syncs on a hold."
            )
        ],
        pool=POOL,
    )
    def asset(app: AppResource) -> Iterator[Any]:
        docs = data_docs(app.app.settings.home)
        # Those that it comes after are assets of their own.
        (result,) = gate(
            *(app.app, [ruleset.ruleset]),
            with_lower=False,
            docs=docs,
            run_id=f"{app.run_id}/{ruleset.ruleset}",
        )
        yield from _results(key, result, docs / ruleset.ruleset / NEWEST_PAGE)

    return asset


def _link(ruleset: RuleSet) -> dict[str, Any]:
    """Where its Data Docs are shown to whoever looks at this Dagster, if they are."""
    shown = load(Settings).docs_url
    if shown is None:
        return {}
    return {"data_docs": dg.MetadataValue.url(f"{shown}/{ruleset.ruleset}/{NEWEST_PAGE}")}


def _results(key: dg.AssetKey, result: GateResult, page: Path) -> Iterator[Any]:
    verdict, why = result.verdict, told_why(result.verdict)
    yield dg.MaterializeResult(
        asset_key=key,
        metadata={
            "decision": verdict.decision,
            "rows": result.rows,
            "withheld": len(verdict.quarantined),
            "evidence": dg.MetadataValue.md(evidence_table(result)),
            # No link: a browser opens no file from a page of a server.
            "data_docs": dg.MetadataValue.path(str(page.absolute())),
        },
    )
    yield dg.AssetCheckResult(
        asset_key=key,
        check_name="may_leave",
        passed=verdict.decision == "pass",
        severity=dg.AssetCheckSeverity.ERROR
        if verdict.decision == "hold"
        else dg.AssetCheckSeverity.WARN,
        # What the list of checks shows: nobody should have to open one to learn why.
        description=why,
        metadata={
            "decision": verdict.decision,
            "reasons": why or "none",
            "withheld_keys": sorted(verdict.quarantined),
        },
    )
