"""The clock that runs only while a team is at work."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from tests.metrics.oracle.company import Company
from tests.metrics.oracle.deals import minutes


def _at(day: date, clock: str, zone: ZoneInfo) -> datetime:
    """The instant at which a wall clock shows it; 24:00 is the next midnight."""
    if clock.startswith("24:00"):
        day, clock = day + timedelta(days=1), "00:00"
    return datetime.combine(day, time.fromisoformat(clock), zone).astimezone(UTC)


def business_minutes(
    company: Company, schedule_id: str | None, start: datetime, end: datetime
) -> Fraction | None:
    """Between two instants; nobody knows where the schedule has no hours."""
    shifts = [row for row in company.business_schedules if row.schedule_id == schedule_id]
    closed = {row.holiday_date for row in company.holidays if row.schedule_id == schedule_id}
    if not shifts:
        return None
    worked = Fraction(0)
    for shift in shifts:
        zone = ZoneInfo(shift.timezone)
        # A night shift may have begun the day before.
        day = start.astimezone(zone).date() - timedelta(days=1)
        last = end.astimezone(zone).date()
        while day <= last:
            if day.weekday() == shift.weekday and day not in closed:
                opens, closes = _at(day, shift.open_time, zone), _at(day, shift.close_time, zone)
                if shift.close_time.rjust(5, "0") <= shift.open_time.rjust(5, "0"):
                    closes = _at(day + timedelta(days=1), shift.close_time, zone)
                worked += max(minutes(min(end, closes) - max(start, opens)), Fraction(0))
            day += timedelta(days=1)
    return worked
