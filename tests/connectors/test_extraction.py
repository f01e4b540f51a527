"""Every connector against the emulated vendor: all of it, then only what changed."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from connectors.core import registry
from connectors.core.source import Page, Reading, Stream
from tests.connectors.conftest import (
    Extraction,
    MakeExtraction,
    emulated_streams,
    outcome,
)
from tests.emulated import Vendors, key_of, landed_keys
from tests.emulation import emulations
from warehouse.errors import Unavailable

# A minute together: many pages, each of which is interrupted once.
_LONG = {"opportunity_field_histories", "conversations", "lead_changes"}


def is_quick(vendor: str, stream: str) -> bool:
    """One stream for each way of reading."""
    return stream in emulations()[vendor].ways and stream not in _LONG


every_stream = pytest.mark.parametrize(
    ("vendor", "stream"),
    [
        pytest.param(*one, marks=[] if is_quick(*one) else pytest.mark.slow)
        for one in emulated_streams()
    ],
)
every_vendor = pytest.mark.parametrize("vendor", list(emulations()))


@pytest.mark.usefixtures("small_pages")
@every_stream
def test_a_full_read_lands_exactly_what_the_vendor_has(
    extraction: Extraction, vendors: Vendors, vendor: str, stream: str
) -> None:
    result = extraction.run(vendor, stream)[stream]
    assert (result.status, result.exit_code, result.landed.rejects) == ("done", 0, 0)
    wanted = landed_keys(vendors, vendor, stream)
    assert wanted, "nothing was invented for this stream: the test would prove nothing"
    assert extraction.keys(vendor, stream) == wanted
    assert result.landed.versions == len(wanted)
    assert extraction.run(vendor, stream)[stream].landed.versions == 0


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize(
    "vendor",
    [
        pytest.param(name, marks=[] if name in {"hubspot", "stripe"} else pytest.mark.slow)
        for name in emulations()
    ],
)
def test_a_day_later_exactly_what_changed_is_landed(
    extraction: Extraction, vendors: Vendors, vendor: str
) -> None:
    kinds = emulations()[vendor].kinds
    extraction.run(vendor, *kinds)
    before = {name: vendors.records(vendor, name) for name in kinds}
    vendors.advance()
    results = extraction.run(vendor, *kinds)
    assert all(status == "done" for status, _, _ in outcome(results))
    for name, old in before.items():
        new = vendors.records(vendor, name)
        known = [json.dumps(record) for record in old]
        changed = Counter(key_of(record) for record in new if json.dumps(record) not in known)
        landed = Counter(extraction.keys(vendor, name))
        landed.subtract(key_of(record) for record in old)
        assert +landed == changed, name
        assert results[name].landed.versions == changed.total()


@pytest.mark.parametrize(
    ("vendor", "stream"),
    [(name, stream) for name, one in emulations().items() for stream in one.deletable],
)
def test_a_deletion_arrives(
    extraction: Extraction, vendors: Vendors, vendor: str, stream: str
) -> None:
    extraction.run(vendor, stream)
    vendors.wait(3_600)
    owner, kind = vendors.sandbox.vendors[vendor], emulations()[vendor].kinds[stream]
    declared = registry.source(vendor).stream(stream)
    assert declared is not None
    live = next(
        record
        for record in vendors.records(vendor, stream)
        if not declared.record.model_validate(record).record_deleted()
    )
    vendors.put(vendor, stream, owner.deleted(kind, live, vendors.sandbox.clock.now()))
    vendors.wait(3_600)
    assert extraction.run(vendor, stream)[stream].landed.deletions == 1
    versions = [one for one in extraction.log(vendor, stream) if one[0] == key_of(live)]
    assert sorted(deleted for _, _, deleted, _ in versions) == [False, True]


def stopped_after(pages: int) -> Callable[[Stream], Stream]:
    """The stream as it is when its vendor goes away after so many pages."""

    def change(stream: Stream) -> Stream:
        def read(reading: Reading) -> Iterator[Page]:
            for number, page in enumerate(stream.read(reading), 1):
                yield page
                if number == pages:
                    raise Unavailable("the vendor went away")

        return replace(stream, read=read)

    return change


@pytest.mark.usefixtures("small_pages")
@every_stream
def test_an_interruption_after_any_page_changes_nothing_in_the_end(
    new_extraction: MakeExtraction, vendors: Vendors, vendor: str, stream: str
) -> None:
    whole = new_extraction()
    whole.run(vendor, stream)
    interrupted = landed = 0
    for pages in range(1, 100):
        broken = new_extraction()
        result = broken.run(vendor, stream, change=stopped_after(pages))[stream]
        if result.status == "done":
            break
        interrupted += 1
        assert result.exit_code == 5
        assert len(broken.log(vendor, stream)) == result.landed.versions
        # A page may bring nothing but where to go on, such as a job that has just begun.
        landed += result.landed.versions
        assert broken.run(vendor, stream)[stream].status == "done"
        assert broken.log(vendor, stream) == whole.log(vendor, stream)
        assert broken.cursor(vendor, stream) == whole.cursor(vendor, stream)
    assert interrupted == result_pages(whole, vendor, stream, vendors)
    assert landed or not interrupted, "no interruption came behind a record"


def result_pages(whole: Extraction, vendor: str, stream: str, vendors: Vendors) -> int:
    """How many pages an uninterrupted run from the start turns."""
    whole.rows(f"delete from raw_{vendor}._cursors where stream = '{stream}' returning 1")
    turned = 0

    def counted(one: Stream) -> Stream:
        def read(reading: Reading) -> Iterator[Page]:
            nonlocal turned
            for page in one.read(reading):
                turned += 1
                yield page

        return replace(one, read=read)

    whole.run(vendor, stream, change=counted)
    return turned


@every_vendor
def test_a_record_that_breaks_its_contract_is_set_aside_and_the_rest_lands(
    extraction: Extraction, vendors: Vendors, vendor: str
) -> None:
    broken = emulations()[vendor].broken
    stream, path, field = broken.stream, broken.path, broken.field
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
    stream, path = emulations()[vendor].broken.stream, emulations()[vendor].broken.path
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
    assert results["contacts"].status == "failed"
    assert {results[name].status for name in ("companies", "deals", "owners")} == {"done"}
    assert extraction.keys("hubspot", "deals")


def test_a_full_refresh_reads_everything_and_lands_nothing_twice(
    extraction: Extraction, vendors: Vendors
) -> None:
    first = extraction.run("zendesk", "users")["users"]
    extraction.rows("delete from raw_zendesk._cursors returning 1")
    again = extraction.run("zendesk", "users")["users"]
    assert (again.read, again.landed.versions) == (first.read, 0)
