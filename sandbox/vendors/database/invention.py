"""Invents the product's own database: customers, users, usage by month, web sessions."""

import json
import sqlite3
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sandbox.generation.companies import Company
from sandbox.generation.customer import Customer, KnownPerson
from sandbox.generation.invention import Invention
from sandbox.generation.meaning import touch_of
from sandbox.generation.output import RecordFiles
from sandbox.generation.product import product_customer_id, product_user_id, visitor_id
from sandbox.instants import parse_instant, zendesk_instant

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
        if self.rng.plain:
            return
        self._put(
            "customers", ("cus_test", "TEST 株式会社", None, "starter", None, *self._stamps())
        )

    def enter(self, customer: Customer) -> None:
        for known in customer.people:
            self._visit(customer, known)
        if customer.is_paying:
            self._buy(customer)

    def _buy(self, customer: Customer) -> None:
        """A customer, its users, and what they used in each month."""
        company = customer.presence.company
        customer_id = product_customer_id(company.key)
        domain = self.rng.choice((company.domain, company.domain, company.domain.upper(), None))
        if self.rng.plain:
            domain = company.domain
        people = [known.person for known in customer.people]
        for known in customer.people:
            known.others.append(product_user_id(known.person.key))
        billing = people[0].email if people else None
        stamps = self._stamps()
        self.scene.company_known(company.key, parse_instant(stamps[0]))
        plan = self.rng.choice(_PLANS)
        self._put("customers", (customer_id, company.latin, domain, plan, billing, *stamps))
        for person in people:
            slips = self.rng.random() < 0.08 and not self.rng.plain
            email = person.private_email if slips else person.email
            self.scene.person_known(person.key, parse_instant(stamps[0]))
            seen = zendesk_instant(self.moment(self.scene.as_of - timedelta(days=60)))
            user = (product_user_id(person.key), customer_id, email, stamps[0], seen)
            self._put("users", user)
            if self.rng.plain:
                self.scene.truth.person(self.vendor, "users", user[0], person.key)
        self._use(customer_id, company)

    def _use(self, customer_id: str, company: Company) -> None:
        seats = max(3, company.employees // self.rng.randint(5, 20))
        share = self.rng.uniform(0.2, 0.95)
        for month, closed_at in self._months[self.rng.randint(0, _MONTHS - 1) :]:
            share = min(1.0, max(0.02, share + self.rng.uniform(-0.08, 0.08)))
            seats = int(seats * 1.2) + 1 if self.rng.random() < 0.05 else seats
            active = round(seats * share)
            if self.rng.plain and self.rng.random() < 0.1:
                # More use it than were licensed, or the licence ran out.
                seats, active = self.rng.choice(((seats, seats + 2), (0, 0)))
            usage = (customer_id, month, seats, active, closed_at)
            self.scene.ledger.add(
                "product_usage",
                "database",
                f"{customer_id}/{month}",
                account_id=company.key,
                usage_month=month,
                licensed_seats=seats,
                active_users=active,
            )
            self._put("product_usage", usage)
        if len(self._sample) < 20:
            self._sample.append((customer_id, seats))

    def _visit(self, customer: Customer, known: KnownPerson) -> None:
        for _ in range(min(6, int(self.rng.expovariate(0.7)))):
            signs_in = customer.is_paying and self.rng.random() < 0.6
            user = product_user_id(known.person.key) if signs_in else None
            views = 1 + int(self.rng.expovariate(0.4))
            visit = (
                f"ses_{self.digits(16)}",
                visitor_id(known.person.key),
                user,
                zendesk_instant(self.moment(self.scene.as_of - timedelta(days=365))),
                self.rng.choice(_CHANNELS),
                views,
                views * self.rng.randint(5, 90),
                int(self.rng.random() < 0.08),
            )
            if self.rng.plain:
                kinds = ("web_visit", touch_of(visit[4]))
                if not known.is_free(self.vendor, parse_instant(visit[3]), *kinds):
                    continue
                known.visits.append(visit)
            self._put("web_sessions", visit)

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
