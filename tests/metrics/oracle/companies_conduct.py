"""Who people are and what they did, where scores, health and decisions change their mind."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from tests.metrics.oracle.companies_desk import ids
from tests.metrics.oracle.world import CHANNELS, Line, World

DEEDS = (
    *("ad_click", "email_click", "webinar_attend", "form_demo", "unsubscribed", "event_visit"),
    *("content_download", "sales_call"),
)
INDUSTRIES = ("software", "retail", "automotive", "manufacturing")
HEADS = (1, 99, 100, 999, 1000, 1001, 9000)
TITLES = ("VP", "部長", "Student", "Owner")
DEPARTMENTS = ("it", "finance", "purchasing")
SENIORITIES = ("executive", "director", "manager", "staff")
COUNTRIES = ("JP", "SG", "US", "DE")
DOMAINS = ("example.test", "gmail.com", "yahoo.co.jp")

_BESIDE = (timedelta(seconds=-1), timedelta(0), timedelta(0), timedelta(seconds=1))
# Days that rules like to count by.
_DAYS = (0, 1, 7, 14, 21, 30, 60, 90, 180)


def conduct(world: World) -> None:
    """Adds to the tables of a company; none of its keys is used twice."""
    for account in world.tables["account"]:
        _describe_account(world, account)
    for person in world.tables["person"]:
        _describe_person(world, person)
    _come_again(world)
    _touches(world)
    _activities(world)
    _tickets(world)
    _opinions(world)
    _usage(world)


def _edge(world: World) -> datetime:
    """So many days before now, or a second beside it."""
    days = timedelta(days=world.rng.choice(_DAYS))
    return world.calendar.as_of - days + world.rng.choice(_BESIDE)


def _describe_account(world: World, account: Line) -> None:
    rng = world.rng
    account["industry"] = rng.choice([*INDUSTRIES, None])
    account["employee_count"] = rng.choice([*HEADS, None])
    if world.maybe(0.1):
        account["is_target_account"] = None


def _describe_person(world: World, person: Line) -> None:
    rng = world.rng
    name, domain = person["person_id"].lower(), rng.choice(DOMAINS)
    person |= {
        "title": rng.choice([*TITLES, None]),
        "department": rng.choice([*DEPARTMENTS, None]),
        "seniority": rng.choice([*SENIORITIES, None]),
        "country": rng.choice([*COUNTRIES, None]),
        "email": rng.choice(
            [
                *(f"{name}@{domain}", f"{name}@{domain}", f"{name}@{domain.upper()}"),
                *(f'"{name}@home"@{domain}', name, None),
            ]
        ),
    }


def _come_again(world: World) -> None:
    """Some become a lead for a second time."""
    rows = world.tables["person_stage_history"]
    for row in [row for row in rows if row["stage"] == "LEAD"]:
        if world.maybe(0.2):
            later = timedelta(days=world.rng.randint(1, 60))
            rows.append({**row, "entered_at": row["entered_at"] + later})


def _touches(world: World) -> None:
    """Bursts after somebody became known, and some at the edges of days from then or from now."""
    rng = world.rng
    leads = {
        row["person_id"]: row["entered_at"]
        for row in reversed(world.tables["person_stage_history"])
        if row["stage"] == "LEAD"
    }
    for person in world.tables["person"]:
        base: datetime = leads.get(person["person_id"]) or person["created_at"]
        for number in range(rng.choice([0, 0, 1, 3, 5, 9])):
            at = base + timedelta(days=rng.choice(_DAYS)) + rng.choice(_BESIDE)
            if world.maybe(0.5):
                at = base + timedelta(seconds=rng.randint(-5, 40) * 43_210)
            elif world.maybe(0.3):
                at = _edge(world)
            world.tables["touch"].append(
                {
                    "touch_id": f"TC-{person['person_id']}-{number}",
                    "person_id": person["person_id"],
                    "account_id": rng.choice([person["account_id"], person["account_id"], None]),
                    "occurred_at": at,
                    "channel": rng.choice(CHANNELS),
                    "campaign_id": None,
                    "touch_type": rng.choice(DEEDS),
                    "is_marketing": world.maybe(0.9),
                }
            )


def _activities(world: World) -> None:
    """Of an account, of a deal alone, of a person alone."""
    rng, owners = world.rng, ids(world, "owner")
    for number in range(rng.randint(0, 30)):
        whom: dict[str, Any] = dict.fromkeys(("person_id", "account_id", "opportunity_id"))
        table = rng.choice(["person", "account", "opportunity"])
        found = ids(world, table)
        if not found:
            continue
        whom[f"{table}_id"] = rng.choice(found)
        world.tables["activity"].append(
            {
                "activity_id": f"ACC{number:03}",
                "activity_type": rng.choice(["call", "email", "meeting", "demo"]),
                "direction": rng.choice(["outbound", "inbound"]),
                **whom,
                "owner_id": rng.choice(owners),
                "occurred_at": _edge(world),
            }
        )


def _tickets(world: World) -> None:
    """Solved and opened again, once or more often, many at the edge of ninety days."""
    rng = world.rng
    people = [row for row in world.tables["person"] if row["account_id"]]
    for number in range(rng.randint(0, 15) if people else 0):
        person, ticket_id = rng.choice(people), f"TKR{number:03}"
        again = world.calendar.as_of - timedelta(days=rng.choice([90, 90, 30, 5]))
        again += rng.choice(_BESIDE)
        entries = [("new", again - timedelta(days=9))]
        entries.append((rng.choice(["solved", "closed"]), again - timedelta(days=2)))
        entries.append((rng.choice(["open", "new"]), again))
        if world.maybe(0.6):
            entries.append(("solved", again + timedelta(hours=1)))
            entries.append((rng.choice(["open", "closed"]), again + timedelta(hours=2)))
        for status, at in entries:
            world.tables["ticket_status_history"].append(
                {"ticket_id": ticket_id, "status": status, "entered_at": at}
            )
        world.tables["ticket"].append(
            {
                "ticket_id": ticket_id,
                "account_id": person["account_id"],
                "requester_person_id": person["person_id"],
                "schedule_id": rng.choice(["S1", "S2", None]),
                "created_at": entries[0][1],
                "created_by": "end_user",
                "priority": "normal",
                "current_status": entries[-1][0],
                "merged_into_ticket_id": None,
                "is_deleted": world.maybe(0.06),
            }
        )


def _opinions(world: World) -> None:
    """Twice in one instant, and now and then of another account than one's own."""
    rng, accounts = world.rng, ids(world, "account")
    people = [row for row in world.tables["person"] if row["account_id"]]
    for number in range(rng.randint(0, 12) if people else 0):
        person, at = rng.choice(people), _edge(world)
        for twin in range(rng.choice([1, 2])):
            away = world.maybe(0.2)
            world.tables["nps_response"].append(
                {
                    "response_id": f"NC{number:03}-{twin}",
                    "person_id": person["person_id"],
                    "account_id": rng.choice(accounts) if away else person["account_id"],
                    "score": rng.choice([0, 6, 7, 8, 9, 10]),
                    "responded_at": at,
                }
            )


def _usage(world: World) -> None:
    """Of the window's last month of most, and some that nobody counted."""
    rng, month = world.rng, world.calendar.months[-1].label
    rows = world.tables["product_usage"]
    known = {row["account_id"] for row in rows if row["usage_month"] == month}
    for account_id in ids(world, "account"):
        if account_id not in known and world.maybe(0.7):
            used = {"licensed_seats": rng.choice([0, 3, 7]), "active_users": rng.randint(0, 8)}
            rows.append({"account_id": account_id, "usage_month": month, **used})
    for row in rows:
        if world.maybe(0.1):
            row[rng.choice(["licensed_seats", "active_users"])] = None
