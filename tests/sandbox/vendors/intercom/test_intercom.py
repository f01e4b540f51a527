"""The emulated Intercom: what its searches find, its scroll, its buckets, its merges."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from sandbox.vendors.intercom.records import MOST_PARTS, part, with_parts
from tests.sandbox.conftest import AS_OF

BASE = "/intercom"
NOW = int(AS_OF.timestamp())


def table(caller: Any, kind: str) -> Any:
    return caller.app.vendors["intercom"].tables[kind]


def found(caller: Any, kind: str, operator: str, stamp: int, **more: Any) -> list[str]:
    """The ids that a search by `updated_at` finds, over all its pages."""
    query = {"field": "updated_at", "operator": operator, "value": stamp}
    ids: list[str] = []
    after = None
    while True:
        paging = {"per_page": 20} | ({"starting_after": after} if after else {})
        body = {"query": query, "pagination": paging, **more}
        page = caller.post(f"{BASE}/{kind}/search", body).get_json()
        ids += [one["id"] for one in page["data" if kind == "contacts" else "conversations"]]
        after = page["pages"].get("next", {}).get("starting_after")
        if after is None:
            assert len(ids) == page["total_count"]
            return ids


def stamp(caller: Any, kind: str, at: int, place: int = 0, **more: Any) -> str:
    """Make a record one that was last changed at `at`; its id."""
    record = list(table(caller, kind))[place]
    table(caller, kind).put(record | {"updated_at": at} | more)
    return str(record["id"])


def codes(answer: Any) -> list[str]:
    return [error["code"] for error in answer.get_json()["errors"]]


def test_a_search_visits_every_record_once_in_either_order(caller: Any) -> None:
    for kind in ("contacts", "conversations"):
        every = {one["id"] for one in caller.records("intercom", kind)}
        for order in ("ascending", "descending"):
            sort = {"field": "updated_at", "order": order}
            ids = found(caller, kind, ">", 0, sort=sort)
            assert len(ids) == len(set(ids))
            assert set(ids) == every


def test_contacts_are_searched_by_the_day_of_the_workspace(caller: Any) -> None:
    # 15:30 UTC is half past midnight in the workspace: another day than 14:30.
    late = int(datetime.fromisoformat("2026-11-18T15:30:00Z").timestamp())
    name = stamp(caller, "contacts", late)
    assert name not in found(caller, "contacts", ">", late - 60)
    assert name in found(caller, "contacts", ">", late - 3_600)
    assert name in found(caller, "contacts", "=", late + 3_600)
    assert name not in found(caller, "contacts", "<", late + 3_600)


def test_conversations_are_searched_by_the_second_borders_left_out(caller: Any) -> None:
    name = stamp(caller, "conversations", NOW - 5_000)
    assert name not in found(caller, "conversations", ">", NOW - 5_000)
    assert name in found(caller, "conversations", ">", NOW - 5_001)
    assert name in found(caller, "conversations", "<", NOW - 4_999)


@pytest.mark.parametrize("operator", [">=", "<=", "!="])
def test_a_date_knows_no_other_operators(caller: Any, operator: str) -> None:
    query = {"field": "updated_at", "operator": operator, "value": NOW}
    answer = caller.post(f"{BASE}/contacts/search", {"query": query})
    assert (answer.status_code, codes(answer)) == (400, ["invalid_operator"])


def test_filters_are_limited_in_number_and_depth(caller: Any) -> None:
    one = {"field": "role", "operator": "=", "value": "lead"}
    many = {"operator": "AND", "value": [one] * 16}
    assert codes(caller.post(f"{BASE}/contacts/search", {"query": many})) == ["too_many_filters"]
    deep: Any = one
    for _ in range(3):
        deep = {"operator": "OR", "value": [deep]}
    assert codes(caller.post(f"{BASE}/contacts/search", {"query": deep})) == ["nesting_too_deep"]
    leads = caller.post(f"{BASE}/contacts/search", {"query": one, "pagination": {"per_page": 150}})
    assert {contact["role"] for contact in leads.get_json()["data"]} == {"lead"}
    assert caller.get(f"{BASE}/contacts?per_page=151").status_code == 400


def test_a_new_contact_is_listed_at_once_and_found_minutes_later(caller: Any) -> None:
    made = caller.post(f"{BASE}/contacts", {"email": "new@example.com"}).get_json()
    listed = caller.get(f"{BASE}/contacts?per_page=150").get_json()["data"]
    assert made["id"] in {one["id"] for one in listed} | {made["id"]}
    assert caller.get(f"{BASE}/contacts/{made['id']}").status_code == 200
    assert made["id"] not in found(caller, "contacts", ">", 0)
    caller.ticks.seconds += 180
    assert made["id"] in found(caller, "contacts", ">", 0)
    again = caller.post(f"{BASE}/contacts", {"email": "new@example.com"})
    assert (again.status_code, codes(again)) == (409, ["conflict"])
    assert made["id"] in again.get_json()["errors"][0]["message"]


def test_a_merged_lead_is_gone_and_the_user_moves(caller: Any) -> None:
    contacts = caller.records("intercom", "contacts")
    lead, user = (next(c for c in contacts if c["role"] == role) for role in ("lead", "user"))
    names = {"from": lead["id"], "into": user["id"]}
    merged = caller.post(f"{BASE}/contacts/merge", names).get_json()
    assert (merged["id"], merged["updated_at"]) == (user["id"], NOW)
    assert caller.get(f"{BASE}/contacts/{lead['id']}").status_code == 404
    assert lead["id"] not in found(caller, "contacts", ">", 0)
    swapped = {"from": user["id"], "into": user["id"]}
    assert caller.post(f"{BASE}/contacts/merge", swapped).status_code == 400


def test_a_conversation_shows_its_500_newest_parts_and_lists_show_none(caller: Any) -> None:
    record = caller.records("intercom", "conversations")[0]
    author = record["source"]["author"]
    parts = [
        part(str(n), "comment", author, AS_OF - timedelta(days=1, seconds=-n), state="open")
        for n in range(MOST_PARTS + 20)
    ]
    table(caller, "conversations").put(with_parts(record, parts))
    shown = caller.get(f"{BASE}/conversations/{record['id']}").get_json()
    held = shown["conversation_parts"]
    assert [len(held["conversation_parts"]), held["total_count"]] == [500, 520]
    assert held["conversation_parts"][0]["id"] == "20"
    assert shown["statistics"]["count_conversation_parts"] == 520
    listed = caller.get(f"{BASE}/conversations").get_json()["conversations"]
    assert not [one for one in listed if "conversation_parts" in one]


def test_what_is_counted_and_measured_follows_from_the_parts(caller: Any) -> None:
    for record in caller.records("intercom", "conversations"):
        parts = record["conversation_parts"]["conversation_parts"]
        closed = [one["created_at"] for one in parts if one["part_type"] == "close"]
        told = record["statistics"]
        assert told["count_conversation_parts"] == len(parts)
        assert told.get("first_close_at") == (closed[0] if closed else None)
        assert record["open"] is (record["state"] != "closed")
        if record["conversation_rating"]:
            assert closed
        assert record["updated_at"] >= max([one["created_at"] for one in parts], default=0)


# -- companies -------------------------------------------------------------------------------


def scroll(caller: Any, param: str | None = None) -> Any:
    query = {"scroll_param": param} if param else {}
    return caller.get(f"{BASE}/companies/scroll", query_string=query)


def test_a_scroll_shows_all_companies_with_users_and_then_nothing(
    caller: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.vendors.intercom.companies.SCROLL_PAGE", 7)
    lonely = stamp(caller, "companies", NOW - 9_000, user_count=0)
    page = scroll(caller).get_json()
    param, seen = page["scroll_param"], []
    while page["data"]:
        seen += [one["id"] for one in page["data"]]
        page = scroll(caller, param).get_json()
    assert lonely not in seen
    assert len(seen) == len(set(seen)) == len(table(caller, "companies")) - 1
    assert scroll(caller, param).status_code == 404
    assert caller.get(f"{BASE}/companies/{lonely}").status_code == 200
    counted = caller.post(f"{BASE}/companies/list?per_page=1").get_json()["total_count"]
    assert counted == len(seen)


def test_a_second_scroll_waits_until_the_first_has_expired(caller: Any) -> None:
    first = scroll(caller).get_json()["scroll_param"]
    assert codes(scroll(caller)) == ["scroll_exists"]
    caller.ticks.seconds += 61
    assert scroll(caller, first).status_code == 404
    assert scroll(caller).status_code == 200


def test_a_lost_scroll_says_that_it_must_begin_again(caller: Any) -> None:
    first = scroll(caller).get_json()["scroll_param"]
    fault = {"vendor": "intercom", "path": "/companies/scroll", "kind": "lose_scroll"}
    caller.web.post("/_sandbox/faults", json=[fault])
    lost = scroll(caller, first)
    assert lost.status_code == 500
    assert "restart the scroll" in lost.get_json()["errors"][0]["message"]
    assert scroll(caller, first).status_code == 404
    assert scroll(caller).status_code == 200


def test_the_list_of_companies_ends_at_ten_thousand(caller: Any) -> None:
    answer = caller.post(f"{BASE}/companies/list?page=101&per_page=100")
    assert (answer.status_code, codes(answer)) == (400, ["page_limit_reached"])


# -- manners ---------------------------------------------------------------------------------


def test_a_bucket_of_ten_seconds_is_emptied_and_filled(caller: Any) -> None:
    vendor = caller.app.vendors["intercom"]
    vendor._limit = 3
    answers = [caller.get(f"{BASE}/admins") for _ in range(4)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    assert codes(answers[-1]) == ["rate_limit_exceeded"]
    assert [one.headers["X-RateLimit-Remaining"] for one in answers] == ["2", "1", "0", "0"]
    assert 0 < int(answers[-1].headers["X-RateLimit-Reset"]) - NOW <= 10
    caller.ticks.seconds += 10
    assert caller.get(f"{BASE}/admins").status_code == 200


def test_a_wrong_token_and_an_unknown_version_are_refused(caller: Any) -> None:
    wrong = caller.get(f"{BASE}/admins", headers={"Authorization": "Bearer x"})
    assert (wrong.status_code, codes(wrong)) == (401, ["unauthorized"])
    old = caller.get(f"{BASE}/admins", headers={"Intercom-Version": "1.9"})
    assert (old.status_code, codes(old)) == (400, ["intercom_version_invalid"])


def test_an_expired_cursor_is_refused_and_a_first_page_is_not(caller: Any) -> None:
    fault = {"vendor": "intercom", "path": "/contacts*", "kind": "expire_cursor", "times": None}
    caller.web.post("/_sandbox/faults", json=[fault])
    page = caller.get(f"{BASE}/contacts").get_json()
    after = page["pages"]["next"]["starting_after"]
    refused = caller.get(f"{BASE}/contacts?starting_after={after}")
    assert (refused.status_code, codes(refused)) == (400, ["invalid_starting_after"])
    assert caller.get(f"{BASE}/conversations?starting_after=rubbish").status_code == 400


def test_archived_attributes_are_shown_when_asked_for(caller: Any) -> None:
    record = next(one for one in table(caller, "data_attributes") if one["custom"])
    table(caller, "data_attributes").put(record | {"archived": True})
    path = f"{BASE}/data_attributes?model={record['model']}"
    names = [one["name"] for one in caller.get(path).get_json()["data"]]
    assert record["name"] not in names
    more = caller.get(f"{path}&include_archived=true").get_json()["data"]
    assert record["name"] in [one["name"] for one in more]
