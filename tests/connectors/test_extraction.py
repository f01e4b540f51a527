"""Every connector against the emulated vendor: all of it, then only what changed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from connectors.core.http import ToolClient
from connectors.core.source import Page, Stream
from tests.connectors.conftest import (
    Extraction,
    MakeExtraction,
    outcome,
    streams_of_every_source,
)
from tests.emulated import Vendors, key_of
from warehouse.errors import Unavailable
from warehouse.landing import Cursor

every_stream = pytest.mark.parametrize(("vendor", "stream"), streams_of_every_source())
every_vendor = pytest.mark.parametrize("vendor", ["hubspot", "salesforce", "zendesk"])


@pytest.mark.usefixtures("small_pages")
@every_stream
def test_a_full_read_lands_exactly_what_the_vendor_has(
    extraction: Extraction, vendors: Vendors, vendor: str, stream: str
) -> None:
    result = extraction.run(vendor, stream)[stream]
    assert (result.status, result.exit_code, result.landed.rejects) == ("done", 0, 0)
    records = vendors.records(vendor, stream)
    assert extraction.keys(vendor, stream) == sorted(key_of(record) for record in records)
    assert result.landed.versions == len(records)
    assert extraction.run(vendor, stream)[stream].landed.versions == 0


@pytest.mark.usefixtures("small_pages")
@every_vendor
def test_a_day_later_exactly_what_changed_is_landed(
    extraction: Extraction, vendors: Vendors, vendor: str
) -> None:
    before = {name: vendors.records(vendor, name) for name in extraction.run(vendor)}
    day = vendors.advance()
    assert day["deleted"] == 1
    results = extraction.run(vendor)
    assert all(status == "done" for status, _, _ in outcome(results))
    for name, old in before.items():
        new = vendors.records(vendor, name)
        known = [json.dumps(record) for record in old]
        changed = Counter(key_of(record) for record in new if json.dumps(record) not in known)
        landed = Counter(extraction.keys(vendor, name))
        landed.subtract(key_of(record) for record in old)
        assert +landed == changed, name
        assert results[name].landed.versions == changed.total()
    deletions = sum(result.landed.deletions for result in results.values())
    assert deletions == (1 if vendor == "salesforce" else 0)


def test_a_deletion_arrives_from_every_vendor(extraction: Extraction, vendors: Vendors) -> None:
    gone: dict[tuple[str, str], str] = {}
    wanted = [("hubspot", "deals"), ("hubspot", "contacts"), ("hubspot", "owners")]
    wanted += [("salesforce", "accounts"), ("zendesk", "tickets"), ("zendesk", "users")]
    for vendor in ("hubspot", "salesforce", "zendesk"):
        extraction.run(vendor)
    vendors.wait(3_600)
    for vendor, stream in wanted:
        live = [r for r in vendors.records(vendor, stream) if not is_deleted(r)]
        owner = vendors.sandbox.vendors[vendor]
        vendors.put(vendor, stream, owner.deleted(stream, live[0], vendors.sandbox.clock.now()))
        gone[vendor, stream] = key_of(live[0])
    vendors.wait(3_600)
    for vendor in ("hubspot", "salesforce", "zendesk"):
        extraction.run(vendor)
    for (vendor, stream), key in gone.items():
        states = [deleted for k, _, deleted, _ in extraction.log(vendor, stream) if k == key]
        assert sorted(states) == [False, True], (vendor, stream)


def is_deleted(record: dict[str, object]) -> bool:
    return bool(
        record.get("archived")
        or record.get("IsDeleted")
        or record.get("status") == "deleted"
        or record.get("active") is False
    )


def stopped_after(pages: int) -> Callable[[Stream], Stream]:
    """The stream as it is when its vendor goes away after so many pages."""

    def change(stream: Stream) -> Stream:
        def read(client: ToolClient, cursor: Cursor | None) -> Iterator[Page]:
            for number, page in enumerate(stream.read(client, cursor), 1):
                yield page
                if number == pages:
                    raise Unavailable("the vendor went away")

        return replace(stream, read=read)

    return change


# One stream for each way of reading; the other streams are read the same way.
_WAYS = {
    ("hubspot", "companies"),
    ("hubspot", "owners"),
    ("salesforce", "accounts"),
    ("zendesk", "organizations"),
    ("zendesk", "users"),
}


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize(
    ("vendor", "stream"),
    [
        pytest.param(*one, marks=[] if one in _WAYS else pytest.mark.slow)
        for one in streams_of_every_source()
    ],
)
def test_an_interruption_after_any_page_changes_nothing_in_the_end(
    new_extraction: MakeExtraction, vendors: Vendors, vendor: str, stream: str
) -> None:
    whole = new_extraction()
    whole.run(vendor, stream)
    interrupted = 0
    for pages in range(1, 100):
        broken = new_extraction()
        result = broken.run(vendor, stream, change=stopped_after(pages))[stream]
        if result.status == "done":
            break
        interrupted += 1
        assert result.exit_code == 5
        assert len(broken.log(vendor, stream)) == result.landed.versions > 0
        assert broken.run(vendor, stream)[stream].status == "done"
        assert broken.log(vendor, stream) == whole.log(vendor, stream)
        assert broken.cursor(vendor, stream) == whole.cursor(vendor, stream)
    assert interrupted == result_pages(whole, vendor, stream, vendors)


def result_pages(whole: Extraction, vendor: str, stream: str, vendors: Vendors) -> int:
    """How many pages an uninterrupted run from the start turns."""
    whole.rows(f"delete from raw_{vendor}._cursors where stream = '{stream}' returning 1")
    turned = 0

    def counted(one: Stream) -> Stream:
        def read(client: ToolClient, cursor: Cursor | None) -> Iterator[Page]:
            nonlocal turned
            for page in one.read(client, cursor):
                turned += 1
                yield page

        return replace(one, read=read)

    whole.run(vendor, stream, change=counted)
    return turned


@every_vendor
def test_a_record_that_breaks_its_contract_is_set_aside_and_the_rest_lands(
    extraction: Extraction, vendors: Vendors, vendor: str
) -> None:
    stream, path, field = {
        "hubspot": ("deals", "/crm/v3/objects/deals", "properties.amount"),
        "salesforce": ("opportunities", "*/queryAll", "SystemModstamp"),
        "zendesk": ("tickets", "*/tickets/cursor.json", "created_at"),
    }[vendor]
    vendors.fault(
        {
            "vendor": vendor,
            "path": path,
            "kind": "bad_record",
            "field": field,
            "value": "a secret amount",
            "record": 2,
        }
    )
    records = vendors.records(vendor, stream)
    result = extraction.run(vendor, stream)[stream]
    assert (result.status, result.landed.rejects) == ("done", 1)
    (reject,) = extraction.rejects(vendor)
    assert reject["stream"] == stream
    assert reject["reason"].startswith(f"{field}: Input should be")
    assert "a secret amount" not in reject["reason"]
    assert "a secret amount" in reject["payload"]
    assert reject["_key"] in {key_of(record) for record in records}
    assert extraction.keys(vendor, stream) == sorted(
        {key_of(record) for record in records} - {reject["_key"]}
    )


@every_vendor
def test_a_field_that_nobody_knows_stays_in_the_payload(
    extraction: Extraction, vendors: Vendors, vendor: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream, path = {
        "hubspot": ("companies", "/crm/v3/objects/companies"),
        "salesforce": ("accounts", "*/queryAll"),
        "zendesk": ("organizations", "*/organizations.json"),
    }[vendor]
    fault = {"vendor": vendor, "path": path, "kind": "bad_record", "field": "brand_new"}
    vendors.fault(fault | {"value": {"名": ["新"]}})
    result = extraction.run(vendor, stream)[stream]
    assert (result.landed.rejects, result.exit_code) == (0, 0)
    found = [json.loads(v[3]) for v in extraction.log(vendor, stream)]
    assert [record["brand_new"] for record in found if "brand_new" in record] == [{"名": ["新"]}]


def test_a_stream_that_fails_does_not_stop_the_others(
    extraction: Extraction, vendors: Vendors
) -> None:
    vendors.fault(
        {"vendor": "hubspot", "path": "*/contacts*", "kind": "server_error", "times": None}
    )
    results = extraction.run("hubspot")
    assert [one.status for one in results.values()] == ["done", "failed", "done", "done"]
    assert extraction.keys("hubspot", "deals")


def test_a_full_refresh_reads_everything_and_lands_nothing_twice(
    extraction: Extraction, vendors: Vendors
) -> None:
    first = extraction.run("zendesk", "users")["users"]
    extraction.rows("delete from raw_zendesk._cursors returning 1")
    again = extraction.run("zendesk", "users")["users"]
    assert (again.read, again.landed.versions) == (first.read, 0)
