"""A handful of hand-made raw records, each there for one rule, and the tables they land in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb

from connectors.core import registry

STREAMS = {source.name: source.raw_tables for source in registry.sources().values()}

Payload = dict[str, Any]
Version = tuple[str, str, Payload, int, bool]
"""Stream (`vendor.stream`), key, payload, run number, deleted."""


def hubspot(created: str = "2024-05-01T00:00:00.000Z", /, **properties: str | None) -> Payload:
    return {
        "properties": properties,
        "createdAt": created,
        "updatedAt": "2025-03-01T09:30:00.000Z",
        "archived": False,
    }


def salesforce(created: str = "2024-06-01T00:00:00.000+0000", **fields: Any) -> Payload:
    stamps = {"CreatedDate": created, "LastModifiedDate": "2025-03-01T09:30:00.000+0000"}
    return {"IsDeleted": False, **stamps, **fields}


def zendesk(created: str = "2024-07-01T00:00:00Z", **fields: Any) -> Payload:
    return {"created_at": created, "updated_at": "2025-03-01T09:30:00Z", **fields}


def opportunity(account: str, amount: float | None, stage: str, **fields: Any) -> Payload:
    won = stage == "Closed Won"
    return salesforce(
        AccountId=account,
        OwnerId="005A",
        Name=f"{account} {stage}",
        Amount=amount,
        StageName=stage,
        Probability=100 if won else 20,
        ForecastCategoryName=fields.pop("category", "Closed" if won else "Pipeline"),
        IsClosed=won,
        IsWon=won,
        CloseDate="2025-04-01",
        **fields,
    )


def deal(company: str | None, amount: str | None, **properties: str | None) -> Payload:
    return hubspot(
        dealname="A deal",
        amount=amount,
        hs_primary_associated_company=company,
        hubspot_owner_id="71",
        dealstage="contractsent",
        hs_deal_stage_probability="0.5",
        hs_is_closed="false",
        hs_is_closed_won="false",
        closedate="2025-03-31T15:30:00.000Z",
        **properties,
    )


COMPANIES: list[Version] = [
    # One company in four spellings; the deal desk renamed it, so the first run's name is history.
    ("hubspot.companies", "1", hubspot(name="旧社名", domain="aoba-mfg.co.jp"), 1, False),
    (
        "hubspot.companies",
        "1",
        hubspot(
            "2024-01-01T00:00:00.000Z",
            name="株式会社青葉製作所",
            domain="aoba-mfg.co.jp",
            country="日本",
            numberofemployees="1,200",
            hubspot_owner_id="71",
        ),
        2,
        False,
    ),
    (
        "salesforce.accounts",
        "001A",
        salesforce(Name="青葉製作所㈱", Website="http://WWW.aoba-mfg.co.jp/top", OwnerId="005A"),
        1,
        False,
    ),
    ("salesforce.accounts", "001B", salesforce(Name="（株）青葉製作所", Industry="素材"), 1, False),
    (
        "zendesk.organizations",
        "9001",
        zendesk(name="Aoba", domain_names=["gmail.com", "aoba-mfg.co.jp"]),
        1,
        False,
    ),
    # No domain anywhere: the legal form's place and width are all that differs.
    ("hubspot.companies", "2", hubspot(name="㈱ひばり"), 1, False),
    ("zendesk.organizations", "9002", zendesk(name="ひばり株式会社", domain_names=[]), 1, False),
    # Free mail and shared sites belong to nobody.
    ("hubspot.companies", "3", hubspot(name="Kai Consulting", domain="gmail.com"), 1, False),
    ("hubspot.companies", "4", hubspot(name="Bo Consulting", domain="gmail.com"), 1, False),
    ("hubspot.companies", "5", hubspot(name="Lee", website="https://facebook.com/lee"), 1, False),
    ("hubspot.companies", "6", hubspot(name="Poe", website="https://facebook.com/poe"), 1, False),
    # Two domains carry the name, so the record without one joins neither.
    ("hubspot.companies", "7", hubspot(name="Cobalt Inc", domain="cobalt.com"), 1, False),
    ("hubspot.companies", "8", hubspot(name="Cobalt GmbH", domain="cobalt.de"), 1, False),
    ("salesforce.accounts", "001C", salesforce(Name="COBALT, Ltd."), 1, False),
    # Deleted with a bare tombstone: still mapped, no longer live.
    ("hubspot.companies", "9", hubspot(name="Gone", domain="gone.example"), 1, False),
    ("hubspot.companies", "9", {"id": "9"}, 2, True),
    # A deleted record keeps its place but lends no value.
    (
        "salesforce.accounts",
        "001D",
        salesforce(Name="Cobalt, Inc.", Website="cobalt.com", Industry="mining", IsDeleted=True),
        1,
        True,
    ),
]

PEOPLE: list[Version] = [
    ("hubspot.contacts", "11", hubspot(email="info@aoba-mfg.co.jp", firstname="Desk"), 1, False),
    (
        "salesforce.contacts",
        "003A",
        salesforce(Email="info@aoba-mfg.co.jp", LastName="受付", AccountId="001A"),
        1,
        False,
    ),
    (
        "hubspot.contacts",
        "12",
        hubspot(
            email="Hana@aoba-mfg.co.jp ",
            firstname="花子",
            lastname="佐藤",
            hs_analytics_source="DIRECT_TRAFFIC",
        ),
        1,
        False,
    ),
    (
        "zendesk.users",
        "501",
        zendesk(name="佐藤 花子", email="ｈａｎａ@aoba-mfg.co.jp", role="end-user", active=True),
        1,
        False,
    ),
    ("hubspot.contacts", "13", hubspot(email="kai@gmail.com", lastname="Kai"), 1, False),
    (
        "hubspot.contacts",
        "14",
        hubspot(email="bo@i.softbank.jp", lastname="Bo", associatedcompanyid="4"),
        1,
        False,
    ),
    (
        "zendesk.users",
        "502",
        zendesk(name="Agent", email="agent@us.example", role="agent"),
        1,
        False,
    ),
    (
        "hubspot.owners",
        "71",
        {"email": "rep@us.example", "firstName": "Min", "lastName": "Lee"},
        1,
        False,
    ),
    (
        "salesforce.users",
        "005A",
        salesforce(Name="Min Lee", Email="REP@us.example", IsActive=True),
        1,
        False,
    ),
]

DEALS: list[Version] = [
    (
        "salesforce.opportunities",
        "006000000000001AAA",
        opportunity("001A", 1000, "Proposal"),
        1,
        False,
    ),
    (
        "salesforce.opportunities",
        "006000000000002AAA",
        opportunity("001A", 5000, "Closed Won"),
        1,
        False,
    ),
    (
        "salesforce.opportunities",
        "006000000000003AAA",
        opportunity("001A", 700, "Proposal"),
        1,
        False,
    ),
    ("salesforce.opportunities", "006000000000003AAA", {"Id": "006000000000003AAA"}, 2, True),
    (
        "salesforce.opportunities",
        "006000000000004AAA",
        opportunity("001A", 300, "Parked", category="Omitted"),
        1,
        False,
    ),
    (
        "salesforce.opportunities",
        "006000000000005AAA",
        opportunity("001A", 400, "Proposal", Type="更新"),
        1,
        False,
    ),
    # A slip of the keyboard is the quality gate's business; the build goes on.
    (
        "salesforce.opportunities",
        "006000000000006AAA",
        opportunity("001C", 9_750_000_000, "Proposal"),
        1,
        False,
    ),
    (
        "hubspot.deals",
        "21",
        deal("1", "5000", salesforce_opportunity_id="006000000000002AAA"),
        1,
        False,
    ),
    (
        "hubspot.deals",
        "22",
        deal("1", "1000", salesforce_opportunity_id="006000000000001"),
        1,
        False,
    ),
    ("hubspot.deals", "23", deal("1", "250.50", dealtype="newbusiness"), 1, False),
    ("hubspot.deals", "24", deal("1", "900", deal_currency_code="EUR"), 1, False),
    ("hubspot.deals", "25", deal(None, "not a number"), 1, False),
    # The record that it mirrors is deleted, and with it the opportunity.
    (
        "hubspot.deals",
        "26",
        deal("1", "700", salesforce_opportunity_id="006000000000003AAA"),
        1,
        False,
    ),
]

TICKETS: list[Version] = [
    (
        "zendesk.tickets",
        "81",
        zendesk(status="open", organization_id=9001, submitter_id=502),
        1,
        False,
    ),
    (
        "zendesk.tickets",
        "82",
        zendesk(status="solved", requester_id=501, submitter_id=501),
        1,
        False,
    ),
    ("zendesk.tickets", "83", zendesk(status="open", organization_id=9001), 1, False),
    ("zendesk.tickets", "83", zendesk(status="deleted"), 2, True),
]

ALL = [*COMPANIES, *PEOPLE, *DEALS, *TICKETS]


def land(path: Path, versions: list[Version]) -> None:
    """Create every declared raw table in the database at `path` and append the versions."""
    with duckdb.connect(str(path)) as connection:
        for vendor, streams in STREAMS.items():
            connection.execute(f"create schema raw_{vendor}")
            for stream in streams:
                connection.execute(
                    f"create table raw_{vendor}.{stream} (_key varchar, _cursor varchar, "
                    "_extracted_at timestamptz, _run_id varchar, _deleted boolean, payload json)"
                )
    land_more(path, versions)


def land_more(path: Path, versions: list[Version]) -> None:
    """Append versions to a database that has the raw tables."""
    with duckdb.connect(str(path)) as connection:
        for stream, key, payload, run, deleted in versions:
            stamp = f"2025-03-0{run}T00:00:00Z"
            row = [key, stamp, stamp, f"run-{run}", deleted, json.dumps(payload)]
            connection.execute(f"insert into raw_{stream} values (?, ?, ?, ?, ?, ?)", row)
