"""What only Marketo does: refusals with the status 200, jobs, quotas, and who is gone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connectors.core import registry
from connectors.core.source import Page, Reading, Stream
from connectors.marketo.export import read_extract
from connectors.marketo.leads import in_parts, losing_ids
from orchestration.app import App
from sandbox.instants import zendesk_instant
from sandbox.vendors.marketo.fields import LEAD_FIELD_NAMES
from tests.connectors.conftest import Extraction, MakeExtraction
from tests.emulated import Vendors, key_of
from warehouse.errors import Unavailable

LEADS = "/bulk/v1/leads/export"
LOG = "/rest/v1/activities/leadchanges.json"


def tool(vendors: Vendors) -> Any:
    return vendors.sandbox.vendors["marketo"]


def asked(vendors: Vendors, path: str) -> int:
    return sum(
        line["count"]
        for line in vendors.sandbox.requests()
        if line["vendor"] == "marketo" and line["path"] == path
    )


def strike(kind: str, path: str = LOG, **more: Any) -> dict[str, Any]:
    return {"vendor": "marketo", "path": path, "kind": kind, **more}


# -- what the envelope says -------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["token_invalid", "token_expired", "expire_token"])
def test_a_token_that_is_refused_is_renewed_once_and_the_request_repeated(
    extraction: Extraction, vendors: Vendors, kind: str
) -> None:
    vendors.fault(strike(kind))
    result = extraction.run("marketo", "lead_changes")["lead_changes"]
    assert (result.status, result.error) == ("done", None)
    assert asked(vendors, "/identity/oauth/token") == 2


def test_a_token_that_is_never_accepted_stops_the_vendor_and_names_the_credential(
    extraction: Extraction, vendors: Vendors
) -> None:
    vendors.fault(strike("token_invalid", "/rest/*", times=None))
    results = extraction.run("marketo", "lead_fields", "programs")
    assert [one.exit_code for one in results.values()] == [2, 2]
    assert "REVOPS_MARKETO__CLIENT_SECRET" in str(results["lead_fields"].error)
    assert "not asked" in str(results["programs"].error)


@pytest.mark.parametrize("kind", ["rate", "temporary", "system_error", "concurrency"])
def test_passing_trouble_is_waited_out(extraction: Extraction, vendors: Vendors, kind: str) -> None:
    vendors.fault(strike(kind, times=2))
    assert extraction.run("marketo", "lead_changes")["lead_changes"].status == "done"
    vendors.fault(strike(kind, times=None))
    result = extraction.run("marketo", "lead_changes")["lead_changes"]
    assert (result.exit_code, "in 3 attempts" in str(result.error)) == (5, True)


def test_the_daily_quota_is_named_and_not_asked_against(
    extraction: Extraction, vendors: Vendors
) -> None:
    vendors.fault(strike("daily_quota", times=None))
    result = extraction.run("marketo", "lead_changes")["lead_changes"]
    assert result.exit_code == 5
    assert "daily quota of calls" in str(result.error)
    assert asked(vendors, LOG) == 1


def test_a_missing_right_stops_its_stream_alone(extraction: Extraction, vendors: Vendors) -> None:
    vendors.fault(strike("access_denied", times=None))
    results = extraction.run("marketo", "lead_changes", "programs")
    assert (results["lead_changes"].exit_code, results["programs"].status) == (2, "done")
    assert "role the right to read" in str(results["lead_changes"].error)


def test_a_page_without_records_is_not_the_last_one(
    extraction: Extraction, vendors: Vendors
) -> None:
    vendors.fault(strike("empty_page", times=3))
    extraction.run("marketo", "lead_changes")
    changes = vendors.records("marketo", "lead_changes")
    assert extraction.keys("marketo", "lead_changes") == sorted(key_of(one) for one in changes)


def test_a_paging_token_that_is_not_accepted_any_more_begins_the_walk_again(
    extraction: Extraction, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.vendors.marketo.paging.MAX_BATCH", 200)
    vendors.fault(strike("server_error", skip=2, times=None))
    assert extraction.run("marketo", "lead_changes")["lead_changes"].exit_code == 5
    assert "token" in (extraction.cursor("marketo", "lead_changes") or {})
    vendors.fault(strike("stale_token"))
    assert extraction.run("marketo", "lead_changes")["lead_changes"].status == "done"
    changes = vendors.records("marketo", "lead_changes")
    assert extraction.keys("marketo", "lead_changes") == sorted(key_of(one) for one in changes)


# -- bulk extracts ----------------------------------------------------------------------------


def stopped_behind(pages: int) -> Any:
    def change(stream: Stream) -> Stream:
        def read(reading: Reading) -> Iterator[Page]:
            for number, page in enumerate(stream.read(reading), 1):
                yield page
                if number == pages:
                    raise Unavailable("the vendor went away")

        return replace(stream, read=read)

    return change


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize("pages", [1, 2, 3])
def test_a_run_that_was_cut_off_goes_on_with_the_same_job(
    new_extraction: MakeExtraction, vendors: Vendors, monkeypatch: pytest.MonkeyPatch, pages: int
) -> None:
    monkeypatch.setattr("connectors.marketo.export.PAGE_ROWS", 10)
    whole, broken = new_extraction(), new_extraction()
    whole.run("marketo", "leads")
    created = asked(vendors, f"{LEADS}/create.json")
    assert broken.run("marketo", "leads", change=stopped_behind(pages))["leads"].exit_code == 5
    cursor = broken.cursor("marketo", "leads") or {}
    # Behind the third page lies the end of a window: no job is under way.
    assert ("export" in cursor) == (pages < 3)
    assert cursor.get("export", "none") in {*tool(vendors).extracts.queue.jobs, "none"}
    assert broken.run("marketo", "leads")["leads"].status == "done"
    assert broken.log("marketo", "leads") == whole.log("marketo", "leads")
    # The second pass to the present is one more window.
    assert asked(vendors, f"{LEADS}/create.json") == 2 * created + 1


def test_a_job_that_is_forgotten_fails_or_whose_file_is_gone_is_made_again(
    extraction: Extraction, vendors: Vendors
) -> None:
    for path, kind in (("*/status.json", "failed_export"), ("*/status.json", "stale_token")):
        vendors.fault(strike(kind, f"{LEADS}{path}"))
        result = extraction.run("marketo", "leads")["leads"]
        assert (result.status, result.error) == ("done", None)
        extraction.rows("delete from raw_marketo._cursors returning 1")
    extraction.run("marketo", "leads", change=stopped_behind(1))
    vendors.wait(timedelta(days=8).total_seconds())
    assert extraction.run("marketo", "leads")["leads"].status == "done"
    leads = vendors.records("marketo", "leads")
    assert set(extraction.keys("marketo", "leads")) == {key_of(one) for one in leads}


def test_a_file_with_another_checksum_is_fetched_again_and_never_landed(
    extraction: Extraction, vendors: Vendors
) -> None:
    vendors.fault(strike("wrong_checksum", f"{LEADS}/*/status.json", times=None))
    result = extraction.run("marketo", "leads")["leads"]
    assert result.exit_code == 5
    assert "checksum" in str(result.error)
    assert (result.landed.versions, extraction.log("marketo", "leads")) == (0, [])
    vendors.fault()
    assert extraction.run("marketo", "leads")["leads"].status == "done"


@pytest.mark.parametrize("kind", ["truncate", "reset", "html"])
def test_a_part_that_does_not_come_whole_is_asked_for_again(
    extraction: Extraction, vendors: Vendors, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr("connectors.marketo.export.PART_BYTES", 3_000)
    vendors.fault(strike(kind, f"{LEADS}/*/file.json", skip=1, times=2))
    assert extraction.run("marketo", "leads")["leads"].status == "done"
    leads = vendors.records("marketo", "leads")
    assert extraction.keys("marketo", "leads") == sorted(key_of(one) for one in leads)


def test_a_full_queue_is_waited_for(extraction: Extraction, vendors: Vendors) -> None:
    vendors.fault(strike("queue_full", f"{LEADS}/*/enqueue.json", times=3))
    assert extraction.run("marketo", "leads")["leads"].status == "done"


def test_the_quota_of_exported_data_stops_the_day_and_the_next_one_goes_on(
    extraction: Extraction, vendors: Vendors
) -> None:
    tool(vendors).limits["export_bytes_per_day"] = 1
    result = extraction.run("marketo", "leads")["leads"]
    assert result.exit_code == 5
    assert "daily quota of exported data" in str(result.error)
    reached = extraction.cursor("marketo", "leads") or {}
    assert reached["since"] > "2026-07"
    vendors.wait(timedelta(days=1).total_seconds())
    tool(vendors).extracts.queue._quota = 10**9
    assert extraction.run("marketo", "leads")["leads"].status == "done"
    leads = vendors.records("marketo", "leads")
    assert extraction.keys("marketo", "leads") == sorted(key_of(one) for one in leads)


def test_a_cell_may_hold_line_breaks_quotes_and_the_end_of_a_page(
    extraction: Extraction, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.marketo.export.PAGE_ROWS", 1)
    lead = next(one for one in vendors.records("marketo", "leads") if not one.get("isDeleted"))
    text = 'He said "null",\r\nthen\n\n"ok"，改行'
    vendors.put("marketo", "leads", lead | {"productInterest": text})
    extraction.run("marketo", "leads")
    (found,) = [v for v in extraction.log("marketo", "leads") if v[0] == key_of(lead)]
    assert json.loads(found[3])["productInterest"] == text


def test_no_window_is_longer_than_marketo_allows(
    extraction: Extraction, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REVOPS_MARKETO__START", "2024-01-01")
    result = extraction.run("marketo", "leads")["leads"]
    assert (result.status, result.landed.versions) == (
        "done",
        len(vendors.records("marketo", "leads")),
    )


# -- who changed, and who is gone -------------------------------------------------------------


def test_a_change_that_the_shown_stamp_does_not_tell_is_landed(
    extraction: Extraction, vendors: Vendors
) -> None:
    extraction.run("marketo", "leads")
    vendors.wait(7_200)
    lead = next(one for one in vendors.records("marketo", "leads") if not one.get("isDeleted"))
    at = zendesk_instant(vendors.sandbox.clock.now())
    vendors.put("marketo", "leads", lead | {"behaviorScore": 999, "changedAt": at})
    assert extraction.run("marketo", "leads")["leads"].landed.versions == 1


def test_a_merged_lead_is_landed_as_deleted_with_whom_it_became(
    extraction: Extraction, vendors: Vendors
) -> None:
    extraction.run("marketo", "leads", "merges")
    merged = [one for one in vendors.records("marketo", "leads") if one.get("mergedInto")]
    assert merged
    log = {v[0]: v for v in extraction.log("marketo", "leads")}
    for lead in merged:
        _, _, deleted, payload = log[key_of(lead)]
        assert deleted
        assert json.loads(payload)["mergedInto"] == lead["mergedInto"]
    lines = [json.loads(v[3]) for v in extraction.log("marketo", "merges")]
    assert sorted(one for line in lines for one in losing_ids(line)) == sorted(
        lead["id"] for lead in merged
    )


def test_without_the_filter_by_change_leads_are_read_by_creation_and_the_log(
    extraction: Extraction, vendors: Vendors
) -> None:
    tool(vendors).limits["updated_at_filter"] = 0
    first = extraction.run("marketo", "leads")["leads"]
    assert first.status == "done"
    assert any("1035" in notice for notice in first.notices)
    leads = vendors.records("marketo", "leads")
    assert extraction.keys("marketo", "leads") == sorted(key_of(one) for one in leads)
    vendors.advance()
    again = extraction.run("marketo", "leads")["leads"]
    assert again.status == "done"
    latest = {v[0]: v for v in sorted(extraction.log("marketo", "leads"), key=lambda v: v[1] or "")}
    for lead in vendors.records("marketo", "leads"):
        _, _, deleted, payload = latest[key_of(lead)]
        assert deleted == bool(lead.get("isDeleted"))
        if not deleted:
            assert json.loads(payload)["leadStatus"] == lead["leadStatus"]
    # As soon as the filter is there it is used, from where the other way stood.
    tool(vendors).limits["updated_at_filter"] = 1
    last = extraction.run("marketo", "leads")["leads"]
    assert (last.status, last.notices) == ("done", [])
    assert "changes" not in (extraction.cursor("marketo", "leads") or {})


def test_a_program_that_is_gone_is_landed_as_deleted_and_so_are_its_members(
    extraction: Extraction, vendors: Vendors
) -> None:
    extraction.run("marketo", "programs", "program_members")
    program = next(one for one in vendors.records("marketo", "programs") if one["costs"])
    vendors.put("marketo", "programs", program | {"isDeleted": True})
    vendors.wait(timedelta(days=2).total_seconds())
    results = extraction.run("marketo", "programs", "program_members")
    assert results["programs"].landed.deletions == 1
    assert results["program_members"].landed.deletions > 1


# -- fields -----------------------------------------------------------------------------------


def test_a_field_of_the_companys_own_is_asked_for_as_soon_as_it_is_there(
    extraction: Extraction, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    extraction.run("marketo", "leads")
    new = {"name": "区分", "displayName": "区分", "dataType": "string", "updateable": True}
    vendors.sandbox.vendors["marketo"].tables["lead_fields"].put(new)
    names = (*LEAD_FIELD_NAMES, "区分")
    monkeypatch.setattr("sandbox.vendors.marketo.extracts.LEAD_FIELD_NAMES", names)
    lead = next(one for one in vendors.records("marketo", "leads") if not one.get("isDeleted"))
    vendors.wait(7_200)
    at = zendesk_instant(vendors.sandbox.clock.now())
    vendors.put("marketo", "leads", lead | {"区分": "A", "changedAt": at})
    extraction.run("marketo", "leads")
    payloads = [json.loads(v[3]) for v in extraction.log("marketo", "leads")]
    assert [one["区分"] for one in payloads if one.get("区分")] == ["A"]


def test_a_field_that_staging_needs_and_that_is_gone_stops_the_stream_with_its_name(
    extraction: Extraction, vendors: Vendors
) -> None:
    fields = tool(vendors).tables["lead_fields"]
    fields.load([one for one in fields if one["name"] != "leadStatus"])
    result = extraction.run("marketo", "leads")["leads"]
    assert result.exit_code == 2
    assert "leadStatus is gone" in str(result.error)
    assert "stg_marketo__leads" in str(result.error)
    assert extraction.log("marketo", "leads") == []


def test_more_fields_than_fit_an_address_are_asked_for_in_parts() -> None:
    names = [f"ownField{number:04d}" for number in range(1_000)]
    parts = in_parts(names)
    assert max(len(part) for part in parts) <= 5_000
    assert ",".join(parts).split(",") == names


def test_what_marketo_wants_in_an_address_is_in_no_log(
    app: App, vendors: Vendors, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    source = registry.source("marketo")
    with source.open(app.settings.http, app.clock) as client:
        for page in source.streams[0].read(Reading(client, None, app.clock, list, print)):
            assert page.records
    assert "/identity/oauth/token" in caplog.text
    assert vendors.settings()["REVOPS_MARKETO__CLIENT_SECRET"] not in caplog.text


def test_an_extract_gives_its_job_before_anything_else(app: App, vendors: Vendors) -> None:
    from connectors.marketo.export import Extract

    window = {"startAt": "2026-11-01T00:00:00Z", "endAt": "2026-11-20T00:00:00Z"}
    body = {"fields": ["id"], "format": "CSV", "filter": {"createdAt": window}}
    with registry.source("marketo").open(app.settings.http, app.clock) as client:
        reading = read_extract(client, Extract(LEADS, body), {})  # type: ignore[arg-type]
        rows, job = next(reading)
        assert (rows, job["offset"]) == ([], 0)
        assert asked(vendors, f"{LEADS}/{{record_id}}/enqueue.json") == 0
        *_, (rows, last) = reading
        assert (bool(rows), last) == (True, {})
