"""Salesforce opportunities, their mirrors in HubSpot, and deals that live in HubSpot only."""

import math
from datetime import datetime, timedelta
from typing import Any

from sandbox.generation.customer import Sale
from sandbox.generation.scene import OpenOpportunity, Presence, Scene
from sandbox.generation.words import PRODUCTS
from sandbox.instants import hubspot_instant
from sandbox.pipeline import (
    HUBSPOT_STAGES,
    SALESFORCE_STAGES,
    hubspot_stage_fields,
    salesforce_stage_fields,
)
from sandbox.vendors.hubspot.records import crm_record
from sandbox.vendors.salesforce.ids import salesforce_id
from sandbox.vendors.salesforce.records import sobject

MIRROR_ODDS = 0.45
_LOST_REASONS = ("Price", "Chose a competitor", "No budget", "時期尚早", None)
_LEAST, _MOST = 2_000, 400_000


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
        "Type": scene.rng.choice(("New Customer", "Existing Customer - Upgrade", None)),
        "Amount": _amount(scene, is_open=is_open),
        **salesforce_stage_fields(stage),
        "CloseDate": f"{_close_date(scene, created, updated, is_open=is_open):%Y-%m-%d}",
        "NextStep": scene.rng.choice(("Demo", "見積送付", None)) if is_open else None,
        "IsDeleted": False,
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
        "dealtype": scene.rng.choice(("newbusiness", "existingbusiness", None)),
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
    return deal


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
        mirrored = presence.hubspot and scene.rng.random() < MIRROR_ODDS
        mirror = _mirror(scene, presence, opportunity) if mirrored else None
        if not opportunity["IsClosed"] and opportunity["Amount"] is not None:
            candidate = OpenOpportunity(opportunity, mirror, presence)
            scene.candidates.offer_opportunity(candidate)
        sales.append(Sale(opportunity, mirror))
    return sales
