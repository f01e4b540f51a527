"""Random customers and money: rates, subscriptions, invoices, spend, and who became a lead."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from decimal import Decimal

from tests.metrics.oracle.calendar import add_months
from tests.metrics.oracle.world import CHANNELS, WORTH, World


def rates(world: World) -> None:
    """Month ends and odd days; also of other pairs, and of days that are yet to come."""
    reporting = world.policy["reporting_currency"]
    for name in world.currencies[1:]:
        fair = WORTH[name] / WORTH[reporting]
        day, known = add_months(world.first, -24) - timedelta(days=1), set[date]()
        while day <= world.last:
            known.add(day)
            day += timedelta(days=world.rng.randint(3, 31))
        known |= {world.calendar.before(m).end - timedelta(days=1) for m in world.calendar.months}
        for rate_date in sorted(known):
            rate = fair * world.rng.uniform(0.8, 1.2)
            _rate(world, "spot", name, rate_date, rate)
        plan_date = world.rng.choice([world.calendar.months[0].first, add_months(world.first, -3)])
        _rate(world, "plan", name, plan_date, fair)
        if world.maybe(0.3):
            _rate(world, "plan", name, world.last + timedelta(days=1), fair * 3)
        world.tables["fx_rate"].append(
            {
                "rate_type": "spot",
                "from_currency": reporting,
                "to_currency": name,
                "rate_date": world.first,
                "rate": Decimal(7),
            }
        )


def _rate(world: World, rate_type: str, name: str, rate_date: date, rate: float) -> None:
    places = world.rng.choice(["0.00000001", "0.0001"])
    shown = max(Decimal(rate).quantize(Decimal(places)), Decimal("0.0001"))
    world.tables["fx_rate"].append(
        {
            "rate_type": rate_type,
            "from_currency": name,
            "to_currency": world.policy["reporting_currency"],
            "rate_date": rate_date,
            "rate": shown,
        }
    )


def owners(world: World) -> None:
    for number in range(1, world.rng.randint(2, 8)):
        world.tables["owner"].append(
            {
                "owner_id": f"U{number}",
                "owner_name": f"Owner {number}",
                "team": world.rng.choice(["JP Sales", "EMEA Sales"]),
                "manager_id": None if number == 1 else "U1",
                "is_active": world.maybe(0.8),
                "last_login_at": world.instant(),
            }
        )


def accounts(world: World) -> None:
    segments = world.rng.sample(["Enterprise", "Mid-Market", "SMB", "公共", "Strategic"], 3)
    for number in range(1, world.rng.randint(3, 40)):
        world.tables["account"].append(
            {
                "account_id": f"A{number:02}",
                "account_name": f"株式会社{number}",
                "domain": f"a{number}.example",
                "country": world.rng.choice(["JP", "US", "DE"]),
                "industry": world.rng.choice(["software", "retail"]),
                "employee_count": world.rng.randint(1, 9000),
                "segment": world.rng.choice(segments),
                "billing_currency": world.currency(),
                "owner_id": world.rng.choice(world.tables["owner"])["owner_id"],
                "is_target_account": world.maybe(0.3),
                "created_at": world.instant(),
            }
        )


def subscriptions(world: World) -> None:
    for account in world.tables["account"]:
        for number in range(world.rng.choice([0, 1, 1, 1, 2, 3])):
            _versions(world, account["account_id"], f"S-{account['account_id']}-{number}")


def _versions(world: World, account_id: str, subscription_id: str) -> None:
    """One subscription's life: changes at once, gaps, coupons, dunning, switches of currency."""
    rng, rows = world.rng, world.tables["subscription_item"]
    product, currency = rng.choice(["CORE", "SEAT", "ANALYTICS"]), world.currency()
    start = world.instant()
    unit, quantity = world.amount(currency), rng.randint(1, 4)
    for number in range(rng.choice([1, 2, 3, 4, 6])):
        if world.maybe(0.4):
            unit = world.amount(currency)
        if world.maybe(0.1):
            currency = world.currency()
            unit = world.amount(currency)
        if world.maybe(0.05):
            product = rng.choice(["CORE", "SEAT", "API"])
        later = [_after(world, start) for _ in range(2)]
        end = None if world.maybe(0.15) else min(later)
        kind = rng.choice(["none", "none", "forever", "finite"])
        rows.append(
            {
                "item_version_id": f"{subscription_id}-{number}",
                "subscription_id": subscription_id,
                "account_id": account_id,
                "product_id": product,
                "status": rng.choices(["active", "trialing", "past_due", "unpaid"], [8, 1, 1, 1])[
                    0
                ],
                "currency": currency,
                "unit_amount": unit,
                "quantity": quantity,
                "billing_interval": rng.choices(["month", "year", "week"], [6, 3, 1])[0],
                "interval_count": rng.choices([1, 2, 3], [8, 1, 1])[0],
                "discount_pct": Decimal(0)
                if kind == "none"
                else rng.choice([Decimal(10), Decimal("33.33"), Decimal(50), Decimal(100)]),
                "discount_kind": kind,
                "usage_type": rng.choices(["licensed", "metered"], [12, 1])[0],
                "valid_from": start,
                "valid_to": end,
                "change_reason": "change",
            }
        )
        if end is None:
            return
        start = end if world.maybe(0.6) else _after(world, end)


def _after(world: World, instant: datetime) -> datetime:
    """Within the month, at a month's very start, or much later."""
    rng = world.rng
    if world.maybe(0.4):
        return instant + timedelta(seconds=rng.randint(1, 20 * 86400))
    day = add_months(world.calendar.date_of(instant).replace(day=1), rng.randint(1, 4))
    if world.maybe(0.5):
        return max(world.calendar.start_of(day), instant + timedelta(seconds=1))
    return instant + timedelta(days=rng.randint(1, 120), seconds=rng.randint(0, 86399))


def invoices(world: World) -> None:
    rng = world.rng
    for number in range(rng.randint(0, 60) if world.tables["account"] else 0):
        invoice_id, currency = f"I{number:03}", world.currency()
        credit = world.maybe(0.15)
        world.tables["invoice"].append(
            {
                "invoice_id": invoice_id,
                "document_type": "credit_note" if credit else "invoice",
                "account_id": rng.choice(world.tables["account"])["account_id"],
                "currency": currency,
                "status": rng.choices(
                    ["paid", "open", "void", "draft", "uncollectible"], [8, 3, 1, 1, 1]
                )[0],
                "issued_at": world.instant(),
                "tax": world.amount(currency),
            }
        )
        for line in range(rng.randint(0, 3)):
            period = None if credit or world.maybe(0.3) else world.day()
            length = rng.choice([1, 7, 30, 31, 90, 365, 366])
            amount = world.amount(currency) * (-1 if credit else 1)
            world.tables["invoice_line"].append(
                {
                    "invoice_line_id": f"{invoice_id}-{line}",
                    "invoice_id": invoice_id,
                    "line_type": _line_type(rng, credit=credit, dated=period is not None),
                    "amount": amount,
                    "period_start": period,
                    "period_end": period and period + timedelta(days=length),
                }
            )


def _line_type(rng: random.Random, *, credit: bool, dated: bool) -> str:
    if credit:
        return "credit_note"
    return rng.choice(["recurring", "proration"] if dated else ["one_time", "usage"])


def spend(world: World) -> None:
    rng = world.rng
    for number in range(rng.randint(0, 120)):
        currency = world.currency()
        department = rng.choices(["marketing", "sales", "customer_success"], [6, 3, 1])[0]
        on_channel = department == "marketing" and world.maybe(0.7)
        world.tables["spend"].append(
            {
                "spend_id": f"SP{number:03}",
                "spend_date": world.day(),
                "department": department,
                "cost_type": rng.choice(["media", "program", "tools", "people"])
                if department == "marketing"
                else rng.choice(["tools", "people"]),
                "channel": rng.choice(CHANNELS) if on_channel else None,
                "campaign_id": rng.choice(["C1", "C2", None]) if on_channel else None,
                "currency": currency,
                "amount": world.amount(currency) * rng.choices([1, -1], [9, 1])[0],
            }
        )


def people(world: World) -> None:
    rng, accounts = world.rng, [row["account_id"] for row in world.tables["account"]]
    for number in range(1, rng.randint(2, 60)):
        created = world.instant()
        erased = world.maybe(0.08)
        world.tables["person"].append(
            {
                "person_id": f"P{number:03}",
                "account_id": rng.choice([*accounts, None]),
                "full_name": f"Person {number}",
                "email": f"p{number}@example.test",
                "title": rng.choice(["VP", "部長", None]),
                "department": rng.choice(["it", "finance", None]),
                "seniority": rng.choice(["executive", "staff", None]),
                "country": "JP",
                "lead_channel": rng.choice([*CHANNELS, "direct"]),
                "created_at": created,
                "is_deleted": erased,
            }
        )
        entered, known = created, set[tuple[str, datetime]]()
        for stage in ("LEAD", "MQL", "SAL", "SQL", "REJECTED", "MQL", "SAL"):
            if world.maybe(0.25):
                break
            if world.maybe(0.85) and (stage, entered) not in known:
                known.add((stage, entered))
                world.tables["person_stage_history"].append(
                    {"person_id": f"P{number:03}", "stage": stage, "entered_at": entered}
                )
            entered += timedelta(seconds=rng.choice([0, 1800, rng.randint(1, 40 * 86400)]))
