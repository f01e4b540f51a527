"""What analysts and operators see of deliveries afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from orchestration.app import App
from orchestration.steps import deliver
from reverse_etl.spec import sync
from tests.docs.pages import read, tables, unquoted
from tests.orchestration.command import revops
from tests.reverse_etl.bench import FIRST_ID, SPEC, UPDATE, Bench, wished
from warehouse.errors import Misconfigured
from warehouse.settings import export_environment

SYNC = SPEC.name
UNKNOWN = str(FIRST_ID + 99)
OPS = ("sync_runs", "sync_changes", "sync_rejects", "api_calls")


def rows(bench: Bench, sql: str) -> list[dict[str, Any]]:
    with bench.warehouse.open("test") as session:
        return session.rows(sql)


@pytest.fixture
def app(bench: Bench) -> Iterator[App]:
    export_environment(bench.environment)
    made = App.from_environment()
    yield made
    made.state.close()


def deliver_two_of_three(bench: Bench, app: App) -> None:
    bench.wish([wished(0), wished(1), wished(99)])
    bench.judge()
    assert deliver(app, sync(SYNC)).exit_code == 4


def test_every_run_of_a_sync_is_a_row(bench: Bench, app: App) -> None:
    deliver_two_of_three(bench, app)
    deliver(app, sync(SYNC))
    first, second = rows(bench, "select * from ops.sync_runs order by started_at, run_id")
    assert (first["status"], first["exit_code"], first["kind"]) == ("partial", 4, "sync")
    assert (first["rows"], first["changes"], first["acknowledged"], first["rejected"]) == (
        3,
        3,
        2,
        1,
    )
    assert (second["changes"], second["unchanged"], second["parked"]) == (0, 2, 1)
    assert second["finished_at"] is not None


def test_a_run_that_could_not_begin_is_a_row_with_the_error(
    bench: Bench, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.wish([wished(0)])
    bench.judge()
    mapping = SPEC.fields[0].model_copy(update={"field": "revops_nope"})
    with pytest.raises(Misconfigured):
        deliver(app, SPEC.model_copy(update={"fields": (mapping, *SPEC.fields[1:])}))
    (run,) = rows(bench, "select * from ops.sync_runs")
    assert (run["status"], run["exit_code"], run["changes"]) == ("failed", 2, None)
    assert "revops_nope" in run["error"]


def test_a_run_that_was_killed_is_told_as_interrupted_by_the_next(bench: Bench, app: App) -> None:
    app.runs.start("sync", SYNC, run_id="20200101-000000-000-aaaa/sync")
    deliver_two_of_three(bench, app)
    statuses = rows(bench, "select status from ops.sync_runs order by run_id")
    assert [one["status"] for one in statuses] == ["interrupted", "partial"]


def test_rejected_rows_tell_their_class_and_whether_they_are_parked(bench: Bench, app: App) -> None:
    deliver_two_of_three(bench, app)
    (one,) = rows(bench, "select * from ops.sync_rejects")
    assert (one["key"], one["error"], one["is_parked"]) == (UNKNOWN, "permanent", True)
    assert "OBJECT_NOT_FOUND" in one["reason"]
    assert revops("retry", SYNC, "--json").document == {"sync": SYNC, "freed": 1}
    (one,) = rows(bench, "select * from ops.sync_rejects")
    assert one["is_parked"] is False
    deliver(app, sync(SYNC))
    parked = rows(bench, "select is_parked from ops.sync_rejects order by entry_id")
    assert [row["is_parked"] for row in parked] == [False, True]


def test_rejects_from_before_there_was_a_table_of_them_are_copied(bench: Bench, app: App) -> None:
    deliver_two_of_three(bench, app)
    rows(bench, "drop table ops.sync_rejects")
    deliver(app, sync(SYNC))
    assert [one["key"] for one in rows(bench, "select key from ops.sync_rejects")] == [UNKNOWN]


def test_what_the_tool_was_asked_is_counted_per_run(bench: Bench, app: App) -> None:
    bench.faults({"kind": "rate_limit", "retry_after": 0.01})
    deliver_two_of_three(bench, app)
    asked = rows(bench, f"select * from ops.api_calls where path = '{UPDATE}' order by status")
    assert [(one["method"], one["status"], one["calls"]) for one in asked] == [
        ("POST", "2xx", 1),
        ("POST", "429", 1),
    ]
    assert all(one["seconds"] > 0 for one in asked)
    total = rows(bench, "select sum(calls) as calls from ops.api_calls")[0]["calls"]
    assert total == sum(one["count"] for one in bench.portal.requests())


def test_the_tables_are_documented_column_by_column(bench: Bench, app: App) -> None:
    """Their columns are an interface: who changes one changes the page."""
    deliver_two_of_three(bench, app)
    documented = {
        unquoted(row["table"]): [unquoted(one) for one in row["columns"].split(", ")]
        for table in tables(read("docs/reference/tables.md").split("## Ops:")[1].split("\n## ")[0])
        for row in table
        if "table" in row
    }
    for name in OPS:
        found = rows(
            bench,
            "select column_name from duckdb_columns() where schema_name = 'ops'"
            f" and table_name = '{name}' order by column_index",
        )
        assert [one["column_name"] for one in found] == documented[f"ops.{name}"], name


def test_a_plan_says_aloud_what_is_parked_and_since_when(bench: Bench, app: App) -> None:
    deliver_two_of_three(bench, app)
    said = " ".join(revops("plan", SYNC).out.split())
    assert "1 rejected, the oldest since 20" in said
    assert f"revops retry {SYNC}" in said
