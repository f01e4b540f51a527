"""Measures many companies fast: dbt compiles the models once, and their SQL runs per company.

The SQL is dbt's own, in dbt's own order; what `revops metrics` does beside it is dbt's start.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from dbt.cli.main import dbtRunner

from reverse_etl.holdout import MEMBERS
from tests.parsed import CATALOG, manifest, places
from tests.shared import said_once
from warehouse.canonical_files import load_canonical
from warehouse.connection import Session, scratch
from warehouse.settings import PROJECT_ROOT

Values = dict[tuple[str, str], str | None]

# What is there before the first model; of identity, a stand-in.
_LOADED = {"canonical", "identity"}

# Promises about the tools' records.
_OF_RECORDS = {"assert_accounts_are_as_many_as_live_accounts"}


def slow(seeds: Iterable[int]) -> list[Any]:
    """Seeds for `make test-slow`: a company takes ten seconds."""
    return [pytest.param(seed, marks=pytest.mark.slow) for seed in seeds]


# Marts of the tools' records, of which the files of a company know nothing.
_MARTS_OF_RECORDS = {"data_quality", "data_quality_worklist"}


class Models:
    """The compiled models of the metrics, each after what it is made of, and the marts on them."""

    def __init__(self) -> None:
        made = said_once("compiled_metrics", _compiled)
        self._nodes: dict[str, dict[str, Any]] = {
            name: node
            for name, node in made["nodes"].items()
            if node["resource_type"] == "model"
            and node["schema"] in {"policy", "metrics"}
            # What is told of the values afterwards is told of a warehouse's builds.
            and "model.revops.metric_values" not in node["depends_on"]["nodes"]
        }
        for node in self._nodes.values():
            node["reads"] = {
                name: made["nodes"][name]["schema"] for name in node["depends_on"]["nodes"]
            }
        known = {name for name, node in made["nodes"].items() if node["schema"] in _LOADED}
        # What needs a seed is left out: none is loaded.
        self._marts = {
            name: node
            for name, node in made["nodes"].items()
            if node["resource_type"] == "model"
            and node["schema"] == "marts"
            and node["name"] not in _MARTS_OF_RECORDS
            and _reaches(name, made["nodes"]) <= known | self._nodes.keys()
        }
        self._tests = [
            node
            for node in made["nodes"].values()
            if node["resource_type"] == "test"
            and node["name"] not in _OF_RECORDS
            and self._marts.keys() & set(node["depends_on"]["nodes"])
            and set(node["depends_on"]["nodes"]) <= known | self._nodes.keys() | self._marts.keys()
        ]

    def values(self, folder: Path) -> Values:
        """What the models say of the company in `folder`."""
        with self.measured(folder) as session:
            rows = session.rows("select metric, dims, value from metrics.metric_values")
        found = {(row["metric"], _canonical(row["dims"])): row["value"] for row in rows}
        assert len(found) == len(rows), "two records share metric and dimensions"
        return found

    @contextmanager
    def measured(self, folder: Path) -> Iterator[Session]:
        """A database in which the models are built for the company."""
        with scratch() as session, pytest.MonkeyPatch.context() as environment:
            environment.setenv("REVOPS_POLICY", str(folder / "policy.json"))
            environment.setenv("REVOPS_RULES", str(folder))
            session.execute(f"attach ':memory:' as {CATALOG}; use {CATALOG}")
            load_canonical(session, folder)
            session.execute("create schema policy; create schema metrics")
            session.execute("create schema ops")
            session.execute(MEMBERS)
            for node in _in_order(self._nodes):
                _make(session, node)
            yield session

    def part(self, session: Session, folder: Path, pattern: str) -> Part:
        """The models whose file the pattern is found in."""
        nodes = {
            name: node
            for name, node in self._nodes.items()
            if re.search(pattern, node["original_file_path"])
        }
        return Part(session, folder, nodes)

    @contextmanager
    def shown(self, folder: Path) -> Iterator[Session]:
        """The same with the marts."""
        with self.measured(folder) as session:
            _show_identity(session)
            session.execute("create schema marts")
            for node in _in_order(self._marts):
                session.execute(f"create table marts.{node['name']} as {node['compiled_code']}")
            yield session

    def broken_promises(self, session: Session) -> list[str]:
        """What the marts promise by dbt's tests and their contracts, and do not keep."""
        empty = [
            f"marts.{node['name']}.{column['name']} is null"
            for node in self._marts.values()
            for column in node["columns"].values()
            if any(one["type"] == "not_null" for one in column["constraints"])
            and session.rows(
                f"select 1 from marts.{node['name']} where {column['name']} is null limit 1"
            )
        ]
        return empty + [node["name"] for node in self._tests if session.rows(node["compiled_code"])]


def _compiled() -> Any:
    """dbt's own account of the project with the SQL of the models, which takes half a minute."""
    with TemporaryDirectory() as target, pytest.MonkeyPatch.context() as environment:
        environment.setenv("REVOPS_WAREHOUSE__PATH", str(Path(target) / f"{CATALOG}.duckdb"))
        chosen = ("--select", "policy", "metrics", "marts", "--no-introspect")
        result = dbtRunner(manifest=manifest()).invoke(["compile", *chosen, *places(Path(target))])
        assert result.success, result.exception
        return json.loads((Path(target) / "manifest.json").read_text(encoding="utf-8"))


class Part:
    """Some of the models of a measured company, to be made again under other rules."""

    def __init__(self, session: Session, folder: Path, nodes: dict[str, dict[str, Any]]) -> None:
        self._session, self._folder = session, folder
        self.tables = {name: f"{node['schema']}.{node['name']}" for name, node in nodes.items()}
        self._nodes = nodes

    def make_again(self) -> None:
        """Make them anew, by the documents that lie in the folder now."""
        for table in self.tables.values():
            self._session.execute(f"drop table if exists {table}")
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("REVOPS_POLICY", str(self._folder / "policy.json"))
            environment.setenv("REVOPS_RULES", str(self._folder))
            for node in _in_order(self._nodes):
                _make(self._session, node)


def _reaches(name: str, nodes: dict[str, Any]) -> set[str]:
    """What a mart reads, through other marts or not."""
    reads = set(nodes[name]["depends_on"]["nodes"])
    marts = {one for one in reads if nodes[one]["schema"] == "marts"}
    return (reads - marts).union(*(_reaches(one, nodes) for one in marts))


def _in_order(models: dict[str, dict[str, Any]]) -> Iterator[dict[str, Any]]:
    done: set[str] = set()
    waiting = dict(models)
    while waiting:
        ready = [
            name
            for name, node in waiting.items()
            if all(one in done or one not in models for one in node["depends_on"]["nodes"])
        ]
        assert ready, f"a circle among {sorted(waiting)}"
        for name in ready:
            yield waiting.pop(name)
        done.update(ready)


def _make(session: Session, node: dict[str, Any]) -> None:
    table = f"{node['schema']}.{node['name']}"
    if node["language"] == "sql":
        session.execute(f"create table {table} as {node['compiled_code']}")
        return
    path = PROJECT_ROOT / "dbt_project" / node["original_file_path"]
    spec = spec_from_file_location(f"dbt_model_{node['name']}", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    session.load(table, module.model(_Dbt(session, node), None))


class _Dbt:
    """What a model in Python is given by dbt."""

    def __init__(self, session: Session, node: dict[str, Any]) -> None:
        self._session = session
        self._tables = {
            name.split(".")[-1]: f"{schema}.{name.split('.')[-1]}"
            for name, schema in node["reads"].items()
        }

    def config(self, **_: Any) -> None:
        """Nothing that a test could want."""

    def ref(self, name: str) -> Any:
        return self._session.connection.table(self._tables[name])


def _show_identity(session: Session) -> None:
    """Every account and person of the files is one record of one tool, and nobody's child."""
    session.execute("create schema identity")
    session.execute("""
        create table identity.live_accounts as
        select
            account_id,
            [{'source': 'files', 'source_object': 'account', 'source_record_id': account_id}]
                as source_records,
            1::bigint as source_count,
            created_at as updated_at
        from canonical.account
    """)
    session.execute("""
        create table identity.person_map as
        select person_id, 'files' as source, is_deleted from canonical.person
    """)
    session.execute("alter table canonical.account add column parent_account_id varchar")
    session.execute("alter table canonical.account add column ultimate_parent_account_id varchar")
    session.execute("update canonical.account set ultimate_parent_account_id = account_id")
    session.execute("alter table canonical.person add column has_opted_out boolean")


def _canonical(dims: str) -> str:
    return json.dumps(json.loads(dims), sort_keys=True, ensure_ascii=False)
