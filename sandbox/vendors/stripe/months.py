"""Calendar arithmetic in UTC: the periods in which subscriptions are billed."""

from calendar import monthrange
from datetime import UTC, datetime, timedelta


def seconds(at: datetime) -> int:
    return int(at.timestamp())


def instant(unix: int) -> datetime:
    return datetime.fromtimestamp(unix, UTC)


def months_later(at: datetime, months: int) -> datetime:
    """The same day of a later month, or its last day where it is shorter."""
    years, month = divmod(at.month - 1 + months, 12)
    year = at.year + years
    day = min(at.day, monthrange(year, month + 1)[1])
    return at.replace(year=year, month=month + 1, day=day)


def period_start(anchor: datetime, interval: str, count: int, number: int) -> datetime:
    """When period `number` begins, counted from the anchor."""
    if interval == "week":
        return anchor + timedelta(weeks=count * number)
    return months_later(anchor, count * number * (12 if interval == "year" else 1))


def periods(anchor: datetime, interval: str, count: int, until: datetime) -> list[datetime]:
    """Where every period begins that has begun by `until`, and where the last of them ends.

    The first period is always there, also where it has not begun.
    """
    found = [anchor, period_start(anchor, interval, count, 1)]
    while found[-1] <= until:
        found.append(period_start(anchor, interval, count, len(found)))
    return found
