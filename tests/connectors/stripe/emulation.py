"""Stripe as the generic tests see it."""

from __future__ import annotations

from connectors.stripe.source import HISTORY
from tests.emulated import Vendors
from tests.emulation import Broken, Emulation


def _keys(vendors: Vendors, stream: str) -> set[str]:
    """Of the events, those that Stripe still lists and that tell of a history."""
    assert stream == "events"
    stripe = vendors.sandbox.vendors["stripe"]
    oldest = vendors.sandbox.clock.now().timestamp() - 30 * 86_400
    return {
        event["id"]
        for event in stripe.tables["events"]
        if event["type"] in HISTORY and event["created"] > oldest
    }


_OBJECTS = (
    "customers",
    "products",
    "prices",
    "coupons",
    "promotion_codes",
    "subscriptions",
    "invoices",
    "credit_notes",
)

EMULATION = Emulation(
    kinds={name: name for name in _OBJECTS},
    keys=_keys,
    broken=Broken("customers", "/v1/customers", "created"),
    disabling=("REVOPS_STRIPE__TOKEN", "restricted key"),
    no_limits={"per_second": 1_000_000},
    small_pages={"connectors.stripe.listing.PER_PAGE": 10},
    deletable=("customers", "products", "coupons", "invoices"),
    ways=("subscriptions", "events"),
    unstamped=_OBJECTS,
)
