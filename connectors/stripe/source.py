"""Declares Stripe: customers, what is sold, subscriptions, bills, and the events about them."""

from __future__ import annotations

import re
from typing import cast

import httpx
from pydantic import HttpUrl, SecretStr
from pydantic_settings import SettingsConfigDict

from connectors.core.auth import BearerAuth
from connectors.core.http import Action
from connectors.core.pace import Budget
from connectors.core.settings import VendorSettings
from connectors.core.source import HttpSource, Stream
from connectors.stripe import records
from connectors.stripe.changes import Changing, count_of, list_ids, read_changes, read_events
from connectors.stripe.listing import Kind

# NOTES.md 3: what the shapes in staging and in the contracts are.
API_VERSION = "2026-10-28.endive"

_LIFE = ("created", "updated", "deleted")
_DISCOUNTS = tuple(f"customer.discount.{verb}" for verb in _LIFE)
_SUBSCRIPTIONS = tuple(
    f"customer.subscription.{verb}"
    for verb in (
        *_LIFE,
        "paused",
        "resumed",
        "pending_update_applied",
        "pending_update_expired",
        "trial_will_end",
    )
)
_COUPON_WHOLE = "discounts.source.coupon"

CUSTOMERS = Changing(
    Kind("/v1/customers", "customer", expand=("discount.source.coupon",)),
    (*(f"customer.{verb}" for verb in _LIFE), *_DISCOUNTS),
    named_by="customer",
)
PRODUCTS = Changing(Kind("/v1/products", "product"), tuple(f"product.{verb}" for verb in _LIFE))
PRICES = Changing(Kind("/v1/prices", "price"), tuple(f"price.{verb}" for verb in _LIFE))
COUPONS = Changing(Kind("/v1/coupons", "coupon"), tuple(f"coupon.{verb}" for verb in _LIFE))
PROMOTION_CODES = Changing(
    Kind("/v1/promotion_codes", "promotion_code"),
    ("promotion_code.created", "promotion_code.updated"),
)
SUBSCRIPTIONS = Changing(
    Kind(
        "/v1/subscriptions",
        "subscription",
        # The list leaves canceled ones out unless it is asked for all.
        filters=(("status", "all"),),
        expand=(_COUPON_WHOLE, "items.data.discounts"),
        nested="items",
        rows_at=(
            "/v1/subscription_items",
            {"subscription": "{id}", "expand[]": "data.discounts"},
        ),
    ),
    (*_SUBSCRIPTIONS, *_DISCOUNTS),
    named_by="subscription",
)
INVOICES = Changing(
    Kind("/v1/invoices", "invoice", nested="lines", rows_at=("/v1/invoices/{id}/lines", {})),
    (
        *(
            f"invoice.{verb}"
            for verb in (
                *_LIFE,
                "finalization_failed",
                "finalized",
                "marked_uncollectible",
                "overdue",
                "overpaid",
                "paid",
                "payment_action_required",
                "payment_failed",
                "payment_succeeded",
                "sent",
                "voided",
            )
        ),
        # A credit note changes what is left to pay, and with it the invoice.
        "credit_note.created",
        "credit_note.updated",
        "credit_note.voided",
    ),
    named_by="invoice",
)
CREDIT_NOTES = Changing(
    Kind(
        "/v1/credit_notes",
        "credit_note",
        nested="lines",
        rows_at=("/v1/credit_notes/{id}/lines", {}),
    ),
    ("credit_note.created", "credit_note.updated", "credit_note.voided"),
)
# NOTES.md 9: what tells how subscriptions and bills came to be what they are; 20 at most.
HISTORY = (
    *_SUBSCRIPTIONS,
    *_DISCOUNTS,
    *(
        f"invoice.{verb}"
        for verb in ("finalized", "paid", "payment_failed", "voided", "marked_uncollectible")
    ),
)


class StripeSettings(VendorSettings):
    model_config = SettingsConfigDict(env_prefix="REVOPS_STRIPE__", env_file=".env", extra="ignore")

    base_url: HttpUrl = HttpUrl("https://api.stripe.com")
    token: SecretStr


def _authorise(settings: StripeSettings) -> httpx.Auth:
    return BearerAuth(settings.token.get_secret_value())


def _classify(response: httpx.Response) -> Action | None:
    """Stripe says itself where another try helps, such as an object that is locked just now."""
    if response.is_success:
        return None
    if response.headers.get("Stripe-Should-Retry") == "true" or response.status_code == 409:
        return "retry"
    return None


def _scopes_lacking(response: httpx.Response) -> list[str]:
    """A refusal names the permission that a restricted key would need."""
    return sorted(set(re.findall(r"'(rak_\w+)'", response.text)))


def _stream(
    name: str,
    record: type[records.StripeRecord],
    what: Changing,
    description: str,
    *,
    is_small: bool = False,
) -> Stream:
    return Stream(
        name,
        record,
        read_changes(what),
        description,
        # NOTES.md 12: what is sold fits one page, as a rule; what was sold does not.
        count=count_of(what.kind) if is_small else None,
        ids=list_ids(what.kind),
    )


SOURCE = HttpSource(
    name="stripe",
    title="Stripe",
    settings=StripeSettings,
    authorise=lambda settings: _authorise(cast("StripeSettings", settings)),
    # NOTES.md 1: what one kind of object takes, and a test account in all.
    budget=Budget(requests=25, seconds=1),
    headers={"Stripe-Version": API_VERSION},
    scopes="a restricted key needs read access to Customers, Products, Prices, Subscriptions,"
    " Invoices, Credit notes, Coupons, Promotion codes and Events",
    classify=_classify,
    scopes_lacking=_scopes_lacking,
    streams=(
        _stream("customers", records.Customer, CUSTOMERS, "Customers with their discounts."),
        _stream("products", records.Product, PRODUCTS, "What is sold.", is_small=True),
        _stream(
            "prices",
            records.Price,
            PRICES,
            "What it costs, per currency and interval.",
            is_small=True,
        ),
        _stream("coupons", records.Coupon, COUPONS, "Terms of discounts.", is_small=True),
        _stream(
            "promotion_codes",
            records.PromotionCode,
            PROMOTION_CODES,
            "Codes that customers type to get a coupon.",
            is_small=True,
        ),
        _stream(
            "subscriptions",
            records.Subscription,
            SUBSCRIPTIONS,
            "Subscriptions with all items and discounts, canceled ones too.",
        ),
        _stream("invoices", records.Invoice, INVOICES, "Invoices with all lines, drafts too."),
        _stream("credit_notes", records.CreditNote, CREDIT_NOTES, "Credit notes with their lines."),
        Stream(
            "events",
            records.Event,
            read_events(HISTORY),
            "What happened to subscriptions, discounts and invoices, of the last 30 days.",
        ),
    ),
    stamps=("$.updated",),
)
