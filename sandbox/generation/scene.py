"""What every part of the generation shares: chance, time, ids, files and our own staff."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sandbox.generation.chance import Chance
from sandbox.generation.companies import Company
from sandbox.generation.ledger import Ledger
from sandbox.generation.output import RecordFiles, TruthFiles
from sandbox.generation.people import make_person
from sandbox.instants import salesforce_instant
from sandbox.vendors.hubspot.records import owner_record, property_definitions
from sandbox.vendors.salesforce.ids import salesforce_id
from sandbox.vendors.salesforce.records import sobject
from sandbox.vendors.zendesk.records import user

OUR_DOMAIN = "revops-lab.example"
_FIRST_ID = {
    "companies": 15_000_000_000,
    "contacts": 20_000_000_000,
    "deals": 30_000_000_000,
    "Account": 1_000_000_000,
    "Contact": 2_000_000_000,
    "Opportunity": 3_000_000_000,
    "organizations": 360_000_000_000,
    "users": 380_000_000_000,
}
_KEPT = 400


@dataclass(frozen=True)
class StaffMember:
    """One of our own people, who owns records in each tool."""

    key: str
    name: str
    owner: str
    user: str
    agent: int


@dataclass(frozen=True)
class Presence:
    """The records one company has in each tool; several where somebody entered it twice."""

    company: Company
    hubspot: tuple[str, ...]
    salesforce: tuple[str, ...]
    zendesk: tuple[int, ...]
    has_domains: bool


@dataclass(frozen=True)
class OpenOpportunity:
    """An open Salesforce opportunity, its mirror in HubSpot, and whose it is."""

    record: dict[str, Any]
    mirror: dict[str, Any] | None
    presence: Presence

    @property
    def is_linked(self) -> bool:
        """The account stands in HubSpot too, with its domain known in both."""
        presence = self.presence
        return bool(presence.hubspot) and presence.has_domains and presence.company.parent is None


@dataclass
class Candidates:
    """Records the next day may touch; the first few hundred of each kind are enough."""

    opportunities: list[OpenOpportunity] = field(default_factory=list)
    records: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=dict)

    def offer(self, vendor: str, kind: str, record: dict[str, Any]) -> None:
        kept = self.records.setdefault((vendor, kind), [])
        if len(kept) < _KEPT:
            kept.append(record)

    def offer_opportunity(self, opportunity: OpenOpportunity) -> None:
        if len(self.opportunities) < _KEPT:
            self.opportunities.append(opportunity)


class Scene:
    """One generation run."""

    def __init__(
        self, seed: str, as_of: datetime, files: RecordFiles, truth: TruthFiles, ledger: Ledger
    ) -> None:
        self._seed = seed
        self.plain = ledger.is_kept
        self.rng = Chance(seed, plain=self.plain)
        self.as_of = as_of
        self.files = files
        self.truth = truth
        self.ledger = ledger
        self.candidates = Candidates()
        self.hubspot_emails: set[str] = set()
        self._last = dict(_FIRST_ID)
        self.staff: list[StaffMember] = []
        for number in range(1, 9):
            self.staff.append(self._hire(number))

    def chance(self, name: str) -> Chance:
        """Chance of its own for one tool, repeatable like the scene's."""
        return Chance(f"{self._seed}/{name}", plain=self.plain)

    def next_id(self, kind: str) -> int:
        self._last[kind] += self.rng.randint(1, 7_000)
        return self._last[kind]

    def lifetime(self, days: int = 900) -> tuple[datetime, datetime]:
        """Creation within `days` before the end of the data, and a later last change."""
        age = timedelta(seconds=self.rng.randint(3_600 * 3, 86_400 * days))
        created = self.as_of - age
        # Nothing changes in the last ten minutes: exports leave out the newest minute.
        quiet = age - timedelta(minutes=10)
        updated = created + quiet * (self.rng.random() ** 0.7)
        return created, updated.replace(microsecond=self.rng.randint(0, 999) * 1_000)

    def member(self) -> StaffMember:
        return self.rng.choice(self.staff)

    def company_known(self, key: str, at: datetime) -> None:
        """Some tool has known the company since then."""
        if self.plain:
            self.ledger.party("account", key).known(at)

    def person_known(self, key: str, at: datetime, **facts: Any) -> None:
        """Some tool has known the person since then, and tells these facts."""
        if self.plain:
            party = self.ledger.party("person", key)
            party.known(at)
            party.facts |= facts

    def add(self, vendor: str, kind: str, record: dict[str, Any]) -> None:
        self.files.add(vendor, kind, record)
        self.candidates.offer(vendor, kind, record)

    def _hire(self, number: int) -> StaffMember:
        person = make_person(self.rng, 900_000 + number, OUR_DOMAIN, japanese=number % 3 != 0)
        first, last = person.given_latin, person.family_latin
        name, email = f"{first} {last}", f"staff{number}@{OUR_DOMAIN}"
        hired = self.as_of - timedelta(days=1_000 + number)
        owner_id, user_id = 70_000_000 + number * 137, salesforce_id("User", 90_000 + number)
        agent_id = self.next_id("users")
        self.files.add("hubspot", "owners", owner_record(owner_id, email, first, last, hired))
        key = f"staff-{number:06d}"
        fields = {
            "Name": name,
            "Email": email,
            "IsActive": True,
            "ManagerId": None,
            "Department": "Sales",
            "LastLoginDate": None,
            **(self._employ(key, name, number) if self.plain else {}),
        }
        self.files.add("salesforce", "User", sobject("User", user_id, fields, hired, hired))
        role = "admin" if number == 1 else "agent"
        agent = user(
            agent_id,
            name=name,
            email=email,
            organization_id=None,
            role=role,
            created=hired,
            updated=hired,
        )
        self.files.add("zendesk", "users", agent)
        self.truth.person("hubspot", "owners", owner_id, key)
        self.truth.person("salesforce", "User", user_id, key)
        self.truth.person("zendesk", "users", agent_id, key)
        return StaffMember(key, name, str(owner_id), user_id, agent_id)

    def _employ(self, key: str, name: str, number: int) -> dict[str, object]:
        """The first leads the others, the last has left, and some have not been in for weeks."""
        first = self.staff[0] if number > 1 else None
        last_login = self.as_of - timedelta(days=4 * number, minutes=7)
        self.ledger.add(
            "owner",
            "salesforce",
            key,
            owner_id=key,
            owner_name=name,
            team="Sales",
            manager_id=first and first.key,
            is_active=number < 8,
            last_login_at=last_login,
        )
        return {
            "IsActive": number < 8,
            "ManagerId": first and first.user,
            "LastLoginDate": salesforce_instant(last_login),
        }

    def define_properties(self) -> None:
        for definition in property_definitions(self.as_of - timedelta(days=1_000)):
            self.files.add("hubspot", "properties", definition)
