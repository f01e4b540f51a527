"""What Dagster is told, and what it does with a verdict; Dagster is imported by these only."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.connectors.conftest import streams_of_every_source
from tests.orchestration.conftest import TwoDays, environment
from tests.orchestration.test_run import assert_clean
from warehouse.connection import Warehouse
from warehouse.settings import DBT_PROJECT, PROJECT_ROOT

# They look at an installation after two whole days of every tool: minutes.
pytestmark = pytest.mark.slow

GATE, SYNC = ["gate", "accounts"], ["sync", "hubspot_companies"]


@pytest.fixture
def graph(settled: TwoDays) -> Any:
    from orchestration.definitions import defs

    return defs.resolve_asset_graph()


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The definitions of an installation of which nothing has been run, and its graph's specs."""
    folder = tmp_path_factory.mktemp("described")
    settings = {"REVOPS_HOME": str(folder / "home"), "REVOPS_DOCS_URL": "http://docs.example"}
    with environment(settings, folder):
        from orchestration.definitions import _definitions

        graph = _definitions().resolve_asset_graph()
        yield {one.key: one for one in graph.asset_nodes if one.is_materializable}


@pytest.fixture(scope="module")
def manifest(described: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which dbt's manifest of that installation lies."""
    assert described
    return tmp_path_factory.getbasetemp() / "described0" / "home" / "dbt"


def test_everything_says_what_it_is_whose_and_of_what_kind(described: Any) -> None:
    assert len(described) > 400
    for asset, node in described.items():
        assert node.description, asset
        assert node.group_name, asset
        assert node.kinds, asset
        assert [one for one in node.owners if one.startswith("team:")], asset
    assert described[key("raw", "stripe", "invoices")].owners == ["team:finance"]
    assert described[key("staging", "stg_stripe__invoices")].owners == ["team:finance"]
    assert described[key("canonical", "opportunity")].owners == ["team:sales"]
    assert described[key("activation", "sync_hubspot__companies")].owners == ["team:revops"]


def test_every_table_tells_its_columns_and_links_to_the_page_about_it(described: Any) -> None:
    for asset, node in described.items():
        if asset.path[0] == "raw":
            assert len(node.metadata["dagster/column_schema"].columns) == 6, asset
    models = {
        asset: node for asset, node in described.items() if asset.path[0] in {"marts", "canonical"}
    }
    assert len(models) > 40
    for asset, node in models.items():
        columns = node.metadata["dagster/column_schema"].columns
        assert columns, asset
        assert all(one.description for one in columns), asset
        name = asset.path[1]
        assert node.metadata["dbt_docs"].url == (
            f"http://docs.example/dbt/index.html#!/model/model.revops.{name}"
        )
    gate = described[key(*GATE)]
    assert gate.metadata["data_docs"].url == "http://docs.example/accounts/newest.html"


def test_the_page_about_the_models_is_made_once_and_needs_no_warehouse(
    manifest: Path, tmp_path: Path
) -> None:
    from orchestration.dbt_docs import data_docs, write_dbt_docs

    page = write_dbt_docs(manifest, data_docs(tmp_path))
    assert page is not None
    assert "model.revops.accounts" in page.read_text(encoding="utf-8")
    made = page.stat().st_mtime_ns
    assert write_dbt_docs(manifest, data_docs(tmp_path)) == page
    assert page.stat().st_mtime_ns == made
    assert write_dbt_docs(tmp_path / "nothing", data_docs(tmp_path / "other")) is None


def key(*parts: str) -> Any:
    import dagster as dg

    return dg.AssetKey(list(parts))


def upstream(graph: Any, start: Any) -> set[Any]:
    found: set[Any] = set()
    waiting = [start]
    while waiting:
        for parent in graph.get(waiting.pop()).parent_keys - found:
            found.add(parent)
            waiting.append(parent)
    return found


def test_every_stream_gate_and_sync_is_an_asset(graph: Any) -> None:
    keys = {"/".join(one.path) for one in graph.get_all_asset_keys()}
    assert {"gate/accounts", "sync/hubspot_companies", "marts/accounts"} <= keys
    raw = {one for one in keys if one.startswith("raw/")}
    assert raw == {f"raw/{vendor}/{stream}" for vendor, stream in streams_of_every_source()}


def test_the_lineage_goes_from_tool_to_tool_through_dbt_and_the_gate(graph: Any) -> None:
    behind = upstream(graph, key(*SYNC))
    assert key(*GATE) in behind
    assert key("marts", "accounts") in behind
    assert key("staging", "stg_hubspot__companies") in behind
    for vendor, stream in (
        ("hubspot", "companies"),
        ("salesforce", "opportunities"),
        ("zendesk", "tickets"),
    ):
        assert key("raw", vendor, stream) in behind


def test_the_gate_sees_everything_that_its_sync_reads(graph: Any) -> None:
    assert key("activation", "sync_hubspot__companies") in upstream(graph, key(*GATE))


def test_the_gate_is_a_check_that_blocks(graph: Any) -> None:
    blocking = {
        (tuple(one.asset_key.path), one.name)
        for one in graph.asset_check_keys
        if graph.get(one).blocking
    }
    assert (tuple(GATE), "may_leave") in blocking


def test_a_run_is_one_process(settled: TwoDays) -> None:
    from orchestration.definitions import defs

    assert defs.resolve_job_def("everything").executor_def.name == "in_process"


def test_dagster_dbt_still_asks_for_the_version_where_we_answer() -> None:
    """OfflineDbt overrides a private attribute: without it, each run would ask the network."""
    from functools import cached_property

    from dagster_dbt import DbtCliResource

    from orchestration.assets.models import OfflineDbt

    assert isinstance(DbtCliResource.__dict__.get("_cli_version"), cached_property)
    assert "_cli_version" in OfflineDbt.__dict__


def run_gate_and_sync() -> Any:
    """The end of the scheduled job: what the gate says, and what the sync makes of it."""
    import dagster as dg

    from orchestration.definitions import defs

    with dg.DagsterInstance.get() as instance:
        return defs.resolve_job_def("everything").execute_in_process(
            instance=instance,
            raise_on_error=False,
            asset_selection=[key("raw", "salesforce", "users"), key(*GATE), key(*SYNC)],
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        )


def materialized(result: Any) -> set[tuple[str, ...]]:
    return {tuple(event.asset_key.path) for event in result.get_asset_materialization_events()}


def test_a_held_gate_keeps_the_job_from_syncing_and_a_passed_one_lets_it(
    settled: TwoDays, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_HOME", str(PROJECT_ROOT))
    before = set(PROJECT_ROOT.iterdir())
    good = run_gate_and_sync()
    assert good.success
    assert tuple(SYNC) in materialized(good)
    warehouse = Warehouse(settled.home / "warehouse.duckdb")
    with warehouse.open("test") as session:
        session.execute("create table kept as select * from marts.accounts")
        session.execute("insert into marts.accounts select * from marts.accounts limit 1")
    bad = run_gate_and_sync()
    assert not bad.success
    assert tuple(GATE) in materialized(bad)
    assert tuple(SYNC) not in materialized(bad)
    (check,) = [one for one in bad.get_asset_check_evaluations() if one.check_name == "may_leave"]
    assert not check.passed
    assert "one_row_per_account" in str(check.metadata["reasons"].value)
    with warehouse.open("test") as session:
        session.execute("create or replace table marts.accounts as select * from kept")
        session.execute("drop table kept")
    assert set(PROJECT_ROOT.iterdir()) == before, "everything that is kept lies in REVOPS_HOME"
    history = settled.home / "history"
    assert history.is_dir()
    assert_clean([path for path in settled.home.rglob("*") if path.is_file()], settled.secrets)


def test_a_new_document_needs_no_change_of_the_code(settled: TwoDays, tmp_path: Path) -> None:
    copy, home = tmp_path / "copy", tmp_path / "home"
    for package in ("warehouse", "connectors", "quality", "reverse_etl", "orchestration"):
        shutil.copytree(PROJECT_ROOT / package, copy / package)
    shutil.copytree(DBT_PROJECT, copy / "dbt_project")
    (home / "dbt").mkdir(parents=True)
    _declare_more(copy)
    # Younger than the copied models, so that dbt need not parse them all again.
    shutil.copyfile(settled.home / "dbt" / "manifest.json", home / "dbt" / "manifest.json")
    script = (
        "from orchestration.definitions import defs\n"
        "for key in defs.resolve_asset_graph().get_all_asset_keys(): print('/'.join(key.path))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=copy,
        env={"PATH": "/usr/bin:/bin", "REVOPS_HOME": str(home), "PYTHONPATH": str(copy)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert {"sync/hubspot_tickets", "gate/of_tickets"} <= set(done.stdout.split())


def _declare_more(copy: Path) -> None:
    sync_file = copy / "reverse_etl" / "syncs" / "hubspot_companies.yaml"
    spec = yaml.safe_load(sync_file.read_text(encoding="utf-8"))
    spec |= {"name": "hubspot_tickets", "object": "tickets"}
    spec |= {"gate": {"ruleset": "of_tickets", "key": "account_id"}}
    sync_file.with_name("hubspot_tickets.yaml").write_text(yaml.safe_dump(spec), encoding="utf-8")
    rules_file = copy / "quality" / "rules" / "accounts.yaml"
    rules = yaml.safe_load(rules_file.read_text(encoding="utf-8")) | {"ruleset": "of_tickets"}
    rules_file.with_name("of_tickets.yaml").write_text(yaml.safe_dump(rules), encoding="utf-8")


# -- nothing calls out ---------------------------------------------------------------------


def test_dagster_reports_to_nobody(settled: TwoDays) -> None:
    said = yaml.safe_load((PROJECT_ROOT / "dagster.yaml").read_text(encoding="utf-8"))
    assert said["telemetry"] == {"enabled": False}
    assert said["nux"] == {"enabled": False}


def test_dbt_reports_to_nobody_and_asks_nobody_for_its_version() -> None:
    said = yaml.safe_load((DBT_PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))
    assert said["flags"]["send_anonymous_usage_stats"] is False
    assert said["flags"]["version_check"] is False


def test_the_processes_that_we_start_are_told_so_too(settled: TwoDays) -> None:
    import os

    from orchestration.app import App

    App.from_environment().state.close()
    found = dict(os.environ)  # noqa: TID251 - what children are given
    assert found["DAGSTER_DISABLE_TELEMETRY"] == "1"
    assert found["DBT_SEND_ANONYMOUS_USAGE_STATS"] == "false"
    assert found["DO_NOT_TRACK"] == "1"
