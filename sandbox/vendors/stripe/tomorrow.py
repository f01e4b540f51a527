"""The day after the data ends: upgrades, cancellations, new bills, payments, deletions."""

import copy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sandbox.generation.output import RecordFiles
from sandbox.store import Record
from sandbox.vendors.stripe.bills import credit_note, settled
from sandbox.vendors.stripe.catalogue import Catalogue
from sandbox.vendors.stripe.months import seconds
from sandbox.vendors.stripe.records import customer, event
from sandbox.vendors.stripe.shapes import ACCOUNT_VERSION
from sandbox.vendors.stripe.timeline import Bills, Plan

if TYPE_CHECKING:
    from sandbox.vendors.stripe.invention import StripeInvention

_KEPT = 200


@dataclass
class Known:
    """What the next day may touch; the first few hundred subscriptions are enough."""

    catalogue: Catalogue
    subscriptions: list[tuple[Plan, Record, Record | None]] = field(default_factory=list)
    test_customer: Record | None = None

    def offer(self, plan: Plan, record: Record, bill: Record | None) -> None:
        if len(self.subscriptions) < _KEPT:
            self.subscriptions.append((plan, record, bill))

    def draw(self, status: str) -> tuple[Plan, Record, Record | None] | None:
        """The next subscription of a status, which is not drawn again."""
        for place, (_, record, bill) in enumerate(self.subscriptions):
            if record["status"] == status and bill is not None:
                return self.subscriptions.pop(place)
        return None


class Tomorrow:
    """Writes the day's records, and one bare event for each: the emulator shows the record."""

    def __init__(self, invention: "StripeInvention", files: RecordFiles) -> None:
        self._of, self._files = invention, files

    def write(self) -> None:
        self._upgrade()
        self._cancel()
        self._renew()
        self._pay()
        self._credit()
        self._arrive()
        self._tidy_up()

    def _put(self, kind: str, record: Record, *types: str, at: datetime) -> None:
        self._files.add("stripe", kind, record)
        about = {"id": record["id"], "object": record["object"]}
        for later, told in enumerate(types):
            happened = event(
                self._of.new_id("evt"),
                told,
                seconds(at) + later,
                about,
                api_version=ACCOUNT_VERSION,
            )
            self._files.add("stripe", "events", happened)

    def _upgrade(self) -> None:
        drawn = self._of.known.draw("active")
        if drawn:
            record = copy.deepcopy(drawn[1])
            record["items"]["data"][0]["quantity"] += 10
            at = self._of.next_moment()
            self._put("subscriptions", record, "customer.subscription.updated", at=at)

    def _cancel(self) -> None:
        drawn = self._of.known.draw("active")
        if drawn:
            at = self._of.next_moment()
            ended = {"status": "canceled", "ended_at": seconds(at), "canceled_at": seconds(at)}
            record = {**drawn[1], **ended}
            self._put("subscriptions", record, "customer.subscription.deleted", at=at)

    def _renew(self) -> None:
        """A new period: a new bill, and the subscription moves on."""
        drawn = self._of.known.draw("active")
        if drawn is None:
            return
        plan, record, _ = drawn
        at = self._of.next_moment().replace(microsecond=0)
        bills = Bills(plan, self._of.new_id)
        begins, ends = at, at + timedelta(days=30)
        paid = bills.one(begins, ends)[-1]
        told = ("invoice.created", "invoice.finalized", "invoice.paid")
        self._put("invoices", paid, *told, at=at)
        period = {"current_period_start": seconds(begins), "current_period_end": seconds(ends)}
        rows = [{**row, **period} for row in record["items"]["data"]]
        items = {**record["items"], "data": rows}
        moved = {**record, "items": items, "latest_invoice": paid["id"]}
        self._put("subscriptions", moved, "customer.subscription.updated", at=at)

    def _pay(self) -> None:
        """Somebody settles an open bill."""
        drawn = self._of.known.draw("past_due")
        if drawn and drawn[2] is not None:
            at = self._of.next_moment()
            paid = settled(drawn[2], "paid", seconds(at))
            self._put("invoices", paid, "invoice.paid", at=at)
            record = {**drawn[1], "status": "active"}
            self._put("subscriptions", record, "customer.subscription.updated", at=at)

    def _credit(self) -> None:
        drawn = self._of.known.draw("active")
        if drawn and drawn[2] is not None and drawn[2]["number"]:
            at, bill = self._of.next_moment(), drawn[2]
            amount = max(1, abs(bill["lines"]["data"][0]["amount"]) // 4)
            note = credit_note(self._of.new_id("cn"), bill, amount, seconds(at), paid=True)
            self._put("credit_notes", note, "credit_note.created", at=at)

    def _arrive(self) -> None:
        at = self._of.next_moment()
        fields = {"name": "Kumonoito 株式会社", "email": "keiri@kumonoito.example"}
        arrived = customer(self._of.new_id("cus"), seconds(at), **fields)
        self._put("customers", arrived, "customer.created", at=at)

    def _tidy_up(self) -> None:
        """The test customer and an unused coupon go; a product is renamed, a price archived."""
        sold, at = self._of.catalogue, self._of.next_moment()
        if self._of.known.test_customer:
            gone = {**self._of.known.test_customer, "deleted": True}
            self._put("customers", gone, "customer.deleted", at=at)
        unused = {**sold.coupons["UNUSED"], "deleted": True}
        self._put("coupons", unused, "coupon.deleted", at=at)
        renamed = {**sold.products["legacy"], "name": "Legacy plan (closed)"}
        self._put("products", {**renamed, "updated": seconds(at)}, "product.updated", at=at)
        price = sold.price("seat", "usd", "week")
        self._put("prices", {**price, "active": False}, "price.updated", at=at)
        code = {**sold.promotion_codes[0], "active": False}
        self._put("promotion_codes", code, "promotion_code.updated", at=at)


def write_tomorrow(invention: "StripeInvention", files: RecordFiles) -> None:
    Tomorrow(invention, files).write()
