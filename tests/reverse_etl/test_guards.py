"""Guards: what a plan exceeds, and that what exceeds it stays at home."""

from decimal import Decimal
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from reverse_etl.destinations.registry import destination_for
from reverse_etl.engine import Engine
from reverse_etl.guards import Guards, Limit, kind_of, too_many_rejected, tripped
from reverse_etl.plan import Change
from reverse_etl.spec import SyncSpec
from tests.reverse_etl.bench import FIRST_ID, READ, SPEC, Bench, wished
from warehouse.clock import SystemClock
from warehouse.deliveries import Deliveries, Operation
from warehouse.errors import Held, Misconfigured

UPSERT = "/crm/v3/objects/companies/batch/upsert"


def change(
    operation: Operation = "update", *, first: bool = False, leaving: bool = False, **more: Any
) -> Change:
    before = {} if first else {"score": 1}
    return Change("1", operation, before, {"score": 2}, "" if leaving else "{}", **more)


def guarded(**guards: Any) -> SyncSpec:
    return SPEC.model_copy(update={"guards": Guards(**guards)})


changes = st.lists(
    st.builds(
        change,
        st.sampled_from(get_args(Operation)),
        first=st.booleans(),
        leaving=st.booleans(),
    ),
    max_size=30,
)
limits = st.one_of(
    st.none(),
    st.builds(
        Limit,
        count=st.integers(0, 20),
        share=st.one_of(st.none(), st.decimals(0, 1, places=2)),
    ),
)


@given(
    planned=changes,
    sent=st.integers(0, 40),
    guards=st.builds(Guards, max_created=limits, max_changed=limits, max_deleted=limits),
)
def test_a_guard_trips_exactly_when_a_figure_is_exceeded(
    planned: list[Change], sent: int, guards: Guards
) -> None:
    found: dict[str, int] = {one.guard: one.planned for one in tripped(guards, planned, sent)}
    for name in ("created", "changed", "deleted"):
        limit: Limit | None = getattr(guards, f"max_{name}")
        count = sum(kind_of(one) == name for one in planned)
        by_count = limit is not None and limit.count is not None and count > limit.count
        by_share = limit is not None and limit.share is not None and count > limit.share * sent
        assert (f"max_{name}" in found) == (by_count or by_share)
        assert found.get(f"max_{name}", count) == count


@pytest.mark.parametrize(
    ("one", "kind"),
    [
        (change("update", first=True), "changed"),
        (change("update", leaving=True), "deleted"),
        (change("create", first=True), "created"),
        (change("upsert", first=True), "created"),
        (change("upsert"), "changed"),
        (change("upsert", first=True, is_there=True), "changed"),
        (change("upsert", is_there=False), "created"),
        (change("archive"), "deleted"),
        (change("add", first=True), "created"),
        (change("remove", leaving=True), "deleted"),
    ],
)
def test_each_change_is_of_one_kind(one: Change, kind: str) -> None:
    assert kind_of(one) == kind


def test_a_share_allows_nothing_while_nothing_was_sent() -> None:
    guards = Guards(max_changed=Limit(share=Decimal(1)))
    (one,) = tripped(guards, [change()], 0)
    assert one.said == "max_changed: 1 record would be changed, and the sync has sent none yet"


def test_a_limit_that_says_nothing_is_refused() -> None:
    with pytest.raises(ValidationError, match="say count, share or both"):
        Limit()


@pytest.mark.parametrize(
    ("rejected", "sent", "planned", "stops"),
    [(11, 100, 1_000, True), (10, 100, 1_000, False), (9, 10, 1_000, False), (2, 10, 10, True)],
)
def test_rejects_stop_a_delivery_above_their_share_and_not_before_a_hundred_rows(
    rejected: int, sent: int, planned: int, stops: bool
) -> None:
    guards = Guards(max_rejected_share=Decimal("0.1"))
    assert (too_many_rejected(guards, rejected, sent, planned) is not None) == stops


def test_how_it_is_guarded_does_not_change_what_a_sync_says() -> None:
    assert guarded(max_changed=Limit(count=1)).config_hash == SPEC.config_hash
    approved = SPEC.model_copy(update={"approval": "required"})
    assert approved.config_hash == SPEC.config_hash


def ready(bench: Bench, rows: int = 5) -> None:
    bench.wish([wished(n) for n in range(rows)])
    bench.judge()


def test_a_plan_that_exceeds_a_guard_sends_nothing_and_says_which(bench: Bench) -> None:
    ready(bench)
    spec = guarded(max_changed=Limit(count=4))
    result = bench.sync(spec)
    assert result.exit_code == 3
    assert result.plan.held_by == ("max_changed: 5 records would be changed, 4 may be",)
    assert len(result.plan.changes) == 5
    assert bench.calls() == 0
    assert bench.ledger() == []


def test_an_allowed_guard_lets_the_plan_pass_once(bench: Bench) -> None:
    ready(bench)
    spec = guarded(max_changed=Limit(count=4))
    result = bench.sync(spec, allowed=["max_changed"])
    assert result.exit_code == 0
    assert [one.is_allowed for one in result.plan.tripped] == [True]
    bench.wish([wished(n, account_score=90) for n in range(5)])
    assert bench.sync(spec, allowed=["max_created"]).exit_code == 3


def test_a_share_is_of_the_records_that_were_sent(bench: Bench) -> None:
    ready(bench)
    bench.sync()
    spec = guarded(max_changed=Limit(share=Decimal("0.4")))
    bench.wish([wished(n, account_score=90 if n < 3 else n) for n in range(5)])
    held = bench.sync(spec)
    assert held.exit_code == 3
    assert "60.0% of the 5 that the sync has sent; 40.0% may be" in held.plan.held_by[0]
    bench.wish([wished(n, account_score=90 if n < 2 else n) for n in range(5)])
    assert bench.sync(spec).exit_code == 0


def test_a_guard_that_there_is_not_cannot_be_allowed(bench: Bench) -> None:
    ready(bench)
    with pytest.raises(Misconfigured, match="max_rejected_share"):
        bench.sync(allowed=["max_rejected_share"])
    assert bench.calls() == 0


def test_an_upsert_of_a_record_that_the_tool_has_is_no_creation(bench: Bench) -> None:
    ready(bench)
    spec = SPEC.model_copy(
        update={
            "mode": "upsert",
            "identify_by": SPEC.identify_by.model_copy(update={"field": "erp_id"}),
            "guards": Guards(max_created=Limit(count=0)),
        }
    )
    assert [one.guard for one in bench.plan(spec).tripped] == ["max_created"]
    assert bench.sync(spec).exit_code == 3
    assert bench.calls(UPSERT) == 0
    bench.sync(spec, allowed=["max_created"])
    # Another sync knows nothing of these records; that they are there is what the tool says.
    another = spec.model_copy(update={"name": "another_sync"})
    assert [one.guard for one in bench.plan(another).tripped] == ["max_created"]
    assert bench.sync(another).exit_code == 0


def test_a_tool_that_rejects_too_much_is_left_alone(bench: Bench) -> None:
    """Two of the five are not there: they are rejected, and nothing more is sent after them."""
    ready(bench, 7)
    result = bench.sync(guarded(max_rejected_share=Decimal("0.2")))
    assert result.exit_code == 3
    assert "2 of 7 rows were rejected" in str(result.delivery.stopped_by)
    assert bench.sync(guarded(max_rejected_share=Decimal("0.2"))).exit_code == 0


def test_the_canary_goes_first_and_the_rest_follows_if_it_holds(bench: Bench) -> None:
    ready(bench)
    result = bench.sync(guarded(canary=2))
    assert result.exit_code == 0
    assert bench.calls() == 2
    assert bench.calls(READ) == 2
    bench.assert_holds([wished(n) for n in range(5)])


def test_nothing_follows_a_canary_that_does_not_hold(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The tool says yes and keeps something else."""
    ready(bench)
    monkeypatch.setattr("reverse_etl.destinations.hubspot._same", lambda held, wish: False)  # noqa: ARG005
    result = bench.sync(guarded(canary=2))
    assert result.exit_code == 3
    assert f"such as {FIRST_ID}" in str(result.delivery.stopped_by)
    assert result.delivery.outcomes == {"acknowledged": 2, "planned": 3}
    assert bench.companies()[str(FIRST_ID + 2)]["revops_account_score"] is None


def test_the_engine_itself_refuses_a_held_plan(bench: Bench) -> None:
    ready(bench)
    plan = bench.plan(guarded(max_changed=Limit(count=0)))
    with bench.client() as client:
        engine = Engine(
            SPEC.name, destination_for(SPEC, client), Deliveries(bench.state), SystemClock()
        )
        with pytest.raises(Held):
            engine.apply(plan, "run")
    assert bench.calls() == 0
    assert bench.ledger() == []
