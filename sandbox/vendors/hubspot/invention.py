"""What the company's people did in HubSpot: activities, campaigns, forms, lists, custom fields."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from sandbox.generation.customer import Customer, KnownPerson
from sandbox.generation.invention import Invention
from sandbox.generation.mails import Mails
from sandbox.generation.output import RecordFiles
from sandbox.generation.scene import Scene
from sandbox.instants import hubspot_instant
from sandbox.vendors.hubspot import activities, catalogue, story
from sandbox.vendors.hubspot.catalogue import Portal
from sandbox.vendors.hubspot.engagements import engagement

Record = dict[str, Any]
_YEAR = timedelta(days=400)
_FIRST_ID = {
    "calls": 41_000_000_000,
    "meetings": 42_000_000_000,
    "emails": 43_000_000_000,
    "notes": 44_000_000_000,
    "tasks": 45_000_000_000,
}
_KINDS, _WEIGHTS = tuple(_FIRST_ID), (25, 20, 30, 15, 10)
# How many records of each kind the next day may build upon.
_KEPT = 20


class HubSpotInvention(Invention):
    """Everything in the portal that is no company, contact, deal or owner."""

    vendor: ClassVar[str] = "hubspot"
    files: ClassVar[tuple[str, ...]] = (
        *_FIRST_ID,
        "associations",
        "campaigns",
        "email_events",
        "extras",
        "form_submissions",
        "forms",
        "list_memberships",
        "lists",
        "marketing_emails",
        "pipelines",
    )

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._portal = Portal(self)
        self._parents: dict[str, str] = {}
        self._kept: dict[str, list[Record]] = {}
        self._customers: list[Customer] = []
        self.mails = Mails()

    def begin(self) -> None:
        for kind, records in self._portal.everything():
            for record in records:
                self.add(kind, record)
                if kind == "campaigns":
                    story.enter_cost(self.scene.ledger, record)

    def enter(self, customer: Customer) -> None:
        company = customer.presence.company
        ids = customer.presence.hubspot
        if not ids:
            return
        if len(self._customers) < _KEPT and any(p.hubspot for p in customer.people):
            self._customers.append(customer)
        self._parents[company.key] = ids[0]
        if parent := self._parents.get(company.parent or ""):
            self._associate(f"companies/{ids[0]}", {f"companies/{parent}": ["parent"]})
        self._enter_custom_values(customer)
        for _ in range(min(8, int(self.rng.expovariate(1 / 2.5)))):
            self._enter_activity(customer)
        for sale in customer.sales:
            if sale.deal is not None and not (self.rng.plain and sale.opportunity):
                self._enter_roles(customer, sale.deal)
        for known in customer.people:
            for contact_id in known.hubspot:
                self._enter_marketing(customer, known, contact_id)

    # -- activities --------------------------------------------------------------------------

    def _enter_activity(self, customer: Customer) -> None:
        kind = self.rng.choices(_KINDS, _WEIGHTS)[0]
        at = self.moment(self.scene.as_of - _YEAR)
        record, links = self._activity(customer, kind, at)
        if self.rng.plain:
            self._write_down(customer, kind, record, links)
        self._keep(kind, record)
        self.add(kind, record)
        self._associate(f"{kind}/{record['id']}", links)

    def _activity(
        self, customer: Customer, kind: str, at: datetime
    ) -> tuple[Record, dict[str, list[str]]]:
        """One activity and what it is associated with."""
        reached = [known for known in customer.people if known.hubspot]
        count = 1 if self.rng.plain else self.rng.choice((1, 1, 1, 2))
        invited = self.rng.sample(reached, min(len(reached), count))
        values = activities.properties(self.rng, kind, at, [one.person for one in invited])
        if self.rng.random() < 0.9:
            values["hubspot_owner_id"] = self.rng.choice(self.scene.staff).owner
        links = {f"contacts/{one.hubspot[0]}": ["plain"] for one in invited}
        links[f"companies/{customer.presence.hubspot[0]}"] = ["plain"]
        deals = [sale.deal["id"] for sale in customer.sales if sale.deal]
        if deals and self.rng.random() < 0.5:
            links[f"deals/{self.rng.choice(deals)}"] = ["plain"]
        record_id = str(self.number(kind, _FIRST_ID[kind]))
        return engagement(kind, record_id, values, at, at), links

    def _write_down(
        self, customer: Customer, kind: str, record: Record, links: dict[str, list[str]]
    ) -> None:
        """An activity as it happened, with whom it reached and what it was about."""
        people = {f"contacts/{i}": one.person.key for one in customer.people for i in one.hubspot}
        deals = {f"deals/{one.deal['id']}": one for one in customer.sales if one.deal}
        owners = {one.owner: one.key for one in self.scene.staff}
        deal = next((deals[link] for link in links if link in deals), None)
        whose = {
            "account_id": customer.presence.company.key,
            "person_id": next((people[link] for link in links if link in people), None),
            "opportunity_id": deal and deal.key,
            "owner_id": owners.get(record["properties"]["hubspot_owner_id"] or ""),
        }
        story.enter_activity(self.scene.ledger, kind, record, whose)

    def _associate(self, origin: str, links: dict[str, list[str]]) -> None:
        record = self._association(origin, links, self.scene.as_of - timedelta(days=1))
        self._keep("associations", record)
        self.add("associations", record)

    def _association(self, origin: str, links: dict[str, list[str]], at: datetime) -> Record:
        return {"id": origin, "to": links, "updatedAt": hubspot_instant(at)}

    def _enter_roles(self, customer: Customer, deal: Record) -> None:
        """Who decides about a deal; a second company is in it now and then."""
        reached = [one.hubspot[0] for one in customer.people if one.hubspot]
        links: dict[str, list[str]] = {}
        roles = (["plain", "決裁者"], ["plain", "Technical evaluator"], ["plain"])
        for contact_id, role in zip(reached[: self.rng.randint(0, 3)], roles, strict=False):
            links[f"contacts/{contact_id}"] = role
        others = customer.presence.hubspot[1:]
        if others and self.rng.random() < 0.5:
            links[f"companies/{others[0]}"] = ["plain"]
        if links:
            self._associate(f"deals/{deal['id']}", links)
        parts = [one for one in customer.people if f"contacts/{(*one.hubspot, '')[0]}" in links]
        # HubSpot marks nobody: whom it has known for longest comes first.
        first = min(parts, key=lambda one: (one.since, one.hubspot), default=None)
        for one in parts if self.rng.plain else ():
            self.scene.ledger.add(
                "opportunity_contact_role",
                "hubspot",
                f"{deal['id']}/{one.hubspot[0]}",
                opportunity_id=deal["id"],
                person_id=one.person.key,
                is_primary=one is first,
            )

    # -- marketing ---------------------------------------------------------------------------

    def _enter_marketing(self, customer: Customer, known: KnownPerson, contact_id: str) -> None:
        if self.rng.random() < 0.12:
            company = f"companies/{customer.presence.hubspot[0]}"
            self._associate(f"contacts/{contact_id}", {company: ["plain", "Billing contact"]})
        if self.rng.random() < 0.35:
            self._mail(customer, known, self._any_time())
        if self.rng.random() < 0.2:
            self._submit(customer, known, self._any_time())
        if self.rng.random() < 0.4:
            self.add("list_memberships", self._portal.membership(contact_id, self._any_time()))

    def _mail(self, customer: Customer, known: KnownPerson, at: datetime) -> None:
        free = known.is_free(self.vendor, at, "email_click", "unsubscribed")
        if self.rng.plain and not free:
            return
        events = list(self._portal.mailing(known.person.email, at))
        for event in events:
            self.add("email_events", event)
        if self.rng.plain:
            whose = (customer.presence.company.key, known.person.key)
            email = self._portal.email_of(events[0])
            story.enter_mail(self.scene.ledger, self.mails, email, events, whose)

    def _submit(self, customer: Customer, known: KnownPerson, at: datetime) -> None:
        form, sent = self._portal.submission(known.person, customer.presence, at)
        whose = (customer.presence.company.key, known.person.key)
        if self.rng.plain:
            touch = story.form_touch(form)
            if not known.is_free(self.vendor, at, "form", touch):
                return
            story.enter_form(self.scene.ledger, sent, touch, whose)
        self.add("form_submissions", sent)

    def end(self) -> None:
        self.mails.write(self.scene.ledger)

    def _any_time(self) -> datetime:
        return self.moment(self.scene.as_of - _YEAR)

    def _enter_custom_values(self, customer: Customer) -> None:
        ids = {
            "companies": customer.presence.hubspot,
            "contacts": [one for known in customer.people for one in known.hubspot],
            "deals": [sale.deal["id"] for sale in customer.sales if sale.deal],
        }
        if self.rng.plain:
            # What an opportunity renews is told with it.
            del ids["deals"]
        for kind, record_ids in ids.items():
            for record_id in record_ids:
                if self.rng.random() < 0.4:
                    values = catalogue.custom_values(self.rng, kind)
                    self.add("extras", {"objectType": kind, "id": record_id, "properties": values})

    # -- the next day ------------------------------------------------------------------------

    def _keep(self, kind: str, record: Record) -> None:
        kept = self._kept.setdefault(kind, [])
        if len(kept) < _KEPT:
            kept.append(record)

    def next_day(self, files: RecordFiles, directory: Path) -> list[dict[str, Any]]:  # noqa: ARG002
        if self._customers:
            self._next_day_of(files, self.rng.choice(self._customers))
        return []

    def _next_day_of(self, files: RecordFiles, customer: Customer) -> None:
        """A call is made and mailed about, a form comes in, a deal gets one more person."""
        reached = next(known for known in customer.people if known.hubspot)
        contact_id = reached.hubspot[0]
        for kind in ("calls", "meetings", "emails"):
            record, links = self._activity(customer, kind, self.next_moment())
            files.add("hubspot", kind, record)
            origin = f"{kind}/{record['id']}"
            made = self._association(origin, links, self.next_moment())
            files.add("hubspot", "associations", made)
        for event in self._portal.mailing(reached.person.email, self.next_moment()):
            files.add("hubspot", "email_events", event)
        _, sent = self._portal.submission(reached.person, customer.presence, self.next_moment())
        files.add("hubspot", "form_submissions", sent)
        files.add(
            "hubspot", "list_memberships", self._portal.membership(contact_id, self.next_moment())
        )
        self._add_a_role(files, contact_id)
        for task in self._kept.get("tasks", [])[:1]:
            stamp = hubspot_instant(self.next_moment())
            done = {"hs_task_status": "COMPLETED", "hs_task_completion_date": stamp}
            values = task["properties"] | done | {"hs_lastmodifieddate": stamp}
            files.add("hubspot", "tasks", {**task, "properties": values, "updatedAt": stamp})

    def _add_a_role(self, files: RecordFiles, contact_id: str) -> None:
        """A new association moves no stamp of the deal."""
        for known in self._kept.get("associations", []):
            if known["id"].startswith("deals/") and f"contacts/{contact_id}" not in known["to"]:
                links = {**known["to"], f"contacts/{contact_id}": ["plain", "決裁者"]}
                made = self._association(known["id"], links, self.next_moment())
                files.add("hubspot", "associations", made)
                return


INVENTION = HubSpotInvention
