"""The same records as older API versions show them: before March 2025 much lay elsewhere."""

from collections.abc import Callable
from typing import Any

from sandbox.store import Record
from sandbox.vendors.stripe.records import CURRENT

# The version of the account, in which it gets its events, and the oldest that is emulated.
ACCOUNT_VERSION = "2024-06-20"
OLDEST = "2020-08-27"
VERSIONS = (CURRENT, ACCOUNT_VERSION, OLDEST)

Find = Callable[[str], Record | None]


EMBEDDED = 10
_NESTED = {"subscription": "items", "invoice": "lines", "credit_note": "lines"}


def embedded(record: Record) -> Record:
    """The record with the first ten of its nested list, which is all that is ever embedded."""
    name = _NESTED.get(str(record.get("object")))
    if name is None:
        return record
    rows = record[name]["data"]
    shown = {"data": rows[:EMBEDDED], "has_more": len(rows) > EMBEDDED}
    return {**record, name: {**record[name], **shown}}


def in_version(record: Record, version: str, find: Find) -> Record:
    """The record as `version` shows it; `find` gives the record of an id, such as a coupon's."""
    change = _CHANGES.get(str(record.get("object")))
    if version == CURRENT or change is None or record.get("deleted"):
        return record
    return change(record, find)


def _without(record: Record, *names: str) -> Record:
    return {name: value for name, value in record.items() if name not in names}


def _discount(record: Any, find: Find) -> Any:
    """The coupon itself stood where its id stands now."""
    if not isinstance(record, dict):
        return record
    named = record["source"]["coupon"]
    shown = named if isinstance(named, dict) else find(named)
    return {**_without(record, "source", "customer_account"), "coupon": shown}


def _customer(record: Record, find: Find) -> Record:
    return {**record, "discount": _discount(record["discount"], find)}


def _promotion_code(record: Record, find: Find) -> Record:
    rest = _without(record, "promotion", "customer_account")
    return {**rest, "coupon": find(record["promotion"]["coupon"])}


def _item(record: Record, find: Find) -> Record:
    rest = _without(record, "current_period_end", "current_period_start")
    return {**rest, "discounts": [_discount(one, find) for one in record["discounts"]]}


def _subscription(record: Record, find: Find) -> Record:
    """One period for all items, and one discount."""
    items = record["items"]
    found = [_discount(one, find) for one in record["discounts"]]
    first = [find(one) if isinstance(one, str) else one for one in record["discounts"][:1]]
    return {
        **_without(record, "billing_mode", "billing_schedules", "customer_account"),
        "current_period_end": max(one["current_period_end"] for one in items["data"]),
        "current_period_start": min(one["current_period_start"] for one in items["data"]),
        "discount": _discount(first[0], find) if first else None,
        "discounts": found,
        "items": {**items, "data": [_item(one, find) for one in items["data"]]},
        "plan": items["data"][0]["plan"] if len(items["data"]) == 1 else None,
        "quantity": items["data"][0].get("quantity") if len(items["data"]) == 1 else None,
    }


def _tax(record: Record) -> Record:
    return {
        "amount": record["amount"],
        "inclusive": record["tax_behavior"] == "inclusive",
        "tax_rate": record["tax_rate_details"]["tax_rate"],
    }


def _line(record: Record, find: Find) -> Record:
    parent = record["parent"]
    billed = parent["subscription_item_details"] or parent["invoice_item_details"]
    price_id = record["pricing"]["price_details"]["price"]
    changes: Record = {
        "proration": billed["proration"],
        "proration_details": billed["proration_details"],
        "subscription": billed["subscription"],
        "tax_amounts": [_tax(one) for one in record["taxes"]],
        "tax_rates": [],
        "type": "subscription" if parent["subscription_item_details"] else "invoiceitem",
        "price": find(price_id) if price_id else None,
    }
    for name in ("invoice_item", "subscription_item"):
        if billed.get(name):
            changes[name] = billed[name]
    gone = ("parent", "pricing", "taxes", "subtotal", "quantity_decimal", "pretax_credit_amounts")
    return {**_without(record, *gone), **changes}


def _invoice(record: Record, find: Find) -> Record:
    parent = record["parent"] or {}
    subscription = (parent.get("subscription_details") or {}).get("subscription")
    lines = record["lines"]
    taxes = [_tax(one) for one in record["total_taxes"]]
    rest = _without(
        record,
        "parent",
        "total_taxes",
        "total_pretax_credit_amounts",
        "amount_overpaid",
        "customer_account",
    )
    return {
        **rest,
        "charge": None,
        "discount": None,
        "discounts": [_discount(one, find) for one in record["discounts"]],
        "lines": {
            **lines,
            "data": [_line(one, find) for one in lines["data"]],
        },
        "paid": record["status"] == "paid",
        "paid_out_of_band": False,
        "payment_intent": None,
        "subscription": subscription,
        "tax": sum(one["amount"] for one in taxes) if taxes else None,
        "total_tax_amounts": taxes,
    }


def _credit_note_line(record: Record, find: Find) -> Record:  # noqa: ARG001  # alike for all
    rest = _without(record, "taxes", "pretax_credit_amounts", "metadata")
    return {**rest, "tax_amounts": [_tax(one) for one in record["taxes"]]}


def _credit_note(record: Record, find: Find) -> Record:
    lines = record["lines"]
    rows = [_credit_note_line(one, find) for one in lines["data"]]
    return {
        **_without(record, "total_taxes", "pretax_credit_amounts", "refunds", "customer_account"),
        "lines": {**lines, "data": rows},
        "refund": None,
        "tax_amounts": [_tax(one) for one in record["total_taxes"]],
    }


_CHANGES: dict[str, Callable[[Record, Find], Record]] = {
    "customer": _customer,
    "promotion_code": _promotion_code,
    "subscription": _subscription,
    "subscription_item": _item,
    "invoice": _invoice,
    "credit_note": _credit_note,
    "credit_note_line_item": _credit_note_line,
    "line_item": _line,
}
