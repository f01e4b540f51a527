"""How HubSpot's lists are turned page by page, and records put into their context."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import httpx
import msgspec

from connectors.core.http import ToolClient
from connectors.core.pace import Allowance
from connectors.core.pages import Envelope
from warehouse.errors import Unavailable

_PARTS = msgspec.json.Decoder(dict[str, msgspec.Raw])


class _Identified(msgspec.Struct):
    id: str


_IDENTIFIED = msgspec.json.Decoder(_Identified)


def in_context(record: msgspec.Raw, context: Mapping[str, str]) -> msgspec.Raw:
    """The record with members in front that say what it belongs to, its own as received."""
    try:
        parts = _PARTS.decode(record)
    except msgspec.DecodeError:
        # What is no object goes on as it came: its contract refuses it.
        return record
    return msgspec.Raw(msgspec.json.encode({**context, **parts}))


def ids_of(records: Sequence[msgspec.Raw]) -> list[str]:
    """The ids of CRM records; one without an id has been set aside by its own stream."""
    found = []
    for record in records:
        with suppress(msgspec.DecodeError):
            found.append(_IDENTIFIED.decode(record).id)
    return found


def next_after(envelope: Envelope, current: str | None) -> str | None:
    """The cursor of the next page, None behind the last.

    Raises:
        Unavailable: it is the one just used, which would never end.
    """
    paging = envelope.value("paging", {})
    after: str | None = (paging.get("next") or {}).get("after")
    if after is not None and after == current:
        raise Unavailable(f"HubSpot gave the same page cursor twice ({after}): stopped")
    return after


def pages(
    client: ToolClient, path: str, params: Mapping[str, Any], after: str | None = None
) -> Iterator[tuple[list[msgspec.Raw], str | None]]:
    """Every page of a list that is turned by `after`: its records, and the next cursor."""
    while True:
        envelope = client.get(path, {**params, **({"after": after} if after else {})})
        after = next_after(envelope, after)
        yield envelope.records("results"), after
        if after is None:
            return


def in_batches(ids: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]


def epoch_ms(instant: str) -> str:
    return str(int(datetime.fromisoformat(instant).timestamp() * 1_000))


def allowances(response: httpx.Response, now: datetime) -> list[Allowance]:
    """What the headers say of the ten seconds and of the day; search answers carry none.

    NOTES.md 1: a refusal that names the policy DAILY is the only word about the day that an app
    with OAuth gets.
    """
    found = []
    header = response.headers.get
    with suppress(ValueError):
        seconds = int(header("X-HubSpot-RateLimit-Interval-Milliseconds", "")) / 1_000
        most, left = (int(header(f"X-HubSpot-RateLimit-{one}", "")) for one in ("Max", "Remaining"))
        found.append(Allowance(most, left, seconds))
    with suppress(ValueError):
        daily = (header(f"X-HubSpot-RateLimit-Daily{one}", "") for one in ("", "-Remaining"))
        most, left = map(int, daily)
        found.append(Allowance(most, left, _until_midnight(now), per="day"))
    if response.status_code == httpx.codes.TOO_MANY_REQUESTS and '"DAILY"' in response.text:
        found.append(Allowance(1, 0, _until_midnight(now), per="day"))
    return found


def _until_midnight(now: datetime) -> float:
    # The portal's own midnight ends the day; it comes within one.
    tomorrow = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return (tomorrow - now).total_seconds()


def scopes_lacking(response: httpx.Response) -> list[str]:
    """The scopes that a refusal asks for."""
    try:
        errors = response.json().get("errors", [])
    except ValueError:
        return []
    return [
        scope
        for error in errors
        for scope in error.get("context", {}).get("requiredGranularScopes", [])
    ]
