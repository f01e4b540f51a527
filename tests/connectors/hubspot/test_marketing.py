"""Lists, forms, submissions and e-mail events: what has no stamp, and offsets that end."""

from __future__ import annotations

import json

import pytest

from tests.connectors.conftest import Extraction
from tests.connectors.hubspot.portal import call
from tests.emulated import Vendors

DAY = 24 * 3_600


def put(vendors: Vendors, kind: str, key: str, **changes: object) -> None:
    table = vendors.sandbox.vendors["hubspot"].tables[kind]
    record = table.get(key)
    assert record is not None
    table.put({**record, **changes})


def test_who_left_a_list_is_landed_as_deleted_on_the_next_day(
    extraction: Extraction, vendors: Vendors
) -> None:
    extraction.run("hubspot", "lists", "list_memberships")
    keys = extraction.keys("hubspot", "list_memberships")
    record_id = next(key for key in keys if key.startswith("2/")).partition("/")[2]
    call(vendors, "PUT", "/crm/v3/lists/2/memberships/remove", [record_id])
    vendors.wait(DAY)
    result = extraction.run("hubspot", "list_memberships")["list_memberships"]
    assert (result.landed.versions, result.landed.deletions) == (1, 1)


def test_a_list_that_was_deleted_takes_its_members_along(
    extraction: Extraction, vendors: Vendors
) -> None:
    extraction.run("hubspot", "lists", "list_memberships")
    members = [k for k in extraction.keys("hubspot", "list_memberships") if k.startswith("1/")]
    call(vendors, "DELETE", "/crm/v3/lists/1")
    vendors.wait(DAY)
    results = extraction.run("hubspot", "lists", "list_memberships")
    assert results["lists"].landed.deletions == 1
    assert results["list_memberships"].landed.deletions == len(members) > 1


def test_a_submission_that_arrives_late_is_found_by_looking_back(
    extraction: Extraction, vendors: Vendors
) -> None:
    extraction.run("hubspot", "form_submissions")
    key = extraction.keys("hubspot", "form_submissions")[0]
    now = int(vendors.sandbox.clock.now().timestamp() * 1_000)
    table = vendors.sandbox.vendors["hubspot"].tables["form_submissions"]
    held = table.get(key)
    assert held is not None
    vendors.wait(3_600)
    table.put({**held, "conversionId": "late", "submittedAt": now - 3_600_000})
    result = extraction.run("hubspot", "form_submissions")["form_submissions"]
    assert result.landed.versions == 1
    assert "late" in extraction.keys("hubspot", "form_submissions")


def test_submissions_are_read_back_to_where_the_last_reading_began_and_no_further(
    extraction: Extraction, vendors: Vendors
) -> None:
    first = extraction.run("hubspot", "form_submissions")["form_submissions"]
    vendors.wait(2 * DAY)
    extraction.run("hubspot", "form_submissions")
    pages = 1
    again = extraction.run("hubspot", "form_submissions")["form_submissions"]
    forms = len({json.loads(v[3])["formId"] for v in extraction.log("hubspot", "form_submissions")})
    assert first.read > 30
    assert again.read <= forms * pages * 50
    assert again.landed.versions == 0


def test_a_submission_that_was_erased_is_landed_as_deleted(
    extraction: Extraction, vendors: Vendors
) -> None:
    extraction.run("hubspot", "form_submissions")
    key = extraction.keys("hubspot", "form_submissions")[0]
    put(vendors, "form_submissions", key, archived=True)
    vendors.wait(8 * DAY)
    result = extraction.run("hubspot", "form_submissions")["form_submissions"]
    assert result.landed.deletions == 1


def test_an_event_that_arrives_late_is_found_by_looking_back(
    extraction: Extraction, vendors: Vendors
) -> None:
    extraction.run("hubspot", "email_events")
    now = int(vendors.sandbox.clock.now().timestamp() * 1_000)
    table = vendors.sandbox.vendors["hubspot"].tables["email_events"]
    table.put({**next(iter(table)), "id": "late", "created": now - 3 * 3_600_000})
    vendors.wait(60)
    assert extraction.run("hubspot", "email_events")["email_events"].landed.versions == 1


def test_an_offset_that_is_no_longer_taken_reads_the_window_again_and_says_so(
    extraction: Extraction, vendors: Vendors
) -> None:
    extraction.run("hubspot", "email_events")
    log = extraction.log("hubspot", "email_events")
    until = int(vendors.sandbox.clock.now().timestamp() * 1_000)
    cursor = json.dumps({"since": 0, "until": until, "offset": "Egone!"})
    extraction.rows(
        f"update raw_hubspot._cursors set cursor = '{cursor}' where stream = 'email_events'"
        " returning 1"
    )
    result = extraction.run("hubspot", "email_events")["email_events"]
    assert result.status == "done"
    assert any("no longer taken" in notice for notice in result.notices)
    assert result.read >= len(log)
    assert extraction.log("hubspot", "email_events") == log


def test_an_offset_given_twice_stops_the_stream(
    extraction: Extraction, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.hubspot.marketing.EVENTS_LIMIT", 40)
    vendors.fault(
        {
            "vendor": "hubspot",
            "path": "/email/public/v1/events",
            "kind": "repeat_page",
            "skip": 2,
            "times": None,
        }
    )
    result = extraction.run("hubspot", "email_events")["email_events"]
    assert result.exit_code == 5
    assert "same page of events twice" in str(result.error)
