"""Reads what describes the portal: owners, pipelines with their stages, property definitions."""

from __future__ import annotations

from collections.abc import Iterator

from connectors.core.http import ToolClient
from connectors.core.source import Page, Reading
from connectors.hubspot.paging import in_context, pages

OWNERS_LIMIT = 500
PIPELINES_OF = ("deals",)
PROPERTIES_OF = (
    "companies",
    "contacts",
    "deals",
    "calls",
    "meetings",
    "emails",
    "notes",
    "tasks",
)


def owners(reading: Reading) -> Iterator[Page]:
    for archived in ("false", "true"):
        params = {"limit": OWNERS_LIMIT, "archived": archived}
        for records, _ in pages(reading.client, "/crm/v3/owners", params):
            yield Page(records, {})


def count_owners(client: ToolClient) -> None:
    # Owners have no count: the request shows that the scope is there.
    client.get("/crm/v3/owners", {"limit": 1})


def pipelines(reading: Reading) -> Iterator[Page]:
    for kind in PIPELINES_OF:
        found = reading.client.get(f"/crm/v3/pipelines/{kind}").records("results")
        yield Page([in_context(one, {"objectType": kind}) for one in found], {})


def properties(reading: Reading) -> Iterator[Page]:
    for kind in PROPERTIES_OF:
        for archived in ("false", "true"):
            path = f"/crm/v3/properties/{kind}"
            found = reading.client.get(path, {"archived": archived}).records("results")
            yield Page([in_context(one, {"objectType": kind}) for one in found], {})
