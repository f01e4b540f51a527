"""HubSpot's lists: their search, and who is on them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from sandbox.store import Record
from sandbox.vendor import Handler, json_response
from sandbox.vendors.hubspot.errors import invalid, not_found
from sandbox.vendors.hubspot.paging import body_of, page_by_place

if TYPE_CHECKING:
    from sandbox.vendors.hubspot.api import HubSpot

MAX_LISTS, MAX_MEMBERS = 500, 250


class Lists:
    """Static and active lists; a list that was deleted is shown no more."""

    def __init__(self, portal: HubSpot) -> None:
        self._portal = portal

    def routes(self) -> Iterable[tuple[str, str, Handler]]:
        members = "/crm/v3/lists/<record_id>/memberships"
        return (
            ("POST", "/crm/v3/lists/search", self.search),
            ("GET", members, self.members),
            ("PUT", f"{members}/remove", self.remove_members),
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
        self._existing(record_id)
        rows = [
            {name: one[name] for name in ("recordId", "membershipTimestamp")}
            for one in self._members_of(record_id)
        ]
        page, more = page_by_place(request, rows, default=100, most=MAX_MEMBERS)
        return json_response({"results": page, "total": len(rows), **more})

    def remove_members(self, request: Request, record_id: str) -> Response:
        self._portal.allow("crm.lists.write")
        self._existing(record_id)
        ids = request.get_json(silent=True)
        if not isinstance(ids, list):
            raise invalid("The body must be a list of record ids")
        gone = [one for one in self._members_of(record_id) if one["recordId"] in map(str, ids)]
        self._portal.commit([("list_memberships", {**one, "archived": True}) for one in gone])
        removed = [one["recordId"] for one in gone]
        return json_response({"recordIdsRemoved": removed, "recordIdsAdded": []})

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

    def _members_of(self, list_id: str) -> list[Record]:
        def find() -> list[Record]:
            return [
                one
                for one in self._portal.tables["list_memberships"]
                if one["listId"] == list_id
                and not one.get("archived")
                and self._portal.is_live("contacts", one["recordId"])
            ]

        return self._portal.remembered(f"list {list_id}", ("list_memberships", "contacts"), find)

    def _shown(self, one: Record, asked: list[str]) -> Record:
        shown = {name: value for name, value in one.items() if name != "archived"}
        size = {"hs_list_size": str(len(self._members_of(one["listId"])))}
        known = {name: value for name, value in size.items() if name in asked}
        return {**shown, "additionalProperties": known}
