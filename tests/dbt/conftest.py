"""One parsed project and one built warehouse for every test of the SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.artifacts.schemas.run import RunExecutionResult
from dbt.cli.main import dbtRunner, dbtRunnerResult

from tests import parsed
from tests.dbt.raw_records import ALL, land

Query = Callable[[str], list[tuple[Any, ...]]]

FILE = f"{parsed.CATALOG}.duckdb"


class Project:
    """The dbt project, run in this process against whichever database file a test names."""

    def __init__(self, target: Path, environment: pytest.MonkeyPatch) -> None:
        self.target = target
        self.environment = environment

    def run(self, *arguments: str, warehouse: Path) -> dbtRunnerResult:
        self.environment.setenv("REVOPS_WAREHOUSE__PATH", str(warehouse))
        places = parsed.places(self.target)
        result = dbtRunner(manifest=parsed.manifest()).invoke([*arguments, *places])
        # dbt keeps its database open; a reader in this process would share it, functions and all.
        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
        assert result.success, result.exception or failures(result)
        return result


def failures(result: dbtRunnerResult) -> list[str]:
    nodes = result.result.results if isinstance(result.result, RunExecutionResult) else []
    return [f"{n.node.name}: {n.message}" for n in nodes if n.status in {"error", "fail"}]


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    with pytest.MonkeyPatch.context() as environment:
        yield Project(tmp_path_factory.mktemp("target"), environment)


@pytest.fixture(scope="session")
def manifest() -> dict[str, Any]:
    return parsed.manifest().writable_manifest().to_dict(omit_none=False)


@pytest.fixture(scope="session")
def warehouse(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file holding the hand-made records, built and tested by dbt."""
    path = tmp_path_factory.mktemp("warehouse") / FILE
    land(path, ALL)
    project.run("build", warehouse=path)
    return path


@pytest.fixture(scope="session")
def query(warehouse: Path) -> Query:
    return lambda sql: rows(warehouse, sql)


def rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(path)) as connection:
        return connection.execute(sql).fetchall()
