"""Faults as people make them, planted in the tools' own records, and who is to be stopped by what.

A planted record is a copy of a sound one with an id and a name of its own, so that it is nobody
else's: what a gate says of it is about this fault alone.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.vendors.salesforce.ids import salesforce_id
from tests.emulated import Vendors, key_of

Record = dict[str, Any]


@dataclass(frozen=True)
class Fault:
    """A record with a fault, and the rule that is to see it.

    Attributes:
        source: the tool, as `source` names it in the warehouse.
        kind: account, person or opportunity: what the record becomes.
        record: its id in the tool.
        rule: of the gate `gate`, which withholds what the record becomes.
    """

    source: str
    kind: str
    record: str
    gate: str
    rule: str


def plant(vendors: Vendors) -> list[Fault]:
    """Spoil a record or two of every tool that says who or what somebody is."""
    return [
        *_addresses(vendors),
        *_domains(vendors),
        *_deals(vendors),
        _bill(vendors),
        _row(vendors.data / "database" / "product.sqlite"),
    ]


def _put(
    vendors: Vendors, made: dict[tuple[str, str], Record], kind: str, gate: str, rule: str
) -> Iterator[Fault]:
    """Give each tool its record, all of which one rule is to see."""
    for (vendor, stream), record in made.items():
        vendors.put(vendor, stream, record)
        yield Fault(vendor, kind, key_of(record), gate, rule)


def _addresses(vendors: Vendors) -> Iterator[Fault]:
    """Two dots in a row: what people type, most forms take and no mail server does."""
    first, last = "Planted", "Address"
    lead_id = salesforce_id("Lead", 900_001)
    made = {
        ("hubspot", "contacts"): _copied(
            _sound(vendors, "hubspot", "contacts"),
            {"id": "20900000001", "properties": {
                "email": _address("hubspot"), "firstname": first, "lastname": f"Hubspot {last}",
                "associatedcompanyid": None, "hs_object_id": "20900000001",
            }},
        ),
        ("salesforce", "leads"): _copied(
            _sound(vendors, "salesforce", "leads"),
            {"Id": lead_id, "Email": _address("salesforce"), "FirstName": first,
             "LastName": f"Salesforce {last}", "Company": "", "Website": None,
             "IsConverted": False, "ConvertedContactId": None, "ConvertedAccountId": None,
             "ConvertedOpportunityId": None, "ConvertedDate": None},
        ),
        ("marketo", "leads"): _copied(
            _sound(vendors, "marketo", "leads"),
            {"id": 900_001, "email": _address("marketo"), "firstName": first,
             "lastName": f"Marketo {last}", "company": None, "sfdcType": None,
             "sfdcContactId": None, "sfdcAccountId": None},
        ),
        ("zendesk", "users"): _copied(
            _sound(vendors, "zendesk", "users", role="end-user"),
            {"id": 380_900_000_001, "email": _address("zendesk"), "name": f"{first} Zendesk {last}",
             "organization_id": None, "external_id": None},
        ),
        ("intercom", "contacts"): _copied(
            _sound(vendors, "intercom", "contacts", role="user"),
            {"id": "69f0000000000000000000f1", "email": _address("intercom"),
             "name": f"{first} Intercom {last}", "external_id": "planted-intercom",
             "companies": {"type": "list", "data": [], "url": "", "total_count": 0,
                           "has_more": False}},
        ),
    }  # fmt: skip
    yield from _put(vendors, made, "person", "canonical_person", "an_address_has_the_form_of_one")


def _domains(vendors: Vendors) -> Iterator[Fault]:
    """An underscore for a hyphen: no name of a host has one."""
    made = {
        ("hubspot", "companies"): _copied(
            _sound(vendors, "hubspot", "companies"),
            {"id": "15900000001", "properties": {
                "name": "Planted Harbour", "domain": "planted_harbour.example", "website": None,
                "hs_object_id": "15900000001",
            }},
        ),
        ("salesforce", "accounts"): _copied(
            _sound(vendors, "salesforce", "accounts"),
            {"Id": salesforce_id("Account", 900_001), "Name": "Planted Quarry",
             "Website": "planted_quarry.example", "ParentId": None},
        ),
        ("zendesk", "organizations"): _copied(
            _sound(vendors, "zendesk", "organizations"),
            {"id": 360_900_000_001, "name": "Planted Orchard", "external_id": None,
             "domain_names": ["planted_orchard.example"]},
        ),
        ("intercom", "companies"): _copied(
            _sound(vendors, "intercom", "companies"),
            {"id": "6af0000000000000000000f1", "company_id": "planted-meadow",
             "name": "Planted Meadow", "website": "https://planted_meadow.example"},
        ),
    }  # fmt: skip
    yield from _put(vendors, made, "account", "canonical_account", "a_domain_has_the_form_of_one")


def _deals(vendors: Vendors) -> Iterator[Fault]:
    """A year with a digit too many for this century, and zeros too many."""
    won = _sound(vendors, "salesforce", "opportunities", StageName="Closed Won")
    dated = _sound(vendors, "salesforce", "opportunities", IsClosed=False)
    vendors.put("salesforce", "opportunities", dated | {"CloseDate": "2206-03-05"})
    yield Fault(
        *("salesforce", "opportunity", dated["Id"]),
        "canonical_opportunity",
        "it_closes_in_this_century",
    )
    vendors.put("salesforce", "opportunities", won | {"Amount": 500_000_000_000})
    yield Fault(
        *("salesforce", "opportunity", won["Id"]), "opportunities", "what_was_won_is_plausible"
    )
    yield Fault(
        *("salesforce", "account", won["AccountId"]), "accounts", "won_revenue_is_plausible"
    )
    open_deal = next(
        one
        for one in _live(vendors, "hubspot", "deals")
        if one["properties"]["hs_is_closed"] == "false"
        and one["properties"]["hs_primary_associated_company"]
    )
    vendors.put("hubspot", "deals", _copied(open_deal, {"properties": {"amount": "990000000000"}}))
    yield Fault(
        *("hubspot", "account", open_deal["properties"]["hs_primary_associated_company"]),
        "accounts",
        "pipeline_is_plausible",
    )


def _bill(vendors: Vendors) -> Fault:
    """Seats of a subscription, typed where its price belongs."""
    subscription = _sound(vendors, "stripe", "subscriptions", status="active")
    items = [one | {"quantity": 90_000_000} for one in subscription["items"]["data"]]
    spoiled = subscription | {"items": subscription["items"] | {"data": items}}
    vendors.put("stripe", "subscriptions", spoiled)
    return Fault(
        *("stripe", "account", subscription["customer"]),
        "customer_health",
        "what_customers_pay_is_plausible",
    )


def _row(path: Path) -> Fault:
    """A user of a database of our own, whose form checks nothing."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "insert or ignore into users select 'usr_planted', null, ?, created_at, last_seen_at"
            " from users where last_seen_at is not null order by user_id limit 1",
            [_address("database")],
        )
    return Fault(
        *("database", "person", "usr_planted"),
        "canonical_person",
        "an_address_has_the_form_of_one",
    )


def _address(source: str) -> str:
    return f"planted..{source}@planted-{source}.example"


def _live(vendors: Vendors, vendor: str, stream: str) -> Iterator[Record]:
    for one in vendors.records(vendor, stream):
        if not (one.get("archived") or one.get("IsDeleted") or one.get("deleted")):
            yield one


def _sound(vendors: Vendors, vendor: str, stream: str, **said: Any) -> Record:
    """The first live record of which this is so."""
    return next(
        one
        for one in _live(vendors, vendor, stream)
        if all(one.get(name) == value for name, value in said.items())
    )


def _copied(record: Record, changed: Record) -> Record:
    """The record with values of its own, those of `properties` and `metrics` merged."""
    nested = {
        name: (record[name] or {}) | changed[name]
        for name in ("properties", "metrics")
        if name in changed
    }
    return record | changed | nested


def spoil_streams(vendors: Vendors, streams: set[str]) -> None:
    """Spoil streams as a whole, by their gates: a field that is lost, a state that is new.

    The records bear no newer stamp: they are read again by `extract --full-refresh`.
    """
    lost: dict[str, tuple[str, str, Record]] = {
        "landed_hubspot_contacts": ("hubspot", "contacts", {"properties": {"email": None}}),
        "landed_hubspot_deals": ("hubspot", "deals", {"properties": {"dealstage": ""}}),
        "landed_salesforce_contacts": ("salesforce", "contacts", {"Email": None}),
        "landed_salesforce_opportunities": ("salesforce", "opportunities", {"StageName": ""}),
        "landed_marketo_leads": ("marketo", "leads", {"email": None}),
        "landed_zendesk_users": ("zendesk", "users", {"email": None}),
        "landed_zendesk_tickets": ("zendesk", "tickets", {"requester_id": None}),
        "landed_intercom_companies": ("intercom", "companies", {"name": None}),
        "landed_intercom_conversations": ("intercom", "conversations", {"state": "parked"}),
        "landed_stripe_subscriptions": ("stripe", "subscriptions", {"status": "frozen"}),
        "landed_stripe_invoices": ("stripe", "invoices", {"status": "disputed"}),
        "landed_google_ads_campaign_stats": (
            "google_ads", "campaign_stats", {"metrics": {"costMicros": "-7366000000"}},
        ),
    }  # fmt: skip
    for name in streams & lost.keys():
        vendor, stream, changed = lost[name]
        for record in list(_live(vendors, vendor, stream)):
            vendors.put(vendor, stream, _copied(record, changed))
    if "landed_events_events" in streams:
        calls = [
            {"messageId": f"planted-{n}", "type": "page", "receivedAt": "2026-11-20T08:30:00Z"}
            for n in range(4_000)
        ]
        path = vendors.data / "events" / "2026" / "11" / "20" / "planted.ndjson"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{json.dumps(one)}\n" for one in calls))
    if "landed_files_targets" in streams:
        path = vendors.data / "files" / "targets.csv"
        head, *rows = path.read_text("utf-8").splitlines(keepends=True)
        path.write_text("".join([head, *rows[: len(rows) // 3]]), encoding="utf-8")
