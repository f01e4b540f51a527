"""How many records Zendesk has, where it counts the same ones that are landed."""

from __future__ import annotations

from connectors.core.http import ToolClient
from connectors.core.source import Count

# NOTES.md 7: above this a count is up to a day old.
EXACT_BELOW = 100_000


def listed(kind: str) -> Count:
    """The number of live records in a list; None while it is no current number."""

    def count(client: ToolClient) -> int | None:
        found = client.get(f"/api/v2/{kind}/count.json").value("count", {})
        value = found.get("value")
        if value is None or found.get("refreshed_at") is None or value > EXACT_BELOW:
            return None
        return int(value)

    return count


def tickets(client: ToolClient) -> int:
    """Every ticket that is not deleted: search knows the archived ones too, the list does not."""
    found = client.get("/api/v2/search/count.json", {"query": "type:ticket"})
    return int(found.value("count", 0))
