"""Invoices and credit notes in Stripe's wire shape; amounts are integers of minor units."""

from typing import Any

from sandbox.store import Record
from sandbox.vendors.stripe.records import list_of

TAX_RATE = "txr_1Sandbox10Percent"

_MOMENTS = {"paid": "paid_at", "void": "voided_at", "uncollectible": "marked_uncollectible_at"}
_NO_MOMENTS = dict.fromkeys(("finalized_at", *_MOMENTS.values()))
_NO_AUTOMATIC_TAX = dict.fromkeys(("disabled_reason", "liability", "provider", "status"))
_NO_PAYMENT_SETTINGS = dict.fromkeys(
    ("default_mandate", "payment_method_options", "payment_method_types")
)
_ZERO = (
    "amount_overpaid", "amount_paid", "amount_shipping", "attempt_count", "starting_balance",
    "post_payment_credit_notes_amount", "pre_payment_credit_notes_amount",
)  # fmt: skip
# What an invoice has room for and ours never hold.
_ABSENT = dict.fromkeys((
    "account_tax_ids", "application", "automatically_finalizes_at", "custom_fields",
    "customer_account", "customer_phone", "customer_shipping", "default_payment_method",
    "default_source", "description", "due_date", "effective_at", "ending_balance", "footer",
    "from_invoice", "hosted_invoice_url", "invoice_pdf", "last_finalization_error",
    "latest_revision", "next_payment_attempt", "number", "on_behalf_of", "parent",
    "receipt_number", "rendering", "shipping_cost", "shipping_details", "statement_descriptor",
    "test_clock",
))  # fmt: skip


def tax_of(amount: int, taxable: int) -> Record:
    return {
        "amount": amount,
        "tax_behavior": "exclusive",
        "tax_rate_details": {"tax_rate": TAX_RATE},
        "taxability_reason": "not_available",
        "taxable_amount": taxable,
        "type": "tax_rate_details",
    }


def line_parent(
    subscription_id: str | None, item_id: str | None, *, proration: bool = False
) -> Record:
    """What a line bills: an item of a subscription, or an invoice item of its own."""
    common = {"proration": proration, "proration_details": {"credited_items": None}}
    if item_id is None:
        details = {"invoice_item": "ii_1Sandbox", **common, "subscription": subscription_id}
        return {
            "invoice_item_details": details,
            "subscription_item_details": None,
            "type": "invoice_item_details",
        }
    details = {"invoice_item": None, **common, "subscription": subscription_id}
    return {
        "invoice_item_details": None,
        "subscription_item_details": {**details, "subscription_item": item_id},
        "type": "subscription_item_details",
    }


def line(
    record_id: str,
    of: Record,
    amount: int,
    period: tuple[int, int],
    *,
    quantity: int,
    parent: Record,
    discounted: tuple[int, str] | None = None,
    taxed: int = 0,
    description: str | None = None,
) -> Record:
    """A line; `discounted` is how much which discount takes off `amount`."""
    off, discount_id = discounted or (0, "")
    return {
        "id": record_id,
        "object": "line_item",
        "amount": amount,
        "currency": of["currency"],
        "description": description or f"{quantity} \N{MULTIPLICATION SIGN} {of['nickname']}",
        "discount_amounts": [{"amount": off, "discount": discount_id}] if discounted else [],
        "discountable": not (parent["subscription_item_details"] or {}).get("proration", False),
        "discounts": [discount_id] if discounted else [],
        "invoice": None,
        "livemode": False,
        "metadata": {},
        "parent": parent,
        "period": {"end": period[1], "start": period[0]},
        "pretax_credit_amounts": [],
        "pricing": {
            "price_details": {"price": of["id"], "product": of["product"]},
            "type": "price_details",
            "unit_amount_decimal": of["unit_amount_decimal"],
        },
        "quantity": quantity,
        "quantity_decimal": str(quantity),
        "subscription": None,
        "subtotal": amount,
        "taxes": [tax_of(taxed, amount - off)] if taxed else [],
    }


def _total(lines: list[Record]) -> tuple[int, int, int]:
    """Before discounts, the discounts, and the taxes."""
    subtotal = sum(one["amount"] for one in lines)
    off = sum(each["amount"] for one in lines for each in one["discount_amounts"])
    tax = sum(each["amount"] for one in lines for each in one["taxes"])
    return subtotal, off, tax


def invoice(record_id: str, buyer: Record, lines: list[Record], created: int) -> Record:
    """A draft; `settled` makes of it what became of it."""
    subtotal, off, tax = _total(lines)
    total = subtotal - off + tax
    rows = [{**one, "invoice": record_id} for one in lines]
    return {
        "id": record_id,
        "object": "invoice",
        **_ABSENT,
        **dict.fromkeys(("amount_due", "amount_remaining"), max(0, total)),
        **dict.fromkeys(_ZERO, 0),
        "account_country": "JP",
        "account_name": "RevOps Lab",
        "attempted": False,
        "auto_advance": False,
        "automatic_tax": {"enabled": False, **_NO_AUTOMATIC_TAX},
        "billing_reason": "manual",
        "collection_method": "charge_automatically",
        "created": created,
        "currency": lines[0]["currency"],
        "customer": buyer["id"],
        "customer_address": buyer["address"],
        "customer_email": buyer["email"],
        "customer_name": buyer["name"],
        "customer_tax_exempt": "none",
        "customer_tax_ids": [],
        "default_tax_rates": [],
        "discounts": sorted({one for each in lines for one in each["discounts"]}),
        "issuer": {"type": "self"},
        "lines": list_of(rows, f"/v1/invoices/{record_id}/lines"),
        "livemode": False,
        "metadata": {},
        "payment_settings": dict(_NO_PAYMENT_SETTINGS),
        "period_end": created,
        "period_start": created,
        "status": "draft",
        "status_transitions": dict(_NO_MOMENTS),
        "subtotal": subtotal,
        "subtotal_excluding_tax": subtotal,
        "total": total,
        "total_discount_amounts": _summed_discounts(lines),
        "total_excluding_tax": total - tax,
        "total_pretax_credit_amounts": [],
        "total_taxes": [tax_of(tax, subtotal - off)] if tax else [],
        "webhooks_delivered_at": created,
    }


def _summed_discounts(lines: list[Record]) -> list[Record]:
    sums: dict[str, int] = {}
    for one in lines:
        for each in one["discount_amounts"]:
            sums[each["discount"]] = sums.get(each["discount"], 0) + each["amount"]
    return [{"amount": amount, "discount": which} for which, amount in sums.items()]


def settled(bill: Record, status: str, at: int, number: str | None = None) -> Record:
    """The invoice once it is finalised (`open`) and, after that, paid, void or given up."""
    moments = dict(bill["status_transitions"])
    moments["finalized_at"] = moments["finalized_at"] or at
    if status in _MOMENTS:
        moments[_MOMENTS[status]] = at
    changes: dict[str, Any] = {
        "status": status,
        "number": number or bill["number"],
        "effective_at": moments["finalized_at"],
        "status_transitions": moments,
        "ending_balance": 0,
    }
    if status == "paid":
        changes |= {"amount_paid": bill["amount_due"], "amount_remaining": 0}
        changes |= {"attempted": True, "attempt_count": max(1, bill["attempt_count"])}
    return {**bill, **changes}


def subscription_parent(subscription_id: str) -> Record:
    details = {"metadata": {}, "subscription": subscription_id}
    return {
        "quote_details": None,
        "subscription_details": details,
        "type": "subscription_details",
    }


def credit_note(record_id: str, bill: Record, amount: int, created: int, *, paid: bool) -> Record:
    """`amount` credited of the invoice's first line, with the tax that goes with it."""
    first = bill["lines"]["data"][0]
    tax = sum(amount * each["amount"] // max(1, first["amount"]) for each in first["taxes"])
    url = f"/v1/credit_notes/{record_id}/lines"
    row = {
        "id": f"cnli_{record_id[3:]}",
        "object": "credit_note_line_item",
        "amount": amount,
        "description": first["description"],
        "discount_amount": 0,
        "discount_amounts": [],
        "invoice_line_item": first["id"],
        "livemode": False,
        "metadata": {},
        "pretax_credit_amounts": [],
        "quantity": 1,
        "tax_rates": [],
        "taxes": [tax_of(tax, amount)] if tax else [],
        "type": "invoice_line_item",
        "unit_amount": None,
        "unit_amount_decimal": None,
    }
    return {
        "id": record_id,
        "object": "credit_note",
        "amount": amount + tax,
        "amount_shipping": 0,
        "created": created,
        "currency": bill["currency"],
        "customer": bill["customer"],
        "customer_account": None,
        "customer_balance_transaction": None,
        "discount_amount": 0,
        "discount_amounts": [],
        "effective_at": created,
        "invoice": bill["id"],
        "lines": list_of([row], url),
        "livemode": False,
        "memo": None,
        "metadata": {},
        "number": f"{bill['number']}-CN-01",
        "out_of_band_amount": None,
        "pdf": f"https://pay.stripe.com/credit_notes/{record_id}/pdf",
        "post_payment_amount": amount + tax if paid else 0,
        "pre_payment_amount": 0 if paid else amount + tax,
        "pretax_credit_amounts": [],
        "reason": "order_change",
        "refunds": [],
        "shipping_cost": None,
        "status": "issued",
        "subtotal": amount,
        "subtotal_excluding_tax": amount,
        "total": amount + tax,
        "total_excluding_tax": amount,
        "total_taxes": [tax_of(tax, amount)] if tax else [],
        "type": "post_payment" if paid else "pre_payment",
        "voided_at": None,
    }
