"""What an invented company's customers are in Intercom: users, leads, companies, conversations."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sandbox.generation.companies import typed_name
from sandbox.generation.customer import Customer, KnownPerson
from sandbox.generation.invention import Invention
from sandbox.generation.output import RecordFiles
from sandbox.generation.people import full_name
from sandbox.generation.scene import OUR_DOMAIN, Scene
from sandbox.vendors.intercom import records, story
from sandbox.vendors.intercom.records import Record
from sandbox.vendors.intercom.talk import Talk, questions, rating

_PLANS = (("1001", "Starter", 90), ("1002", "Business", 420), ("1003", "Enterprise", 1_900))
_BROWSERS = (
    ("chrome", "142.0", "Mac OS X"),
    ("edge", "141.0", "Windows"),
    ("safari", "26.1", "iOS"),
)
_ATTRIBUTES = (
    ("contact", "email", "Email", "string"),
    ("contact", "name", "Name", "string"),
    ("contact", "last_seen_at", "Last seen", "date"),
    ("company", "name", "Company name", "string"),
    ("company", "plan", "Plan", "string"),
    ("company", "monthly_spend", "Monthly Spend", "float"),
    ("conversation", "state", "State", "string"),
)
_CUSTOM = (
    ("contact", "job_title", "Job title", "string"),
    ("contact", "is_champion", "Champion", "boolean"),
    ("company", "crm_account_id", "CRM account", "string"),
    ("company", "seats", "Seats", "integer"),
    ("company", "revops_health", "RevOps health", "string"),
    ("company", "revops_health_score", "RevOps health score", "integer"),
    ("company", "revops_plan", "RevOps plan", "string"),
    ("company", "revops_mrr", "RevOps MRR", "float"),
    ("conversation", "topic", "Topic", "string"),
)
_TAGS = ("billing", "bug", "feature request", "VIP", "test")
_CONVERSATIONS_BEGIN = 215_400_000_000
_KEPT = 40


class IntercomInvention(Invention):
    """Two companies in three use the chat; whoever writes in is a user, a visitor a lead."""

    vendor = "intercom"
    files = ("contacts", "companies", "conversations", "data_attributes", "admins", "tags")

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._agents: list[Record] = []
        self._kept: dict[str, list[Record]] = {"contacts": [], "conversations": []}

    def credentials(self) -> dict[str, Any]:
        return {"token": f"dG9rOnNhbmRib3g{self.digits(24)}="}

    def begin(self) -> None:
        for number, member in enumerate(self.scene.staff, 1):
            record_id, email = str(5_017_000 + number), f"staff{number}@{OUR_DOMAIN}"
            away = {"away_mode_enabled": number == 7}
            self.add("admins", records.admin(record_id, member.name, email, **away))
            author = {"type": "admin", "id": record_id, "name": member.name, "email": email}
            self._agents.append(author)
        for number, name in enumerate(_TAGS, 1):
            self.add("tags", records.tag(str(7_000 + number), name))
        for model, name, label, data_type in _ATTRIBUTES:
            self.add("data_attributes", records.data_attribute(model, name, label, data_type))
        made = int((self.scene.as_of - timedelta(days=700)).timestamp())
        for number, (model, name, label, data_type) in enumerate(_CUSTOM, 1):
            more = {"id": 12_000 + number, "created_at": made, "updated_at": made}
            more["admin_id"] = self._agents[0]["id"]
            self.add(
                "data_attributes", records.data_attribute(model, name, label, data_type, **more)
            )

    def enter(self, customer: Customer) -> None:
        if self.rng.random() > (0.9 if customer.is_paying else 0.4):
            return
        company_id = f"{self.number('companies', 0x6A10 << 80, 1 << 60):024x}"
        known = [one for one in customer.people if self.rng.random() < 0.8] or customer.people[:1]
        contacts = [self._contact(customer, one, company_id) for one in known]
        people = {contact["id"]: one for contact, one in zip(contacts, known, strict=True)}
        users = [one for one in contacts if one["role"] == "user"]
        if users:
            self._company(customer, company_id, users)
        for _ in range(min(12, int(self.rng.expovariate(1 / 2.5)))):
            contact = self.rng.choice(contacts)
            record = self._conversation(contact, japanese=customer.presence.company.japanese)
            account, person = customer.presence.company.key, people[contact["id"]].person.key
            story.enter_conversation(self.scene.ledger, record, account, person)

    def _contact(self, customer: Customer, known: KnownPerson, company_id: str) -> Record:
        rng, person = self.rng, known.person
        is_lead = not customer.is_paying and rng.random() < 0.35
        created = self.moment(self.scene.as_of - timedelta(days=800))
        updated = self.moment(created)
        fields: Record = {
            "role": "lead" if is_lead else "user",
            "email": person.private_email
            if is_lead and not rng.plain and rng.random() < 0.4
            else person.email,
            "name": full_name(rng, person) if rng.plain or rng.random() < 0.9 else None,
            "phone": person.phone if rng.random() < 0.3 else None,
            "last_seen_at": int(updated.timestamp()),
            "owner_id": int(rng.choice(self._agents)["id"]) if rng.random() < 0.5 else None,
            "custom_attributes": {"job_title": person.title, "is_champion": rng.random() < 0.2},
        }
        if not is_lead:
            fields["external_id"] = person.key if rng.random() < 0.8 else None
            fields["signed_up_at"] = int(created.timestamp())
        browser, version, system = rng.choice(_BROWSERS)
        fields |= {"browser": browser, "browser_version": version, "os": system}
        known.others.append("intercom")
        self.scene.person_known(person.key, created.replace(microsecond=0))
        record_id = f"{self.number('contacts', 0x6900 << 80, 1 << 60):024x}"
        companies = [] if is_lead else [company_id]
        record = records.contact(
            record_id, fields, companies=companies, created=created, updated=updated
        )
        if rng.plain:
            self.scene.truth.person(self.vendor, "contacts", record_id, person.key)
        self.add("contacts", record)
        self._keep("contacts", record)
        return record

    def _company(self, customer: Customer, company_id: str, users: list[Record]) -> None:
        rng, company = self.rng, customer.presence.company
        plan_id, plan, price = rng.choice(_PLANS)
        salesforce = customer.presence.salesforce
        created = self.moment(self.scene.as_of - timedelta(days=850))
        self.scene.company_known(company.key, created.replace(microsecond=0))
        attributes: Record = {"seats": company.employees // 4 + 1}
        if salesforce and (rng.plain or rng.random() < 0.7):
            attributes["crm_account_id"] = salesforce[0]
        fields = {
            "company_id": company.key if rng.random() < 0.8 else company.domain,
            "name": typed_name(rng, company),
            "user_count": len(users),
            "session_count": rng.randint(1, 900),
            "last_request_at": max(one["last_seen_at"] for one in users),
            "website": f"https://www.{company.domain}" if rng.plain or rng.random() < 0.7 else "",
            "industry": company.trade.salesforce,
            "size": company.employees,
            "monthly_spend": price * len(users) if customer.is_paying else 0,
            "plan": {"type": "plan", "id": plan_id, "name": plan} if customer.is_paying else {},
            "custom_attributes": attributes,
        }
        updated = self.moment(created)
        self.add("companies", records.company(company_id, fields, created=created, updated=updated))

    def _conversation(self, contact: Record, *, japanese: bool) -> Record:
        since = max(self.scene.as_of - timedelta(days=400), _instant(contact["created_at"]))
        record = self._talked(contact, self.moment(since), japanese=japanese)
        self.add("conversations", record)
        self._keep("conversations", record)
        return record

    def _talked(self, contact: Record, started: datetime, *, japanese: bool) -> Record:
        rng, number = self.rng, self.number("conversations", _CONVERSATIONS_BEGIN)
        author = {"type": contact["role"], "id": contact["id"], "name": contact["name"]}
        author["email"] = contact["email"]
        talk = Talk(rng, started, number, self.scene.as_of - timedelta(minutes=10))
        talk.go_on(author, self._agents, japanese=japanese)
        question = rng.choice(questions(japanese=japanese))
        fields: Record = {
            "source": _source(number, author, question, rng.choice(("conversation", "email"))),
            "contacts": _contacts(contact),
            "title": question[:20] if rng.random() < 0.2 else None,
            "priority": "priority" if rng.random() < 0.1 else "not_priority",
            "custom_attributes": {"topic": rng.choice(("billing", "bug", "使い方"))},
        }
        record = records.conversation(str(number), fields, talk.parts, created=started)
        if talk.state == "closed" and rng.random() < 0.45:
            asked = _instant(talk.parts[-1]["created_at"])
            given = rating(rng, contact, talk.parts[-1]["author"]["id"], asked)
            if given["updated_at"] < self.scene.as_of.timestamp() - 600:
                record["conversation_rating"] = given
                record["updated_at"] = max(record["updated_at"], given["updated_at"])
        return record

    def _keep(self, kind: str, record: Record) -> None:
        if len(self._kept[kind]) < _KEPT:
            self._kept[kind].append(record)

    def next_day(self, files: RecordFiles, directory: Path) -> list[dict[str, Any]]:  # noqa: ARG002
        """One conversation is closed and one begun, a user moves on, a lead is gone."""
        talks, contacts = self._kept["conversations"], self._kept["contacts"]
        still_open = next((one for one in talks if one["state"] == "open"), None)
        if still_open:
            files.add("intercom", "conversations", self._closed(still_open))
        users = [one for one in contacts if one["role"] == "user"]
        if users:
            at = int(self.next_moment().timestamp())
            seen = {
                "last_seen_at": at,
                "updated_at": at,
                "custom_attributes": {"is_champion": True},
            }
            files.add("intercom", "contacts", {**users[0], **seen})
            self._begin_another(files, users[-1])
        lead = next((one for one in contacts if one["role"] == "lead"), None)
        return [{"vendor": "intercom", "object": "contacts", "id": lead["id"]}] if lead else []

    def _closed(self, record: Record) -> Record:
        at, agent = self.next_moment(), self._agents[0]
        parts = record["conversation_parts"]["conversation_parts"]
        closing = records.part(f"{record['id']}900", "close", agent, at, state="closed")
        return records.with_parts(record, [*parts, closing])

    def _begin_another(self, files: RecordFiles, contact: Record) -> None:
        number, at = self.number("conversations", _CONVERSATIONS_BEGIN), self.next_moment()
        author = {"type": "user", "id": contact["id"], "name": contact["name"]}
        author["email"] = contact["email"]
        fields = {
            "source": _source(number, author, "追加で確認したいことがあります。", "conversation"),
            "contacts": _contacts(contact),
        }
        record = records.conversation(str(number), fields, [], created=at)
        files.add("intercom", "conversations", record)


def _source(number: int, author: Record, question: str, kind: str) -> Record:
    return {
        "type": kind,
        "id": str(number * 10 + 1),
        "delivered_as": "customer_initiated",
        "subject": "",
        "body": f"<p>{question}</p>",
        "author": author,
        "attachments": [],
        "url": None,
        "redacted": False,
    }


def _contacts(contact: Record) -> Record:
    listed = {name: contact[name] for name in ("type", "id", "external_id")}
    return {"type": "contact.list", "contacts": [listed]}


def _instant(stamp: int) -> datetime:
    return datetime.fromtimestamp(stamp, UTC)


INVENTION = IntercomInvention
