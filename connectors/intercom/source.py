"""Declares Intercom: contacts and conversations by search, companies by scroll, small lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, cast

import httpx
from pydantic import HttpUrl, SecretStr
from pydantic_settings import SettingsConfigDict

from connectors.core.auth import BearerAuth
from connectors.core.http import Action, ToolClient
from connectors.core.pace import Allowance, Budget
from connectors.core.settings import VendorSettings
from connectors.core.source import HttpSource, Page, Read, Reading, Stream
from connectors.intercom import companies, conversations
from connectors.intercom.records import (
    Admin,
    Company,
    Contact,
    Conversation,
    DataAttribute,
    Tag,
)
from connectors.intercom.walks import LONG_LOOK_BACK, Walk

VERSION = "2.15"
PER_PAGE = 150
# Each of these is asked for by itself: what a kill makes us ask again stays small.
CONVERSATIONS_PER_PAGE = 50
MODELS = ("contact", "company", "conversation")


class IntercomSettings(VendorSettings):
    model_config = SettingsConfigDict(
        env_prefix="REVOPS_INTERCOM__", env_file=".env", extra="ignore"
    )

    base_url: HttpUrl = HttpUrl("https://api.intercom.io")
    token: SecretStr


def _since_days_before(since: int, _: int) -> list[Mapping[str, object]]:
    """By the workspace's calendar day, and `>` begins a day later (NOTES.md 2)."""
    return [{"field": "updated_at", "operator": ">", "value": since - LONG_LOOK_BACK}]


CONTACTS = Walk("contacts", "data", lambda: PER_PAGE, _since_days_before)
CONVERSATIONS = Walk(
    "conversations",
    "conversations",
    lambda: CONVERSATIONS_PER_PAGE,
    conversations.window,
    conversations.fetch,
)


def _attributes(reading: Reading) -> Iterator[Page]:
    for model in MODELS:
        params = {"model": model, "include_archived": "true"}
        yield Page(reading.client.get("/data_attributes", params).records("data"), {})


def _all_at_once(path: str, holds: str) -> Read:
    def read(reading: Reading) -> Iterator[Page]:
        yield Page(reading.client.get(path).records(holds), {})

    return read


def _count_companies(client: ToolClient) -> None:
    # A company that its last user left is kept, and counted nowhere (NOTES.md 7).
    companies.total(client)


def _allowances(response: httpx.Response, now: datetime) -> list[Allowance]:
    """The bucket of ten seconds that the headers tell of; the reset is a unix second."""
    names = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")
    told = [response.headers.get(name, "") for name in names]
    if not all(text.isdigit() for text in told):
        return []
    limit, remaining, reset = map(int, told)
    return [Allowance(limit, remaining, max(0.0, reset - now.timestamp()))]


def _classify(response: httpx.Response) -> Action | None:
    return cast("Action | None", companies.classify(response))


def _snapshot(name: str, record: type[Any], read: Read, description: str) -> Stream:
    return Stream(name, record, read, description, is_snapshot=True)


SOURCE = HttpSource(
    name="intercom",
    title="Intercom",
    settings=IntercomSettings,
    authorise=lambda s: BearerAuth(s.token.get_secret_value()),
    # NOTES.md 1: 10,000 a minute for a private app, handed out in buckets of ten seconds.
    budget=Budget(requests=1_600, seconds=10),
    scopes=(
        "the private app's access token needs the permissions to read and list users and"
        " companies, read conversations, read admins, and read tags"
    ),
    headers={"Intercom-Version": VERSION, "Accept": "application/json"},
    streams=(
        _snapshot("admins", Admin, _all_at_once("/admins", "admins"), "Teammates."),
        _snapshot("tags", Tag, _all_at_once("/tags", "data"), "Tags."),
        _snapshot(
            "data_attributes",
            DataAttribute,
            _attributes,
            "Standard and custom attributes of contacts, companies and conversations.",
        ),
        Stream(
            "companies",
            Company,
            companies.read,
            "Companies with plan, monthly spend and custom attributes.",
            count=_count_companies,
            is_snapshot=True,
        ),
        Stream(
            "contacts",
            Contact,
            CONTACTS.read(),
            "Users and leads.",
            count=CONTACTS.count,
            ids=CONTACTS.ids(),
        ),
        Stream(
            "conversations",
            Conversation,
            CONVERSATIONS.read(),
            "Conversations with their parts and ratings.",
            count=CONVERSATIONS.count,
            ids=CONVERSATIONS.ids(),
        ),
    ),
    classify=_classify,
    allowances=_allowances,
    stamps=("$.updated_at",),
)
