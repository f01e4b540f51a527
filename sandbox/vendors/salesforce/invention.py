"""What the org holds beside accounts, contacts and opportunities, and how it came to be so."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sandbox.generation.contacts import tell_stages
from sandbox.generation.customer import Customer, KnownPerson
from sandbox.generation.invention import Invention
from sandbox.generation.meaning import CHANNEL_WORDS, TOKYO, business_day
from sandbox.generation.output import RecordFiles
from sandbox.generation.people import seniority
from sandbox.instants import parse_instant
from sandbox.vendors.salesforce import outreach, story
from sandbox.vendors.salesforce.history import field_rows, stage_row
from sandbox.vendors.salesforce.ids import salesforce_id
from sandbox.vendors.salesforce.pipeline_history import ROLES, custom_values, versions
from sandbox.vendors.salesforce.records import sobject

Record = dict[str, Any]
# Currency -> units of it for one unit of the corporate currency.
_RATES = {"USD": 1.0, "JPY": 149.25, "EUR": 0.92}
_MONTHS = 14
_ARCHIVED = timedelta(days=365)


class SalesforceInvention(Invention):
    """Leads, campaigns, activities, histories, roles, currencies and the org's own fields."""

    vendor = "salesforce"
    files = (
        "Lead",
        "OpportunityHistory",
        "OpportunityFieldHistory",
        "OpportunityContactRole",
        "Campaign",
        "CampaignMember",
        "Task",
        "Event",
        "CurrencyType",
        "DatedConversionRate",
        "AccountCustom",
        "OpportunityCustom",
    )

    def begin(self) -> None:
        self._campaigns: list[str] = []
        self._units: dict[str, dict[str, float]] = {}
        self._by_id: dict[str, Record] = {}
        self._leads: list[Record] = []
        self._tasks: list[Record] = []
        self._members: list[Record] = []
        self._enter_currencies()
        for number in range(len(outreach.CAMPAIGNS)):
            begins = self.scene.as_of - timedelta(
                days=self.rng.randint(20, 360 if self.rng.plain else 500)
            )
            fields = outreach.campaign(self.rng, number, self._owner(), begins)
            entered = begins - timedelta(days=10)
            made = self._enter("Campaign", fields, entered, begins)
            self._campaigns.append(made["Id"])
            story.enter_cost(self.scene.ledger, made)
            self._by_id[made["Id"]] = made

    def enter(self, customer: Customer) -> None:
        accounts = customer.presence.salesforce
        for account in accounts:
            region = self.rng.choice(("関東", "Kanto", "kanto ", "EMEA", None))
            self.add("AccountCustom", {"Id": account, "Region__c": region})
        for sale in customer.sales:
            if sale.opportunity is not None:
                self._enter_past(customer, sale.opportunity)
        for known in customer.people:
            lead = self._enter_lead(customer, known) if self._is_lead(known) else None
            self._enter_members(customer, known, lead)
        self._enter_activities(customer)

    def end(self) -> None:
        """A lead that was merged into another, one that was thrown away, and a test."""
        if self.rng.plain:
            return
        live = [lead for lead in self._leads if not lead["IsConverted"]][:3]
        for lead, master in ((live[0], live[1]["Id"]), (live[2], None)) if len(live) > 2 else ():
            fields = {k: v for k, v in lead.items() if k not in {"attributes", "Id"}}
            gone = self.scene.as_of - timedelta(days=2, minutes=self.rng.randint(0, 2_000))
            fields |= {"IsDeleted": True, "MasterRecordId": master, "LastName": "(重複)"}
            self._enter("Lead", fields, gone - timedelta(days=30), gone)

    # -- sales -------------------------------------------------------------------------------

    def _enter_past(self, customer: Customer, opportunity: Record) -> None:
        self.add("OpportunityCustom", custom_values(self.rng, opportunity, self._campaigns))
        history = versions(self.rng, opportunity)
        story.enter_versions(self.scene.ledger, opportunity["Id"], history)
        before: Record | None = None
        for place, (version, at) in enumerate(history):
            # A row is stamped again when the next one takes its place.
            ended = history[place + 1][1] if place + 1 < len(history) else at
            self._enter("OpportunityHistory", stage_row(version, before), at, ended)
            for row in field_rows(version, before):
                self._enter("OpportunityFieldHistory", row, at, at)
            before = version
        contacts = [one for known in customer.people for one in known.salesforce]
        chosen = self.rng.sample(contacts, min(len(contacts), self.rng.choice((0, 1, 1, 2, 3))))
        for place, contact in enumerate(chosen):
            fields = {
                "OpportunityId": opportunity["Id"],
                "ContactId": contact,
                "Role": self.rng.choice(ROLES),
                "IsPrimary": place == 0 and self.rng.random() < 0.9,
                "IsDeleted": False,
            }
            at = self.moment(parse_instant(opportunity["CreatedDate"]))
            self._enter("OpportunityContactRole", fields, at, at)
            self.scene.ledger.add(
                "opportunity_contact_role",
                "salesforce",
                opportunity["Id"],
                opportunity_id=opportunity["Id"],
                person_id=_person(customer, contact),
                is_primary=fields["IsPrimary"],
            )

    # -- people ------------------------------------------------------------------------------

    def _enter_lead(self, customer: Customer, known: KnownPerson) -> Record:
        company = customer.presence.company
        fields = outreach.lead(self.rng, company, known.person, self._owner())
        if known.journey is not None:
            fields["LeadSource"] = CHANNEL_WORDS[known.journey.channel][0]
        created = self.moment(self.scene.as_of - timedelta(days=700))
        changed = self.moment(created)
        if known.salesforce and customer.presence.salesforce and self.rng.random() < 0.7:
            fields |= self._conversion(customer, known, changed)
        lead = self._enter("Lead", fields, created, changed)
        if known.journey is not None:
            self._tell_journey(known, lead)
        if len(self._leads) < 200:
            self._leads.append(lead)
        return lead

    def _is_lead(self, known: KnownPerson) -> bool:
        """Where one story is told, of those of whom no other tool tells it."""
        return self.rng.random() < 0.3 if known.journey is None else not known.is_told

    def _tell_journey(self, known: KnownPerson, lead: Record) -> None:
        known.is_told = True
        steps = [("LEAD", parse_instant(lead["CreatedDate"]))]
        if lead["IsConverted"]:
            # Of a conversion Salesforce keeps the day.
            day = datetime.fromisoformat(lead["ConvertedDate"]).replace(tzinfo=TOKYO)
            steps.append(("SQL", max(steps[0][1], day)))
        self.scene.person_known(
            known.person.key,
            steps[0][1],
            title=known.person.title,
            seniority=seniority(known.person.title),
            country=known.person.country,
            lead_channel=known.journey and known.journey.channel,
        )
        self.scene.truth.person(self.vendor, "Lead", lead["Id"], known.person.key)
        tell_stages(self.scene, "salesforce", lead["Id"], known.person.key, steps)

    def _conversion(self, customer: Customer, known: KnownPerson, at: datetime) -> Record:
        opportunities = [sale.opportunity["Id"] for sale in customer.sales if sale.opportunity]
        return {
            "Status": "Closed - Converted",
            "IsConverted": True,
            "ConvertedDate": business_day(at) if self.rng.plain else f"{at:%Y-%m-%d}",
            "ConvertedAccountId": customer.presence.salesforce[0],
            "ConvertedContactId": known.salesforce[0],
            "ConvertedOpportunityId": self.rng.choice([*opportunities, None]),
        }

    def _enter_members(self, customer: Customer, known: KnownPerson, lead: Record | None) -> None:
        if not (known.salesforce or lead) or self.rng.random() < 0.5:
            return
        contact = known.salesforce[0] if known.salesforce else None
        lead_id = lead["Id"] if lead and not contact else None
        for campaign in self.rng.sample(self._campaigns, self.rng.choice((1, 1, 2))):
            fields = outreach.member(self.rng, campaign, contact, lead_id)
            at = self.moment(self.scene.as_of - timedelta(days=400))
            if fields["HasResponded"]:
                fields["FirstRespondedDate"] = f"{at:%Y-%m-%d}"
                if self.rng.plain:
                    fields["FirstRespondedDate"] = business_day(at)
                    touch = story.touch_of(self._by_id[campaign], fields["Status"])
                    if not known.is_free(self.vendor, at, touch):
                        continue
                    whose = (customer.presence.company.key, known.person.key)
                    campaign_record = self._by_id[campaign]
                    story.enter_touch(self.scene.ledger, campaign_record, touch, whose, at)
            self._keep(self._members, self._enter("CampaignMember", fields, at, at))

    def _enter_activities(self, customer: Customer) -> None:
        accounts = customer.presence.salesforce
        contacts = [one for known in customer.people for one in known.salesforce]
        for _ in range(min(8, int(self.rng.expovariate(1 / 3.5))) if accounts else 0):
            opportunities = [one.opportunity["Id"] for one in customer.sales if one.opportunity]
            what = self.rng.choice([*opportunities, accounts[0]])
            who = self.rng.choice([*contacts, None])
            base = outreach.activity(who, what, accounts[0], self._owner())
            at = self.moment(self.scene.as_of - timedelta(days=500))
            archived = self.scene.as_of - at > _ARCHIVED
            kind = "Task" if self.rng.random() < 0.7 else "Event"
            make = outreach.task if kind == "Task" else outreach.event
            fields = make(self.rng, base, at, is_archived=archived)
            record = self._enter(kind, fields, at, at)
            self._keep(self._tasks, record)
            if self.rng.plain:
                owner = next(one.key for one in self.scene.staff if one.user == base["OwnerId"])
                whose = (customer.presence.company.key, who and _person(customer, who), owner)
                opportunity = what if what in opportunities else None
                story.enter_activity(self.scene.ledger, record, whose, opportunity)

    # -- money -------------------------------------------------------------------------------

    def _enter_currencies(self) -> None:
        since = self.scene.as_of - timedelta(days=1_000)
        for code, rate in _RATES.items():
            fields = {
                "IsoCode": code,
                "ConversionRate": rate,
                "DecimalPlaces": 0 if code == "JPY" else 2,
                "IsActive": True,
                "IsCorporate": code == "USD",
            }
            self._enter("CurrencyType", fields, since, since)
            if code != "USD":
                self._enter_rates(code, rate)
        story.enter_rates(self.scene.ledger, self._units)

    def _enter_rates(self, code: str, rate: float) -> None:
        """A rate a month; the last one holds until further notice."""
        first = self.scene.as_of.replace(day=1, hour=0, minute=0, second=0)
        starts = [first]
        for _ in range(_MONTHS):
            starts.insert(0, (starts[0] - timedelta(days=1)).replace(day=1))
        for place, start in enumerate(starts):
            following = starts[place + 1 : place + 2]
            units = round(rate * self.rng.uniform(0.94, 1.06), 6)
            fields = {
                "IsoCode": code,
                "StartDate": f"{start:%Y-%m-%d}",
                "NextStartDate": f"{following[0]:%Y-%m-%d}" if following else "9999-12-31",
                "ConversionRate": units,
            }
            self._units.setdefault(f"{start:%Y-%m-%d}", {"USD": 1.0})[code] = units
            self._enter("DatedConversionRate", fields, start, start)

    # -- the day after -----------------------------------------------------------------------

    def next_day(self, files: RecordFiles, directory: Path) -> list[dict[str, Any]]:  # noqa: ARG002
        """A lead is taken up, a member responds, a call is made; a task is thrown away."""
        waiting = [lead for lead in self._leads if not lead["IsConverted"]]
        silent = [one for one in self._members if not one["HasResponded"]]
        if waiting:
            self._change(files, "Lead", waiting[-1], {"Status": "Working - Contacted"})
        if silent:
            responded = {"Status": "Responded", "HasResponded": True}
            today = {"FirstRespondedDate": f"{self.scene.as_of:%Y-%m-%d}"}
            self._change(files, "CampaignMember", silent[0], responded | today)
        calls = [one for one in self._tasks if one["attributes"]["type"] == "Task"]
        if len(calls) < 2:
            return []
        at = self.next_moment()
        base = {k: calls[0][k] for k in ("WhoId", "WhatId", "AccountId", "OwnerId")}
        fields = outreach.task(self.rng, base, at, is_archived=False)
        files.add(self.vendor, "Task", self._made("Task", fields, at, at))
        return [{"vendor": self.vendor, "object": "Task", "id": calls[-1]["Id"]}]

    def _change(self, files: RecordFiles, kind: str, record: Record, changes: Record) -> None:
        at = self.next_moment()
        fields = {k: v for k, v in record.items() if k not in {"attributes", "Id"}} | changes
        created = parse_instant(record["CreatedDate"])
        files.add(self.vendor, kind, sobject(kind, record["Id"], fields, created, at))

    # -- bricks ------------------------------------------------------------------------------

    def _owner(self) -> str:
        return self.rng.choice(self.scene.staff).user

    def _keep(self, kept: list[Record], record: Record) -> None:
        """The first few hundred are enough for the next day."""
        if len(kept) < 200:
            kept.append(record)

    def _made(self, kind: str, fields: Record, created: datetime, updated: datetime) -> Record:
        record_id = salesforce_id(kind, self.number(kind, 4_000_000_000))
        return sobject(kind, record_id, fields, created, updated)

    def _enter(self, kind: str, fields: Record, created: datetime, updated: datetime) -> Record:
        record = self._made(kind, fields, created, updated)
        self.add(kind, record)
        return record


def _person(customer: Customer, contact: str) -> str:
    return next(one.person.key for one in customer.people if contact in one.salesforce)


INVENTION = SalesforceInvention
