"""Zendesk's Support API: incremental exports, lists, single records and counts."""

import base64
import binascii
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from werkzeug.wrappers import Request, Response

from sandbox.instants import epoch_seconds, parse_instant, zendesk_instant
from sandbox.store import Record, Table
from sandbox.throttle import Throttle
from sandbox.vendor import Handler, Refused, Setting, Vendor, json_response

MAX_EXPORT, MAX_PAGE, OFFSET_CEILING = 1_000, 100, 10_000
EXCLUDED_SECONDS = 60
ARCHIVED_AFTER = timedelta(days=120)
SINGULAR = {"organizations": "organization", "users": "user", "tickets": "ticket"}
_KIND = "/api/v2/<any(organizations, users, tickets):kind>"
_INCREMENTAL = "/api/v2/incremental"

Position = tuple[int, int]


def refusal(status: int, error: object, description: str | None = None) -> Refused:
    return Refused(
        status, {"error": error, **({"description": description} if description else {})}
    )


def invalid(message: str) -> Refused:
    return refusal(400, {"title": "Invalid attribute", "message": message})


class Zendesk(Vendor):
    """One account, opened with an agent's API token."""

    name = "zendesk"
    fragile = "created_at"
    kinds = ("organizations", "users", "tickets")

    def __init__(self, setting: Setting) -> None:
        super().__init__(setting)
        minute = timedelta(minutes=1)
        self._account = Throttle(self.limits.get("per_minute", 700), minute)
        self._exports = Throttle(self.limits.get("incremental_per_minute", 10), minute)
        self._orders: dict[str, tuple[int, list[Position]]] = {}

    def routes(self) -> Iterable[tuple[str, str, Handler]]:
        cursor = f"{_INCREMENTAL}/<any(users, tickets):kind>/cursor"
        return (
            ("GET", cursor, self.export_by_cursor),
            ("GET", f"{cursor}.json", self.export_by_cursor),
            ("GET", f"{_INCREMENTAL}/organizations", self.export_organizations),
            ("GET", f"{_INCREMENTAL}/organizations.json", self.export_organizations),
            ("GET", f"{_KIND}/count", self.count),
            ("GET", f"{_KIND}/count.json", self.count),
            ("GET", "/api/v2/users/me", self.show_me),
            ("GET", "/api/v2/users/me.json", self.show_me),
            ("GET", _KIND, self.list_records),
            ("GET", f"{_KIND}.json", self.list_records),
            ("GET", f"{_KIND}/<int:record_id>", self.show),
            ("GET", f"{_KIND}/<int:record_id>.json", self.show),
        )

    def make_table(self, kind: str) -> Table:  # noqa: ARG002  # alike for all
        return Table(lambda record: str(record["id"]), numeric=True)

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
        is_export = _INCREMENTAL in request.path
        return [self._exports, self._account] if is_export else [self._account]

    def headers(self, request: Request) -> dict[str, str]:
        throttle = self._throttles(request)[0]
        now = self.clock.now()
        limit, left = str(throttle.limit), str(throttle.remaining(now))
        return {
            "X-Rate-Limit": limit,
            "X-Rate-Limit-Remaining": left,
            "ratelimit-limit": limit,
            "ratelimit-remaining": left,
            "ratelimit-reset": str(int(throttle.wait(now)) + 1),
        }

    def throttled(self, retry_after: float | None) -> Refused:
        refused = refusal(429, "APIRateLimitExceeded", "Too many requests in this minute.")
        refused.headers["Retry-After"] = f"{60 if retry_after is None else retry_after:g}"
        return refused

    def broken(self) -> Refused:
        return refusal(500, "InternalError", "Something went wrong.")

    def unknown_path(self, request: Request) -> Refused:
        return refusal(404, "InvalidEndpoint", f"Not found: {request.method} {request.path}")

    def modified_at(self, kind: str, record: Record) -> datetime:  # noqa: ARG002  # one field
        return parse_instant(record["updated_at"])

    def stamped(self, kind: str, record: Record, at: datetime, *, new: bool) -> Record:
        stamp = zendesk_instant(at)
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

    # -- exports ---------------------------------------------------------------------------

    def _order(self, kind: str) -> list[Position]:
        """(changed, id) of every record in export order."""
        table = self.tables[kind]
        kept = self._orders.get(kind)
        if kept is None or kept[0] != table.version:
            positions = sorted((_changed(kind, record), int(record["id"])) for record in table)
            kept = self._orders[kind] = (table.version, positions)
        return kept[1]

    def _horizon(self) -> int:
        """The first second that exports do not show yet."""
        return int(self.clock.now().timestamp()) - EXCLUDED_SECONDS + 1

    def export_by_cursor(self, request: Request, kind: str) -> Response:
        size = _page_size(request, "per_page", MAX_EXPORT)
        order, horizon = self._order(kind), (self._horizon(), 0)
        start = self._cursor_or_start(request)
        first = bisect_right(order, start)
        last = bisect_left(order, horizon)
        page = order[first : min(first + size, last)]
        cursor = _encode(page[-1] if page else start)
        query = urlencode({"cursor": cursor, "per_page": size})
        body = {
            kind: [self.tables[kind].get(str(record_id)) for _, record_id in page],
            "after_url": f"{request.base_url}?{query}",
            "after_cursor": cursor,
            "before_url": None,
            "before_cursor": None,
            "end_of_stream": first + size >= last,
        }
        return json_response(body)

    def _cursor_or_start(self, request: Request) -> Position:
        """The position behind which the page begins."""
        cursor = request.args.get("cursor")
        return _decode(cursor) if cursor else (self._start_time(request), -1)

    def _start_time(self, request: Request) -> int:
        text = request.args.get("start_time", "")
        if not text.isdigit():
            raise invalid("start_time is required: seconds since 1970")
        if int(text) >= self._horizon():
            message = "start_time must lie at least one minute back"
            raise refusal(400, "StartTimeTooRecent", message)
        return int(text)

    def export_organizations(self, request: Request) -> Response:
        """Time-based: the next page starts at the last second shown, so its rows come again."""
        size = _page_size(request, "per_page", MAX_EXPORT)
        since = self._start_time(request)
        order = self._order("organizations")
        first, last = bisect_left(order, (since, -1)), bisect_left(order, (self._horizon(), 0))
        end = min(_whole_seconds(order, first, first + size), last)
        page = order[first:end]
        end_time = page[-1][0] if page else None
        query = urlencode({"start_time": end_time, "per_page": size})
        rows = [self.tables["organizations"].get(str(record_id)) for _, record_id in page]
        body = {
            "organizations": rows,
            "count": len(page),
            "end_time": end_time,
            "next_page": f"{request.base_url}?{query}" if page else None,
            "end_of_stream": end >= last,
        }
        return json_response(body)

    # -- lists and records -----------------------------------------------------------------

    def _is_listed(self, kind: str, record: Record) -> bool:
        """Deleted records leave the lists, and so do tickets archived long after closing."""
        if kind == "users":
            return bool(record["active"])
        if kind == "organizations":
            return "deleted_at" not in record
        if record["status"] == "closed":
            return parse_instant(record["updated_at"]) > self.clock.now() - ARCHIVED_AFTER
        return bool(record["status"] != "deleted")

    def list_records(self, request: Request, kind: str) -> Response:
        if "page[size]" in request.args or "page[after]" in request.args:
            return self._list_by_cursor(request, kind)
        return self._list_by_offset(request, kind)

    def _list_by_cursor(self, request: Request, kind: str) -> Response:
        size = _page_size(request, "page[size]", MAX_PAGE)
        after = request.args.get("page[after]")
        rows = self.tables[kind].after(str(_decode(after)[1]) if after else None)
        found = list(islice((r for r in rows if self._is_listed(kind, r)), size + 1))
        page, has_more = found[:size], len(found) > size
        cursor = _encode((0, page[-1]["id"])) if page else None
        query = urlencode({"page[size]": size, "page[after]": cursor})
        body = {
            kind: page,
            "meta": {"has_more": has_more, "after_cursor": cursor, "before_cursor": after},
            "links": {"prev": None, "next": f"{request.base_url}?{query}" if has_more else None},
        }
        return json_response(body)

    def _list_by_offset(self, request: Request, kind: str) -> Response:
        size = _page_size(request, "per_page", MAX_PAGE)
        number = request.args.get("page", "1")
        if not number.isdigit() or int(number) < 1 or int(number) * size > OFFSET_CEILING:
            raise invalid(f"page {number} lies outside the first {OFFSET_CEILING} records")
        listed = [r for r in self.tables[kind] if self._is_listed(kind, r)]
        start = (int(number) - 1) * size
        following = urlencode({"page": int(number) + 1, "per_page": size})
        preceding = urlencode({"page": int(number) - 1, "per_page": size})
        body = {
            kind: listed[start : start + size],
            "count": len(listed),
            "next_page": f"{request.base_url}?{following}" if start + size < len(listed) else None,
            "previous_page": f"{request.base_url}?{preceding}" if start else None,
        }
        return json_response(body)

    def count(self, request: Request, kind: str) -> Response:  # noqa: ARG002  # a handler
        value = sum(self._is_listed(kind, record) for record in self.tables[kind])
        at = zendesk_instant(self.clock.now())
        return json_response({"count": {"value": value, "refreshed_at": at}})

    def show(self, request: Request, kind: str, record_id: int) -> Response:  # noqa: ARG002
        record = self.tables[kind].get(str(record_id))
        if record is None or record.get("status") == "deleted" or "deleted_at" in record:
            raise refusal(404, "RecordNotFound", "Not found")
        return json_response({SINGULAR[kind]: record})

    def show_me(self, request: Request) -> Response:  # noqa: ARG002  # a handler
        email = self.credentials.get("email")
        staff: Iterable[Record] = (u for u in self.tables["users"] if u["role"] != "end-user")
        known = list(staff)
        mine = next((user for user in known if user["email"] == email), None)
        return json_response({"user": mine or (known[0] if known else None)})


def _changed(kind: str, record: Record) -> int:
    """Tickets move on `generated_timestamp`, which system updates bump too."""
    if kind == "tickets":
        return int(record["generated_timestamp"])
    return epoch_seconds(record["updated_at"])


def _whole_seconds(order: list[Position], first: int, end: int) -> int:
    """The end of a page that splits no second and, with rows left, gets past its first one.

    Without this, more rows in one second than fit a page would be shown for ever.
    """
    if end >= len(order):
        return len(order)
    last_second = order[end - 1][0]
    if last_second == order[first][0]:
        last_second = order[min(bisect_left(order, (last_second + 1, -1)), len(order) - 1)][0]
    return bisect_left(order, (last_second + 1, -1))


def _page_size(request: Request, name: str, most: int) -> int:
    text = request.args.get(name, str(most))
    if not text.isdigit() or not 1 <= int(text) <= most:
        raise invalid(f"{name} must lie between 1 and {most}, got {text!r}")
    return int(text)


def _encode(position: tuple[Any, Any]) -> str:
    return base64.urlsafe_b64encode(f"{position[0]}||{position[1]}".encode()).decode()


def _decode(cursor: str) -> Position:
    try:
        changed, _, record_id = base64.urlsafe_b64decode(cursor).decode().partition("||")
        return int(changed), int(record_id)
    except (binascii.Error, ValueError) as error:
        raise invalid(f"{cursor!r} is not a cursor") from error


VENDOR = Zendesk
