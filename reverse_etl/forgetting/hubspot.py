"""HubSpot deletes a contact for good, its recycle bin and its history included (GDPR delete)."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.core.http import ToolClient
from reverse_etl.forgetting.base import Forgetting, is_there


def _forget(client: ToolClient, name: str, ids: Sequence[str]) -> None:
    for one in ids:
        path = f"/crm/v3/objects/{name}/gdpr-delete"
        client.send("POST", path, lambda _: None, json={"objectId": one})


def _held(client: ToolClient, name: str, ids: Sequence[str]) -> set[str]:
    # What is in the recycle bin is shown to whoever asks for the archived.
    return {
        one
        for one in ids
        for archived in ("false", "true")
        if is_there(client, f"/crm/v3/objects/{name}/{one}", {"archived": archived})
    }


FORGETTING = Forgetting(
    {"contacts": "contacts"},
    _forget,
    _held,
    "notes, e-mails and calls keep what was written in them; HubSpot blocks the address itself",
)
