"""Reads CRM objects: everything once by list, then changes by search, then what was archived."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import quote

import msgspec
from pydantic import BaseModel

from connectors.core.drift import require_fields
from connectors.core.http import ToolClient
from connectors.core.source import Page, Reading, last_valid
from connectors.hubspot.paging import (
    epoch_ms,
    ids_of,
    in_batches,
    pages,
)
from connectors.hubspot.records import CrmRecord, needed_properties, property_names
from warehouse.errors import Unavailable

LIST_LIMIT, HISTORY_LIMIT, BATCH_LIMIT = 100, 50, 100
SEARCH_LIMIT = 200
# A longer query is refused, at a length that HubSpot does not tell.
QUERY_CHARS = 15_000

# NOTES.md 3: search sees a change some time after it was made.
LOOK_BACK = timedelta(minutes=10)

State = Mapping[str, Any]
Records = list[msgspec.Raw]


@dataclass(frozen=True)
class Asked:
    """What one reading wants of each record: values, or also everything that they were."""

    properties: tuple[str, ...]
    history: tuple[str, ...] = ()

    @cached_property
    def is_long(self) -> bool:
        """Whether it does not fit into a query."""
        return len(quote(",".join(self.properties), safe="")) > QUERY_CHARS

    @property
    def params(self) -> dict[str, Any]:
        past = {"propertiesWithHistory": ",".join(self.history)} if self.history else {}
        return {"properties": ",".join(self.properties), **past}

    @property
    def body(self) -> dict[str, Any]:
        past = {"propertiesWithHistory": list(self.history)} if self.history else {}
        return {"properties": list(self.properties), **past}


ID_ONLY = Asked(("hs_object_id",))


@dataclass(frozen=True)
class CrmObject:
    """One CRM object; `model` holds the properties that staging needs of it."""

    kind: str
    model: type[BaseModel]
    modified: str = "hs_lastmodifieddate"

    @property
    def path(self) -> str:
        return f"/crm/v3/objects/{self.kind}"

    def read(self, reading: Reading) -> Iterator[Page]:
        wanted = self._wanted(reading.client)
        state: State = reading.cursor or {"backfill": None}
        for page in self.new_and_changed(reading.client, wanted, state):
            yield page
            state = page.cursor
        for records, _ in self._listed(reading.client, wanted, archived=True):
            yield Page(records, state)

    def count(self, client: ToolClient) -> int:
        answer = client.post(f"{self.path}/search", {"filterGroups": [], "limit": 1})
        return int(answer.value("total"))

    def ids(self, reading: Reading) -> Iterator[list[str]]:
        """The ids of all that lives: what was merged or erased is told in no other way."""
        for records, _ in self._listed(reading.client, ID_ONLY, archived=False):
            yield ids_of(records)

    def new_and_changed(self, client: ToolClient, wanted: Asked, state: State) -> Iterator[Page]:
        """Everything if nothing was read yet, then what has changed up to the present."""
        if "backfill" in state:
            for page in self._backfill(client, wanted, state):
                yield page
                state = page.cursor
        # A resumed window ends when the interrupted run began: then read on to the present.
        for _ in range(2 if "until" in state else 1):
            for page in self._changes(client, wanted, state):
                yield page
                state = page.cursor

    def search(self, client: ToolClient, wanted: Asked, state: State) -> Records:
        """The next changes of a window by id: no depth of paging, no run of equal stamps."""
        window = [
            {"propertyName": self.modified, "operator": "GTE", "value": epoch_ms(state["since"])},
            {"propertyName": self.modified, "operator": "LTE", "value": epoch_ms(state["until"])},
            {"propertyName": "hs_object_id", "operator": "GT", "value": state.get("last_id", "0")},
        ]
        envelope = client.post(
            f"{self.path}/search",
            {
                "filterGroups": [{"filters": window}],
                "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
                "properties": list(wanted.properties),
                "limit": SEARCH_LIMIT,
            },
        )
        return envelope.records("results")

    def last_id(self, records: Records) -> str:
        """Where a full page of a search ends."""
        last = last_valid(records, CrmRecord)
        if last is None:
            raise Unavailable(
                f"HubSpot gave a page of {self.kind} without one whole record: stopped"
            )
        return last.id

    def now(self, client: ToolClient) -> datetime:
        """The time at HubSpot."""
        client.get(self.path, {"limit": 1})
        return client.source_time()

    def _wanted(self, client: ToolClient) -> Asked:
        """What staging needs, and every custom property that there is today.

        Raises:
            Drifted: a property that staging needs is gone or has another type.
        """
        found = definitions(client, self.kind)
        types = {one["name"]: one["type"] for one in found}
        require_fields("hubspot", self.kind, needed_properties(self.model), types)
        standard = [name for name in property_names(self.model) if name in types]
        custom = [one["name"] for one in found if not one.get("hubspotDefined")]
        return Asked(tuple(dict.fromkeys([*standard, *sorted(custom), "hs_object_id"])))

    def _backfill(self, client: ToolClient, wanted: Asked, state: State) -> Iterator[Page]:
        started = state.get("started")
        listed = self._listed(client, wanted, archived=False, after=state["backfill"])
        for records, after in listed:
            started = started or (client.source_time() - LOOK_BACK).isoformat()
            going_on = {"backfill": after, "started": started}
            yield Page(records, going_on if after else {"since": started})

    def _changes(self, client: ToolClient, wanted: Asked, state: State) -> Iterator[Page]:
        until = state.get("until") or self.now(client).isoformat()
        state = {**state, "until": until}
        while True:
            hits = self.search(client, wanted, state)
            records = self._with_history(client, wanted, hits)
            if len(hits) < SEARCH_LIMIT:
                yield Page(records, {"since": looked_back(state["since"], until)})
                return
            state = {**state, "last_id": self.last_id(hits)}
            yield Page(records, state)

    def _with_history(self, client: ToolClient, wanted: Asked, hits: Records) -> Records:
        if not wanted.history:
            return hits
        return self._batch(client, wanted, ids_of(hits), archived=False)

    def _listed(
        self, client: ToolClient, wanted: Asked, *, archived: bool, after: str | None = None
    ) -> Iterator[tuple[Records, str | None]]:
        limit = HISTORY_LIMIT if wanted.history else LIST_LIMIT
        shown = ID_ONLY if wanted.is_long else wanted
        params = {"limit": limit, "archived": str(archived).lower(), **shown.params}
        for records, following in pages(client, self.path, params, after):
            if wanted.is_long:
                ids = ids_of(records)
                yield self._batch(client, wanted, ids, archived=archived), following
            else:
                yield records, following

    def _batch(
        self, client: ToolClient, wanted: Asked, ids: list[str], *, archived: bool
    ) -> Records:
        """Records by id; one that went away since is left out."""
        found: Records = []
        for batch in in_batches(ids, HISTORY_LIMIT if wanted.history else BATCH_LIMIT):
            body = {**wanted.body, "inputs": [{"id": one} for one in batch]}
            path = f"{self.path}/batch/read{'?archived=true' if archived else ''}"
            found += client.post(path, body).records("results")
        return found


def definitions(client: ToolClient, kind: str) -> list[dict[str, Any]]:
    """The definitions of an object's properties, as HubSpot has them today."""
    found: list[dict[str, Any]] = client.get(f"/crm/v3/properties/{kind}").value("results", [])
    return found


def looked_back(since: str, until: str) -> str:
    """Where the next window begins: before the end of this one, not before its beginning."""
    overlap = datetime.fromisoformat(until) - LOOK_BACK
    return max(overlap, datetime.fromisoformat(since)).isoformat()
