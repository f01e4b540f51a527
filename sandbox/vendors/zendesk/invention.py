"""What Zendesk holds beside organizations, users and tickets, and what happened to the tickets."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from sandbox.generation.customer import Customer
from sandbox.generation.invention import Invention
from sandbox.generation.scene import Scene
from sandbox.instants import parse_instant
from sandbox.vendors.zendesk import story
from sandbox.vendors.zendesk.closures import american_holidays, japanese_holidays
from sandbox.vendors.zendesk.phrases import phrases_for
from sandbox.vendors.zendesk.records import (
    custom_field,
    satisfaction_rating,
    schedule,
    ticket_event,
)
from sandbox.vendors.zendesk.tales import MERGE_TAG, Tale, Update

Record = dict[str, Any]

TOKYO, EASTERN = 360_000_310_001, 360_000_310_002
_EVENT_IDS = 100_000_000_000
# More than the children that one update has.
_EVENT_STEP = 16
_OFFICE = dict.fromkeys(range(1, 6), (9 * 60, 18 * 60))
_SUPPORT = {**dict.fromkeys(range(1, 6), (8 * 60, 17 * 60)), 6: (9 * 60, 12 * 60)}

PRODUCT, SEATS, CONTRACT, CONFIRMED, LEGACY = range(360_040_000_001, 360_040_000_006)
_PRODUCTS = ("product_crm", "product_billing", "product_api")
_SYSTEM_FIELDS = (
    ("subject", "Subject"),
    ("description", "Description"),
    ("status", "Status"),
    ("priority", "Priority"),
    ("assignee", "Assignee"),
)

# What the company lets us write to its organizations.
_REVOPS_FIELDS = (
    ("revops_health", "text", "RevOps health"),
    ("revops_health_score", "integer", "RevOps health score"),
    ("revops_plan", "text", "RevOps plan"),
    ("revops_mrr", "decimal", "RevOps MRR"),
)


class ZendeskInvention(Invention):
    """Schedules and fields first; then every ticket's tale, with merges within a company."""

    vendor = "zendesk"
    files = (
        "ticket_events",
        "ticket_details",
        "satisfaction_ratings",
        "schedules",
        "holidays",
        "ticket_fields",
        "user_fields",
        "organization_fields",
        "organization_merges",
    )

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._event_id = _EVENT_IDS

    # -- the account ---------------------------------------------------------------------------

    def begin(self) -> None:
        set_up = self.scene.as_of - timedelta(days=990)
        tokyo = schedule(TOKYO, "東京サポート窓口", "Tokyo", _OFFICE, set_up)
        eastern = schedule(EASTERN, "US support", "Eastern Time (US & Canada)", _SUPPORT, set_up)
        self.add("schedules", tokyo)
        self.add("schedules", eastern)
        closures = list(self._holidays())
        for holiday in closures:
            self.add("holidays", holiday)
        desks = {TOKYO: ("Asia/Tokyo", _OFFICE), EASTERN: ("America/New_York", _SUPPORT)}
        story.enter_schedules(self.scene.ledger, desks, closures)
        story.enter_office(self.scene.ledger, self.scene.as_of.year)
        for kind, field in _fields():
            self.add(kind, custom_field(kind, field.pop("id"), field, set_up))

    def _holidays(self) -> Iterator[Record]:
        years = range(self.scene.as_of.year - 2, self.scene.as_of.year + 2)
        days = [
            (owner, day, day, name)
            for owner, holidays in ((TOKYO, japanese_holidays), (EASTERN, american_holidays))
            for year in years
            for day, name in holidays(year)
        ]
        closed = [
            (TOKYO, date(year, 12, 29), date(year + 1, 1, 3), "年末年始休業") for year in years
        ]
        for number, (owner, first, last, name) in enumerate(days + closed, 1):
            yield {
                "id": 360_000_320_000 + number,
                "name": name,
                "start_date": first.isoformat(),
                "end_date": last.isoformat(),
                "schedule_id": owner,
            }

    # -- one company ---------------------------------------------------------------------------

    def enter(self, customer: Customer) -> None:
        self._fail_to_merge_organizations(customer)
        merges = self._choose_merge(customer.tickets)
        japanese = customer.presence.company.japanese
        tales = {ticket["id"]: self._tale(ticket, japanese) for ticket in customer.tickets}
        for ticket in customer.tickets:
            tale, target = tales[ticket["id"]], merges.get(ticket["id"])
            tale.opens(self._desk(japanese=japanese))
            if target is None:
                self._tell(tale)
            else:
                tale.is_merged_into(target)
                tales[target["id"]].takes_in(ticket, parse_instant(ticket["updated_at"]))
        people = {user: one.person.key for one in customer.people for user in one.zendesk}
        for tale in tales.values():
            updates = self._write(tale)
            if self.rng.plain:
                target = merges.get(tale.ticket["id"])
                account = customer.presence.company.key
                merged = None if target is None else int(target["id"])
                whose = (account, people[tale.requester], merged)
                story.enter_ticket(self.scene.ledger, tale, updates, whose, first=TOKYO)
            self._add_details(tale.ticket, merged=tale.ticket["id"] in merges)

    def _desk(self, *, japanese: bool) -> int | None:
        """Whose hours a ticket follows; now and then no trigger said so."""
        if self.rng.plain and self.rng.random() < 0.05:
            return None
        return TOKYO if japanese else EASTERN

    def _fail_to_merge_organizations(self, customer: Customer) -> None:
        """Somebody saw that a company is there twice; the merge ran into an error."""
        twice = customer.presence.zendesk
        if len(twice) < 2:
            return
        merge_id = f"01HPZ{self.digits(21).upper()}"
        url = f"https://sandbox.zendesk.com/api/v2/organization_merges/{merge_id}"
        winner, loser = twice[0], twice[1]
        merge = {"id": merge_id, "loser_id": loser, "winner_id": winner, "status": "error"}
        self.add("organization_merges", {**merge, "url": url})

    def _choose_merge(self, tickets: list[Record]) -> dict[int, Record]:
        """A closed ticket that was a repetition of another one, by the id of the closed one."""
        if self.rng.random() > 0.45:
            return {}
        pairs = [
            (source["id"], target)
            for source in tickets
            if source["status"] == "closed"
            and source["satisfaction_rating"]["score"] == "unoffered"
            for target in tickets
            if target is not source
            and target["created_at"] < source["updated_at"]
            and source["updated_at"] < target["updated_at"]
        ]
        return dict([self.rng.choice(pairs)]) if pairs else {}

    def _tale(self, ticket: Record, japanese: bool) -> Tale:  # noqa: FBT001  # one of two
        agent = ticket["assignee_id"] or self.rng.choice(self.scene.staff).agent
        return Tale(ticket, agent, phrases_for(japanese=japanese), self.rng)

    def _tell(self, tale: Tale) -> None:
        """Bring the ticket to its status; at least one update follows its creation."""
        final = tale.ticket["status"]
        if final != "new" and self.rng.random() < 0.6:
            tale.replies("open")
        if self.rng.random() < 0.2:
            tale.notes()
        if final in {"solved", "closed"}:
            self._solve(tale, final)
        elif final == "hold":
            tale.notes("hold")
        elif final == "new":
            tale.notes()
        elif final == "open" and tale.status == "open":
            tale.asks_again()
        else:
            tale.replies(final)

    def _solve(self, tale: Tale, final: str) -> None:
        if self.rng.random() < 0.4:
            tale.replies("pending")
            tale.asks_again()
        # Some are solved with a word among colleagues only: nobody ever answered the customer.
        solve = tale.notes if self.rng.random() < 0.07 else tale.replies
        solve("solved")
        if self.rng.random() < 0.12:
            tale.asks_again()
            tale.replies("solved")
        score = tale.ticket["satisfaction_rating"]["score"]
        if score in {"good", "bad"}:
            tale.rates(score, self._opinion(tale, score))
        if final == "closed":
            tale.closes()

    def _opinion(self, tale: Tale, score: str) -> str | None:
        if self.rng.random() > 0.35:
            return None
        blame = [text for _, text in tale.phrases.blame]
        return self.rng.choice(tale.phrases.praise if score == "good" else blame)

    # -- what is written -----------------------------------------------------------------------

    def _write(self, tale: Tale) -> list[Update]:
        solved_at, updates = None, tale.end()
        for update in updates:
            self._event_id += _EVENT_STEP
            at = update.at or self.scene.as_of
            event = ticket_event(
                self._event_id,
                tale.ticket["id"],
                update.updater_id,
                at,
                via=update.via,
                children=update.children,
            )
            self.add("ticket_events", event)
            solved_at = (
                at if any(c.get("status") == "solved" for c in update.children) else solved_at
            )
            for child in update.children:
                if child["event_type"] == "SatisfactionRating":
                    self._add_rating(tale, child, solved_at or at, at)
        if tale.ticket["satisfaction_rating"]["score"] == "offered" and solved_at:
            child = {"score": "offered", "body": None}
            self._add_rating(tale, child, solved_at, solved_at)
        return updates

    def _add_rating(self, tale: Tale, child: Record, offered_at: Any, at: Any) -> None:
        reason = self.rng.choice(tale.phrases.blame) if child["score"] == "bad" else (None, None)
        fields = {
            "assignee_id": tale.agent,
            "group_id": None,
            "requester_id": tale.requester,
            "ticket_id": tale.ticket["id"],
            "score": child["score"],
            "comment": child["body"],
            "reason": reason[1],
            "reason_id": reason[0],
        }
        record_id = self.number("satisfaction_ratings", 62_000_000)
        self.add("satisfaction_ratings", satisfaction_rating(record_id, fields, offered_at, at))

    def _add_details(self, ticket: Record, *, merged: bool) -> None:
        """What the ticket shows beside its own record: custom fields, and tags of merging."""
        is_billing = "billing" in ticket["tags"]
        product = "product_billing" if is_billing else self.rng.choice((*_PRODUCTS, None))
        seats = self.rng.randint(1, 400) if self.rng.random() < 0.4 else None
        contract = f"C-{self.rng.randint(1_000, 9_999)}" if self.rng.random() < 0.2 else None
        values = {
            PRODUCT: product,
            # Zendesk gives numbers of numeric fields as text.
            SEATS: None if seats is None else str(seats),
            CONTRACT: contract,
            CONFIRMED: self.rng.random() < 0.3,
        }
        custom = [{"id": field, "value": value} for field, value in values.items()]
        tags = [MERGE_TAG] if merged else []
        details = {"id": ticket["id"], "custom_fields": custom, "tags": tags}
        self.add("ticket_details", details)


def _fields() -> Iterator[tuple[str, Record]]:
    """(list, field) of every field of tickets, users and organizations."""
    for number, (kind, title) in enumerate(_SYSTEM_FIELDS, 1):
        system = {"id": 360_039_000_000 + number, "type": kind, "title": title, "removable": False}
        yield "ticket_fields", system
    options = [
        {"id": number, "name": value.removeprefix("product_").upper(), "value": value}
        for number, value in enumerate(_PRODUCTS, 1)
    ]
    custom: tuple[tuple[int, str, str, Record], ...] = (
        (PRODUCT, "tagger", "製品", {"custom_field_options": options}),
        (SEATS, "integer", "Seats affected", {}),
        (CONTRACT, "regexp", "契約番号", {"regexp_for_validation": r"\AC-\d{4}\z"}),
        (CONFIRMED, "checkbox", "Confirmed by phone", {"tag": "confirmed_by_phone"}),
        (LEGACY, "date", "Renewal date (old)", {"active": False}),
    )
    for field_id, kind, title, more in custom:
        yield (
            "ticket_fields",
            {"id": field_id, "type": kind, "title": title, "removable": True, **more},
        )
    plans = [
        {"id": number, "name": plan.title(), "value": plan}
        for number, plan in enumerate(("standard", "premium", "trial"), 1)
    ]
    plan = {"id": 360_050_000_001, "key": "plan", "type": "dropdown", "title": "プラン"}
    yield "organization_fields", {**plan, "custom_field_options": plans}
    for number, (key, kind, title) in enumerate(_REVOPS_FIELDS, 360_050_000_002):
        yield "organization_fields", {"id": number, "key": key, "type": kind, "title": title}
    yield (
        "user_fields",
        {"id": 360_051_000_001, "key": "department", "type": "text", "title": "部署"},
    )


INVENTION = ZendeskInvention
