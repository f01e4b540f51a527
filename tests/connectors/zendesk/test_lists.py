"""What Zendesk shows in lists: merges, ratings, hours, fields; and how we are let in and paced."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

import httpx
import pytest

from connectors.core import registry
from connectors.core.http import ToolClient
from connectors.core.pace import Allowance
from connectors.core.settings import load_vendor_settings
from connectors.core.source import Reading
from connectors.zendesk import counts, lists
from connectors.zendesk.source import EXPORTS, USER_EXPORTS, ZendeskSettings, allowances
from orchestration.app import App
from sandbox.instants import zendesk_instant
from tests.connectors.conftest import Extraction
from tests.emulated import Vendors
from warehouse.clock import FixedClock
from warehouse.errors import Misconfigured, Refused

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)


# -- merges ----------------------------------------------------------------------------------


def test_merged_organizations_are_landed_with_winner_and_loser_though_the_loser_is_gone(
    extraction: Extraction, vendors: Vendors
) -> None:
    extraction.run("zendesk", "organizations", "organization_merges")
    owner, now = vendors.sandbox.vendors["zendesk"], vendors.sandbox.clock.now()
    winner, loser = vendors.records("zendesk", "organizations")[:2]
    vendors.put("zendesk", "organizations", owner.deleted("organizations", loser, now))
    vendors.put("zendesk", "organizations", owner.stamped("organizations", winner, now, new=False))
    merge = {"id": "01MERGE", "loser_id": loser["id"], "winner_id": winner["id"], "url": ""}
    owner.tables["organization_merges"].put(merge | {"status": "complete"})
    vendors.wait(120)
    results = extraction.run(
        "zendesk",
        "organizations",
        "organization_merges",
        change=lambda stream: replace(stream, every=None),
    )
    assert [one.status for one in results.values()] == ["done", "done"]
    assert results["organizations"].landed.deletions == 1
    assert "01MERGE" in extraction.keys("zendesk", "organization_merges")


def test_a_merged_user_is_landed_as_deleted_and_their_tickets_as_moved(
    extraction: Extraction, vendors: Vendors
) -> None:
    extraction.run("zendesk", "users", "tickets")
    owner, now = vendors.sandbox.vendors["zendesk"], vendors.sandbox.clock.now()
    ticket = vendors.records("zendesk", "tickets")[0]
    users = {user["id"]: user for user in vendors.records("zendesk", "users")}
    winner = next(one for one in users if one != ticket["requester_id"])
    loser = owner.deleted("users", users[ticket["requester_id"]], now)
    vendors.put("zendesk", "users", loser)
    # Moving a ticket is a change of the system's: its `updated_at` stays.
    moved = {"requester_id": winner, "generated_timestamp": int(now.timestamp())}
    vendors.put("zendesk", "tickets", ticket | moved)
    vendors.wait(120)
    results = extraction.run("zendesk", "users", "tickets")
    assert results["users"].landed.deletions == 1
    assert results["tickets"].landed.versions == 1


# -- ratings ---------------------------------------------------------------------------------


def changed_rating(vendors: Vendors, age: timedelta) -> str:
    """Let a rating of that age become bad now; its key."""
    now = vendors.sandbox.clock.now()
    rating = vendors.records("zendesk", "satisfaction_ratings")[0]
    stamps = {"created_at": zendesk_instant(now - age), "updated_at": zendesk_instant(now)}
    vendors.put("zendesk", "satisfaction_ratings", rating | stamps | {"score": "bad"})
    return str(rating["id"])


def test_a_rating_that_changes_while_its_ticket_is_open_is_landed(
    extraction: Extraction, vendors: Vendors
) -> None:
    extraction.run("zendesk", "satisfaction_ratings")
    key = changed_rating(vendors, timedelta(days=28))
    result = extraction.run("zendesk", "satisfaction_ratings")["satisfaction_ratings"]
    assert result.landed.versions == 1
    versions = [one for one in extraction.log("zendesk", "satisfaction_ratings") if one[0] == key]
    assert "bad" in {json.loads(one[3])["score"] for one in versions}


def test_later_readings_of_the_ratings_ask_for_the_last_weeks_only(
    extraction: Extraction, vendors: Vendors
) -> None:
    first = extraction.run("zendesk", "satisfaction_ratings")["satisfaction_ratings"]
    again = extraction.run("zendesk", "satisfaction_ratings")["satisfaction_ratings"]
    since = zendesk_instant(vendors.sandbox.clock.now() - lists.RATINGS_CHANGE_FOR)
    young = [
        one
        for one in vendors.records("zendesk", "satisfaction_ratings")
        if one["created_at"] >= since
    ]
    assert again.read == len(young) < first.read


# -- hours -----------------------------------------------------------------------------------


class Stub:
    """A client whose every answer is a refusal, or what a test says by path."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers

    def get(self, path: str, params: object = None) -> Any:  # noqa: ARG002  # as the client's
        if path not in self.answers:
            raise Refused("no", status=404, body="")
        return self.answers[path]


def reading_of(stub: Stub, known: list[str], said: list[str]) -> Reading:
    clock = FixedClock(NOW)
    return Reading(stub, None, clock, lambda _: known, said.append)  # type: ignore[arg-type]


def test_a_plan_without_business_hours_is_told_and_is_no_error() -> None:
    said: list[str] = []
    (page,) = lists.schedules(reading_of(Stub({}), [], said))
    assert page.records == []
    assert "business hours" in said[0]


def test_schedules_that_vanish_all_at_once_are_not_believed_to_be_gone() -> None:
    with pytest.raises(Refused):
        list(lists.schedules(reading_of(Stub({}), ["1"], [])))


def test_a_schedule_that_is_deleted_meanwhile_does_not_stop_the_holidays_of_the_others(
    extraction: Extraction, vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, now = vendors.sandbox.vendors["zendesk"], vendors.sandbox.clock.now()
    schedules = vendors.records("zendesk", "schedules")
    listed = [json.dumps(schedule).encode() for schedule in schedules]
    monkeypatch.setattr(lists, "_schedules", lambda _: listed)
    vendors.put("zendesk", "schedules", owner.deleted("schedules", schedules[0], now))
    result = extraction.run("zendesk", "holidays")["holidays"]
    assert result.status == "done"
    landed = [json.loads(one[3]) for one in extraction.log("zendesk", "holidays")]
    assert {holiday["schedule_id"] for holiday in landed} == {schedules[1]["id"]}
    assert all(holiday["name"] for holiday in landed)


# -- counts ----------------------------------------------------------------------------------


class Counted:
    def __init__(self, found: object) -> None:
        self._found = found

    def value(self, name: str, default: object = None) -> object:  # noqa: ARG002  # as above
        return self._found


@pytest.mark.parametrize(
    ("found", "count"),
    [
        ({"value": 100_000, "refreshed_at": "2026-11-20T09:00:00Z"}, 100_000),
        ({"value": 100_001, "refreshed_at": "2026-11-20T09:00:00Z"}, None),
        ({"value": 7, "refreshed_at": None}, None),
    ],
)
def test_a_count_that_may_be_a_day_old_is_none(found: object, count: int | None) -> None:
    stub: Any = Stub({"/api/v2/users/count.json": Counted(found)})
    assert counts.listed("users")(stub) == count


# -- limits and credentials ------------------------------------------------------------------


def answer(**headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(200, headers=named)


def test_the_headers_tell_of_the_account_and_of_the_exports_apart() -> None:
    account = {"ratelimit_limit": "700", "ratelimit_remaining": "699", "ratelimit_reset": "41"}
    told = allowances(
        answer(
            **account,
            zendesk_ratelimit_incremental_exports="total=30; remaining=2; resets=12",
            zendesk_ratelimit_tickets_index="total=100; remaining=99; resets=41",
        ),
        NOW,
    )
    assert told == [Allowance(700, 699, 41.0), Allowance(30, 2, 12.0, budget=EXPORTS)]
    users = answer(zendesk_ratelimit_incremental_exports_cursor="total=20; remaining=9; resets=1")
    assert allowances(users, NOW) == [Allowance(20, 9, 1.0, budget=USER_EXPORTS)]
    assert allowances(answer(ratelimit_limit="many"), NOW) == []


@pytest.mark.parametrize(
    ("path", "own"),
    [
        ("/api/v2/incremental/tickets/cursor.json", [EXPORTS]),
        ("/api/v2/incremental/ticket_events.json", [EXPORTS]),
        ("/api/v2/incremental/organizations.json", [EXPORTS]),
        ("/api/v2/incremental/users/cursor.json", [USER_EXPORTS]),
        ("/api/v2/satisfaction_ratings", []),
        ("/api/v2/business_hours/schedules/1/holidays.json", []),
    ],
)
def test_only_exports_are_paced_as_exports(path: str, own: list[str]) -> None:
    budgets = registry.source("zendesk").budgets  # type: ignore[attr-defined]
    assert [glob for glob in budgets if fnmatchcase(path, glob)] == own


def test_what_is_no_export_is_not_kept_waiting_by_the_exports(
    installed: Callable[[dict[str, str]], App], vendors: Vendors
) -> None:
    app = installed(vendors.settings())
    with registry.source("zendesk").open(app.settings.http, app.clock) as client:
        assert isinstance(client, ToolClient)
        began = time.monotonic()
        for _ in range(40):
            client.get("/api/v2/ticket_fields/count.json")
        assert time.monotonic() - began < 5


def test_an_oauth_token_opens_the_account_alone(
    installed: Callable[[dict[str, str]], App], vendors: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = vendors.settings()
    token = settings["REVOPS_ZENDESK__TOKEN"]
    app = installed(settings | {"REVOPS_ZENDESK__OAUTH_TOKEN": token})
    for name in ("EMAIL", "TOKEN"):
        monkeypatch.delenv(f"REVOPS_ZENDESK__{name}")
    with registry.source("zendesk").open(app.settings.http, app.clock) as client:
        assert isinstance(client, ToolClient)
        assert client.get("/api/v2/users/me.json").value("user")["role"] == "admin"
        assert client.redact(f"Bearer {token}") == "Bearer ***"


def test_without_any_token_both_settings_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVOPS_ZENDESK__BASE_URL", "https://x.zendesk.com")
    with pytest.raises(Misconfigured) as caught:
        load_vendor_settings(ZendeskSettings, "zendesk", "admin")
    assert "REVOPS_ZENDESK__EMAIL is not set" in str(caught.value)
    assert "REVOPS_ZENDESK__TOKEN is not set" in str(caught.value)
