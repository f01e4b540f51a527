"""Reads lists, forms, campaigns, marketing e-mails, and what happened to each e-mail sent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec

from connectors.core.http import ToolClient
from connectors.core.pages import Envelope
from connectors.core.source import Page, Read, Reading, Record, last_valid
from connectors.hubspot.marketing_records import (
    CampaignProperties,
    ContactList,
    Form,
    FormSubmission,
)
from connectors.hubspot.paging import in_context, pages
from connectors.hubspot.records import property_names
from warehouse.errors import Refused, Unavailable

LISTS_LIMIT, MEMBERS_LIMIT = 250, 250
FORMS_LIMIT, SUBMISSIONS_LIMIT = 100, 50
CAMPAIGNS_LIMIT, EMAILS_LIMIT = 100, 100
EVENTS_LIMIT = 1_000

# NOTES.md 13: submissions and events arrive some time after they happened.
LOOK_BACK = timedelta(days=1)
_EVENTS = "/email/public/v1/events"


def _known(reading: Reading, stream: str, read: Read, contract: type[Record]) -> list[str]:
    """The live keys of another stream as landed; asked for where none is landed."""
    if landed := reading.known(stream):
        return landed
    found = [
        contract.model_validate_json(bytes(one)) for page in read(reading) for one in page.records
    ]
    return sorted(one.record_key() for one in found if not one.record_deleted())


# -- lists -----------------------------------------------------------------------------------


def lists(reading: Reading) -> Iterator[Page]:
    offset = 0
    while True:
        envelope = _lists(reading.client, LISTS_LIMIT, offset)
        yield Page(envelope.records("lists"), {})
        if not envelope.value("hasMore", default=False):
            return
        following = int(envelope.value("offset"))
        if following <= offset:
            raise Unavailable(f"HubSpot gave the same page of lists twice ({offset}): stopped")
        offset = following


def count_lists(client: ToolClient) -> int:
    return int(_lists(client, 1, 0).value("total"))


def _lists(client: ToolClient, count: int, offset: int) -> Envelope:
    return client.post("/crm/v3/lists/search", {"query": "", "count": count, "offset": offset})


def list_memberships(reading: Reading) -> Iterator[Page]:
    for list_id in _known(reading, "lists", lists, ContactList):
        path = f"/crm/v3/lists/{list_id}/memberships"
        for records, _ in pages(reading.client, path, {"limit": MEMBERS_LIMIT}):
            yield Page([in_context(one, {"listId": list_id}) for one in records], {})


# -- forms -----------------------------------------------------------------------------------


def forms(reading: Reading) -> Iterator[Page]:
    for archived in ("false", "true"):
        params = {"limit": FORMS_LIMIT, "archived": archived}
        for records, _ in pages(reading.client, "/marketing/v3/forms", params):
            yield Page(records, {})


def form_submissions(reading: Reading) -> Iterator[Page]:
    """Form by form, the newest first, back to where the last reading began.

    The cursor holds `since` and, within a reading, when it `began`, the `form` and its `after`.
    """
    client, state = reading.client, dict(reading.cursor or {"since": 0})
    client.get("/marketing/v3/forms", {"limit": 1})
    began = state.get("began") or _epoch_ms(client)
    since = state["since"]
    for form in _known(reading, "forms", forms, Form):
        if form < state.get("form", ""):
            continue
        after = state.get("after") if form == state.get("form") else None
        for records, following in _submissions(client, form, after):
            is_old = _is_older(records, since)
            place = {"form": form, "after": following}
            yield Page(records, {"since": since, "began": began, **place})
            if is_old:
                break
    yield Page([], {"since": max(since, began - _ms(LOOK_BACK))})


def form_submission_ids(reading: Reading) -> Iterator[list[str]]:
    """The ids of all that are still there: an erased contact's submissions go without a word."""
    for form in _known(reading, "forms", forms, Form):
        for records, _ in _submissions(reading.client, form, None):
            yield [msgspec.json.decode(one)["conversionId"] for one in records]


def _submissions(
    client: ToolClient, form: str, after: str | None
) -> Iterator[tuple[list[msgspec.Raw], str | None]]:
    path = f"/form-integrations/v1/submissions/forms/{form}"
    for records, following in pages(client, path, {"limit": SUBMISSIONS_LIMIT}, after):
        yield [in_context(one, {"formId": form}) for one in records], following


def _is_older(records: list[msgspec.Raw], since: int) -> bool:
    last = last_valid(records, FormSubmission)
    return last is not None and last.submittedAt < since


# -- campaigns and e-mails -------------------------------------------------------------------


def campaigns(reading: Reading) -> Iterator[Page]:
    names = ",".join(property_names(CampaignProperties))
    params = {"limit": CAMPAIGNS_LIMIT, "properties": names}
    for records, _ in pages(reading.client, "/marketing/v3/campaigns", params):
        yield Page(records, {})


def count_campaigns(client: ToolClient) -> int:
    return int(client.get("/marketing/v3/campaigns", {"limit": 1}).value("total"))


def marketing_emails(reading: Reading) -> Iterator[Page]:
    for archived in ("false", "true"):
        params = {"limit": EMAILS_LIMIT, "archived": archived}
        for records, _ in pages(reading.client, "/marketing/v3/emails", params):
            yield Page(records, {})


def count_marketing_emails(client: ToolClient) -> int:
    params = {"limit": 1, "archived": "false"}
    return int(client.get("/marketing/v3/emails", params).value("total"))


# -- e-mail events ---------------------------------------------------------------------------


def email_events(reading: Reading) -> Iterator[Page]:
    """Windows of time, each turned by an offset that only HubSpot understands."""
    state: dict[str, Any] = dict(reading.cursor or {"since": 0})
    # A resumed window ends when the interrupted run began: then read on to the present.
    for _ in range(2 if "until" in state else 1):
        for page in _events(reading, state):
            yield page
            state = dict(page.cursor)


def _events(reading: Reading, state: dict[str, Any]) -> Iterator[Page]:
    client, since = reading.client, state["since"]
    if "until" not in state:
        client.get(_EVENTS, {"limit": 1})
    until, offset = state.get("until") or _epoch_ms(client), state.get("offset")
    window = {"startTimestamp": since, "endTimestamp": until, "limit": EVENTS_LIMIT}
    while True:
        envelope = _page_of_events(reading, window, offset)
        following = envelope.value("offset") if envelope.value("hasMore", default=False) else None
        if following is not None and following == offset:
            raise Unavailable(f"HubSpot gave the same page of events twice ({offset}): stopped")
        going_on = {"since": since, "until": until, "offset": following}
        ended = {"since": max(since, until - _ms(LOOK_BACK))}
        yield Page(envelope.records("events"), going_on if following else ended)
        if following is None:
            return
        offset = following


def _page_of_events(reading: Reading, window: dict[str, Any], offset: str | None) -> Envelope:
    if offset is None:
        return reading.client.get(_EVENTS, window)
    try:
        return reading.client.get(_EVENTS, {**window, "offset": offset})
    except Refused as error:
        reading.say(f"the offset of the e-mail events is no longer taken, read again: {error}")
        return reading.client.get(_EVENTS, window)


def _epoch_ms(client: ToolClient) -> int:
    return int(client.source_time().timestamp() * 1_000)


def _ms(span: timedelta) -> int:
    return int(span.total_seconds() * 1_000)
