"""Declares HubSpot: the CRM objects through list and search, the owners through their own list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import httpx
from pydantic import HttpUrl, SecretStr
from pydantic_settings import SettingsConfigDict

from connectors.core.auth import BearerAuth
from connectors.core.http import ToolClient
from connectors.core.pace import Budget
from connectors.core.pages import Envelope
from connectors.core.settings import VendorSettings
from connectors.core.source import (
    HttpSource,
    Page,
    Read,
    Reading,
    Record,
    Stream,
    last_valid,
)
from connectors.hubspot.records import (
    Company,
    CompanyProperties,
    Contact,
    ContactProperties,
    CrmRecord,
    Deal,
    DealProperties,
    Owner,
)
from warehouse.errors import Unavailable

LIST_LIMIT = 100
SEARCH_LIMIT = 200
OWNERS_LIMIT = 500

# NOTES.md 3: search sees a change some time after it was made.
LOOK_BACK = timedelta(minutes=10)

# Written by our own syncs; read back so that what the tool holds can be compared.
WRITTEN_BY_US = (
    "revops_account_id",
    "revops_account_score",
    "revops_account_tier",
    "revops_open_pipeline",
    "revops_won_revenue",
)


class HubSpotSettings(VendorSettings):
    model_config = SettingsConfigDict(
        env_prefix="REVOPS_HUBSPOT__", env_file=".env", extra="ignore"
    )

    base_url: HttpUrl = HttpUrl("https://api.hubapi.com")
    token: SecretStr


def _objects(kind: str, properties: Sequence[str], modified: str) -> Read:
    """Read a CRM object: everything once by list, then changes by search, then the archived."""
    wanted = [*properties, "hs_object_id"]

    def read(reading: Reading) -> Iterator[Page]:
        client = reading.client
        state = dict(reading.cursor or {"backfill": None})
        if "backfill" in state:
            for page in _backfill(client, kind, wanted, state):
                yield page
                state = dict(page.cursor)
        # A resumed window ends when the interrupted run began: then read on to the present.
        for _ in range(2 if "until" in state else 1):
            for page in _changes(client, kind, wanted, modified, state):
                yield page
                state = dict(page.cursor)
        yield from _archived(client, kind, wanted, state)

    return read


def _backfill(
    client: ToolClient, kind: str, wanted: list[str], state: dict[str, Any]
) -> Iterator[Page]:
    after, started = state["backfill"], state.get("started")
    while True:
        envelope = _list(client, kind, wanted, archived=False, after=after)
        started = started or (client.source_time() - LOOK_BACK).isoformat()
        after = _next(envelope, after)
        going_on = {"backfill": after, "started": started}
        yield Page(envelope.records("results"), going_on if after else {"since": started})
        if after is None:
            return


def _changes(
    client: ToolClient, kind: str, wanted: list[str], modified: str, state: dict[str, Any]
) -> Iterator[Page]:
    """Walk a fixed window by id: no depth of paging, no run of equal stamps can hide a record."""
    since = state["since"]
    until = state.get("until") or _now_at_source(client, kind).isoformat()
    last_id = state.get("last_id", "0")
    while True:
        window = [
            {"propertyName": modified, "operator": "GTE", "value": _epoch_ms(since)},
            {"propertyName": modified, "operator": "LTE", "value": _epoch_ms(until)},
            {"propertyName": "hs_object_id", "operator": "GT", "value": last_id},
        ]
        envelope = client.post(
            f"/crm/v3/objects/{kind}/search",
            {
                "filterGroups": [{"filters": window}],
                "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
                "properties": wanted,
                "limit": SEARCH_LIMIT,
            },
        )
        records = envelope.records("results")
        if len(records) < SEARCH_LIMIT:
            overlap = datetime.fromisoformat(until) - LOOK_BACK
            yield Page(records, {"since": max(overlap, datetime.fromisoformat(since)).isoformat()})
            return
        last = last_valid(records, CrmRecord)
        if last is None:
            raise Unavailable(f"HubSpot gave a page of {kind} without one whole record: stopped")
        last_id = last.id
        yield Page(records, {"since": since, "until": until, "last_id": last_id})


def _archived(
    client: ToolClient, kind: str, wanted: list[str], state: dict[str, Any]
) -> Iterator[Page]:
    """Deletions: search never shows archived records, so their own list is read to its end."""
    after = None
    while True:
        envelope = _list(client, kind, wanted, archived=True, after=after)
        yield Page(envelope.records("results"), state)
        after = _next(envelope, after)
        if after is None:
            return


def _owners(reading: Reading) -> Iterator[Page]:
    client, cursor = reading.client, dict(reading.cursor or {})
    for archived in ("false", "true"):
        after = None
        while True:
            params: dict[str, Any] = {"limit": OWNERS_LIMIT, "archived": archived}
            envelope = client.get("/crm/v3/owners", params | ({"after": after} if after else {}))
            yield Page(envelope.records("results"), cursor)
            after = _next(envelope, after)
            if after is None:
                break


def _list(
    client: ToolClient, kind: str, wanted: list[str], *, archived: bool, after: str | None
) -> Envelope:
    params: dict[str, Any] = {
        "limit": LIST_LIMIT,
        "properties": ",".join(wanted),
        "archived": str(archived).lower(),
    }
    return client.get(f"/crm/v3/objects/{kind}", params | ({"after": after} if after else {}))


def _next(envelope: Envelope, current: str | None) -> str | None:
    after: str | None = envelope.value("paging", {}).get("next", {}).get("after")
    if after is not None and after == current:
        raise Unavailable(f"HubSpot gave the same page cursor twice ({after}): stopped")
    return after


def _now_at_source(client: ToolClient, kind: str) -> datetime:
    client.get(f"/crm/v3/objects/{kind}", {"limit": 1})
    return client.source_time()


def _epoch_ms(instant: str) -> str:
    return str(int(datetime.fromisoformat(instant).timestamp() * 1000))


def _count(kind: str) -> Any:
    def count(client: ToolClient) -> int:
        answer = client.post(f"/crm/v3/objects/{kind}/search", {"filterGroups": [], "limit": 1})
        return int(answer.value("total"))

    return count


def _count_owners(client: ToolClient) -> None:
    # Owners have no count: the request shows that the scope is there.
    client.get("/crm/v3/owners", {"limit": 1})


def _scopes_lacking(response: httpx.Response) -> list[str]:
    try:
        errors = response.json().get("errors", [])
    except ValueError:
        return []
    return [
        scope
        for error in errors
        for scope in error.get("context", {}).get("requiredGranularScopes", [])
    ]


def _names(model: type[Any]) -> list[str]:
    return list(model.model_fields)


def _stream(
    name: str, record: type[Record], properties: list[str], modified: str, description: str
) -> Stream:
    return Stream(
        name, record, _objects(name, properties, modified), description, count=_count(name)
    )


SOURCE = HttpSource(
    name="hubspot",
    title="HubSpot",
    settings=HubSpotSettings,
    authorise=lambda s: BearerAuth(s.token.get_secret_value()),
    # NOTES.md 1: 190 per 10 s on Professional and Enterprise; the lowest tier has 100.
    budget=Budget(requests=100, seconds=10),
    scopes=(
        "the private app needs the scopes crm.objects.companies.read and .write,"
        " crm.objects.contacts.read, crm.objects.deals.read, crm.objects.owners.read"
        " and crm.schemas.companies.read"
    ),
    streams=(
        _stream(
            "companies",
            Company,
            [*_names(CompanyProperties), *WRITTEN_BY_US],
            "hs_lastmodifieddate",
            "Companies with our own revops_* properties.",
        ),
        _stream(
            "contacts",
            Contact,
            _names(ContactProperties),
            "lastmodifieddate",
            "Contacts with their primary company.",
        ),
        _stream(
            "deals",
            Deal,
            _names(DealProperties),
            "hs_lastmodifieddate",
            "Deals with their primary company.",
        ),
        Stream("owners", Owner, _owners, "Owners, archived ones too.", count=_count_owners),
    ),
    scopes_lacking=_scopes_lacking,
    fields_at="$.properties",
    stamps=("$.updatedAt", "$.properties.hs_lastmodifieddate"),
)
