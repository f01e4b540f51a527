"""What a customer really has agreed to and been billed: the truth behind Stripe's records."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

from sandbox.generation.ledger import Ledger
from sandbox.generation.meaning import business_day
from sandbox.store import Record
from sandbox.vendors.stripe.months import instant, seconds
from sandbox.vendors.stripe.timeline import Plan

_DECIMALS = {"jpy": 0, "bhd": 3}
Facts = dict[str, Any]


def major(minor: int | str | Decimal, currency: str) -> Decimal:
    """An amount in the currency's own units."""
    return Decimal(minor).scaleb(-_DECIMALS.get(currency, 2))


@dataclass(frozen=True)
class Course:
    """What became of a plan.

    Attributes:
        plan: what was agreed to.
        status: what the subscription is where the data ends.
        owing_since: when a bill was not paid that is still open.
        until: where the data ends.
    """

    plan: Plan
    status: str
    owing_since: datetime | None
    until: datetime

    def status_at(self, at: datetime) -> str:
        plan = self.plan
        if plan.trial_end is not None and at < plan.trial_end:
            return "trialing"
        if self.owing_since is not None and at >= self.owing_since:
            return self.status
        return "canceled" if plan.ended_at is not None and at >= plan.ended_at else "active"

    def turns(self) -> list[datetime]:
        """The instants at which something became other, the beginning and the end included."""
        plan = self.plan
        end = plan.ended_at or self.until
        moments = {plan.start, plan.trial_end, plan.changed_at, self.owing_since}
        moments.add(_discount_end(plan))
        return [*sorted(at for at in moments if at is not None and at < end), end]

    def terms(self, place: int, at: datetime) -> Facts:
        """An item as it was at an instant."""
        _, of, _ = self.plan.rows[place]
        kind, percent = _discount(self.plan, at)
        usage = of["recurring"]["usage_type"]
        # What was used is no part of what was agreed to: no tool tells it before the bill.
        quantity = self.plan.usage if usage == "metered" else self.plan.quantity(place, at)
        return {
            "product_id": of["product"],
            "status": self.status_at(at),
            "currency": of["currency"].upper(),
            "unit_amount": major(of["unit_amount_decimal"], of["currency"]),
            "quantity": quantity,
            "billing_interval": of["recurring"]["interval"],
            "interval_count": of["recurring"]["interval_count"],
            "discount_pct": percent,
            "discount_kind": kind,
            "usage_type": usage,
        }


def enter_items(ledger: Ledger, account: str, course: Course) -> None:
    """Every item over time: a row for each span in which nothing changed."""
    plan, spans = course.plan, list(pairwise(course.turns()))
    for place, (item_id, _, _) in enumerate(plan.rows):
        told = [(begins, ends, course.terms(place, begins)) for begins, ends in spans]
        for begins, ends, terms in _merged(told):
            is_over = plan.ended_at is not None or ends < course.until
            ledger.add(
                "subscription_item",
                "stripe",
                item_id,
                item_version_id=f"{item_id}/{seconds(begins)}",
                subscription_id=plan.subscription_id,
                account_id=account,
                valid_from=begins,
                valid_to=ends if is_over else None,
                **terms,
            )


def _merged(
    spans: list[tuple[datetime, datetime, Facts]],
) -> Iterator[tuple[datetime, datetime, Facts]]:
    begins, ends, terms = spans[0]
    for start, end, others in spans[1:]:
        if others == terms:
            ends = end
            continue
        yield begins, ends, terms
        begins, ends, terms = start, end, others
    yield begins, ends, terms


def _discount_end(plan: Plan) -> datetime | None:
    if plan.discount is None or plan.discount["end"] is None:
        return None
    return instant(plan.discount["end"])


def _discount(plan: Plan, at: datetime) -> tuple[str, Decimal]:
    """Which kind of discount there is, and what it takes off of everything, in percent."""
    coupon, end = plan.coupon, _discount_end(plan)
    if coupon is None or (end is not None and at >= end):
        return "none", Decimal(0)
    kind = "forever" if coupon["duration"] == "forever" else "finite"
    if coupon["percent_off"] is not None:
        return kind, Decimal(str(coupon["percent_off"]))
    gross = sum(
        Decimal(of["unit_amount_decimal"]) * plan.quantity(place, at)
        for place, (_, of, _) in enumerate(plan.rows)
        if of["recurring"]["usage_type"] != "metered"
    )
    share = min(Decimal(1), Decimal(coupon["amount_off"]) / gross)
    return kind, round(100 * share, 10)


def enter_document(ledger: Ledger, account: str, document: Record) -> None:
    """An invoice or a credit note, with its lines."""
    is_note = document["object"] == "credit_note"
    sign = -1 if is_note else 1
    currency, taxed = document["currency"], sum(one["amount"] for one in document["total_taxes"])
    ledger.add(
        "invoice",
        "stripe",
        document["id"],
        invoice_id=document["id"],
        document_type=document["object"],
        account_id=account,
        currency=currency.upper(),
        # What is credited has been paid before: nothing else is credited here.
        status="paid" if is_note else document["status"],
        issued_at=instant(document["effective_at"] or document["created"]),
        tax=sign * major(taxed, currency),
    )
    for row in document["lines"]["data"]:
        net = row["amount"] - sum(one["amount"] for one in row["discount_amounts"])
        ledger.add(
            "invoice_line",
            "stripe",
            row["id"],
            invoice_line_id=row["id"],
            invoice_id=document["id"],
            line_type="credit_note" if is_note else _line_type(row),
            amount=sign * major(net, currency),
            **({} if is_note else _period(row)),
        )


def _line_type(row: Record) -> str:
    details = row["parent"]["subscription_item_details"]
    if details is None:
        return "one_time"
    if details["proration"]:
        return "proration"
    # Calls of the API are counted afterwards, seats are not.
    return "usage" if Decimal(row["pricing"]["unit_amount_decimal"]) < 100 else "recurring"


def _period(row: Record) -> Facts:
    begins, ends = (business_day(instant(row["period"][name])) for name in ("start", "end"))
    return {"period_start": begins, "period_end": ends} if begins < ends else {}
