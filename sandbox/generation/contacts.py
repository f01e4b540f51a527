"""People as HubSpot contacts, Salesforce contacts and Zendesk users."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sandbox.generation.customer import KnownPerson
from sandbox.generation.journey import Journey, Steps
from sandbox.generation.meaning import CHANNEL_WORDS, LIFECYCLE_STAGES
from sandbox.generation.people import (
    Person,
    first_and_last,
    full_name,
    make_person,
    people_at,
    plain_full_name,
    seniority,
)
from sandbox.generation.scene import Presence, Scene
from sandbox.generation.spelling import typed_email
from sandbox.vendors.hubspot.histories import history
from sandbox.vendors.hubspot.records import LIFECYCLE, SOURCES, crm_record
from sandbox.vendors.salesforce.ids import salesforce_id
from sandbox.vendors.salesforce.records import sobject
from sandbox.vendors.zendesk.records import user

_LEADS_LOG_MEAN, _LEADS_LOG_SPREAD = 1.95, 1.1
_KNOWN_COMPANY_ODDS = 0.4
_LEAD_SOURCES = ("Web", "Phone Inquiry", "Partner Referral", "Purchased List", None)


def _given_email(scene: Scene, person: Person) -> str | None:
    if scene.plain:
        return person.email
    roll = scene.rng.random()
    if roll < 0.07:
        return None
    return person.private_email if roll < 0.15 else person.email


def _free_in_hubspot(scene: Scene, email: str | None) -> str | None:
    """HubSpot keeps one contact per address, so a second one goes in without it."""
    if email is None or email.strip().lower() in scene.hubspot_emails:
        return None
    scene.hubspot_emails.add(email.strip().lower())
    return email


def _hubspot_contact(
    scene: Scene, person: Person, company_ids: tuple[str, ...], journey: Journey | None = None
) -> tuple[str, datetime]:
    rng = scene.rng
    record_id = str(scene.next_id("contacts"))
    first, last = first_and_last(rng, person)
    email = _free_in_hubspot(scene, _given_email(scene, person))
    linked = company_ids and (scene.plain or rng.random() < 0.9)
    properties = {
        "email": typed_email(rng, email) if email and rng.random() < 0.3 else email,
        "firstname": first,
        "lastname": last if scene.plain or rng.random() < 0.97 else None,
        "jobtitle": person.title if scene.plain or rng.random() < 0.75 else None,
        "phone": person.phone if rng.random() < 0.5 else None,
        "country": ("Japan" if person.japanese else None) if rng.random() < 0.5 else None,
        "lifecyclestage": rng.choice(LIFECYCLE),
        "associatedcompanyid": rng.choice(company_ids) if linked else None,
        "hubspot_owner_id": scene.member().owner if rng.random() < 0.6 else None,
        "hs_analytics_source": rng.choice((*SOURCES, None)),
    }
    created, updated = scene.lifetime()
    if journey is not None:
        properties |= _hubspot_story(scene, person, record_id, journey, created)
    record = crm_record("contacts", record_id, properties, created, updated)
    scene.add("hubspot", "contacts", record)
    scene.truth.person("hubspot", "contacts", record_id, person.key)
    return record_id, created


def _hubspot_story(
    scene: Scene, person: Person, record_id: str, journey: Journey, since: datetime
) -> dict[str, str | None]:
    """What HubSpot shows of somebody's journey, and remembers of it."""
    scene.person_known(
        person.key,
        since,
        title=person.title,
        seniority=seniority(person.title),
        country=person.country,
        lead_channel=journey.channel,
    )
    steps = journey.lifecycle(since, scene.as_of - timedelta(minutes=10))
    told = [(LIFECYCLE_STAGES[stage], at) for stage, at in steps]
    scene.files.add("hubspot", "histories", history("contacts", record_id, "lifecyclestage", told))
    tell_stages(scene, "hubspot", record_id, person.key, steps)
    return {
        "lifecyclestage": told[-1][0],
        "hs_analytics_source": CHANNEL_WORDS[journey.channel][1],
        "jobtitle": person.title,
        "country": person.country,
    }


def tell_stages(scene: Scene, source: str, record_id: object, key: str, steps: Steps) -> None:
    """The truth of somebody's journey."""
    for stage, at in steps:
        scene.ledger.add(
            "person_stage_history", source, record_id, person_id=key, stage=stage, entered_at=at
        )


def _salesforce_contact(
    scene: Scene, person: Person, account_ids: tuple[str, ...], journey: Journey | None
) -> str:
    rng = scene.rng
    record_id = salesforce_id("Contact", scene.next_id("Contact"))
    first, last = first_and_last(rng, person)
    email = _given_email(scene, person)
    fields = {
        "AccountId": rng.choice(account_ids) if scene.plain or rng.random() < 0.95 else None,
        "FirstName": first if scene.plain or rng.random() < 0.95 else None,
        "LastName": last,
        "Email": typed_email(rng, email) if email else None,
        "Title": person.title if scene.plain or rng.random() < 0.7 else None,
        "Department": rng.choice(("Sales", "IT", "Finance", None)),
        "Phone": person.phone if rng.random() < 0.6 else None,
        "MailingCountry": rng.choice(("Japan", "日本", None)) if person.japanese else None,
        "LeadSource": rng.choice(_LEAD_SOURCES),
        "OwnerId": scene.member().user,
        "MasterRecordId": None,
        "IsDeleted": False,
    }
    created, updated = scene.lifetime()
    if journey is not None:
        fields["LeadSource"] = CHANNEL_WORDS[journey.channel][0]
        fields["MailingCountry"] = person.country
        scene.person_known(
            person.key,
            created,
            title=person.title,
            seniority=seniority(person.title),
            country=person.country,
            department=fields["Department"],
            lead_channel=journey.channel,
        )
    scene.add("salesforce", "Contact", sobject("Contact", record_id, fields, created, updated))
    scene.truth.person("salesforce", "Contact", record_id, person.key)
    return record_id


def _zendesk_user(scene: Scene, person: Person, organization_ids: tuple[int, ...]) -> int:
    rng = scene.rng
    record_id = scene.next_id("users")
    email = _given_email(scene, person)
    linked = scene.plain or rng.random() < 0.93
    organization_id = rng.choice(organization_ids) if linked else None
    created, updated = scene.lifetime()
    scene.person_known(person.key, created)
    record = user(
        record_id,
        name=full_name(rng, person),
        email=email.lower() if email else None,
        organization_id=organization_id,
        role="end-user",
        created=created,
        updated=updated,
    )
    scene.add("zendesk", "users", record)
    scene.truth.person("zendesk", "users", record_id, person.key)
    return record_id


def _enter_mailbox(scene: Scene, presence: Presence) -> list[int]:
    """The company's shared info@ address, entered as if it were a person."""
    rng, domain = scene.rng, presence.company.domain
    if scene.plain or rng.random() > 0.35:
        return []
    key, email = f"mailbox-{domain}", f"info@{domain}"
    if presence.hubspot and (free := _free_in_hubspot(scene, email)):
        record_id = str(scene.next_id("contacts"))
        properties = {"email": free, "associatedcompanyid": presence.hubspot[0]}
        record = crm_record("contacts", record_id, properties, *scene.lifetime())
        scene.add("hubspot", "contacts", record)
        scene.truth.person("hubspot", "contacts", record_id, key)
    if not presence.zendesk:
        return []
    user_id = scene.next_id("users")
    name = "お問い合わせ窓口" if presence.company.japanese else "Info"
    created, updated = scene.lifetime()
    record = user(
        user_id,
        name=name,
        email=email,
        organization_id=presence.zendesk[0],
        role="end-user",
        created=created,
        updated=updated,
    )
    scene.add("zendesk", "users", record)
    scene.truth.person("zendesk", "users", user_id, key)
    return [user_id]


def _copies(scene: Scene, odds: Sequence[float]) -> int:
    """How often somebody was entered: not at all, once, or twice by mistake."""
    times: int = scene.rng.choices((0, 1, 2), odds)[0]
    return min(times, 1) if scene.plain else times


def begin(scene: Scene, person: Person, account: str | None) -> Journey:
    """Who somebody is, whatever the tools say of them."""
    scene.ledger.party("person", person.key).facts = {
        "account_id": account,
        "full_name": plain_full_name(person),
        "email": person.email if account else person.private_email,
        "is_deleted": False,
    }
    return Journey.drawn(scene.chance(f"journey/{person.key}"))


def enter_people(
    scene: Scene, presence: Presence, first_number: int
) -> tuple[int, list[int], list[KnownPerson]]:
    """Write a company's people; the next free person number, who may open tickets, and all."""
    number, requesters = first_number, _enter_mailbox(scene, presence)
    people: list[KnownPerson] = []
    for person in people_at(scene.rng, presence.company, first_number):
        number = person.number + 1 if scene.plain else number + 1
        known = KnownPerson(person)
        if scene.plain:
            known.journey = begin(scene, person, presence.company.key)
        people.append(known)
        if presence.hubspot:
            for _ in range(_copies(scene, (0.22, 0.74, 0.04))):
                contact, known.since = _hubspot_contact(
                    scene, person, presence.hubspot, known.journey
                )
                known.hubspot.append(contact)
                known.is_told = True
        if presence.salesforce:
            for _ in range(_copies(scene, (0.24, 0.73, 0.03))):
                contact = _salesforce_contact(scene, person, presence.salesforce, known.journey)
                known.salesforce.append(contact)
        if presence.zendesk and scene.rng.random() < 0.7:
            known.zendesk.append(_zendesk_user(scene, person, presence.zendesk))
    return number, [*requesters, *(one for known in people for one in known.zendesk)], people


def enter_leads(scene: Scene, presence: Presence, first_number: int) -> int:
    """Write whom a large portal holds beside the people that sales knows; the next free number.

    Webinars, downloads and bought lists bring a dozen per company on average, most of them for
    few of the companies; a third can be told to work there.
    """
    count = int(scene.rng.lognormvariate(_LEADS_LOG_MEAN, _LEADS_LOG_SPREAD))
    for number in range(first_number, first_number + count):
        if presence.hubspot and scene.rng.random() < _KNOWN_COMPANY_ODDS:
            company = presence.company
            person = make_person(scene.rng, number, company.domain, japanese=company.japanese)
            _hubspot_contact(scene, person, presence.hubspot)
        else:
            enter_stranger(scene, number)
    return first_number + count


def enter_stranger(scene: Scene, number: int) -> None:
    """A newsletter reader: a free-mail address and no company."""
    japanese = scene.rng.random() < 0.6
    person = make_person(scene.rng, number, "mail.example", japanese=japanese)
    record_id = str(scene.next_id("contacts"))
    first, last = first_and_last(scene.rng, person)
    properties = {
        "email": _free_in_hubspot(scene, person.private_email),
        "firstname": first,
        "lastname": last,
        "lifecyclestage": "lead",
        "hs_analytics_source": scene.rng.choice((*SOURCES, None)),
    }
    created, updated = scene.lifetime()
    if scene.plain:
        journey = begin(scene, person, None)
        properties |= _hubspot_story(scene, person, record_id, journey, created)
    record = crm_record("contacts", record_id, properties, created, updated)
    scene.add("hubspot", "contacts", record)
    scene.truth.person("hubspot", "contacts", record_id, person.key)
