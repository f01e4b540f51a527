"""How records end: merged into a new one, or erased for good."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from sandbox.instants import hubspot_instant
from sandbox.store import Record
from sandbox.vendor import Handler, json_response
from sandbox.vendors.hubspot.errors import invalid
from sandbox.vendors.hubspot.paging import body_of
from sandbox.vendors.hubspot.properties import MODIFIED_PROPERTY

if TYPE_CHECKING:
    from sandbox.vendors.hubspot.api import HubSpot
    from sandbox.vendors.hubspot.associations import Associations

_OBJECTS = "/crm/v3/objects/<object_type>"


def is_gone(record: Record) -> bool:
    """No list shows it, the archived one neither: it was merged away or erased."""
    return "mergedInto" in record or "erased" in record


class Endings:
    """Merges and GDPR deletions; both leave an id that no list shows any more."""

    def __init__(self, portal: HubSpot, associations: Associations) -> None:
        self._portal = portal
        self._associations = associations

    def routes(self) -> Iterable[tuple[str, str, Handler]]:
        return (
            ("POST", f"{_OBJECTS}/merge", self.merge),
            ("POST", f"{_OBJECTS}/gdpr-delete", self.erase),
        )

    def merge(self, request: Request, object_type: str) -> Response:
        """Both records give way to a third with a new id, which carries theirs."""
        kind, table = self._portal.object_of(object_type, "write")
        body = body_of(request)
        ids = [str(body.get(name)) for name in ("primaryObjectId", "objectIdToMerge")]
        first, second = (self._portal.existing(kind, record_id) for record_id in ids)
        if ids[0] == ids[1]:
            raise invalid("A record cannot be merged with itself")
        now = self._portal.clock.now()
        new_id = str(table.highest_number() + 1)
        values = {
            name: value if value is not None else second["properties"].get(name)
            for name, value in first["properties"].items()
        }
        values |= {"hs_object_id": new_id, "hs_merged_object_ids": _merged_ids(first, second)}
        survivor = self._portal.stamped(
            kind, {**first, "id": new_id, "properties": values}, now, new=False
        )
        losers = [(kind, _gone(one, now, mergedInto=new_id)) for one in (first, second)]
        self._portal.commit([(kind, survivor), *losers])
        for loser in ids:
            self._portal.commit(self._associations.inherit(kind, loser, new_id))
        return json_response(survivor)

    def erase(self, request: Request, object_type: str) -> Response:
        kind, table = self._portal.object_of(object_type, "write")
        body = body_of(request)
        wanted, name = str(body.get("objectId")), body.get("idProperty")
        found = next(
            (r for r in table if (r["properties"].get(name) if name else r["id"]) == wanted), None
        )
        if found is not None:
            blank = {**found, "properties": dict.fromkeys(found["properties"])}
            blank["properties"][MODIFIED_PROPERTY[kind]] = None
            self._portal.commit([(kind, _gone(blank, self._portal.clock.now(), erased=True))])
        return Response(status=204)


def _gone(record: Record, at: Any, **how: Any) -> Record:
    return {**record, "archived": True, "archivedAt": hubspot_instant(at), **how}


def _merged_ids(*records: Record) -> str:
    """The ids of both, and of what was merged into them before."""
    earlier = (one["properties"].get("hs_merged_object_ids") or "" for one in records)
    ids = [*(part for text in earlier for part in text.split(";")), *(one["id"] for one in records)]
    return ";".join(dict.fromkeys(one for one in ids if one))
