"""A ticket's past, ratings, hours and fields in the emulated Zendesk."""

import csv
import json
from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from sandbox.instants import zendesk_instant
from sandbox.vendors.zendesk.closures import japanese_holidays
from sandbox.vendors.zendesk.history import Hours
from sandbox.vendors.zendesk.records import schedule

API = "/zendesk/api/v2"
EXPORT = f"{API}/incremental"
AS_OF = datetime(2026, 11, 20, 9, tzinfo=UTC)
EXAMPLE = Path(__file__).resolve().parents[4].parent / "shared" / "worked_example"


def exported(caller: Any, query: str = "start_time=0&include=comment_events") -> list[Any]:
    found: list[Any] = []
    path = f"{EXPORT}/ticket_events.json?{query}"
    page: dict[str, Any] = {"end_of_stream": False}
    while not page["end_of_stream"]:
        page = caller.patiently("GET", path).get_json()
        found += page["ticket_events"]
        path = f"{page['next_page']}&include=comment_events"
    return list({event["id"]: event for event in found}.values())


def statuses(events: list[Any]) -> list[str]:
    ordered = sorted(events, key=lambda event: (event["timestamp"], event["id"]))
    return [
        child["status"]
        for event in ordered
        for child in event["child_events"]
        if child["event_type"] in {"Create", "Change"} and "status" in child
    ]


def test_the_past_of_every_ticket_leads_to_where_it_stands(caller: Any) -> None:
    by_ticket: dict[int, list[Any]] = {}
    for event in exported(caller):
        by_ticket.setdefault(event["ticket_id"], []).append(event)
    tickets = caller.records("zendesk", "tickets")
    assert by_ticket.keys() == {ticket["id"] for ticket in tickets}
    for ticket in tickets:
        events = by_ticket[ticket["id"]]
        entered = statuses(events)
        assert entered[0] == "new"
        assert entered[-1] == ticket["status"]
        assert all(before != after for before, after in pairwise(entered))
        stamps = {event["created_at"] for event in events}
        assert min(stamps) == ticket["created_at"]
        assert max(stamps) == ticket["updated_at"]


def test_each_change_names_the_value_before_it(caller: Any) -> None:
    for event in exported(caller):
        for child in event["child_events"]:
            if child["event_type"] == "Change" and "status" in child:
                assert child["previous_value"] != child["status"]


def test_comments_are_only_noted_unless_they_are_asked_for(caller: Any) -> None:
    event = caller.get(f"{EXPORT}/ticket_events.json?start_time=0").get_json()["ticket_events"][0]
    noted = [child for child in event["child_events"] if child["event_type"] == "Comment"]
    assert noted[0]["comment_present"] is True
    assert "body" not in noted[0]


def test_comments_audits_and_the_export_tell_the_same(caller: Any) -> None:
    events = [event for event in exported(caller) if event["ticket_id"] == 7]
    told = [c["id"] for e in events for c in e["child_events"] if c["event_type"] == "Comment"]
    comments = caller.get(f"{API}/tickets/7/comments").get_json()["comments"]
    assert [comment["id"] for comment in comments] == sorted(told)
    assert all(comment["html_body"].startswith("<div") for comment in comments)
    audits = caller.get(f"{API}/tickets/7/audits.json").get_json()["audits"]
    changes = [e for audit in audits for e in audit["events"] if e.get("field_name") == "status"]
    assert [change["value"] for change in changes] == statuses(events)


@pytest.mark.parametrize("child", ["comments", "audits", "metrics"])
def test_nothing_that_hangs_on_a_deleted_ticket_can_be_asked_for(caller: Any, child: str) -> None:
    owner = caller.app.vendors["zendesk"]
    ticket = owner.tables["tickets"].get("7")
    assert caller.get(f"{API}/tickets/7/{child}.json").status_code == 200
    owner.tables["tickets"].put(owner.deleted("tickets", ticket, caller.app.clock.now()))
    answer = caller.get(f"{API}/tickets/7/{child}.json")
    assert (answer.status_code, answer.get_json()["error"]) == (404, "RecordNotFound")
    listed = caller.get(f"{API}/deleted_tickets.json").get_json()["deleted_tickets"]
    assert [one["id"] for one in listed] == [7]


def test_metrics_of_archived_tickets_are_in_the_export_only(caller: Any) -> None:
    everything = len(caller.records("zendesk", "tickets"))
    listed = caller.get(f"{API}/ticket_metrics.json").get_json()["count"]
    assert 0 < listed < everything
    query = "start_time=0&include=metric_sets"
    tickets = caller.get(f"{EXPORT}/tickets/cursor.json?{query}").get_json()["tickets"]
    assert all(ticket["metric_set"]["ticket_id"] == ticket["id"] for ticket in tickets)
    assert {t["metric_set"]["reopens"] for t in tickets} >= {0, 1}
    unanswered = [
        t for t in tickets if t["metric_set"]["reply_time_in_minutes"]["calendar"] is None
    ]
    assert unanswered


def test_a_ticket_that_changes_on_the_next_day_leaves_an_event(caller: Any) -> None:
    before = {event["id"] for event in exported(caller)}
    caller.web.post("/_sandbox/advance")
    after = [event for event in exported(caller) if event["id"] not in before]
    assert len(after) == 4
    current = {ticket["id"]: ticket for ticket in caller.records("zendesk", "tickets")}
    for event in after:
        assert statuses([event]) == [current[event["ticket_id"]]["status"]]
        assert event["created_at"] == current[event["ticket_id"]]["updated_at"]


def test_a_merged_ticket_is_closed_tagged_and_named_in_both_tickets(caller: Any) -> None:
    events = exported(caller)
    taken = [
        (event["ticket_id"], child["via"]["source"]["from"]["ticket_id"])
        for event in events
        for child in event["child_events"]
        if child["event_type"] == "Comment" and child["via"]["source"]["rel"] == "merge"
    ]
    assert len(taken) > 2
    for target, source in taken:
        shown = caller.patiently("GET", f"{API}/tickets/{source}").get_json()["ticket"]
        assert shown["status"] == "closed"
        assert "closed_by_merge" in shown["tags"]
        said = caller.patiently("GET", f"{API}/tickets/{source}/comments").get_json()["comments"]
        assert f"#{target}" in said[-1]["body"]


def test_ratings_are_filtered_by_when_they_were_made(caller: Any) -> None:
    ratings = caller.records("zendesk", "satisfaction_ratings")
    assert {rating["score"] for rating in ratings} == {"good", "bad", "offered"}
    since = int(AS_OF.timestamp()) - 90 * 86_400
    young = [
        r for r in ratings if r["created_at"] >= zendesk_instant(datetime.fromtimestamp(since, UTC))
    ]
    answer = caller.get(f"{API}/satisfaction_ratings.json?start_time={since}&page[size]=100")
    assert len(answer.get_json()["satisfaction_ratings"]) == len(young) < len(ratings)
    count = caller.get(f"{API}/satisfaction_ratings/count").get_json()["count"]["value"]
    assert count == len(ratings)


def test_exports_have_a_limit_beside_the_accounts_and_tell_of_both(caller: Any) -> None:
    path = f"{EXPORT}/ticket_events.json?start_time=0&per_page=1"
    answers = [caller.get(path) for _ in range(11)]
    assert [a.status_code for a in answers] == [200] * 10 + [429]
    assert (
        answers[0]
        .headers["zendesk-ratelimit-incremental-exports"]
        .startswith("total=10; remaining=9; resets=")
    )
    assert answers[0].headers["ratelimit-limit"] == "700"
    other = caller.get(f"{API}/ticket_fields.json")
    assert other.status_code == 200
    assert "zendesk-ratelimit-incremental-exports" not in other.headers
    assert caller.get(f"{EXPORT}/users/cursor.json?start_time=0").status_code == 200


def test_search_counts_archived_tickets_and_no_deleted_ones(caller: Any) -> None:
    everything = len(caller.records("zendesk", "tickets"))
    path = f"{API}/search/count.json?query=type:ticket"
    assert caller.get(path).get_json() == {"count": everything}
    owner = caller.app.vendors["zendesk"]
    gone = owner.deleted("tickets", owner.tables["tickets"].get("7"), AS_OF)
    owner.tables["tickets"].put(gone)
    assert caller.get(path).get_json() == {"count": everything - 1}
    assert caller.get(f"{API}/search/count.json?query=printer").status_code == 422


def test_tickets_of_machines_are_shown_to_who_asks_for_them(caller: Any) -> None:
    details = caller.app.vendors["zendesk"].tables["ticket_details"]
    details.put(details.get("7") | {"support_type": "ai_agent"})
    path = f"{EXPORT}/tickets/cursor.json?start_time=0"
    assert 7 not in {t["id"] for t in caller.get(path).get_json()["tickets"]}
    whole = caller.get(f"{path}&support_type_scope=all").get_json()["tickets"]
    assert 7 in {ticket["id"] for ticket in whole}
    assert caller.get(f"{path}&support_type_scope=robots").status_code == 400


def test_holidays_belong_to_a_schedule_and_do_not_say_so(caller: Any) -> None:
    schedules = caller.get(f"{API}/business_hours/schedules.json").get_json()["schedules"]
    assert [one["time_zone"] for one in schedules] == ["Tokyo", "Eastern Time (US & Canada)"]
    path = f"{API}/business_hours/schedules/{schedules[0]['id']}/holidays.json"
    holidays = caller.get(path).get_json()["holidays"]
    assert "schedule_id" not in holidays[0]
    assert any(one["start_date"] < one["end_date"] for one in holidays)
    assert caller.get(f"{API}/business_hours/schedules/1/holidays.json").status_code == 404


def test_merges_are_told_by_who_took_part_and_still_lives(caller: Any) -> None:
    (merge,) = caller.records("zendesk", "organization_merges")
    for side in ("winner_id", "loser_id"):
        answer = caller.get(f"{API}/organizations/{merge[side]}/merges")
        assert answer.get_json()["organization_merges"] == [merge]
    owner = caller.app.vendors["zendesk"]
    loser = owner.tables["organizations"].get(str(merge["loser_id"]))
    owner.tables["organizations"].put(owner.deleted("organizations", loser, AS_OF))
    assert caller.get(f"{API}/organizations/{merge['loser_id']}/merges").status_code == 404


# -- days and hours --------------------------------------------------------------------------


def test_japanese_holidays_are_those_of_the_worked_example() -> None:
    if not EXAMPLE.is_dir():
        pytest.skip("the worked example is not beside this checkout")
    with (EXAMPLE / "holiday.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["schedule_id"] == "TYO"]
    invented = {day.isoformat(): name for day, name in japanese_holidays(2025)}
    assert len(rows) > 5
    assert {row["holiday_date"] for row in rows} <= invented.keys()


def test_substitutes_and_days_between_holidays_are_off() -> None:
    days = dict(japanese_holidays(2026))
    assert days[date(2026, 5, 6)] == "振替休日"
    assert days[date(2026, 9, 22)] == "国民の休日"
    assert date(2026, 5, 7) not in days


OFFICE = dict.fromkeys(range(1, 6), (9 * 60, 18 * 60))
SHOP = dict.fromkeys(range(1, 6), (9 * 60, 17 * 60))


@pytest.mark.parametrize(
    ("zone", "hours", "closed", "since", "until", "minutes"),
    [
        # A holiday between two days, worked by hand in the worked example (E76).
        ("Tokyo", OFFICE, ["2025-04-29"], "2025-04-28T08:00Z", "2025-04-30T03:00Z", 240),
        # The clock is put forward over the weekend (E77).
        ("Eastern Time (US & Canada)", SHOP, [], "2025-03-07T20:00Z", "2025-03-10T14:00Z", 180),
    ],
)
def test_business_minutes_are_those_of_the_worked_example(
    *,
    zone: str,
    hours: dict[int, tuple[int, int]],
    closed: list[str],
    since: str,
    until: str,
    minutes: int,
) -> None:
    desk = Hours(schedule(1, "Desk", zone, hours, AS_OF), closed, range(2025, 2026))
    span = (datetime.fromisoformat(since), datetime.fromisoformat(until))
    assert desk.minutes(*span) == minutes


def test_what_was_there_before_is_written_as_before(data: Path) -> None:
    text = (data / "zendesk" / "tickets.ndjson").read_text("utf-8")
    tickets = [json.loads(line) for line in text.splitlines()]
    assert all(ticket["custom_fields"] == [] for ticket in tickets)
    assert all("closed_by_merge" not in ticket["tags"] for ticket in tickets)
