"""Zendesk deletes a user, and then for good who is deleted (API, Permanently Delete User)."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.core.http import ToolClient
from reverse_etl.forgetting.base import Forgetting, delete, is_there
from warehouse.errors import Refused

_NOT_FOUND = 404


def _forget(client: ToolClient, name: str, ids: Sequence[str]) -> None:
    for one in ids:
        if _is_active(client, name, one):
            delete(client, f"/api/v2/{name}/{one}.json")
        delete(client, f"/api/v2/deleted_{name}/{one}.json")


def _held(client: ToolClient, name: str, ids: Sequence[str]) -> set[str]:
    return {
        one
        for one in ids
        if _is_active(client, name, one) or is_there(client, f"/api/v2/deleted_{name}/{one}.json")
    }


def _is_active(client: ToolClient, name: str, record_id: str) -> bool:
    """Whether a user is neither deleted nor deleted for good: who is, is shown as inactive."""
    try:
        user = client.get(f"/api/v2/{name}/{record_id}.json").value("user")
    except Refused as refusal:
        if refusal.status == _NOT_FOUND:
            return False
        raise
    return bool(user.get("active"))


FORGETTING = Forgetting(
    {"users": "users"},
    _forget,
    _held,
    "tickets keep what was written in them: redact their comments and attachments there",
)
