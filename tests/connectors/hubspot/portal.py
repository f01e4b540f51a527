"""What tests do in HubSpot behind the connector's back, through its own calls."""

from __future__ import annotations

from typing import Any

import httpx

from tests.emulated import Vendors


def call(vendors: Vendors, method: str, path: str, body: object = None) -> Any:
    """One call as the portal's own people make it; the answer's JSON, None where it has none."""
    token = vendors.sandbox.vendors["hubspot"].credentials["token"]
    answer = httpx.request(
        method,
        f"{vendors.url}/hubspot{path}",
        json=body,
        headers={"Authorization": f"Bearer {token}"},
    )
    answer.raise_for_status()
    return answer.json() if answer.content else None


def touch(vendors: Vendors, stream: str) -> None:
    """A bulk edit: every record of a stream gets the same stamp."""
    at = vendors.sandbox.clock.now()
    owner = vendors.sandbox.vendors["hubspot"]
    for record in vendors.records("hubspot", stream):
        vendors.put("hubspot", stream, owner.stamped(stream, record, at, new=False))


def calls_to(vendors: Vendors, ending: str) -> int:
    """How many calls went to the paths with this ending."""
    counted = vendors.sandbox.requests()
    ours = (line for line in counted if line["vendor"] == "hubspot")
    return sum(line["count"] for line in ours if line["path"].endswith(ending))
