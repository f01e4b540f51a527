"""Many rows at once: as the file of a job of Salesforce's, and what the job tells of them."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from connectors.salesforce import ingest
from reverse_etl.destinations.base import Row, RowOutcome, Submitted
from reverse_etl.destinations.salesforce import SalesforceRecords
from tests.reverse_etl.proof.case import written
from tests.reverse_etl.proof.of_salesforce import SalesforceAccounts, SalesforceUpsert
from tests.reverse_etl.proof.steps import Steps
from tests.reverse_etl.proof.wire import Plain, Script
from warehouse.deliveries import Operation
from warehouse.errors import Refused

REF, SCORE = "Legacy_Ref__c", "Revops_Account_Score__c"


@contextmanager
def org(
    case: SalesforceAccounts | SalesforceUpsert, kind: str, identifier: str | None
) -> Iterator[tuple[SalesforceRecords, Any]]:
    with tempfile.TemporaryDirectory() as home:
        case.set_up(Path(home) / "tool", 5)
        app = case.start(Path(home) / "tool")
        with case.client(Plain(case, app, Steps(), Script(), lambda: None)) as client:
            made = SalesforceRecords(client, kind, identifier)
            made.asked = frozenset({"update", "upsert", "delete"})
            made.batch_size, made.bulk_from, made.bulk_size = 1, 2, 100
            yield made, app


def deals(*fields: dict[str, Any]) -> list[Row]:
    return [Row(f"it's,{n}", values, str(70 + n)) for n, values in enumerate(fields)]


def by_trace(outcomes: list[RowOutcome]) -> dict[str, RowOutcome]:
    return {one.trace: one for one in outcomes}


def test_a_large_plan_goes_by_jobs_and_a_small_one_does_not() -> None:
    plain = SalesforceRecords.__new__(SalesforceRecords)
    plain._identifier = REF
    assert plain.batch_of("upsert", 1_999) == 100
    assert plain.batch_of("upsert", 2_000) == 10_000
    assert plain.batch_of("create", 50_000) == 10_000
    # Which records those are has to be asked first.
    assert plain.batch_of("update", 50_000) == plain.batch_of("delete", 50_000) == 100
    plain._identifier = None
    assert plain.batch_of("update", 2_000) == plain.batch_of("delete", 2_000) == 10_000


def test_texts_arrive_as_they_are_and_what_a_row_does_not_name_is_left_alone() -> None:
    texts = ['株式会社 "北" , 東\n二行目', "'=1+1", " ", "true"]
    with org(SalesforceUpsert(), "Opportunity", REF) as (destination, _):
        rows = deals(*({"Name": text, "NextStep": "call"} for text in texts))
        told = written(destination, "upsert", rows)
        assert {one.outcome for one in told} == {"acknowledged"}
        again = deals({"Name": "A"}, {"NextStep": None}, {"NextStep": ""}, {"Name": "B"})
        written(destination, "upsert", again)
        held = [destination.read([row.key], ["Name", "NextStep"])[row.key] for row in rows]
        assert [one["NextStep"] for one in held] == ["call", None, None, "call"]
        assert [one["Name"] for one in held] == ["A", *texts[1:3], "B"]


def test_each_row_that_fails_has_its_own_reason_and_the_others_arrive() -> None:
    case = SalesforceAccounts()
    with org(case, "Account", None) as (destination, _):
        rows = [
            Row(case.key(0), {SCORE: 4}, "a"),
            Row(case.key(90), {SCORE: 4}, "b"),
            Row(case.key(1), {SCORE: "many"}, "c"),
        ]
        told = by_trace(written(destination, "update", rows))
        assert (told["a"].outcome, told["a"].tool_id) == ("acknowledged", case.key(0))
        assert (told["b"].outcome, told["b"].error) == ("rejected", "permanent")
        assert "INVALID_TYPE_ON_FIELD_IN_RECORD" in str(told["c"].reason)
        assert destination.read([case.key(0)], [SCORE])[case.key(0)][SCORE] == 4


def test_of_a_job_that_failed_the_rows_may_be_tried_again() -> None:
    with org(SalesforceUpsert(), "Opportunity", REF) as (destination, _):
        rows = deals({"Name": "A", "Nope__c": "x"}, {"Name": "B"})
        told = written(destination, "upsert", rows)
        assert {(one.outcome, one.error) for one in told} == {("rejected", "transient")}
        assert "Field name not found : Nope__c" in str(told[0].reason)


def test_a_text_that_a_file_cannot_say_is_left_to_smaller_requests() -> None:
    with org(SalesforceUpsert(), "Opportunity", REF) as (destination, _):
        rows = deals({"Name": ingest.NOTHING}, {"Name": "B"})
        with pytest.raises(Refused, match="cannot say"):
            destination.write("upsert", rows)
        (told,) = written(destination, "upsert", rows[:1])
        assert told.outcome == "acknowledged"
        assert destination.read([rows[0].key], ["Name"])[rows[0].key]["Name"] == ingest.NOTHING


def test_a_job_that_did_not_begin_is_ended_and_never_begins() -> None:
    with org(SalesforceUpsert(), "Opportunity", REF) as (destination, app):
        rows = deals({"Name": "A"}, {"Name": "B"})
        job = destination.write("upsert", rows)
        assert isinstance(job, Submitted)
        assert destination.job(job.handle, rows) == []
        assert job.begin is not None
        with pytest.raises(Refused):
            job.begin()
        app.vendors["salesforce"].ingests.work()
        assert destination.read([rows[0].key], ["Name"]) == {}


def test_a_job_is_under_way_until_it_has_ended_and_is_forgotten_in_the_end() -> None:
    with org(SalesforceUpsert(), "Opportunity", REF) as (destination, app):
        rows = deals({"Name": "A"}, {"Name": "B"})
        job = destination.write("upsert", rows)
        assert isinstance(job, Submitted)
        assert job.begin is not None
        job.begin()
        assert destination.job(job.handle, rows) is None
        told = destination.job(job.handle, rows)
        assert told is not None
        assert by_trace(told).keys() == {"70", "71"}
        app.vendors["salesforce"].ingests.forget()
        with pytest.raises(Refused):
            destination.job(job.handle, rows)


@pytest.mark.parametrize("size", [1, 100])
def test_what_is_deleted_is_gone_and_what_was_gone_is_no_fault(size: int) -> None:
    operation: Operation = "delete"
    case = SalesforceAccounts()
    with org(case, "Account", None) as (destination, _):
        destination.batch_size = size
        rows = [Row(case.key(n), {}, str(n)) for n in range(2)]
        for chosen in ([rows[0]], rows):
            told = by_trace(written(destination, operation, chosen))
            if size == 100:
                assert {one.outcome for one in told.values()} == {"acknowledged"}
        assert all(destination.read([row.key], [SCORE]) == {} for row in rows)


def test_what_is_known_by_a_field_of_ours_is_looked_up_and_deleted() -> None:
    with org(SalesforceUpsert(), "Opportunity", REF) as (destination, _):
        rows = deals({"Name": "A"}, {"Name": "B"})
        written(destination, "upsert", rows)
        destination.batch_size = 100
        gone = [*rows[:1], Row("never", {}, "99")]
        told = by_trace(written(destination, "delete", gone))
        assert {one.outcome for one in told.values()} == {"acknowledged"}
        assert destination.read([row.key for row in rows], ["Name"]).keys() == {rows[1].key}
