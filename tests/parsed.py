"""The dbt project, read once in a process for all who compile or build it there."""

from __future__ import annotations

from dataclasses import fields
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

from tests.shared import said_once
from warehouse.settings import PROJECT_ROOT

# DuckDB names a catalog after its file, and a parsed project names its catalog.
CATALOG = "warehouse"


def places(target: Path) -> list[str]:
    """Where dbt finds the project, and where it writes what it makes of it."""
    folder = str(PROJECT_ROOT / "dbt_project")
    project = ["--project-dir", folder, "--profiles-dir", folder, "--quiet"]
    # Its own log of every event takes an eighth of a build.
    project += ["--log-level-file", "none"]
    return [*project, "--target-path", str(target), "--log-path", str(target)]


@cache
def manifest() -> Manifest:
    """The parsed project, which takes half a minute; `dbtRunner` takes it instead of the files."""
    # A manifest pickled as such mixes up its lookups (dbt-core 1.11 leaves out its fixtures).
    return Manifest(**_parsed()["parts"])


def written() -> dict[str, Any]:
    """What dbt would write of it to `manifest.json`."""
    said: dict[str, Any] = _parsed()["written"]
    return said


@cache
def _parsed() -> dict[str, Any]:
    found: dict[str, Any] = said_once("manifest", _parse)
    return found


def _parse() -> dict[str, Any]:
    with TemporaryDirectory() as target, pytest.MonkeyPatch.context() as environment:
        environment.setenv("REVOPS_WAREHOUSE__PATH", str(Path(target) / f"{CATALOG}.duckdb"))
        result = dbtRunner().invoke(["parse", *places(Path(target))])
    assert isinstance(result.result, Manifest), result.exception
    parsed = result.result
    parts = [one.name for one in fields(parsed) if one.init and not one.name.startswith("_")]
    return {
        "parts": {name: getattr(parsed, name) for name in parts},
        # A process that has not run dbt itself could not say this.
        "written": parsed.writable_manifest().to_dict(omit_none=False),
    }
