"""What the steps do beyond what their layers do: one sync at a time, only the tools in use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration.app import App, mark_as_demo
from orchestration.steps import chosen_syncs, deliver, deliver_all, extract
from reverse_etl.sync import SyncResult
from tests.orchestration.command import revops
from tests.reverse_etl.bench import SPEC, Bench, bench_at, wished
from warehouse.errors import Busy, Misconfigured
from warehouse.lease import Lease


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[App, Bench]]:
    with bench_at(tmp_path, 3) as bench:
        for name, value in bench.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("REVOPS_WAREHOUSE__WAIT_SECONDS", "0.3")
        bench.wish([wished(number) for number in range(3)])
        bench.judge()
        yield App.from_environment(), bench


def test_a_sync_waits_for_a_run_of_the_same_sync_and_names_it(app: tuple[App, Bench]) -> None:
    one, bench = app
    other = Lease(one.settings.home / f"sync_{SPEC.name}", wait_seconds=0)
    with other.held("sync by somebody else"), pytest.raises(Busy, match="sync by somebody else"):
        deliver(one, SPEC)
    assert bench.calls() == 0
    assert deliver(one, SPEC).delivery.outcomes == {"acknowledged": 3}


def test_syncs_to_the_same_records_go_together_and_each_has_a_run_of_its_own(
    app: tuple[App, Bench],
) -> None:
    one, bench = app
    scores = SPEC.model_copy(update={"name": "scores", "fields": SPEC.fields[:3]})
    money = SPEC.model_copy(update={"name": "money", "fields": SPEC.fields[3:5]})
    begun: list[str] = []
    told = {
        spec.name: result
        for spec, result in deliver_all(
            one, [scores, money], run_id="all", say=lambda spec: begun.append(spec.name)
        )
    }
    assert [*told] == begun == ["scores", "money"]
    assert bench.calls() == 1
    with bench.warehouse.open("test") as session:
        rows = session.rows("select run_id, status, acknowledged from ops.sync_runs order by all")
        calls = session.rows("select sync, sum(calls)::int as n from ops.api_calls group by sync")
    assert [tuple(row.values()) for row in rows] == [
        ("all/sync-money", "succeeded", 3),
        ("all/sync-scores", "succeeded", 3),
    ]
    # Two looks, the fields once a sync, and one writing.
    assert [(row["sync"], row["n"]) for row in calls] == [("scores", 5)]


def test_several_syncs_can_be_named_each_once(app: tuple[App, Bench]) -> None:
    _, bench = app
    said = revops("sync", SPEC.name, "hubspot_contacts", SPEC.name, "--json")
    # Of contacts nothing is built here.
    assert said.code == 2
    one, other = said.document["syncs"]
    assert (one["plan"]["sync"], other["sync"]) == (SPEC.name, "hubspot_contacts")
    assert bench.calls() == 1
    assert revops("sync").code == revops("sync", SPEC.name, "--all").code == 2
    assert revops("sync", SPEC.name, "hubspot_contacts", "--allow", "max_changed").code == 2


def test_a_sync_of_a_group_that_cannot_begin_does_not_stop_the_others(
    app: tuple[App, Bench],
) -> None:
    one, _ = app
    scores = SPEC.model_copy(update={"name": "scores", "fields": SPEC.fields[:3]})
    money = SPEC.model_copy(update={"name": "money", "fields": SPEC.fields[3:5]})
    other = Lease(one.settings.home / "sync_scores", wait_seconds=0)
    with other.held("sync by somebody else"):
        told = [result for _, result in deliver_all(one, [scores, money])]
    assert isinstance(told[0], Busy)
    assert isinstance(told[1], SyncResult)
    assert told[1].delivery.outcomes == {"acknowledged": 3}


def test_a_sync_to_a_tool_not_in_use_is_left_out_unless_named(
    app: tuple[App, Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    # A tool that is read only.
    monkeypatch.setenv("REVOPS_VENDORS", "stripe")
    without_hubspot = App.from_environment()
    assert chosen_syncs(without_hubspot) == []
    assert chosen_syncs(without_hubspot, SPEC.name) == [SPEC]
    assert revops("sync", "--all").code == 0


def test_streams_after_a_credential_that_is_not_accepted_are_not_asked_for(
    app: tuple[App, Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, bench = app
    monkeypatch.setenv("REVOPS_HUBSPOT__TOKEN", "pat-wrong")
    before = sum(one["count"] for one in bench.portal.requests())
    result = extract(App.from_environment(), ["hubspot"])
    assert result.exit_code == 2
    assert sum(one["count"] for one in bench.portal.requests()) == before + 1
    first, *rest = [one.error or "" for one in result.streams]
    assert "REVOPS_HUBSPOT__TOKEN" in first
    assert all("not asked" in error for error in rest)


def test_the_demos_data_and_a_real_tool_are_never_mixed(
    app: tuple[App, Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, _ = app
    mark_as_demo(one.settings.home)
    assert deliver(one, SPEC).delivery.outcomes == {"acknowledged": 3}
    monkeypatch.setenv("REVOPS_HUBSPOT__BASE_URL", "https://hubspot.invalid")
    with pytest.raises(Misconfigured, match="invented"):
        deliver(App.from_environment(), SPEC)
    assert [s.status for s in extract(App.from_environment(), ["hubspot"]).streams] == ["disabled"]


def test_the_demo_does_not_replace_data_that_it_has_not_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REVOPS_HOME", str(tmp_path))
    (tmp_path / "warehouse.duckdb").write_text("somebody's", encoding="utf-8")
    said = revops("demo")
    assert said.code == 2
    assert "not the demo's" in said.err
    assert (tmp_path / "warehouse.duckdb").read_text(encoding="utf-8") == "somebody's"


def test_a_home_that_cannot_be_made_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("REVOPS_HOME", str(tmp_path / "file" / "home"))
    said = revops("status")
    assert said.code == 2
    assert "REVOPS_HOME" in said.err
