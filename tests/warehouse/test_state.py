from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.warehouse.test_landing import AT
from warehouse.clock import FixedClock, new_run_id
from warehouse.delivered import delivered_of
from warehouse.deliveries import Deliveries, NewEntry, PlanHeader, Settlement
from warehouse.errors import Misconfigured, Unavailable
from warehouse.runs import RunLog
from warehouse.state import RUNS, StateStore
from warehouse.verdicts import StoredVerdict, latest_verdict, save_verdict

PASSWORD = "p4ssw0rd"


def test_a_store_opened_again_remembers(state: StateStore, state_url: str) -> None:
    run_id = RunLog(state, FixedClock(AT)).start("extract", "hubspot")
    again = StateStore(state_url)
    (run,) = RunLog(again, FixedClock(AT)).latest("extract")
    again.close()
    assert (run.run_id, run.status, run.report) == (run_id, "running", {})


def test_a_transaction_that_fails_leaves_nothing(state: StateStore) -> None:
    values = {"run_id": "r", "kind": "k", "subject": "s", "started_at": AT, "status": "running"}
    insert = sa.insert(RUNS).values(**values, report={})
    with pytest.raises(ZeroDivisionError), state.transaction() as connection:
        assert connection.execute(insert).rowcount // 0
    with state.transaction() as connection:
        assert connection.execute(sa.select(RUNS)).all() == []


def test_an_error_of_the_store_shows_no_value_of_a_person(state: StateStore) -> None:
    if state.dialect == "postgresql":
        pytest.skip("PostgreSQL's own text tells the row, whatever is asked of its driver")
    values = {"run_id": "taro@aoba.example", "kind": None, "subject": "s", "started_at": AT}
    with pytest.raises(sa.exc.IntegrityError) as caught, state.transaction() as connection:
        connection.execute(sa.insert(RUNS).values(**values, status="running", report={}))
    assert "insert into runs" in str(caught.value).lower()
    assert "taro@aoba.example" not in str(caught.value)


def test_a_run_ends_with_its_report(state: StateStore) -> None:
    runs = RunLog(state, FixedClock(AT))
    run_id = runs.start("extract", "hubspot zendesk")
    report = {"streams": [{"stream": "contacts", "landed": 3}], "名前": "株式会社"}
    runs.finish(run_id, "partial", report)
    (run,) = runs.latest("extract", "hubspot zendesk")
    assert (run.status, run.report, run.started_at, run.finished_at) == ("partial", report, AT, AT)
    assert run.started_at.tzinfo is not None
    assert runs.latest("extract", "salesforce") == []


def test_the_newest_run_is_first_even_when_the_clock_stands_still(state: StateStore) -> None:
    runs = RunLog(state, FixedClock(AT))
    for number in (1, 3, 2):
        runs.start("sync", "companies", run_id=f"20261120-09000{number}-000-aaaa")
    assert [run.run_id[14] for run in runs.latest("sync", limit=2)] == ["3", "2"]


def test_the_parts_of_a_run_are_its_own(state: StateStore) -> None:
    runs = RunLog(state, FixedClock(AT))
    for run_id in ("20_1/extract", "20_1/build", "2011/gate", "20_10/gate"):
        runs.start("any", "x", run_id=run_id)
    assert [run.run_id for run in runs.parts_of("20_1")] == ["20_1/build", "20_1/extract"]


def test_run_ids_sort_by_when_they_were_made() -> None:
    made = [new_run_id()[:19] for _ in range(50)]
    assert made == sorted(made)


def test_the_latest_verdict_of_a_ruleset_is_given_back_as_it_was(state: StateStore) -> None:
    assert latest_verdict(state, "accounts") is None
    first = StoredVerdict("accounts", "r1", None, AT, "pass", {}, [])
    second = StoredVerdict(
        "accounts", "r2", "build", AT, "quarantine", {"東": ["no_name"]}, [{"rule": "no_name"}]
    )
    save_verdict(state, first)
    number = save_verdict(state, second)
    save_verdict(state, StoredVerdict("others", "r3", None, AT, "hold", {}, []))
    found = latest_verdict(state, "accounts")
    assert found is not None
    assert found.verdict_id == number
    assert (found.decision, found.quarantined, found.evidence, found.decided_at) == (
        second.decision,
        second.quarantined,
        second.evidence,
        AT,
    )


@pytest.mark.parametrize(
    "url",
    [
        PASSWORD,
        f"nosuch://u:{PASSWORD}@h/d",
        f"postgresql+nosuch://u:{PASSWORD}@h/d",
        f"postgresql://u:{PASSWORD}@host:port/d",
        "",
    ],
)
def test_a_url_that_is_none_names_the_setting_and_not_the_value(url: str) -> None:
    with pytest.raises(Misconfigured, match="REVOPS_STATE__URL") as caught:
        StateStore(url)
    assert PASSWORD not in str(caught.value)


def test_a_store_that_does_not_answer_is_unavailable_without_its_password() -> None:
    with pytest.raises(Unavailable, match="REVOPS_STATE__URL") as caught:
        StateStore(f"postgresql+psycopg://u:{PASSWORD}@127.0.0.1:1/d?connect_timeout=2")
    assert PASSWORD not in str(caught.value)
    assert caught.value.exit_code == 5


def test_a_state_file_in_no_place_for_one_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "state.sqlite").mkdir()
    with pytest.raises(Unavailable, match=r"state\.sqlite"):
        StateStore(f"sqlite:///{tmp_path / 'state.sqlite'}")


def test_a_password_in_the_query_of_a_url_is_not_shown() -> None:
    url = "postgresql+psycopg://127.0.0.1:1/db?user=u&password=s3cret&connect_timeout=1"
    with pytest.raises(Unavailable) as caught:
        StateStore(url)
    assert "s3cret" not in str(caught.value)
    assert "REVOPS_STATE__URL" in str(caught.value)


def test_a_file_that_is_no_database_is_named_as_such(tmp_path: Path) -> None:
    (tmp_path / "state.sqlite").write_text("not a database at all", encoding="utf-8")
    with pytest.raises(Unavailable, match="not a database"):
        StateStore(f"sqlite:///{tmp_path / 'state.sqlite'}")


def test_many_rows_are_chosen_by_few_parameters(state: StateStore) -> None:
    """More than either engine takes as parameters, and texts that are no plain ones."""
    odd = ["it's", 'a"b', "株式会社", "", "a,b", "{}", "\\"]
    deliveries = Deliveries(state)
    header = PlanHeader("plan", "sync", "tool", "thing", "run", None, "config", {})
    new = [NewEntry(key, "update", {"x": key}, {}, "{}") for key in odd]
    entries = deliveries.open_plan(header, new, AT)
    assert [(one.key, one.fields) for one in entries] == [(key, {"x": key}) for key in odd]
    # Not one run of entries.
    deliveries.mark_in_flight(entries[::2], "hash", AT)
    in_flight = {one.key for one in deliveries.unsettled("sync") if one.outcome == "in_flight"}
    assert in_flight == set(odd[::2])
    deliveries.settle("sync", [Settlement(one, "acknowledged") for one in entries], AT)
    asked = [*odd[1:], *(f"key {number}" for number in range(40_000))]
    (block,) = delivered_of(state, "sync", asked)
    assert sorted(block["key"], key=str) == sorted(odd[1:])
