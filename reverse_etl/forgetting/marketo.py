"""Marketo deletes leads by their ids, with their activities (REST API, Delete Leads)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from connectors.core.http import ToolClient
from connectors.core.pages import Envelope
from connectors.marketo.answers import results
from reverse_etl.forgetting.base import Forgetting
from warehouse.errors import Refused

_MOST = 300
# Lead not found: what is gone already.
_ABSENT = {"1004"}


def _forget(client: ToolClient, name: str, ids: Sequence[str]) -> None:
    for start in range(0, len(ids), _MOST):
        batch = ids[start : start + _MOST]
        body = {"input": [{"id": int(one)} for one in batch]}
        answer = client.post_once(f"/rest/v1/{name}/delete.json", body, Envelope)
        for row in map(msgspec.json.decode, results(answer)):
            codes = {str(one.get("code")) for one in row.get("reasons") or []}
            if row.get("status") != "deleted" and not codes <= _ABSENT:
                told = "; ".join(str(one.get("message")) for one in row["reasons"])
                raise Refused(f"marketo does not delete a lead: {told}", status=200, body=told)


def _held(client: ToolClient, name: str, ids: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(ids), _MOST):
        asked = {"filterType": "id", "filterValues": ",".join(ids[start : start + _MOST])}
        answer = client.get(f"/rest/v1/{name}.json", {**asked, "fields": "id"})
        found |= {str(msgspec.json.decode(one)["id"]) for one in results(answer)}
    return found


FORGETTING = Forgetting({"leads": "leads"}, _forget, _held)
