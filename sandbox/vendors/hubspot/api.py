"""HubSpot's CRM API v3: objects, search, batches, owners and properties."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from werkzeug.wrappers import Request, Response

from sandbox.instants import hubspot_instant, parse_instant
from sandbox.store import Record, Table
from sandbox.throttle import Throttle
from sandbox.vendor import Handler, Refused, Setting, Vendor, json_response
from sandbox.vendors.hubspot.batch import BatchWriter, Outcome, read_inputs
from sandbox.vendors.hubspot.errors import invalid, missing_scope, not_found, rate_limited, refusal
from sandbox.vendors.hubspot.properties import MODIFIED_PROPERTY, Definitions
from sandbox.vendors.hubspot.search import CEILING, Search

SHOWN_BY_DEFAULT = {
    "companies": ("name", "domain"),
    "contacts": ("firstname", "lastname", "email"),
    "deals": ("dealname", "amount", "dealstage", "pipeline", "closedate"),
}
# Every object also answers to its type id.
TYPE_IDS = {"0-1": "contacts", "0-2": "companies", "0-3": "deals"}
MAX_PAGE, MAX_OWNERS = 100, 500
DAILY = 650_000
_OBJECTS = "/crm/v3/objects/<object_type>"
_DEFINITIONS = "/crm/v3/properties/<object_type>"


class HubSpot(Vendor):
    """One portal, opened with a private app's token."""

    name = "hubspot"
    fragile = "properties"
    kinds = ("companies", "contacts", "deals", "owners", "properties")

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.definitions = Definitions(self.tables["properties"])
        ten_seconds, second = timedelta(seconds=10), timedelta(seconds=1)
        self._burst = Throttle(self.limits.get("per_ten_seconds", 190), ten_seconds)
        self._searches = Throttle(self.limits.get("searches_per_second", 5), second)
        self._spent = 0
        self._found: dict[str, tuple[int, list[Record]]] = {}

    def routes(self) -> Iterable[tuple[str, str, Handler]]:
        return (
            ("GET", _OBJECTS, self.list_objects),
            ("POST", _OBJECTS, self.create_object),
            ("GET", f"{_OBJECTS}/<record_id>", self.get_object),
            ("PATCH", f"{_OBJECTS}/<record_id>", self.update_object),
            ("DELETE", f"{_OBJECTS}/<record_id>", self.archive_object),
            ("POST", f"{_OBJECTS}/search", self.search),
            ("POST", f"{_OBJECTS}/batch/read", self.batch_read),
            ("POST", f"{_OBJECTS}/batch/update", self.batch_update),
            ("POST", f"{_OBJECTS}/batch/upsert", self.batch_upsert),
            ("POST", f"{_OBJECTS}/batch/create", self.batch_create),
            ("POST", f"{_OBJECTS}/batch/archive", self.batch_archive),
            ("GET", "/crm/v3/owners", self.list_owners),
            ("GET", _DEFINITIONS, self.list_properties),
            ("POST", _DEFINITIONS, self.create_property),
            ("GET", f"{_DEFINITIONS}/<property_name>", self.get_property),
            ("GET", "/account-info/v3/details", self.account_details),
        )

    def make_table(self, kind: str) -> Table:
        if kind == "properties":
            return Table(lambda r: f"{r['objectType']}/{r['name']}", numeric=False)
        return Table(lambda record: str(record["id"]), numeric=True)

    # -- manners ---------------------------------------------------------------------------

    def admit(self, request: Request) -> None:
        authorization = request.headers.get("Authorization", "")
        if authorization != f"Bearer {self.credentials.get('token')}":
            raise refusal(401, "INVALID_AUTHENTICATION", "The token is missing or not valid")
        now = self.clock.now()
        if _is_search(request):
            if not self._searches.admit(now):
                raise rate_limited("SECONDLY")
        elif not self._burst.admit(now):
            raise rate_limited("TEN_SECONDLY_ROLLING")
        self._spent += 1

    def headers(self, request: Request) -> dict[str, str]:
        if _is_search(request):
            return {}
        return {
            "X-HubSpot-RateLimit-Daily": str(DAILY),
            "X-HubSpot-RateLimit-Daily-Remaining": str(max(0, DAILY - self._spent)),
            "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
            "X-HubSpot-RateLimit-Max": str(self._burst.limit),
            "X-HubSpot-RateLimit-Remaining": str(self._burst.remaining(self.clock.now())),
        }

    def throttled(self, retry_after: float | None) -> Refused:
        return rate_limited("TEN_SECONDLY_ROLLING", retry_after)

    def broken(self) -> Refused:
        return refusal(500, "INTERNAL_ERROR", "internal error")

    def unknown_path(self, request: Request) -> Refused:
        return not_found(f"{request.method} {request.path}")

    def modified_at(self, kind: str, record: Record) -> datetime:  # noqa: ARG002  # one field
        return parse_instant(record["updatedAt"])

    def stamped(self, kind: str, record: Record, at: datetime, *, new: bool) -> Record:
        stamp = hubspot_instant(at)
        whole = {**record, "updatedAt": stamp, **({"createdAt": stamp} if new else {})}
        if kind in MODIFIED_PROPERTY:
            stamps = {MODIFIED_PROPERTY[kind]: stamp, **({"createdate": stamp} if new else {})}
            whole["properties"] = record["properties"] | stamps
        return whole

    def deleted(self, kind: str, record: Record, at: datetime) -> Record:
        whole = self.stamped(kind, record, at, new=False)
        return {**whole, "archived": True, "archivedAt": hubspot_instant(at)}

    def _allow(self, scope: str) -> None:
        granted = self.credentials.get("scopes")
        if granted is not None and scope not in granted:
            raise missing_scope(scope)

    def _object(self, object_type: str, action: str) -> tuple[str, Table]:
        kind = TYPE_IDS.get(object_type, object_type)
        if kind not in MODIFIED_PROPERTY:
            raise invalid(f"Unable to infer object type from: {object_type}")
        self._allow(f"crm.objects.{kind}.{action}")
        return kind, self.tables[kind]

    # -- reading ---------------------------------------------------------------------------

    def list_objects(self, request: Request, object_type: str) -> Response:
        kind, table = self._object(object_type, "read")
        limit = _limit(request, default=10, most=MAX_PAGE)
        archived = request.args.get("archived") == "true"
        rows = (r for r in table.after(_after(request)) if r["archived"] is archived)
        page = list(islice(rows, limit + 1))
        shown = [_view(kind, record, _asked(request)) for record in page[:limit]]
        paging = _paging(request, shown[-1]["id"]) if len(page) > limit else {}
        return json_response({"results": shown, **paging})

    def get_object(self, request: Request, object_type: str, record_id: str) -> Response:
        kind, table = self._object(object_type, "read")
        record = self._existing(table, record_id, archived=request.args.get("archived") == "true")
        return json_response(_view(kind, record, _asked(request)))

    def _existing(self, table: Table, record_id: str, *, archived: bool = False) -> Record:
        record = table.get(record_id)
        if record is None or record["archived"] is not archived:
            raise not_found(f"Object {record_id}")
        return record

    def search(self, request: Request, object_type: str) -> Response:
        kind, table = self._object(object_type, "read")
        body = _body(request)
        search = Search(body, kind, self.definitions)
        found = self._matching(kind, table, search, body)
        end = min(search.after + search.limit, CEILING)
        shown = [_view(kind, r, search.properties) for r in found[search.after : end]]
        paging = {"paging": {"next": {"after": str(end)}}} if end < len(found) else {}
        return json_response({"total": len(found), "results": shown, **paging})

    def _matching(
        self, kind: str, table: Table, search: Search, body: dict[str, Any]
    ) -> list[Record]:
        """The hits of a query, kept while its pages are read and nothing changes."""
        key = json.dumps([kind, body.get("filterGroups"), body.get("sorts"), body.get("query")])
        kept = self._found.get(key)
        if kept is None or kept[0] != table.version:
            if len(self._found) >= 8:
                self._found.clear()
            kept = self._found[key] = (table.version, search.matching(table))
        return kept[1]

    def list_owners(self, request: Request) -> Response:
        self._allow("crm.objects.owners.read")
        limit = _limit(request, default=100, most=MAX_OWNERS)
        archived = request.args.get("archived") == "true"
        email = request.args.get("email")
        rows = (
            owner
            for owner in self.tables["owners"].after(_after(request))
            if owner["archived"] is archived and email in {None, owner["email"]}
        )
        page = list(islice(rows, limit + 1))
        paging = _paging(request, page[limit - 1]["id"]) if len(page) > limit else {}
        return json_response({"results": page[:limit], **paging})

    def account_details(self, request: Request) -> Response:  # noqa: ARG002  # a handler
        details = {
            "portalId": 24_680_135,
            "accountType": "STANDARD",
            "timeZone": "Asia/Tokyo",
            "companyCurrency": "USD",
            "additionalCurrencies": [],
            "utcOffset": "+09:00",
            "utcOffsetMilliseconds": 32_400_000,
            "uiDomain": "app.hubspot.com",
            "dataHostingLocation": "na1",
        }
        return json_response(details)

    def list_properties(self, request: Request, object_type: str) -> Response:  # noqa: ARG002
        kind, _ = self._schema(object_type, "read")
        return json_response({"results": self.definitions.all(kind)})

    def get_property(self, request: Request, object_type: str, property_name: str) -> Response:  # noqa: ARG002
        kind, _ = self._schema(object_type, "read")
        return json_response(self.definitions.one(kind, property_name))

    def create_property(self, request: Request, object_type: str) -> Response:
        kind, _ = self._schema(object_type, "write")
        record = self.definitions.define(kind, _body(request), self.clock.now())
        self.commit([("properties", record)])
        return json_response(self.definitions.one(kind, record["name"]), status=201)

    def _schema(self, object_type: str, action: str) -> tuple[str, Table]:
        kind = TYPE_IDS.get(object_type, object_type)
        if kind not in MODIFIED_PROPERTY:
            raise invalid(f"Unable to infer object type from: {object_type}")
        self._allow(f"crm.schemas.{kind}.{action}")
        return kind, self.tables["properties"]

    # -- writing ---------------------------------------------------------------------------

    def _writer(self, object_type: str) -> tuple[str, BatchWriter]:
        kind, table = self._object(object_type, "write")
        now = self.clock.now()
        return kind, BatchWriter(kind, table, self.definitions, MODIFIED_PROPERTY[kind], now)

    def _finish(self, kind: str, outcome: Outcome, *, status: int = 200) -> Response:
        self.commit([(kind, record) for record, _ in outcome.records])
        results = [{**record, **more} for record, more in outcome.records]
        return self._batch_answer(results, outcome.errors, status=status)

    def _batch_answer(
        self, results: list[Record], errors: list[dict[str, Any]], *, status: int = 200
    ) -> Response:
        at = hubspot_instant(self.clock.now())
        body: dict[str, Any] = {
            "status": "COMPLETE",
            "results": results,
            "startedAt": at,
            "completedAt": at,
        }
        if errors:
            body |= {"numErrors": len(errors), "errors": errors}
        return json_response(body, status=207 if errors else status)

    def batch_update(self, request: Request, object_type: str) -> Response:
        kind, writer = self._writer(object_type)
        return self._finish(kind, writer.update(read_inputs(_body(request))))

    def batch_upsert(self, request: Request, object_type: str) -> Response:
        kind, writer = self._writer(object_type)
        return self._finish(kind, writer.upsert(read_inputs(_body(request))))

    def batch_create(self, request: Request, object_type: str) -> Response:
        kind, writer = self._writer(object_type)
        return self._finish(kind, writer.create(read_inputs(_body(request))), status=201)

    def batch_read(self, request: Request, object_type: str) -> Response:
        kind, table = self._object(object_type, "read")
        body = _body(request)
        inputs = read_inputs(body)
        finder = BatchWriter(
            kind, table, self.definitions, MODIFIED_PROPERTY[kind], self.clock.now()
        )
        by = {"idProperty": body.get("idProperty")}
        found = [(entry, finder.find({**by, **entry})) for entry in inputs]
        views = [_view(kind, r, body.get("properties") or []) for _, r in found if r]
        missing = [str(entry.get("id")) for entry, record in found if record is None]
        return self._batch_answer(views, [_missing(missing)] if missing else [])

    def batch_archive(self, request: Request, object_type: str) -> Response:
        kind, table = self._object(object_type, "write")
        ids = {str(entry.get("id")) for entry in read_inputs(_body(request))}
        live = [r for record_id in sorted(ids) if (r := table.get(record_id)) and not r["archived"]]
        self.commit([(kind, self.deleted(kind, r, self.clock.now())) for r in live])
        return Response(status=204)

    def create_object(self, request: Request, object_type: str) -> Response:
        kind, writer = self._writer(object_type)
        outcome = writer.create(read_inputs({"inputs": [_body(request)]}))
        self.commit([(kind, record) for record, _ in outcome.records])
        return json_response(outcome.records[0][0], status=201)

    def update_object(self, request: Request, object_type: str, record_id: str) -> Response:
        kind, writer = self._writer(object_type)
        self._existing(self.tables[kind], record_id)
        outcome = writer.update(read_inputs({"inputs": [{**_body(request), "id": record_id}]}))
        self.commit([(kind, record) for record, _ in outcome.records])
        return json_response(outcome.records[0][0])

    def archive_object(self, request: Request, object_type: str, record_id: str) -> Response:  # noqa: ARG002
        kind, table = self._object(object_type, "write")
        record = table.get(record_id)
        if record and not record["archived"]:
            self.commit([(kind, self.deleted(kind, record, self.clock.now()))])
        return Response(status=204)


def _is_search(request: Request) -> bool:
    return request.path.endswith("/search")


def _body(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(request.get_data() or b"{}")
    except ValueError as error:
        raise invalid("The body is not valid JSON") from error
    if not isinstance(body, dict):
        raise invalid("The body must be an object")
    return body


def _limit(request: Request, *, default: int, most: int) -> int:
    text = request.args.get("limit", str(default))
    if not text.isdigit() or not 1 <= int(text) <= most:
        raise invalid(f"limit must lie between 1 and {most}, got {text!r}")
    return int(text)


def _after(request: Request) -> str | None:
    after = request.args.get("after")
    if after and not after.isdigit():
        raise invalid(f"after {after!r} is not a paging cursor")
    return after or None


def _asked(request: Request) -> list[str]:
    """The properties named in the query, comma-separated or repeated."""
    values = request.args.getlist("properties")
    return [name.strip() for value in values for name in value.split(",") if name.strip()]


def _view(kind: str, record: Record, asked: list[str] | None) -> Record:
    names = (
        asked or SHOWN_BY_DEFAULT[kind],
        ("createdate", MODIFIED_PROPERTY[kind], "hs_object_id"),
    )
    wanted = dict.fromkeys(name for family in names for name in family)
    return {**record, "properties": {name: record["properties"].get(name) for name in wanted}}


def _paging(request: Request, last_id: str) -> dict[str, Any]:
    query = urlencode({**request.args.to_dict(), "after": last_id})
    return {"paging": {"next": {"after": last_id, "link": f"{request.base_url}?{query}"}}}


def _missing(ids: list[str]) -> dict[str, Any]:
    return {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "message": "Some records were not found",
        "context": {"ids": ids},
    }


VENDOR = HubSpot
