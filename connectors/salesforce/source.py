"""Declares Salesforce: objects through SOQL, deleted rows included, walked by stamp and id."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, cast

import httpx
import msgspec
from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict

from connectors.core.auth import ClientCredentialsAuth
from connectors.core.http import Action, ToolClient
from connectors.core.pace import Budget
from connectors.core.pages import Envelope
from connectors.core.settings import VendorSettings
from connectors.core.source import HttpSource, Page, Read, Reading, Stream, last_valid
from connectors.salesforce.records import Account, Contact, Opportunity, SObject, User
from warehouse.errors import Refused

API = "/services/data/v62.0"

# NOTES.md 2: a transaction commits later than the stamp that its rows carry.
LOOK_BACK = timedelta(minutes=15)


class SalesforceSettings(VendorSettings):
    model_config = SettingsConfigDict(
        env_prefix="REVOPS_SALESFORCE__", env_file=".env", extra="ignore"
    )

    client_id: str
    client_secret: SecretStr


def _objects(sobject: str, fields: list[str]) -> Read:
    """Read an object in the order of its stamp; every page's cursor can be resumed by keyset."""

    def read(reading: Reading) -> Iterator[Page]:
        client, state = reading.client, dict(reading.cursor or {})
        is_resumed = "until" in state
        for page in _window(client, sobject, fields, state):
            yield page
            state = dict(page.cursor)
        if is_resumed:
            # That window ended when the interrupted run began: read on to the present.
            yield from _window(client, sobject, fields, state)

    return read


def _window(
    client: ToolClient, sobject: str, fields: list[str], state: dict[str, Any]
) -> Iterator[Page]:
    if "until" not in state:
        state = state | {"until": _now_at_source(client).isoformat()}
    next_page: str | None = None
    while True:
        envelope = _fetch(client, sobject, fields, state, next_page)
        if envelope is None:
            next_page = None
            continue
        records = envelope.records("records")
        next_page = envelope.value("nextRecordsUrl")
        if next_page is None:
            yield Page(records, {"since": _overlapping(state)})
            return
        state |= _position(records)
        yield Page(records, dict(state))


def _fetch(
    client: ToolClient,
    sobject: str,
    fields: list[str],
    state: dict[str, Any],
    next_page: str | None,
) -> Envelope | None:
    """The next page, or None when its locator has expired and the walk resumes by keyset."""
    if next_page is None:
        return client.get(f"{API}/queryAll", {"q": _soql(sobject, fields, state)})
    try:
        return client.get(next_page)
    except Refused as error:
        if "INVALID_QUERY_LOCATOR" in error.body:
            return None
        raise


def _soql(sobject: str, fields: list[str], state: dict[str, Any]) -> str:
    conditions = [f"SystemModstamp <= {_literal(state['until'])}"]
    if "since" in state:
        conditions.append(f"SystemModstamp >= {_literal(state['since'])}")
    if "stamp" in state:
        stamp = _literal(state["stamp"])
        conditions.append(
            f"(SystemModstamp > {stamp} OR (SystemModstamp = {stamp} AND Id > '{state['id']}'))"
        )
    return (
        f"SELECT {', '.join(fields)} FROM {sobject} WHERE {' AND '.join(conditions)}"  # noqa: S608
        " ORDER BY SystemModstamp ASC, Id ASC"
    )


def _overlapping(state: dict[str, Any]) -> str:
    overlap = datetime.fromisoformat(state["until"]) - LOOK_BACK
    since = state.get("since")
    return max(overlap, datetime.fromisoformat(since)).isoformat() if since else overlap.isoformat()


def _position(records: Sequence[msgspec.Raw]) -> dict[str, str]:
    last = last_valid(records, SObject)
    return {"stamp": last.SystemModstamp.isoformat(), "id": last.Id} if last else {}


def _literal(instant: str) -> str:
    """A SOQL datetime literal: unquoted, in UTC, with milliseconds."""
    return datetime.fromisoformat(instant).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _now_at_source(client: ToolClient) -> datetime:
    # Any answer carries the time; the list of resources needs no right but to use the API.
    client.get(f"{API}/")
    return client.source_time()


def _count(sobject: str) -> Any:
    def count(client: ToolClient) -> int:
        query = f"SELECT COUNT() FROM {sobject}"  # noqa: S608 - a declared name
        return int(client.get(f"{API}/query", {"q": query}).value("totalSize"))

    return count


def _classify(response: httpx.Response) -> Action | None:
    # NOTES.md 4: the daily limit is a 403 with a list for a body.
    if response.status_code == httpx.codes.FORBIDDEN and "REQUEST_LIMIT_EXCEEDED" in response.text:
        return "retry"
    if response.status_code == httpx.codes.BAD_REQUEST and "invalid_client" in response.text:
        return "authorise"
    return None


def _authorise(settings: VendorSettings) -> httpx.Auth:
    own = cast("SalesforceSettings", settings)
    return ClientCredentialsAuth(
        f"{own.url}/services/oauth2/token",
        own.client_id,
        own.client_secret.get_secret_value(),
    )


def _stream(name: str, sobject: str, record: type[SObject], description: str) -> Stream:
    fields = list(record.model_fields)
    return Stream(name, record, _objects(sobject, fields), description, count=_count(sobject))


SOURCE = HttpSource(
    name="salesforce",
    title="Salesforce",
    settings=SalesforceSettings,
    authorise=_authorise,
    # The limit is per day and differs by edition; this only keeps bursts civil.
    budget=Budget(requests=50, seconds=5),
    scopes=(
        "the connected app needs the client credentials flow, the scope `api`, and a run-as user"
        " who may read Account, Contact, Opportunity and User"
    ),
    streams=(
        _stream("accounts", "Account", Account, "Accounts, deleted and merged ones too."),
        _stream("contacts", "Contact", Contact, "Contacts, deleted and merged ones too."),
        _stream("opportunities", "Opportunity", Opportunity, "Opportunities, deleted ones too."),
        _stream("users", "User", User, "Users, who own records."),
    ),
    classify=_classify,
    stamps=("$.LastModifiedDate", "$.SystemModstamp"),
)
