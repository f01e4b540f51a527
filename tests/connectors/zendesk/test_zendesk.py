from __future__ import annotations

import pytest

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


def test_tickets_that_the_list_no_longer_shows_are_landed(
    extraction: Extraction, vendors: Vendors
) -> None:
    from connectors.core import registry

    extraction.run("zendesk", "tickets")
    source = registry.source("zendesk")
    declared = source.stream("tickets")
    assert declared is not None
    assert declared.count is not None
    with source.open(extraction._app.settings.http, extraction._app.clock) as client:
        listed = declared.count(client)
    assert listed is not None
    assert listed < len(extraction.keys("zendesk", "tickets"))
