"""One parsed project and one built warehouse for every test of the SQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import copy
from typing import Any

import duckdb
import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.artifacts.schemas.run import RunExecutionResult
from dbt.cli.main import dbtRunner, dbtRunnerResult

from tests import parsed
from tests.dbt.raw_records import ALL, land
from tests.shared import made_once

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
    return parsed.written()


@pytest.fixture(scope="session")
def warehouse(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file holding the hand-made records, built and tested by dbt."""

    def build(folder: Path) -> None:
        folder.mkdir()
        land(folder / FILE, ALL)
        project.run("build", warehouse=folder / FILE)

    built = made_once("built_warehouse", build) / FILE
    return Path(copy(built, tmp_path_factory.mktemp("warehouse")))


@pytest.fixture(scope="session")
def query(warehouse: Path) -> Query:
    return lambda sql: rows(warehouse, sql)


def rows(path: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(path)) as connection:
        return connection.execute(sql).fetchall()
