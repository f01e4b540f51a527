from __future__ import annotations

from typing import Any

import pytest

from tests.connectors.conftest import Extraction
from tests.emulated import Vendors, key_of

pytestmark = pytest.mark.usefixtures("small_pages")


def touch(vendors: Vendors, stream: str) -> None:
    """A bulk edit: every record of a stream gets the same stamp."""
    at = vendors.sandbox.clock.now()
    owner = vendors.sandbox.vendors["hubspot"]
    for record in vendors.records("hubspot", stream):
        vendors.put("hubspot", stream, owner.stamped(stream, record, at, new=False))


def searches(vendors: Vendors) -> int:
    counted = vendors.sandbox.requests()
    return sum(line["count"] for line in counted if line["path"].endswith("/search"))


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
    before = searches(vendors)
    result = extraction.run("hubspot", "contacts")["contacts"]
    count = len(vendors.records("hubspot", "contacts"))
    assert count > 200
    assert (result.status, result.landed.versions) == ("done", count)
    assert searches(vendors) - before == count // 40 + 1
    assert extraction.run("hubspot", "contacts")["contacts"].landed.versions == 0


def test_what_search_shows_late_is_found_by_looking_back(
    extraction: Extraction, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    extraction.run("hubspot", "deals")
    vendors.wait(3_600)
    touch(vendors, "deals")
    vendors.wait(60)
    hidden = {key_of(record) for record in vendors.records("hubspot", "deals")[:5]}
    from sandbox.vendors.hubspot.search import Search

    matching = Search.matching

    def late(self: Search, table: Any) -> list[dict[str, Any]]:
        return [record for record in matching(self, table) if key_of(record) not in hidden]

    with monkeypatch.context() as index:
        index.setattr(Search, "matching", late)
        count = len(vendors.records("hubspot", "deals"))
        assert extraction.run("hubspot", "deals")["deals"].landed.versions == count - 5
    # The index has caught up; nothing has changed since.
    vendors.wait(300)
    vendors.sandbox.vendors["hubspot"]._found.clear()  # type: ignore[attr-defined]
    assert extraction.run("hubspot", "deals")["deals"].landed.versions == 5


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
    latest = extraction.rows("select max(_cursor) as at from raw_hubspot.companies group by _key")
    assert len(latest) == len(vendors.records("hubspot", "companies"))
    assert {row["at"] for row in latest} == {vendors.sandbox.clock.now().isoformat()}


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
        "sandbox.vendors.hubspot.api._paging", lambda *_: {"paging": {"next": {"after": "7"}}}
    )
    result = extraction.run("hubspot", "companies")["companies"]
    assert result.exit_code == 5
    assert "same page cursor twice" in str(result.error)


def test_archived_owners_are_landed_as_deleted(extraction: Extraction, vendors: Vendors) -> None:
    extraction.run("hubspot", "owners")
    deleted = {key for key, _, deleted, _ in extraction.log("hubspot", "owners") if deleted}
    archived = {key_of(r) for r in vendors.records("hubspot", "owners") if r["archived"]}
    assert deleted == archived
