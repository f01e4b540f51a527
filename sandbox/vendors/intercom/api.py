"""Intercom's REST API: searches, lists and single records, companies by list or scroll."""

import json
from bisect import bisect_right
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from werkzeug.wrappers import Request, Response

from sandbox.store import Record, Table
from sandbox.vendor import Handler, Refused, Setting, Vendor, json_response
from sandbox.vendors.intercom import records
from sandbox.vendors.intercom.companies import Companies
from sandbox.vendors.intercom.contacts import Contacts, gone
from sandbox.vendors.intercom.errors import invalid, not_found, refusal
from sandbox.vendors.intercom.events import Events
from sandbox.vendors.intercom.search import (
    compile_query,
    decode_cursor,
    encode_cursor,
    expired,
    page_size,
    read,
)

VERSIONS = {"2.9", "2.10", "2.11", "2.12", "2.13", "2.14", "2.15"}
BUCKET_SECONDS = 10
# Contacts, and to our harm conversations too, are found some time after they were written.
INDEX_DELAY_SECONDS = 120
_LISTS = {
    "contacts": ("list", "data", 50),
    "conversations": ("conversation.list", "conversations", 20),
}
_KIND = "<any(contacts, conversations):kind>"
_ID = "<string:record_id>"

Matches = list[tuple[Any, str]]


class Intercom(Vendor):
    """One workspace, opened with a private app's access token."""

    name = "intercom"
    fragile = "updated_at"
    kinds = (
        *("contacts", "companies", "conversations", "data_attributes", "admins", "tags"),
        "events",
    )
    mishaps = ("expire_cursor", "lose_scroll")

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self._limit = self.limits.get("per_ten_seconds", 1_666)
        self._delay = self.limits.get("index_delay_seconds", INDEX_DELAY_SECONDS)
        self._bucket, self._used = 0, 0
        self._matched: dict[str, tuple[tuple[int, str], Matches, int]] = {}

    def routes(self) -> Iterable[tuple[str, str, Handler]]:
        companies = Companies(self.tables["companies"], self.clock.now, self.commit)
        contacts = Contacts(self.tables["contacts"], self.tables["tags"], self.clock, self.commit)
        events = Events(self.commit, self._contact_by)
        self._companies = companies
        return (
            ("POST", f"/{_KIND}/search", self.search),
            ("GET", f"/{_KIND}", self.list_records),
            ("GET", f"/contacts/{_ID}", self.show_contact),
            ("POST", "/contacts", contacts.create),
            ("PUT", f"/contacts/{_ID}", contacts.update),
            ("DELETE", f"/contacts/{_ID}", contacts.delete),
            ("POST", f"/contacts/{_ID}/archive", contacts.archive),
            ("POST", "/contacts/merge", contacts.merge),
            ("GET", f"/conversations/{_ID}", self.show_conversation),
            ("DELETE", f"/conversations/{_ID}", self.delete_conversation),
            ("GET", "/contacts/find_by_external_id/<path:external_id>", contacts.find),
            ("GET", f"/contacts/{_ID}/tags", contacts.list_tags),
            ("POST", f"/contacts/{_ID}/tags", contacts.add_tag),
            ("DELETE", f"/contacts/{_ID}/tags/<string:tag_id>", contacts.remove_tag),
            ("POST", "/events", events.submit),
            ("GET", "/companies", companies.retrieve),
            ("POST", "/companies", companies.write),
            ("PUT", f"/companies/{_ID}", companies.update),
            ("POST", "/companies/list", companies.list_all),
            ("GET", "/companies/scroll", companies.scroll),
            ("GET", f"/companies/{_ID}", self.show_company),
            ("GET", "/data_attributes", self.list_attributes),
            ("GET", "/admins", self.list_admins),
            ("GET", "/tags", self.list_tags),
            ("GET", "/me", self.show_me),
        )

    def make_table(self, kind: str) -> Table:
        if kind == "data_attributes":
            return Table(lambda one: f"{one['model']}.{one['full_name']}", numeric=False)
        return Table(lambda one: str(one["id"]), numeric=kind in {"conversations", "admins"})

    # -- manners ---------------------------------------------------------------------------

    def admit(self, request: Request) -> None:
        if request.headers.get("Authorization") != f"Bearer {self.credentials.get('token')}":
            raise refusal(401, "unauthorized", "Access Token Invalid")
        if request.headers.get("Intercom-Version", "2.15") not in VERSIONS:
            raise invalid("intercom_version_invalid", "The requested version could not be found")
        bucket = int(self.clock.now().timestamp()) // BUCKET_SECONDS
        if bucket != self._bucket:
            self._bucket, self._used = bucket, 0
        if self._used >= self._limit:
            raise self.throttled(None)
        self._used += 1

    def headers(self, request: Request) -> dict[str, str]:  # noqa: ARG002  # alike for all
        return {
            "X-RateLimit-Limit": str(self._limit),
            "X-RateLimit-Remaining": str(max(0, self._limit - self._used)),
            "X-RateLimit-Reset": str((self._bucket + 1) * BUCKET_SECONDS),
        }

    def throttled(self, retry_after: float | None) -> Refused:
        refused = refusal(429, "rate_limit_exceeded", "Exceeded rate limit for this app")
        if retry_after is not None:
            reset = int(self.clock.now().timestamp() + retry_after)
            refused.headers["X-RateLimit-Reset"] = str(reset)
            refused.headers["X-RateLimit-Remaining"] = "0"
        return refused

    def broken(self) -> Refused:
        return refusal(500, "server_error", "Server Error")

    def unknown_path(self, request: Request) -> Refused:
        return not_found("not_found", f"Not found: {request.method} {request.path}")

    def mishap(self, kind: str, request: Request) -> Response | None:
        if kind == "lose_scroll":
            return self._companies.lose_scroll()
        if "starting_after" in request.args or _paging(request).get("starting_after"):
            return expired().response()
        return None

    def modified_at(self, kind: str, record: Record) -> datetime:  # noqa: ARG002  # one field
        return datetime.fromtimestamp(record["updated_at"], UTC)

    def stamped(self, kind: str, record: Record, at: datetime, *, new: bool) -> Record:  # noqa: ARG002
        stamp = records.seconds(at)
        return {**record, "updated_at": stamp, **({"created_at": stamp} if new else {})}

    def deleted(self, kind: str, record: Record, at: datetime) -> Record:  # noqa: ARG002
        return gone(record, "deleted")

    # -- contacts and conversations --------------------------------------------------------

    def list_records(self, request: Request, kind: str) -> Response:
        after = request.args.get("starting_after")
        size = page_size(request.args.get("per_page"), _LISTS[kind][2])
        place = decode_cursor(after) if after else [None, None, 1]
        live = (one for one in self.tables[kind].after(place[1]) if not one.get("sandbox_gone"))
        found = list(islice(live, size + 1))
        total = sum(not one.get("sandbox_gone") for one in self.tables[kind])
        following = [None, found[size - 1]["id"], place[2] + 1] if len(found) > size else None
        return self._page(kind, found[:size], total, size, (place[2], following))

    def search(self, request: Request, kind: str) -> Response:
        wanted = request.get_json(silent=True)
        if not isinstance(wanted, dict):
            raise invalid("parameter_invalid", "a JSON object with a query is required")
        field, falling = _sorting(wanted.get("sort"))
        matches, newest = self._matches(kind, wanted, field, falling=falling)
        size = page_size(_paging(request).get("per_page"), _LISTS[kind][2])
        after = _paging(request).get("starting_after")
        place = decode_cursor(after) if after else None
        start = _behind(matches, place, falling=falling) if place else 0
        chunk = matches[start : start + size]
        number = place[2] if place else 1
        following = [*chunk[-1], number + 1] if start + size < len(matches) else None
        shown = self._indexed(kind, chunk)
        late = newest > self._horizon()
        total = len(self._indexed(kind, matches)) if late else len(matches)
        return self._page(kind, shown, total, size, (number, following))

    def _matches(
        self, kind: str, wanted: Record, field: str, *, falling: bool
    ) -> tuple[Matches, int]:
        """Sort value and id of all that fits, in order, and the newest stamp; kept for a while."""
        query = json.dumps([wanted.get("query"), field, falling])
        key = (self.tables[kind].version, query)
        kept = self._matched.get(kind)
        if kept is None or kept[0] != key:
            fits = compile_query(kind, wanted.get("query"))
            live = (one for one in self.tables[kind] if not one.get("sandbox_gone"))
            found = [one for one in live if fits(one)]
            places = [(read(one, field) or 0, str(one["id"])) for one in found]
            newest = max((_written(kind, one) for one in found), default=0)
            kept = self._matched[kind] = (key, sorted(places, reverse=falling), newest)
        return kept[1], kept[2]

    def _horizon(self) -> float:
        """The second behind which the index shows nothing yet."""
        return self.clock.now().timestamp() - self._delay

    def _indexed(self, kind: str, matches: Matches) -> list[Record]:
        found = (self.tables[kind].get(record_id) for _, record_id in matches)
        horizon = self._horizon()
        return [one for one in found if one is not None and _written(kind, one) <= horizon]

    def _page(
        self, kind: str, found: list[Record], total: int, size: int, place: tuple[int, Any]
    ) -> Response:
        kind_of_list, name, _ = _LISTS[kind]
        number, following = place
        pages: Record = {"type": "pages", "page": number, "per_page": size}
        pages["total_pages"] = -(-total // size)
        if following:
            pages["next"] = {"per_page": size, "starting_after": encode_cursor(following)}
        shown = [records.as_listed(one) for one in found]
        body = {"type": kind_of_list, name: shown, "total_count": total, "pages": pages}
        return json_response(body)

    def show_contact(self, request: Request, record_id: str) -> Response:  # noqa: ARG002
        return json_response(self._live("contacts", record_id, "User Not Found"))

    def show_conversation(self, request: Request, record_id: str) -> Response:  # noqa: ARG002
        return json_response(records.as_shown(self._live("conversations", record_id)))

    def delete_conversation(self, request: Request, record_id: str) -> Response:  # noqa: ARG002
        record = self._live("conversations", record_id)
        self.commit([("conversations", gone(record, "deleted"))])
        return json_response({"id": record_id, "object": "conversation", "deleted": True})

    def show_company(self, request: Request, record_id: str) -> Response:  # noqa: ARG002
        return json_response(self._live("companies", record_id, "Company Not Found"))

    def _contact_by(self, name: str, value: str) -> Record | None:
        living = (one for one in self.tables["contacts"] if not one.get("sandbox_gone"))
        return next((one for one in living if str(one[name]) == value), None)

    def _live(self, kind: str, record_id: str, message: str = "Resource Not Found") -> Record:
        record = self.tables[kind].get(record_id)
        if record is None or record.get("sandbox_gone"):
            raise not_found("not_found", message)
        return record

    # -- small lists -----------------------------------------------------------------------

    def list_attributes(self, request: Request) -> Response:
        model = request.args.get("model")
        if model not in {None, "contact", "company", "conversation"}:
            raise invalid("parameter_invalid", f"there is no model {model}")
        archived = request.args.get("include_archived") == "true"
        found = [
            one
            for one in self.tables["data_attributes"]
            if model in {None, one["model"]} and (archived or not one["archived"])
        ]
        return json_response({"type": "list", "data": found})

    def list_admins(self, request: Request) -> Response:  # noqa: ARG002  # a handler
        return json_response({"type": "admin.list", "admins": list(self.tables["admins"])})

    def list_tags(self, request: Request) -> Response:  # noqa: ARG002  # a handler
        return json_response({"type": "list", "data": list(self.tables["tags"])})

    def show_me(self, request: Request) -> Response:  # noqa: ARG002  # a handler
        first = next(iter(self.tables["admins"]), None)
        app: Record = {"type": "app", "id_code": records.WORKSPACE, "name": "Revops Lab"}
        app |= {"timezone": "Asia/Tokyo", "region": "US", "created_at": 1_600_000_000}
        return json_response({**(first or {}), "email_verified": True, "app": app})


def _written(kind: str, record: Record) -> int:
    return int(record["created_at"] if kind == "contacts" else record["updated_at"])


def _paging(request: Request) -> Record:
    body = request.get_json(silent=True)
    paging = body.get("pagination") if isinstance(body, dict) else None
    return paging if isinstance(paging, dict) else {}


def _sorting(sort: object) -> tuple[str, bool]:
    """The field to sort by, and whether from the greatest down."""
    if not isinstance(sort, dict):
        return "updated_at", True
    return str(sort.get("field", "updated_at")), sort.get("order") != "ascending"


def _behind(matches: Matches, place: list[Any], *, falling: bool) -> int:
    value, record_id = place[0], str(place[1])
    if not falling:
        return bisect_right(matches, (value, record_id))
    return sum(one >= (value, record_id) for one in matches)


VENDOR = Intercom
