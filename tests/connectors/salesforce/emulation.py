"""Salesforce as the generic tests see it."""

from __future__ import annotations

from tests.emulation import Broken, Emulation

EMULATION = Emulation(
    kinds={
        "accounts": "Account",
        "contacts": "Contact",
        "opportunities": "Opportunity",
        "users": "User",
    },
    broken=Broken("contacts", "*/query*", "SystemModstamp"),
    disabling=("REVOPS_SALESFORCE__CLIENT_SECRET", "`api`"),
    no_limits={"daily_requests": 1_000_000},
    small_pages={"sandbox.vendors.salesforce.api.MAX_BATCH": 40},
    deletable=("accounts",),
    ways=("accounts",),
    secrets=lambda vendor: set(vendor.sessions),
)
