"""What may be written: customers, catalogue, subscriptions and the life of an invoice."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.store import Record, Table
from sandbox.vendors.stripe.bills import invoice, line, line_parent, settled
from sandbox.vendors.stripe.errors import invalid, missing, refusal, unknown_parameter
from sandbox.vendors.stripe.forms import Form, is_true, whole_number
from sandbox.vendors.stripe.records import (
    coupon,
    customer,
    price,
    product,
    recurring,
    subscription,
    subscription_item,
)

_MAKE_PREFIX = {
    "customers": "cus",
    "products": "prod",
    "prices": "price",
    "coupons": "coupon",
    "subscriptions": "sub",
    "invoices": "in",
}
# Parameters that are plain fields of the record, by how their text is read.
_PLAIN: dict[str, dict[str, Callable[[Any], Any]]] = {
    "customers": {"name": str, "email": str, "description": str, "phone": str},
    "products": {"name": str, "description": str, "active": is_true, "unit_label": str},
    "prices": {"nickname": str, "active": is_true, "lookup_key": str},
    "coupons": {"name": str},
    "subscriptions": {"cancel_at_period_end": is_true, "description": str},
    "invoices": {"description": str, "auto_advance": is_true},
}
_STEPS = {
    "finalize": ({"draft"}, "open"),
    "pay": ({"open", "uncollectible"}, "paid"),
    "void": ({"open", "uncollectible"}, "void"),
    "mark_uncollectible": ({"open"}, "uncollectible"),
}

Changes = list[tuple[str, Record]]


class Writes:
    """Makes the new state of records out of a caller's parameters."""

    def __init__(
        self,
        tables: Mapping[str, Table],
        new_id: Callable[[str], str],
        now: Callable[[], int],
    ) -> None:
        self._tables, self._new_id, self._now = tables, new_id, now

    def create(self, kind: str, form: Form) -> Changes:
        make = getattr(self, f"_new_{kind}", None)
        if make is None:
            raise refusal(404, f"Unrecognized request URL (POST: /v1/{kind}).")
        record: Record = make(self._new_id(_MAKE_PREFIX[kind]), form)
        return [(kind, record)]

    def update(self, kind: str, record: Record, form: Form) -> Changes:
        if kind not in _PLAIN:
            raise refusal(404, f"Unrecognized request URL (POST: /v1/{kind}/{record['id']}).")
        changed = {**record, **self._plain(kind, form, {"items", "metadata", "expand"})}
        # An empty text takes all of it away.
        kept = {} if form.get("metadata") == "" else record["metadata"]
        changed["metadata"] = {**kept, **_object(form, "metadata")}
        if kind == "products":
            changed["updated"] = self._now()
        if kind == "subscriptions" and "items" in form:
            changed = self._with_items(changed, _rows(form, "items"))
        return [(kind, changed)]

    def removed(self, kind: str, record: Record) -> Record:
        """Deleted; a subscription is not: it ends."""
        now = self._now()
        if kind == "subscriptions":
            return {**record, "status": "canceled", "canceled_at": now, "ended_at": now}
        if kind == "invoices" and record["status"] != "draft":
            raise invalid("You can only delete draft invoices.", "id")
        if kind not in {"customers", "products", "coupons", "invoices"}:
            raise refusal(404, f"Unrecognized request URL (DELETE: /v1/{kind}/{record['id']}).")
        return {**record, "deleted": True}

    def settled(self, bill: Record, step: str) -> Record:
        wanted, becomes = _STEPS[step]
        if bill["status"] not in wanted:
            raise refusal(400, f"You cannot {step} an invoice that is {bill['status']}.")
        number = bill["number"] or f"SANDBOX-{self._now()}"
        return settled(bill, becomes, self._now(), number)

    def _plain(self, kind: str, form: Form, others: set[str]) -> Record:
        known = _PLAIN[kind]
        for name in form:
            if name not in known and name not in others:
                raise unknown_parameter(name)
        read = {name: known[name](form[name]) for name in known if name in form}
        # An empty text takes a value away.
        return {name: None if value == "" else value for name, value in read.items()}

    def _new_customers(self, record_id: str, form: Form) -> Record:
        fields = self._plain("customers", form, {"metadata", "expand"})
        return customer(record_id, self._now(), metadata=_object(form, "metadata"), **fields)

    def _new_products(self, record_id: str, form: Form) -> Record:
        fields = self._plain("products", form, {"metadata", "expand"})
        name = fields.pop("name", None) or _needed(form, "name")
        return product(record_id, name, self._now(), metadata=_object(form, "metadata"), **fields)

    def _new_prices(self, record_id: str, form: Form) -> Record:
        cycle = _object(form, "recurring")
        return price(
            record_id,
            self._known("products", _needed(form, "product"), "product")["id"],
            _needed(form, "currency"),
            str(_number(form, "unit_amount") or _number(form, "unit_amount_decimal") or 0),
            self._now(),
            nickname=form.get("nickname"),
            recurring=recurring(_needed(cycle, "interval")) if cycle else None,
        )

    def _new_coupons(self, record_id: str, form: Form) -> Record:
        return coupon(
            form.get("id") or record_id,
            str(form.get("name", "")),
            self._now(),
            percent_off=float(_number(form, "percent_off") or 0) or None,
            amount_off=whole_number(form.get("amount_off")),
            currency=form.get("currency"),
            duration=form.get("duration", "once"),
        )

    def _new_subscriptions(self, record_id: str, form: Form) -> Record:
        owner = self._known("customers", _needed(form, "customer"), "customer")
        now = self._now()
        rows = [self._new_item(record_id, one) for one in _rows(form, "items")]
        if not rows:
            raise invalid("Missing required param: items.", "items")
        return subscription(record_id, owner["id"], rows, now)

    def _new_item(self, subscription_id: str, asked: Form) -> Record:
        of = self._known("prices", _needed(asked, "price"), "price")
        quantity = whole_number(asked.get("quantity", 1)) or 0
        item_id = self._new_id("si")
        return subscription_item(item_id, subscription_id, of, quantity, self._now())

    def _with_items(self, record: Record, asked: list[Form]) -> Record:
        """Items named by id change or go; the others are added."""
        rows = {row["id"]: row for row in record["items"]["data"]}
        for one in asked:
            if "id" not in one:
                new = self._new_item(record["id"], one)
                rows[new["id"]] = new
            elif str(one["id"]) not in rows:
                raise missing("subscription item", str(one["id"]), param="items", status=400)
            elif is_true(one.get("deleted")):
                del rows[one["id"]]
            else:
                rows[one["id"]] = self._changed_item(rows[one["id"]], one)
        return {**record, "items": {**record["items"], "data": list(rows.values())}}

    def _changed_item(self, row: Record, asked: Form) -> Record:
        changed = dict(row)
        if "price" in asked:
            of = self._known("prices", _needed(asked, "price"), "price")
            changed = subscription_item(
                row["id"], row["subscription"], of, row.get("quantity", 1), row["created"]
            )
            changed |= {name: row[name] for name in ("current_period_end", "discounts")}
        if "quantity" in asked:
            changed["quantity"] = whole_number(asked["quantity"])
        return changed

    def _new_invoices(self, record_id: str, form: Form) -> Record:
        """A draft with one line of its own, for an amount that the caller names."""
        owner = self._known("customers", _needed(form, "customer"), "customer")
        now = self._now()
        of = {
            "id": None,
            "product": None,
            "currency": form.get("currency", "usd"),
            "nickname": form.get("description", "Services"),
            "unit_amount_decimal": str(_number(form, "amount") or 0),
        }
        amount = whole_number(form.get("amount", 0)) or 0
        row = line(
            self._new_id("il"), of, amount, (now, now), quantity=1, parent=line_parent(None, None)
        )
        return invoice(record_id, owner, [row], now)

    def _known(self, kind: str, record_id: str, param: str) -> Record:
        record = self._tables[kind].get(record_id)
        if record is None or record.get("deleted"):
            raise missing(param, record_id, param=param, status=400)
        return record


def _needed(form: Form, name: str) -> str:
    if not form.get(name):
        raise invalid(f"Missing required param: {name}.", name)
    return str(form[name])


def _object(form: Form, name: str) -> Form:
    found = form.get(name) or {}
    if not isinstance(found, dict):
        raise invalid("Invalid object", name)
    return found


def _rows(form: Form, name: str) -> list[Form]:
    found = form.get(name) or []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise invalid("Invalid array", name)
    return found


def _number(form: Form, name: str) -> str | None:
    """A decimal as it was written."""
    found = form.get(name)
    if found and not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", str(found)):
        raise invalid(f"Invalid decimal: {found}", name)
    return str(found) if found else None
