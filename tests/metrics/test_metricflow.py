"""What MetricFlow answers, against the metrics' SQL."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt_metricflow.cli.cli_configuration import CLIConfiguration
from metricflow.engine.metricflow_engine import MetricFlowEngine, MetricFlowQueryRequest

from orchestration.dbt import dbt_run
from warehouse.canonical_files import load_canonical
from warehouse.connection import Warehouse
from warehouse.settings import DBT_PROJECT

pytestmark = pytest.mark.slow

EXAMPLE = Path(__file__).parent / "worked_example"

# Marts that the worked example can have: the others tell of identities, and it has none.
MARTS = ("opportunities", "revenue_monthly", "mrr_movements", "funnel", "support")

# The window that the example's policy reports: its label, its first and its last day.
WINDOW, FIRST, LAST = "2025-H1", datetime(2025, 1, 1), datetime(2025, 6, 30)  # noqa: DTZ001

Key = tuple[str, ...]
Groups = tuple[str, ...]

MONTH, QUARTER = "metric_time__month", "metric_time__fiscal_quarter"
GROUPS: dict[str, Groups] = {
    "movement": (MONTH, "mrr_change__movement"),
    "segment": (MONTH, "account__segment"),
    "account_id": (MONTH, "account"),
    "channel": ("channel",),
    "ticket_id": ("ticket",),
}
# Names that SQL has for a metric by one of the groups; MetricFlow has the group.
BY_GROUP = {
    "arr_closing_by_segment": "arr_closing",
    "account_mrr_closing": "mrr_closing",
    "channel_leads": "leads_created",
    "channel_mqls": "mql_count",
}


class Asked:
    """MetricFlow on a warehouse of the worked example."""

    def __init__(self, place: Path) -> None:
        self.project = place / "project"
        self.project.mkdir()
        # MetricFlow reads what dbt parsed from this folder of the project only.
        for name in ("dbt_project.yml", "profiles.yml", "models", "macros", "seeds", "tests"):
            (self.project / name).symlink_to(DBT_PROJECT / name)
        warehouse = Warehouse(place / "warehouse.duckdb")
        with warehouse.open("reading canonical files") as session:
            load_canonical(session, EXAMPLE)
        selection = ("policy", "metrics", *MARTS)
        dbt_run(warehouse, self.project / "target", selection, policy=EXAMPLE / "policy.json")
        manifest = json.loads((self.project / "target/semantic_manifest.json").read_text("utf-8"))
        self.warehouse = warehouse.path
        names = {metric["name"] for metric in manifest["metrics"]}
        with warehouse.open("reading metrics") as session:
            rows = session.rows("select metric, dims, value from metrics.metric_values")
        # What SQL says of the metrics that MetricFlow has: name there, dimensions, value.
        self.expected = [
            (name, json.loads(row["dims"]), row["value"])
            for row in rows
            if (name := BY_GROUP.get(str(row["metric"]), str(row["metric"]))) in names
        ]

    def values(
        self, metrics: Sequence[str], groups: Groups, *, in_window: bool
    ) -> dict[Key, dict[str, Any]]:
        """What `mf query` would print, by the values of the groups.

        Asked of its engine: processes would take most of the time. And a few metrics at a time:
        of forty in one question it does not come to the end of planning.
        """
        found: dict[Key, dict[str, Any]] = {}
        for start in range(0, len(metrics), 4):
            some = metrics[start : start + 4]
            request = MetricFlowQueryRequest.create(
                metric_names=some,
                group_by_names=groups,
                time_constraint_start=FIRST if in_window else None,
                time_constraint_end=LAST if in_window else None,
            )
            table = self.engine.query(request).result_df
            assert table is not None
            for row in table.rows:
                told = dict(zip(table.column_names, row, strict=True))
                key = tuple(label(told[group]) for group in groups)
                found.setdefault(key, {}).update({name: told[name] for name in some})
        return found

    @cached_property
    def engine(self) -> MetricFlowEngine:
        configuration = CLIConfiguration()
        configuration.setup(self.project, self.project, configure_file_logging=False)
        return configuration.mf


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Asked]:
    yield Asked(tmp_path_factory.mktemp("metricflow"))
    DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]


@pytest.fixture
def asked(built: Asked, monkeypatch: pytest.MonkeyPatch) -> Asked:
    monkeypatch.setenv("REVOPS_WAREHOUSE__PATH", str(built.warehouse))
    monkeypatch.setenv("REVOPS_POLICY", str(EXAMPLE / "policy.json"))
    # `mf` asks at every start whether there is a newer version of it: nobody is there to ask.
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    return built


def test_the_command_answers(asked: Asked) -> None:
    out = asked.project / "answer.csv"
    command = ["query", "--quiet", "--metrics", "opps_won,win_rate_count", "--group-by", MONTH]
    process = subprocess.run(
        [Path(sys.executable).with_name("mf"), *command, "--csv", out],
        cwd=asked.project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stdout + process.stderr
    with out.open(encoding="utf-8", newline="") as file:
        rows = {row[MONTH][:7]: row for row in csv.DictReader(file)}
    assert (rows["2025-05"]["opps_won"], rows["2025-05"]["win_rate_count"]) == ("1", "0.5")
    # Nothing happened there, and the month is told nevertheless.
    assert (rows["2024-08"]["opps_won"], rows["2024-08"]["win_rate_count"]) == ("0", "")


def test_metricflow_and_sql_say_the_same(asked: Asked) -> None:
    questions: dict[tuple[Groups, bool], list[tuple[str, Key, str | None]]] = {}
    for metric, dims, value in asked.expected:
        groups, in_window, key = question(dims)
        questions.setdefault((groups, in_window), []).append((metric, key, value))
    asked_for = {groups for groups, _ in questions}
    assert asked_for == {(), (MONTH,), (QUARTER,), *GROUPS.values()}
    assert {((), False), ((), True)} <= questions.keys()

    differences = []
    for (groups, in_window), wanted in questions.items():
        metrics = sorted({metric for metric, _, _ in wanted})
        found = asked.values(metrics, groups, in_window=in_window)
        for metric, key, value in wanted:
            told = found.get(key, {}).get(metric)
            # Where nothing happened MetricFlow has no such group, and SQL no more than a zero.
            is_absent = told is None and groups in GROUPS.values() and Decimal(value or 0) == 0
            if not is_absent and not agree(told, value):
                differences.append(f"{metric} {key}: {value} in SQL, {told} in MetricFlow")
    assert differences == []


def question(dims: dict[str, str]) -> tuple[Groups, bool, Key]:
    """What to group by for a record of these dimensions, whether in the window, and its group."""
    period = dims.get("month", dims.get("period"))
    in_window = period == WINDOW
    at = () if period is None or in_window else (period,)
    for dim, groups in GROUPS.items():
        if dim in dims and dims[dim] != "(all)":
            return groups, in_window, (*at, dims[dim])
    if not at:
        return (), in_window, ()
    return (QUARTER if "-Q" in at[0] else MONTH,), in_window, at


def label(group: Any) -> str:
    """Months are told by their first day."""
    return f"{group:%Y-%m}" if isinstance(group, date) else str(group)


def agree(found: Any, wanted: str | None) -> bool:
    """MetricFlow divides in doubles: equal to the places that a ratio has."""
    if found is None or wanted is None:
        return found is wanted
    return abs(Decimal(str(found)) - Decimal(wanted)) <= Decimal("1e-9")
