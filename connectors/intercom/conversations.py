"""Conversations: found by list and search, which hold no parts, then asked for one by one."""

from __future__ import annotations

from collections.abc import Mapping

import httpx
import msgspec

from connectors.core.pages import Envelope
from connectors.core.source import Reading
from connectors.intercom.walks import Named
from warehouse.errors import Refused


class _Counted(msgspec.Struct):
    count_conversation_parts: int | None = None


class _Parts(msgspec.Struct):
    conversation_parts: list[msgspec.Raw]
    total_count: int | None = None


class _Shown(msgspec.Struct):
    conversation_parts: _Parts | None = None
    statistics: _Counted | None = None


def window(since: int, until: int) -> list[Mapping[str, object]]:
    """By the second; whether a border counts as inside is told in two ways (NOTES.md 3)."""
    return [
        {"field": "updated_at", "operator": ">", "value": since - 1},
        {"field": "updated_at", "operator": "<", "value": until + 1},
    ]


def fetch(reading: Reading, listed: list[msgspec.Raw]) -> list[msgspec.Raw]:
    """Each listed conversation as it is shown by itself, with its parts."""
    found = []
    for record in listed:
        try:
            name = str(msgspec.json.decode(record, type=Named).id)
        except msgspec.ValidationError:
            found.append(record)  # It breaks its contract, and is set aside for that.
            continue
        whole = _show(reading, name)
        if whole is not None:
            found.append(whole)
    return found


def _show(reading: Reading, name: str) -> msgspec.Raw | None:
    try:
        whole = reading.client.get_as(f"/conversations/{name}", _whole)
    except Refused as refused:
        if refused.status == httpx.codes.NOT_FOUND:
            return None  # Deleted since it was listed: the sweep of ids lands that.
        raise
    _say_what_is_cut(reading, name, whole)
    return whole


def _whole(response: httpx.Response) -> msgspec.Raw:
    Envelope(response)
    return msgspec.Raw(response.content)


def _say_what_is_cut(reading: Reading, name: str, whole: msgspec.Raw) -> None:
    try:
        shown = msgspec.json.decode(whole, type=_Shown)
    except msgspec.MsgspecError:
        return  # Its contract says what is wrong with it.
    parts = shown.conversation_parts
    here = len(parts.conversation_parts) if parts else 0
    counted = (shown.statistics.count_conversation_parts if shown.statistics else None) or 0
    total = max(counted, (parts.total_count if parts else None) or 0)
    if total > here:
        reading.say(
            f"intercom.conversations: {name} has {total} parts and Intercom shows its {here}"
            " newest; what earlier versions held is kept, what was never read cannot be had"
        )
