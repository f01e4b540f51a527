"""HubSpot's lists: their search, who is on them, and how records are put there and taken off."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from sandbox.instants import hubspot_instant
from sandbox.store import Record
from sandbox.vendor import Handler, json_response
from sandbox.vendors.hubspot.batch import read_inputs
from sandbox.vendors.hubspot.errors import invalid, not_found
from sandbox.vendors.hubspot.paging import body_of, page_by_place

if TYPE_CHECKING:
    from sandbox.vendors.hubspot.api import HubSpot

MAX_LISTS, MAX_MEMBERS = 500, 250
# How many records one call may add and remove.
MAX_CHANGES = 100_000
# Only of these does anybody but HubSpot itself say who is on them.
_STATIC = {"MANUAL", "SNAPSHOT"}


class Lists:
    """Static and active lists; a list that was deleted is shown no more."""

    def __init__(self, portal: HubSpot) -> None:
        self._portal = portal

    def routes(self) -> Iterable[tuple[str, str, Handler]]:
        members = "/crm/v3/lists/<record_id>/memberships"
        return (
            ("POST", "/crm/v3/lists/search", self.search),
            ("GET", "/crm/v3/lists/<record_id>", self.one),
            ("GET", "/crm/v3/lists/object-type-id/<object_type>/name/<name>", self.named),
            ("POST", "/crm/v3/lists/records/memberships/batch/read", self.lists_of_records),
            ("GET", members, self.members),
            ("PUT", f"{members}/add", self.add_members),
            ("PUT", f"{members}/remove", self.remove_members),
            ("PUT", f"{members}/add-and-remove", self.change_members),
            ("DELETE", "/crm/v3/lists/<record_id>", self.delete),
        )

    def search(self, request: Request) -> Response:
        self._portal.allow("crm.lists.read")
        body = body_of(request)
        count, offset = int(body.get("count", 20)), int(body.get("offset", 0))
        if not 1 <= count <= MAX_LISTS:
            raise invalid(f"count must lie between 1 and {MAX_LISTS}, got {count}")
        words = str(body.get("query") or "").casefold()
        found = [one for one in self._live() if words in one["name"].casefold()]
        asked = body.get("additionalProperties") or []
        page = [self._shown(one, asked) for one in found[offset : offset + count]]
        end = offset + len(page)
        return json_response(
            {
                "lists": page,
                "hasMore": end < len(found),
                "offset": end,
                "total": len(found),
            }
        )

    def members(self, request: Request, record_id: str) -> Response:
        self._portal.allow("crm.lists.read")
        held = self._existing(record_id)
        rows = [
            {name: one[name] for name in ("recordId", "membershipTimestamp")}
            for one in self._members_of(held)
        ]
        page, more = page_by_place(request, rows, default=100, most=MAX_MEMBERS)
        return json_response({"results": page, "total": len(rows), **more})

    def one(self, request: Request, record_id: str) -> Response:  # noqa: ARG002  # a handler
        self._portal.allow("crm.lists.read")
        return json_response({"list": self._whole(self._existing(record_id))})

    def named(self, request: Request, object_type: str, name: str) -> Response:  # noqa: ARG002
        self._portal.allow("crm.lists.read")
        for one in self._live():
            if one["objectTypeId"] == object_type and one["name"] == name:
                return json_response({"list": self._whole(one)})
        raise not_found(f"List {name!r} of {object_type}")

    def lists_of_records(self, request: Request) -> Response:
        """The lists that each record is on; a record that is not there is on none."""
        self._portal.allow("crm.lists.read")
        on = {
            one["listId"]: {member["recordId"]: member for member in self._members_of(one)}
            for one in self._live()
        }
        results = []
        for entry in read_inputs(body_of(request)):
            asked, record_id = str(entry.get("objectTypeId")), str(entry.get("recordId"))
            found = [
                {
                    "listId": one["listId"],
                    "listVersion": one["listVersion"],
                    "firstAddedTimestamp": on[one["listId"]][record_id]["membershipTimestamp"],
                    "lastAddedTimestamp": on[one["listId"]][record_id]["membershipTimestamp"],
                }
                for one in self._live()
                if one["objectTypeId"] == asked and record_id in on[one["listId"]]
            ]
            results.append(
                {"objectTypeId": asked, "recordId": record_id, "recordListMemberships": found}
            )
        return self._portal.batch_answer(results, [])

    def add_members(self, request: Request, record_id: str) -> Response:
        return self._change(record_id, add=_ids(request.get_json(silent=True)), remove=[])

    def remove_members(self, request: Request, record_id: str) -> Response:
        return self._change(record_id, add=[], remove=_ids(request.get_json(silent=True)))

    def change_members(self, request: Request, record_id: str) -> Response:
        body = body_of(request)
        add, remove = body.get("recordIdsToAdd", []), body.get("recordIdsToRemove", [])
        return self._change(record_id, add=_ids(add), remove=_ids(remove))

    def _change(self, list_id: str, *, add: list[str], remove: list[str]) -> Response:
        """Of who is on the list already, or is not, nothing is said."""
        self._portal.allow("crm.lists.write")
        held = self._existing(list_id)
        if held["processingType"] not in _STATIC:
            raise invalid(f"The memberships of list {list_id} are HubSpot's: it is not static")
        if len(add) + len(remove) > MAX_CHANGES:
            raise invalid(f"A call changes {MAX_CHANGES} memberships at most")
        kind, on = self._kind_of(held), {one["recordId"]: one for one in self._members_of(held)}
        added = [one for one in dict.fromkeys(add) if one not in on and self._is_live(kind, one)]
        removed = [one for one in dict.fromkeys(remove) if one in on]
        at = hubspot_instant(self._portal.clock.now())
        new = [
            {"listId": list_id, "recordId": one, "membershipTimestamp": at, "archived": False}
            for one in added
        ]
        gone = [{**on[one], "archived": True} for one in removed]
        self._portal.commit([("list_memberships", one) for one in [*new, *gone]])
        missing = [one for one in dict.fromkeys([*add, *remove]) if not self._is_live(kind, one)]
        return json_response(
            {"recordsIdsAdded": added, "recordIdsRemoved": removed, "recordIdsMissing": missing}
        )

    def delete(self, request: Request, record_id: str) -> Response:  # noqa: ARG002  # a handler
        self._portal.allow("crm.lists.write")
        found = self._existing(record_id)
        now = self._portal.clock.now()
        self._portal.commit([("lists", self._portal.deleted("lists", found, now))])
        return Response(status=204)

    def _live(self) -> Iterable[Record]:
        return (one for one in self._portal.tables["lists"] if not one.get("archived"))

    def _existing(self, list_id: str) -> Record:
        found = self._portal.tables["lists"].get(list_id)
        if found is None or found.get("archived"):
            raise not_found(f"List {list_id}")
        return found

    def _kind_of(self, one: Record) -> str:
        return self._portal.kind_of(one["objectTypeId"])

    def _is_live(self, kind: str, record_id: str) -> bool:
        return kind in self._portal.tables and self._portal.is_live(kind, record_id)

    def _members_of(self, held: Record) -> list[Record]:
        kind, list_id = self._kind_of(held), held["listId"]

        def find() -> list[Record]:
            return [
                one
                for one in self._portal.tables["list_memberships"]
                if one["listId"] == list_id
                and not one.get("archived")
                and self._is_live(kind, one["recordId"])
            ]

        kinds = ("list_memberships", *({kind} & self._portal.tables.keys()))
        return self._portal.remembered(f"list {list_id}", kinds, find)

    def _whole(self, one: Record) -> Record:
        shown = {name: value for name, value in one.items() if name != "archived"}
        return {**shown, "size": len(self._members_of(one))}

    def _shown(self, one: Record, asked: list[str]) -> Record:
        shown = {name: value for name, value in one.items() if name != "archived"}
        size = {"hs_list_size": str(len(self._members_of(one)))}
        known = {name: value for name, value in size.items() if name in asked}
        return {**shown, "additionalProperties": known}


def _ids(given: object) -> list[str]:
    if not isinstance(given, list) or not all(str(one).isdecimal() for one in given):
        raise invalid("Record ids come as a list of numbers")
    return [str(one) for one in given]
