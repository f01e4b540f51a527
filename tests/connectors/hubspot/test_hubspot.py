"""The edges of reading CRM objects: ceilings, late indexes, merges, erasures, properties."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from connectors.core.drift import Drifted
from connectors.hubspot.objects import Asked
from connectors.hubspot.paging import allowances
from orchestration.app import App
from orchestration.steps import extract
from tests.connectors.conftest import Extraction
from tests.connectors.hubspot.portal import call, calls_to, touch
from tests.emulated import AS_OF, Vendors, key_of

pytestmark = pytest.mark.usefixtures("short_pages")

OBJECTS = "/crm/v3/objects"


def latest(extraction: Extraction, stream: str, key: str) -> tuple[bool, dict[str, Any]]:
    """Whether the newest version of a key is a deletion, and its payload."""
    (row,) = extraction.rows(
        f"select _deleted, payload from raw_hubspot.{stream} where _key = '{key}'"
        " order by _extracted_at desc, _run_id desc limit 1"
    )
    return row["_deleted"], json.loads(row["payload"])


def test_a_bulk_edit_of_more_records_than_a_search_shows_is_landed_whole(
    extraction: Extraction, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    # HubSpot stops at 10,000 hits; here at 100, with 266 contacts of one stamp.
    monkeypatch.setattr("sandbox.vendors.hubspot.search.CEILING", 100)
    monkeypatch.setattr("sandbox.vendors.hubspot.api.CEILING", 100)
    extraction.run("hubspot", "contacts")
    vendors.wait(3_600)
    touch(vendors, "contacts")
    vendors.wait(60)
    before = calls_to(vendors, "/contacts/search")
    result = extraction.run("hubspot", "contacts")["contacts"]
    count = len(vendors.records("hubspot", "contacts"))
    assert count > 200
    assert (result.status, result.landed.versions) == ("done", count)
    counting = 2
    assert calls_to(vendors, "/contacts/search") - before == count // 40 + 1 + counting
    assert extraction.run("hubspot", "contacts")["contacts"].landed.versions == 0


@pytest.mark.parametrize(("stream", "touched"), [("deals", "deals"), ("calls", "calls")])
def test_what_search_shows_late_is_found_by_looking_back(
    extraction: Extraction, vendors: Vendors, stream: str, touched: str
) -> None:
    extraction.run("hubspot", stream)
    vendors.wait(3_600)
    touch(vendors, touched)
    vendors.wait(60)
    vendors.fault({"vendor": "hubspot", "path": "*/search", "kind": "index_delay", "times": None})
    assert extraction.run("hubspot", stream)[stream].landed.versions == 0
    # The index has caught up; nothing has changed since.
    vendors.fault()
    vendors.wait(300)
    count = len(vendors.records("hubspot", stream))
    assert extraction.run("hubspot", stream)[stream].landed.versions == count


def test_a_change_while_the_first_read_is_running_is_not_missed(
    extraction: Extraction, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    extraction.run("hubspot", "companies")
    extraction.rows("delete from raw_hubspot._cursors returning 1")
    from sandbox.vendors.hubspot.api import HubSpot

    listing = HubSpot.list_objects

    def moving(self: HubSpot, request: Any, object_type: str) -> Any:
        answer = listing(self, request, object_type)
        if request.args.get("archived") == "false" and "after" in request.args:
            touch(vendors, "companies")
        return answer

    vendors.wait(3_600)
    monkeypatch.setattr(HubSpot, "list_objects", moving)
    vendors.sandbox.vendors["hubspot"]._map = _remapped(vendors)
    extraction.run("hubspot", "companies")
    found = extraction.rows("select max(_cursor) as at from raw_hubspot.companies group by _key")
    assert len(found) == len(vendors.records("hubspot", "companies"))
    assert {row["at"] for row in found} == {vendors.sandbox.clock.now().isoformat()}


def _remapped(vendors: Vendors) -> Any:
    """The routes again: they hold the methods as they were."""
    from werkzeug.routing import Map, Rule

    routes = vendors.sandbox.vendors["hubspot"].routes()
    rules = [Rule(path, endpoint=handler, methods=[method]) for method, path, handler in routes]
    return Map(rules, strict_slashes=False)


def test_a_page_cursor_given_twice_stops_the_stream(
    extraction: Extraction, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "sandbox.vendors.hubspot.api.paging", lambda *_: {"paging": {"next": {"after": "7"}}}
    )
    result = extraction.run("hubspot", "companies")["companies"]
    assert result.exit_code == 5
    assert "same page cursor twice" in str(result.error)


def test_archived_owners_are_landed_as_deleted(extraction: Extraction, vendors: Vendors) -> None:
    extraction.run("hubspot", "owners")
    deleted = {key for key, _, deleted, _ in extraction.log("hubspot", "owners") if deleted}
    archived = {key_of(r) for r in vendors.records("hubspot", "owners") if r["archived"]}
    assert deleted == archived


# -- ends that no list tells of --------------------------------------------------------------


def test_a_merge_gives_a_new_id_and_both_old_ones_are_landed_as_deleted(
    extraction: Extraction, vendors: Vendors
) -> None:
    extraction.run("hubspot", "contacts")
    first, second = (key_of(r) for r in vendors.records("hubspot", "contacts")[:2])
    vendors.wait(3_600)
    body = {"primaryObjectId": first, "objectIdToMerge": second}
    survivor = call(vendors, "POST", f"{OBJECTS}/contacts/merge", body)["id"]
    vendors.wait(60)
    result = extraction.run("hubspot", "contacts")["contacts"]
    assert survivor not in {first, second}
    assert (result.landed.versions, result.landed.deletions) == (3, 2)
    is_deleted, payload = latest(extraction, "contacts", survivor)
    assert not is_deleted
    assert payload["properties"]["hs_merged_object_ids"] == f"{first};{second}"
    assert latest(extraction, "contacts", first)[0]
    assert latest(extraction, "contacts", second)[0]
    assert result.verdict == "agrees"


def test_an_erased_contact_leaves_nothing_and_is_landed_as_deleted_everywhere(
    extraction: Extraction, vendors: Vendors
) -> None:
    streams = ("contacts", "property_histories")
    extraction.run("hubspot", *streams)
    gone = key_of(vendors.records("hubspot", "contacts")[3])
    call(vendors, "POST", f"{OBJECTS}/contacts/gdpr-delete", {"objectId": gone})
    vendors.wait(3_600)
    archived = call(vendors, "GET", f"{OBJECTS}/contacts?archived=true&limit=100")["results"]
    assert gone not in {record["id"] for record in archived}
    result = extraction.run("hubspot", "contacts")["contacts"]
    assert (result.landed.versions, result.landed.deletions) == (1, 1)
    assert latest(extraction, "contacts", gone) == (True, {})


def test_a_loss_that_the_source_does_not_know_of_is_seen_by_the_count(
    extraction: Extraction, vendors: Vendors
) -> None:
    path = f"{OBJECTS}/deals"
    vendors.fault({"vendor": "hubspot", "path": path, "kind": "hide_record", "record": 2})
    result = extraction.run("hubspot", "deals")["deals"]
    count = len(vendors.records("hubspot", "deals"))
    assert result.landed.versions == count - 1
    assert (result.counted, result.verdict) == (count, "missing")


# -- properties ------------------------------------------------------------------------------

DEFINITION = {
    "name": "favourite_colour",
    "label": "好きな色",
    "type": "string",
    "fieldType": "text",
    "groupName": "contactinformation",
}


def test_a_custom_property_made_today_is_in_todays_payloads(
    extraction: Extraction, vendors: Vendors
) -> None:
    extraction.run("hubspot", "contacts")
    call(vendors, "POST", "/crm/v3/properties/contacts", DEFINITION)
    one = key_of(vendors.records("hubspot", "contacts")[0])
    vendors.wait(3_600)
    body = {"properties": {"favourite_colour": "藍"}}
    call(vendors, "PATCH", f"{OBJECTS}/contacts/{one}", body)
    vendors.wait(60)
    assert extraction.run("hubspot", "contacts")["contacts"].landed.versions == 1
    assert latest(extraction, "contacts", one)[1]["properties"]["favourite_colour"] == "藍"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"archived": True}, "amount is gone"),
        ({"type": "string"}, "amount is now of type string, it was number"),
    ],
)
def test_a_property_that_staging_needs_and_that_is_not_what_it_was_stops_the_stream(
    extraction: Extraction, vendors: Vendors, change: dict[str, Any], said: str
) -> None:
    table = vendors.sandbox.vendors["hubspot"].tables["properties"]
    definition = table.get("deals/amount")
    assert definition is not None
    table.put({**definition, **change})
    result = extraction.run("hubspot", "deals")["deals"]
    assert (result.status, result.exit_code) == ("failed", Drifted("").exit_code)
    assert said in str(result.error)
    assert "stg_hubspot__deals" in str(result.error)
    assert extraction.log("hubspot", "deals") == []


def test_a_portal_without_another_tools_property_is_read_all_the_same(
    extraction: Extraction, vendors: Vendors
) -> None:
    table = vendors.sandbox.vendors["hubspot"].tables["properties"]
    definition = table.get("deals/salesforce_opportunity_id")
    assert definition is not None
    table.put({**definition, "archived": True})
    assert extraction.run("hubspot", "deals")["deals"].status == "done"


@pytest.mark.parametrize("stream", ["deals"])
def test_more_properties_than_fit_into_an_address_are_read_in_batches(
    extraction: Extraction, vendors: Vendors, stream: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [f"{'quite_a_long_name_for_a_property_' * 3}{n:03d}" for n in range(160)]
    table = vendors.sandbox.vendors["hubspot"].tables["properties"]
    for name in names:
        definition = {**DEFINITION, "objectType": stream, "name": name, "hubspotDefined": False}
        table.put(definition)
    one = vendors.records("hubspot", stream)[5]
    values = dict.fromkeys(names, "値")
    vendors.put("hubspot", stream, {**one, "properties": one["properties"] | values})
    gone = vendors.records("hubspot", stream)[6]
    owner = vendors.sandbox.vendors["hubspot"]
    vendors.put("hubspot", stream, owner.deleted(stream, gone, vendors.sandbox.clock.now()))
    assert Asked(tuple(names)).is_long
    result = extraction.run("hubspot", stream)[stream]
    assert (result.status, result.landed.rejects) == ("done", 0)
    assert len(extraction.keys("hubspot", stream)) == len(vendors.records("hubspot", stream))
    assert calls_to(vendors, "/batch/read") > 1
    assert latest(extraction, stream, key_of(one))[1]["properties"][names[-1]] == "値"
    assert latest(extraction, stream, key_of(gone))[0]
    monkeypatch.setattr("connectors.hubspot.objects.QUERY_CHARS", 100_000)
    extraction.rows(f"delete from raw_hubspot._cursors where stream = '{stream}' returning 1")
    assert "414" in str(extraction.run("hubspot", stream)[stream].error)


# -- limits ----------------------------------------------------------------------------------


def test_the_headers_say_what_is_left_of_ten_seconds_and_of_the_day() -> None:
    headers = {
        "X-HubSpot-RateLimit-Daily": "650000",
        "X-HubSpot-RateLimit-Daily-Remaining": "1200",
        "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
        "X-HubSpot-RateLimit-Max": "190",
        "X-HubSpot-RateLimit-Remaining": "3",
    }
    burst, day = allowances(httpx.Response(200, headers=headers), AS_OF)
    assert (burst.limit, burst.remaining, burst.resets_in, burst.per) == (190, 3, 10, "burst")
    assert (day.limit, day.remaining, day.resets_in, day.per) == (650_000, 1_200, 54_000, "day")
    assert allowances(httpx.Response(200), AS_OF) == []


def test_a_day_that_is_spent_ends_the_run_at_once(app: App, vendors: Vendors) -> None:
    vendors.fault({"vendor": "hubspot", "path": "*/owners", "kind": "daily_limit", "times": None})
    before = calls_to(vendors, "/owners")
    result = extract(app, ["hubspot"], ["owners"])
    assert result.exit_code == 5
    assert "for today" in str(result.streams[0].error)
    assert calls_to(vendors, "/owners") - before <= 2


# -- OAuth -----------------------------------------------------------------------------------

APP = {"client_id": "app", "client_secret": "s3cret-of-the-app", "refresh_token": "r3fresh-token"}


def test_an_app_with_oauth_renews_its_token_when_it_ends_within_a_reading(
    installed: Callable[[dict[str, str]], App], vendors: Vendors
) -> None:
    vendors.sandbox.vendors["hubspot"].credentials.update(APP)
    settings = vendors.settings() | {f"REVOPS_HUBSPOT__{n.upper()}": v for n, v in APP.items()}
    settings.pop("REVOPS_HUBSPOT__TOKEN")
    vendors.fault(
        {"vendor": "hubspot", "path": "/crm/v3/owners", "kind": "expire_token", "skip": 1}
    )
    app = installed(settings)
    assert extract(app, ["hubspot"], ["owners"]).exit_code == 0
    assert calls_to(vendors, "/oauth/v3/token") == 2
    with app.warehouse.open("a test") as session:
        assert session.value("select count(*) from raw_hubspot.owners") == 8
