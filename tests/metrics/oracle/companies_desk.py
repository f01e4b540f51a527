"""Random conversations: touches, activities, tickets, opinions, sessions, campaigns."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tests.metrics.oracle.world import World

_TOUCHES = ("ad_click", "email_click", "webinar_attend", "form_demo", "unsubscribed", "event_visit")
_CHANNELS = ("paid_search", "paid_social", "trade_show", "webinar", "email", "organic_search")
_LIVES: tuple[list[str], ...] = (
    *([], ["open"], ["open", "solved"], ["solved", "closed"], ["closed"], ["solved", "open"]),
    ["open", "solved", "open", "solved", "closed"],
)


def ids(world: World, table: str) -> list[str]:
    return [row[f"{table}_id"] for row in world.tables[table]]


def one_of(world: World, table: str, absent: float = 0.0) -> str | None:
    """One of a table's rows, or none."""
    found = ids(world, table)
    return None if not found or world.maybe(absent) else world.rng.choice(found)


def soon(world: World, instant: datetime, days: int = 30) -> datetime:
    """Later, sometimes at once, sometimes at a month's very start."""
    kind = world.rng.random()
    if kind < 0.05:
        return instant
    if kind < 0.15:
        month = world.calendar.date_of(instant).replace(day=1) + timedelta(days=32)
        beside = timedelta(seconds=world.rng.choice([-1, 0, 1]))
        return max(instant, world.calendar.start_of(month.replace(day=1)) + beside)
    return instant + timedelta(seconds=world.rng.randint(1, days * 86400))


def _someone(world: World) -> dict[str, str | None]:
    """A person and their account, an account alone, or nobody known."""
    people = world.tables["person"]
    if people and world.maybe(0.75):
        person = world.rng.choice(people)
        return {"person_id": person["person_id"], "account_id": person["account_id"]}
    return {"person_id": None, "account_id": one_of(world, "account", 0.4)}


def touches(world: World) -> None:
    rng, same = world.rng, world.instant()
    for number in range(1, rng.randint(2, 200)):
        marketing = world.maybe(0.9)
        world.tables["touch"].append(
            {
                "touch_id": f"T{number:03}",
                **_someone(world),
                "occurred_at": same if world.maybe(0.05) else world.instant(),
                "channel": rng.choice(_CHANNELS) if marketing else "outbound",
                "campaign_id": rng.choice(["C1", "C2", "C3", None]),
                "touch_type": rng.choice(_TOUCHES) if marketing else "sales_call",
                "is_marketing": marketing,
            }
        )


def activities(world: World) -> None:
    """Many soon after somebody became an MQL, some before, some at once."""
    rng = world.rng
    entries = [row for row in world.tables["person_stage_history"] if row["stage"] == "MQL"]
    for number in range(1, rng.randint(2, 150)):
        who, at = _someone(world), world.instant()
        if entries and world.maybe(0.5):
            entry = rng.choice(entries)
            who["person_id"] = entry["person_id"]
            at = soon(world, entry["entered_at"], days=4)
        world.tables["activity"].append(
            {
                "activity_id": f"AC{number:03}",
                "activity_type": rng.choice(["call", "email", "meeting", "demo"]),
                "direction": rng.choices(["outbound", "inbound"], [3, 1])[0],
                **who,
                "opportunity_id": one_of(world, "opportunity", 0.5),
                "owner_id": one_of(world, "owner"),
                "occurred_at": at,
            }
        )


def schedules(world: World) -> None:
    """Where clocks change and where they do not, with lunch, night shifts, Fridays cut short."""
    rng = world.rng
    zones = [world.policy["business_timezone"], "America/New_York", "Europe/Berlin", "Asia/Tokyo"]
    for schedule_id in ("S1", "S2"):
        zone = rng.choice(zones)
        shifts = rng.choice(
            [
                *([("09:00", "18:00")], [("06:00", "24:00")], [("22:00", "06:00")]),
                [("08:30", "12:00"), ("13:00", "17:15")],
            ]
        )
        for weekday in range(rng.choice([5, 5, 6, 7])):
            for opens, closes in shifts[:1] if weekday == 4 else shifts:
                world.tables["business_schedule"].append(
                    {
                        "schedule_id": schedule_id,
                        "timezone": zone,
                        "weekday": weekday,
                        "open_time": opens,
                        "close_time": closes,
                    }
                )
    _holidays(world)


def _holidays(world: World) -> None:
    for schedule_id in ("S1", "S2", "S3"):
        for day in sorted({world.day() for _ in range(world.rng.randint(0, 15))}):
            world.tables["holiday"].append(
                {"schedule_id": schedule_id, "holiday_date": day, "holiday_name": "休"}
            )


def tickets(world: World) -> None:
    people = [row for row in world.tables["person"] if row["account_id"]]
    for number in range(1, world.rng.randint(2, 60) if people else 1):
        _ticket(world, f"TK{number:03}", world.rng.choice(people))
    _comments(world)


def _ticket(world: World, ticket_id: str, person: dict[str, Any]) -> None:
    rng, created = world.rng, world.instant()
    deleted = world.maybe(0.06)
    entries = [("new", created)]
    for status in [*rng.choice(_LIVES), *(["deleted"] if deleted else [])]:
        at = max(entries[-1][1] + timedelta(seconds=1), soon(world, entries[-1][1], days=5))
        if at < world.calendar.as_of or created >= world.calendar.as_of or status == "deleted":
            entries.append((status, at))
    for status, at in entries:
        world.tables["ticket_status_history"].append(
            {"ticket_id": ticket_id, "status": status, "entered_at": at}
        )
    world.tables["ticket"].append(
        {
            "ticket_id": ticket_id,
            "account_id": person["account_id"],
            "requester_person_id": person["person_id"],
            "schedule_id": rng.choice(["S1", "S2", "S1", "S2", None]),
            "created_at": created,
            "created_by": rng.choices(["end_user", "agent"], [4, 1])[0],
            "priority": rng.choice(["low", "normal", "high"]),
            "current_status": entries[-1][0],
            "merged_into_ticket_id": one_of(world, "ticket", 0.9),
            "is_deleted": deleted,
        }
    )


def _comments(world: World) -> None:
    for ticket in world.tables["ticket"]:
        at = ticket["created_at"]
        for number in range(world.rng.randint(0, 5)):
            role = world.rng.choice(["agent", "end_user"])
            world.tables["ticket_comment"].append(
                {
                    "comment_id": f"{ticket['ticket_id']}-{number}",
                    "ticket_id": ticket["ticket_id"],
                    "author_role": role,
                    "is_public": role == "end_user" or world.maybe(0.7),
                    "created_at": at,
                }
            )
            at = soon(world, at, days=3)


def opinions(world: World) -> None:
    _csat(world)
    _nps(world)


def _csat(world: World) -> None:
    for ticket in world.tables["ticket"]:
        at = ticket["created_at"]
        for number in range(world.rng.choice([0, 0, 1, 2])):
            at = soon(world, at, days=10)
            world.tables["csat_response"].append(
                {
                    "response_id": f"CS-{ticket['ticket_id']}-{number}",
                    "ticket_id": ticket["ticket_id"],
                    "person_id": ticket["requester_person_id"],
                    "score": world.rng.randint(1, 5),
                    "responded_at": at,
                }
            )


def _nps(world: World) -> None:
    """Some at the very edge of the window of days."""
    people = [row for row in world.tables["person"] if row["account_id"]]
    days = timedelta(days=int(world.policy["nps_window_days"]))
    for number in range(1, world.rng.randint(1, 60) if people else 1):
        person = world.rng.choice(people)
        edge = world.calendar.as_of - days + timedelta(seconds=world.rng.choice([-1, 0, 1]))
        world.tables["nps_response"].append(
            {
                "response_id": f"N{number:03}",
                "person_id": person["person_id"],
                "account_id": person["account_id"],
                "score": world.rng.randint(0, 10),
                "responded_at": edge if world.maybe(0.1) else world.instant(),
            }
        )


def usage(world: World) -> None:
    months = [month.label for month in world.calendar.months]
    for account_id in ids(world, "account"):
        for month in world.rng.sample(months, world.rng.randint(0, len(months))):
            world.tables["product_usage"].append(
                {
                    "account_id": account_id,
                    "usage_month": month,
                    "licensed_seats": world.rng.choice([0, 5, 10]),
                    "active_users": world.rng.randint(0, 12),
                }
            )


def sessions(world: World) -> None:
    for number in range(1, world.rng.randint(2, 120)):
        world.tables["web_session"].append(
            {
                "session_id": f"W{number:03}",
                **_someone(world),
                "started_at": world.instant(),
                "channel": world.rng.choice([*_CHANNELS, "direct"]),
                "page_views": world.rng.choice([1, 1, 2, 3]),
                "engagement_seconds": world.rng.choice([0, 9, 10, 11, 300]),
                "key_events": world.rng.choices([0, 1], [4, 1])[0],
            }
        )


def campaigns(world: World) -> None:
    """Mailings and advertisements; a day may count nothing, or not say."""
    rng = world.rng
    counted = {
        "email": ("sends", "delivered", "unique_opens", "unique_clicks", "conversions"),
        "paid_search": ("impressions", "clicks", "conversions"),
    }
    nothing = dict.fromkeys([*counted["paid_search"], *counted["email"]])
    for campaign_id in ("C1", "C2", "C3", "C4"):
        channel = rng.choice(list(counted))
        for day in sorted({world.day() for _ in range(rng.randint(0, 12))}):
            numbers = sorted((rng.choice([0, rng.randint(1, 500)]) for _ in range(5)), reverse=True)
            counts: dict[str, int | None] = dict(zip(counted[channel], numbers, strict=False))
            if world.maybe(0.2):
                counts[rng.choice(list(counts))] = None
            world.tables["campaign_stat"].append(
                {
                    "campaign_id": campaign_id,
                    "stat_date": day,
                    "channel": channel,
                    **nothing,
                    **counts,
                }
            )
