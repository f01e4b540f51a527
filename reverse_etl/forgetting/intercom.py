"""Intercom deletes a contact for good (API, Delete a contact)."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.core.http import ToolClient
from reverse_etl.forgetting.base import Forgetting, delete, is_there


def _forget(client: ToolClient, name: str, ids: Sequence[str]) -> None:
    for one in ids:
        delete(client, f"/{name}/{one}")


def _held(client: ToolClient, name: str, ids: Sequence[str]) -> set[str]:
    return {one for one in ids if is_there(client, f"/{name}/{one}")}


FORGETTING = Forgetting(
    {"contacts": "contacts"},
    _forget,
    _held,
    "conversations stay, without their contact: redact what was written in them there",
)
