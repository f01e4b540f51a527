"""`raw/<vendor>/<stream>`: one asset per declared stream."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import dagster as dg

from connectors.core import registry
from connectors.core.extract import StreamResult
from connectors.core.source import Source, Stream
from orchestration.assets.resource import AppResource
from orchestration.evidence_views import evidence_table
from orchestration.steps import extract, gate
from quality.gate import GateResult
from quality.spec import RuleSet, rulesets
from warehouse.settings import Settings, load

POOL = "warehouse"


def raw_assets() -> list[dg.AssetsDefinition]:
    in_use = registry.sources_in_use(load(Settings).vendors_in_use)
    return [_assets_of(source) for source in in_use]


def stream_key(source: Source, stream: Stream) -> dg.AssetKey:
    return dg.AssetKey(["raw", source.name, stream.name])


def _assets_of(source: Source) -> dg.AssetsDefinition:
    specs = [
        dg.AssetSpec(
            stream_key(source, stream),
            description=f"{source.title}: {stream.description} Append-only log of versions.",
            group_name="raw",
            kinds={source.name, "duckdb"},
        )
        for stream in source.streams
    ]
    checks = [
        dg.AssetCheckSpec(
            "arrived",
            asset=spec.key,
            description="Read whole, as the tool counts.",
        )
        for spec in specs
    ]
    gates = _landing_gates(source)
    checks += [
        dg.AssetCheckSpec(
            "may_be_built_upon",
            asset=stream_key(source, stream),
            description=f"{gates[stream.name].description} What depends on it waits if not.",
        )
        for stream in source.streams
        if stream.name in gates
    ]

    @dg.multi_asset(
        name=f"extract_{source.name}",
        specs=specs,
        check_specs=checks,
        can_subset=True,
        pool=POOL,
    )
    def assets(context: dg.AssetExecutionContext, app: AppResource) -> Iterator[Any]:
        keys = {stream.name: stream_key(source, stream) for stream in source.streams}
        wanted = [name for name, key in keys.items() if key in context.selected_asset_keys]
        # One call for all of them: one client, and so one rate budget, for the account.
        result = extract(app.app, [source.name], wanted, run_id=app.run_id)
        found = {one.stream: one for one in result.streams}
        for name in wanted:
            one = found.get(name) or replace(found["*"], stream=name)
            yield from _results(keys[name], one, result.echoes.get(f"{source.name}.{name}", 0))
        judged = [gates[name].ruleset for name in wanted if name in gates]
        run_id = f"{app.run_id}/{source.name}"
        for verdict in gate(app.app, judged, run_id=run_id) if judged else ():
            stream = next(name for name, one in gates.items() if one.ruleset == verdict.ruleset)
            yield _judged(keys[stream], verdict)

    return assets


def _landing_gates(source: Source) -> dict[str, RuleSet]:
    """The gates of a source's streams, by the stream."""
    schema = f"raw_{source.name}"
    return {one.model: one for one in rulesets().values() if one.schema_name == schema}


def _judged(key: dg.AssetKey, result: GateResult) -> dg.AssetCheckResult:
    """A held stream is a failed check; the build leaves out what depends on it, and only that.

    It does not block in Dagster's own sense: all models are one step, and none would be built.
    """
    return dg.AssetCheckResult(
        asset_key=key,
        check_name="may_be_built_upon",
        passed=result.verdict.decision == "pass",
        severity=dg.AssetCheckSeverity.ERROR,
        metadata={
            "decision": result.verdict.decision,
            "reasons": "; ".join(result.verdict.reasons) or "none",
            "evidence": dg.MetadataValue.md(evidence_table(result)),
        },
    )


def _results(key: dg.AssetKey, one: StreamResult, echoes: int) -> Iterator[Any]:
    """A stream that could not be read is a failed check, and the rest of the run goes on."""
    numbers = {
        "read": one.read,
        "landed": one.landed.versions,
        "deleted": one.landed.deletions,
        "rejected": one.landed.rejects,
        "echoes": echoes,
        "verdict": one.verdict,
    }
    is_whole = one.status in {"done", "resting"} and not one.landed.rejects
    yield dg.MaterializeResult(
        asset_key=key, metadata={"status": one.status, "dagster/row_count": one.read, **numbers}
    )
    yield dg.AssetCheckResult(
        asset_key=key,
        check_name="arrived",
        passed=is_whole and one.verdict not in {"missing", "surplus"},
        severity=dg.AssetCheckSeverity.WARN
        if one.status in {"done", "resting", "disabled"}
        else dg.AssetCheckSeverity.ERROR,
        metadata={"why": one.error or "; ".join(one.notices) or "-", **numbers},
    )
