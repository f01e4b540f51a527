"""Zendesk's incremental exports: by cursor, and by time with its repeated boundary second."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlencode

from werkzeug.wrappers import Request, Response

from sandbox.instants import SandboxClock
from sandbox.store import Record, Table
from sandbox.vendor import json_response
from sandbox.vendors.zendesk.errors import invalid, refusal
from sandbox.vendors.zendesk.paging import Position, decode, encode, page_size
from sandbox.vendors.zendesk.records import changed_at

MAX_EXPORT = 1_000
EXCLUDED_SECONDS = 60
INCREMENTAL = "/api/v2/incremental"
_SCOPES = ("agent", "ai_agent", "all")

# A record as this request wants it shown.
Show = Callable[[Record, Request], Record]


class Exports:
    """Pages over everything that changed, oldest change first."""

    def __init__(self, tables: dict[str, Table], clock: SandboxClock, show: Show) -> None:
        self._tables = tables
        self._clock = clock
        self._show = show
        self._orders: dict[str, tuple[int, list[Position]]] = {}
        # The fault `stuck_second`: the vendor cannot get past a second that is too full.
        self.stuck = 0

    def _order(self, kind: str) -> list[Position]:
        """(changed, id) of every record in export order."""
        table = self._tables[kind]
        kept = self._orders.get(kind)
        if kept is None or kept[0] != table.version:
            positions = sorted((changed_at(kind, record), int(record["id"])) for record in table)
            kept = self._orders[kind] = (table.version, positions)
        return kept[1]

    def _horizon(self) -> int:
        """The first second that exports do not show yet."""
        return int(self._clock.now().timestamp()) - EXCLUDED_SECONDS + 1

    def _rows(self, kind: str, page: Iterable[Position], request: Request) -> list[Record]:
        table = self._tables[kind]
        found = (table.get(str(record_id)) for _, record_id in page)
        rows = [record for record in found if record is not None]
        if of_ticket := {"tickets": "id", "ticket_events": "ticket_id"}.get(kind):
            rows = [row for row in rows if self._is_in_scope(row[of_ticket], request)]
        return [self._show(row, request) for row in rows]

    def _is_in_scope(self, ticket_id: int, request: Request) -> bool:
        """Tickets that a machine answered are left out unless they are asked for."""
        scope = request.args.get("support_type_scope", "agent")
        if scope not in _SCOPES:
            raise invalid(f"support_type_scope is one of {', '.join(_SCOPES)}")
        details = self._tables["ticket_details"].get(str(ticket_id)) or {}
        return scope in {"all", details.get("support_type", "agent")}

    def by_cursor(self, request: Request, kind: str) -> Response:
        size = page_size(request, "per_page", MAX_EXPORT)
        order, horizon = self._order(kind), (self._horizon(), 0)
        start = self._cursor_or_start(request)
        first = bisect_right(order, start)
        last = bisect_left(order, horizon)
        page = order[first : min(first + size, last)]
        cursor = encode(page[-1] if page else start)
        query = urlencode({"cursor": cursor, "per_page": size})
        body = {
            kind: self._rows(kind, page, request),
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
        return decode(cursor) if cursor else (self._start_time(request), -1)

    def _start_time(self, request: Request) -> int:
        text = request.args.get("start_time", "")
        if not text.isdigit():
            raise invalid("start_time is required: seconds since 1970")
        if int(text) >= self._horizon():
            message = "start_time must lie at least one minute back"
            raise refusal(400, "StartTimeTooRecent", message)
        return int(text)

    def by_time(self, request: Request, kind: str) -> Response:
        """The next page starts at the last second shown, so the rows of that second come again."""
        size = page_size(request, "per_page", MAX_EXPORT)
        since = self._start_time(request)
        order = self._order(kind)
        first, last = bisect_left(order, (since, -1)), bisect_left(order, (self._horizon(), 0))
        end = min(_whole_seconds(order, first, first + size), last)
        page = order[first:end]
        end_time = page[-1][0] if page else None
        has_ended = end >= last
        if self.stuck:
            self.stuck, end_time, has_ended = self.stuck - 1, since, False
        query = urlencode({"start_time": end_time, "per_page": size})
        rows = self._rows(kind, page, request)
        body = {
            kind: rows,
            "count": len(rows),
            "end_time": end_time,
            "next_page": f"{request.base_url}?{query}" if page else None,
            "end_of_stream": has_ended,
        }
        return json_response(body)


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


def included(request: Request) -> set[str]:
    """What the caller wants loaded along with the records."""
    return {name for name in request.args.get("include", "").split(",") if name}


def without_comments(event: Record) -> Record:
    """A ticket event as it is shown to who did not ask for its comments."""
    children = [
        _only_noted(child) if child["event_type"] == "Comment" else child
        for child in event["child_events"]
    ]
    return {**event, "child_events": children}


def _only_noted(child: dict[str, Any]) -> dict[str, Any]:
    kept = {name: child[name] for name in ("id", "via_reference_id", "event_type")}
    channel = child["via"]["channel"]
    return {**kept, "via": channel, "comment_present": True, "comment_public": child["public"]}
