"""Salesforce opportunities, their mirrors in HubSpot, and deals that live in HubSpot only."""

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sandbox.generation.customer import Sale
from sandbox.generation.meaning import DEAL_TYPES, STAGES, business_day, forecast
from sandbox.generation.scene import OpenOpportunity, Presence, Scene
from sandbox.generation.words import PRODUCTS
from sandbox.instants import hubspot_instant, parse_instant
from sandbox.pipeline import (
    HUBSPOT_STAGES,
    SALESFORCE_STAGES,
    hubspot_stage_fields,
    salesforce_stage_fields,
)
from sandbox.vendors.hubspot.histories import Histories
from sandbox.vendors.hubspot.records import crm_record
from sandbox.vendors.salesforce.ids import salesforce_id
from sandbox.vendors.salesforce.records import sobject

MIRROR_ODDS = 0.45
_LOST_REASONS = ("Price", "Chose a competitor", "No budget", "時期尚早", None)
_LEAST, _MOST = 2_000, 400_000
_TYPES = ("New Customer", "Existing Customer - Upgrade", None)
_DEAL_TYPES = ("newbusiness", "existingbusiness", None)
_PLAIN_DEAL_TYPES = ("newbusiness", "existingbusiness", None, "renewal", "renewal", "winback")
_CURRENCIES = ("USD", "USD", "JPY", "EUR")
_PLAIN_TYPES = (*_TYPES, "Existing Customer - Renewal", "Win-back")


def _stage(scene: Scene, stages: dict[str, Any]) -> str:
    """A third won, a fifth lost, the rest open."""
    roll = scene.rng.random()
    closed = "won" if roll < 0.34 else "lost" if roll < 0.54 else None
    fitting = [
        name
        for name, facts in stages.items()
        if (facts.closed and facts.won == (closed == "won")) == (closed is not None)
    ]
    return scene.rng.choice(fitting)


def _amount(scene: Scene, *, is_open: bool) -> int | None:
    """US dollars, spread evenly over orders of magnitude; one open deal in ten has none yet."""
    if is_open and scene.rng.random() < 0.1:
        return None
    amount = math.exp(scene.rng.uniform(math.log(_LEAST), math.log(_MOST)))
    return min(_MOST, max(_LEAST, int(round(amount, -2))))


def _close_date(scene: Scene, created: datetime, updated: datetime, *, is_open: bool) -> datetime:
    if is_open:
        return scene.as_of + timedelta(days=scene.rng.randint(-20, 120))
    return max(created, updated - timedelta(days=scene.rng.randint(0, 10)))


def _opportunity(scene: Scene, presence: Presence) -> dict[str, Any]:
    stage = _stage(scene, SALESFORCE_STAGES)
    is_open = not SALESFORCE_STAGES[stage].closed
    created, updated = scene.lifetime(days=200 if is_open else 900)
    record_id = salesforce_id("Opportunity", scene.next_id("Opportunity"))
    fields = {
        "AccountId": scene.rng.choice(presence.salesforce),
        "OwnerId": scene.member().user,
        "Name": f"{presence.company.core} - {scene.rng.choice(PRODUCTS)}",
        "Type": scene.rng.choice(_PLAIN_TYPES if scene.plain else _TYPES),
        "Amount": _amount(scene, is_open=is_open),
        **salesforce_stage_fields(stage),
        "CloseDate": f"{_close_date(scene, created, updated, is_open=is_open):%Y-%m-%d}",
        "NextStep": scene.rng.choice(("Demo", "見積送付", None)) if is_open else None,
        "IsDeleted": False,
        **({"CurrencyIsoCode": scene.rng.choice(_CURRENCIES)} if scene.plain else {}),
    }
    return sobject("Opportunity", record_id, fields, created, updated)


def _deal(
    scene: Scene, presence: Presence, name: str, stage: str, facts: dict[str, str | None]
) -> dict[str, Any]:
    is_open = not HUBSPOT_STAGES[stage].closed
    created, updated = scene.lifetime(days=200 if is_open else 900)
    lost = stage == "closedlost"
    properties: dict[str, str | None] = {
        "dealname": name,
        "deal_currency_code": "USD",
        "dealstage": stage,
        "pipeline": "default",
        "closedate": hubspot_instant(_close_date(scene, created, updated, is_open=is_open)),
        "dealtype": scene.rng.choice(_PLAIN_DEAL_TYPES if scene.plain else _DEAL_TYPES),
        "hs_next_step": scene.rng.choice(("Demo", "見積送付", None)) if is_open else None,
        "closed_lost_reason": scene.rng.choice(_LOST_REASONS) if lost else None,
        "hubspot_owner_id": scene.member().owner,
        "hs_primary_associated_company": scene.rng.choice(presence.hubspot),
        **hubspot_stage_fields(stage),
        **facts,
    }
    record_id = str(scene.next_id("deals"))
    return crm_record("deals", record_id, properties, created, updated)


def _mirror(scene: Scene, presence: Presence, opportunity: dict[str, Any]) -> dict[str, Any]:
    """The deal an integration keeps in HubSpot beside a Salesforce opportunity."""
    amount = opportunity["Amount"]
    stage = SALESFORCE_STAGES[opportunity["StageName"]].hubspot
    facts: dict[str, str | None] = {
        "amount": None if amount is None else str(amount),
        "closedate": f"{opportunity['CloseDate']}T00:00:00.000Z",
        "salesforce_opportunity_id": opportunity["Id"],
    }
    deal = _deal(scene, presence, opportunity["Name"], stage, facts)
    scene.files.add("hubspot", "deals", deal)
    return deal


def _hubspot_only(scene: Scene, presence: Presence) -> dict[str, Any]:
    stage = _stage(scene, HUBSPOT_STAGES)
    amount = _amount(scene, is_open=not HUBSPOT_STAGES[stage].closed)
    name = f"{presence.company.latin} / {scene.rng.choice(PRODUCTS)}"
    facts: dict[str, str | None] = {"amount": None if amount is None else str(amount)}
    deal = _deal(scene, presence, name, stage, facts)
    scene.add("hubspot", "deals", deal)
    if scene.plain:
        _write_down_deal(scene, presence, deal)
    return deal


def _write_down(scene: Scene, presence: Presence, opportunity: dict[str, Any]) -> None:
    """An opportunity as the company means it."""
    owner = next(one for one in scene.staff if one.user == opportunity["OwnerId"])
    scene.ledger.add(
        "opportunity",
        "salesforce",
        opportunity["Id"],
        opportunity_id=opportunity["Id"],
        account_id=presence.company.key,
        owner_id=owner.key,
        opportunity_name=opportunity["Name"],
        opportunity_type=DEAL_TYPES[opportunity["Type"]],
        currency=opportunity.get("CurrencyIsoCode") or "USD",
        amount=opportunity["Amount"],
        created_at=parse_instant(opportunity["CreatedDate"]),
        close_date=opportunity["CloseDate"],
        stage=STAGES[opportunity["StageName"]],
        is_closed=opportunity["IsClosed"],
        is_won=opportunity["IsWon"],
        probability_pct=opportunity["Probability"],
        forecast_category=opportunity["ForecastCategoryName"],
        next_step=opportunity["NextStep"],
        is_deleted=False,
    )


def _write_down_deal(scene: Scene, presence: Presence, deal: dict[str, Any]) -> None:
    """A deal that no other tool knows, and what became of it on the way."""
    values, key = deal["properties"], deal["id"]
    owner = next(one for one in scene.staff if one.owner == values["hubspot_owner_id"])
    *_, last = versions = list(_deal_versions(deal))
    renewed = _renewed(scene, key) if values["dealtype"] == "renewal" else {}
    scene.ledger.add(
        "opportunity",
        "hubspot",
        key,
        opportunity_id=key,
        account_id=presence.company.key,
        owner_id=owner.key,
        opportunity_name=values["dealname"],
        opportunity_type=DEAL_TYPES[values["dealtype"]],
        currency=values["deal_currency_code"],
        created_at=parse_instant(deal["createdAt"]),
        is_closed=values["hs_is_closed"] == "true",
        is_won=values["hs_is_closed_won"] == "true",
        lost_reason=values["closed_lost_reason"],
        next_step=values["hs_next_step"],
        is_deleted=False,
        **renewed,
        **{name: value for name, value in last.items() if name != "entered_at"},
    )
    for seq, version in enumerate(versions, 1):
        scene.ledger.add(
            "opportunity_stage_history", "hubspot", key, opportunity_id=key, seq=seq, **version
        )


def _renewed(scene: Scene, deal_id: str) -> dict[str, str]:
    """What a deal renews; the portal has fields of its own for that."""
    due = scene.as_of + timedelta(days=scene.rng.randint(-300, 100))
    values = {
        "renewal_base_amount": str(scene.rng.randint(20, 900) * 100),
        "renewal_base_currency": scene.rng.choice(("USD", "EUR", "JPY")),
        "renewal_due_date": f"{due:%Y-%m-%d}",
    }
    extra = {"objectType": "deals", "id": deal_id, "properties": values}
    scene.files.add("hubspot", "extras", extra)
    return values


def _deal_versions(deal: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The deal after each of its changes, as HubSpot remembers them."""
    past = Histories()
    told = {
        name: {entry["timestamp"]: entry["value"] for entry in past.of("deals", deal, name)}
        for name in ("dealstage", "amount", "closedate")
    }
    held: dict[str, str] = {}
    for moment in sorted({moment for values in told.values() for moment in values}):
        held |= {name: values[moment] for name, values in told.items() if moment in values}
        facts = HUBSPOT_STAGES[held["dealstage"]]
        probability = round(float(facts.probability) * 100)
        yield {
            "stage": STAGES[held["dealstage"]],
            "amount": held.get("amount") or None,
            "close_date": business_day(parse_instant(held["closedate"])),
            "probability_pct": probability,
            "forecast_category": forecast(probability, closed=facts.closed, won=facts.won),
            "entered_at": parse_instant(moment),
        }


def enter_deals(scene: Scene, presence: Presence) -> list[Sale]:
    """Write a company's sales: in Salesforce where it is there, else in HubSpot."""
    how_many = min(9, int(scene.rng.expovariate(1 / 3.0)))
    if not presence.salesforce:
        alone = range(how_many if presence.hubspot else 0)
        return [Sale(None, _hubspot_only(scene, presence)) for _ in alone]
    sales = []
    for _ in range(how_many):
        opportunity = _opportunity(scene, presence)
        scene.files.add("salesforce", "Opportunity", opportunity)
        if scene.plain:
            _write_down(scene, presence, opportunity)
        mirrored = presence.hubspot and scene.rng.random() < MIRROR_ODDS
        mirror = _mirror(scene, presence, opportunity) if mirrored else None
        if not opportunity["IsClosed"] and opportunity["Amount"] is not None:
            candidate = OpenOpportunity(opportunity, mirror, presence)
            scene.candidates.offer_opportunity(candidate)
        sales.append(Sale(opportunity, mirror))
    return sales
