"""Every value in a tool can be explained."""

from __future__ import annotations

from typing import Any

import pytest

from tests.orchestration.command import revops
from tests.reverse_etl.bench import FIRST_ID, SPEC, Bench, wished
from warehouse.settings import export_environment

SCORE = "revops_account_score"
ONE = str(FIRST_ID)


@pytest.fixture
def twice(bench: Bench) -> Bench:
    """Five companies, of which the first was scored anew."""
    export_environment(bench.environment)
    bench.wish([wished(n) for n in range(5)])
    bench.judge()
    bench.sync()
    bench.wish([wished(0, account_score=77), *(wished(n) for n in range(1, 5))])
    bench.sync()
    return bench


def explained(*more: str, key: str = ONE) -> Any:
    said = revops("explain", "hubspot", "companies", key, *more, "--json")
    assert said.code == 0, said
    return said.document


def values(document: Any) -> dict[str, Any]:
    return {one["field"]: one for one in document["fields"]}


def test_a_value_is_told_with_all_that_it_came_by(twice: Bench) -> None:
    (score,) = explained(SCORE)["fields"]
    entry = twice.ledger()[-1]
    assert (score["value"], score["before"]) == (77, 0)
    for name in ("run_id", "plan_id", "entry_id", "request_hash", "attempts", "sync"):
        assert score[name] == entry[name], name
    assert score["attempts"] == 1
    assert score["since"].startswith(f"{entry['settled_at']:%Y-%m-%dT%H:%M:%S}")
    assert (score["verdict"]["ruleset"], score["verdict"]["decision"]) == ("accounts", "pass")


def test_each_field_names_the_run_that_wrote_it_last(twice: Bench) -> None:
    found = values(explained())
    first, last = twice.ledger()[0]["run_id"], twice.ledger()[-1]["run_id"]
    assert {name: one["run_id"] for name, one in found.items()} == {
        mapping.field: last if mapping.field == SCORE else first for mapping in SPEC.fields
    }


def test_a_record_as_it_is_wished_for_waits_for_nothing(twice: Bench) -> None:
    (now,) = explained()["now"]
    assert (now["would"], now["withheld"], now["parked"]) == ({}, [], None)
    assert "nothing waits" in revops("explain", "hubspot", "companies", ONE).out


def test_what_the_next_sync_would_send_is_told(twice: Bench) -> None:
    twice.wish([wished(0, account_score=1)])
    (now,) = explained()["now"]
    assert now["would"] == {SCORE: 1}
    assert f"{SCORE} = 1" in revops("explain", "hubspot", "companies", ONE).out


def test_what_is_parked_is_told_with_the_tools_text(twice: Bench) -> None:
    twice.wish([wished(99)])
    twice.sync()
    unknown = str(FIRST_ID + 99)
    document = explained(key=unknown)
    assert document["fields"] == []
    (now,) = document["now"]
    assert now["withheld"][0]["reason"] == "rejected"
    assert "OBJECT_NOT_FOUND" in now["parked"]["reason"]
    assert document["history"][-1]["error"] == "permanent"
    assert "kept back, rejected" in revops("explain", "hubspot", "companies", unknown).out


def test_what_the_gate_keeps_back_is_told_with_its_rules(twice: Bench) -> None:
    twice.wish([wished(0, account_score=1)])
    twice.judge("quarantine", quarantined={"acc-0": ["no_name"]})
    (now,) = explained()["now"]
    assert now["withheld"] == [{"reason": "quarantined", "details": ["no_name"]}]


def test_what_was_reverted_is_told(twice: Bench) -> None:
    run_id = str(twice.ledger()[-1]["run_id"])
    assert revops("revert", run_id, "--apply").code == 0
    document = explained(SCORE)
    (score,) = document["fields"]
    assert (score["value"], score["reverts"]) == (0, run_id)
    assert document["now"][0]["withheld"][0]["reason"] == "reverted"


def test_the_reasons_of_the_account_behind_the_row_are_told(twice: Bench) -> None:
    with twice.warehouse.open("test") as session:
        session.execute("create schema if not exists marts")
        session.execute(
            "create table marts.account_scores as"
            " select 'acc-0' as account_id, ['tier A', 'fit +30'] as reasons"
        )
    (now,) = explained(SCORE)["now"]
    assert now["because"] == [
        {"from": "marts.account_scores", "of": "acc-0", "reasons": ["tier A", "fit +30"]}
    ]
    assert "fit +30" in revops("explain", "hubspot", "companies", ONE, SCORE).out


@pytest.mark.parametrize("arguments", [("4711",), (ONE, "nope")])
def test_what_we_never_wrote_ends_with_2(twice: Bench, arguments: tuple[str, ...]) -> None:
    said = revops("explain", "hubspot", "companies", *arguments)
    assert said.code == 2
