"""Associations: changes that move no stamp, labels, long lists, records that are gone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.connectors.conftest import Extraction
from tests.connectors.hubspot.emulation import OBJECTS as KINDS
from tests.connectors.hubspot.portal import call, calls_to
from tests.emulated import Vendors, key_of

OBJECTS = "/crm/v4/objects"
DAY = 24 * 3_600


@pytest.fixture
def landed(extraction: Extraction) -> Extraction:
    """Everything that associations start from, and the associations, as of the first day."""
    results = extraction.run("hubspot", *KINDS, "associations")
    assert {one.status for one in results.values()} == {"done"}
    return extraction


def current(extraction: Extraction, key: str) -> dict[int, list[str | None]] | None:
    """Other record -> labels, None for a deletion."""
    (row,) = extraction.rows(
        f"select _deleted, payload from raw_hubspot.associations where _key = '{key}'"
        " order by _extracted_at desc, _run_id desc limit 1"
    )
    if row["_deleted"]:
        return None
    to = json.loads(row["payload"])["to"]
    return {one["toObjectId"]: [t["label"] for t in one["associationTypes"]] for one in to}


def pair_without(vendors: Vendors) -> tuple[str, str]:
    """A deal and a contact that have nothing to do with each other."""
    held = vendors.sandbox.records("hubspot", "associations").splitlines()
    taken = {record["id"] for record in map(json.loads, held)}
    deal = next(
        key_of(r) for r in vendors.records("hubspot", "deals") if f"deals/{key_of(r)}" not in taken
    )
    return deal, key_of(vendors.records("hubspot", "contacts")[0])


def modified(vendors: Vendors, kind: str, record_id: str) -> Any:
    found = call(vendors, "GET", f"/crm/v3/objects/{kind}/{record_id}")
    return found["updatedAt"]


def test_an_association_made_without_a_new_stamp_is_found_within_a_day(
    landed: Extraction, vendors: Vendors
) -> None:
    deal, contact = pair_without(vendors)
    vendors.wait(3_600)
    before = modified(vendors, "deals", deal)
    types = [{"associationCategory": "USER_DEFINED", "associationTypeId": 36}]
    call(vendors, "PUT", f"{OBJECTS}/deals/{deal}/associations/contacts/{contact}", types)
    assert modified(vendors, "deals", deal) == before
    assert landed.run("hubspot", "associations")["associations"].landed.versions == 0
    vendors.wait(DAY)
    assert landed.run("hubspot", "associations")["associations"].landed.versions == 1
    key = f"deals/{deal}/contacts"
    assert current(landed, key) == {int(contact): [None, "決裁者"]}


def test_an_association_of_a_record_that_was_changed_since_is_found_at_once(
    landed: Extraction, vendors: Vendors
) -> None:
    deal, contact = pair_without(vendors)
    vendors.wait(3_600)
    call(vendors, "PUT", f"{OBJECTS}/deals/{deal}/associations/contacts/{contact}", [])
    body = {"properties": {"hs_next_step": "見積"}}
    call(vendors, "PATCH", f"/crm/v3/objects/deals/{deal}", body)
    vendors.wait(60)
    before = calls_to(vendors, "/batch/read")
    assert landed.run("hubspot", "associations")["associations"].landed.versions == 1
    assert calls_to(vendors, "/batch/read") - before == 2
    assert current(landed, f"deals/{deal}/contacts") == {int(contact): [None]}


def test_an_association_that_was_removed_shortens_the_list_and_the_last_one_deletes_it(
    landed: Extraction, vendors: Vendors
) -> None:
    deal, contact = pair_without(vendors)
    other = key_of(vendors.records("hubspot", "contacts")[1])
    paths = [f"{OBJECTS}/deals/{deal}/associations/contacts/{one}" for one in (contact, other)]
    seen = []
    for method, path in (
        ("PUT", paths[0]),
        ("PUT", paths[1]),
        ("DELETE", paths[0]),
        ("DELETE", paths[1]),
    ):
        call(vendors, method, path, [])
        vendors.wait(DAY)
        assert landed.run("hubspot", "associations")["associations"].landed.versions == 1
        seen.append(current(landed, f"deals/{deal}/contacts"))
    assert seen == [
        {int(contact): [None]},
        {int(contact): [None], int(other): [None]},
        {int(other): [None]},
        None,
    ]


def test_two_labels_of_one_pair_are_both_there(landed: Extraction) -> None:
    labels = [
        types
        for key, _, _, _ in landed.log("hubspot", "associations")
        if key.startswith("deals/") and key.endswith("/contacts")
        for types in (current(landed, key) or {}).values()
    ]
    assert [None, "決裁者"] in labels


def test_an_association_list_of_several_pages_is_landed_whole(
    landed: Extraction, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.vendors.hubspot.associations.MAX_SHOWN", 2)
    deal, _ = pair_without(vendors)
    contacts = [key_of(r) for r in vendors.records("hubspot", "contacts")[:5]]
    for contact in contacts:
        call(vendors, "PUT", f"{OBJECTS}/deals/{deal}/associations/contacts/{contact}", [])
    vendors.wait(DAY)
    landed.run("hubspot", "associations")
    found = current(landed, f"deals/{deal}/contacts")
    assert found is not None
    assert sorted(found) == sorted(map(int, contacts))


def test_what_a_record_that_is_gone_was_associated_with_is_landed_as_deleted(
    landed: Extraction, vendors: Vendors
) -> None:
    gone = next(
        key.split("/")[1]
        for key in landed.keys("hubspot", "associations")
        if key.startswith("contacts/")
    )
    call(vendors, "POST", "/crm/v3/objects/contacts/gdpr-delete", {"objectId": gone})
    vendors.wait(DAY)
    landed.run("hubspot", "contacts", "associations")
    assert current(landed, f"contacts/{gone}/companies") is None


def test_a_walk_that_is_interrupted_goes_on_where_it_was(
    landed: Extraction, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.hubspot.associations.BATCH", 40)
    monkeypatch.setattr("connectors.core.lander.SEGMENT_RECORDS", 1)
    vendors.wait(DAY)
    path = "*/associations/contacts/*"
    vendors.fault(
        {"vendor": "hubspot", "path": path, "kind": "server_error", "skip": 2, "times": None}
    )
    assert landed.run("hubspot", "associations")["associations"].exit_code == 5
    cursor = landed.cursor("hubspot", "associations")
    assert cursor is not None
    assert cursor["walk"]["place"] == 2
    vendors.fault()
    before = calls_to(vendors, "/contacts/companies/batch/read")
    assert landed.run("hubspot", "associations")["associations"].status == "done"
    count = len(vendors.records("hubspot", "contacts"))
    turned = calls_to(vendors, "/contacts/companies/batch/read") - before
    assert turned == -(-count // 40) - 2
