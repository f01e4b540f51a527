from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from reverse_etl.destinations.base import Destination, Fields, Row, RowOutcome
from reverse_etl.engine import Engine
from reverse_etl.sync import SyncResult
from tests.reverse_etl.bench import FIRST_ID, READ, SPEC, UPDATE, Bench, bench_at, wished
from warehouse.clock import SystemClock
from warehouse.deliveries import Deliveries
from warehouse.errors import Held, Misconfigured, Refused, Unavailable

HUNDREDS = 250


def outcomes(bench: Bench) -> Counter[str]:
    return Counter(row["outcome"] for row in bench.ledger())


def assert_accounted_for(result: SyncResult, bench: Bench) -> None:
    """Every change of the plan has one ledger row, and the report counts what the ledger says."""
    last = max(row["plan_id"] for row in bench.ledger())
    rows = [row for row in bench.ledger() if row["plan_id"] == last]
    assert sorted(row["key"] for row in rows) == sorted(c.key for c in result.plan.changes)
    assert Counter(row["outcome"] for row in rows) == result.delivery.outcomes


@pytest.fixture
def wishes(bench: Bench) -> list[dict[str, Any]]:
    rows = [wished(n) for n in range(5)]
    bench.wish(rows)
    bench.judge()
    return rows


def test_what_was_planned_is_what_the_tool_holds(bench: Bench, wishes: list[Any]) -> None:
    result = bench.sync()
    assert result.exit_code == 0
    assert result.delivery.outcomes == {"acknowledged": 5}
    bench.assert_holds(wishes)
    assert_accounted_for(result, bench)


def test_a_second_run_sends_nothing(bench: Bench, wishes: list[Any]) -> None:
    bench.sync()
    before = bench.portal.requests()
    result = bench.sync()
    assert bench.portal.requests() == before
    assert result.plan.counts["unchanged"] == 5
    assert not result.plan.changes


def test_only_the_field_that_changed_is_sent(bench: Bench, wishes: list[Any]) -> None:
    bench.sync()
    bench.wish([wished(0, account_score=77), *wishes[1:]])
    bench.sync()
    assert bench.ledger()[-1]["fields"] == {"revops_account_score": 77}
    assert bench.ledger()[-1]["before"] == {"revops_account_score": 0}


def test_an_unknown_record_is_rejected_and_the_rest_is_delivered(
    bench: Bench, wishes: list[Any]
) -> None:
    bench.wish([*wishes, wished(99)])
    result = bench.sync()
    assert result.exit_code == 4
    assert [one["key"] for one in result.delivery.rejected] == [str(FIRST_ID + 99)]
    assert "OBJECT_NOT_FOUND" in str(result.delivery.rejected[0]["reason"])
    bench.assert_holds(wishes)
    assert_accounted_for(result, bench)


def test_a_rejected_row_is_kept_back_by_the_next_plan_with_the_tools_text(
    bench: Bench, wishes: list[Any]
) -> None:
    bench.wish([*wishes, wished(99)])
    bench.sync()
    (one,) = bench.plan().withheld
    assert (one.key, one.reason) == (str(FIRST_ID + 99), "rejected")
    assert "OBJECT_NOT_FOUND" in one.details[0]


def test_an_unknown_property_stops_the_sync_before_anything_is_sent(
    bench: Bench, wishes: list[Any]
) -> None:
    mapping = SPEC.fields[0].model_copy(update={"field": "revops_nope"})
    spec = SPEC.model_copy(update={"fields": (mapping, *SPEC.fields[1:])})
    with pytest.raises(Misconfigured, match="revops_nope") as raised:
        bench.sync(spec)
    assert raised.value.exit_code == 2
    assert bench.calls() == 0
    assert bench.ledger() == []


def test_a_time_out_after_the_commit_is_found_delivered_by_the_next_run(
    bench: Bench, wishes: list[Any]
) -> None:
    bench.max_attempts = 1
    bench.faults({"kind": "reset_after_commit"})
    cut_off = bench.sync()
    assert cut_off.exit_code == 5
    assert cut_off.delivery.outcomes == {"unknown": 5}
    bench.assert_holds(wishes)
    again = bench.sync()
    assert (again.recovery.delivered, again.recovery.abandoned) == (5, 0)
    assert again.exit_code == 0
    assert bench.calls() == 1, "nothing is sent twice"
    assert outcomes(bench) == {"acknowledged": 5}
    assert len(bench.companies()) == 5


def test_a_time_out_before_the_commit_is_sent_again(bench: Bench, wishes: list[Any]) -> None:
    bench.max_attempts = 1
    bench.faults({"kind": "reset"})
    bench.sync()
    again = bench.sync()
    assert (again.recovery.delivered, again.recovery.abandoned) == (0, 5)
    assert again.delivery.outcomes == {"acknowledged": 5}
    bench.assert_holds(wishes)


def test_of_a_batch_in_doubt_only_the_rows_that_did_not_arrive_are_sent_again(
    bench: Bench, wishes: list[Any]
) -> None:
    bench.max_attempts = 1
    bench.sync()
    bench.wish([wished(n, account_score=90 + n) for n in range(5)])
    bench.faults({"kind": "reset"})
    bench.sync()
    with bench.client() as client:
        body = {"inputs": [_score(0, 90), _score(1, 91)]}
        client.post(UPDATE, body)
    again = bench.sync()
    assert (again.recovery.delivered, again.recovery.abandoned) == (2, 3)
    assert [change.key for change in again.plan.changes] == [str(FIRST_ID + n) for n in (2, 3, 4)]


def _score(number: int, score: int) -> dict[str, Any]:
    return {"id": str(FIRST_ID + number), "properties": {"revops_account_score": str(score)}}


@pytest.mark.parametrize("kind", ["rate_limit", "server_error"])
def test_a_tool_that_stops_answering_ends_with_5_and_the_rest_resumes(
    tmp_path: Path, kind: str
) -> None:
    rows = [wished(n) for n in range(HUNDREDS)]
    with bench_at(tmp_path, HUNDREDS) as bench:
        bench.wish(rows)
        bench.judge()
        bench.faults({"kind": kind, "skip": 1, "times": None})
        stopped = bench.sync()
        assert stopped.exit_code == 5
        # Of the other two batches the second may have been under way, too.
        left = stopped.delivery.outcomes
        assert left["acknowledged"] == 100
        assert left["unknown"] in {100, 50, 150}
        assert left["unknown"] + left["planned"] == 150
        assert_accounted_for(stopped, bench)
        bench.faults()
        resumed = bench.sync()
        assert resumed.exit_code == 0
        assert resumed.recovery.abandoned == 150
        assert resumed.delivery.outcomes == {"acknowledged": 150}
        bench.assert_holds(rows)


def test_a_fault_that_passes_is_waited_out(bench: Bench, wishes: list[Any]) -> None:
    bench.faults({"kind": "rate_limit", "retry_after": 0.01})
    assert bench.sync().exit_code == 0
    assert bench.calls() == 2


def test_one_bad_value_among_a_hundred_is_isolated_and_99_are_delivered(tmp_path: Path) -> None:
    rows = [wished(n) for n in range(100)]
    with bench_at(tmp_path, 100) as bench:
        bench.wish([*rows[:37], wished(37, account_tier=BAD), *rows[38:]])
        bench.judge()
        result = _sync_through(bench, Untraced(bench.client(), "companies", None))
        assert result.outcomes == {"acknowledged": 99, "rejected": 1}
        assert result.rejected[0]["key"] == str(FIRST_ID + 37)
        assert bench.calls() <= 15, "2 * log2(100) + 1"
        bench.assert_holds([*rows[:37], *rows[38:]])
        assert outcomes(bench) == {"acknowledged": 99, "rejected": 1}


BAD = "not one of the options"


class MadeUp(Destination):
    """What a made-up tool has in common with others: nothing to object to, nothing to read."""

    batch_size = 100

    def faults(self, fields: Sequence[str]) -> list[str]:  # noqa: ARG002 - a destination's signature
        return []

    def read(self, keys: Sequence[str], fields: Sequence[str]) -> dict[str, Fields]:  # noqa: ARG002
        return {}

    def holds(self, held: object, wish: object) -> bool:
        return held == wish


class Untraced(MadeUp):
    """HubSpot as it answers inputs without traces: one bad value refuses the whole batch."""

    def write(self, operation: str, rows: Sequence[Row]) -> list[RowOutcome]:  # noqa: ARG002
        inputs = [{"id": row.key, "properties": dict(row.fields)} for row in rows]
        for entry, row in zip(inputs, rows, strict=True):
            if row.fields["revops_account_tier"] == BAD:
                entry["properties"] = {"revops_account_score": "not a number"}
        answer = self._client.post(UPDATE, {"inputs": inputs})
        traces = {row.key: row.trace for row in rows}
        return [
            RowOutcome(traces[one["id"]], "acknowledged", one["id"])
            for one in answer.value("results")
        ]


def test_the_pieces_in_which_a_plan_is_written_ahead_do_not_make_its_requests_smaller(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, wishes: list[Any]
) -> None:
    monkeypatch.setattr("reverse_etl.sync.Engine", partial(Engine, piece=2))
    assert bench.sync().exit_code == 0
    assert bench.calls() == 1
    bench.assert_holds(wishes)


def _sync_through(bench: Bench, destination: Destination) -> Any:
    engine = Engine(SPEC.name, destination, Deliveries(bench.state), SystemClock())
    return engine.apply(bench.plan(), "run")


@dataclass
class Script:
    """What a made-up tool answers, call by call: how many rows it confirms, or what it raises."""

    answers: list[int | Exception]


class Forgetful(MadeUp):
    """Answers 2xx and says nothing of some rows."""

    def __init__(self, script: Script) -> None:
        self._script = script

    def write(self, operation: str, rows: Sequence[Row]) -> list[RowOutcome]:  # noqa: ARG002
        answer = self._script.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return [RowOutcome(row.trace, "acknowledged") for row in rows[:answer]]


def test_a_success_that_leaves_a_row_out_is_no_success_for_that_row(
    bench: Bench, wishes: list[Any]
) -> None:
    delivery = _sync_through(bench, Forgetful(Script([3])))
    assert delivery.outcomes == {"acknowledged": 3, "unknown": 2}
    assert SyncResult(bench.plan(), delivery).exit_code == 5
    assert len(Deliveries(bench.state).last_sent(SPEC.name)) == 3


def test_an_empty_success_is_no_success(bench: Bench, wishes: list[Any]) -> None:
    delivery = _sync_through(bench, Forgetful(Script([0])))
    assert delivery.outcomes == {"unknown": 5}


def test_an_outcome_for_a_row_that_was_not_asked_about_changes_nothing(
    bench: Bench, wishes: list[Any]
) -> None:
    class Confused(Forgetful):
        def write(self, operation: str, rows: Sequence[Row]) -> list[RowOutcome]:  # noqa: ARG002
            return [RowOutcome("987654", "acknowledged"), RowOutcome(rows[0].trace, "rejected")]

    delivery = _sync_through(bench, Confused(Script([])))
    assert delivery.outcomes == {"rejected": 1, "unknown": 4}
    assert Deliveries(bench.state).last_sent(SPEC.name) == []


def test_a_row_that_the_answer_tells_of_in_two_ways_is_in_doubt(
    bench: Bench, wishes: list[Any]
) -> None:
    class Contradictory(Forgetful):
        def write(self, operation: str, rows: Sequence[Row]) -> list[RowOutcome]:  # noqa: ARG002
            taken = [RowOutcome(row.trace, "acknowledged") for row in rows]
            return [RowOutcome(rows[0].trace, "rejected", reason="no"), *taken, taken[1]]

    delivery = _sync_through(bench, Contradictory(Script([])))
    assert delivery.outcomes == {"acknowledged": 4, "unknown": 1}


@pytest.mark.parametrize("arrived", [False, True])
def test_what_nobody_can_read_is_not_said_to_have_been_read_back(
    bench: Bench, wishes: list[Any], *, arrived: bool
) -> None:
    class Unread(Forgetful):
        is_readable = False

        def read(self, keys: Sequence[str], fields: Sequence[str]) -> dict[str, Any]:
            return {key: dict.fromkeys(fields) for key in keys} if arrived else {}

        def holds(self, held: object, wish: object) -> bool:  # noqa: ARG002 - assumed
            return True

    tool = Unread(Script([Unavailable("gone")]))
    assert _sync_through(bench, tool).outcomes == {"unknown": 5}
    Engine(SPEC.name, tool, Deliveries(bench.state), SystemClock()).recover()
    (reason,) = {row["reason"] for row in bench.ledger()}
    assert "cannot be read" in reason


def test_a_tool_that_goes_silent_while_a_batch_is_halved_leaves_nothing_unaccounted_for(
    bench: Bench, wishes: list[Any]
) -> None:
    no = Refused("no", status=400, body="bad")
    delivery = _sync_through(bench, Forgetful(Script([no, Unavailable("gone")])))
    assert delivery.outcomes == {"unknown": 2, "abandoned": 3}
    assert outcomes(bench) == delivery.outcomes


def test_rows_delivered_before_the_tool_goes_silent_stay_delivered(
    bench: Bench, wishes: list[Any]
) -> None:
    no = Refused("no", status=400, body="bad")
    delivery = _sync_through(bench, Forgetful(Script([no, 2, Unavailable("gone")])))
    assert delivery.outcomes == {"acknowledged": 2, "unknown": 3}
    assert outcomes(bench) == delivery.outcomes


@pytest.mark.parametrize(("failures", "noted"), [(1, "acknowledged"), (2, "in_flight")])
def test_what_the_ledger_could_not_be_told_is_asked_for_and_not_sent_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, wishes: list[Any], failures: int, noted: str
) -> None:
    turn, left = Deliveries.turn, [failures]

    def away(self: Deliveries, sync: str, settlements: Sequence[Any], *more: Any) -> None:
        if settlements and left[0]:
            left[0] -= 1
            raise Unavailable("The state store does not answer")
        turn(self, sync, settlements, *more)

    monkeypatch.setattr(Deliveries, "turn", away)
    assert bench.sync().exit_code == 5
    assert outcomes(bench) == {noted: 5}, "no row that was written is closed as if it was not"
    assert bench.sync().exit_code == 0
    assert bench.calls() == 1
    assert outcomes(bench) == {"acknowledged": 5}
    bench.assert_holds(wishes)


def test_a_credential_that_may_not_write_ends_with_2_and_names_the_scope(tmp_path: Path) -> None:
    readable = ["crm.objects.companies.read", "crm.schemas.companies.read"]
    with bench_at(tmp_path, 5, scopes=readable) as bench:
        bench.wish([wished(n) for n in range(5)])
        bench.judge()
        result = bench.sync()
        assert result.exit_code == 2
        assert "crm.objects.companies.write" in str(result.delivery.stopped_by)
        assert_accounted_for(result, bench)
        assert "in_flight" not in outcomes(bench)


def test_a_reviewed_plan_that_is_no_longer_true_is_not_sent(
    bench: Bench, wishes: list[Any]
) -> None:
    reviewed = bench.plan().digest
    bench.wish([wished(0, account_score=99), *wishes[1:]])
    with pytest.raises(Held) as raised:
        bench.sync(expected_digest=reviewed)
    assert raised.value.exit_code == 3
    assert bench.calls() == 0


def test_a_reviewed_plan_that_is_still_true_is_sent(bench: Bench, wishes: list[Any]) -> None:
    assert bench.sync(expected_digest=bench.plan().digest).exit_code == 0
    bench.assert_holds(wishes)


def test_nothing_is_asked_of_the_tool_when_the_gate_holds(bench: Bench, wishes: list[Any]) -> None:
    bench.judge("hold")
    assert bench.sync().exit_code == 3
    assert bench.portal.requests() == []


def test_rows_that_were_prepared_before_the_judged_build_are_held(
    bench: Bench, wishes: list[Any]
) -> None:
    """`revops build marts.accounts` and a new verdict say nothing about the rows to be sent."""
    bench.built("build-2", "accounts")
    bench.judge(build="build-2")
    held = bench.sync()
    assert held.exit_code == 3
    assert "run `revops build`" in held.plan.hold_reasons[0]
    bench.built("build-3", SPEC.model)
    assert bench.sync().exit_code == 0


def test_a_recovery_asks_the_tool_once_per_batch(bench: Bench, wishes: list[Any]) -> None:
    bench.max_attempts = 1
    bench.faults({"kind": "reset_after_commit"})
    bench.sync()
    looked = bench.calls(READ)
    bench.sync()
    assert bench.calls(READ) == looked + 1


def test_a_recovery_that_the_tool_does_not_answer_loses_nothing(
    bench: Bench, wishes: list[Any]
) -> None:
    bench.max_attempts = 1
    bench.faults({"kind": "reset_after_commit"})
    bench.sync()
    bench.faults({"kind": "server_error", "path": READ})
    with pytest.raises(Unavailable):
        bench.sync()
    assert outcomes(bench) == {"unknown": 5}
    assert bench.sync().recovery.delivered == 5
