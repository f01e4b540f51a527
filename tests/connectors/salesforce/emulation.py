"""Salesforce as the generic tests see it."""

from __future__ import annotations

from typing import Any

from sandbox.vendors.salesforce.api import Salesforce
from tests.emulation import Broken, Emulation


def org_of(vendors: Any) -> Salesforce:
    """The emulated org itself."""
    org = vendors.sandbox.vendors["salesforce"]
    assert isinstance(org, Salesforce)
    return org


def _described(vendors: Any, stream: str) -> set[str]:
    """The fields of every object that the org shows."""
    assert stream == "fields"
    shown = org_of(vendors).fields
    return {f"{kind}.{name}" for kind, names in shown.items() for name in names}


EMULATION = Emulation(
    kinds={
        "accounts": "Account",
        "contacts": "Contact",
        "opportunities": "Opportunity",
        "users": "User",
        "leads": "Lead",
        "opportunity_histories": "OpportunityHistory",
        "opportunity_field_histories": "OpportunityFieldHistory",
        "opportunity_contact_roles": "OpportunityContactRole",
        "campaigns": "Campaign",
        "campaign_members": "CampaignMember",
        "tasks": "Task",
        "events": "Event",
        "currencies": "CurrencyType",
        "conversion_rates": "DatedConversionRate",
    },
    keys=_described,
    # Not the address that ends in a slash: there live records are counted.
    broken=Broken("contacts", "*/query*[!/]", "SystemModstamp"),
    disabling=("REVOPS_SALESFORCE__CLIENT_SECRET", "`api`"),
    no_limits={"daily_requests": 1_000_000},
    small_pages={"sandbox.vendors.salesforce.api.MAX_BATCH": 40},
    deletable=("accounts", "leads", "opportunity_histories", "opportunity_field_histories"),
    ways=("accounts", "opportunity_field_histories", "currencies"),
    secrets=lambda vendor: set(vendor.sessions),
)
