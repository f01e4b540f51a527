"""HubSpot's associations v4: which record belongs to which, with one or more labels."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from werkzeug.wrappers import Request, Response

from sandbox.instants import hubspot_instant
from sandbox.store import Record
from sandbox.vendor import Handler, json_response
from sandbox.vendors.hubspot.batch import read_inputs
from sandbox.vendors.hubspot.errors import invalid
from sandbox.vendors.hubspot.paging import body_of, page_by_place

if TYPE_CHECKING:
    from sandbox.vendors.hubspot.api import HubSpot

MAX_READ, MAX_WRITE = 1_000, 2_000
# The most associations of one record that one answer shows.
MAX_SHOWN = 500
OBJECT_TYPE_IDS = {
    "contacts": "0-1",
    "companies": "0-2",
    "deals": "0-3",
    "notes": "0-46",
    "meetings": "0-47",
    "calls": "0-48",
    "emails": "0-49",
    "tasks": "0-27",
    "contracts": "2-1001",
}
# The plain association of one object with another.
_PLAIN = {
    ("contacts", "companies"): 279,
    ("companies", "contacts"): 280,
    ("deals", "contacts"): 3,
    ("contacts", "deals"): 4,
    ("deals", "companies"): 341,
    ("companies", "deals"): 342,
    ("companies", "companies"): 450,
    ("contacts", "contacts"): 449,
    ("deals", "deals"): 451,
    **{
        pair: first + place
        for first, kind, others in (
            (181, "calls", "companies"),
            (185, "emails", "companies"),
            (187, "meetings", "companies"),
            (189, "notes", "companies"),
            (191, "tasks", "companies"),
            (193, "calls", "contacts"),
            (197, "emails", "contacts"),
            (199, "meetings", "contacts"),
            (201, "notes", "contacts"),
            (203, "tasks", "contacts"),
            (205, "calls", "deals"),
            (209, "emails", "deals"),
            (211, "meetings", "deals"),
            (213, "notes", "deals"),
            (215, "tasks", "deals"),
        )
        for place, pair in enumerate(((others, kind), (kind, others)))
    },
}
# Where the first record says which company is its primary one.
PRIMARY = {"contacts": "associatedcompanyid", "deals": "hs_primary_associated_company"}
_PRIMARY_IDS = {
    ("contacts", "companies"): 1,
    ("companies", "contacts"): 2,
    ("deals", "companies"): 5,
    ("companies", "deals"): 6,
}
# Labels that this portal defined: name -> (from, to, type id, type id the other way, other label).
LABELS: dict[str, tuple[str, str, int, int, str]] = {
    "決裁者": ("deals", "contacts", 36, 35, "決裁者"),
    "Technical evaluator": ("deals", "contacts", 38, 37, "Technical evaluator"),
    "Billing contact": ("contacts", "companies", 41, 40, "Billing contact"),
}
_PARENT = {True: (14, "Parent Company"), False: (13, "Child Company")}

Link = dict[str, list[str]]
"""Other record as `object/id` -> the kinds of its association: plain, primary, parent, a label."""


def association_types(kinds: Iterable[str], pair: tuple[str, str], *, forward: bool) -> list[Any]:
    """The types of one pair in wire shape, seen from its first record or from the other."""
    return [_type(kind, pair, forward=forward) for kind in kinds]


def _type(kind: str, pair: tuple[str, str], *, forward: bool) -> dict[str, Any]:
    if kind == "plain":
        return _defined(_PLAIN[pair], None)
    if kind == "primary":
        return _defined(_PRIMARY_IDS[pair], "Primary")
    if kind == "parent":
        return _defined(*_PARENT[forward])
    _, _, there, back, other = LABELS[kind]
    type_id, label = (there, kind) if forward else (back, other)
    return {"category": "USER_DEFINED", "typeId": type_id, "label": label}


def _defined(type_id: int, label: str | None) -> dict[str, Any]:
    return {"category": "HUBSPOT_DEFINED", "typeId": type_id, "label": label}


class Associations:
    """Reads and writes associations; none of it moves a record's modification stamp."""

    def __init__(self, portal: HubSpot) -> None:
        self._portal = portal
        self._table = portal.tables["associations"]
        self._back: tuple[object, dict[str, Link]] = (None, {})

    def routes(self) -> Iterable[tuple[str, str, Handler]]:
        pair = "/crm/v4/associations/<from_type>/<to_type>"
        one = "/crm/v4/objects/<from_type>/<record_id>/associations/<to_type>"
        return (
            ("POST", f"{pair}/batch/read", self.batch_read),
            ("POST", f"{pair}/batch/create", self.batch_create),
            ("POST", f"{pair}/batch/archive", self.batch_archive),
            ("POST", f"{pair}/batch/labels/archive", self.archive_labels),
            ("GET", f"{pair}/labels", self.labels),
            ("GET", one, self.list_of_one),
            ("PUT", f"{one}/<to_id>", self.put),
            ("DELETE", f"{one}/<to_id>", self.remove),
        )

    # -- reading ---------------------------------------------------------------------------

    def batch_read(self, request: Request, from_type: str, to_type: str) -> Response:
        first, second = self._pair(from_type, to_type, "read")
        results, errors = [], []
        for entry in read_inputs(body_of(request), MAX_READ):
            record_id = str(entry.get("id"))
            found = self._of(first, record_id, second)
            if not found:
                errors.append(_none_found(first, record_id, second))
                continue
            start = int(entry.get("after") or 0)
            shown = found[start : start + MAX_SHOWN]
            more = start + MAX_SHOWN < len(found)
            paging = {"paging": {"next": {"after": str(start + MAX_SHOWN)}}} if more else {}
            results.append({"from": {"id": record_id}, "to": shown, **paging})
        return self._portal.batch_answer(results, errors)

    def list_of_one(
        self, request: Request, from_type: str, record_id: str, to_type: str
    ) -> Response:
        first, second = self._pair(from_type, to_type, "read")
        rows = self._of(first, record_id, second)
        page, more = page_by_place(request, rows, default=MAX_SHOWN, most=MAX_SHOWN)
        return json_response({"results": page, **more})

    def labels(self, request: Request, from_type: str, to_type: str) -> Response:  # noqa: ARG002
        pair = self._pair(from_type, to_type, "read")
        kinds = [("plain", True)] if pair in _PLAIN else []
        kinds += [("primary", True)] if pair in _PRIMARY_IDS else []
        kinds += [("parent", True), ("parent", False)] if pair == ("companies",) * 2 else []
        kinds += [(name, True) for name, label in LABELS.items() if label[:2] == pair]
        kinds += [(name, False) for name, label in LABELS.items() if label[1::-1] == pair]
        types = [_type(kind, pair, forward=forward) for kind, forward in kinds]
        return json_response({"results": types})

    def _of(self, first: str, record_id: str, second: str) -> list[dict[str, Any]]:
        """What one record is associated with, by the other's id, archived ones left out."""
        found: dict[str, list[Any]] = {}
        forward = [(True, self._stored(first, record_id)), (True, self._primary(first, record_id))]
        backward = self._backward(first, second).get(f"{first}/{record_id}", {})
        for is_forward, links in [*forward, (False, backward)]:
            for other, kinds in links.items():
                kind, _, other_id = other.partition("/")
                if kind == second and self._portal.is_live(kind, other_id):
                    types = association_types(kinds, (first, second), forward=is_forward)
                    known = found.setdefault(other_id, [])
                    known += [one for one in types if one not in known]
        if not self._portal.is_live(first, record_id):
            return []
        return [
            {"toObjectId": int(other_id), "associationTypes": found[other_id]}
            for other_id in sorted(found, key=int)
        ]

    def _stored(self, kind: str, record_id: str) -> Link:
        stored = self._table.get(f"{kind}/{record_id}")
        links: Link = stored["to"] if stored else {}
        return links

    def _primary(self, kind: str, record_id: str) -> Link:
        """The association that a property of the record stands for."""
        record = self._portal.tables[kind].get(record_id) if kind in PRIMARY else None
        company = record["properties"].get(PRIMARY[kind]) if record else None
        return {f"companies/{company}": ["plain", "primary"]} if company else {}

    def _backward(self, first: str, second: str) -> dict[str, Link]:
        """Everything from the other side, worked out anew when something has changed."""
        sources = [self._table, *(self._portal.tables[kind] for kind in PRIMARY)]
        version = (first, second, *(table.version for table in sources))
        if self._back[0] != version:
            index: dict[str, Link] = {}
            for origin, links in self._all_from(second):
                for other, kinds in links.items():
                    if other.startswith(f"{first}/"):
                        index.setdefault(other, {}).setdefault(origin, []).extend(kinds)
            self._back = (version, index)
        return self._back[1]

    def _all_from(self, kind: str) -> Iterable[tuple[str, Link]]:
        for stored in self._table:
            if stored["id"].startswith(f"{kind}/"):
                yield stored["id"], stored["to"]
        for record in self._portal.tables[kind] if kind in PRIMARY else ():
            yield f"{kind}/{record['id']}", self._primary(kind, record["id"])

    # -- writing ---------------------------------------------------------------------------

    def batch_create(self, request: Request, from_type: str, to_type: str) -> Response:
        first, second = self._pair(from_type, to_type, "write")
        results, errors = [], []
        for entry in read_inputs(body_of(request), MAX_WRITE):
            ends = str(entry["from"]["id"]), str(entry["to"]["id"])
            gone = [
                end
                for end in zip((first, second), ends, strict=True)
                if not self._portal.is_live(*end)
            ]
            if gone:
                errors.append(_not_valid(gone))
                continue
            labels = self._write(first, ends, second, entry.get("types") or [])
            results.append(
                {
                    "fromObjectTypeId": OBJECT_TYPE_IDS[first],
                    "fromObjectId": ends[0],
                    "toObjectTypeId": OBJECT_TYPE_IDS[second],
                    "toObjectId": ends[1],
                    "labels": labels,
                }
            )
        return self._portal.batch_answer(results, errors, status=201)

    def put(
        self, request: Request, from_type: str, record_id: str, to_type: str, to_id: str
    ) -> Response:
        first, second = self._pair(from_type, to_type, "write")
        types = request.get_json(silent=True)
        if not isinstance(types, list):
            raise invalid("The body must be a list of association types")
        labels = self._write(first, (record_id, to_id), second, types)
        answer = {
            "fromObjectTypeId": OBJECT_TYPE_IDS[first],
            "fromObjectId": int(record_id),
            "toObjectTypeId": OBJECT_TYPE_IDS[second],
            "toObjectId": int(to_id),
            "labels": labels,
        }
        return json_response(answer, status=201)

    def batch_archive(self, request: Request, from_type: str, to_type: str) -> Response:
        first, second = self._pair(from_type, to_type, "write")
        for entry in read_inputs(body_of(request), MAX_WRITE):
            for other in entry["to"]:
                self._erase(first, str(entry["from"]["id"]), second, str(other["id"]))
        return Response(status=204)

    def archive_labels(self, request: Request, from_type: str, to_type: str) -> Response:
        """Take labels off; that the two belong together stays."""
        first, second = self._pair(from_type, to_type, "write")
        for entry in read_inputs(body_of(request), MAX_WRITE):
            kinds = {self._kind(first, second, one) for one in entry.get("types") or []}
            record_id, other = str(entry["from"]["id"]), f"{second}/{entry['to']['id']}"
            stored = self._stored(first, record_id)
            if other in stored:
                left = [kind for kind in stored[other] if kind not in kinds - {"plain"}]
                self._keep(first, record_id, {**stored, other: left})
        return Response(status=204)

    def remove(
        self,
        request: Request,  # noqa: ARG002  # a handler
        from_type: str,
        record_id: str,
        to_type: str,
        to_id: str,
    ) -> Response:
        first, second = self._pair(from_type, to_type, "write")
        self._erase(first, record_id, second, to_id)
        return Response(status=204)

    def _write(self, first: str, ends: tuple[str, str], second: str, types: list[Any]) -> list[str]:
        kinds = [self._kind(first, second, one) for one in types] or ["plain"]
        for kind, record_id in zip((first, second), ends, strict=True):
            self._portal.existing(kind, record_id)
        stored = self._stored(first, ends[0])
        other = f"{second}/{ends[1]}"
        joined = dict.fromkeys(["plain", *stored.get(other, []), *kinds])
        self._keep(first, ends[0], {**stored, other: list(joined)})
        return [kind for kind in kinds if kind in LABELS]

    def _kind(self, first: str, second: str, one: dict[str, Any]) -> str:
        wanted = one.get("associationTypeId")
        if wanted == _PLAIN.get((first, second)):
            return "plain"
        for name, (begin, end, there, _, _) in LABELS.items():
            if (begin, end, there) == (first, second, wanted):
                return name
        raise invalid(f"No association type {wanted!r} from {first} to {second} here")

    def _erase(self, first: str, record_id: str, second: str, other_id: str) -> None:
        for begin, end in (
            ((first, record_id), (second, other_id)),
            ((second, other_id), (first, record_id)),
        ):
            stored, other = self._stored(*begin), "/".join(end)
            if other in stored:
                self._keep(*begin, {name: stored[name] for name in stored if name != other})
            self._portal.forget_primary(begin, end)

    def inherit(self, kind: str, old_id: str, new_id: str) -> list[tuple[str, Record]]:
        """What changes when a record gives its associations to the one it became."""
        at = hubspot_instant(self._portal.clock.now())
        old, new = f"{kind}/{old_id}", f"{kind}/{new_id}"
        changes: list[tuple[str, Record]] = []
        for stored in self._table:
            if old in stored["to"] or stored["id"] == old:
                links = {new if other == old else other: k for other, k in stored["to"].items()}
                key = new if stored["id"] == old else stored["id"]
                links = {**self._stored(*key.split("/")), **links} if key == new else links
                changes.append(("associations", {"id": key, "to": links, "updatedAt": at}))
        for other, name in PRIMARY.items() if kind == "companies" else ():
            for record in self._portal.tables[other]:
                if record["properties"].get(name) == old_id:
                    values = record["properties"] | {name: new_id}
                    changes.append((other, {**record, "properties": values}))
        return changes

    def _keep(self, kind: str, record_id: str, links: Link) -> None:
        at = hubspot_instant(self._portal.clock.now())
        record: Record = {"id": f"{kind}/{record_id}", "to": links, "updatedAt": at}
        self._portal.commit([("associations", record)])

    def _pair(self, from_type: str, to_type: str, action: str) -> tuple[str, str]:
        first, _ = self._portal.object_of(from_type, action)
        second, _ = self._portal.object_of(to_type, action)
        if (first, second) not in _PLAIN:
            raise invalid(f"No association is defined from {first} to {second}")
        return first, second


def _not_valid(gone: list[tuple[str, str]]) -> dict[str, Any]:
    """Records that are not there, as HubSpot tells of them (hubspot-api-nodejs, issue 646)."""
    named = [(kind.removesuffix("s").upper(), record_id) for kind, record_id in gone]
    return {
        "status": "error",
        "category": "VALIDATION_ERROR",
        "message": "One or more associations are invalid",
        "context": {
            "INVALID_OBJECT_IDS": [f"{kind}={record_id} is not valid" for kind, record_id in named],
            "objectId": [record_id for _, record_id in named],
            "objectType": [kind for kind, _ in named],
        },
    }


def _none_found(first: str, record_id: str, second: str) -> dict[str, Any]:
    return {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
        "message": f"No {second} is associated with {first} {record_id}.",
        "context": {
            "fromObjectId": [record_id],
            "fromObjectType": [OBJECT_TYPE_IDS[first]],
            "toObjectType": [OBJECT_TYPE_IDS[second]],
        },
    }
