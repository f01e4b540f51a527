"""Zendesk as the generic tests see it."""

from __future__ import annotations

from tests.emulation import Broken, Emulation

EMULATION = Emulation(
    kinds={name: name for name in ("organizations", "users", "tickets")},
    broken=Broken("tickets", "*/tickets/cursor.json", "created_at"),
    disabling=("REVOPS_ZENDESK__EMAIL", "admin"),
    no_limits={"per_minute": 1_000_000, "incremental_per_minute": 1_000_000},
    small_pages={"connectors.zendesk.source.PER_PAGE": 60},
    deletable=("tickets", "users"),
    ways=("organizations", "users"),
)
