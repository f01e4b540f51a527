"""Invents the product's own database: customers, users, usage by month, web sessions."""

import json
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sandbox.generation.customer import Customer, KnownPerson
from sandbox.generation.invention import Invention
from sandbox.generation.output import RecordFiles
from sandbox.generation.product import product_customer_id, product_user_id, visitor_id
from sandbox.instants import zendesk_instant

SCHEMA = """
create table customers (
    customer_id text primary key, company_name text, domain text, plan text,
    billing_email text, created_at text not null, updated_at text not null
);
create table users (
    user_id text primary key, customer_id text, email text, created_at text, last_seen_at text
);
create table product_usage (
    customer_id text, usage_month text, licensed_seats integer, active_users integer,
    updated_at text not null, primary key (customer_id, usage_month)
);
create table web_sessions (
    session_id text primary key, anonymous_id text, user_id text, started_at text not null,
    channel text, page_views integer, engagement_seconds integer, key_events integer
);
"""
_INSERT = {
    "customers": "insert into customers values (?, ?, ?, ?, ?, ?, ?)",
    "users": "insert or ignore into users values (?, ?, ?, ?, ?)",
    "product_usage": "insert into product_usage values (?, ?, ?, ?, ?)",
    "web_sessions": "insert into web_sessions values (?, ?, ?, ?, ?, ?, ?, ?)",
}
_PLANS = ("starter", "business", "business", "enterprise")
_CHANNELS = ("organic_search", "paid_search", "direct", "email", "referral", "paid_social")
_BATCH = 20_000
_MONTHS = 12


class DatabaseInvention(Invention):
    """`database/product.sqlite`, and the statements of the next day."""

    vendor = "database"

    def credentials(self) -> dict[str, Any]:
        return {"url": "sqlite:///{data}/database/product.sqlite"}

    def begin(self) -> None:
        folder = self.scene.files.directory / "database"
        folder.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(folder / "product.sqlite")
        self._connection.executescript(SCHEMA)
        self._waiting: dict[str, list[tuple[Any, ...]]] = {name: [] for name in _INSERT}
        self._months = _months_before(self.scene.as_of, _MONTHS)
        self._sample: list[tuple[str, int]] = []
        self._put(
            "customers", ("cus_test", "TEST 株式会社", None, "starter", None, *self._stamps())
        )

    def enter(self, customer: Customer) -> None:
        for known in customer.people:
            self._visit(known, knows=customer.is_paying)
        if customer.is_paying:
            self._buy(customer)

    def _buy(self, customer: Customer) -> None:
        """A customer, its users, and what they used in each month."""
        company = customer.presence.company
        customer_id = product_customer_id(company.key)
        domain = self.rng.choice((company.domain, company.domain, company.domain.upper(), None))
        people = [known.person for known in customer.people]
        billing = people[0].email if people else None
        stamps = self._stamps()
        plan = self.rng.choice(_PLANS)
        self._put("customers", (customer_id, company.latin, domain, plan, billing, *stamps))
        for person in people:
            email = person.private_email if self.rng.random() < 0.08 else person.email
            seen = zendesk_instant(self.moment(self.scene.as_of - timedelta(days=60)))
            user = (product_user_id(person.key), customer_id, email, stamps[0], seen)
            self._put("users", user)
        self._use(customer_id, company.employees)

    def _use(self, customer_id: str, employees: int) -> None:
        seats = max(3, employees // self.rng.randint(5, 20))
        share = self.rng.uniform(0.2, 0.95)
        for month, closed_at in self._months[self.rng.randint(0, _MONTHS - 1) :]:
            share = min(1.0, max(0.02, share + self.rng.uniform(-0.08, 0.08)))
            seats = int(seats * 1.2) + 1 if self.rng.random() < 0.05 else seats
            usage = (customer_id, month, seats, round(seats * share), closed_at)
            self._put("product_usage", usage)
        if len(self._sample) < 20:
            self._sample.append((customer_id, seats))

    def _visit(self, known: KnownPerson, *, knows: bool) -> None:
        for _ in range(min(6, int(self.rng.expovariate(0.7)))):
            user = product_user_id(known.person.key) if knows and self.rng.random() < 0.6 else None
            views = 1 + int(self.rng.expovariate(0.4))
            self._put(
                "web_sessions",
                (
                    f"ses_{self.digits(16)}",
                    visitor_id(known.person.key),
                    user,
                    zendesk_instant(self.moment(self.scene.as_of - timedelta(days=365))),
                    self.rng.choice(_CHANNELS),
                    views,
                    views * self.rng.randint(5, 90),
                    int(self.rng.random() < 0.08),
                ),
            )

    def end(self) -> None:
        for name in _INSERT:
            self._write(name)
        self._connection.commit()
        self._connection.close()

    def next_day(self, files: RecordFiles, directory: Path) -> list[dict[str, Any]]:  # noqa: ARG002
        """A seat more here, a new visit, a customer that left."""
        if not self._sample:
            return []
        at = zendesk_instant(self.next_moment())
        month = self._months[-1][0]
        (changed, seats), *_, (gone, _) = self._sample
        usage = "update product_usage set licensed_seats = ?, updated_at = ?"
        statements: list[tuple[str, list[Any]]] = [
            (f"{usage} where customer_id = ? and usage_month = ?", [seats + 5, at, changed, month]),
            (_INSERT["web_sessions"], [*self._new_visit(), at, "paid_search", 4, 120, 1]),
        ]
        if gone != changed:
            statements.append(("delete from customers where customer_id = ?", [gone]))
        folder = directory / "database"
        folder.mkdir(parents=True, exist_ok=True)
        text = "".join(json.dumps(one) + "\n" for one in statements)
        (folder / "product.statements").write_text(text, encoding="utf-8")
        return []

    def _new_visit(self) -> tuple[str, str, None]:
        return f"ses_{self.digits(16)}", f"anon-{self.digits(16)}", None

    def _stamps(self) -> tuple[str, str]:
        created = self.moment(self.scene.as_of - timedelta(days=900))
        return zendesk_instant(created), zendesk_instant(self.moment(created))

    def _put(self, name: str, row: tuple[Any, ...]) -> None:
        self._waiting[name].append(row)
        if len(self._waiting[name]) >= _BATCH:
            self._write(name)

    def _write(self, name: str) -> None:
        self._connection.executemany(_INSERT[name], self._waiting[name])
        self._waiting[name].clear()


def _months_before(as_of: datetime, count: int) -> list[tuple[str, str]]:
    """The last whole months, the oldest first, each with the instant of its closing."""
    found = []
    end = as_of.replace(day=1, hour=0, minute=10, second=0)
    for _ in range(count):
        month = (end - timedelta(days=1)).strftime("%Y-%m")
        found.append((month, zendesk_instant(end)))
        end = (end - timedelta(days=1)).replace(day=1)
    return found[::-1]


INVENTION = DatabaseInvention
