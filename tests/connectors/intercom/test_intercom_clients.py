"""The client that Intercom's own generator makes sees in the sandbox what we land from it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.connectors.conftest import Extraction
from tests.emulated import Vendors

intercom = pytest.importorskip("intercom", reason="python-intercom is not installed")


@pytest.fixture
def theirs(vendors: Vendors) -> Any:
    token = vendors.settings()["REVOPS_INTERCOM__TOKEN"]
    return intercom.Intercom(token=token, base_url=f"{vendors.url}/intercom")


def names(pager: Any) -> Iterator[str]:
    return (str(one.id) for one in pager)


def searched(search: Any, query: Any) -> Iterator[Any]:
    """What a search finds on all its pages; the client's own pager asks for the first for ever."""
    after = None
    for _ in range(50):
        paging = intercom.StartingAfterPaging(per_page=40, starting_after=after)
        page = search(query=query, pagination=paging)
        yield from page.items
        following = page.response.pages.next
        if following is None:
            return
        after = following.starting_after
    raise AssertionError("the search does not end")


def test_contacts_by_list_and_by_search_are_those_that_we_land(
    extraction: Extraction, theirs: Any
) -> None:
    extraction.run("intercom", "contacts")
    landed = extraction.keys("intercom", "contacts")
    assert sorted(names(theirs.contacts.list(per_page=40))) == landed
    query = intercom.SingleFilterSearchRequest(field="updated_at", operator=">", value=1)
    assert sorted(names(searched(theirs.contacts.search, query))) == landed
    one = theirs.contacts.find(landed[0])
    assert (one.id, one.type, one.role in {"user", "lead"}) == (landed[0], "contact", True)
    with pytest.raises(Exception, match="User Not Found"):
        theirs.contacts.find("0" * 24)


def test_companies_by_scroll_are_those_that_we_land(extraction: Extraction, theirs: Any) -> None:
    extraction.run("intercom", "companies")
    landed = extraction.keys("intercom", "companies")
    assert sorted(names(theirs.companies.scroll())) == landed
    assert sorted(names(theirs.companies.list(per_page=60))) == landed
    found = theirs.companies.find(landed[0])
    assert found.id == landed[0]


def test_conversations_have_the_parts_that_we_land(
    extraction: Extraction, vendors: Vendors, theirs: Any
) -> None:
    extraction.run("intercom", "conversations")
    landed = extraction.keys("intercom", "conversations")
    assert sorted(names(theirs.conversations.list(per_page=30))) == landed
    for record in vendors.records("intercom", "conversations")[:5]:
        shown = theirs.conversations.find(int(record["id"]))
        parts = [one.id for one in shown.conversation_parts.conversation_parts]
        held = record["conversation_parts"]["conversation_parts"]
        assert parts == [one["id"] for one in held]
        assert shown.statistics.count_conversation_parts == len(held)
    query = intercom.MultipleFilterSearchRequest(
        operator="AND",
        value=[intercom.SingleFilterSearchRequest(field="open", operator="=", value="true")],
    )
    still_open = {one.id for one in searched(theirs.conversations.search, query)}
    records = vendors.records("intercom", "conversations")
    assert still_open == {one["id"] for one in records if one["open"]} != set()


def test_attributes_admins_and_tags_are_those_that_we_land(
    extraction: Extraction, theirs: Any
) -> None:
    extraction.run("intercom", "data_attributes", "admins", "tags")
    found = theirs.data_attributes.list(include_archived=True).data
    assert sorted(f"{one.model}.{one.full_name}" for one in found) == extraction.keys(
        "intercom", "data_attributes"
    )
    admins = theirs.admins.list().admins
    assert sorted(one.id for one in admins) == extraction.keys("intercom", "admins")
    assert sorted(one.id for one in theirs.tags.list().data) == extraction.keys("intercom", "tags")
