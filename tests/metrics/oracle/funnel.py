"""From lead to customer, how fast sales answers, how much it does: leads, mql, sla, activity."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

from tests.metrics.oracle.business_hours import business_minutes
from tests.metrics.oracle.company import Company, PersonStage, Record, ratio_text, share
from tests.metrics.oracle.deals import NEW_BUSINESS, Deals, mean, median, minutes
from tests.metrics.oracle.people import LEAD, MQL, REJECTED, SAL, SQL, living, stage_entries


def records(company: Company) -> Iterator[Record]:
    people = {person.person_id for person in living(company)}
    entries = {p: rows for p, rows in stage_entries(company).items() if p in people}
    yield from _leads(company, entries)
    yield from _mqls(company, entries)
    yield from _sla(company, entries)
    yield from _activity(company)


Entries = dict[str, list[PersonStage]]


def _first_in_window(company: Company, entries: Entries, stage: str) -> dict[str, datetime]:
    """Everyone whose first time in a stage falls in the window."""
    firsts = {
        person: next((row.entered_at for row in rows if row.stage == stage), None)
        for person, rows in entries.items()
    }
    calendar = company.calendar
    return {p: at for p, at in firsts.items() if at and calendar.date_of(at) in calendar.window}


def _leads(company: Company, entries: Entries) -> Iterator[Record]:
    dims = {"period": company.calendar.window.label}
    leads = _first_in_window(company, entries, LEAD)
    qualified = [p for p in leads if any(row.stage == MQL for row in entries[p])]
    won = {
        deal.opportunity_id
        for deal in Deals(company).all
        if deal.is_won and deal.opportunity_type == NEW_BUSINESS
    }
    buyers = {role.person_id for role in company.contact_roles if role.opportunity_id in won}
    customers = leads.keys() & buyers
    yield Record("leads_created", dims, str(len(leads)))
    yield Record("lead_to_mql_rate", dims, ratio_text(share(len(qualified), len(leads))))
    yield Record("lead_to_customer_rate", dims, ratio_text(share(len(customers), len(leads))))


def _mqls(company: Company, entries: Entries) -> Iterator[Record]:
    window = company.calendar.window
    cohort = _first_in_window(company, entries, MQL)
    events = _clocks(company, entries)
    yield Record("mql_count", {"period": window.label}, str(len(cohort)))
    yield Record("mql_event_count", {"period": window.label}, str(len(events)))
    later = {p: {r.stage for r in entries[p] if r.entered_at >= at} for p, at in cohort.items()}
    accepted = [p for p, stages in later.items() if stages & {SAL, SQL}]
    qualified = [p for p, stages in later.items() if SQL in stages]
    dims = {"cohort": f"first_mql_{window.label}"}
    yield Record("funnel_stage_count", dims | {"stage": SAL}, str(len(accepted)))
    yield Record("funnel_stage_count", dims | {"stage": SQL}, str(len(qualified)))
    for before, after, rate in (
        (MQL, SAL, share(len(accepted), len(cohort))),
        (SAL, SQL, share(len(qualified), len(accepted))),
    ):
        steps = {"from_stage": before, "to_stage": after}
        yield Record("funnel_conversion_rate", dims | steps, ratio_text(rate))


@dataclass(frozen=True)
class Clock:
    """Started by each entry to MQL, the person's n-th."""

    row: PersonStage
    number: int


def _clocks(company: Company, entries: Entries) -> list[Clock]:
    calendar = company.calendar
    return [
        Clock(row, number)
        for rows in entries.values()
        for number, row in enumerate((row for row in rows if row.stage == MQL), 1)
        if calendar.date_of(row.entered_at) in calendar.window
    ]


def _disposed(entries: Entries, row: PersonStage) -> list[datetime]:
    """When it was decided what becomes of an MQL."""
    return [
        entry.entered_at
        for entry in entries[row.person_id]
        if entry.stage in {SAL, SQL, REJECTED} and entry.entered_at >= row.entered_at
    ]


def _reached_out(company: Company, row: PersonStage) -> list[datetime]:
    return [
        activity.occurred_at
        for activity in company.activities
        if activity.person_id == row.person_id
        and activity.direction == "outbound"
        and row.entered_at <= activity.occurred_at < company.calendar.as_of
    ]


def _worked(company: Company, start: datetime, end: datetime) -> Fraction | None:
    schedules = (row.schedule_id for row in company.business_schedules)
    schedule_id = company.policy["sla_schedule"] or min(schedules, default=None)
    return business_minutes(company, schedule_id, start, end)


def _state(company: Company, start: datetime, answer: datetime | None, limit: int) -> str | None:
    """Pending is no breach, the last minute is in time, and nobody can tell without a clock."""
    worked = _worked(company, start, answer or company.calendar.as_of)
    if worked is None:
        return None
    if worked > limit:
        return "breached"
    return "met" if answer else "pending"


def _sla(company: Company, entries: Entries) -> Iterator[Record]:
    dims = {"period": company.calendar.window.label}
    limits = {
        "lead_response": int(company.policy["lead_response_sla_business_minutes"]),
        "mql_to_sal": int(company.policy["mql_to_sal_sla_business_minutes"]),
    }
    states: dict[str, list[str | None]] = {sla: [] for sla in limits}
    waited = []
    for clock in _clocks(company, entries):
        row, disposed = clock.row, _disposed(entries, clock.row)
        answer = min([*disposed, *_reached_out(company, row)], default=None)
        state = _state(company, row.entered_at, answer, limits["lead_response"])
        states["lead_response"].append(state)
        accepted = min(disposed, default=None)
        states["mql_to_sal"].append(_state(company, row.entered_at, accepted, limits["mql_to_sal"]))
        one = {"person_id": row.person_id, "mql_no": str(clock.number)}
        worked = None
        if answer:
            worked = _worked(company, row.entered_at, answer)
            waited.append(minutes(answer - row.entered_at))
        yield Record("lead_response_business_minutes", one, ratio_text(worked))
        yield Record("lead_response_sla_state", one, state)
    yield Record("lead_response_elapsed_minutes_mean", dims, ratio_text(mean(waited)))
    yield Record("lead_response_elapsed_minutes_median", dims, ratio_text(median(waited)))
    for sla, found in states.items():
        count = Counter(found)
        kept = share(count["met"], count["met"] + count["breached"])
        yield Record("sla_attainment", dims | {"sla": sla}, ratio_text(kept))
        yield Record("sla_pending_count", dims | {"sla": sla}, str(count["pending"]))


def _activity(company: Company) -> Iterator[Record]:
    calendar = company.calendar
    dims = {"period": calendar.window.label}
    done = [
        activity
        for activity in company.activities
        if activity.occurred_at < calendar.as_of
        and calendar.date_of(activity.occurred_at) in calendar.window
    ]
    outbound = [activity for activity in done if activity.direction == "outbound"]
    volume = Counter((str(a.owner_id), a.activity_type) for a in outbound if a.owner_id)
    for (owner_id, activity_type), count in sorted(volume.items()):
        by = {"owner_id": owner_id, "activity_type": activity_type}
        yield Record("sales_activity_volume", dims | by, str(count))
    yield Record("outbound_activity_share", dims, ratio_text(share(len(outbound), len(done))))
