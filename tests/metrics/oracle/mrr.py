"""Monthly recurring revenue of every account at every month end, and what moved it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import cached_property
from itertools import pairwise

from tests.metrics.oracle.calendar import Period, month_of
from tests.metrics.oracle.company import Company, SubscriptionItem, total

MOVEMENTS = ("new", "expansion", "contraction", "churn", "reactivation")

Amounts = dict[str, Fraction]


@dataclass(frozen=True)
class Movement:
    account_id: str
    month: str
    kind: str
    amount: Fraction


class Mrr:
    """The account x month book; months are named by their labels."""

    def __init__(self, company: Company) -> None:
        self.company = company
        self.calendar = company.calendar
        self.history = [self.calendar.before(self.calendar.history[0]), *self.calendar.history]
        self.items = [item for item in company.subscription_items if self._counts(item)]
        self.accounts = sorted({item.account_id for item in self.items})
        self.at_close = {month.label: self._at(month) for month in self.history}

    def _counts(self, item: SubscriptionItem) -> bool:
        rules = self.company.policy["mrr"]
        return (
            item.status in rules["statuses_counted"]
            and item.usage_type not in rules["exclude_usage_types"]
        )

    def _at(self, month: Period) -> dict[str, list[SubscriptionItem]]:
        """The items of each account just before a month ends."""
        close = self.calendar.close_of(month)
        expiring_counts = self.company.policy["mrr"]["month_end_inclusive_of_expiring"]
        found: dict[str, list[SubscriptionItem]] = defaultdict(list)
        for item in self.items:
            ends_later = item.valid_to is None or item.valid_to > close
            ends_now = item.valid_to == close and expiring_counts
            if item.valid_from < close and (ends_later or ends_now):
                found[item.account_id].append(item)
        return found

    def monthly(self, item: SubscriptionItem, reducing: str = "contract") -> Fraction:
        """What an item brings in a month, in its own currency, exact."""
        rules = self.company.policy["mrr"]
        amount = item.unit_amount * item.quantity
        if item.discount_kind in rules[f"discounts_reducing_{reducing}_mrr"]:
            amount *= 1 - item.discount_pct / 100
        if item.billing_interval in ("day", "week"):
            per_month = Fraction(rules[f"{item.billing_interval}_to_month"])
        else:
            per_month = 1 / Fraction(rules["interval_months"][item.billing_interval])
        return amount * per_month / item.interval_count

    def local(self, account_id: str, month: str) -> Amounts:
        """Contract MRR by currency, exact."""
        amounts: Amounts = defaultdict(Fraction)
        for item in self.at_close[month].get(account_id, []):
            amounts[item.currency] += self.monthly(item)
        return amounts

    def is_on(self, account_id: str, month: str) -> bool:
        return any(amount > 0 for amount in self.local(account_id, month).values())

    def on(self, month: str) -> list[str]:
        return [account_id for account_id in self.accounts if self.is_on(account_id, month)]

    def at_rates_of(self, amounts: Amounts, month: Period) -> Fraction:
        """Amounts by currency at a month's closing rates, exact."""
        day = self.calendar.close_date_of(month)
        return total(amount * self.company.spot(name, day) for name, amount in amounts.items())

    @cached_property
    def spot(self) -> dict[tuple[str, str], Fraction]:
        return {
            (account_id, month.label): self.company.money(
                self.at_rates_of(self.local(account_id, month.label), month)
            )
            for month in self.history
            for account_id in self.accounts
        }

    @cached_property
    def arr(self) -> dict[tuple[str, str], Fraction]:
        return {
            (account_id, month.label): self.company.money(
                12 * self.at_rates_of(self.local(account_id, month.label), month)
            )
            for month in self.history
            for account_id in self.accounts
        }

    @cached_property
    def plan_exact(self) -> dict[tuple[str, str], Fraction]:
        """At plan rates and not rounded: what ratios of retention are made of."""
        return {
            (account_id, month.label): self.at_plan(self.at_close[month.label].get(account_id, []))
            for month in self.history
            for account_id in self.accounts
        }

    @cached_property
    def plan(self) -> dict[tuple[str, str], Fraction]:
        return {key: self.company.money(amount) for key, amount in self.plan_exact.items()}

    @cached_property
    def billed(self) -> dict[tuple[str, str], Fraction]:
        found = {}
        for month in self.history:
            day = self.calendar.close_date_of(month)
            for account_id in self.accounts:
                items = self.at_close[month.label].get(account_id, [])
                found[account_id, month.label] = self.company.money(
                    total(
                        self.monthly(item, "billed") * self.company.spot(item.currency, day)
                        for item in items
                    )
                )
        return found

    def at_plan(self, items: Iterable[SubscriptionItem]) -> Fraction:
        return total(self.monthly(item) * self.company.plan(item.currency) for item in items)

    @cached_property
    def movements(self) -> list[Movement]:
        """Of the window's months, by account, on month-end snapshots."""
        found = []
        for account_id in self.accounts:
            seen = False
            for before, month in pairwise(self.history):
                was_on = self.is_on(account_id, before.label)
                is_on = self.is_on(account_id, month.label)
                seen = seen or was_on
                step = self.step(account_id, before, month)
                kind = kind_of(step, was_on=was_on, is_on=is_on, seen=seen)
                if kind and month in self.calendar.months:
                    found.append(Movement(account_id, month.label, kind, self.company.money(step)))
        return found

    def step(self, account_id: str, before: Period, month: Period) -> Fraction:
        """The difference of two month ends at the later one's rates, exact."""
        difference: Amounts = defaultdict(Fraction)
        for name, amount in self.local(account_id, month.label).items():
            difference[name] += amount
        for name, amount in self.local(account_id, before.label).items():
            difference[name] -= amount
        return self.at_rates_of(difference, month)

    @cached_property
    def events(self) -> list[Movement]:
        """Every change of an account's contract MRR at plan rates, at the instant it happens."""
        found = []
        for account_id in self.accounts:
            items = [item for item in self.items if item.account_id == account_id]
            ends = [item.valid_to for item in items if item.valid_to]
            was, seen = Fraction(0), False
            for instant in sorted({item.valid_from for item in items} | set(ends)):
                now = self.at_plan(item for item in items if _holds(item, instant))
                kind = kind_of(now - was, was_on=was > 0, is_on=now > 0, seen=seen)
                month = month_of(self.calendar.date_of(instant))
                if kind and instant < self.calendar.as_of and month in self.calendar.months:
                    amount = self.company.money(now - was)
                    found.append(Movement(account_id, month.label, kind, amount))
                was, seen = now, seen or now > 0
        return found

    def held_before(self, account_id: str, month: str) -> set[str]:
        """Products that the account had at a month end before this one."""
        labels = [known.label for known in self.history]
        return {
            product_id
            for label in labels[: labels.index(month)]
            for product_id, amount in self.products(account_id, label).items()
            if amount > 0
        }

    def products(self, account_id: str, month: str) -> Amounts:
        """Contract MRR by product at plan rates, exact."""
        amounts: Amounts = defaultdict(Fraction)
        for item in self.at_close[month].get(account_id, []):
            amounts[item.product_id] += self.at_plan([item])
        return amounts


def kind_of(step: Fraction, *, was_on: bool, is_on: bool, seen: bool) -> str | None:
    if is_on and not was_on:
        return "reactivation" if seen else "new"
    if was_on and not is_on:
        return "churn"
    if not is_on or step == 0:
        return None
    return "expansion" if step > 0 else "contraction"


def _holds(item: SubscriptionItem, instant: datetime) -> bool:
    return item.valid_from <= instant and (item.valid_to is None or instant < item.valid_to)
