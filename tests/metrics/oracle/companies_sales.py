"""Random deals with their histories and contacts, quotas and forecasts."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.metrics.oracle.companies_desk import ids, one_of, soon
from tests.metrics.oracle.world import World

_TYPES = ("new_business", "expansion", "renewal", "winback")


def opportunities(world: World) -> None:
    for number in range(1, world.rng.randint(2, 70) if world.tables["account"] else 1):
        _opportunity(world, f"OP{number:03}")
    _contact_roles(world)


def _opportunity(world: World, opportunity_id: str) -> None:
    created, currency = world.instant(), world.currency()
    kind = world.rng.choices(_TYPES, [5, 4, 2, 1])[0]
    deal(world, opportunity_id, kind, currency, _history(world, created, currency))


def deal(
    world: World,
    opportunity_id: str,
    kind: str,
    currency: str,
    rows: list[dict[str, Any]],
    *,
    account_id: str | None = None,
) -> None:
    """A deal that is what the last row of its history says, of an account or of any."""
    rng = world.rng
    for number, row in enumerate(rows, 1):
        row |= {"opportunity_id": opportunity_id, "seq": number}
    world.tables["opportunity_stage_history"].extend(rows)
    last, won = rows[-1], max(world.policy["stages"].values())
    rank = world.policy["stages"][last["stage"]]
    base = rng.choice([currency, world.currency(), None])
    world.tables["opportunity"].append(
        {
            **last,
            "account_id": account_id or one_of(world, "account"),
            "owner_id": one_of(world, "owner"),
            "opportunity_name": f"Deal {opportunity_id}",
            "opportunity_type": kind,
            "currency": currency,
            "renewal_base_currency": base if kind == "renewal" else None,
            "renewal_base_amount": world.amount(base or currency)
            if kind == "renewal" and world.maybe(0.9)
            else None,
            "renewal_due_date": world.day() if kind == "renewal" else None,
            "created_at": rows[0]["entered_at"],
            "is_closed": rank in {0, won},
            "is_won": rank == won,
            "lost_reason": "price" if rank == 0 else None,
            "next_step": rng.choice(["call", None]),
            "is_deleted": world.maybe(0.06),
        }
    )


def _history(world: World, created: datetime, currency: str) -> list[dict[str, Any]]:
    """Forward, back, skipping, revalued in place, closed, and now and then opened again."""
    rng, stages = world.rng, world.policy["stages"]
    won = max(stages.values())
    steps = sorted((name for name in stages if 0 < stages[name] < won), key=stages.__getitem__)
    ends = [name for name in stages if stages[name] in {0, won}]
    amount = priced(world, currency)
    at, place, rows = created, rng.choice([0, 0, 0, len(steps) - 1]), list[dict[str, Any]]()
    due = world.calendar.date_of(created) + timedelta(days=rng.randint(0, 150))
    for _ in range(rng.randint(1, 8)):
        closing = world.maybe(0.25)
        stage = rng.choice(ends) if closing else steps[place]
        if world.maybe(0.15):
            amount = priced(world, currency)
            due += timedelta(days=rng.randint(-10, 60))
        rows.append(stage_row(world, stage, amount, at, due))
        if closing and world.maybe(0.8):
            break
        place = min(max(place + rng.choice([-1, 0, 1, 1, 1, 2]), 0), len(steps) - 1)
        at = soon(world, at)
        if at >= world.calendar.as_of > created:
            break
    return rows


def priced(world: World, currency: str) -> Decimal | None:
    if world.maybe(0.1):
        return None
    return Decimal(0) if world.maybe(0.05) else world.amount(currency)


def stage_row(
    world: World, stage: str, amount: Decimal | None, at: datetime, due: date
) -> dict[str, Any]:
    rng, stages = world.rng, world.policy["stages"]
    won, day = max(stages.values()), world.calendar.date_of(at)
    rank = stages[stage]
    category = {won: "Closed", 0: "Omitted"}.get(rank) or rng.choices(
        ["Pipeline", "BestCase", "Commit", "Omitted"], [4, 3, 2, 1]
    )[0]
    off = timedelta(days=rng.choice([0, 0, 0, 0, -1, -30]))
    return {
        "stage": stage,
        "amount": amount,
        "probability_pct": {won: 100, 0: 0}.get(rank, rng.choice([10, 33, 50, 80])),
        "close_date": day + off if rank in {0, won} else due,
        "forecast_category": category,
        "entered_at": at,
    }


def _contact_roles(world: World) -> None:
    for opportunity_id in ids(world, "opportunity"):
        people = ids(world, "person")
        chosen = world.rng.sample(people, min(len(people), world.rng.choice([0, 1, 1, 2, 3])))
        for number, person_id in enumerate(chosen):
            primary = number == 0 and world.maybe(0.9)
            world.tables["opportunity_contact_role"].append(
                {"opportunity_id": opportunity_id, "person_id": person_id, "is_primary": primary}
            )


def _quarters(world: World) -> list[tuple[str, date]]:
    """Label and first day of every quarter that the window or the clock is in."""
    days = [month.first for month in world.calendar.months]
    days.append(world.calendar.date_of(world.calendar.as_of))
    quarters = [world.calendar.quarter_of(day) for day in days]
    return sorted({(quarter.label, quarter.first) for quarter in quarters})


def quotas(world: World) -> None:
    for label, _ in _quarters(world):
        for owner_id in ids(world, "owner"):
            if world.maybe(0.3):
                continue
            currency = world.currency()
            amount = Decimal(0) if world.maybe(0.1) else world.amount(currency, 100, 9000)
            world.tables["quota"].append(
                {"owner_id": owner_id, "period": label, "currency": currency, "amount": amount}
            )


def forecasts(world: World) -> None:
    """On the first day of a quarter and, often, once more within it."""
    for label, first in _quarters(world):
        for later in world.rng.choice([[0], [0, 44], [17], []]):
            for owner_id in ids(world, "owner"):
                if world.maybe(0.25):
                    continue
                currency = world.currency()
                amount = Decimal(0) if world.maybe(0.1) else world.amount(currency, 50, 9000)
                world.tables["forecast_snapshot"].append(
                    {
                        "snapshot_date": first + timedelta(days=later),
                        "period": label,
                        "owner_id": owner_id,
                        "currency": currency,
                        "amount": amount,
                    }
                )
