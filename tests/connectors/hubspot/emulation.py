"""HubSpot as the generic tests see it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from connectors.hubspot.associations import PAIRS
from connectors.hubspot.catalogue import PROPERTIES_OF
from connectors.hubspot.histories import TRACKED
from sandbox.vendors.hubspot.associations import PRIMARY
from tests.emulation import Broken, Emulation

OBJECTS = ("companies", "contacts", "deals", "calls", "meetings", "emails", "notes", "tasks")


def _held(vendors: Any, kind: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in vendors.sandbox.records("hubspot", kind).splitlines()]


def _associations(vendors: Any) -> set[str]:
    """Worked out from both places in which the emulator keeps them."""
    found = {
        f"{one['id']}/{other.split('/')[0]}"
        for one in _held(vendors, "associations")
        for other in one["to"]
    }
    for one in _held(vendors, "associations"):
        if one["id"].startswith("companies/"):
            found |= {f"{other}/companies" for other in one["to"]}
    for kind, name in PRIMARY.items():
        of_one = [r for r in _held(vendors, kind) if r["properties"][name]]
        found |= {f"{kind}/{r['id']}/companies" for r in of_one}
    pairs = {"/".join(pair) for pair in PAIRS}
    return {key for key in found if "/".join(key.split("/")[::2]) in pairs}


_KEYS: dict[str, Callable[[dict[str, Any]], str]] = {
    "pipelines": lambda r: f"{r['objectType']}/{r['id']}",
    "properties": lambda r: f"{r['objectType']}/{r['name']}",
    "lists": lambda r: str(r["listId"]),
    "list_memberships": lambda r: f"{r['listId']}/{r['recordId']}",
    "form_submissions": lambda r: str(r["conversionId"]),
    "email_events": lambda r: f"{r['id']}/{r['created']}",
}


def _keys(vendors: Any, stream: str) -> set[str]:
    if stream == "associations":
        return _associations(vendors)
    if stream == "property_histories":
        return {f"{kind}/{r['id']}" for kind in TRACKED for r in _held(vendors, kind)}
    records = _held(vendors, stream)
    if stream == "properties":
        # Objects of an account's own are written to and not read.
        records = [one for one in records if one["objectType"] in PROPERTIES_OF]
    return {_KEYS[stream](record) for record in records}


EMULATION = Emulation(
    kinds={name: name for name in (*OBJECTS, "owners", "forms", "campaigns", "marketing_emails")},
    keys=_keys,
    broken=Broken("contacts", "/crm/v3/objects/contacts", "properties.createdate"),
    disabling=("REVOPS_HUBSPOT__TOKEN", "crm.objects.companies.read"),
    no_limits={"per_ten_seconds": 1_000_000, "searches_per_second": 1_000_000},
    small_pages={
        "connectors.hubspot.objects.LIST_LIMIT": 60,
        "connectors.hubspot.objects.HISTORY_LIMIT": 45,
        "connectors.hubspot.objects.SEARCH_LIMIT": 40,
        "connectors.hubspot.associations.SEARCH_LIMIT": 40,
        "connectors.hubspot.associations.BATCH": 50,
        "connectors.hubspot.catalogue.OWNERS_LIMIT": 3,
        "connectors.hubspot.marketing.LISTS_LIMIT": 3,
        "connectors.hubspot.marketing.MEMBERS_LIMIT": 12,
        "connectors.hubspot.marketing.FORMS_LIMIT": 1,
        "connectors.hubspot.marketing.SUBMISSIONS_LIMIT": 10,
        "connectors.hubspot.marketing.CAMPAIGNS_LIMIT": 3,
        "connectors.hubspot.marketing.EMAILS_LIMIT": 2,
        "connectors.hubspot.marketing.EVENTS_LIMIT": 60,
    },
    deletable=("contacts", "deals", "calls", "owners", "forms", "campaigns"),
    ways=("companies", "owners", "email_events"),
    unstamped=("marketing_emails",),
)
