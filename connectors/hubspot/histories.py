"""Reads what properties were before: HubSpot keeps every value of every property."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import msgspec

from connectors.core.source import Page, Reading
from connectors.hubspot.objects import Asked, CrmObject

# The properties whose past staging needs, by object.
TRACKED = {
    "deals": (
        "dealstage",
        "pipeline",
        "amount",
        "closedate",
        "hs_deal_stage_probability",
        "hs_manual_forecast_category",
    ),
    "contacts": ("lifecyclestage", "hs_lead_status"),
    "companies": ("lifecyclestage",),
}


class _Shown(msgspec.Struct):
    """What is kept: without stamps, so that other changes of the record make no version here."""

    id: msgspec.Raw
    archived: msgspec.Raw
    propertiesWithHistory: msgspec.Raw  # noqa: N815


_SHOWN = msgspec.json.Decoder(_Shown)


def property_histories(objects: list[CrmObject]) -> _Histories:
    return _Histories([one for one in objects if one.kind in TRACKED])


class _Histories:
    def __init__(self, objects: list[CrmObject]) -> None:
        self._objects = objects

    def read(self, reading: Reading) -> Iterator[Page]:
        """Object by object, each with a place of its own in the cursor."""
        state = dict(reading.cursor or {})
        for one in self._objects:
            wanted = Asked(("hs_object_id",), TRACKED[one.kind])
            own = state.get(one.kind, {"backfill": None})
            for page in one.new_and_changed(reading.client, wanted, own):
                state = {**state, one.kind: page.cursor}
                yield Page([_cut(one.kind, record) for record in page.records], state)

    def ids(self, reading: Reading) -> Iterator[list[str]]:
        for one in self._objects:
            for ids in one.ids(reading):
                yield [f"{one.kind}/{record_id}" for record_id in ids]


def _cut(kind: str, record: msgspec.Raw) -> msgspec.Raw:
    with suppress(msgspec.DecodeError):
        shown = _SHOWN.decode(record)
        kept = {"objectType": kind, **{n: getattr(shown, n) for n in shown.__struct_fields__}}
        return msgspec.Raw(msgspec.json.encode(kept))
    return record
