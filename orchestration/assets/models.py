"""dbt's models and tests as assets and checks, with the lineage of the manifest."""

import importlib.metadata
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import dagster as dg
from dagster_dbt import (
    DagsterDbtTranslator,
    DagsterDbtTranslatorSettings,
    DbtCliResource,
    DbtProject,
    dbt_assets,
)
from dagster_dbt.errors import DagsterDbtCliRuntimeError
from packaging import version

from connectors.core import registry
from connectors.core.extract import create_raw_tables
from orchestration.app import App
from orchestration.assets.raw import POOL
from orchestration.assets.resource import AppResource
from orchestration.automation import when_something_was_landed
from orchestration.cadence import Cadence
from orchestration.dbt_docs import changed_at, data_docs, model_page, write_dbt_docs
from orchestration.publishing import published
from orchestration.remembering import remembering
from orchestration.steps import dbt_target
from quality.governance import governance
from quality.held import held_streams
from reverse_etl.spec import syncs
from warehouse.settings import DBT_PROJECT, Settings, export_for_children, load

# What Dagster writes on a run that a condition asked for.
_BY_CONDITION = "dagster/from_automation_condition"

# The layers of which people are promised that they are of today.
_PROMISED = {"marts", "metrics", "activation"}

_DBT = str(Path(sys.executable).parent / "dbt")


class OfflineDbt(DbtCliResource):
    """Asks the installed package for its version: `dbt --version` would ask the network."""

    @cached_property
    def _cli_version(self) -> version.Version:
        return version.parse(importlib.metadata.version("dbt-core"))


class ByLayer(DagsterDbtTranslator):
    """Assets are named by schema and model, and grouped by layer."""

    def __init__(self, when: Cadence) -> None:
        super().__init__(settings=DagsterDbtTranslatorSettings(enable_asset_checks=True))
        self._stale = dg.FreshnessPolicy.time_window(fail_window=when.stale_mart())
        self._shown = load(Settings).docs_url
        # Who tells a tool what is in a model answers for it.
        self._sent_by = {spec.model: spec.owner for spec in syncs().values()}

    def get_asset_spec(
        self, manifest: Mapping[str, Any], unique_id: str, project: DbtProject | None
    ) -> dg.AssetSpec:
        spec = super().get_asset_spec(manifest, unique_id, project)
        if self._shown is not None:
            page = dg.MetadataValue.url(model_page(self._shown, unique_id))
            spec = spec.merge_attributes(metadata={"dbt_docs": page})
        if spec.group_name not in _PROMISED:
            return spec
        return spec.replace_attributes(freshness_policy=self._stale)

    def get_automation_condition(
        self, dbt_resource_props: Mapping[str, Any]
    ) -> dg.AutomationCondition[dg.AssetKey] | None:
        # What a seed holds changes with the code only, and is built with the night's.
        is_model = dbt_resource_props["resource_type"] == "model"
        return when_something_was_landed() if is_model else None

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        declared = dbt_resource_props.get("meta", {}).get("dagster", {}).get("asset_key")
        if dbt_resource_props["resource_type"] == "source" and declared:
            return dg.AssetKey(declared)
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])

    def get_owners(self, dbt_resource_props: Mapping[str, Any]) -> Sequence[str]:
        schema, name = dbt_resource_props["schema"], dbt_resource_props["name"]
        if name in self._sent_by:
            return [f"team:{self._sent_by[name]}"]
        registry_of_owners = governance()
        if schema == "staging" and "__" in name:
            vendor = name.removeprefix("stg_").split("__", 1)[0]
            return [f"team:{registry_of_owners.owner_of_source(vendor)}"]
        return [f"team:{registry_of_owners.owner_of_table(schema, name)}"]

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        return str(dbt_resource_props["schema"])


def model_key(schema: str, model: str) -> dg.AssetKey:
    return dg.AssetKey([schema, model])


def dbt_resource() -> OfflineDbt:
    return OfflineDbt(
        project_dir=str(DBT_PROJECT), profiles_dir=str(DBT_PROJECT), dbt_executable=_DBT
    )


def model_assets(when: Cadence) -> dg.AssetsDefinition:
    translator = ByLayer(when)

    @dbt_assets(
        manifest=_manifest(),
        name="build_models",
        dagster_dbt_translator=translator,
        pool=POOL,
    )
    def models(
        context: dg.AssetExecutionContext, app: AppResource, dbt: OfflineDbt
    ) -> Iterator[Any]:
        create_raw_tables(app.app.warehouse, registry.sources().values())
        held = [one.selection for one in held_streams(app.app.warehouse, app.app.state)]
        besides = ["--exclude", *held] if held else []
        # What was built because it changed leaves nothing behind that is of another state.
        is_whole = not context.is_subset or _BY_CONDITION in context.run.tags
        events: list[Any] = []
        try:
            with published(app.app, whole=is_whole), remembering(app.app):
                # One folder for all runs, the command's too: the lease lets in one at a time.
                build = dbt.cli(
                    ["build", *besides], context=context, target_path=dbt_target(app.app)
                )
                events += build.stream()
        except DagsterDbtCliRuntimeError:
            # What was built before something failed was built.
            yield from _counted(context, app.app, events)
            raise
        yield from _counted(context, app.app, events)
        if is_whole:
            write_dbt_docs(dbt_target(app.app), data_docs(app.app.settings.home))

    return models


def _counted(context: dg.AssetExecutionContext, app: App, events: Sequence[Any]) -> Iterator[Any]:
    """The events with the rows of each table; DuckDB knows them without counting, of no view."""
    with app.warehouse.open("counting rows") as session:
        found = session.rows("select schema_name, table_name, estimated_size from duckdb_tables()")
    rows = {(one["schema_name"], one["table_name"]): one["estimated_size"] for one in found}
    for event in events:
        if not isinstance(event, dg.Output):
            yield event
            continue
        count = rows.get(tuple(context.asset_key_for_output(event.output_name).path))
        known = {} if count is None else {"dagster/row_count": count}
        yield event.with_metadata({**event.metadata, **known})


def _manifest() -> Path:
    """The manifest, parsed anew when a file of the project is younger than it."""
    settings = load(Settings)
    export_for_children(settings)
    project = DbtProject(DBT_PROJECT, target_path=settings.home.absolute() / "dbt")
    manifest = project.manifest_path
    if not manifest.exists() or manifest.stat().st_mtime < changed_at():
        _parse(manifest.parent)
    return manifest


def _parse(target: Path) -> None:
    subprocess.run(  # noqa: S603 - our own interpreter, our own arguments
        [
            *(_DBT, "parse", "--quiet", "--project-dir", str(DBT_PROJECT)),
            *("--target-path", str(target), "--log-path", str(target)),
        ],
        check=True,
        cwd=DBT_PROJECT,
    )
