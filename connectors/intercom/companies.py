"""Companies: by the one scroll that a workspace may have open, and by list where that is lost."""

from __future__ import annotations

import time
from collections.abc import Iterator

import httpx
import msgspec

from connectors.core.http import ToolClient
from connectors.core.pages import Envelope
from connectors.core.source import Page, Reading
from connectors.intercom.walks import Named
from warehouse.errors import Refused, Unavailable

SCROLLS = 3
SCROLL_EXPIRES = 61.0
LIST_CEILING = 10_000
LIST_PAGE = 60
RESTART = "restart the scroll"

pause = time.sleep


class ScrollLost(Exception):
    """The scroll cannot go on, or cannot begin: no page of it may be taken for its end."""


def read(reading: Reading) -> Iterator[Page]:
    """All companies; those that no list shows any more are asked for by name."""
    seen: set[str] = set()
    for records in _shown(reading):
        seen.update(_names(records))
        yield Page(records, {})
    yield Page(_without_users(reading, seen), {})


def classify(response: httpx.Response) -> str | None:
    """A lost scroll is asked for no second time: what it would show next is another page."""
    if response.status_code == httpx.codes.INTERNAL_SERVER_ERROR and RESTART in response.text:
        return "refuse"
    return None


def total(client: ToolClient) -> int:
    """How many companies have a user: the others are in no list and no count."""
    params = {"page": 1, "per_page": 1}
    return int(client.request("POST", "/companies/list", params=params).value("total_count"))


def _shown(reading: Reading) -> Iterator[list[msgspec.Raw]]:
    for _ in range(SCROLLS):
        try:
            yield from _scroll(reading.client)
        except ScrollLost as lost:
            reading.say(f"intercom.companies: {lost}; they are read again from the first")
        else:
            return
        if total(reading.client) <= LIST_CEILING:
            yield from _listed(reading.client)
            return
        pause(SCROLL_EXPIRES)
    raise Unavailable(
        f"Intercom lost the scroll over companies {SCROLLS} times",
        advice="run the command again when nothing else scrolls in this workspace",
    )


def _scroll(client: ToolClient) -> Iterator[list[msgspec.Raw]]:
    param: str | None = None
    while True:
        envelope = _next(client, param)
        records = envelope.records("data")
        if not records:
            return
        yield records
        param = envelope.value("scroll_param")
        if param is None:
            return


def _next(client: ToolClient, param: str | None) -> Envelope:
    """The next page; an answer that got lost has moved the scroll on, so it is asked for once."""
    params = {"scroll_param": param} if param else None
    try:
        return client.request("GET", "/companies/scroll", params=params, idempotent=param is None)
    except Refused as refused:
        if refused.status in {400, 404, 422, 500}:
            why = "another scroll is open" if param is None else "the scroll ended"
            raise ScrollLost(why) from refused
        raise
    except Unavailable as away:
        if param is None:
            raise
        raise ScrollLost("an answer of the scroll was lost") from away


def _listed(client: ToolClient) -> Iterator[list[msgspec.Raw]]:
    """By page number: who moves up meanwhile is missed, and asked for by name where known."""
    page = 1
    while True:
        params = {"page": page, "per_page": LIST_PAGE, "order": "desc"}
        envelope = client.request("POST", "/companies/list", params=params)
        yield envelope.records("data")
        if page >= int(envelope.value("pages", {}).get("total_pages") or 0):
            return
        page += 1


def _without_users(reading: Reading, seen: set[str]) -> list[msgspec.Raw]:
    """Known companies that no list shows: the last user left them, or they are deleted."""
    found = []
    for name in reading.known("companies"):
        if name in seen:
            continue
        try:
            found.append(reading.client.get_as(f"/companies/{name}", _whole))
        except Refused as refused:
            if refused.status != httpx.codes.NOT_FOUND:
                raise
    return found


def _whole(response: httpx.Response) -> msgspec.Raw:
    Envelope(response)
    return msgspec.Raw(response.content)


def _names(records: list[msgspec.Raw]) -> Iterator[str]:
    for record in records:
        try:
            yield str(msgspec.json.decode(record, type=Named).id)
        except msgspec.ValidationError:
            continue  # It breaks its contract, and is set aside for that.
