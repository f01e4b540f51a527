"""What the company's marketing knows: leads, what they did, and the programs that moved them."""

from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from sandbox.generation.companies import typed_name
from sandbox.generation.contacts import begin, tell_stages
from sandbox.generation.customer import Customer, KnownPerson
from sandbox.generation.invention import Invention
from sandbox.generation.journey import Steps
from sandbox.generation.mails import Mails
from sandbox.generation.meaning import CHANNEL_WORDS, LEAD_STATUSES
from sandbox.generation.output import RecordFiles
from sandbox.generation.people import Person, first_and_last, make_person, seniority
from sandbox.generation.spelling import typed_email
from sandbox.instants import parse_instant, zendesk_instant
from sandbox.vendors.marketo import story
from sandbox.vendors.marketo.campaigning import FORMS, MAILS, PAGES, PROGRAMS, SOURCES, STATUSES
from sandbox.vendors.marketo.fields import (
    CHANGE_DATA_VALUE,
    MERGE_LEADS,
    NEW_LEAD,
    activity_type_definitions,
    lead_field_definitions,
)
from sandbox.vendors.marketo.merges import merge_of, merged
from sandbox.vendors.marketo.records import activity, lead, lead_change, member, program

Record = dict[str, Any]

# Marketing moved to Marketo not long ago; what it knew before came in on that day.
IN_USE = timedelta(days=110)
_LEAD_ODDS, _READER_ODDS, _TWICE_ODDS = 0.6, 0.4, 0.03


class Marketing(Invention):
    """Most people whom the CRMs know, some whom only marketing knows, and what they did."""

    vendor = "marketo"
    files = (
        "leads",
        "lead_fields",
        "lead_changes",
        "activities",
        "activity_types",
        "programs",
        "program_members",
    )

    def begin(self) -> None:
        self._start = self.scene.as_of - IN_USE
        self._add = self.scene.files.add
        self._programs: list[tuple[Record, tuple[str, ...]]] = []
        self._kept: list[Record] = []
        self.mails = Mails()
        self._whose: dict[int, story.Whose] = {}
        if self.rng.plain:
            # The log goes back to before the first lead: it tells of one that is gone since.
            gone = {"leadStatus": ("New", "Recycled")}
            self._change({"id": 99}, CHANGE_DATA_VALUE, self._start, gone)
        for definition in lead_field_definitions():
            self.add("lead_fields", definition)
        for definition in activity_type_definitions():
            self.add("activity_types", definition)
        for name, kind, channel, cost, steps in PROGRAMS:
            self._begin_program(name, kind, channel, cost, steps)

    def credentials(self) -> dict[str, Any]:
        return {
            "client_id": f"{self.digits(8)}-0000-4000-8000-{self.digits(12)}",
            "client_secret": self.digits(32),
            "start": f"{self._start - timedelta(days=5):%Y-%m-%d}",
            "poll_seconds": "0",
        }

    def enter(self, customer: Customer) -> None:
        for known in customer.people:
            if self.rng.random() < _LEAD_ODDS:
                if self.rng.plain:
                    self._add_known(customer, known)
                    continue
                found = self._add_lead(self._fields(customer, known), self._arrival())
                if self.rng.random() < _TWICE_ODDS:
                    self._add_twin(self._fields(customer, known), found)
        if self.rng.random() < _READER_ODDS:
            self._reader()

    def end(self) -> None:
        self.mails.write(self.scene.ledger)
        if self.rng.plain:
            return
        at = self.moment(self._start)
        fields = {"email": "test@test.example", "firstName": "test", "lastName": "test"}
        self._add_lead({**fields, "company": "TEST"}, at)

    # -- programs --------------------------------------------------------------------------

    def _begin_program(
        self, name: str, kind: str, channel: str, cost: int, steps: tuple[str, ...]
    ) -> None:
        at = self.moment(self._start, self._start + timedelta(days=30))
        months = [at + timedelta(days=30 * month) for month in range(3)] if cost else []
        costs = [
            {"startDate": f"{month:%Y-%m}-01", "cost": cost // (number + 1), "note": "請求済み"}
            for number, month in enumerate(months)
        ]
        record = program(self.number("programs", 1_000, 40), name, kind, channel, at, costs=costs)
        self.add("programs", record)
        story.enter_costs(self.scene.ledger, record)
        self._programs.append((record, steps))

    def _join(self, found: Record, since: datetime) -> None:
        """Let a lead take part in a program, as far as it went."""
        record, steps = self.rng.choice(self._programs)
        at = self.moment(since)
        reached = self.rng.randrange(len(steps))
        is_success = reached == len(steps) - 1
        whose = self._whose.get(found["id"])
        if whose is not None:
            touch = story.program_touch(record, steps[reached])
            if touch and not whose.known.is_free(self.vendor, at, touch):
                return
            story.enter_program(self.scene.ledger, record, touch, whose, at)
        when = zendesk_instant(at)
        fields = {
            "statusName": steps[reached],
            "statusReason": None,
            "reachedSuccess": is_success,
            "reachedSuccessDate": when if is_success else None,
            "acquiredBy": self.rng.random() < 0.2,
            "nurtureCadence": "norm" if record["type"] == "Engagement" else None,
        }
        self.add("program_members", member(record, found["id"], fields, at))
        attributes = {
            "Old Status": "Not in Program",
            "New Status": steps[reached],
            "Success": is_success,
            "Acquired By": fields["acquiredBy"],
        }
        self._log(found, 104, at, (record["id"], record["name"]), attributes)

    # -- leads -----------------------------------------------------------------------------

    def _fields(self, customer: Customer, known: KnownPerson) -> Record:
        """A person as one form received them."""
        rng, person, company = self.rng, known.person, customer.presence.company
        first, last = first_and_last(rng, person)
        roll = rng.random()
        email = person.private_email if roll < 0.1 and not rng.plain else person.email
        return {
            "email": None if roll > 0.96 and not rng.plain else typed_email(rng, email),
            "firstName": first if rng.plain or rng.random() < 0.92 else None,
            "lastName": last,
            "company": typed_name(rng, company) if rng.plain or rng.random() < 0.9 else None,
            "title": person.title if rng.plain or rng.random() < 0.6 else None,
            "phone": person.phone if rng.random() < 0.4 else None,
            "country": company.country
            if rng.plain
            else rng.choice(("Japan", "JP", "日本", None))
            if person.japanese
            else None,
            "industry": company.trade.salesforce if rng.random() < 0.5 else None,
            "numberOfEmployees": company.employees if rng.random() < 0.3 else None,
            "preferredLanguage": "日本語" if person.japanese else "English",
            "sfdcType": "Contact" if known.salesforce else None,
            "sfdcContactId": known.salesforce[0] if known.salesforce else None,
            "sfdcAccountId": customer.presence.salesforce[0] if known.salesforce else None,
        }

    def _reader(self) -> None:
        """Somebody who reads what we write, and whom no salesperson knows."""
        number = 800_000 + len(self._kept)
        japanese = self.rng.random() < 0.6
        person = make_person(self.rng, number, "mail.example", japanese=japanese)
        first, last = first_and_last(self.rng, person)
        fields = {"email": person.private_email, "firstName": first, "lastName": last}
        if self.rng.plain:
            self._add_stranger(person, fields)
            return
        self._add_lead(fields, self._arrival())

    def _add_stranger(self, person: Person, fields: Record) -> None:
        known = KnownPerson(person, journey=begin(self.scene, person, None))
        self._tell(known, None, fields)

    def _add_known(self, customer: Customer, known: KnownPerson) -> None:
        self._tell(known, customer.presence.company.key, self._fields(customer, known))

    def _tell(self, known: KnownPerson, account: str | None, fields: Record) -> None:
        """A lead whose journey is told here, or was begun in a tool that tells it."""
        if known.journey is None:
            return
        begun = max(known.since or self._start, self._start)
        created = self.moment(begun + timedelta(minutes=1)).replace(microsecond=0)
        steps = [("LEAD", created)]
        if not known.is_told:
            latest = self.scene.as_of - timedelta(minutes=10)
            steps = known.journey.status(created, latest)
            tell_stages(self.scene, self.vendor, known.person.key, known.person.key, steps)
            known.is_told = True
        channel = known.journey.channel
        self.scene.person_known(
            known.person.key,
            created,
            title=known.person.title,
            seniority=seniority(known.person.title),
            country=known.person.country,
            lead_channel=channel,
        )
        fields |= {
            "leadSource": CHANNEL_WORDS[channel][2],
            "title": known.person.title,
            "country": known.person.country,
        }
        self._add_told(fields, steps, story.Whose(known, account))

    def _add_told(self, fields: Record, steps: Steps, whose: story.Whose) -> None:
        told = [(LEAD_STATUSES[stage], at) for stage, at in steps]
        created, (status, updated) = told[0][1], told[-1]
        own = {
            "leadStatus": status,
            "leadScore": 50,
            "unsubscribed": self.rng.random() < 0.06,
            "emailInvalid": False,
        }
        number = self.number("leads", 100, 20)
        record = lead(number, {**fields, **own}, created, updated)
        self.add("leads", record)
        self.scene.truth.person(self.vendor, "leads", number, whose.known.person.key)
        self._change(record, NEW_LEAD, created, {})
        for (before, _), (after, at) in pairwise(told):
            self._change(record, CHANGE_DATA_VALUE, at, {"leadStatus": (before, after)})
        self._whose[record["id"]] = whose
        self._act(record, created)
        if len(self._kept) < 400:
            self._kept.append(record)

    def _arrival(self) -> datetime:
        return self._start if self.rng.random() < 0.25 else self.moment(self._start)

    def _add_lead(self, fields: Record, created: datetime) -> Record:
        record = self._new(fields, created)
        updated = parse_instant(record["updatedAt"])
        if self.rng.random() < 0.1:
            # A change of one of the company's own fields: only the filter sees it.
            record["changedAt"] = zendesk_instant(self.moment(updated))
        if self.rng.random() < 0.02:
            record |= {"isDeleted": True, "deletedAt": zendesk_instant(self.moment(updated))}
        self.add("leads", record)
        self._change(record, NEW_LEAD, created, {})
        if updated > created:
            change = {"leadStatus": ("New", record["leadStatus"])}
            self._change(record, CHANGE_DATA_VALUE, updated, change)
        self._act(record, created)
        if len(self._kept) < 400 and not record.get("isDeleted"):
            self._kept.append(record)
        return record

    def _add_twin(self, fields: Record, winner: Record) -> None:
        """The same person a second time, which somebody noticed and merged."""
        created = self._arrival()
        record = self._new(fields, created)
        at = self.moment(parse_instant(record["updatedAt"]))
        self.add("leads", merged(record, winner, at))
        self._change(record, NEW_LEAD, created, {})
        self._log(winner, MERGE_LEADS, at, *merge_of(record, winner))

    def _new(self, fields: Record, created: datetime) -> Record:
        rng = self.rng
        own = {
            "leadSource": rng.choice(SOURCES),
            "leadStatus": rng.choice(STATUSES),
            "leadScore": rng.randrange(0, 120),
            "behaviorScore": rng.randrange(0, 60),
            "unsubscribed": rng.random() < 0.06,
            "emailInvalid": rng.random() < 0.04,
            "originalSourceType": "Web form fillout",
            "annualBudget": rng.choice((None, None, "1200000.0", "300000.0")),
            "productInterest": rng.choice((None, 'Platform, "pro"', "分析\nアドオン")),
        }
        number = self.number("leads", 100, 20)
        return lead(number, {**fields, **own}, created, self.moment(created))

    # -- what they do ----------------------------------------------------------------------

    def _act(self, record: Record, since: datetime) -> None:
        rng = self.rng
        for _ in range(rng.randrange(4)):
            page = rng.choice(PAGES)
            attributes = {"Webpage URL": "/" + page[1].partition("/")[2], "Referrer URL": ""}
            self._do(record, 1, self.moment(self._kept_since(since)), page, attributes)
        if rng.random() < 0.3:
            fields = {"Form Fields": '{"Email":"…"}', "Referrer URL": "https://search.example/"}
            self._do(record, 2, self.moment(since), rng.choice(FORMS), fields)
        if record["email"] and rng.random() < 0.6:
            self._mail(record, since)
        if rng.random() < 0.3:
            score = {"Old Value": "0", "New Value": "10", "Change Value": "+10"}
            self._log(record, 22, self.moment(since), (52, "Lead Score"), score)
        if rng.random() < 0.5:
            self._join(record, since)

    def _kept_since(self, since: datetime) -> datetime:
        """Visits are purged after 90 days: where one story is told, none was before."""
        return max(since, self.scene.as_of - timedelta(days=89)) if self.rng.plain else since

    def _mail(self, record: Record, since: datetime) -> None:
        """An e-mail's way as far as it came; each step a little later."""
        rng, mail, at = self.rng, self.rng.choice(MAILS), self.moment(since)
        steps = [6, 8] if record["emailInvalid"] else [6, 7, 10, 11][: rng.randint(1, 4)]
        steps += [9] if record["unsubscribed"] else []
        latest = self.scene.as_of - timedelta(minutes=10)
        for kind in steps:
            attributes = {"Link": "https://www.revops-lab.example/pricing"} if kind == 11 else {}
            self._do(record, kind, min(at, latest), mail, attributes)
            at += timedelta(seconds=rng.randint(20, 40_000))

    def _do(
        self, record: Record, kind: int, at: datetime, about: tuple[int, str], attributes: Record
    ) -> None:
        """Log what a lead does; where one story is told, unless another tool tells it already."""
        whose = self._whose.get(record["id"])
        if whose is not None:
            kinds = story.kinds_of(kind, about[1])
            if kinds and not whose.known.is_free(self.vendor, at, *kinds):
                return
            story.count_mail(self.mails, kind, about[0], at)
            story.enter_deed(self.scene.ledger, kind, about[1], whose, at)
        self._log(record, kind, at, about, attributes)

    def _log(
        self, record: Record, kind: int, at: datetime, about: tuple[int, str], attributes: Record
    ) -> None:
        number = self.number("log", 7_000_000, 9)
        line = activity(number, record["id"], kind, at, about=about, attributes=attributes)
        self.add("activities", line)

    def _change(
        self, record: Record, kind: int, at: datetime, changes: dict[str, tuple[Any, Any]]
    ) -> None:
        number = self.number("log", 7_000_000, 9)
        self.add("lead_changes", lead_change(number, record["id"], kind, at, changes))

    # -- the next day ----------------------------------------------------------------------

    def next_day(self, files: RecordFiles, directory: Path) -> list[dict[str, Any]]:  # noqa: ARG002
        """Somebody qualifies, opts out, arrives, is merged and is deleted; a member attends."""
        names = ("qualified", "left", "clicked", "winner", "loser", "deleted")
        drawn = dict(zip(names, self.rng.sample(self._kept, len(names)), strict=True))
        self._add = files.add
        self._qualify(drawn["qualified"])
        self._opt_out(drawn["left"])
        link = {"Link": "https://www.revops-lab.example/pricing"}
        self._log(drawn["clicked"], 11, self.next_moment(), MAILS[0], link)
        at = self.next_moment()
        self.add("leads", merged(drawn["loser"], drawn["winner"], at))
        about, attributes = merge_of(drawn["loser"], drawn["winner"])
        self._log(drawn["winner"], MERGE_LEADS, at, about, attributes)
        self._arrive()
        return [{"vendor": self.vendor, "object": "leads", "id": str(drawn["deleted"]["id"])}]

    def add(self, kind: str, record: Record) -> None:
        self._add(self.vendor, kind, record)

    def _changed(self, record: Record, at: datetime, values: Record) -> None:
        stamp = zendesk_instant(at)
        self.add("leads", {**record, **values, "updatedAt": stamp, "changedAt": stamp})
        changes = {name: (record[name], value) for name, value in values.items()}
        self._change(record, CHANGE_DATA_VALUE, at, changes)

    def _qualify(self, record: Record) -> None:
        at = self.next_moment()
        self._changed(record, at, {"leadStatus": "Sales Accepted"})
        about, steps = self._programs[0]
        fields = {"statusName": steps[-1], "statusReason": None, "reachedSuccess": True}
        done = {"reachedSuccessDate": zendesk_instant(at), "acquiredBy": False}
        record_of_membership = member(about, record["id"], {**fields, **done}, at)
        self.add("program_members", record_of_membership)

    def _opt_out(self, record: Record) -> None:
        at = self.next_moment()
        self._changed(record, at, {"unsubscribed": not record["unsubscribed"]})
        self._log(record, 9, at, MAILS[1], {"Form Fields": ""})

    def _arrive(self) -> None:
        """Somebody who fills out a form today and whom nobody knew."""
        at = self.next_moment()
        person = make_person(self.rng, 899_999, "mail.example", japanese=True)
        fields = {"email": person.private_email, "firstName": "Aya", "lastName": "Okabe"}
        number = self.number("leads", 100, 20)
        record = lead(number, {**fields, "leadStatus": "New", "unsubscribed": False}, at, at)
        self.add("leads", record)
        self._change(record, NEW_LEAD, at, {})
        self._log(record, 2, at, FORMS[1], {"Form Fields": '{"Email":"…"}'})


INVENTION = Marketing
