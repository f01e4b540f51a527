"""Declares Zendesk: tickets and users by cursor, organizations by time, from the exports."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import httpx
from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict

from connectors.core.http import ToolClient
from connectors.core.pace import Budget
from connectors.core.settings import VendorSettings
from connectors.core.source import HttpSource, Page, Read, Reading, Stream
from connectors.zendesk.records import Organization, Ticket, User
from warehouse.errors import Unavailable

PER_PAGE = 1000

# The export takes any instant up to a minute ago; the first run wants everything.
BEGINNING = 1


class ZendeskSettings(VendorSettings):
    model_config = SettingsConfigDict(
        env_prefix="REVOPS_ZENDESK__", env_file=".env", extra="ignore"
    )

    email: str
    token: SecretStr


def _by_cursor(kind: str) -> Read:
    """Read a cursor-based incremental export; its cursor never expires."""

    def read(reading: Reading) -> Iterator[Page]:
        client = reading.client
        after = (reading.cursor or {}).get("after")
        while True:
            start = {"cursor": after} if after else {"start_time": BEGINNING}
            envelope = client.get(
                f"/api/v2/incremental/{kind}/cursor.json", start | {"per_page": PER_PAGE}
            )
            new = envelope.value("after_cursor")
            ended = bool(envelope.value("end_of_stream"))
            if not ended and new in {after, None}:
                raise Unavailable(f"Zendesk gave the same cursor twice for {kind}: stopped")
            after = new or after
            yield Page(envelope.records(kind), {"after": after} if after else {})
            if ended:
                return

    return read


def _organizations(reading: Reading) -> Iterator[Page]:
    """Read a time-based incremental export; its pages overlap by the boundary second."""
    start = int((reading.cursor or {}).get("start_time", BEGINNING))
    while True:
        envelope = reading.client.get(
            "/api/v2/incremental/organizations.json", {"start_time": start, "per_page": PER_PAGE}
        )
        end = envelope.value("end_time")
        ended = bool(envelope.value("end_of_stream"))
        if not ended and end in {start, None}:
            raise Unavailable("Zendesk gave the same time twice for organizations: stopped")
        start = start if end is None else int(end)
        yield Page(envelope.records("organizations"), {"start_time": start})
        if ended:
            return


def _count(kind: str) -> Any:
    def count(client: ToolClient) -> int:
        return int(client.get(f"/api/v2/{kind}/count.json").value("count")["value"])

    return count


def _authorise(settings: VendorSettings) -> httpx.Auth:
    own = cast("ZendeskSettings", settings)
    return httpx.BasicAuth(f"{own.email}/token", own.token.get_secret_value())


SOURCE = HttpSource(
    name="zendesk",
    title="Zendesk",
    settings=ZendeskSettings,
    authorise=_authorise,
    # NOTES.md 1: the strictest of the limits that the exports have.
    budget=Budget(requests=10, seconds=60),
    scopes="the API token's user must be an admin: incremental exports are for admins only",
    streams=(
        Stream(
            "organizations",
            Organization,
            _organizations,
            "Organizations with their mail domains.",
            count=_count("organizations"),
        ),
        Stream(
            "users",
            User,
            _by_cursor("users"),
            "End users and agents.",
            count=_count("users"),
        ),
        Stream("tickets", Ticket, _by_cursor("tickets"), "Tickets.", count=_count("tickets")),
    ),
    stamps=("$.updated_at", "$.generated_timestamp"),
)
