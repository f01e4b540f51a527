from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.conftest import Extraction
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


def test_a_row_that_commits_later_than_its_stamp_is_found_by_looking_back(
    extraction: Extraction, vendors: Vendors
) -> None:
    late = vendors.sandbox.clock.now()
    vendors.wait(60)
    extraction.run("salesforce", "accounts")
    record = vendors.records("salesforce", "accounts")[0]
    owner = vendors.sandbox.vendors["salesforce"]
    vendors.put("salesforce", "accounts", owner.stamped("Account", record, late, new=False))
    vendors.wait(60)
    assert extraction.run("salesforce", "accounts")["accounts"].landed.versions == 1


def test_merge_losers_and_deleted_rows_are_landed_as_deleted(
    extraction: Extraction, vendors: Vendors
) -> None:
    extraction.run("salesforce", "accounts")
    deleted = {key for key, _, deleted, _ in extraction.log("salesforce", "accounts") if deleted}
    gone = {key_of(r) for r in vendors.records("salesforce", "accounts") if r["IsDeleted"]}
    assert deleted == gone
