"""`raw/<vendor>/<stream>`: one asset per declared stream."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import dagster as dg
from pydantic import Field

from connectors.core import registry
from connectors.core.extract import StreamResult
from connectors.core.source import Source, Stream
from orchestration.app import App
from orchestration.assets.resource import AppResource
from orchestration.cadence import Cadence
from orchestration.evidence_views import evidence_table
from orchestration.steps import extract, gate
from quality.gate import GateResult
from quality.governance import governance
from quality.spec import RuleSet, rulesets
from warehouse.connection import quoted
from warehouse.settings import Settings, load

POOL = "warehouse"

# A stream is a log: what a record holds is in its payload, as the tool has told it.
_COLUMNS = dg.TableSchema(
    [
        dg.TableColumn("_key", "varchar", "The record's own key in the tool."),
        dg.TableColumn("_cursor", "varchar", "Where the version stands in the tool's own order."),
        dg.TableColumn("_extracted_at", "timestamptz", "When it was read."),
        dg.TableColumn("_run_id", "varchar", "The run that landed it."),
        dg.TableColumn("_deleted", "boolean", "The record is gone from this version on."),
        dg.TableColumn("payload", "json", "What the tool answered, as it is."),
    ]
)


class Reading(dg.Config):
    """How the streams are read this time."""

    compare_ids: bool = Field(
        default=False, description="Compare what is landed with the source, record by record."
    )
    full_refresh: bool = Field(default=False, description="Read everything anew, not what is new.")


def raw_assets(when: Cadence) -> list[dg.AssetsDefinition]:
    in_use = registry.sources_in_use(load(Settings).vendors_in_use)
    return [_assets_of(source, when) for source in in_use]


def stream_key(source: Source, stream: Stream) -> dg.AssetKey:
    return dg.AssetKey(["raw", source.name, stream.name])


def _assets_of(source: Source, when: Cadence) -> dg.AssetsDefinition:
    stale = dg.FreshnessPolicy.time_window(fail_window=when.stale_stream(source.name))
    specs = [
        dg.AssetSpec(
            stream_key(source, stream),
            description=f"{source.title}: {stream.description} Append-only log of versions.",
            group_name="raw",
            kinds={source.name, "duckdb"},
            owners=[f"team:{governance().owner_of_source(source.name)}"],
            metadata={"dagster/column_schema": _COLUMNS},
            freshness_policy=stale,
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
    def assets(
        context: dg.AssetExecutionContext, app: AppResource, config: Reading
    ) -> Iterator[Any]:
        keys = {stream.name: stream_key(source, stream) for stream in source.streams}
        wanted = [name for name, key in keys.items() if key in context.selected_asset_keys]
        # One call for all of them: one client, and so one rate budget, for the account.
        result = extract(
            *(app.app, [source.name], wanted),
            full_refresh=config.full_refresh,
            compare_ids=config.compare_ids,
            run_id=app.run_id,
        )
        states = landed(app.app, source, wanted)
        found = {one.stream: one for one in result.streams}
        for name in wanted:
            one = found.get(name) or replace(found["*"], stream=name)
            echoes = result.echoes.get(f"{source.name}.{name}", 0)
            yield from _results(keys[name], one, echoes, states[name])
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
        description="; ".join(result.verdict.reasons) or None,
        metadata={
            "decision": result.verdict.decision,
            "reasons": "; ".join(result.verdict.reasons) or "none",
            "evidence": dg.MetadataValue.md(evidence_table(result)),
        },
    )


@dataclass(frozen=True)
class Landed:
    """The log of a stream: it only grows, but where a person is erased."""

    rows: int
    last_run: str | None

    @property
    def version(self) -> dg.DataVersion:
        """What stands for all of it: another one when a row came or went, and only then."""
        return dg.DataVersion(f"{self.rows}@{self.last_run}")


def landed(app: App, source: Source, streams: Sequence[str]) -> dict[str, Landed]:
    """What is landed of each stream by now."""
    with app.warehouse.open("naming data versions") as session:
        return {
            name: Landed(
                *(
                    session.value(f"select {one} from raw_{source.name}.{quoted(name)}")  # noqa: S608 - a declared stream
                    for one in ("count(*)", "max(_run_id)")
                )
            )
            for name in streams
        }


def _results(key: dg.AssetKey, one: StreamResult, echoes: int, state: Landed) -> Iterator[Any]:
    """A stream that could not be read is a failed check, and the rest of the run goes on."""
    numbers = {
        "read": one.read,
        "landed": one.landed.versions,
        "deleted": one.landed.deletions,
        "rejected": one.landed.rejects,
        "echoes": echoes,
        "verdict": one.verdict,
    }
    refused = [f"{one.landed.rejects:,} records broke the contract: see raw_{one.vendor}._rejected"]
    notices = [*one.notices, *(refused if one.landed.rejects else [])]
    why = one.error or "; ".join(notices) or None
    is_whole = one.status in {"done", "resting"} and not one.landed.rejects
    yield dg.MaterializeResult(
        asset_key=key,
        metadata={"status": one.status, "dagster/row_count": state.rows, **numbers},
        data_version=state.version,
    )
    yield dg.AssetCheckResult(
        asset_key=key,
        check_name="arrived",
        passed=is_whole and one.verdict not in {"missing", "surplus"},
        severity=dg.AssetCheckSeverity.WARN
        if one.status in {"done", "resting", "disabled"}
        else dg.AssetCheckSeverity.ERROR,
        description=why,
        metadata={"why": why or "-", **numbers},
    )
