from __future__ import annotations

import json
from typing import Any

import pytest

from connectors.core import registry
from connectors.core.source import Reading
from orchestration.app import App
from sandbox.store import Change
from tests.connectors.conftest import Extraction
from tests.connectors.salesforce.emulation import org_of
from tests.connectors.test_extraction import stopped_after
from tests.emulated import Vendors, key_of

pytestmark = pytest.mark.usefixtures("small_pages")


def test_pages_that_end_within_a_run_of_equal_stamps_are_resumed_behind_the_last_id(
    extraction: Extraction, vendors: Vendors
) -> None:
    at = vendors.sandbox.clock.now()
    owner = vendors.sandbox.vendors["salesforce"]
    records = vendors.records("salesforce", "contacts")
    for record in records:
        vendors.put("salesforce", "contacts", owner.stamped("Contact", record, at, new=False))
    vendors.wait(3_600)
    for _ in range(len(records) // 40):
        result = extraction.run("salesforce", "contacts", change=stopped_after(1))["contacts"]
        assert (result.status, result.landed.versions) == ("failed", 40)
    assert extraction.run("salesforce", "contacts")["contacts"].status == "done"
    assert extraction.keys("salesforce", "contacts") == sorted(key_of(r) for r in records)


def test_a_locator_that_expired_is_no_loss(
    extraction: Extraction, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sandbox.vendors.salesforce.api import Salesforce

    page = Salesforce._page

    def forgetful(self: Salesforce, root: str, locator: str, start: int) -> Any:
        answer = page(self, root, locator, start)
        self.cursors.clear()
        return answer

    monkeypatch.setattr(Salesforce, "_page", forgetful)
    result = extraction.run("salesforce", "opportunities")["opportunities"]
    records = vendors.records("salesforce", "opportunities")
    assert (result.status, result.landed.versions) == ("done", len(records))
    assert extraction.keys("salesforce", "opportunities") == sorted(key_of(r) for r in records)


def test_a_torn_answer_whose_locator_is_spent_by_then_is_no_loss(
    extraction: Extraction, vendors: Vendors
) -> None:
    vendors.fault(
        {
            "vendor": "salesforce",
            "path": "*/query/*",
            "kind": "truncate",
            "skip": 2,
            "times": 2,
        }
    )
    result = extraction.run("salesforce", "opportunities")["opportunities"]
    records = vendors.records("salesforce", "opportunities")
    assert (result.status, result.error) == ("done", None)
    assert extraction.keys("salesforce", "opportunities") == sorted(key_of(r) for r in records)


def test_a_row_that_commits_later_than_its_stamp_is_found_by_looking_back(
    extraction: Extraction, vendors: Vendors
) -> None:
    extraction.run("salesforce", "accounts")
    vendors.wait(3_600)
    record = vendors.records("salesforce", "accounts")[0]
    owner, now = vendors.sandbox.vendors["salesforce"], vendors.sandbox.clock.now()
    made = owner.stamped("Account", record | {"Id": "0015g0000000LATEAA"}, now, new=True)
    vendors.put("salesforce", "accounts", made)
    vendors.wait(120)
    vendors.fault({"vendor": "salesforce", "path": "*/queryAll", "kind": "late_commit"})
    assert extraction.run("salesforce", "accounts")["accounts"].landed.versions == 0
    vendors.wait(660)
    assert extraction.run("salesforce", "accounts")["accounts"].landed.versions == 1


def test_a_session_that_ends_in_the_middle_is_renewed_once(
    extraction: Extraction, vendors: Vendors
) -> None:
    path = {"vendor": "salesforce", "path": "*/query/*", "kind": "expire_token"}
    vendors.fault(path)
    result = extraction.run("salesforce", "opportunities")["opportunities"]
    assert (result.status, result.error) == ("done", None)
    counted = vendors.sandbox.requests()
    asked = {(one["path"], one["status"]): one["count"] for one in counted}
    assert asked["/services/oauth2/token", 200] == 2
    assert sum(count for (_, status), count in asked.items() if status == 401) == 1


def test_hard_deleted_rows_are_missing_from_the_list_of_live_ids(
    extraction: Extraction, vendors: Vendors, app: App
) -> None:
    extraction.run("salesforce", "contacts")
    landed = extraction.keys("salesforce", "contacts")
    owner = vendors.sandbox.vendors["salesforce"]
    victim = vendors.records("salesforce", "contacts")[7]
    at = vendors.sandbox.clock.now()
    vendors.put("salesforce", "contacts", owner.deleted("Contact", victim, at))
    vendors.wait(16 * 86_400)
    (declared,) = [s for s in registry.source("salesforce").streams if s.name == "contacts"]
    assert declared.ids is not None
    with registry.source("salesforce").open(app.settings.http, app.clock) as client:
        reading = Reading(client, None, app.clock, lambda _: [], lambda _: None)
        pages = list(declared.ids(reading))
        assert declared.count is not None
        assert declared.count(client) == len(landed) - 1
    assert len(pages) > 1
    assert sorted(one for page in pages for one in page) == sorted({*landed} - {key_of(victim)})


def test_archived_activities_are_landed_and_counted(
    extraction: Extraction, vendors: Vendors, app: App
) -> None:
    archived = [r for r in vendors.records("salesforce", "tasks") if r["IsArchived"]]
    assert archived, "no task is old enough: the test would prove nothing"
    extraction.run("salesforce", "tasks")
    assert {key_of(r) for r in archived} <= set(extraction.keys("salesforce", "tasks"))
    declared = registry.source("salesforce").stream("tasks")
    assert declared is not None
    assert declared.count is not None
    with registry.source("salesforce").open(app.settings.http, app.clock) as client:
        assert declared.count(client) == len(vendors.records("salesforce", "tasks"))


def test_an_id_of_15_characters_is_set_aside_instead_of_landing_as_another_record(
    extraction: Extraction, vendors: Vendors
) -> None:
    record = vendors.records("salesforce", "users")[0]
    short = {"vendor": "salesforce", "path": "*/queryAll", "kind": "bad_record", "field": "Id"}
    vendors.fault(short | {"value": record["Id"][:15]})
    result = extraction.run("salesforce", "users")["users"]
    assert (result.status, result.landed.rejects) == ("done", 1)
    assert all(len(key) == 18 for key in extraction.keys("salesforce", "users"))


def test_history_rows_of_a_deleted_opportunity_arrive_though_their_stamp_stays(
    extraction: Extraction, vendors: Vendors
) -> None:
    streams = ("opportunities", "opportunity_histories", "opportunity_field_histories")
    extraction.run("salesforce", *streams)
    vendors.wait(86_400)
    victim = vendors.records("salesforce", "opportunities")[0]
    owner, at = vendors.sandbox.vendors["salesforce"], vendors.sandbox.clock.now()
    gone = owner.deleted("Opportunity", victim, at)
    owner.apply([Change("salesforce", "Opportunity", gone)])
    vendors.wait(3_600)
    results = extraction.run("salesforce", *streams)
    for stream in streams[1:]:
        own = [
            r for r in vendors.records("salesforce", stream) if r["OpportunityId"] == victim["Id"]
        ]
        assert results[stream].landed.deletions == len(own) > 0


def test_an_org_with_one_currency_is_told_so_and_everything_else_is_read(
    extraction: Extraction, vendors: Vendors
) -> None:
    org = org_of(vendors)
    for kind in ("CurrencyType", "DatedConversionRate"):
        del org.fields[kind]
    for fields in org.fields.values():
        fields.pop("CurrencyIsoCode", None)
    results = extraction.run("salesforce", "opportunities", "currencies", "conversion_rates")
    assert [one.status for one in results.values()] == ["done"] * 3
    assert "no CurrencyType" in results["currencies"].notices[0]
    payloads = [json.loads(one[3]) for one in extraction.log("salesforce", "opportunities")]
    assert payloads
    assert not any("CurrencyIsoCode" in one for one in payloads)


def test_merge_losers_and_deleted_rows_are_landed_as_deleted(
    extraction: Extraction, vendors: Vendors
) -> None:
    extraction.run("salesforce", "accounts")
    deleted = {key for key, _, deleted, _ in extraction.log("salesforce", "accounts") if deleted}
    gone = {key_of(r) for r in vendors.records("salesforce", "accounts") if r["IsDeleted"]}
    assert deleted == gone
