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
    company: Company, schedule_id: str, start: datetime, end: datetime
) -> Fraction:
    """Between two instants; a schedule without hours never ticks."""
    shifts = [row for row in company.business_schedules if row.schedule_id == schedule_id]
    closed = {row.holiday_date for row in company.holidays if row.schedule_id == schedule_id}
    worked = Fraction(0)
    for shift in shifts:
        zone = ZoneInfo(shift.timezone)
        day, last = start.astimezone(zone).date(), end.astimezone(zone).date()
        while day <= last:
            if day.weekday() == shift.weekday and day not in closed:
                opens = max(start, _at(day, shift.open_time, zone))
                closes = min(end, _at(day, shift.close_time, zone))
                worked += max(minutes(closes - opens), Fraction(0))
            day += timedelta(days=1)
    return worked
