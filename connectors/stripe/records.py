"""The contracts of Stripe's records: what staging needs of each.

A deleted object is its id and the word `deleted`, so nothing else can be asked of all of them.
"""

from __future__ import annotations

from typing import Any

from connectors.core.source import Record


class StripeRecord(Record):
    id: str
    object: str
    created: int | None = None
    deleted: bool = False

    def record_key(self) -> str:
        return self.id

    def record_cursor(self) -> str | None:
        # Nothing in an object says when it was changed (NOTES.md 4).
        return None

    def record_deleted(self) -> bool:
        return self.deleted


class Customer(StripeRecord):
    name: str | None = None
    email: str | None = None
    currency: str | None = None
    metadata: dict[str, str] | None = None
    discount: dict[str, Any] | None = None


class Product(StripeRecord):
    name: str | None = None
    active: bool | None = None


class Price(StripeRecord):
    product: str | None = None
    currency: str | None = None
    unit_amount: int | None = None
    unit_amount_decimal: str | None = None
    recurring: dict[str, Any] | None = None


class Coupon(StripeRecord):
    percent_off: float | None = None
    amount_off: int | None = None
    currency: str | None = None
    duration: str | None = None


class PromotionCode(StripeRecord):
    code: str | None = None
    active: bool | None = None


class Subscription(StripeRecord):
    """With every item, also those behind the tenth (NOTES.md 6)."""

    customer: str | None = None
    status: str | None = None
    currency: str | None = None
    items: dict[str, Any] | None = None
    discounts: list[Any] | None = None


class Invoice(StripeRecord):
    """With every line, also those behind the tenth (NOTES.md 6)."""

    customer: str | None = None
    status: str | None = None
    currency: str | None = None
    subtotal: int | None = None
    total: int | None = None
    lines: dict[str, Any] | None = None


class CreditNote(StripeRecord):
    customer: str | None = None
    invoice: str | None = None
    status: str | None = None
    currency: str | None = None
    total: int | None = None
    lines: dict[str, Any] | None = None


class Event(Record):
    """Something that happened, with its object as it was then; it never changes."""

    id: str
    type: str
    created: int
    data: dict[str, Any]

    def record_key(self) -> str:
        return self.id

    def record_cursor(self) -> str:
        return str(self.created)
