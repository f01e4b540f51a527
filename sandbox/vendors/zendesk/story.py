"""What became of tickets, and when the desks are open: the truth behind Zendesk's records."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from sandbox.generation.ledger import Ledger
from sandbox.generation.meaning import OFFICE
from sandbox.instants import parse_instant
from sandbox.vendors.zendesk.closures import japanese_holidays
from sandbox.vendors.zendesk.tales import SYSTEM, Tale, Update

# By day of the week, Sunday being 0: minutes from midnight.
Hours = Mapping[int, tuple[int, int]]
_STATUSES = {"pending": "open", "hold": "open"}
_SCORES = {"good": 5, "bad": 1}


def schedule_key(schedule_id: int) -> str:
    return f"zendesk:schedules:{schedule_id}"


def ticket_key(ticket_id: int) -> str:
    return f"zendesk:tickets:{ticket_id}"


def enter_schedules(
    ledger: Ledger, desks: Mapping[int, tuple[str, Hours]], closures: Sequence[dict[str, Any]]
) -> None:
    """When each desk is open, and on which days it is not."""
    for desk, (zone, hours) in desks.items():
        _enter_hours(ledger, schedule_key(desk), zone, hours)
        closed = [one for one in closures if one["schedule_id"] == desk]
        days = {day: one["name"] for one in reversed(closed) for day in _days(one)}
        _enter_holidays(ledger, schedule_key(desk), days)


def enter_office(ledger: Ledger, year: int) -> None:
    """Our own office hours, by which no help desk counts."""
    _enter_hours(ledger, OFFICE, "Asia/Tokyo", dict.fromkeys(range(1, 6), (9 * 60, 18 * 60)))
    days = {
        day.isoformat(): name
        for one in range(year - 2, year + 3)
        for day, name in japanese_holidays(one)
    }
    _enter_holidays(ledger, OFFICE, days)


def _enter_hours(ledger: Ledger, key: str, zone: str, hours: Hours) -> None:
    for day, (opens, closes) in hours.items():
        ledger.add(
            "business_schedule",
            "zendesk",
            key,
            schedule_id=key,
            timezone=zone,
            weekday=(day - 1) % 7,
            open_time=f"{opens // 60:02}:{opens % 60:02}",
            close_time=f"{closes // 60:02}:{closes % 60:02}",
        )


def _enter_holidays(ledger: Ledger, key: str, days: Mapping[str, str]) -> None:
    for day, name in sorted(days.items()):
        ledger.add("holiday", "zendesk", key, schedule_id=key, holiday_date=day, holiday_name=name)


def _days(closure: dict[str, Any]) -> list[str]:
    first, last = (date.fromisoformat(closure[f"{end}_date"]) for end in ("start", "end"))
    return [(first + timedelta(days=day)).isoformat() for day in range((last - first).days + 1)]


def enter_ticket(
    ledger: Ledger,
    tale: Tale,
    updates: Sequence[Update],
    whose: tuple[str, str, int | None],
    *,
    first: int,
) -> None:
    """A ticket with its statuses, comments and answers.

    Args:
        ledger: where the truth is written.
        tale: the ticket and what happened to it.
        updates: that, in order of time.
        whose: the company, its person, and the ticket into which this one went, if any.
        first: the desk that has a ticket which nobody gave to another.
    """
    account, person, target = whose
    ticket, key = tale.ticket, ticket_key(tale.ticket["id"])
    children = [(update, child) for update in updates for child in update.children]
    desks = [c["new_schedule_id"] for _, c in children if c["event_type"] == "ScheduleAssignment"]
    ledger.add(
        "ticket",
        "zendesk",
        ticket["id"],
        ticket_id=key,
        account_id=account,
        requester_person_id=person,
        schedule_id=schedule_key((*desks, first)[0]),
        created_at=parse_instant(ticket["created_at"]),
        created_by="end_user" if tale.submitter == tale.requester else "agent",
        priority=ticket["priority"],
        current_status=_STATUSES.get(ticket["status"], ticket["status"]),
        merged_into_ticket_id=target and ticket_key(target),
        is_deleted=False,
    )
    _enter_statuses(ledger, ticket["id"], key, children)
    for number, (update, child) in enumerate(children):
        if child["event_type"] == "Comment" and update.updater_id != SYSTEM:
            ledger.add(
                "ticket_comment",
                "zendesk",
                ticket["id"],
                comment_id=f"{key}/{number}",
                ticket_id=key,
                author_role="end_user" if update.updater_id == tale.requester else "agent",
                is_public=child["public"],
                created_at=update.at,
            )
        if child["event_type"] == "SatisfactionRating":
            ledger.add(
                "csat_response",
                "zendesk",
                ticket["id"],
                response_id=f"{key}/{number}",
                ticket_id=key,
                person_id=person,
                score=_SCORES[child["score"]],
                responded_at=update.at,
            )


def _enter_statuses(
    ledger: Ledger, ticket_id: int, key: str, children: list[tuple[Update, dict[str, Any]]]
) -> None:
    entered = [
        (_STATUSES.get(child["status"], child["status"]), update.at)
        for update, child in children
        if child["event_type"] in {"Create", "Change"} and "status" in child
    ]
    for (before, _), (status, at) in pairwise([("", None), *entered]):
        if status != before:
            ledger.add(
                "ticket_status_history",
                "zendesk",
                ticket_id,
                ticket_id=key,
                status=status,
                entered_at=at,
            )
