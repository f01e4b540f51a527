"""Leads, campaigns and activities as people enter them."""

from datetime import datetime, timedelta
from typing import Any

from sandbox.generation.chance import Chance
from sandbox.generation.companies import Company, typed_name
from sandbox.generation.people import Person, first_and_last
from sandbox.generation.spelling import typed_email, typed_website
from sandbox.instants import salesforce_instant

Record = dict[str, Any]
CAMPAIGNS = (
    ("Webinar: Revenue data 101", "Webinar"),
    ("春の展示会 2026", "Trade Show"),
    ("Newsletter", "Email"),
    ("ＡＢＭ 製造業", "Direct Mail"),
    ("Search brand", "Advertisement"),
    ("search BRAND (old)", "Advertisement"),
    ("Partner day", "Partners"),
    ("test campaign - do not use", None),
)
_SENT = {"Sent": False, "Registered": True, "Attended": True, "Responded": True, "参加": True}
_BUDGETS = ("$25,000", "1,200万円", "approx. 30k", "TBD", "３０００", "n/a", None, None)
_NOTES = (
    'Said "call me in April", then hung up',
    "Line one\nline two, with a comma",
    "価格表を送付済み。\r\n次回: 7/1",
    "emoji 👍, tab\there",
    None,
    None,
)
_STATUSES = ("Open - Not Contacted", "Working - Contacted", "Closed - Not Converted")
_SOURCES = ("Web", "Phone Inquiry", "Partner Referral", "Purchased List", "web", None)


def lead(rng: Chance, company: Company, person: Person, owner: str) -> Record:
    """An open lead; who typed it knew the company by one of its many names."""
    first, last = first_and_last(rng, person)
    email = None if rng.random() < 0.08 and not rng.plain else person.email
    return {
        "FirstName": first if rng.plain or rng.random() < 0.93 else None,
        "LastName": last,
        "Company": typed_name(rng, company),
        "Title": person.title if rng.plain or rng.random() < 0.6 else None,
        "Email": typed_email(rng, email) if email else None,
        "Phone": person.phone if rng.random() < 0.5 else None,
        "Website": typed_website(rng, company.domain) if rng.random() < 0.5 else None,
        "Country": person.country
        if rng.plain
        else rng.choice(("Japan", "日本", "JP", None))
        if company.japanese
        else "US",
        "Industry": company.trade.salesforce if rng.random() < 0.5 else None,
        "NumberOfEmployees": company.employees if rng.random() < 0.4 else None,
        "LeadSource": rng.choice(_SOURCES),
        "Status": _STATUSES[0] if rng.plain else rng.choice(_STATUSES),
        "Rating": rng.choice(("Hot", "Warm", "Cold", None)),
        "OwnerId": owner,
        "IsConverted": False,
        "ConvertedDate": None,
        "ConvertedAccountId": None,
        "ConvertedContactId": None,
        "ConvertedOpportunityId": None,
        "MasterRecordId": None,
        "IsDeleted": False,
        "Budget__c": rng.choice(_BUDGETS),
        "Notes__c": rng.choice(_NOTES),
        "Score__c": round(rng.uniform(0, 100), 1) if rng.random() < 0.6 else None,
        "Consent__c": rng.random() < 0.7,
    }


def campaign(rng: Chance, number: int, owner: str, begins: datetime) -> Record:
    name, kind = CAMPAIGNS[number]
    cost = rng.randint(5, 400) * 100
    ends = begins + timedelta(days=rng.randint(1, 60))
    return {
        "Name": name,
        "ParentId": None,
        "Type": kind,
        "Status": rng.choice(("Planned", "In Progress", "Completed", "Completed")),
        "StartDate": f"{begins:%Y-%m-%d}",
        "EndDate": f"{ends:%Y-%m-%d}" if rng.random() < 0.8 else None,
        "IsActive": rng.random() < 0.7,
        "ExpectedRevenue": cost * 5 if rng.random() < 0.5 else None,
        "BudgetedCost": cost if rng.random() < 0.8 else None,
        "ActualCost": round(cost * rng.uniform(0.7, 1.3), 2) if rng.random() < 0.6 else None,
        "NumberSent": float(rng.randint(50, 2_000)),
        "OwnerId": owner,
        "IsDeleted": False,
        "Cost_Center__c": rng.choice(("MKT-01", "mkt 1", "営業企画", None)),
    }


def member(rng: Chance, campaign_id: str, contact: str | None, lead_id: str | None) -> Record:
    """A person's place in a campaign; `Responded` and its kin set a date in `responded`."""
    status = rng.choice(list(_SENT))
    return {
        "CampaignId": campaign_id,
        "LeadId": lead_id,
        "ContactId": contact,
        "Status": status,
        "HasResponded": _SENT[status],
        "FirstRespondedDate": None,
        "IsDeleted": False,
    }


def activity(who: str | None, what: str | None, account: str | None, owner: str) -> Record:
    return {"WhoId": who, "WhatId": what, "AccountId": account, "OwnerId": owner}


def task(rng: Chance, base: Record, at: datetime, *, is_archived: bool) -> Record:
    """A call or an e-mail; e-mails say their direction only in the org's own field."""
    is_call, inbound = rng.random() < 0.5, rng.random() < 0.3
    direction = "Inbound" if inbound else "Outbound"
    subject = ("Call", "電話", "call back")[rng.randrange(3)] if is_call else "Email: follow-up"
    done = rng.random() < 0.85
    return {
        **base,
        "Subject": f"RE: {subject}" if inbound and not is_call else subject,
        "Type": rng.choice(("Call", None)) if is_call else "Email",
        "ActivityDate": f"{at:%Y-%m-%d}",
        "Description": rng.choice(_NOTES),
        "IsArchived": is_archived,
        "IsDeleted": False,
        "TaskSubtype": "Call" if is_call else "Email",
        "CallType": direction if is_call and (rng.plain or rng.random() < 0.8) else None,
        "CallDurationInSeconds": rng.randint(5, 3_000) if is_call else None,
        "Status": "Completed" if done else "Not Started",
        "Priority": "Normal",
        "IsClosed": done,
        "CompletedDateTime": salesforce_instant(at) if done else None,
        "Direction__c": direction
        if rng.plain
        else rng.choice((direction, direction, direction.lower(), None)),
    }


def event(rng: Chance, base: Record, at: datetime, *, is_archived: bool) -> Record:
    """A meeting or a demo."""
    is_demo, minutes = rng.random() < 0.35, rng.choice((30, 60, 90))
    subject = rng.choice(("Demo", "製品デモ")) if is_demo else rng.choice(("Meeting", "定例会"))
    return {
        **base,
        "Subject": subject,
        "Type": rng.choice(("Demo", None)) if is_demo else "Meeting",
        "ActivityDate": f"{at:%Y-%m-%d}",
        "Description": rng.choice(_NOTES),
        "IsArchived": is_archived,
        "IsDeleted": False,
        "EventSubtype": "Event",
        "StartDateTime": salesforce_instant(at),
        "EndDateTime": salesforce_instant(at + timedelta(minutes=minutes)),
        "DurationInMinutes": minutes,
        "IsAllDayEvent": False,
        "Location": rng.choice(("Zoom", "東京オフィス", None)),
    }
