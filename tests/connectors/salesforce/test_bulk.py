"""Large objects by query jobs: the same records as by pages, resumable, and what befalls jobs."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import httpx
import pytest

from connectors.core.pages import BadPage
from connectors.salesforce import bulk
from tests.connectors.conftest import Extraction, MakeExtraction
from tests.connectors.salesforce.emulation import org_of
from tests.connectors.test_extraction import stopped_after
from tests.emulated import Vendors, key_of

MESS = 'He said "no", then,\nnext line\r\n見積、￥1,200　👍\ttab'


pytestmark = pytest.mark.usefixtures("small_pages")


@pytest.fixture(autouse=True)
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything counts as large, jobs are soon done, and pages are small."""
    monkeypatch.setattr("connectors.salesforce.reading.BULK_FROM", 1)
    monkeypatch.setattr("connectors.salesforce.bulk.FIRST_PAUSE", 0.001)
    monkeypatch.setattr("connectors.salesforce.bulk.PAGE_RECORDS", 30)


def jobs_started(vendors: Vendors) -> int:
    counted = vendors.sandbox.requests()
    posted = [one for one in counted if one["vendor"] == "salesforce" and one["method"] == "POST"]
    return sum(one["count"] for one in posted if one["path"].endswith("/jobs/query"))


@pytest.mark.parametrize(
    "stream", ["leads", "opportunities", "opportunity_field_histories", "tasks"]
)
def test_a_job_and_pages_land_the_same_payloads(
    new_extraction: MakeExtraction, vendors: Vendors, monkeypatch: pytest.MonkeyPatch, stream: str
) -> None:
    if stream == "leads":
        victim = vendors.records("salesforce", "leads")[0]
        vendors.put(
            "salesforce", "leads", victim | {"Notes__c": MESS, "Company": 'Kōgyō "K", 工業'}
        )
    by_job, by_pages = new_extraction(), new_extraction()
    by_job.run("salesforce", stream)
    assert jobs_started(vendors) == 1
    monkeypatch.setattr("connectors.salesforce.reading.BULK_FROM", 1_000_000)
    by_pages.run("salesforce", stream)
    assert jobs_started(vendors) == 1
    assert by_job.log("salesforce", stream) == by_pages.log("salesforce", stream)
    payloads = [json.loads(one[3]) for one in by_job.log("salesforce", stream)]
    kinds = {type(value) for one in payloads for value in one.values()}
    assert {str, bool, type(None)} <= kinds
    assert stream == "opportunity_field_histories" or kinds & {int, float}
    if stream == "leads":
        assert MESS in [one["Notes__c"] for one in payloads]


def test_a_job_is_resumed_at_its_locator_after_any_page(
    new_extraction: MakeExtraction, vendors: Vendors
) -> None:
    whole = new_extraction()
    whole.run("salesforce", "contacts")
    for pages in range(1, 10):
        broken = new_extraction()
        before = jobs_started(vendors)
        result = broken.run("salesforce", "contacts", change=stopped_after(pages))["contacts"]
        if result.status == "done":
            break
        assert broken.run("salesforce", "contacts")["contacts"].status == "done"
        # The rest comes from the same job; what is new since then is little, and comes by a page.
        assert jobs_started(vendors) - before == 1
        assert broken.log("salesforce", "contacts") == whole.log("salesforce", "contacts")
    else:
        pytest.fail("the reading never came to an end")
    assert pages > 3


@pytest.mark.parametrize("mishap", ["lose_jobs", "job_failed"])
def test_a_job_that_is_lost_or_fails_is_followed_by_one_for_the_rest(
    extraction: Extraction, vendors: Vendors, mishap: str
) -> None:
    path = "*/results" if mishap == "lose_jobs" else "*/jobs/query/*"
    skip = 2 if mishap == "lose_jobs" else 0
    vendors.fault({"vendor": "salesforce", "path": path, "kind": mishap, "skip": skip})
    result = extraction.run("salesforce", "contacts")["contacts"]
    assert (result.status, result.error) == ("done", None)
    assert jobs_started(vendors) == 2
    assert any("a new job" in notice for notice in result.notices)
    wanted = sorted(key_of(record) for record in vendors.records("salesforce", "contacts"))
    assert extraction.keys("salesforce", "contacts") == wanted
    # What came before the loss was not asked for again.
    assert result.read == len(wanted)


def test_jobs_that_keep_failing_stop_the_stream_with_salesforces_reason(
    extraction: Extraction, vendors: Vendors
) -> None:
    fault = {"vendor": "salesforce", "path": "*/jobs/query/*", "times": None}
    vendors.fault(fault | {"kind": "job_aborted"})
    result = extraction.run("salesforce", "contacts")["contacts"]
    assert (result.status, result.exit_code) == ("failed", 5)
    assert "is Aborted: The query took too long." in str(result.error)
    vendors.fault()
    assert extraction.run("salesforce", "contacts")["contacts"].status == "done"


def test_a_query_too_long_for_an_address_goes_by_a_job(
    extraction: Extraction, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.salesforce.reading.BULK_FROM", 1_000_000)
    monkeypatch.setattr("connectors.salesforce.reading.LONGEST_ADDRESS", 100)
    assert extraction.run("salesforce", "users")["users"].status == "done"
    assert jobs_started(vendors) == 1


def test_results_that_expired_since_the_last_run_are_asked_for_anew(
    extraction: Extraction, vendors: Vendors
) -> None:
    extraction.run("salesforce", "contacts", change=stopped_after(2))
    assert "job" in (extraction.cursor("salesforce", "contacts") or {})
    vendors.wait(8 * 86_400)
    result = extraction.run("salesforce", "contacts")["contacts"]
    assert result.status == "done"
    wanted = sorted(key_of(record) for record in vendors.records("salesforce", "contacts"))
    assert extraction.keys("salesforce", "contacts") == wanted


@pytest.mark.parametrize("kind", ["truncate", "reset", "server_error"])
def test_a_torn_page_of_rows_is_asked_for_again(
    extraction: Extraction, vendors: Vendors, kind: str
) -> None:
    vendors.fault({"vendor": "salesforce", "path": "*/results", "kind": kind, "skip": 1})
    result = extraction.run("salesforce", "contacts")["contacts"]
    assert (result.status, result.landed.rejects) == ("done", 0)
    wanted = sorted(key_of(record) for record in vendors.records("salesforce", "contacts"))
    assert extraction.keys("salesforce", "contacts") == wanted


def test_an_object_that_takes_no_job_is_read_by_pages(
    extraction: Extraction, vendors: Vendors
) -> None:
    org_of(vendors).jobs.throttle.limit = 0
    result = extraction.run("salesforce", "contacts")["contacts"]
    assert result.status == "done"
    assert any("page by page" in notice for notice in result.notices)
    assert len(extraction.keys("salesforce", "contacts")) == result.read > 0


TYPES = {"Id": "id", "Name": "string", "Amount": "currency", "SystemModstamp": "datetime"}
HEAD = '"Id","Name","Amount","SystemModstamp"\n'
ROW = '"006A","a ""b"", c\nd","12.50","2026-01-01T00:00:00.000Z"\n'


def read(text: str, **headers: str) -> bulk.CsvPage:
    request = httpx.Request("GET", "http://127.0.0.1/results")
    response = httpx.Response(200, text=text, headers=headers, request=request)
    return bulk._reader("Opportunity", TYPES)(response)


def test_rows_are_read_with_their_header_or_without() -> None:
    with_head = read(HEAD + ROW).records
    assert with_head == read(ROW).records
    (record,) = with_head
    shown = json.loads(bytes(record))
    assert shown["Name"] == 'a "b", c\nd'
    assert b'"Amount":12.50,' in bytes(record)
    assert shown["SystemModstamp"] == "2026-01-01T00:00:00.000+0000"
    assert read(HEAD).records == read("").records == []


def test_half_a_row_is_never_taken_for_a_whole_one() -> None:
    # A lost line end alone is no loss.
    assert len(read(HEAD + ROW + ROW[:-1]).records) == 2
    for cut in range(2, len(ROW) - 1):
        with pytest.raises(BadPage):
            read(HEAD + ROW + ROW[:-cut])


def test_missing_rows_show_by_their_number() -> None:
    headers = {"Sforce-NumberOfRecords": "2"}
    with pytest.raises(BadPage, match="lacks rows"):
        read(HEAD + ROW, **headers)


def test_a_job_without_end_is_left_for_the_next_run(
    extraction: Extraction, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.vendors.salesforce.bulk.LOOKS", 10_000)
    monkeypatch.setattr("connectors.salesforce.bulk.PATIENCE", 0.01)
    result = extraction.run("salesforce", "contacts")["contacts"]
    assert (result.status, result.exit_code) == ("failed", 5)
    job = (extraction.cursor("salesforce", "contacts") or {})["job"]
    monkeypatch.setattr("sandbox.vendors.salesforce.bulk.LOOKS", 2)
    jobs: dict[str, Any] = org_of(vendors).jobs._jobs
    assert list(jobs) == [job]
    jobs[job] = replace(jobs[job], state="JobComplete")
    assert extraction.run("salesforce", "contacts")["contacts"].status == "done"
