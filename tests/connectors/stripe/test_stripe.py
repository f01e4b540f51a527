from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from connectors.stripe import source
from connectors.stripe.changes import LOOK_BACK
from sandbox.store import Change
from tests.connectors.conftest import Extraction
from tests.emulated import Vendors, key_of

DAY = 86_400


def payloads(extraction: Extraction, stream: str) -> dict[str, dict[str, Any]]:
    """The newest landed payload of every key."""
    rows = extraction.rows(f"from raw_stripe.{stream} order by _extracted_at, _run_id")
    return {row["_key"]: json.loads(row["payload"]) for row in rows}


def asked(vendors: Vendors, path: str) -> int:
    lines = vendors.sandbox.requests()
    return sum(x["count"] for x in lines if x["vendor"] == "stripe" and x["path"] == path)


def first(vendors: Vendors, stream: str, **wanted: Any) -> dict[str, Any]:
    return next(
        record
        for record in vendors.records("stripe", stream)
        if all(record[name] == value for name, value in wanted.items())
    )


def test_items_and_lines_behind_the_tenth_are_landed(
    extraction: Extraction, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.stripe.listing.PER_PAGE", 3)
    extraction.run("stripe", "subscriptions", "invoices")
    for stream, name in (("subscriptions", "items"), ("invoices", "lines")):
        landed = payloads(extraction, stream)
        many = [r for r in vendors.records("stripe", stream) if len(r[name]["data"]) > 10]
        assert many, "no record has more rows than are embedded"
        for record in many:
            listed = landed[record["id"]][name]
            assert [row["id"] for row in listed["data"]] == [r["id"] for r in record[name]["data"]]
            assert listed["has_more"] is False


def test_canceled_subscriptions_are_landed_and_are_no_deletions(
    extraction: Extraction, vendors: Vendors
) -> None:
    extraction.run("stripe", "subscriptions")
    canceled = first(vendors, "subscriptions", status="canceled")
    (version,) = (v for v in extraction.log("stripe", "subscriptions") if v[0] == canceled["id"])
    assert version[2] is False


def test_a_record_created_while_pages_are_turned_is_landed_in_the_same_run(
    extraction: Extraction, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    from connectors.stripe import changes, listing

    monkeypatch.setattr(listing, "PER_PAGE", 10)
    turned = listing.pages
    new = vendors.records("stripe", "customers")[0] | {"id": "cus_new", "email": "n@x.example"}

    def busy(*arguments: Any, **named: Any) -> Any:
        for number, page in enumerate(turned(*arguments, **named)):
            if number == 1 and arguments[1] == "/v1/customers":
                created = int(vendors.sandbox.clock.now().timestamp())
                vendors.put("stripe", "customers", new | {"created": created})
            yield page

    monkeypatch.setattr(changes, "pages", busy)
    extraction.run("stripe", "customers")
    assert "cus_new" in extraction.keys("stripe", "customers")


def test_an_object_that_changes_after_its_page_has_one_version_per_run_and_the_next_run_lands_it(
    extraction: Extraction, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    from connectors.stripe import changes, listing

    turned = listing.pages
    old = vendors.records("stripe", "customers")[0]
    later = old | {"email": "later@x.example"}

    def busy(*arguments: Any, **named: Any) -> Any:
        for page in turned(*arguments, **named):
            yield page
            if arguments[1] == "/v1/customers":
                vendors.put("stripe", "customers", later)

    monkeypatch.setattr(changes, "pages", busy)
    extraction.run("stripe", "customers")
    assert extraction.keys("stripe", "customers").count(old["id"]) == 1
    monkeypatch.setattr(changes, "pages", turned)
    assert extraction.run("stripe", "customers")["customers"].landed.versions == 1
    assert payloads(extraction, "customers")[old["id"]]["email"] == "later@x.example"


def test_many_events_about_one_object_fetch_it_once_at_the_pinned_version(
    extraction: Extraction, vendors: Vendors
) -> None:
    extraction.run("stripe", "subscriptions")
    vendors.wait(2 * LOOK_BACK)
    before = asked(vendors, "/v1/subscriptions/{record_id}")
    record = first(vendors, "subscriptions", status="active")
    for quantity in (101, 102, 103):
        rows = [row | {"quantity": quantity} for row in record["items"]["data"]]
        vendors.put("stripe", "subscriptions", record | {"items": record["items"] | {"data": rows}})
        vendors.wait(10)
    assert extraction.run("stripe", "subscriptions")["subscriptions"].landed.versions == 1
    assert asked(vendors, "/v1/subscriptions/{record_id}") == before + 1
    landed = payloads(extraction, "subscriptions")[record["id"]]
    assert landed["items"]["data"][0]["quantity"] == 103
    # The event shows the older shape of the account's version; what is landed is the present one.
    told = vendors.sandbox.vendors["stripe"].tables["events"]
    shown = [e["data"]["object"] for e in told if e["data"]["object"]["id"] == record["id"]][-1]
    assert "current_period_end" in shown
    assert "current_period_end" not in landed
    assert landed["items"]["data"][0]["current_period_end"]


def test_a_change_that_is_taken_back_is_landed_again(
    extraction: Extraction, vendors: Vendors
) -> None:
    record = first(vendors, "subscriptions", status="active")
    extraction.run("stripe", "subscriptions")
    for state in (record | {"cancel_at_period_end": True, "canceled_at": 1}, record):
        vendors.put("stripe", "subscriptions", state)
        vendors.wait(60)
        assert extraction.run("stripe", "subscriptions")["subscriptions"].landed.versions == 1
    assert payloads(extraction, "subscriptions")[record["id"]]["canceled_at"] is None


def test_an_event_that_shows_up_late_is_found_by_the_look_back(
    extraction: Extraction, vendors: Vendors
) -> None:
    extraction.run("stripe", "products")
    vendors.wait(LOOK_BACK)
    extraction.run("stripe", "products")
    stripe = vendors.sandbox.vendors["stripe"]
    product = vendors.records("stripe", "products")[0]
    vendors.put("stripe", "products", product | {"name": "Renamed"})
    told = next(e for e in stripe.tables["events"] if e["data"]["object"]["id"] == product["id"])
    late = told | {"created": told["created"] - LOOK_BACK // 2}
    stripe.apply([Change("stripe", "events", late)])
    vendors.wait(60)
    assert extraction.run("stripe", "products")["products"].landed.versions == 1


def test_a_cursor_older_than_events_are_kept_reads_everything_again_and_says_so(
    extraction: Extraction, vendors: Vendors
) -> None:
    extraction.run("stripe", "customers")
    record = vendors.records("stripe", "customers")[0]
    vendors.put("stripe", "customers", record | {"email": "moved@x.example"})
    gone = vendors.records("stripe", "customers")[1]
    stripe = vendors.sandbox.vendors["stripe"]
    vendors.put("stripe", "customers", stripe.deleted("customers", gone, stripe.clock.now()))
    vendors.sandbox.clock.advance(timedelta(days=31))
    result = extraction.run("stripe", "customers")["customers"]
    assert any("30 days" in notice for notice in result.notices)
    assert payloads(extraction, "customers")[record["id"]]["email"] == "moved@x.example"
    # No event tells of the deletion any more: the ids do.
    assert result.landed.deletions == 1


def test_a_row_that_a_page_was_to_begin_behind_may_be_deleted_meanwhile(
    extraction: Extraction, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.connectors.test_extraction import stopped_after

    monkeypatch.setattr("connectors.stripe.listing.PER_PAGE", 10)
    monkeypatch.setattr("connectors.core.lander.SEGMENT_RECORDS", 1)
    assert extraction.run("stripe", "customers", change=stopped_after(2))
    cursor = extraction.cursor("stripe", "customers")
    assert cursor is not None
    stripe = vendors.sandbox.vendors["stripe"]
    gone = next(r for r in vendors.records("stripe", "customers") if r["id"] == cursor["after"])
    vendors.put("stripe", "customers", stripe.deleted("customers", gone, stripe.clock.now()))
    result = extraction.run("stripe", "customers")["customers"]
    assert (result.status, result.landed.deletions) == ("done", 1)
    landed = set(extraction.keys("stripe", "customers"))
    assert landed == {key_of(record) for record in vendors.records("stripe", "customers")}


def test_a_run_that_brings_nothing_but_a_deletion_is_no_change_of_fields(
    extraction: Extraction, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Pages of two, so that enough samples are taken to know the fields.
    monkeypatch.setattr("connectors.stripe.listing.PER_PAGE", 2)
    extraction.run("stripe", "customers")
    vendors.wait(2 * LOOK_BACK)
    stripe = vendors.sandbox.vendors["stripe"]
    gone = vendors.records("stripe", "customers")[3]
    vendors.put("stripe", "customers", stripe.deleted("customers", gone, stripe.clock.now()))
    result = extraction.run("stripe", "customers")["customers"]
    assert (result.status, result.error, result.landed.deletions) == ("done", None, 1)


def test_a_missing_permission_is_named(extraction: Extraction, vendors: Vendors) -> None:
    stripe = vendors.sandbox.vendors["stripe"]
    stripe.credentials = {**stripe.credentials, "permissions": ["rak_event_read"]}
    result = extraction.run("stripe", "products")["products"]
    assert result.exit_code == 2
    assert "rak_product_read" in str(result.error)


def test_a_locked_object_is_asked_for_again() -> None:
    import httpx

    locked = httpx.Response(400, headers={"Stripe-Should-Retry": "true"})
    assert source._classify(locked) == "retry"
    assert source._classify(httpx.Response(409)) == "retry"
    assert source._classify(httpx.Response(400)) is None


def test_no_more_types_are_asked_for_than_stripe_takes_and_all_of_them_exist() -> None:
    stripe = pytest.importorskip("stripe")
    from typing import get_args, get_type_hints

    known: set[str] = set()
    hint = get_type_hints(stripe.Event)["type"]
    for part in (hint, *get_args(hint)):
        known |= {one for one in get_args(part) if isinstance(one, str)}
    kinds = (
        source.CUSTOMERS,
        source.PRODUCTS,
        source.PRICES,
        source.COUPONS,
        source.PROMOTION_CODES,
        source.SUBSCRIPTIONS,
        source.INVOICES,
        source.CREDIT_NOTES,
    )
    for types in (source.HISTORY, *(one.types for one in kinds)):
        assert len(types) <= 20
        assert set(types) <= known


def test_the_version_is_the_one_of_the_client_that_others_wrote() -> None:
    stripe = pytest.importorskip("stripe")
    assert stripe.api_version == source.API_VERSION
