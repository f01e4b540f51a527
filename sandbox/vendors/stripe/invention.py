"""Invents what paying customers bought: customers, subscriptions, bills and what was told."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sandbox.generation.companies import typed_name
from sandbox.generation.customer import Customer
from sandbox.generation.invention import Invention
from sandbox.generation.output import RecordFiles
from sandbox.store import Record
from sandbox.vendors.stripe.bills import credit_note, invoice, line, line_parent, settled
from sandbox.vendors.stripe.catalogue import Catalogue, make_catalogue
from sandbox.vendors.stripe.happenings import NOUNS, previous_attributes, told_of
from sandbox.vendors.stripe.months import instant, seconds
from sandbox.vendors.stripe.records import NO_ADDRESS, discount, event
from sandbox.vendors.stripe.records import customer as customer_record
from sandbox.vendors.stripe.records import subscription as subscription_record
from sandbox.vendors.stripe.records import subscription_item as item_record
from sandbox.vendors.stripe.shapes import ACCOUNT_VERSION, embedded, in_version
from sandbox.vendors.stripe.story import Course, enter_document, enter_items
from sandbox.vendors.stripe.timeline import (
    MOST_BILLS,
    Bills,
    Plan,
    current_period,
    discount_end,
    first_sale,
    is_recent,
)
from sandbox.vendors.stripe.tomorrow import Known, write_tomorrow

_STATUSES = ("active", "past_due", "unpaid", "canceled", "incomplete_expired", "paused")
_STATUS_WEIGHTS = (64, 7, 5, 18, 3, 3)
# A subscription that never began, or that rests, tells no instant at which it did.
_PLAIN_WEIGHTS = (64, 7, 5, 18, 0, 0)
_CYCLES = (("month", 1), ("year", 1), ("month", 3), ("week", 1))
_CYCLE_WEIGHTS = (62, 20, 9, 9)
_ALL_BILLS = 100
_COUNTRIES = {"usd": "US", "eur": "IE", "jpy": "JP", "bhd": "BH"}


class StripeInvention(Invention):
    """Every company that bought once pays through Stripe; a few have two customers there."""

    vendor = "stripe"
    files = (*NOUNS, "discounts", "events")

    def begin(self) -> None:
        self._since = self.scene.as_of - timedelta(days=900)
        self.catalogue: Catalogue = make_catalogue(self.new_id, seconds(self._since))
        self.known = Known(self.catalogue)
        self._customers = 0
        for product in self.catalogue.products.values():
            self.add("products", product)
        for price in self.catalogue.prices.values():
            self.add("prices", price)
        for code in self.catalogue.promotion_codes:
            self.add("promotion_codes", code)
        if not self.rng.plain:
            self._enter_test_customer()

    def credentials(self) -> dict[str, Any]:
        return {"token": f"sk_test_{self.digits(24)}"}

    def new_id(self, prefix: str) -> str:
        return f"{prefix}_1{self.digits(16)}"

    def end(self) -> None:
        """Coupons know how often they were given, so they come last."""
        for coupon in self.catalogue.coupons.values():
            self.add("coupons", coupon)

    def enter(self, customer: Customer) -> None:
        if not customer.is_paying:
            return
        self._customers += 1
        self._account = customer.presence.company.key
        began = first_sale(customer, self.scene.as_of, self.rng.randint(0, 1_400))
        copies = 2 if self.rng.random() < 0.05 and not self.rng.plain else 1
        for copy in range(copies):
            buyer = self._enter_customer(customer, began)
            # Of two customers of one company, one was made by mistake and bought nothing.
            if copy == 0:
                self._enter_purchases(customer, buyer, began)

    # -- customers -------------------------------------------------------------------------

    def _enter_customer(self, customer: Customer, began: datetime) -> Record:
        company, presence = customer.presence.company, customer.presence
        japanese = company.japanese
        weights = (12, 3, 84, 1) if japanese else (62, 30, 3, 5)
        currency = self.rng.choices(("usd", "eur", "jpy", "bhd"), weights)[0]
        metadata = {}
        if presence.salesforce and (self.rng.plain or self.rng.random() < 0.45):
            metadata["salesforce_account_id"] = presence.salesforce[0]
        if presence.hubspot and (self.rng.plain or self.rng.random() < 0.3):
            metadata["hubspot_company_id"] = presence.hubspot[0]
        if self.rng.plain or self.rng.random() < 0.25:
            metadata["domain"] = company.domain
        buyer = customer_record(
            self.new_id("cus"),
            seconds(began),
            name=typed_name(self.rng, company),
            email=self._email(customer),
            currency=currency,
            metadata=metadata,
            address={**NO_ADDRESS, "country": _COUNTRIES[currency]},
        )
        buyer["preferred_locales"] = ["ja"] if japanese else []
        self.add("customers", buyer)
        self.scene.truth.account("stripe", "customers", buyer["id"], company.key)
        self.scene.company_known(company.key, began)
        self.tell("customer.created", buyer, buyer["created"])
        return buyer

    def _email(self, customer: Customer) -> str | None:
        domain = customer.presence.company.domain
        people = [known.person.email for known in customer.people]
        roll = self.rng.random()
        if roll < 0.06:
            return None
        if people and roll < 0.5:
            return self.rng.choice(people)
        return f"{self.rng.choice(('billing', 'accounting', 'ap', 'keiri'))}@{domain}"

    def _enter_test_customer(self) -> None:
        """Somebody tried the checkout out and never tidied up."""
        at = self.scene.as_of - timedelta(days=200)
        buyer = customer_record(
            self.new_id("cus"),
            seconds(at),
            name="TEST テスト",
            email="staff1@revops-lab.example",
            description="test, please ignore",
        )
        self.add("customers", buyer)
        self.known.test_customer = buyer

    # -- purchases -------------------------------------------------------------------------

    def _enter_purchases(self, customer: Customer, buyer: Record, began: datetime) -> None:
        plan = self._plan(customer, buyer, began)
        self._enter_subscription(plan, self._status(plan))
        if self.rng.random() < 0.4:
            self._enter_onboarding(buyer, began)
        if self.rng.random() < 0.2:
            self._enter_second(customer, buyer, began)

    def _enter_second(self, customer: Customer, buyer: Record, began: datetime) -> None:
        """Another subscription, half of them on trial just now."""
        is_on_trial = self.rng.random() < 0.5
        began = began + (self.scene.as_of - began) / 2
        if is_on_trial:
            began = self.scene.as_of - timedelta(days=self.rng.randint(1, 6), hours=3)
        plan = self._plan(customer, buyer, began.replace(microsecond=0))
        if is_on_trial:
            plan.trial_end = plan.start + timedelta(days=14)
            plan.changed_at = None
        self._enter_subscription(plan, self._status(plan))

    def _status(self, plan: Plan) -> str:
        if plan.trial_end is not None and plan.trial_end > self.scene.as_of:
            return "trialing"
        weights = _PLAIN_WEIGHTS if self.rng.plain else _STATUS_WEIGHTS
        return self.rng.choices(_STATUSES, weights)[0]

    def _plan(self, customer: Customer, buyer: Record, began: datetime) -> Plan:
        rng, sold = self.rng, self.catalogue
        currency = buyer["currency"]
        interval, count = rng.choices(_CYCLES, _CYCLE_WEIGHTS)[0]
        # The first customer and every 20th take everything there is: more than ten items.
        has_all = self._customers % 20 == 1
        if has_all:
            interval, count = "month", 1
        prices = [sold.price("seat", currency, interval, count)]
        if count == 1 and interval != "week" and (has_all or rng.random() < 0.35):
            prices.append(sold.price("analytics", currency, interval))
        if (interval, count) == ("month", 1) and (has_all or rng.random() < 0.25):
            prices.append(sold.price("api", currency, interval))
        if has_all:
            prices += sold.connectors(currency)
        seats = max(1, min(400, int(customer.presence.company.employees * rng.uniform(0.05, 0.4))))
        quantities = [seats, *(1 for _ in prices[1:])]
        plan = Plan(
            self.new_id("sub"),
            buyer,
            [(self.new_id("si"), of, many) for of, many in zip(prices, quantities, strict=True)],
            began,
            is_taxed=currency == "jpy",
            usage=rng.randint(200, 90_000),
        )
        self._vary(plan, seats)
        return plan

    def _vary(self, plan: Plan, seats: int) -> None:
        """A trial, another number of seats since some day, a coupon."""
        rng, as_of = self.rng, self.scene.as_of
        if rng.random() < 0.25:
            plan.trial_end = plan.start + timedelta(days=rng.choice((7, 14, 30)))
        if rng.random() < 0.5:
            since = max(plan.anchor, as_of - timedelta(days=rng.choice((25, 25, 400))))
            at = self.moment(min(since, as_of - timedelta(days=1)))
            plan.changed_at = at.replace(microsecond=0)
            plan.changed_to = max(1, int(seats * rng.choice((0.5, 0.8, 1.2, 1.5, 2)))) + 1
        if rng.random() < 0.32:
            fitting = [
                coupon
                for coupon in self.catalogue.coupons.values()
                if coupon["id"] != "UNUSED"
                and not (rng.plain and coupon["duration"] == "once")
                and coupon["currency"] in {None, plan.customer["currency"]}
            ]
            plan.coupon = rng.choice(fitting)
            plan.coupon["times_redeemed"] += 1
            plan.discount = discount(
                self.new_id("di"),
                plan.coupon["id"],
                seconds(plan.start),
                customer=plan.customer["id"],
                subscription=plan.subscription_id,
                end=discount_end(plan.start, plan.coupon),
            )
            self.catalogue.by_id[plan.discount["id"]] = plan.discount

    def _enter_subscription(self, plan: Plan, status: str) -> None:
        as_of = self.scene.as_of
        if status in {"canceled", "incomplete_expired"}:
            latest = as_of - timedelta(hours=2)
            plan.ended_at = self.moment(min(plan.anchor, latest), latest).replace(microsecond=0)
            if plan.changed_at is not None and plan.changed_at >= plan.ended_at:
                plan.changed_at = None
        if self.rng.plain and not plan.is_told(as_of):
            plan.changed_at = None
        bills = Bills(plan, self.new_id)
        if status not in {"trialing", "incomplete_expired"}:
            bills.make(as_of, _ALL_BILLS if self.rng.plain else MOST_BILLS)
        states = [self._settle(bill, status, is_last=bill is bills.made[-1]) for bill in bills.made]
        record = self.subscription(plan, status, as_of)
        if states:
            record["latest_invoice"] = states[-1][-1]["id"]
        self.add("subscriptions", record)
        if plan.discount is not None:
            self.add("discounts", plan.discount)
        for bill in states:
            self.enter_bill(bill)
        if self.rng.plain:
            self._tell_truly(plan, status, states)
        else:
            self._tell_subscription(plan, record)
        self.known.offer(plan, record, states[-1][-1] if states else None)

    def subscription(self, plan: Plan, status: str, at: datetime) -> Record:
        """The subscription as it stood at an instant."""
        period = dict(
            zip(
                ("current_period_start", "current_period_end"),
                current_period(plan, at),
                strict=True,
            )
        )
        rows = [
            item_record(
                item_id,
                plan.subscription_id,
                of,
                plan.quantity(place, at),
                seconds(plan.start),
                **period,
            )
            for place, (item_id, of, _) in enumerate(plan.rows)
        ]
        record = subscription_record(
            plan.subscription_id, plan.customer["id"], rows, seconds(plan.start), status=status
        )
        if plan.discount is not None:
            record["discounts"] = [plan.discount["id"]]
        if plan.trial_end is not None:
            record |= {"trial_start": seconds(plan.start), "trial_end": seconds(plan.trial_end)}
        if plan.ended_at is not None and at >= plan.ended_at:
            ended = seconds(plan.ended_at)
            reason = {"comment": None, "feedback": "too_expensive"}
            record |= {"canceled_at": ended, "ended_at": ended}
            record["cancellation_details"] = {**reason, "reason": "cancellation_requested"}
        return record

    def _tell_subscription(self, plan: Plan, record: Record) -> None:
        first = self.subscription(plan, "trialing" if plan.trial_end else "active", plan.start)
        self.tell("customer.subscription.created", first, first["created"])
        if plan.changed_at is not None:
            before = self.subscription(plan, "active", plan.changed_at - timedelta(seconds=1))
            after = self.subscription(plan, "active", plan.changed_at)
            at = seconds(plan.changed_at)
            self.tell("customer.subscription.updated", after, at, before=before)
        if plan.ended_at is not None:
            self.tell("customer.subscription.deleted", record, seconds(plan.ended_at))

    def _tell_truly(self, plan: Plan, status: str, states: list[list[Record]]) -> None:
        """Every turn that the subscription took, to the ledger and by an event."""
        owing = states[-1][-1] if status in {"past_due", "unpaid"} else None
        since = instant(owing["effective_at"]) if owing else None
        course = Course(plan, status, since, self.scene.as_of)
        enter_items(self.scene.ledger, self._account, course)
        before: Record | None = None
        for at in course.turns():
            if at == self.scene.as_of:
                break
            now = course.status_at(at)
            after = self.subscription(plan, now, at)
            verb = "created" if before is None else "deleted" if now == "canceled" else "updated"
            kept = before if verb == "updated" else None
            self.tell(f"customer.subscription.{verb}", after, seconds(at), before=kept)
            before = after

    # -- bills -----------------------------------------------------------------------------

    def _settle(self, bill: list[Record], status: str, *, is_last: bool) -> list[Record]:
        """What became of a bill: most are paid, the last hangs on the subscription's status."""
        draft, opened, paid = bill
        roll = self.rng.random()
        if is_last and status in {"past_due", "unpaid"}:
            tried = {"attempted": True, "attempt_count": 2, "auto_advance": status == "past_due"}
            return [draft, {**opened, **tried}]
        if is_last and paid["status_transitions"]["paid_at"] > seconds(self.scene.as_of):
            return [draft]
        if roll < 0.03 and not (self.rng.plain and self._is_all_that_tells(bill)):
            at = opened["status_transitions"]["finalized_at"] + 7_200
            return [draft, opened, settled(opened, "void", at)]
        if roll < 0.06:
            at = opened["status_transitions"]["finalized_at"] + 86_400
            return [draft, opened, settled(opened, "uncollectible", at)]
        return bill

    def _is_all_that_tells(self, bill: list[Record]) -> bool:
        """Of how it began, or of what was changed: if it were void, nobody would know."""
        lines = bill[0]["lines"]["data"]
        return bill[0]["billing_reason"] == "subscription_create" or any(
            one["parent"]["subscription_item_details"]["proration"] for one in lines
        )

    def enter_bill(self, states: list[Record]) -> None:
        """The bill as it is now, what was told on the way, and now and then a credit note."""
        last = states[-1]
        if last["status"] == "paid" and last["total"] > 100 and self.rng.random() < 0.07:
            amount = max(1, last["lines"]["data"][0]["amount"] // 5)
            at = min(last["created"] + 200_000, seconds(self.scene.as_of) - 700)
            note = credit_note(self.new_id("cn"), last, amount, at, paid=True)
            last = {**last, "post_payment_credit_notes_amount": note["total"]}
            self.add("credit_notes", note)
            enter_document(self.scene.ledger, self._account, note)
            self.tell("credit_note.created", note, at)
        self.add("invoices", last)
        enter_document(self.scene.ledger, self._account, last)
        for state in states:
            self.tell(*told_of(state), before=None)

    def _enter_onboarding(self, buyer: Record, began: datetime) -> None:
        of = self.catalogue.price("onboarding", buyer["currency"], None)
        at = seconds(min(began + timedelta(days=2), self.scene.as_of - timedelta(hours=3)))
        taxed = of["unit_amount"] // 10 if buyer["currency"] == "jpy" else 0
        row = line(
            self.new_id("il"),
            of,
            of["unit_amount"],
            (at, at),
            quantity=1,
            parent=line_parent(None, None),
            taxed=taxed,
        )
        draft = invoice(self.new_id("in"), buyer, [row], at)
        states = [draft]
        if self.rng.random() < 0.85:
            opened = settled(draft, "open", at + 3_600, f"RL-{self.digits(8).upper()}")
            states += [opened, settled(opened, "paid", at + 7_200)]
        self.enter_bill(states)

    # -- events ----------------------------------------------------------------------------

    def tell(self, kind: str, record: Record, at: int, *, before: Record | None = None) -> None:
        """An event, if it is not too long ago, in the shape of the account's older version."""
        if not is_recent(at, self.scene.as_of):
            return
        shown = in_version(embedded(record), ACCOUNT_VERSION, self.catalogue.by_id.get)
        told = event(self.new_id("evt"), kind, at, shown, api_version=ACCOUNT_VERSION)
        if before is not None:
            was = in_version(embedded(before), ACCOUNT_VERSION, self.catalogue.by_id.get)
            told["data"]["previous_attributes"] = previous_attributes(was, shown)
        self.add("events", told)

    def next_day(self, files: RecordFiles, directory: Path) -> list[dict[str, Any]]:
        """A day of billing; what is deleted comes as a record that says so."""
        del directory
        write_tomorrow(self, files)
        return []


INVENTION = StripeInvention
