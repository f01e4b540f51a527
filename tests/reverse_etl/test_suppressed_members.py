"""Whoever may not be told of leaves the lists that hold nothing but who is on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from reverse_etl.explain import explain
from reverse_etl.plan import Plan
from reverse_etl.spec import SyncSpec
from tests.reverse_etl.bench import FIRST_ID, SPEC, Bench, bench_at, wished

GATE = SPEC.gate.model_copy(update={"key": "person_id"})
PEOPLE = SPEC.model_copy(update={"gate": GATE})
# The plan is what is looked at: HubSpot's companies are no list, and are asked for nothing.
MEMBERS = PEOPLE.model_copy(update={"mode": "add_remove"})


def key(number: int) -> str:
    return str(FIRST_ID + number)


def wish(bench: Bench, *numbers: int, shared: Sequence[tuple[int, str]] = ()) -> None:
    rows = [wished(n) for n in numbers]
    bench.wish([*rows, *(wished(n, account_id=who) for n, who in shared)])
    with bench.warehouse.open("test") as session:
        session.execute(f"alter table activation.{SPEC.model} add column person_id varchar")
        session.execute(f"update activation.{SPEC.model} set person_id = account_id")


def suppress(bench: Bench, *people: str) -> None:
    """Put these and nobody else on the list."""
    with bench.warehouse.open("test") as session:
        session.execute("create schema if not exists canonical")
        session.execute(
            "create or replace table canonical.person as"
            " select 'acc-' || n as person_id, null::varchar as email, false as has_opted_out"
            " from range(10) as numbers(n)"
        )
        session.execute(
            "create or replace table ops.suppressions"
            " (person_id varchar, email varchar, purpose varchar, reason varchar)"
        )
        for one in people:
            session.execute(
                "insert into ops.suppressions values ($one, null, 'all', 'by letter')", {"one": one}
            )


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """Three members are on the list, a fourth is to come."""
    with bench_at(tmp_path, 5) as made:
        made.judge()
        wish(made, 0, 1, 2)
        assert made.sync(PEOPLE).delivery.outcomes == {"acknowledged": 3}
        wish(made, 0, 1, 2, 3)
        yield made


def operations(plan: Plan) -> dict[str, str]:
    return {change.key: change.operation for change in plan.changes}


def kept(plan: Plan) -> list[tuple[str | None, str, tuple[str, ...]]]:
    return [(one.key, one.reason, one.details) for one in plan.withheld]


def test_a_suppressed_member_is_taken_away_and_nobody_suppressed_is_added(bench: Bench) -> None:
    suppress(bench, "acc-1", "acc-3")
    plan = bench.plan(MEMBERS)
    assert operations(plan) == {key(1): "remove"}
    assert kept(plan) == [(key(n), "suppressed", ("service: by letter",)) for n in (1, 3)]
    counts = plan.counts
    assert (counts["rows"], counts["unchanged"], counts["withheld"]) == (4, 2, 2)
    assert (counts["leaving"], counts["first"], plan.hold_reasons) == (1, 0, ())


def test_whoever_comes_off_the_list_is_wished_for_again(bench: Bench) -> None:
    suppress(bench, "acc-3")
    assert operations(bench.plan(MEMBERS)) == {}
    # As many rows are left as before, and others.
    suppress(bench, "acc-0")
    assert operations(bench.plan(MEMBERS)) == {key(0): "remove", key(3): "add"}
    suppress(bench)
    assert operations(bench.plan(MEMBERS)) == {key(3): "add"}


def test_whoever_shares_the_key_of_somebody_suppressed_is_left_out_too(bench: Bench) -> None:
    wish(bench, 0, 1, 2, shared=[(1, "acc-7")])
    suppress(bench, "acc-7")
    plan = bench.plan(MEMBERS)
    assert operations(plan) == {key(1): "remove"}
    assert kept(plan) == [(key(1), "suppressed", ("service: by letter",))] * 2
    assert plan.counts["unchanged"] == 2


def test_a_list_on_which_everybody_is_suppressed_is_emptied(bench: Bench) -> None:
    suppress(bench, *(f"acc-{n}" for n in range(4)))
    plan = bench.plan(MEMBERS)
    assert operations(plan) == {key(n): "remove" for n in range(3)}
    assert plan.hold_reasons == ()


@pytest.mark.parametrize("spec", [PEOPLE, PEOPLE.model_copy(update={"mode": "mirror"})])
def test_a_record_that_is_more_than_a_membership_stays_as_it_is(
    bench: Bench, spec: SyncSpec
) -> None:
    suppress(bench, "acc-1", "acc-3")
    plan = bench.plan(spec)
    assert operations(plan) == {}
    assert kept(plan) == [(key(3), "suppressed", ("service: by letter",))]


def test_explain_says_that_it_is_kept_back_and_taken_away(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reverse_etl.explain.syncs", lambda: {MEMBERS.name: MEMBERS})
    suppress(bench, "acc-1", "acc-3")
    for number, leaves in ((1, "remove"), (3, None)):
        told = explain(bench.warehouse, bench.state, "hubspot", "companies", key(number))
        (now,) = told["now"]
        assert now["withheld"] == [{"reason": "suppressed", "details": ["service: by letter"]}]
        assert (now["is_in_model"], now["would"], now["leaves"]) == (True, {}, leaves)
