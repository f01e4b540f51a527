"""Marketo's imports: what goes as a file, what it tells, and what is done while nobody knows."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connectors.marketo.imports import Imported
from reverse_etl.destinations.base import Row, Submitted
from reverse_etl.destinations.marketo import MarketoLeads
from tests.reverse_etl.proof import of_marketo_bulk
from tests.reverse_etl.proof.case import written
from tests.reverse_etl.proof.of_marketo_bulk import MarketoBulk
from tests.reverse_etl.proof.wire import Script
from tests.reverse_etl.proof.world import World
from tests.reverse_etl.test_marketo import Account, rows, said
from warehouse.clock import SystemClock
from warehouse.errors import Refused, Unavailable


def imported(**told: Any) -> Imported:
    whole = {"status": "Complete", "message": "", "done": 0, "failed": {}, "warned": {}}
    return Imported(**{**whole, **told})


ANN, BOB, NEW, ODD = "ann@acme.example", "bob@acme.example", "new@acme.example", "odd@acme.example"


@pytest.fixture
def leads(tmp_path: Path) -> Any:
    made = Account(tmp_path)
    with made.client:
        found = made.to("leads", "email")
        found.batch_size = 1
        yield made, found
    # The calls and answers keep to the official description, if it is at hand.
    assert made.witness.found == []


def test_many_rows_go_as_one_file_and_each_has_its_fate(leads: Any) -> None:
    account, destination = leads
    wishes = rows(
        (ANN, {"title": 'CFO, "acting"\n', "leadScore": 7, "unsubscribed": False}),
        ("twin@acme.example", {"title": "CEO", "leadScore": 8, "unsubscribed": True}),
        (NEW, {"title": "代表取締役", "leadScore": 9.0, "unsubscribed": True}),
        (ODD, {"title": "x", "leadScore": "many", "unsubscribed": True}),
        ("a,b@acme.example", {"title": "x", "leadScore": 1, "unsubscribed": True}),
    )
    assert said(written(destination, "upsert", wishes)) == {
        "70": ("acknowledged", "", "permanent"),
        "71": ("rejected", "Multi", "permanent"),
        "72": ("acknowledged", "", "permanent"),
        "73": ("rejected", "impor", "permanent"),
        "74": ("rejected", "the k", "permanent"),
    }
    held = account.leads()
    assert (held[1]["title"], held[1]["leadScore"]) == ('CFO, "acting"\n', 7)
    assert (held[5]["title"], held[5]["unsubscribed"]) == ("代表取締役", True)
    asked = [(one["method"], one["path"]) for one in account.app.requests()]
    assert ("POST", "/bulk/v1/leads.json") in asked
    assert ("POST", "/rest/v1/leads.json") not in asked


def test_a_warning_about_what_the_lead_holds_already_is_none(leads: Any) -> None:
    account, destination = leads
    destination.write("update", rows((ANN, {"leadScore": 7})))
    told = imported(warned={ANN: "a warning"}, done=1)
    (one,) = destination.outcomes_of(told, rows((ANN, {"leadScore": 7})))
    assert one.outcome == "acknowledged"
    (one,) = destination.outcomes_of(told, rows((ANN, {"leadScore": 8})))
    assert one.reason == "imported without a value: a warning"
    assert account.leads()[1]["leadScore"] == 7


@pytest.mark.parametrize(
    "wishes",
    [
        rows((ANN, {"title": "x"}), (BOB, {"title": None})),
        rows((ANN, {"title": "x"}), (BOB, {"title": ""})),
        rows((ANN, {"title": "x"}), (BOB, {"title": "NULL"})),
        rows((ANN, {"title": "x"}), (BOB, {"leadScore": 1})),
    ],
)
def test_what_a_file_cannot_say_is_said_in_smaller_batches(leads: Any, wishes: list[Row]) -> None:
    _, destination = leads
    with pytest.raises(Refused):
        destination.write("upsert", wishes)


def test_only_what_an_import_does_goes_as_one() -> None:
    by_email, by_id = (MarketoLeads(None, "leads", one) for one in ("email", None))  # type: ignore[arg-type]
    assert by_email.batch_of("upsert", 3_000) == 10_000
    assert by_email.batch_of("upsert", 2_999) == 300
    assert by_id.batch_of("update", 3_000) == 10_000
    # It would make the leads that it does not find, or change those that are there.
    assert by_email.batch_of("update", 3_000) == 300
    assert by_email.batch_of("create", 3_000) == 300
    members = MarketoLeads(None, "list_members", "email", "501")  # type: ignore[arg-type]
    assert members.batch_of("add", 3_000) == 300


def test_a_file_that_marketo_cannot_read_is_refused_for_the_time_being(leads: Any) -> None:
    _, destination = leads
    outcomes = written(destination, "upsert", rows((ANN, {"nope": 1}), (BOB, {"nope": 2})))
    assert {(one.outcome, one.error) for one in outcomes} == {("rejected", "transient")}
    assert "Invalid header" in str(outcomes[0].reason)


@pytest.mark.parametrize(
    "told",
    [
        {"done": 1},
        {"done": 2, "failed": {ANN: "no"}},
        {"done": 1, "failed": {"who@acme.example": "no"}},
        {"done": 2, "failed": None},
        {"done": 2, "warned": None},
        {"done": 1, "status": "Failed"},
    ],
)
def test_what_the_counts_do_not_prove_is_in_doubt(leads: Any, told: dict[str, Any]) -> None:
    _, destination = leads
    wishes = rows((ANN, {"leadScore": 7}), (BOB, {"leadScore": 7}))
    outcomes = destination.outcomes_of(imported(**told), wishes)
    assert [one for one in outcomes if one.outcome == "acknowledged"] == []


def test_an_import_whose_name_is_lost_is_waited_for_and_then_looked_up(leads: Any) -> None:
    _, destination = leads
    submitted = destination.write("upsert", rows((ANN, {"title": "x"}), (BOB, {"title": "y"})))
    assert isinstance(submitted, Submitted)
    with pytest.raises(Unavailable, match="may still be under way") as caught:
        destination.job(submitted.handle, [])
    assert "run the sync again after" in str(caught.value.advice)
    soon = (SystemClock().now() - timedelta(minutes=55)).isoformat()
    assert destination.job(f"unnamed since {soon}", []) is None
    long_ago = (SystemClock().now() - timedelta(minutes=61)).isoformat()
    with pytest.raises(Refused):
        destination.job(f"unnamed since {long_ago}", [])


def overtaken(home: Path) -> list[str]:
    """What is wrong after an import that was lost and late, and another wish meanwhile."""
    world = World(MarketoBulk(), home, 4)
    world.wish(dict.fromkeys(range(4), 1))
    world.run(Script({("write", 1): "late_lost"}))
    world.wish(dict.fromkeys(range(4), 2))
    world.run()
    world.finish()
    world.close()
    return world.violations


def test_no_newer_value_is_sent_before_an_older_import_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert overtaken(tmp_path / "waiting") == []
    # The same without waiting: the older import is done after the newer one.
    monkeypatch.setattr(of_marketo_bulk, "_GRANTED", 0.0)
    monkeypatch.setattr(of_marketo_bulk, "_LASTS", 60.0)
    assert any(said.startswith("lost: ") for said in overtaken(tmp_path / "rash"))
