"""What the tool refuses for good is not sent again, and never forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reverse_etl.destinations.base import Fields, Row, RowOutcome
from reverse_etl.destinations.hubspot import _rejected
from reverse_etl.destinations.salesforce import _outcome
from reverse_etl.engine import Engine
from tests.reverse_etl.bench import FIRST_ID, SPEC, Bench, wished
from tests.reverse_etl.test_engine import MadeUp
from warehouse.clock import FixedClock, new_run_id
from warehouse.deliveries import Deliveries
from warehouse.errors import Refused
from warehouse.state import StateStore

AT = datetime(2026, 11, 27, 9, tzinfo=UTC)
UNKNOWN = str(FIRST_ID + 99)


@pytest.fixture
def refused(bench: Bench) -> Bench:
    """A bench on which one of six rows names a company that is not there."""
    bench.wish([*(wished(n) for n in range(5)), wished(99)])
    bench.judge()
    assert bench.sync().exit_code == 4
    return bench


def _withheld(bench: Bench) -> dict[str | None, str]:
    return {one.key: one.reason for one in bench.plan().withheld}


def test_what_is_refused_for_good_is_not_sent_again(refused: Bench) -> None:
    calls = refused.calls()
    again = refused.sync()
    assert again.plan.changes == ()
    assert refused.calls() == calls
    assert _withheld(refused) == {UNKNOWN: "rejected"}


def test_the_plan_says_how_many_are_parked_why_and_since_when(refused: Bench) -> None:
    plan = refused.plan()
    assert plan.counts["parked"] == 1
    (parked,) = plan.withheld
    assert "OBJECT_NOT_FOUND" in parked.details[0]
    assert parked.details[1].startswith("since 20")


def test_a_row_that_changes_is_free_again(refused: Bench) -> None:
    refused.wish([wished(99, account_score=1)])
    assert [change.key for change in refused.plan().changes] == [UNKNOWN]


def test_a_document_that_changes_frees_its_rows(refused: Bench) -> None:
    mapping = SPEC.fields[0].model_copy(update={"nulls": "clear"})
    spec = SPEC.model_copy(update={"fields": (mapping, *SPEC.fields[1:])})
    assert [change.key for change in refused.plan(spec).changes] == [UNKNOWN]


def test_who_is_freed_by_hand_is_sent_once_more_and_parked_anew(refused: Bench) -> None:
    assert Deliveries(refused.state).free(SPEC.name) == 1
    again = refused.sync()
    assert again.delivery.outcomes == {"rejected": 1}
    assert _withheld(refused) == {UNKNOWN: "rejected"}


def test_what_the_tool_takes_at_last_is_parked_no_more(bench: Bench) -> None:
    bench.wish([wished(0)])
    bench.judge()
    _through(bench, {str(FIRST_ID): "permanent"})
    assert list(Deliveries(bench.state).parked(SPEC.name)) == [str(FIRST_ID)]
    bench.wish([wished(0, account_score=9)])
    assert bench.sync().exit_code == 0
    assert Deliveries(bench.state).parked(SPEC.name) == {}


def test_what_may_be_taken_another_time_is_planned_again(bench: Bench) -> None:
    bench.wish([wished(0), wished(1)])
    bench.judge()
    _through(bench, {str(FIRST_ID): "transient", str(FIRST_ID + 1): "permanent"})
    assert [change.key for change in bench.plan().changes] == [str(FIRST_ID)]
    assert {row["key"]: row["error"] for row in bench.ledger()} == {
        str(FIRST_ID): "transient",
        str(FIRST_ID + 1): "permanent",
    }


@pytest.mark.parametrize(("status", "parked"), [(400, 1), (409, 1), (423, 0)])
def test_a_record_that_is_locked_is_not_refused_for_good(
    bench: Bench, status: int, parked: int
) -> None:
    class Locked(MadeUp):
        def __init__(self) -> None:
            pass

        def write(self, operation: str, rows: Sequence[Row]) -> list[RowOutcome]:  # noqa: ARG002
            raise Refused("no", status=status, body="locked")

    bench.wish([wished(0)])
    bench.judge()
    Engine(SPEC.name, Locked(), Deliveries(bench.state), FixedClock(AT)).apply(bench.plan(), "run")
    assert len(Deliveries(bench.state).parked(SPEC.name)) == parked


@pytest.mark.parametrize(
    ("category", "error"),
    [
        ("VALIDATION_ERROR", "permanent"),
        ("OBJECT_NOT_FOUND", "permanent"),
        (None, "permanent"),
        ("RATE_LIMIT", "transient"),
        ("INTERNAL_ERROR", "transient"),
    ],
)
def test_hubspot_tells_by_the_category(category: str | None, error: str) -> None:
    class Answer:
        def value(self, name: str, default: object) -> Any:  # noqa: ARG002
            context = {"objectWriteTraceId": ["1"]}
            return [{"category": category, "message": "no", "context": context}]

    (said,) = _rejected(Answer())  # type: ignore[arg-type]
    assert (said.outcome, said.error) == ("rejected", error)


@pytest.mark.parametrize(
    ("codes", "error"),
    [
        (["UNABLE_TO_LOCK_ROW"], "transient"),
        (["REQUIRED_FIELD_MISSING"], "permanent"),
        (["UNABLE_TO_LOCK_ROW", "REQUIRED_FIELD_MISSING"], "permanent"),
        ([], "permanent"),
    ],
)
def test_salesforce_tells_by_the_status_codes(codes: list[str], error: str) -> None:
    errors = [{"statusCode": code, "message": "no", "fields": []} for code in codes]
    said = _outcome(Row("k", {}, "1"), {"id": None, "success": False, "errors": errors})
    assert (said.outcome, said.error) == ("rejected", error)


class Fussy(MadeUp):
    """Rejects rows by a script of key -> class of error, and takes the others."""

    def __init__(self, script: dict[str, str]) -> None:
        self.script = script
        self.holding: dict[str, dict[str, Any]] = {}

    def write(self, operation: str, rows: Sequence[Row]) -> list[RowOutcome]:  # noqa: ARG002
        return [self._answer(row) for row in rows]

    def read(self, keys: Sequence[str], fields: Sequence[str]) -> dict[str, Fields]:  # noqa: ARG002
        return {key: self.holding[key] for key in keys if key in self.holding}

    def _answer(self, row: Row) -> RowOutcome:
        error = self.script.get(row.key)
        if error is None:
            self.holding.setdefault(row.key, {}).update(row.fields)
            return RowOutcome(row.trace, "acknowledged")
        return RowOutcome(row.trace, "rejected", reason=error, error=error)  # type: ignore[arg-type]


def _through(bench: Bench, script: dict[str, str]) -> Fussy:
    tool, run = Fussy(script), new_run_id()
    Engine(SPEC.name, tool, Deliveries(bench.state), FixedClock(AT)).apply(bench.plan(), run)
    return tool


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Any:
    from tests.reverse_etl.bench import bench_at

    with bench_at(tmp_path_factory.mktemp("parking"), 1) as made:
        yield made


scores = st.dictionaries(st.integers(0, 4), st.integers(0, 2), max_size=5)
errors = st.dictionaries(st.integers(0, 4), st.sampled_from(["permanent", "transient"]))


@settings(max_examples=5, deadline=None)
@given(rounds=st.lists(st.tuples(scores, errors, st.booleans()), max_size=4))
def test_every_wish_is_delivered_planned_or_parked_and_the_plan_says_so(
    shared: Bench, rounds: list[tuple[dict[int, int], dict[int, str], bool]]
) -> None:
    """Nothing lost, nothing parked for ever in silence, whatever a tool refuses and when."""
    bench = replace(shared, state=StateStore(f"sqlite:///{shared.home / uuid4().hex}"))
    with bench.warehouse.open("test") as session:
        # It is a copy of the store before.
        session.execute("drop schema if exists sync_memory cascade")
    bench.judge()
    deliveries = Deliveries(bench.state)
    for wishes, script, is_freed in rounds:
        bench.wish([wished(n, account_score=score) for n, score in wishes.items()])
        if is_freed:
            deliveries.free(SPEC.name)
        tool = _through(bench, {str(FIRST_ID + n): error for n, error in script.items()})
        plan = bench.plan()
        sent = {
            row.key: row.held["revops_account_score"] for row in deliveries.last_sent(SPEC.name)
        }
        delivered = {key for key, held in sent.items() if held == wishes.get(int(key) - FIRST_ID)}
        planned = {change.key for change in plan.changes}
        parked = {one.key for one in plan.withheld if one.reason == "rejected"}
        everybody = {str(FIRST_ID + n) for n in wishes}
        assert planned | parked | (delivered & everybody) == everybody
        assert planned.isdisjoint(parked)
        assert parked <= deliveries.parked(SPEC.name).keys()
        assert not parked & tool.holding.keys()
        assert plan.counts["parked"] == len(parked)
        assert all(one.details[1].startswith("since ") for one in plan.withheld)
    bench.state.close()
