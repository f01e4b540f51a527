"""Intercom's edges: what a connector that trusts its searches and its scroll loses silently."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from connectors.core import registry
from connectors.core.source import Reading
from connectors.intercom import companies
from connectors.intercom.source import _allowances
from connectors.intercom.walks import LOOK_BACK
from sandbox.vendors.intercom.records import part, with_parts
from tests.connectors.conftest import Extraction
from tests.connectors.intercom.emulation import EMULATION
from tests.emulated import Vendors, key_of


def now(vendors: Vendors) -> int:
    return int(vendors.sandbox.clock.now().timestamp())


def touch(vendors: Vendors, stream: str, at: int, place: int = 0, **more: Any) -> str:
    """Make a record one that was last changed at `at`; its id."""
    record = vendors.records("intercom", stream)[place] | {"updated_at": at} | more
    vendors.put("intercom", stream, record)
    return key_of(record)


def versions(extraction: Extraction, stream: str, key: str) -> list[dict[str, Any]]:
    return [json.loads(one[3]) for one in extraction.log("intercom", stream) if one[0] == key]


def reading(extraction: Extraction, client: Any, said: list[str], *known: str) -> Reading:
    return Reading(client, None, extraction._app.clock, lambda _: list(known), said.append)


@pytest.fixture
def client(extraction: Extraction) -> Iterator[Any]:
    source = registry.source("intercom")
    with source.open(extraction._app.settings.http, extraction._app.clock) as tool:
        yield tool


@pytest.fixture
def turned_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages so small that every walk turns several."""
    for name, value in EMULATION.small_pages.items():
        monkeypatch.setattr(name, value)


def ids(extraction: Extraction, client: Any, stream: str) -> set[str]:
    declared = registry.source("intercom").stream(stream)
    assert declared is not None
    assert declared.ids is not None
    return {one for page in declared.ids(reading(extraction, client, [])) for one in page}


# -- searches --------------------------------------------------------------------------------


@pytest.mark.parametrize("stream", ["contacts", "conversations"])
@pytest.mark.parametrize("offset", [-1, 0, 1])
def test_no_second_at_the_border_of_two_windows_is_lost(
    extraction: Extraction, vendors: Vendors, stream: str, offset: int
) -> None:
    extraction.run("intercom", stream)
    cursor = extraction.cursor("intercom", stream)
    assert cursor is not None
    vendors.wait(3_600)
    extraction.run("intercom", stream)
    # It was written in the second that divides the windows, and is found from now on.
    border = now(vendors) + offset
    vendors.wait(3_600)
    name = touch(vendors, stream, border)
    extraction.run("intercom", stream)
    assert [one["updated_at"] for one in versions(extraction, stream, name)][-1] == border


def test_a_border_that_is_left_out_of_either_window_would_be_lost(
    extraction: Extraction, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.intercom.walks.LOOK_BACK", 0)
    workspace: Any = vendors.sandbox.vendors["intercom"]
    workspace._delay = 0
    extraction.run("intercom", "conversations")
    vendors.wait(600)
    extraction.run("intercom", "conversations")
    cursor = extraction.cursor("intercom", "conversations")
    assert cursor is not None
    name = touch(vendors, "conversations", int(cursor["since"]))
    vendors.wait(600)
    extraction.run("intercom", "conversations")
    assert len(versions(extraction, "conversations", name)) == 2


def test_a_contact_that_changed_today_is_found_though_searches_know_days_only(
    extraction: Extraction, vendors: Vendors
) -> None:
    extraction.run("intercom", "contacts")
    for hours in (1, 5, 9, 14, 20, 26):
        vendors.wait(3_600 * hours)
        name = touch(vendors, "contacts", now(vendors) - 300, hours)
        assert extraction.run("intercom", "contacts")["contacts"].landed.versions == 1, hours
        assert len(versions(extraction, "contacts", name)) == 2


def test_a_contact_that_the_index_shows_late_is_landed_by_the_next_run(
    extraction: Extraction, vendors: Vendors
) -> None:
    extraction.run("intercom", "contacts")
    at = now(vendors)
    old = vendors.records("intercom", "contacts")[0]
    new = old | {"id": "6f" * 12, "created_at": at, "updated_at": at, "email": "new@example.com"}
    vendors.put("intercom", "contacts", new)
    vendors.wait(60)
    assert extraction.run("intercom", "contacts")["contacts"].landed.versions == 0
    vendors.wait(300)
    assert extraction.run("intercom", "contacts")["contacts"].landed.versions == 1


def test_a_conversation_that_was_closed_does_not_stay_open(
    extraction: Extraction, vendors: Vendors
) -> None:
    extraction.run("intercom", "conversations")
    record = next(r for r in vendors.records("intercom", "conversations") if r["open"])
    at = vendors.sandbox.clock.now()
    closing = part("77", "close", record["source"]["author"], at, state="closed")
    held = record["conversation_parts"]["conversation_parts"]
    workspace: Any = vendors.sandbox.vendors["intercom"]
    workspace._delay = 7_200
    vendors.put("intercom", "conversations", with_parts(record, [*held, closing]))
    # The index is two hours behind: several runs see nothing, and move their cursor on.
    for _ in range(3):
        vendors.wait(1_200)
        extraction.run("intercom", "conversations")
    assert len(versions(extraction, "conversations", record["id"])) == 1
    vendors.wait(86_400)
    extraction.run("intercom", "conversations")
    states = [one["state"] for one in versions(extraction, "conversations", record["id"])]
    assert states[-1] == "closed"


def test_what_is_written_while_we_read_is_left_to_the_next_run(
    extraction: Extraction, vendors: Vendors
) -> None:
    extraction.run("intercom", "conversations")
    cursor = extraction.cursor("intercom", "conversations")
    assert cursor is not None
    assert now(vendors) - cursor["since"] == LOOK_BACK


@pytest.mark.usefixtures("turned_pages")
@pytest.mark.parametrize(
    ("stream", "path"), [("contacts", "/contacts"), ("conversations", "/conversations")]
)
def test_an_expired_page_cursor_begins_the_walk_again_and_says_so(
    extraction: Extraction, vendors: Vendors, stream: str, path: str
) -> None:
    vendors.fault({"vendor": "intercom", "path": path, "kind": "expire_cursor", "skip": 2})
    result = extraction.run("intercom", stream)[stream]
    assert (result.status, result.landed.rejects) == ("done", 0)
    assert any("begins again" in notice for notice in result.notices)
    assert extraction.keys("intercom", stream) == sorted(
        key_of(record) for record in vendors.records("intercom", stream)
    )


@pytest.mark.usefixtures("turned_pages")
def test_a_page_cursor_that_always_expires_stops_the_walk(
    extraction: Extraction, vendors: Vendors
) -> None:
    vendors.fault(
        {"vendor": "intercom", "path": "/contacts", "kind": "expire_cursor", "times": None}
    )
    result = extraction.run("intercom", "contacts")["contacts"]
    assert (result.status, result.exit_code) == ("failed", 5)
    assert "invalid_starting_after" in str(result.error)


@pytest.mark.usefixtures("turned_pages")
def test_a_page_that_is_shown_twice_stops_the_walk(
    extraction: Extraction, vendors: Vendors
) -> None:
    vendors.fault(
        {"vendor": "intercom", "path": "/contacts", "kind": "repeat_page", "skip": 2, "times": 2}
    )
    result = extraction.run("intercom", "contacts")["contacts"]
    assert (result.status, result.exit_code) == ("failed", 5)
    assert "same page cursor twice" in str(result.error)
    vendors.fault()
    assert extraction.run("intercom", "contacts")["contacts"].status == "done"
    assert len(extraction.keys("intercom", "contacts")) == len(
        vendors.records("intercom", "contacts")
    )


# -- merges, deletions, parts ----------------------------------------------------------------


def test_a_merged_lead_is_missing_from_the_live_ids_and_the_user_comes_again(
    extraction: Extraction, vendors: Vendors, client: Any
) -> None:
    extraction.run("intercom", "contacts")
    records = vendors.records("intercom", "contacts")
    lead, user = (next(r for r in records if r["role"] == role) for role in ("lead", "user"))
    assert ids(extraction, client, "contacts") == {one["id"] for one in records}
    vendors.wait(1_200)
    headers = {"Authorization": f"Bearer {vendors.settings()['REVOPS_INTERCOM__TOKEN']}"}
    httpx.post(
        f"{vendors.url}/intercom/contacts/merge",
        json={"from": lead["id"], "into": user["id"]},
        headers=headers,
    ).raise_for_status()
    assert ids(extraction, client, "contacts") == {one["id"] for one in records} - {lead["id"]}
    declared = registry.source("intercom").stream("contacts")
    assert declared is not None
    assert declared.count is not None
    assert declared.count(client) == len(records) - 1
    extraction.run("intercom", "contacts")
    assert len(versions(extraction, "contacts", user["id"])) == 2


def test_a_conversation_that_vanishes_between_search_and_question_is_passed_over(
    extraction: Extraction, vendors: Vendors, client: Any
) -> None:
    from connectors.intercom.conversations import fetch

    record = vendors.records("intercom", "conversations")[0]
    vendors.put("intercom", "conversations", record | {"sandbox_gone": "deleted"})
    import msgspec

    listed = [msgspec.Raw(json.dumps({"id": record["id"]}).encode())]
    assert fetch(reading(extraction, client, []), listed) == []
    assert record["id"] not in ids(extraction, client, "conversations")


def test_every_conversation_is_landed_with_all_its_parts(
    extraction: Extraction, vendors: Vendors
) -> None:
    extraction.run("intercom", "conversations")
    for record in vendors.records("intercom", "conversations"):
        (landed,) = versions(extraction, "conversations", record["id"])
        assert landed["conversation_parts"] == record["conversation_parts"]


def test_a_conversation_with_more_parts_than_are_shown_is_named(
    extraction: Extraction, vendors: Vendors
) -> None:
    record = vendors.records("intercom", "conversations")[0]
    author, at = record["source"]["author"], datetime.fromtimestamp(now(vendors) - 700, UTC)
    many = [
        part(str(n), "comment", author, at + timedelta(seconds=n), state="open") for n in range(503)
    ]
    vendors.put("intercom", "conversations", with_parts(record, many[:499]))
    first = extraction.run("intercom", "conversations")["conversations"]
    assert first.notices == []
    vendors.put("intercom", "conversations", with_parts(record, many))
    second = extraction.run("intercom", "conversations")["conversations"]
    (notice,) = second.notices
    assert f"{record['id']} has 503 parts" in notice
    held = {
        one["id"]
        for version in versions(extraction, "conversations", record["id"])
        for one in version["conversation_parts"]["conversation_parts"]
    }
    assert len(held) == 503


# -- companies -------------------------------------------------------------------------------


@pytest.fixture
def paused(monkeypatch: pytest.MonkeyPatch, vendors: Vendors) -> list[float]:
    """Pauses pass at once, in the sandbox's time."""
    slept: list[float] = []

    def pause(seconds: float) -> None:
        slept.append(seconds)
        vendors.wait(seconds)

    monkeypatch.setattr(companies, "pause", pause)
    return slept


@pytest.mark.usefixtures("turned_pages")
@pytest.mark.parametrize("kind", ["lose_scroll", "reset_after_commit", "truncate", "server_error"])
def test_a_scroll_that_is_lost_skips_no_company(
    extraction: Extraction, vendors: Vendors, paused: list[float], kind: str
) -> None:
    vendors.fault({"vendor": "intercom", "path": "/companies/scroll", "kind": kind, "skip": 1})
    result = extraction.run("intercom", "companies")["companies"]
    assert (result.status, result.error) == ("done", None)
    assert any("read again from the first" in notice for notice in result.notices)
    assert set(extraction.keys("intercom", "companies")) == {
        key_of(record) for record in vendors.records("intercom", "companies")
    }
    assert paused == []


@pytest.mark.usefixtures("turned_pages")
def test_where_the_list_ends_too_early_the_open_scroll_is_waited_for(
    extraction: Extraction,
    vendors: Vendors,
    paused: list[float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(companies, "LIST_CEILING", 10)
    headers = {"Authorization": f"Bearer {vendors.settings()['REVOPS_INTERCOM__TOKEN']}"}
    httpx.get(f"{vendors.url}/intercom/companies/scroll", headers=headers).raise_for_status()
    result = extraction.run("intercom", "companies")["companies"]
    assert (result.status, paused) == ("done", [61.0])
    assert len(extraction.keys("intercom", "companies")) == len(
        vendors.records("intercom", "companies")
    )


@pytest.mark.usefixtures("turned_pages")
def test_a_scroll_that_is_always_lost_fails_and_lands_nothing_as_deleted(
    extraction: Extraction,
    vendors: Vendors,
    paused: list[float],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    extraction.run("intercom", "companies")
    monkeypatch.setattr(companies, "LIST_CEILING", 10)
    fault = {"vendor": "intercom", "path": "/companies/scroll", "kind": "lose_scroll"}
    vendors.fault(fault | {"times": None})
    result = extraction.run("intercom", "companies")["companies"]
    assert (result.status, result.exit_code, len(paused)) == ("failed", 5, 3)
    assert not [one for one in extraction.log("intercom", "companies") if one[2]]


def test_a_company_that_its_last_user_left_is_still_live(
    extraction: Extraction, vendors: Vendors
) -> None:
    extraction.run("intercom", "companies")
    name = touch(vendors, "companies", now(vendors), user_count=0)
    result = extraction.run("intercom", "companies")["companies"]
    assert (result.landed.versions, result.landed.deletions) == (1, 0)
    assert versions(extraction, "companies", name)[-1]["user_count"] == 0


# -- limits and stamps -----------------------------------------------------------------------


def test_the_headers_tell_what_is_left_of_a_bucket() -> None:
    at = datetime(2026, 11, 20, 9, 0, 3, tzinfo=UTC)
    headers = {
        "X-RateLimit-Limit": "1666",
        "X-RateLimit-Remaining": "12",
        "X-RateLimit-Reset": str(int(at.timestamp()) + 7),
    }
    (told,) = _allowances(httpx.Response(200, headers=headers), at)
    assert (told.limit, told.remaining, told.resets_in, told.per) == (1666, 12, 7.0, "burst")
    assert _allowances(httpx.Response(200), at) == []


def test_stamps_of_any_length_order_as_text_like_their_numbers() -> None:
    stream = registry.source("intercom").stream("contacts")
    assert stream is not None
    common = {"id": "1", "role": "user", "created_at": 1}
    cursors = [
        stream.record.model_validate(common | {"updated_at": at}).record_cursor() or ""
        for at in (5, 999_999_999, 1_000_000_000, 1_800_000_000)
    ]
    assert cursors == sorted(cursors)


def test_every_request_names_the_version_of_the_api(
    extraction: Extraction, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: set[str | None] = set()
    vendor = vendors.sandbox.vendors["intercom"]
    admit = vendor.admit

    def note(request: Any) -> None:
        asked.add(request.headers.get("Intercom-Version"))
        admit(request)

    monkeypatch.setattr(vendor, "admit", note)
    extraction.run("intercom", "tags", "contacts")
    assert asked == {"2.15"}
