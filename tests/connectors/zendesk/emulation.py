"""Zendesk as the generic tests see it."""

from __future__ import annotations

from typing import Any

from tests.emulation import Broken, Emulation

_KINDS = (
    "organizations",
    "users",
    "tickets",
    "ticket_events",
    "satisfaction_ratings",
    "schedules",
    "ticket_fields",
    "user_fields",
    "organization_fields",
)


def _keys(vendors: Any, stream: str) -> set[str]:
    """What carries no stamp: holidays, and merges of organizations."""
    return {str(record["id"]) for record in vendors.sandbox.vendors["zendesk"].tables[stream]}


EMULATION = Emulation(
    kinds={name: name for name in _KINDS},
    keys=_keys,
    broken=Broken("tickets", "*/tickets/cursor.json", "created_at"),
    disabling=("REVOPS_ZENDESK__EMAIL", "admin"),
    no_limits={
        "per_minute": 1_000_000,
        "incremental_per_minute": 1_000_000,
        "incremental_users_per_minute": 1_000_000,
    },
    small_pages={
        "connectors.zendesk.exports.PER_PAGE": 60,
        "connectors.zendesk.lists.PAGE_SIZE": 80,
    },
    deletable=("tickets", "users"),
    ways=("organizations", "users", "satisfaction_ratings"),
)
