"""HubSpot as the generic tests see it."""

from __future__ import annotations

from tests.emulation import Broken, Emulation

EMULATION = Emulation(
    kinds={name: name for name in ("companies", "contacts", "deals", "owners")},
    broken=Broken("contacts", "/crm/v3/objects/contacts", "properties.createdate"),
    disabling=("REVOPS_HUBSPOT__TOKEN", "crm.objects.companies.read"),
    no_limits={"per_ten_seconds": 1_000_000, "searches_per_second": 1_000_000},
    small_pages={
        "connectors.hubspot.source.LIST_LIMIT": 60,
        "connectors.hubspot.source.SEARCH_LIMIT": 40,
        "connectors.hubspot.source.OWNERS_LIMIT": 3,
    },
    deletable=("contacts", "deals", "owners"),
    ways=("companies", "owners"),
)
