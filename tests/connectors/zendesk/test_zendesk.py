"""Zendesk's exports: boundaries, crowded seconds, late and archived records, deletions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from connectors.core import registry
from connectors.core.http import ToolClient
from connectors.zendesk import counts
from sandbox.instants import zendesk_instant
from tests.connectors.conftest import Extraction
from tests.emulated import Vendors, key_of


def test_the_boundary_second_comes_again_and_is_landed_once(
    extraction: Extraction, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.zendesk.exports.PER_PAGE", 5)
    result = extraction.run("zendesk", "organizations")["organizations"]
    count = len(vendors.records("zendesk", "organizations"))
    assert result.read > count
    assert result.landed.versions == count
    again = extraction.run("zendesk", "organizations")["organizations"]
    assert again.read >= 1
    assert again.landed.versions == 0


def test_more_organizations_in_one_second_than_fit_a_page_are_all_landed(
    extraction: Extraction, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.zendesk.exports.PER_PAGE", 5)
    at = vendors.sandbox.clock.now()
    owner = vendors.sandbox.vendors["zendesk"]
    records = vendors.records("zendesk", "organizations")
    for record in records:
        stamped = owner.stamped("organizations", record, at, new=False)
        vendors.put("zendesk", "organizations", stamped)
    vendors.wait(3_600)
    assert extraction.run("zendesk", "organizations")["organizations"].status == "done"
    assert extraction.keys("zendesk", "organizations") == sorted(key_of(r) for r in records)


@pytest.mark.parametrize("stream", ["organizations", "users", "tickets"])
def test_the_last_minute_is_left_to_the_next_run(
    extraction: Extraction, vendors: Vendors, stream: str
) -> None:
    extraction.run("zendesk", stream)
    now = vendors.sandbox.clock.now()
    record = vendors.records("zendesk", stream)[0]
    owner = vendors.sandbox.vendors["zendesk"]
    vendors.put("zendesk", stream, owner.stamped(stream, record, now, new=False))
    vendors.wait(30)
    assert extraction.run("zendesk", stream)[stream].landed.versions == 0
    vendors.wait(60)
    assert extraction.run("zendesk", stream)[stream].landed.versions == 1


def test_a_system_change_that_moves_only_the_generated_timestamp_is_landed(
    extraction: Extraction, vendors: Vendors
) -> None:
    extraction.run("zendesk", "tickets")
    now = vendors.sandbox.clock.now()
    ticket = vendors.records("zendesk", "tickets")[0]
    changed = ticket | {"priority": "urgent", "generated_timestamp": int(now.timestamp())}
    assert changed["updated_at"] != zendesk_instant(now)
    vendors.put("zendesk", "tickets", changed)
    vendors.wait(120)
    assert extraction.run("zendesk", "tickets")["tickets"].landed.versions == 1


def test_a_deleted_organization_is_landed_as_deleted(
    extraction: Extraction, vendors: Vendors
) -> None:
    extraction.run("zendesk", "organizations")
    record = vendors.records("zendesk", "organizations")[0]
    owner = vendors.sandbox.vendors["zendesk"]
    gone = owner.deleted("organizations", record, vendors.sandbox.clock.now())
    vendors.put("zendesk", "organizations", gone)
    vendors.wait(120)
    result = extraction.run("zendesk", "organizations")["organizations"]
    assert (result.landed.versions, result.landed.deletions) == (1, 1)


def test_a_second_that_the_vendor_cannot_get_past_stops_the_stream(
    extraction: Extraction, vendors: Vendors
) -> None:
    path = "*/incremental/ticket_events.json"
    vendors.fault({"vendor": "zendesk", "path": path, "kind": "stuck_second", "times": None})
    before = vendors.requests("zendesk")
    result = extraction.run("zendesk", "ticket_events")["ticket_events"]
    assert (result.status, result.exit_code) == ("failed", 5)
    assert "same time twice" in str(result.error)
    assert vendors.requests("zendesk") - before <= 2


def test_an_event_that_was_written_down_late_is_landed(
    extraction: Extraction, vendors: Vendors
) -> None:
    extraction.run("zendesk", "ticket_events")
    events = vendors.records("zendesk", "ticket_events")
    last = max(events, key=lambda event: int(event["timestamp"]))
    late = last | {"id": last["id"] + 1_000_000, "timestamp": last["timestamp"] - 300}
    vendors.put("zendesk", "ticket_events", late)
    assert extraction.run("zendesk", "ticket_events")["ticket_events"].landed.versions == 1
    assert str(late["id"]) in extraction.keys("zendesk", "ticket_events")


def test_archived_tickets_are_landed_and_counted_though_the_list_shows_them_no_more(
    extraction: Extraction, vendors: Vendors
) -> None:
    extraction.run("zendesk", "tickets")
    landed = len(extraction.keys("zendesk", "tickets"))
    with opened(extraction) as client:
        listed = client.get("/api/v2/tickets/count.json").value("count")["value"]
        assert listed < landed
        assert counts.tickets(client) == landed


def test_a_deleted_ticket_leaves_the_count_and_a_scrubbed_one_is_no_reject(
    extraction: Extraction, vendors: Vendors
) -> None:
    extraction.run("zendesk", "tickets")
    owner, ticket = vendors.sandbox.vendors["zendesk"], vendors.records("zendesk", "tickets")[0]
    gone = owner.deleted("tickets", ticket, vendors.sandbox.clock.now())
    nobody = dict.fromkeys(("requester_id", "submitter_id", "assignee_id", "organization_id"))
    vendors.put("zendesk", "tickets", gone | nobody | {"subject": "SCRUBBED"})
    vendors.wait(120)
    landed = extraction.run("zendesk", "tickets")["tickets"].landed
    assert (landed.versions, landed.deletions, landed.rejects) == (1, 1, 0)
    with opened(extraction) as client:
        assert counts.tickets(client) == len(vendors.records("zendesk", "tickets")) - 1


def test_tickets_come_with_their_metrics_and_custom_fields(
    extraction: Extraction, vendors: Vendors
) -> None:
    extraction.run("zendesk", "tickets")
    found = {
        key: json.loads(payload) for key, _, _, payload in extraction.log("zendesk", "tickets")
    }
    assert all(ticket["metric_set"]["ticket_id"] == int(key) for key, ticket in found.items())
    assert any(value["value"] for ticket in found.values() for value in ticket["custom_fields"])
    assert any("closed_by_merge" in ticket["tags"] for ticket in found.values())


def test_tickets_that_a_machine_answered_are_landed_with_their_events(
    extraction: Extraction, vendors: Vendors
) -> None:
    details = vendors.sandbox.vendors["zendesk"].tables["ticket_details"]
    known = details.get("1")
    assert known is not None
    details.put(known | {"support_type": "ai_agent"})
    extraction.run("zendesk", "tickets", "ticket_events")
    assert "1" in extraction.keys("zendesk", "tickets")
    events = [json.loads(version[3]) for version in extraction.log("zendesk", "ticket_events")]
    assert any(event["ticket_id"] == 1 for event in events)


def test_comments_are_landed_whole_with_the_update_that_they_came_in(
    extraction: Extraction, vendors: Vendors
) -> None:
    extraction.run("zendesk", "ticket_events")
    children = [
        child
        for version in extraction.log("zendesk", "ticket_events")
        for child in json.loads(version[3])["child_events"]
    ]
    comments = [child for child in children if child["event_type"] == "Comment"]
    assert all(child["body"] and child["author_id"] for child in comments)
    assert {child["public"] for child in comments} == {True, False}
    assert any(not child["body"].isascii() for child in comments)


def test_the_events_of_a_day_are_landed_once_it_has_passed(
    extraction: Extraction, vendors: Vendors
) -> None:
    extraction.run("zendesk", "ticket_events")
    vendors.advance()
    assert extraction.run("zendesk", "ticket_events")["ticket_events"].landed.versions == 4


@contextmanager
def opened(extraction: Extraction) -> Iterator[ToolClient]:
    source = registry.source("zendesk")
    with source.open(extraction._app.settings.http, extraction._app.clock) as client:
        assert isinstance(client, ToolClient)
        yield client
