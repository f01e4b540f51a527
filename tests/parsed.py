"""The dbt project, read once in a process for all who compile or build it there."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from dbt.cli.main import dbtRunner
from dbt.contracts.graph.manifest import Manifest

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
    with TemporaryDirectory() as target, pytest.MonkeyPatch.context() as environment:
        environment.setenv("REVOPS_WAREHOUSE__PATH", str(Path(target) / f"{CATALOG}.duckdb"))
        result = dbtRunner().invoke(["parse", *places(Path(target))])
    assert isinstance(result.result, Manifest), result.exception
    return result.result
