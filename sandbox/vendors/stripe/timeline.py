"""What became of one subscription: its items over time, its bills, and what was told of both."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Any

from sandbox.generation.customer import Customer
from sandbox.instants import parse_instant
from sandbox.store import Record
from sandbox.vendors.stripe.bills import (
    invoice,
    line,
    line_parent,
    settled,
    subscription_parent,
)
from sandbox.vendors.stripe.months import instant, months_later, periods, seconds

MOST_BILLS = 5
NewId = Any


@dataclass
class Plan:
    """What a customer agreed to: prices with quantities, and when the first quantity changed."""

    subscription_id: str
    customer: Record
    rows: list[tuple[str, Record, int]]
    start: datetime
    trial_end: datetime | None = None
    changed_at: datetime | None = None
    changed_to: int = 0
    ended_at: datetime | None = None
    discount: Record | None = None
    coupon: Record | None = None
    is_taxed: bool = False
    usage: int = 0

    @property
    def anchor(self) -> datetime:
        """Bills are counted from the end of the trial."""
        return self.trial_end or self.start

    @property
    def cycle(self) -> tuple[str, int]:
        every = self.rows[0][1]["recurring"]
        return every["interval"], every["interval_count"]

    def quantity(self, place: int, at: datetime) -> int:
        has_changed = place == 0 and self.changed_at is not None and at >= self.changed_at
        return self.changed_to if has_changed else self.rows[place][2]

    def is_told(self, until: datetime) -> bool:
        """Whether the change of the quantity is billed, or an event that is still kept."""
        if self.changed_at is None or is_recent(seconds(self.changed_at), until, days=28):
            return True
        latest = min(until, self.ended_at or until)
        return any(self.changed_at < bound <= latest for bound in self.bounds(until))

    def bounds(self, until: datetime) -> list[datetime]:
        """The starts of the periods, and the end of the last."""
        return periods(self.anchor, *self.cycle, min(until, self.ended_at or until))


@dataclass
class Bills:
    """The bills of a subscription, each with every state that it went through."""

    plan: Plan
    new_id: NewId
    made: list[list[Record]] = field(default_factory=list)

    def make(self, until: datetime, most: int = MOST_BILLS) -> None:
        """The latest bills, all of them paid so far."""
        bounds = self.plan.bounds(until)
        spans = [(begins, ends) for begins, ends in pairwise(bounds) if begins <= until]
        self.made += [self.one(begins, ends) for begins, ends in spans[-most:]]

    def one(self, begins: datetime, ends: datetime) -> list[Record]:
        """The bill of one period as a draft, open and paid."""
        plan, at = self.plan, seconds(begins)
        lines = self._changes_before(begins)
        for place, (item_id, of, _) in enumerate(plan.rows):
            lines.append(self._line(place, item_id, of, (begins, ends)))
        draft = invoice(self.new_id("in"), plan.customer, lines, at)
        draft["parent"] = subscription_parent(plan.subscription_id)
        draft["billing_reason"] = (
            "subscription_create" if begins == plan.anchor else "subscription_cycle"
        )
        draft["period_start"], draft["period_end"] = at, seconds(ends)
        opened = settled(draft, "open", at + 3_600, f"RL-{self.new_id('n')[-8:].upper()}")
        return [draft, opened, settled(opened, "paid", at + 3_660)]

    def _line(
        self, place: int, item_id: str, of: Record, span: tuple[datetime, datetime]
    ) -> Record:
        plan = self.plan
        is_metered = of["recurring"]["usage_type"] == "metered"
        quantity = plan.usage if is_metered else plan.quantity(place, span[0])
        amount = rounded(Decimal(of["unit_amount_decimal"]) * quantity)
        off = self._discounted(amount, of, span[0])
        net = amount - (off[0] if off else 0)
        return line(
            self.new_id("il"),
            of,
            amount,
            (seconds(span[0]), seconds(span[1])),
            quantity=quantity,
            parent=line_parent(plan.subscription_id, item_id),
            discounted=off,
            taxed=rounded(Decimal(net) / 10) if plan.is_taxed else 0,
        )

    def _discounted(self, amount: int, of: Record, at: datetime) -> tuple[int, str] | None:
        """What the coupon takes off while it lasts; an amount off comes off the first item."""
        given, coupon = self.plan.discount, self.plan.coupon
        if given is None or coupon is None or amount <= 0:
            return None
        if given["end"] is not None and seconds(at) >= given["end"]:
            return None
        if coupon["percent_off"] is not None:
            return rounded(Decimal(amount) * Decimal(str(coupon["percent_off"])) / 100), given["id"]
        is_first = of["id"] == self.plan.rows[0][1]["id"]
        return (min(amount, coupon["amount_off"]), given["id"]) if is_first else None

    def _changes_before(self, begins: datetime) -> list[Record]:
        """Unused time credited and remaining time charged, where the quantity changed."""
        plan, at = self.plan, self.plan.changed_at
        if at is None or not plan.anchor < at < begins:
            return []
        bounds = plan.bounds(begins)
        began = max(one for one in bounds if one <= at)
        if next(one for one in bounds if one > at) != begins:
            return []
        item_id, of, before = plan.rows[0]
        share = Decimal(seconds(begins) - seconds(at)) / (seconds(begins) - seconds(began))
        made = []
        for sign, quantity, words in (
            (-1, before, "Unused time"),
            (1, plan.changed_to, "Remaining"),
        ):
            amount = sign * rounded(Decimal(of["unit_amount_decimal"]) * quantity * share)
            made.append(
                line(
                    self.new_id("il"),
                    of,
                    amount,
                    (seconds(at), seconds(begins)),
                    quantity=quantity,
                    parent=line_parent(plan.subscription_id, item_id, proration=True),
                    description=f"{words} on {quantity} of {of['nickname']}",
                )
            )
        return made


def rounded(amount: Decimal) -> int:
    """To whole minor units, half away from zero."""
    return int(amount.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def discount_end(start: datetime, coupon: Record) -> int | None:
    """When a coupon that lasts some months no longer counts."""
    months = coupon["duration_in_months"]
    return seconds(months_later(start, months)) if months else None


def current_period(plan: Plan, until: datetime) -> tuple[int, int]:
    """The period in which `until` lies; that of the trial while it lasts."""
    if plan.trial_end is not None and until < plan.trial_end:
        return seconds(plan.start), seconds(plan.trial_end)
    *_, begins, ends = plan.bounds(until)
    return seconds(begins), seconds(ends)


def is_recent(unix: int, as_of: datetime, days: int = 40) -> bool:
    """Worth an event: a little longer ago than Stripe keeps them, so that some have gone."""
    return as_of - timedelta(days=days) <= instant(unix) <= as_of


def first_sale(customer: Customer, as_of: datetime, minutes: int) -> datetime:
    """When they first bought, so many minutes into the day; a year and a bit ago at the most."""
    won = [sale for sale in customer.sales if sale.is_won]
    dates = [
        sale.opportunity["CloseDate"]
        if sale.opportunity is not None
        else (sale.deal or {})["properties"]["closedate"]
        for sale in won
    ]
    first = min(parse_instant(text) for text in dates)
    earliest, latest = as_of - timedelta(days=420), as_of - timedelta(days=3)
    at = min(max(first, earliest), latest) + timedelta(minutes=minutes)
    return at.replace(microsecond=0)
