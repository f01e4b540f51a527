"""How soon tickets are answered and solved, and how content people are: ticket_time, csat, nps."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from tests.metrics.oracle.business_hours import business_minutes
from tests.metrics.oracle.company import (
    Company,
    CsatResponse,
    Record,
    Ticket,
    ratio_text,
    share,
)
from tests.metrics.oracle.deals import mean, median, minutes
from tests.metrics.oracle.people import erased

STATUSES = ("new", "open", "solved", "closed", "deleted")
SOLVED, CLOSED = 2, 3


@dataclass(frozen=True)
class Handled:
    """A ticket and what became of it."""

    ticket: Ticket
    replied: datetime | None
    first_solved: datetime | None
    last_solved: datetime | None
    is_solved: bool
    reopens: int


def records(company: Company) -> Iterator[Record]:
    handled = [
        _handled(company, ticket)
        for ticket in company.tickets
        if not ticket.is_deleted
        and ticket.merged_into_ticket_id is None
        and ticket.created_at < company.calendar.as_of
    ]
    yield from _tickets(company, handled)
    yield from _csat(company, handled)
    yield from _nps(company)


def _handled(company: Company, ticket: Ticket) -> Handled:
    as_of = company.calendar.as_of
    replies = sorted(
        (comment.created_at, comment.comment_id)
        for comment in company.ticket_comments
        if comment.ticket_id == ticket.ticket_id
        and comment.author_role == "agent"
        and comment.is_public
        and comment.created_at < as_of
    )[1 if ticket.created_by == "agent" else 0 :]
    history = sorted(
        (row.entered_at, STATUSES.index(row.status))
        for row in company.ticket_statuses
        if row.ticket_id == ticket.ticket_id and row.entered_at < as_of
    )
    solved = [at for at, status in history if status == SOLVED]
    ends = solved or [at for at, status in history if status == CLOSED][:1]
    last = STATUSES[history[-1][1]] if history else ticket.current_status
    is_solved = last in {"solved", "closed"}
    return Handled(
        ticket,
        replied=replies[0][0] if replies else None,
        first_solved=ends[0] if ends else None,
        last_solved=ends[-1] if ends and is_solved else None,
        is_solved=is_solved,
        reopens=max(len(solved) - 1, 0),
    )


def _spans(company: Company, one: Handled) -> Iterator[tuple[str, str, Fraction | None]]:
    """Each duration of a ticket by both clocks: name, clock, minutes."""
    ticket = one.ticket
    for name, end in {
        "first_reply": one.replied,
        "first_resolution": one.first_solved,
        "full_resolution": one.last_solved,
    }.items():
        yield name, "calendar", minutes(end - ticket.created_at) if end else None
        worked = None
        if end:
            worked = business_minutes(company, ticket.schedule_id, ticket.created_at, end)
        yield name, "business", worked


def _in_window(company: Company, at: datetime) -> bool:
    calendar = company.calendar
    return at < calendar.as_of and calendar.date_of(at) in calendar.window


def _tickets(company: Company, handled: list[Handled]) -> Iterator[Record]:
    dims = {"period": company.calendar.window.label}
    counted = [one for one in handled if _in_window(company, one.ticket.created_at)]
    taken: dict[tuple[str, str], list[Fraction]] = {
        (name, clock): []
        for name in ("first_reply", "first_resolution", "full_resolution")
        for clock in ("business", "calendar")
    }
    for one in counted:
        ticket = {"ticket_id": one.ticket.ticket_id}
        for name, clock, span in _spans(company, one):
            yield Record(f"ticket_{name}_{clock}_minutes", ticket, ratio_text(span))
            if span is not None:
                taken[name, clock].append(span)
        yield Record("ticket_reopens", ticket, str(one.reopens))
    for (name, clock), spans in taken.items():
        by = dims | {"basis": clock}
        yield Record(f"ticket_{name}_minutes_mean", by, ratio_text(mean(spans)))
        yield Record(f"ticket_{name}_minutes_median", by, ratio_text(median(spans)))
    yield Record("tickets_counted", dims, str(len(counted)))
    waiting = sum(not one.is_solved for one in handled)
    today = company.calendar.as_of_date.isoformat()
    yield Record("tickets_unsolved", {"as_of": today}, str(waiting))


def _csat(company: Company, handled: list[Handled]) -> Iterator[Record]:
    dims = {"period": company.calendar.window.label}
    tickets = {one.ticket.ticket_id for one in handled}
    gone = erased(company)
    given = sorted(
        (
            answer
            for answer in company.csat_responses
            if answer.ticket_id in tickets
            and answer.person_id not in gone
            and _in_window(company, answer.responded_at)
        ),
        key=lambda answer: (answer.responded_at, answer.response_id),
    )
    latest = list({answer.ticket_id: answer for answer in given}.values())
    for method, answers in {"latest_per_ticket": latest, "all_responses": given}.items():
        yield Record("csat", dims | {"method": method}, ratio_text(_content(company, answers)))
    solved = [
        one for one in handled if one.is_solved and _in_window(company, one.ticket.created_at)
    ]
    yield Record("csat_response_rate", dims, ratio_text(share(len(latest), len(solved))))


def _content(company: Company, answers: list[CsatResponse]) -> Fraction | None:
    least = int(company.policy["csat_positive_min"])
    return share(sum(answer.score >= least for answer in answers), len(answers))


def _nps(company: Company) -> Iterator[Record]:
    as_of = company.calendar.as_of
    since = as_of - timedelta(days=int(company.policy["nps_window_days"]))
    gone = erased(company)
    latest = {
        answer.person_id: answer.score
        for answer in sorted(
            company.nps_responses, key=lambda answer: (answer.responded_at, answer.response_id)
        )
        if since <= answer.responded_at < as_of and answer.person_id not in gone
    }
    dims = {"as_of": company.calendar.as_of_date.isoformat()}
    balance = sum((score >= 9) - (score <= 6) for score in latest.values())
    yield Record("nps", dims, ratio_text(share(100 * balance, len(latest))))
    yield Record("nps_respondents", dims, str(len(latest)))
