"""What was written is read back by clients that the vendors, or others, have made."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from html import escape
from pathlib import Path
from typing import Any

import pytest
from requests import Session  # noqa: TID251  # a client of others sends by it

from reverse_etl.destinations.base import Row, RowOutcome
from sandbox.server import running
from tests.reverse_etl.proof.case import Case, written
from tests.reverse_etl.proof.of_hubspot import HubSpotUpdate, HubSpotUpsert
from tests.reverse_etl.proof.of_salesforce import (
    SalesforceAccounts,
    SalesforceTasks,
    SalesforceUpsert,
)
from tests.reverse_etl.proof.of_salesforce_bulk import SalesforceBulk
from tests.reverse_etl.proof.of_slack import SlackMessages
from tests.reverse_etl.proof.steps import Steps
from tests.reverse_etl.proof.wire import Script
from tests.sandbox.vendors.salesforce.test_clients import ToSandbox

# Texts that are easily spoilt on the way.
NAMES = ("株式会社東京", 'Smith & Sons "Ltd"', "<b>Ünïcode</b>, Inc.", "二行\nです", "=1+1")

Wishes = Mapping[str, Mapping[str, Any]]


@contextmanager
def delivered(case: Case, home: Path) -> Iterator[tuple[str, Wishes]]:
    """The address of a served tool that was written to, and what was wished for by key."""
    case.set_up(home / "tool", len(NAMES))
    app, text = case.start(home / "tool"), case.fields[0]
    wishes = {case.key(n): {**case.wish(n, n), text: name} for n, name in enumerate(NAMES)}
    with case.client(case.wire(app, Steps(), Script(), lambda: None)) as client:
        destination = case.destination(client)
        rows = [Row(key, fields, str(n)) for n, (key, fields) in enumerate(wishes.items())]
        size = destination.batch_of(case.spec.operation, len(rows))
        told: list[RowOutcome] = []
        for start in range(0, len(rows), size):
            told += written(destination, case.spec.operation, rows[start : start + size])
    assert [one.outcome for one in told] == ["acknowledged"] * len(NAMES)
    with running(app) as url:
        yield f"{url}/{case.spec.destination}", wishes


@pytest.mark.parametrize("kind", [HubSpotUpdate, HubSpotUpsert])
def test_hubspots_own_client_reads_what_was_written(tmp_path: Path, kind: type[Case]) -> None:
    hubspot = pytest.importorskip("hubspot", reason="hubspot-api-client is not installed")
    models = importlib.import_module("hubspot.crm.companies")
    case = kind()
    with delivered(case, tmp_path) as (base, wishes):
        client = hubspot.HubSpot(access_token=case.settings["token"], host=base)
        own = case.spec.identify_by.field
        asked = models.BatchReadInputSimplePublicObjectId(
            inputs=[{"id": key} for key in wishes],
            id_property=own,
            properties=[*case.fields, *([own] if own else [])],
            properties_with_history=[],
        )
        found = client.crm.companies.batch_api.read(batch_read_input_simple_public_object_id=asked)
        held = {one.properties[own] if own else one.id: one.properties for one in found.results}
    text, counter = case.fields
    assert {key: one[text] for key, one in held.items()} == {
        key: wish[text] for key, wish in wishes.items()
    }
    assert {key: one[counter] for key, one in held.items()} == {
        key: str(wish[counter]) for key, wish in wishes.items()
    }


@pytest.mark.parametrize(
    "kind", [SalesforceAccounts, SalesforceTasks, SalesforceUpsert, SalesforceBulk]
)
def test_simple_salesforce_reads_what_was_written(
    tmp_path: Path, kind: type[SalesforceTasks]
) -> None:
    simple = pytest.importorskip("simple_salesforce", reason="simple-salesforce is not installed")
    case = kind()
    with delivered(case, tmp_path) as (base, wishes), Session() as session:
        session.mount("https://", ToSandbox(base))
        org = simple.api.Salesforce(
            consumer_key=case.settings["client_id"],
            consumer_secret=case.settings["client_secret"],
            domain="revops-lab.my",
            session=session,
            version="62.0",
        )
        key = case.spec.identify_by.field or "Id"
        names = ", ".join(dict.fromkeys([key, *case.fields]))
        found = org.query_all(f"SELECT {names} FROM {case.spec.object}")["records"]
    held = {one[key]: {name: one[name] for name in case.fields} for one in found}
    assert held == wishes


def test_slacks_own_client_reads_what_was_posted(tmp_path: Path) -> None:
    slack_sdk = pytest.importorskip("slack_sdk", reason="slack_sdk is not installed")
    case = SlackMessages()
    with delivered(case, tmp_path) as (base, wishes):
        client = slack_sdk.WebClient(case.settings["token"], base_url=f"{base}/api/")
        pages = client.conversations_history(channel="C1", include_all_metadata=True, limit=100)
        found = [one for page in pages for one in page["messages"]]
    held = {one["metadata"]["event_payload"]["key"]: one["text"] for one in found}
    # Slack keeps what could be read as a command of its own in another spelling, and says so.
    assert held == {key: escape(wish["text"], quote=False) for key, wish in wishes.items()}
