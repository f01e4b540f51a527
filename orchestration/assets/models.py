"""dbt's models and tests as assets and checks, with the lineage of the manifest."""

import importlib.metadata
import subprocess
import sys
from collections.abc import Iterator, Mapping
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
from packaging import version

from connectors.core import registry
from connectors.core.extract import create_raw_tables
from orchestration.assets.raw import POOL
from orchestration.assets.resource import AppResource
from orchestration.publishing import published
from orchestration.remembering import remembering
from orchestration.steps import dbt_target
from quality.held import held_streams
from warehouse.settings import DBT_PROJECT, Settings, export_for_children, load

_DBT = str(Path(sys.executable).parent / "dbt")


class OfflineDbt(DbtCliResource):
    """Asks the installed package for its version: `dbt --version` would ask the network."""

    @cached_property
    def _cli_version(self) -> version.Version:
        return version.parse(importlib.metadata.version("dbt-core"))


class ByLayer(DagsterDbtTranslator):
    """Assets are named by schema and model, and grouped by layer."""

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> dg.AssetKey:
        declared = dbt_resource_props.get("meta", {}).get("dagster", {}).get("asset_key")
        if dbt_resource_props["resource_type"] == "source" and declared:
            return dg.AssetKey(declared)
        return dg.AssetKey([dbt_resource_props["schema"], dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        return str(dbt_resource_props["schema"])


def model_key(schema: str, model: str) -> dg.AssetKey:
    return dg.AssetKey([schema, model])


def dbt_resource() -> OfflineDbt:
    return OfflineDbt(
        project_dir=str(DBT_PROJECT), profiles_dir=str(DBT_PROJECT), dbt_executable=_DBT
    )


def model_assets() -> dg.AssetsDefinition:
    translator = ByLayer(settings=DagsterDbtTranslatorSettings(enable_asset_checks=True))

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
        with published(app.app, whole=not context.is_subset), remembering(app.app):
            # One folder for all runs, the command's too: the lease lets in one at a time.
            build = dbt.cli(["build", *besides], context=context, target_path=dbt_target(app.app))
            yield from build.stream()

    return models


def _manifest() -> Path:
    """The manifest, parsed anew when a file of the project is younger than it."""
    settings = load(Settings)
    export_for_children(settings)
    project = DbtProject(DBT_PROJECT, target_path=settings.home.absolute() / "dbt")
    sources = [
        path
        for folder in ("models", "macros", "seeds", "tests")
        for path in (DBT_PROJECT / folder).rglob("*")
    ]
    youngest = max(path.stat().st_mtime for path in [*sources, DBT_PROJECT / "dbt_project.yml"])
    manifest = project.manifest_path
    if not manifest.exists() or manifest.stat().st_mtime < youngest:
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
