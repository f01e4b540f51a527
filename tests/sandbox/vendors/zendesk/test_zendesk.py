import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.manifest import Manifest
from sandbox.vendors.zendesk.records import organization

API = "/zendesk/api/v2"
EXPORT = f"{API}/incremental"
AS_OF = datetime(2026, 11, 20, 9, tzinfo=UTC)


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(size=st.integers(20, 400), kind=st.sampled_from(["tickets", "users"]))
def test_a_cursor_export_visits_every_record_once(caller: Any, size: int, kind: str) -> None:
    query: dict[str, Any] = {"start_time": 0, "per_page": size}
    seen, ended = [], False
    while not ended:
        answer = caller.patiently("GET", f"{EXPORT}/{kind}/cursor.json", query_string=query)
        page = answer.get_json()
        seen += [record["id"] for record in page[kind]]
        query = {"cursor": page["after_cursor"], "per_page": size}
        ended = page["end_of_stream"]
    assert sorted(seen) == [record["id"] for record in caller.records("zendesk", kind)]


def test_a_kept_cursor_brings_only_what_came_later(caller: Any) -> None:
    first = caller.get(f"{EXPORT}/tickets/cursor.json?start_time=0").get_json()
    again = caller.get(f"{EXPORT}/tickets/cursor.json?cursor={first['after_cursor']}").get_json()
    assert (again["tickets"], again["after_cursor"]) == ([], first["after_cursor"])
    caller.web.post("/_sandbox/advance")
    later = caller.get(f"{EXPORT}/tickets/cursor.json?cursor={first['after_cursor']}").get_json()
    assert {t["status"] for t in later["tickets"]} == {"solved", "open", "new"}
    assert len(later["tickets"]) == 4


def org_pages(caller: Any, size: int) -> list[dict[str, Any]]:
    path = f"{EXPORT}/organizations.json?start_time=0&per_page={size}"
    pages: list[dict[str, Any]] = []
    while not pages or not pages[-1]["end_of_stream"]:
        assert len(pages) < 200, "the export does not end"
        pages.append(caller.patiently("GET", path).get_json())
        path = pages[-1]["next_page"]
    return pages


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(size=st.integers(1, 60))
def test_the_organization_export_misses_none_and_repeats_the_boundary(
    caller: Any, size: int
) -> None:
    pages = org_pages(caller, size)
    seen = [o["id"] for page in pages for o in page["organizations"]]
    assert set(seen) == {o["id"] for o in caller.records("zendesk", "organizations")}
    for before, after in pairwise(pages):
        assert after["organizations"][0]["id"] in {o["id"] for o in before["organizations"]}


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_a_crowded_second_does_not_loop(
    start: Callable[..., Any], tmp_path: Path, size: int
) -> None:
    stamps = [AS_OF - timedelta(hours=h) for h in (9, 5, 5, 5, 5, 5, 4, 4, 4)]
    rows = [
        organization(n, name="X", domains=[], external_id=None, plan="p", created=at, updated=at)
        for n, at in enumerate(stamps, 1)
    ]
    (tmp_path / "zendesk").mkdir()
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "zendesk" / "organizations.ndjson").write_text(text, "utf-8")
    Manifest(AS_OF, {"zendesk": {"email": "a@b.example", "token": "t"}}, {}).write(tmp_path)
    pages = org_pages(start(tmp_path), size)
    assert {o["id"] for page in pages for o in page["organizations"]} == set(range(1, 10))


def test_the_newest_minute_is_left_out(caller: Any) -> None:
    now = int(AS_OF.timestamp())
    assert caller.get(f"{EXPORT}/users/cursor.json?start_time={now - 60}").status_code == 200
    answer = caller.get(f"{EXPORT}/users/cursor.json?start_time={now - 59}")
    assert (answer.status_code, answer.get_json()["error"]) == (400, "StartTimeTooRecent")


@pytest.mark.parametrize(
    "query", ["", "start_time=abc", "cursor=%%%", "start_time=0&per_page=1001"]
)
def test_a_wrong_export_call_is_refused(caller: Any, query: str) -> None:
    assert caller.get(f"{EXPORT}/tickets/cursor.json?{query}").status_code == 400


def test_the_eleventh_export_in_a_minute_waits(caller: Any) -> None:
    path = f"{EXPORT}/tickets/cursor.json?start_time=0&per_page=1"
    answers = [caller.get(path) for _ in range(11)]
    assert [a.status_code for a in answers] == [200] * 10 + [429]
    wait = int(answers[-1].headers["Retry-After"])
    assert 0 < wait <= 61
    caller.ticks.seconds += wait
    assert caller.get(path).status_code == 200


@pytest.mark.parametrize("kind", ["organizations", "users", "tickets"])
def test_a_cursor_list_and_the_count_agree(caller: Any, kind: str) -> None:
    query: dict[str, Any] = {"page[size]": 100}
    seen: list[int] = []
    has_more = True
    while has_more:
        page = caller.get(f"{API}/{kind}", query_string=query).get_json()
        seen += [record["id"] for record in page[kind]]
        query = {"page[size]": 100, "page[after]": page["meta"]["after_cursor"]}
        has_more = page["meta"]["has_more"]
    count = caller.get(f"{API}/{kind}/count.json").get_json()["count"]["value"]
    assert len(seen) == len(set(seen)) == count


def test_offset_pages_link_to_each_other(caller: Any) -> None:
    first = caller.get(f"{API}/users.json?per_page=100").get_json()
    second = caller.get(first["next_page"]).get_json()
    assert first["count"] == len(first["users"]) + len(second["users"])
    assert second["previous_page"]
    assert second["next_page"] is None
    assert caller.get(f"{API}/users.json?per_page=100&page=101").status_code == 400


def test_tickets_closed_long_ago_are_exported_but_not_listed(caller: Any) -> None:
    everything = len(caller.records("zendesk", "tickets"))
    assert caller.get(f"{API}/tickets/count").get_json()["count"]["value"] < everything


@pytest.mark.parametrize("is_known", [True, False])
def test_basic_credentials_open_the_account_and_others_do_not(caller: Any, is_known: bool) -> None:
    credentials = caller.credentials["zendesk"]
    secret = credentials["token"] if is_known else "wrong"
    plain = f"{credentials['email']}/token:{secret}".encode()
    header = {"Authorization": "Basic " + base64.b64encode(plain).decode()}
    answer = caller.get(f"{API}/users/me.json", headers=header)
    assert answer.status_code == (200 if is_known else 401)
    assert is_known or answer.get_json() == {"error": "Couldn't authenticate you"}


def test_one_record_is_shown_and_a_missing_one_is_not_found(caller: Any) -> None:
    record = caller.records("zendesk", "tickets")[0]
    shown = caller.get(f"{API}/tickets/{record['id']}.json").get_json()["ticket"]
    assert shown | {"custom_fields": []} == record
    answer = caller.get(f"{API}/tickets/99999999.json")
    assert answer.status_code == 404
    assert answer.get_json() == {"error": "RecordNotFound", "description": "Not found"}
    me = caller.get(f"{API}/users/me.json").get_json()["user"]
    assert (me["role"], me["email"]) == ("admin", caller.credentials["zendesk"]["email"])
