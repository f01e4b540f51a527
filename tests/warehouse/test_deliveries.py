from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from tests.ledgers import changes
from tests.warehouse.test_landing import AT
from warehouse.deliveries import (
    Delivered,
    Deliveries,
    Entry,
    NewEntry,
    PlanHeader,
    Settlement,
)
from warehouse.state import StateStore

SYNC = "hubspot_companies"


@pytest.fixture
def deliveries(state: StateStore) -> Deliveries:
    return Deliveries(state)


def header(plan_id: str = "plan-1") -> PlanHeader:
    return PlanHeader(plan_id, SYNC, "hubspot", "companies", "run-1", None, "hash", {"update": 2})


def new(key: str, score: int = 1) -> NewEntry:
    fields = {"score": score, "名前": "株式会社", "empty": None}
    return NewEntry(key, "update", fields, {"score": 0}, f'{{"score":{score}}}')


def open_plan(deliveries: Deliveries, *keys: str, plan_id: str = "plan-1") -> list[Entry]:
    return deliveries.open_plan(header(plan_id), [new(key) for key in keys], AT)


def outcomes(state: StateStore) -> dict[str, str]:
    return {row["key"]: row["outcome"] for row in changes(state, SYNC)}


def test_a_plan_is_written_whole_before_anything_is_sent(
    state: StateStore, deliveries: Deliveries
) -> None:
    entries = open_plan(deliveries, "1", "2")
    assert [entry.key for entry in entries] == ["1", "2"]
    assert entries[0].fields == {"score": 1, "名前": "株式会社", "empty": None}
    assert deliveries.unsettled(SYNC) == entries
    assert outcomes(state) == {"1": "planned", "2": "planned"}
    assert deliveries.last_sent(SYNC) == []


def test_a_plan_that_cannot_be_written_leaves_no_row_of_it(
    state: StateStore, deliveries: Deliveries
) -> None:
    open_plan(deliveries, "1")
    with pytest.raises(IntegrityError):
        open_plan(deliveries, "2")
    assert outcomes(state) == {"1": "planned"}


def test_a_plan_without_rows_is_a_plan(deliveries: Deliveries) -> None:
    assert open_plan(deliveries) == []


def test_what_is_about_to_be_sent_is_noted_first(state: StateStore, deliveries: Deliveries) -> None:
    first, second = open_plan(deliveries, "1", "2")
    deliveries.mark_in_flight([first], "abc", AT)
    deliveries.mark_in_flight([first], "abc", AT)
    sent, waiting = changes(state, SYNC)
    assert (sent["outcome"], sent["attempts"], sent["request_hash"]) == ("in_flight", 2, "abc")
    assert (waiting["outcome"], waiting["attempts"]) == ("planned", 0)
    assert [entry.key for entry in deliveries.unsettled(SYNC)] == ["1", second.key]


def test_an_end_and_a_beginning_are_noted_together_or_not_at_all(
    state: StateStore, deliveries: Deliveries
) -> None:
    first, second, third = open_plan(deliveries, "1", "2", "3")
    deliveries.turn(SYNC, [], [([first], "abc")], AT)
    with pytest.raises(AttributeError):
        deliveries.turn(SYNC, [Settlement(first, "acknowledged")], [([None], "def")], AT)  # type: ignore[list-item]
    assert outcomes(state) == {"1": "in_flight", "2": "planned", "3": "planned"}
    assert deliveries.last_sent(SYNC) == []
    ended = [Settlement(first, "acknowledged")]
    deliveries.turn(SYNC, ended, [([second], "def"), ([third], "ghi")], AT)
    assert outcomes(state) == {"1": "acknowledged", "2": "in_flight", "3": "in_flight"}
    assert [one.key for one in deliveries.last_sent(SYNC)] == ["1"]


def test_only_what_the_tool_acknowledged_counts_as_sent(
    state: StateStore, deliveries: Deliveries
) -> None:
    yes, no, lost, waiting = open_plan(deliveries, "1", "2", "3", "4")
    deliveries.mark_in_flight([yes, no, lost], "abc", AT)
    settled = [
        Settlement(yes, "acknowledged", tool_id="77"),
        Settlement(no, "rejected", reason="score is read only"),
        Settlement(lost, "unknown"),
    ]
    deliveries.settle(SYNC, settled, AT)
    assert deliveries.last_sent(SYNC) == [Delivered("1", yes.desired, yes.fields)]
    assert [entry.key for entry in deliveries.unsettled(SYNC)] == [lost.key, waiting.key]
    assert outcomes(state) == {
        "1": "acknowledged",
        "2": "rejected",
        "3": "unknown",
        "4": "planned",
    }
    rows = changes(state, SYNC)
    assert (rows[0]["tool_id"], rows[1]["reason"]) == ("77", "score is read only")


def test_what_the_tool_holds_grows_field_by_field(deliveries: Deliveries) -> None:
    (first,) = open_plan(deliveries, "1")
    deliveries.settle(SYNC, [Settlement(first, "acknowledged")], AT)
    row = NewEntry("1", "update", {"tier": "A", "score": 5}, {}, '{"score":5,"tier":"A"}')
    (second,) = deliveries.open_plan(header("plan-2"), [row], AT)
    deliveries.settle(SYNC, [Settlement(second, "acknowledged")], AT)
    held = {"score": 5, "名前": "株式会社", "empty": None, "tier": "A"}
    assert deliveries.last_sent(SYNC) == [Delivered("1", row.desired, held)]


def test_what_one_sync_sent_is_not_what_another_did(deliveries: Deliveries) -> None:
    (entry,) = open_plan(deliveries, "1")
    deliveries.settle(SYNC, [Settlement(entry, "acknowledged")], AT)
    assert deliveries.last_sent("hubspot_contacts") == []
    assert deliveries.unsettled("hubspot_contacts") == []


def test_abandoned_entries_are_closed_and_were_not_sent(
    state: StateStore, deliveries: Deliveries
) -> None:
    one, two = open_plan(deliveries, "1", "2")
    deliveries.abandon([one], "never sent", AT)
    deliveries.abandon([], "nothing", AT)
    assert deliveries.unsettled(SYNC) == [two]
    assert outcomes(state) == {"1": "abandoned", "2": "planned"}
    assert deliveries.last_sent(SYNC) == []


@pytest.mark.slow
def test_a_plan_of_any_size_can_be_marked_and_abandoned(deliveries: Deliveries) -> None:
    entries = open_plan(deliveries, *(str(number) for number in range(70_000)))
    deliveries.mark_in_flight(entries, "abc", AT)
    deliveries.abandon(entries, "never sent", AT)
    assert deliveries.unsettled(SYNC) == []


def test_changes_are_told_since_an_instant(state: StateStore, deliveries: Deliveries) -> None:
    one, _ = open_plan(deliveries, "1", "2")
    later = AT + timedelta(hours=1)
    deliveries.settle(SYNC, [Settlement(one, "rejected", reason="no")], later)
    assert [row["key"] for row in changes(state, SYNC)] == ["1", "2"]
    (recent,) = deliveries.blocks(SYNC, touched_since=later)
    assert (recent["key"], recent["run_id"]) == (["1"], ["run-1"])
