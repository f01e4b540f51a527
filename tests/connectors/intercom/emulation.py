"""Intercom as the generic tests see it."""

from __future__ import annotations

import json
from typing import Any

from tests.emulation import Broken, Emulation


def _keys(vendors: Any, stream: str) -> set[str]:
    records = map(json.loads, vendors.sandbox.records("intercom", stream).splitlines())
    if stream == "data_attributes":
        return {f"{one['model']}.{one['full_name']}" for one in records}
    return {one["id"] for one in records}


EMULATION = Emulation(
    kinds={name: name for name in ("contacts", "companies", "conversations")},
    keys=_keys,
    broken=Broken("contacts", "/contacts", "updated_at"),
    disabling=("REVOPS_INTERCOM__TOKEN", "conversations"),
    no_limits={"per_ten_seconds": 1_000_000},
    small_pages={
        "connectors.intercom.source.PER_PAGE": 35,
        "connectors.intercom.source.CONVERSATIONS_PER_PAGE": 15,
        "sandbox.vendors.intercom.companies.SCROLL_PAGE": 20,
    },
    ways=("contacts", "conversations", "companies"),
)
