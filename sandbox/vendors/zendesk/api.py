"""Zendesk's Support API: incremental exports, lists, single records, counts and a ticket's past."""

import base64
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import ClassVar

from werkzeug.wrappers import Request, Response

from sandbox.instants import parse_instant, zendesk_instant
from sandbox.store import Change, Record, Table
from sandbox.throttle import Throttle
from sandbox.vendor import Handler, Refused, Setting, Vendor, json_response
from sandbox.vendors.zendesk.deletions import Deletions
from sandbox.vendors.zendesk.desk import Desk
from sandbox.vendors.zendesk.errors import not_found, refusal
from sandbox.vendors.zendesk.exports import INCREMENTAL, Exports
from sandbox.vendors.zendesk.happenings import event_of
from sandbox.vendors.zendesk.jobs import Jobs
from sandbox.vendors.zendesk.paging import After, listing

SINGULAR = {"organizations": "organization", "users": "user", "tickets": "ticket"}
_KIND = "/api/v2/<any(organizations, users, tickets):kind>"
_FIRST_EVENT, _EVENT_STEP = 100_000_000_000, 16


class Zendesk(Vendor):
    """One account, opened with an agent's API token or with an OAuth token."""

    name = "zendesk"
    fragile = "created_at"
    kinds = (
        "organizations",
        "users",
        "tickets",
        "ticket_details",
        "ticket_events",
        "satisfaction_ratings",
        "schedules",
        "holidays",
        "ticket_fields",
        "user_fields",
        "organization_fields",
        "organization_merges",
    )
    mishaps: ClassVar[tuple[str, ...]] = ("stuck_second",)

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        minute = timedelta(minutes=1)
        self._account = Throttle(self.limits.get("per_minute", 700), minute)
        self._exported = Throttle(self.limits.get("incremental_per_minute", 10), minute)
        self._users = Throttle(self.limits.get("incremental_users_per_minute", 20), minute)

    def routes(self) -> Iterable[tuple[str, str, Handler]]:
        self.desk = Desk(self.tables, self.clock)
        self.exports = Exports(self.tables, self.clock, self.desk.shown)
        self.jobs = Jobs(self.tables, self.clock, self.commit, self.stamped, self.desk.shown)
        paths: tuple[tuple[str, Handler], ...] = (
            (f"{INCREMENTAL}/<any(users, tickets):kind>/cursor", self.exports.by_cursor),
            (
                f"{INCREMENTAL}/<any(organizations, users, tickets, ticket_events):kind>",
                self.exports.by_time,
            ),
            (f"{INCREMENTAL}/ticket_metric_events", self.desk.metric_events),
            (f"{_KIND}/count", self.count),
            ("/api/v2/users/me", self.show_me),
            (_KIND, self.list_records),
            (f"{_KIND}/<int:record_id>", self.show),
        )
        own = [
            ("GET", f"{path}{ending}", handler)
            for path, handler in paths
            for ending in ("", ".json")
        ]
        ends = Deletions(self.tables["users"], self.clock, self.commit, self.deleted)
        return [*own, *self.jobs.routes(), *self.desk.routes(), *ends.routes()]

    def make_table(self, kind: str) -> Table:
        return Table(lambda record: str(record["id"]), numeric=kind != "organization_merges")

    # -- manners ---------------------------------------------------------------------------

    def admit(self, request: Request) -> None:
        if not self._knows(request):
            raise refusal(401, "Couldn't authenticate you")
        now = self.clock.now()
        for throttle in self._throttles(request):
            if not throttle.admit(now):
                raise self.throttled(int(throttle.wait(now)) + 1)

    def _knows(self, request: Request) -> bool:
        authorization = request.headers.get("Authorization", "")
        token, email = self.credentials.get("token"), self.credentials.get("email")
        basic = base64.b64encode(f"{email}/token:{token}".encode()).decode()
        return authorization in {f"Bearer {token}", f"Basic {basic}"}

    def _throttles(self, request: Request) -> list[Throttle]:
        own = self._own_throttle(request)
        return [self._account] if own is None else [own[1], self._account]

    def _own_throttle(self, request: Request) -> tuple[str, Throttle] | None:
        """The limit that exports have beside the account's, and what its header is called."""
        if f"{INCREMENTAL}/users/cursor" in request.path:
            return "incremental-exports-cursor", self._users
        return ("incremental-exports", self._exported) if INCREMENTAL in request.path else None

    def headers(self, request: Request) -> dict[str, str]:
        """The account's limit under two names, and the exports' own limit on exports."""
        now = self.clock.now()
        limit, left = str(self._account.limit), str(self._account.remaining(now))
        shown = {
            "X-Rate-Limit": limit,
            "X-Rate-Limit-Remaining": left,
            "ratelimit-limit": limit,
            "ratelimit-remaining": left,
            "ratelimit-reset": str(int(self._account.wait(now)) + 1),
        }
        if found := self._own_throttle(request):
            name, own = found
            left, resets = str(own.remaining(now)), int(own.wait(now)) + 1
            shown[f"zendesk-ratelimit-{name}"] = (
                f"total={own.limit}; remaining={left}; resets={resets}"
            )
        return shown

    def throttled(self, retry_after: float | None) -> Refused:
        refused = refusal(429, "APIRateLimitExceeded", "Too many requests in this minute.")
        refused.headers["Retry-After"] = f"{60 if retry_after is None else retry_after:g}"
        return refused

    def broken(self) -> Refused:
        return refusal(500, "InternalError", "Something went wrong.")

    def mishap(self, kind: str, request: Request) -> Response | None:  # noqa: ARG002  # only one
        self.exports.stuck = 1
        return None

    def unknown_path(self, request: Request) -> Refused:
        return refusal(404, "InvalidEndpoint", f"Not found: {request.method} {request.path}")

    def modified_at(self, kind: str, record: Record) -> datetime:
        return parse_instant(record["created_at" if kind == "ticket_events" else "updated_at"])

    def stamped(self, kind: str, record: Record, at: datetime, *, new: bool) -> Record:
        stamp = zendesk_instant(at)
        if kind == "ticket_events":
            return {**record, "created_at": stamp, "timestamp": int(at.timestamp())}
        whole = {**record, "updated_at": stamp, **({"created_at": stamp} if new else {})}
        if kind == "tickets":
            whole["generated_timestamp"] = int(at.timestamp())
        return whole

    def deleted(self, kind: str, record: Record, at: datetime) -> Record:
        whole = self.stamped(kind, record, at, new=False)
        if kind == "tickets":
            return {**whole, "status": "deleted"}
        if kind == "users":
            return {**whole, "active": False}
        return {**whole, "deleted_at": zendesk_instant(at)}

    def live_a_day(self, began: datetime, as_of: datetime) -> tuple[list[Change], int, int]:
        """The next day's changes, with the ticket events that they leave behind."""
        changes, added, changed = super().live_a_day(began, as_of)
        written = list(changes)
        event_id = self.tables["ticket_events"].highest_number() or _FIRST_EVENT
        for change in changes:
            if change.kind != "tickets":
                continue
            event_id += _EVENT_STEP
            before = self.tables["tickets"].get(str(change.record["id"]))
            event = event_of(event_id, before, change.record)
            if event is not None:
                written.append(Change(self.name, "ticket_events", event))
        return written, added, changed

    # -- lists and records -----------------------------------------------------------------

    def _listed(self, kind: str, request: Request) -> After:
        def after(record_id: str | None) -> Iterable[Record]:
            rows = self.tables[kind].after(record_id)
            return (self.desk.shown(row, request) for row in rows if self.desk.is_listed(kind, row))

        return after

    def list_records(self, request: Request, kind: str) -> Response:
        return json_response(listing(request, kind, self._listed(kind, request)))

    def count(self, request: Request, kind: str) -> Response:  # noqa: ARG002  # a handler
        table = self.tables[kind]
        return self.desk.counted(sum(self.desk.is_listed(kind, record) for record in table))

    def show(self, request: Request, kind: str, record_id: int) -> Response:
        record = self.tables[kind].get(str(record_id))
        if record is None or record.get("status") == "deleted" or "deleted_at" in record:
            raise not_found()
        return json_response({SINGULAR[kind]: self.desk.shown(record, request)})

    def show_me(self, request: Request) -> Response:  # noqa: ARG002  # a handler
        email = self.credentials.get("email")
        staff: Iterable[Record] = (u for u in self.tables["users"] if u["role"] != "end-user")
        known = list(staff)
        mine = next((user for user in known if user["email"] == email), None)
        return json_response({"user": mine or (known[0] if known else None)})


VENDOR = Zendesk
