"""HubSpot's CRM API v3: a portal's tables and manners, and the calls on its objects."""

import json
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from werkzeug.wrappers import Request, Response

from sandbox.instants import hubspot_instant, parse_instant
from sandbox.store import Change, Record, Table
from sandbox.throttle import Throttle
from sandbox.vendor import Handler, Refused, Setting, Vendor, json_response
from sandbox.vendors.hubspot.associations import PRIMARY, Associations
from sandbox.vendors.hubspot.batch import BatchWriter, Outcome, read_inputs
from sandbox.vendors.hubspot.errors import invalid, missing_scope, not_found, rate_limited, refusal
from sandbox.vendors.hubspot.histories import Histories
from sandbox.vendors.hubspot.lifecycle import Endings, is_gone
from sandbox.vendors.hubspot.lists import Lists
from sandbox.vendors.hubspot.marketing import Marketing
from sandbox.vendors.hubspot.oauth import OAuth
from sandbox.vendors.hubspot.paging import (
    after_of,
    body_of,
    flag_of,
    limit_of,
    names_of,
    paging,
)
from sandbox.vendors.hubspot.portal import TYPE_IDS, Portal
from sandbox.vendors.hubspot.properties import (
    CREATED_PROPERTY,
    CUSTOM_OBJECT,
    ENGAGEMENTS,
    MODIFIED_PROPERTY,
    Definitions,
)
from sandbox.vendors.hubspot.search import CEILING, Matches, Search

SHOWN_BY_DEFAULT = {
    "companies": ("name", "domain"),
    "contacts": ("firstname", "lastname", "email"),
    "deals": ("dealname", "amount", "dealstage", "pipeline", "closedate"),
}
MAX_PAGE, MAX_PAGE_WITH_HISTORY = 100, 50
# A longer query is refused before anybody reads it.
MAX_QUERY = 16_000
# How far the search index lies behind while the fault `index_delay` strikes.
INDEX_DELAY = timedelta(minutes=5)
DAILY = 650_000
_OBJECTS = "/crm/v3/objects/<object_type>"
_KEYS: dict[str, Callable[[Record], str]] = {
    "properties": lambda r: f"{r['objectType']}/{r['name']}",
    "pipelines": lambda r: f"{r['objectType']}/{r['id']}",
    "extras": lambda r: f"{r['objectType']}/{r['id']}",
    "histories": lambda r: str(r["id"]),
    "email_events": lambda r: f"{r['id']}/{r['created']}",
    "form_submissions": lambda r: str(r["conversionId"]),
    "lists": lambda r: str(r["listId"]),
    "list_memberships": lambda r: f"{r['listId']}/{r['recordId']}",
    "associations": lambda r: str(r["id"]),
    "forms": lambda r: str(r["id"]),
    "campaigns": lambda r: str(r["id"]),
}
# Where records without `updatedAt` say when they were made, in epoch milliseconds or as text.
_EPOCHS = {"email_events": "created", "form_submissions": "submittedAt"}
_STAMPS = {"list_memberships": "membershipTimestamp"}


class HubSpot(Vendor):
    """One portal, opened with a private app's token or an OAuth app's."""

    name = "hubspot"
    fragile = "properties"
    mishaps = ("index_delay", "daily_limit")
    kinds = (*MODIFIED_PROPERTY, "owners", *_KEYS, "marketing_emails")

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        self.definitions = Definitions(self.tables["properties"])
        self._histories = Histories(self.tables["histories"])
        ten_seconds, second = timedelta(seconds=10), timedelta(seconds=1)
        self._burst = Throttle(self.limits.get("per_ten_seconds", 190), ten_seconds)
        self._searches = Throttle(self.limits.get("searches_per_second", 5), second)
        self._spent = 0
        self._index_delay = timedelta(0)
        self._found: dict[str, tuple[object, list[Record]]] = {}
        for extra in self.tables["extras"]:
            self._add_values(extra)

    def _add_values(self, extra: Record) -> None:
        """Custom properties are kept apart from the records they belong to."""
        table = self.tables[extra["objectType"]]
        record = table.get(extra["id"])
        if record is not None and extra.get("properties"):
            table.put({**record, "properties": record["properties"] | extra["properties"]})

    def routes(self) -> Iterable[tuple[str, str, Handler]]:
        self.oauth, links = OAuth(self), Associations(self)
        desks = (Portal(self), Endings(self, links), links, Lists(self), Marketing(self))
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
            *(route for desk in desks for route in desk.routes()),
            *self.oauth.routes(),
        )

    def make_table(self, kind: str) -> Table:
        return Table(_KEYS.get(kind, lambda record: str(record["id"])), numeric=kind not in _KEYS)

    # -- manners ---------------------------------------------------------------------------

    def admit(self, request: Request) -> None:
        if self.oauth.is_token_request(request):
            return
        if not self.oauth.lets_in(request.headers.get("Authorization", "")):
            raise refusal(401, "INVALID_AUTHENTICATION", "The token is missing or not valid")
        if len(request.query_string) > MAX_QUERY:
            raise refusal(414, "VALIDATION_ERROR", "The address is too long")
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
        left = max(0, DAILY - self._spent)
        daily = {
            "X-HubSpot-RateLimit-Daily": str(DAILY),
            "X-HubSpot-RateLimit-Daily-Remaining": str(left),
        }
        return {
            # Apps that come in by OAuth are not told of the day.
            **({} if self.oauth.is_used(request) else daily),
            "X-HubSpot-RateLimit-Interval-Milliseconds": "10000",
            "X-HubSpot-RateLimit-Max": str(self._burst.limit),
            "X-HubSpot-RateLimit-Remaining": str(self._burst.remaining(self.clock.now())),
        }

    def throttled(self, retry_after: float | None) -> Refused:
        return rate_limited("TEN_SECONDLY_ROLLING", retry_after)

    def broken(self) -> Refused:
        return refusal(500, "INTERNAL_ERROR", "internal error")

    def mishap(self, kind: str, request: Request) -> Response | None:  # noqa: ARG002
        if kind == "daily_limit":
            return rate_limited("DAILY").response()
        self._index_delay = INDEX_DELAY
        return None

    def expire_tokens(self) -> None:
        self.oauth.expire()

    def unknown_path(self, request: Request) -> Refused:
        return not_found(f"{request.method} {request.path}")

    def modified_at(self, kind: str, record: Record) -> datetime:
        if kind in _EPOCHS:
            return datetime.fromtimestamp(record[_EPOCHS[kind]] / 1_000, self.clock.now().tzinfo)
        return parse_instant(record[_STAMPS.get(kind, "updatedAt")])

    def stamped(self, kind: str, record: Record, at: datetime, *, new: bool) -> Record:
        stamp = hubspot_instant(at)
        if kind in _EPOCHS:
            return {**record, _EPOCHS[kind]: int(at.timestamp() * 1_000)}
        if kind in _STAMPS:
            return {**record, _STAMPS[kind]: stamp}
        whole = {**record, "updatedAt": stamp, **({"createdAt": stamp} if new else {})}
        if kind in MODIFIED_PROPERTY:
            created = {CREATED_PROPERTY[kind]: stamp} if new else {}
            whole["properties"] = record["properties"] | {MODIFIED_PROPERTY[kind]: stamp, **created}
        return whole

    def deleted(self, kind: str, record: Record, at: datetime) -> Record:
        whole = self.stamped(kind, record, at, new=False)
        return {**whole, "archived": True, "archivedAt": hubspot_instant(at)}

    def apply(self, changes: Iterable[Change]) -> None:
        for change in changes:
            if change.vendor == self.name and change.kind in MODIFIED_PROPERTY:
                before = self.tables[change.kind].get(str(change.record["id"]))
                self._histories.note(change.kind, before, change.record)
            super().apply([change])

    # -- what the desks share ----------------------------------------------------------------

    def allow(self, *scopes: str) -> None:
        """Let the caller go on who has one of these scopes."""
        granted = self.credentials.get("scopes")
        if granted is not None and not set(scopes) & set(granted):
            raise missing_scope(scopes[0])

    def kind_of(self, object_type: str) -> str:
        return TYPE_IDS.get(object_type, object_type)

    def scope(self, kind: str, action: str) -> str:
        # Activities have no scopes of their own.
        whose = {CUSTOM_OBJECT: "custom", **dict.fromkeys(ENGAGEMENTS, "contacts")}.get(kind, kind)
        return f"crm.objects.{whose}.{action}"

    def object_of(self, object_type: str, action: str) -> tuple[str, Table]:
        """The object and its table, for a caller who may do this to it."""
        kind = self.kind_of(object_type)
        if kind not in MODIFIED_PROPERTY:
            raise invalid(f"Unable to infer object type from: {object_type}")
        self.allow(self.scope(kind, action))
        return kind, self.tables[kind]

    def is_live(self, kind: str, record_id: str) -> bool:
        record = self.tables[kind].get(record_id)
        return record is not None and not record["archived"]

    def existing(self, kind: str, record_id: str, *, archived: bool = False) -> Record:
        """A record by its id; the id of a merged one leads to what it became."""
        record = self.tables[kind].get(record_id)
        while record is not None and "mergedInto" in record:
            record = self.tables[kind].get(record["mergedInto"])
        if record is None or is_gone(record) or record["archived"] is not archived:
            raise not_found(f"Object {record_id}")
        return record

    def forget_primary(self, record: tuple[str, str], company: tuple[str, str]) -> None:
        """Empty the property that stood for an association that is no more."""
        kind, record_id = record
        name, held = PRIMARY.get(kind), self.tables[kind].get(record_id)
        if name and held and company == ("companies", held["properties"].get(name)):
            # HubSpot does not move the modification stamp for this.
            self.commit([(kind, {**held, "properties": held["properties"] | {name: None}})])

    def remembered(
        self, key: str, kinds: Iterable[str], make: Callable[[], list[Record]]
    ) -> list[Record]:
        """What `make` finds, kept while its pages are read and nothing changes."""
        version = tuple(self.tables[kind].version for kind in kinds)
        kept = self._found.get(key)
        if kept is None or kept[0] != version:
            if len(self._found) >= 32:
                self._found.clear()
            kept = self._found[key] = (version, make())
        return kept[1]

    def batch_answer(
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

    # -- reading ---------------------------------------------------------------------------

    def list_objects(self, request: Request, object_type: str) -> Response:
        kind, table = self.object_of(object_type, "read")
        past = names_of(request, "propertiesWithHistory")
        limit = limit_of(request, default=10, most=MAX_PAGE_WITH_HISTORY if past else MAX_PAGE)
        archived = flag_of(request, "archived")
        rows = (
            r
            for r in table.after(after_of(request))
            if r["archived"] is archived and not is_gone(r)
        )
        page = list(islice(rows, limit + 1))
        shown = [self._view(kind, r, names_of(request, "properties"), past) for r in page[:limit]]
        more = paging(request, shown[-1]["id"]) if len(page) > limit else {}
        return json_response({"results": shown, **more})

    def get_object(self, request: Request, object_type: str, record_id: str) -> Response:
        kind, _ = self.object_of(object_type, "read")
        record = self.existing(kind, record_id, archived=flag_of(request, "archived"))
        past = names_of(request, "propertiesWithHistory")
        return json_response(self._view(kind, record, names_of(request, "properties"), past))

    def _view(
        self, kind: str, record: Record, asked: list[str] | None, past: Iterable[str] = ()
    ) -> Record:
        standing = (CREATED_PROPERTY[kind], MODIFIED_PROPERTY[kind], "hs_object_id")
        names = [*(asked or SHOWN_BY_DEFAULT.get(kind, ())), *standing]
        values = {name: record["properties"].get(name) for name in dict.fromkeys(names)}
        return {**record, "properties": values, **self._histories.shown(kind, record, past)}

    def search(self, request: Request, object_type: str) -> Response:
        kind, table = self.object_of(object_type, "read")
        delay, self._index_delay = self._index_delay, timedelta(0)
        body = body_of(request)
        search = Search(body, kind, self.definitions)
        key = json.dumps([kind, body.get("filterGroups"), body.get("sorts"), body.get("query")])
        found: list[Record] = self.remembered(key, (kind,), lambda: search.matching(table))
        total = found.total if isinstance(found, Matches) else len(found)
        if delay:
            latest = hubspot_instant(self.clock.now() - delay)
            found = [record for record in found if record["updatedAt"] <= latest]
            total = len(found)
        end = min(search.after + search.limit, CEILING)
        shown = [self._view(kind, r, search.properties) for r in found[search.after : end]]
        more = {"paging": {"next": {"after": str(end)}}} if end < len(found) else {}
        return json_response({"total": total, "results": shown, **more})

    def batch_read(self, request: Request, object_type: str) -> Response:
        kind, table = self.object_of(object_type, "read")
        body = body_of(request)
        past = body.get("propertiesWithHistory") or []
        inputs = read_inputs(body, MAX_PAGE_WITH_HISTORY if past else MAX_PAGE)
        modified, now = MODIFIED_PROPERTY[kind], self.clock.now()
        finder = BatchWriter(kind, table, self.definitions, modified, now)
        by = {"idProperty": body.get("idProperty")}
        found = [(entry, finder.find({**by, **entry})) for entry in inputs]
        if flag_of(request, "archived"):
            found = [(entry, table.get(str(entry.get("id")))) for entry in inputs]
        views = [self._view(kind, r, body.get("properties") or [], past) for _, r in found if r]
        missing = [str(entry.get("id")) for entry, record in found if record is None]
        return self.batch_answer(views, [_missing(missing)] if missing else [])

    # -- writing ---------------------------------------------------------------------------

    def _writer(self, object_type: str) -> tuple[str, BatchWriter]:
        kind, table = self.object_of(object_type, "write")
        now = self.clock.now()
        return kind, BatchWriter(kind, table, self.definitions, MODIFIED_PROPERTY[kind], now)

    def _finish(self, kind: str, outcome: Outcome, *, status: int = 200) -> Response:
        self.commit([(kind, record) for record, _ in outcome.records])
        results = [{**record, **more} for record, more in outcome.records]
        return self.batch_answer(results, outcome.errors, status=status)

    def batch_update(self, request: Request, object_type: str) -> Response:
        kind, writer = self._writer(object_type)
        return self._finish(kind, writer.update(read_inputs(body_of(request))))

    def batch_upsert(self, request: Request, object_type: str) -> Response:
        kind, writer = self._writer(object_type)
        return self._finish(kind, writer.upsert(read_inputs(body_of(request))))

    def batch_create(self, request: Request, object_type: str) -> Response:
        kind, writer = self._writer(object_type)
        return self._finish(kind, writer.create(read_inputs(body_of(request))), status=201)

    def batch_archive(self, request: Request, object_type: str) -> Response:
        kind, table = self.object_of(object_type, "write")
        ids = {str(entry.get("id")) for entry in read_inputs(body_of(request))}
        live = [r for record_id in sorted(ids) if (r := table.get(record_id)) and not r["archived"]]
        self.commit([(kind, self.deleted(kind, r, self.clock.now())) for r in live])
        return Response(status=204)

    def create_object(self, request: Request, object_type: str) -> Response:
        kind, writer = self._writer(object_type)
        outcome = writer.create(read_inputs({"inputs": [body_of(request)]}))
        self.commit([(kind, record) for record, _ in outcome.records])
        return json_response(outcome.records[0][0], status=201)

    def update_object(self, request: Request, object_type: str, record_id: str) -> Response:
        kind, writer = self._writer(object_type)
        self.existing(kind, record_id)
        outcome = writer.update(read_inputs({"inputs": [{**body_of(request), "id": record_id}]}))
        self.commit([(kind, record) for record, _ in outcome.records])
        return json_response(outcome.records[0][0])

    def archive_object(self, request: Request, object_type: str, record_id: str) -> Response:  # noqa: ARG002
        kind, table = self.object_of(object_type, "write")
        record = table.get(record_id)
        if record and not record["archived"]:
            self.commit([(kind, self.deleted(kind, record, self.clock.now()))])
        return Response(status=204)


def _is_search(request: Request) -> bool:
    path = request.path
    return "/crm/v3/objects/" in path and path.endswith("/search")


def _missing(ids: list[str]) -> dict[str, Any]:
    return {
        "status": "error",
        "category": "OBJECT_NOT_FOUND",
        "message": "Some records were not found",
        "context": {"ids": ids},
    }


VENDOR = HubSpot
