"""Random ways to deals that closed in the window, with touches where rules change their mind."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

from tests.metrics.oracle.companies_desk import ids
from tests.metrics.oracle.companies_sales import deal, priced, stage_row
from tests.metrics.oracle.world import CHANNELS, PLACES, Line, World

_SECOND = timedelta(seconds=1)
_TYPES = ("new_business", "new_business", "expansion", "expansion", "winback", "renewal")
_DEEDS = ("ad_click", "form_demo", "webinar_attend", "email_click", "event_visit")

# Weights as policies like them, and as they make no sense: both must add up to the amount.
_FULL_PATHS: tuple[dict[str, str], ...] = (
    {"FT": "0.225", "LC": "0.225", "OC": "0.225", "CW": "0.225", "middle": "0.10"},
    {"FT": "0.225", "LC": "0.225", "OC": "0.225", "CW": "0.225", "middle": "0.10"},
    {"FT": "0.30", "LC": "0.05", "OC": "0.20", "CW": "0.35", "middle": "0.10"},
    {"FT": "0.25", "LC": "0.25", "OC": "0.25", "CW": "0.25"},
)
_OTHERS: dict[str, dict[str, str]] = {
    "u_shaped": {"FT": "0.35", "LC": "0.45", "middle": "0.20"},
    "w_shaped": {"FT": "0.3", "LC": "0.3", "OC": "0.3", "middle": "0.1", "middle_until": "OC"},
    "opener_closer": {"FT": "0.5", "CW": "0.5"},
    "lead_creation": {"LC": "1"},
    "deal_creation": {"OC": "0.7", "middle": "0.3"},
    "early_middle": {"LC": "0.4", "middle": "0.6", "middle_until": "OC"},
    "middle_only": {"middle": "1"},
    "thirds": {"FT": "0.3333", "LC": "0.3333", "CW": "0.3333", "middle": "0"},
    "over_one": {"FT": "1", "OC": "0", "CW": "0.5", "middle": "0.5"},
    "nobody": {"FT": "0", "middle": "0"},
    "linear": {"CW": "1"},
}


def rules(rng: random.Random, usual: dict[str, Any]) -> dict[str, Any]:
    """Attribution as usual, or by other choices."""
    if rng.random() < 0.3:
        return usual
    models = dict(rng.sample(sorted(usual["models"].items()), rng.randint(0, 6)))
    models |= {name: _OTHERS[name] for name in rng.sample(sorted(_OTHERS), rng.randint(0, 4))}
    if rng.random() < 0.8:
        models["full_path"] = rng.choice(_FULL_PATHS)
    return usual | {
        "types": rng.choice([usual["types"], usual["types"], [*usual["types"], "renewal"]]),
        "lookback_days_before_opp_creation": rng.choice([180, 30, 0, 365]),
        "exclude_touch_types": rng.choice([["unsubscribed"], [], ["unsubscribed", "ad_click"]]),
        "marketing_only": rng.random() < 0.7,
        "scope": rng.choice(["account", "account", "contact_role"]),
        "time_decay_half_life_days": rng.choice([30, 7, 90]),
        "after_previous_won": rng.random() < 0.75,
        "models": models,
    }


def journeys(world: World) -> None:
    """Several deals of one account, then touches about the instants that matter to each."""
    rng, accounts = world.rng, ids(world, "account")
    for account_id in rng.sample(accounts, min(len(accounts), rng.randint(0, 6))):
        for _ in range(rng.choice([1, 1, 2, 3])):
            _closed_deal(world, account_id)
    channels: list[str | None] = [*rng.sample([*CHANNELS, "organic_search"], rng.randint(1, 5))]
    if world.maybe(0.1):
        channels.append(None)
    numbers = rng.sample(range(10_000), 1_000)
    for one in world.tables["opportunity"]:
        if one["is_closed"] and world.maybe(0.75):
            _touches(world, one, channels, numbers)


def _closed_deal(world: World, account_id: str) -> None:
    """Won or lost within the window, sometimes in one instant with another of the account."""
    rng, stages = world.rng, world.policy["stages"]
    window, won = world.calendar.window, max(stages.values())
    at = min(world.instant(window.first, window.end), world.calendar.as_of - _SECOND)
    others = [_closed_at(world, one) for one in _deals_of(world, account_id)]
    if others and world.maybe(0.15):
        at = rng.choice(others)
    created = at - rng.choice([timedelta(0), _SECOND, timedelta(days=rng.randint(0, 200))])
    # Now and then a currency that has no rate, and an amount that nobody can tell for it.
    currency = rng.choice(list(PLACES)) if world.maybe(0.04) else world.currency()
    amount, day = priced(world, currency), world.calendar.date_of(at)
    first = rng.choice([name for name in stages if 0 < stages[name] < won])
    last = rng.choices([name for name in stages if stages[name] in {0, won}], [3, 1])[0]
    rows = [stage_row(world, first, amount, created, day), stage_row(world, last, amount, at, day)]
    opportunity_id = f"OJ{len(world.tables['opportunity']) + 1:03}"
    deal(world, opportunity_id, rng.choice(_TYPES), currency, rows, account_id=account_id)
    _roles(world, opportunity_id, account_id)


def _roles(world: World, opportunity_id: str, account_id: str) -> None:
    """Nobody, somebody of the account, or somebody of another; two can be primary."""
    people = world.tables["person"]
    own = [person for person in people if person["account_id"] == account_id]
    chosen = {
        world.rng.choice(own if own and world.maybe(0.8) else people)["person_id"]
        for _ in range(world.rng.choice([0, 1, 2, 3]) if people else 0)
    }
    for number, person_id in enumerate(sorted(chosen)):
        primary = world.maybe(0.8 if number == 0 else 0.2)
        world.tables["opportunity_contact_role"].append(
            {"opportunity_id": opportunity_id, "person_id": person_id, "is_primary": primary}
        )


def _deals_of(world: World, account_id: str | None) -> list[Line]:
    return [
        one
        for one in world.tables["opportunity"]
        if one["account_id"] == account_id and one["is_closed"]
    ]


def _closed_at(world: World, one: Line) -> datetime:
    instants: list[datetime] = [
        row["entered_at"]
        for row in world.tables["opportunity_stage_history"]
        if row["opportunity_id"] == one["opportunity_id"]
    ]
    return max(instants)


def _people(world: World, one: Line) -> tuple[list[Line], list[Line]]:
    """Those with a role on the deal, and those of its account."""
    roles = {
        role["person_id"]
        for role in world.tables["opportunity_contact_role"]
        if role["opportunity_id"] == one["opportunity_id"]
    }
    people = world.tables["person"]
    return (
        [person for person in people if person["person_id"] in roles],
        [person for person in people if person["account_id"] == one["account_id"]],
    )


def _moments(world: World, one: Line, people: list[Line]) -> list[datetime]:
    """Where a second more or less decides."""
    lookback = int(world.policy["attribution"]["lookback_days_before_opp_creation"])
    half_life = int(world.policy["attribution"]["time_decay_half_life_days"])
    closed = _closed_at(world, one)
    return [
        one["created_at"],
        one["created_at"] - timedelta(days=lookback),
        closed,
        closed - timedelta(days=half_life),
        closed - timedelta(days=2 * half_life),
        *(_closed_at(world, other) for other in _deals_of(world, one["account_id"])),
        *(person["created_at"] for person in people),
    ]


def _touches(world: World, one: Line, channels: list[str | None], numbers: list[int]) -> None:
    rng, (with_role, of_account) = world.rng, _people(world, one)
    moments = _moments(world, one, [*with_role, *of_account])
    at = rng.choice(moments)
    for _ in range(rng.choice([0, 1, 1, 2, 3, 5, 8, 12])):
        kind = rng.random()
        if kind < 0.45:
            at = rng.choice(moments) + rng.choice([0, 0, 0, 1, -1]) * _SECOND
        elif kind < 0.85:
            span = _closed_at(world, one) - one["created_at"] + timedelta(days=45)
            at = _closed_at(world, one) + timedelta(days=1) - span * rng.random()
        marketing = world.maybe(0.88)
        world.tables["touch"].append(
            {
                "touch_id": f"TJ{numbers.pop():04}",
                **_who(world, one, with_role, of_account),
                "occurred_at": at.replace(microsecond=0),
                "channel": rng.choice(channels) if marketing else "outbound",
                "campaign_id": rng.choice(["C1", "C2", None]),
                "touch_type": "unsubscribed" if world.maybe(0.05) else rng.choice(_DEEDS),
                "is_marketing": marketing,
            }
        )


def _who(
    world: World, one: Line, with_role: list[Line], of_account: list[Line]
) -> dict[str, str | None]:
    """Whose touch: often it says one thing of two, and now and then something else."""
    kind = world.rng.random()
    people = with_role if kind < 0.5 else of_account
    if not people or kind > 0.85:
        return {"person_id": None, "account_id": one["account_id"]}
    person = world.rng.choice(people)
    account_id = person["account_id"]
    if world.maybe(0.3):
        account_id = one["account_id"]
    elif world.maybe(0.25):
        account_id = None
    return {"person_id": person["person_id"], "account_id": account_id}
