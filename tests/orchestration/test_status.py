"""`revops status` says how old everything is, and when it is next; `revops runs` what ran."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orchestration.app import App
from orchestration.history_views import runs_view
from orchestration.output import OUT
from orchestration.steps import deliver
from orchestration.views import streams_view
from tests.orchestration.command import revops
from tests.reverse_etl.bench import SPEC, Bench, wished
from warehouse.reconciliation import Reconciliation, note_reconciliation
from warehouse.runs import RunLog

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


def read_at(bench: Bench, stream: str, hours: float, verdict: Any = "agrees") -> None:
    at = NOW - timedelta(hours=hours)
    found = Reconciliation("r", "hubspot", stream, at, 5, 5, 0, 5, 0, verdict)
    with bench.warehouse.open("test") as session:
        note_reconciliation(session, found)


def by(rows: list[dict[str, Any]], name: str, value: str) -> dict[str, Any]:
    (found,) = (one for one in rows if one[name] == value)
    return found


@pytest.fixture
def standing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    """A sync that has run, streams of several ages, one mart that is built and one that is not."""
    monkeypatch.setenv("REVOPS_CLOCK", NOW.isoformat())
    monkeypatch.setenv("REVOPS_VENDORS", "hubspot")
    bench.wish([wished(number) for number in range(3)])
    bench.judge()
    deliver(App.from_environment(), SPEC, run_id="20261120-090000-000-aaaa")
    read_at(bench, "companies", 1)
    read_at(bench, "contacts", 60)
    # A later reading that did not come to its end is no success.
    read_at(bench, "contacts", 1, "incomplete")
    with bench.warehouse.open("test") as session:
        session.execute("create schema marts")
        for name in ("accounts", "people"):
            session.execute(f"create table marts.{name} as from range(7)")
    return bench


def test_status_tells_success_lag_rows_verdict_and_the_next_run(standing: Bench) -> None:
    now = revops("status", "--json").document
    companies = by(now["streams"], "stream", "hubspot.companies")
    contacts = by(now["streams"], "stream", "hubspot.contacts")
    assert (companies["lag_seconds"], companies["is_stale"]) == (3600, False)
    assert (contacts["lag_seconds"], contacts["is_stale"]) == (60 * 3600, True)
    assert contacts["verdict"] == "incomplete"
    never = by(now["streams"], "stream", "hubspot.deals")
    assert (never["last_success"], never["lag_seconds"], never["is_stale"]) == (None, None, False)
    # 09:00 in UTC is 18:00 in Tokyo; HubSpot is read every half hour there.
    assert companies["next_run"] == "2026-11-20T09:30:00+00:00"
    built = by(now["models"], "model", "marts.accounts")
    assert (built["rows"], built["verdict"], built["is_stale"]) == (7, "built", False)
    other = by(now["models"], "model", "marts.people")
    assert (other["rows"], other["verdict"], other["last_success"]) == (7, "not built", None)
    gate = by(now["gates"], "ruleset", "accounts")
    assert (gate["decision"], gate["lag_seconds"]) == ("pass", 0)
    assert gate["next_run"] == "2026-11-20T15:15:00+00:00"
    sync = by(now["syncs"], "sync", SPEC.name)
    assert (sync["status"], sync["acknowledged"], sync["lag_seconds"]) == ("succeeded", 3, 0)
    assert (sync["next_run"], sync["is_stale"]) == (None, False)
    shown = revops("status")
    assert shown.code == 0
    for said in ("hubspot.contacts  ", "60 h", "not built", "11-20 09:30Z", "when new"):
        assert said in shown.out, shown.out


def test_runs_lists_what_ran_and_tells_of_one_how_it_went(standing: Bench) -> None:
    whole = "20261120-090000-000-aaaa"
    (listed,) = revops("runs", "--json").document["runs"]
    assert (listed["run_id"], listed["status"], listed["acknowledged"]) == (whole, "succeeded", 3)
    told = revops("runs", whole, "--json").document
    (plan,) = told["plans"]
    assert (plan["run_id"], plan["outcomes"]) == (f"{whole}/sync-{SPEC.name}", {"acknowledged": 3})
    for shown in (revops("runs").out, revops("runs", whole).out):
        assert whole in shown
        assert "succeeded" in shown
    runs = RunLog(standing.state, App.from_environment().clock)
    own = runs.start("sync", SPEC.name, run_id="20261120-100000-000-bbbb/sync-x")
    runs.finish(own, "failed", {"error": "the tool said no", "exit_code": 5})
    first = revops("runs", "--last", "1", "--json").document["runs"][0]
    assert (first["status"], first["error"]) == ("failed", "the tool said no")
    assert "the tool said no" in revops("runs", "20261120-100000-000-bbbb").out
    refused = revops("runs", "nothing", "--json")
    assert (refused.code, refused.document["error"]) == (2, "There is no run 'nothing'")


def ran(what: str) -> dict[str, Any]:
    counts = dict.fromkeys(("landed", "acknowledged", "rejects", "rejected"), 12_345)
    head = {"run_id": "20261120-090000-000-aaaa", "seconds": 420.0, "status": "interrupted"}
    return head | counts | {"what": what}


@pytest.mark.parametrize("width", [60, 80, 100, 120])
def test_names_of_runs_and_streams_stay_whole_on_any_screen(
    width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OUT, "width", width)
    stream = {"stream": "salesforce.opportunity_field_histories", "records": 12_345, "rejected": 1}
    stream |= {"verdict": "uncounted", "versions": 1, "lag_seconds": 9_000, "is_stale": False}
    with OUT.capture() as kept:
        OUT.print(runs_view([ran("dagster read_hubspot"), ran("run everything")]))
        OUT.print(streams_view([stream | {"next_run": NOW}]))
    assert max(len(line) for line in kept.get().splitlines()) <= width, kept.get()
    words = kept.get().split()
    whole = ["20261120-090000-000-aaaa", "read_hubspot", "everything", "12,345", "uncounted"]
    # The longest name of a stream is longer than sixty characters leave it.
    assert {*whole, *([stream["stream"]] if width > 60 else [])} <= set(words), kept.get()
    # What had no room is named; where there is enough, nothing is missing.
    assert ("took" in words) == (width >= 100)
    assert ("took," in words or "took:" in words) == (width < 100)


@pytest.mark.slow
def test_a_run_of_dagsters_is_noted_with_its_id_and_ends_as_its_steps(bench: Bench) -> None:
    """Slow, because Dagster is imported."""
    import dagster as dg

    from orchestration.assets.resource import AppResource
    from tests.orchestration.pushing_asset import broken, pushed

    bench.wish([wished(number) for number in range(3)])
    bench.judge()

    result = dg.materialize([pushed], resources={"app": AppResource()})
    (run,) = revops("runs", "--json").document["runs"]
    assert (run["dagster_run_id"], run["status"]) == (result.run_id, "succeeded")
    assert (run["acknowledged"], run["steps"]) == (3, 1)
    assert run["what"].startswith("dagster ")
    dg.materialize([broken], resources={"app": AppResource()}, raise_on_error=False)
    assert revops("runs", "--json").document["runs"][0]["status"] == "failed"
