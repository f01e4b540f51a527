"""Declares Zendesk: its account, its limits, and how each of its streams is read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, cast

import httpx
from pydantic import SecretStr, model_validator
from pydantic_settings import SettingsConfigDict

from connectors.core.auth import BearerAuth
from connectors.core.pace import Allowance, Budget
from connectors.core.settings import VendorSettings
from connectors.core.source import HttpSource, Stream
from connectors.zendesk import counts, lists
from connectors.zendesk.exports import by_cursor, by_time
from connectors.zendesk.records import (
    Field,
    Holiday,
    Organization,
    OrganizationMerge,
    SatisfactionRating,
    Schedule,
    Ticket,
    TicketEvent,
    User,
)

# Every export but that of users, which has a limit of its own.
EXPORTS = "/api/v2/incremental/[!u]*"
USER_EXPORTS = "/api/v2/incremental/users/*"
# The header that tells of a budget -> the budget.
_TOLD_IN = {
    "zendesk-ratelimit-incremental-exports": EXPORTS,
    "zendesk-ratelimit-incremental-exports-cursor": USER_EXPORTS,
}
_NUMBER = re.compile(r"(total|remaining|resets)=(\d+)")
# NOTES.md 10: without it, tickets that a machine answered are left out.
_EVERY_TICKET = {"support_type_scope": "all"}


class ZendeskSettings(VendorSettings):
    model_config = SettingsConfigDict(
        env_prefix="REVOPS_ZENDESK__", env_file=".env", extra="ignore"
    )

    email: str
    token: SecretStr
    oauth_token: SecretStr | None = None

    @model_validator(mode="before")
    @classmethod
    def _oauth_needs_no_more(cls, given: Mapping[str, Any]) -> Mapping[str, Any]:
        # With an OAuth token nobody needs an address; it is never sent then.
        if given.get("oauth_token"):
            return {"email": "oauth", "token": given["oauth_token"]} | dict(given)
        return given


def _authorise(settings: VendorSettings) -> httpx.Auth:
    own = cast("ZendeskSettings", settings)
    if own.oauth_token is not None:
        return BearerAuth(own.oauth_token.get_secret_value())
    return httpx.BasicAuth(f"{own.email}/token", own.token.get_secret_value())


def allowances(response: httpx.Response, now: datetime) -> list[Allowance]:  # noqa: ARG001
    """The account's limit per minute, and that of the exports where an answer names it."""
    return [*_of_account(response.headers), *_of_exports(response.headers)]


def _of_account(headers: httpx.Headers) -> Iterator[Allowance]:
    names = ("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset")
    found = [headers.get(name, "") for name in names]
    if all(text.isdigit() for text in found):
        limit, remaining, resets_in = (int(text) for text in found)
        yield Allowance(limit, remaining, float(resets_in))


def _of_exports(headers: httpx.Headers) -> Iterator[Allowance]:
    for name, budget in _TOLD_IN.items():
        found = {key: int(number) for key, number in _NUMBER.findall(headers.get(name, ""))}
        if {"total", "remaining", "resets"} <= found.keys():
            resets_in = float(found["resets"])
            yield Allowance(found["total"], found["remaining"], resets_in, budget=budget)


SOURCE = HttpSource(
    name="zendesk",
    title="Zendesk",
    settings=ZendeskSettings,
    authorise=_authorise,
    # The smallest plan's limit, until the first answer names the account's own.
    budget=Budget(requests=200, seconds=60),
    # NOTES.md 1: the exports have a limit of their own, which must not slow the rest.
    budgets={
        EXPORTS: Budget(requests=10, seconds=60),
        USER_EXPORTS: Budget(requests=20, seconds=60),
    },
    scopes="the token's user must be an admin: incremental exports are for admins only;"
    " an OAuth token needs the scope read",
    allowances=allowances,
    streams=(
        Stream(
            "organizations",
            Organization,
            by_time("organizations"),
            "Organizations with their mail domains.",
            count=counts.listed("organizations"),
        ),
        Stream(
            "users",
            User,
            by_cursor("users"),
            "End users and agents.",
            count=counts.listed("users"),
        ),
        Stream(
            "tickets",
            Ticket,
            by_cursor("tickets", include="metric_sets", **_EVERY_TICKET),
            "Tickets with their metrics and custom fields.",
            count=counts.tickets,
        ),
        Stream(
            "ticket_events",
            TicketEvent,
            by_time("ticket_events", include="comment_events", **_EVERY_TICKET),
            "What happened to tickets: comments, changes of status, merges.",
        ),
        Stream(
            "satisfaction_ratings",
            SatisfactionRating,
            lists.ratings,
            "What customers said of solved tickets.",
            count=counts.listed("satisfaction_ratings"),
            ids=lists.ids_of("satisfaction_ratings"),
        ),
        Stream("schedules", Schedule, lists.schedules, "Business hours.", is_snapshot=True),
        Stream(
            "holidays",
            Holiday,
            lists.holidays,
            "Days on which a schedule is closed.",
            is_snapshot=True,
        ),
        Stream(
            "ticket_fields",
            Field,
            lists.whole("ticket_fields"),
            "Definitions of the fields of tickets.",
            count=counts.listed("ticket_fields"),
            is_snapshot=True,
        ),
        Stream(
            "user_fields",
            Field,
            lists.whole("user_fields"),
            "Definitions of the custom fields of users.",
            is_snapshot=True,
        ),
        Stream(
            "organization_fields",
            Field,
            lists.whole("organization_fields"),
            "Definitions of the custom fields of organizations.",
            is_snapshot=True,
        ),
        Stream(
            "organization_merges",
            OrganizationMerge,
            lists.organization_merges,
            "Which organization was merged into which.",
            every=timedelta(days=1),
        ),
    ),
    stamps=("$.updated_at", "$.generated_timestamp"),
)
