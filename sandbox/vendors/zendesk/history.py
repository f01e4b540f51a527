"""A ticket's past out of its events: comments, audits, metrics, and metric events."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate, pairwise
from typing import Any
from zoneinfo import ZoneInfo

from sandbox.instants import parse_instant, zendesk_instant
from sandbox.store import Record, Table
from sandbox.vendors.zendesk.records import HOST, with_all_bodies

_ZONES = {"Tokyo": "Asia/Tokyo", "Eastern Time (US & Canada)": "America/New_York"}
_OPEN = ("new", "open")
_SOLVED = ("solved", "closed")
_NOT_FIELDS = {"id", "via", "via_reference_id", "event_type", "previous_value"}


def comments(events: list[Record]) -> list[Record]:
    return [
        with_all_bodies({name: value for name, value in child.items() if name != "event_type"})
        for event in events
        for child in event["child_events"]
        if child["event_type"] == "Comment"
    ]


def audits(events: list[Record]) -> list[Record]:
    """The same updates as the audits show them: each changed field named in `field_name`."""
    return [
        {
            "id": event["id"],
            "ticket_id": event["ticket_id"],
            "created_at": event["created_at"],
            "author_id": event["updater_id"],
            "metadata": {"system": event["system"], "custom": event["metadata"]},
            "via": {"channel": "web", "source": {"from": {}, "to": {}, "rel": None}},
            "events": [_audited(child) for child in event["child_events"]],
        }
        for event in events
    ]


def _audited(child: dict[str, Any]) -> dict[str, Any]:
    if child["event_type"] not in {"Create", "Change"}:
        kept = {name: value for name, value in child.items() if name != "event_type"}
        return {**kept, "type": child["event_type"]}
    field = next(name for name in child if name not in _NOT_FIELDS)
    shown = {"id": child["id"], "type": child["event_type"], "field_name": field}
    before = {"previous_value": child["previous_value"]} if "previous_value" in child else {}
    return {**shown, "value": child[field], **before}


class Hours:
    """When a desk is open over some years, so that business minutes can be counted at once."""

    def __init__(self, schedule: Record, closed: Iterable[str], years: range) -> None:
        self._closed = frozenset(closed)
        self._zone = ZoneInfo(_ZONES.get(schedule["time_zone"], "UTC"))
        self._intervals = schedule["intervals"]
        first = date(years.start, 1, 1)
        days = (first + timedelta(days=n) for n in range((date(years.stop, 1, 1) - first).days))
        spans = [span for day in days for span in self._open_on(day)]
        self._begins = [begins for begins, _ in spans]
        self._lengths = [ends - begins for begins, ends in spans]
        self._before = [0.0, *accumulate(self._lengths)]

    def _open_on(self, day: date) -> Iterator[tuple[float, float]]:
        if day.isoformat() in self._closed:
            return
        midnight = datetime(day.year, day.month, day.day, tzinfo=self._zone)
        # Zendesk's week begins with Sunday, Python's with Monday.
        first = (day.weekday() + 1) % 7 * 1_440
        for interval in self._intervals:
            if first <= interval["start_time"] < first + 1_440:
                begins = midnight + timedelta(minutes=interval["start_time"] - first)
                ends = midnight + timedelta(minutes=interval["end_time"] - first)
                yield begins.timestamp(), ends.timestamp()

    def _seconds_until(self, at: datetime) -> float:
        """How long the desk was open before an instant."""
        place = bisect_right(self._begins, at.timestamp())
        if place == 0:
            return 0.0
        last = min(self._lengths[place - 1], at.timestamp() - self._begins[place - 1])
        return self._before[place - 1] + last

    def minutes(self, since: datetime, until: datetime) -> int:
        return int((self._seconds_until(until) - self._seconds_until(since)) // 60)


@dataclass(frozen=True)
class Past:
    """One ticket with its events in order; `hours` is what its business minutes count by."""

    ticket: Record
    events: list[Record]
    agents: frozenset[int]
    hours: Hours | None

    def statuses(self) -> list[tuple[datetime, str]]:
        """Every status that the ticket entered, in order."""
        return [
            (parse_instant(event["created_at"]), child["status"])
            for event in self.events
            for child in event["child_events"]
            if child["event_type"] in {"Create", "Change"} and "status" in child
        ]

    def replies(self) -> list[datetime]:
        """When an agent answered for the customer to see."""
        return [
            parse_instant(event["created_at"])
            for event in self.events
            for child in event["child_events"]
            if child["event_type"] == "Comment"
            and child["public"]
            and child["author_id"] in self.agents
        ]

    def _took(self, until: datetime | None) -> dict[str, int | None]:
        if until is None:
            return {"calendar": None, "business": None}
        begun = parse_instant(self.ticket["created_at"])
        business = self.hours.minutes(begun, until) if self.hours else None
        return {"calendar": int((until - begun).total_seconds() // 60), "business": business}

    def metrics(self) -> Record:
        """The ticket's metric set, as `GET /tickets/{id}/metrics` shows it."""
        statuses, replies = self.statuses(), self.replies()
        solved = [at for at, status in statuses if status in _SOLVED]
        names = [status for _, status in statuses]
        reopened = sum(
            before in _SOLVED and after not in _SOLVED for before, after in pairwise(names)
        )
        is_solved = self.ticket["status"] in _SOLVED
        record_id, assigned = 10_000_000 + int(self.ticket["id"]), self.ticket["assignee_id"]
        return {
            "url": f"{HOST}/api/v2/ticket_metrics/{record_id}.json",
            "id": record_id,
            "ticket_id": self.ticket["id"],
            "created_at": self.ticket["created_at"],
            "updated_at": self.ticket["updated_at"],
            "group_stations": 0,
            "assignee_stations": 0 if assigned is None else 1,
            "reopens": reopened,
            "replies": len(replies),
            "assignee_updated_at": self.ticket["updated_at"],
            "requester_updated_at": self.ticket["created_at"],
            "status_updated_at": zendesk_instant(statuses[-1][0]) if statuses else None,
            "initially_assigned_at": None if assigned is None else self.ticket["created_at"],
            "assigned_at": None if assigned is None else self.ticket["created_at"],
            "solved_at": zendesk_instant(solved[-1]) if solved and is_solved else None,
            "latest_comment_added_at": zendesk_instant(replies[-1]) if replies else None,
            "reply_time_in_minutes": self._took(replies[0] if replies else None),
            "first_resolution_time_in_minutes": self._took(solved[0] if solved else None),
            "full_resolution_time_in_minutes": self._took(
                _last_solved(statuses) if is_solved else None
            ),
            "requester_wait_time_in_minutes": self._waited(statuses, (*_OPEN, "hold")),
            "agent_wait_time_in_minutes": self._waited(statuses, ("pending",)),
            "on_hold_time_in_minutes": self._waited(statuses, ("hold",)),
        }

    def _waited(
        self, statuses: list[tuple[datetime, str]], counted: tuple[str, ...]
    ) -> dict[str, int | None]:
        spans = [
            (since, until)
            for (since, status), (until, _) in pairwise(statuses)
            if status in counted
        ]
        calendar = sum((until - since).total_seconds() for since, until in spans) // 60
        hours = self.hours
        business = sum(hours.minutes(*span) for span in spans) if hours else None
        return {"calendar": int(calendar), "business": business}

    def metric_events(self) -> Iterator[Record]:
        """The clock of the first reply and that of the resolution, as they start and stop."""
        begun, number = self.ticket["created_at"], int(self.ticket["id"]) * 100
        marks = [("reply_time", "activate", begun), ("resolution_time", "activate", begun)]
        marks += [("reply_time", "fulfill", zendesk_instant(at)) for at in self.replies()[:1]]
        for at, status in self.statuses()[1:]:
            kind = "fulfill" if status == "solved" else "update_status"
            marks.append(("resolution_time", kind, zendesk_instant(at)))
        for place, (metric, kind, at) in enumerate(marks):
            yield {
                "id": number + place,
                "ticket_id": self.ticket["id"],
                "metric": metric,
                "instance_id": 1,
                "type": kind,
                "time": at,
            }


def _last_solved(statuses: list[tuple[datetime, str]]) -> datetime | None:
    """When the ticket was solved for good: closing a solved ticket is no second resolution."""
    last = None
    for at, status in statuses:
        if status not in _SOLVED:
            last = None
        elif last is None:
            last = at
    return last


class Histories:
    """Finds the events of a ticket; the index is made anew when events were added."""

    def __init__(self, events: Table) -> None:
        self._events = events
        self._made_at = -1
        self._index: dict[int, list[Record]] = {}

    def of(self, ticket_id: int) -> list[Record]:
        if self._made_at != self._events.version:
            self._made_at, self._index = self._events.version, {}
            for event in self._events:
                self._index.setdefault(event["ticket_id"], []).append(event)
        found = self._index.get(ticket_id, [])
        return sorted(found, key=lambda event: (event["timestamp"], event["id"]))
