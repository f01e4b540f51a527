"""Salesforce deletes records one by one; they stay in its recycle bin for 15 days."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.core.http import ToolClient
from connectors.salesforce.fields import API
from reverse_etl.forgetting.base import Forgetting, delete, is_there


def _forget(client: ToolClient, name: str, ids: Sequence[str]) -> None:
    for one in ids:
        delete(client, f"{API}/sobjects/{name}/{one}")


def _held(client: ToolClient, name: str, ids: Sequence[str]) -> set[str]:
    return {one for one in ids if is_there(client, f"{API}/sobjects/{name}/{one}")}


FORGETTING = Forgetting(
    {"contacts": "Contact", "leads": "Lead", "tasks": "Task"},
    _forget,
    _held,
    "the deleted records are in the recycle bin for 15 days: empty it, in Setup, for the whole org",
)
