"""Companies: written, in a paged list with its ceiling, and in the one scroll of an app."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from werkzeug.wrappers import Request, Response

from sandbox.store import Record, Table
from sandbox.vendor import json_response
from sandbox.vendors.intercom import records
from sandbox.vendors.intercom.errors import invalid, not_found, refusal

Commit = Callable[[list[tuple[str, Record]]], None]

LIST_CEILING = 10_000
SCROLL_PAGE = 100
SCROLL_EXPIRES = timedelta(minutes=1)
LOST = "Request failed due to an internal network error. Please restart the scroll operation."


@dataclass
class Scroll:
    """What is left to be shown; every request takes the next page, whoever got the last one."""

    param: str
    left: list[str]
    used_at: datetime


class Companies:
    """Lists the companies of one table; those without a user are in no list."""

    def __init__(self, table: Table, now: Callable[[], datetime], commit: Commit) -> None:
        self._table = table
        self._now = now
        self._commit = commit
        self._scroll: Scroll | None = None
        self._opened = 0

    def listed(self) -> list[Record]:
        return [one for one in self._table if one["user_count"] and not one.get("sandbox_gone")]

    def list_all(self, request: Request) -> Response:
        found = sorted(
            self.listed(),
            key=lambda one: (one.get("last_request_at") or 0, one["id"]),
            reverse=True,
        )
        return self._paged(request, found[::-1] if request.args.get("order") == "asc" else found)

    def write(self, request: Request) -> Response:
        """Make the company of a `company_id`, or change it."""
        fields = _fields(request)
        key = fields.get("company_id")
        if not isinstance(key, str) or not key:
            raise invalid("parameter_not_found", "company_id is required")
        known = next((one for one in self._live() if one["company_id"] == key), None)
        if known is not None:
            return self._saved(known, fields)
        now = self._now()
        number = len(self._table) + int(now.timestamp())
        return self._saved(records.company(f"{number:024x}", {}, created=now, updated=now), fields)

    def update(self, request: Request, record_id: str) -> Response:
        known = self._table.get(record_id)
        if known is None or known.get("sandbox_gone"):
            raise not_found("company_not_found", "Company Not Found")
        fields = _fields(request)
        fields.pop("company_id", None)
        return self._saved(known, fields)

    def _saved(self, before: Record, fields: Record) -> Response:
        attributes = before["custom_attributes"] | fields.get("custom_attributes", {})
        plan = {"plan": _plan(fields["plan"])} if "plan" in fields else {}
        stamp = {"updated_at": records.seconds(self._now())}
        saved = {**before, **fields, **plan, "custom_attributes": attributes, **stamp}
        self._commit([("companies", saved)])
        return json_response(saved)

    def _live(self) -> Iterable[Record]:
        return (one for one in self._table if not one.get("sandbox_gone"))

    def retrieve(self, request: Request) -> Response:
        # One that is asked for by its id is found without a user, too.
        found: Iterable[Record] = self._live() if "company_id" in request.args else self.listed()
        for name in ("name", "company_id"):
            if name in request.args:
                found = [one for one in found if one[name] == request.args[name]]
        if not list(found) and request.args:
            raise not_found("company_not_found", "Company Not Found")
        return self._paged(request, list(found))

    def _paged(self, request: Request, found: list[Record]) -> Response:
        page, size = (_number(request, name, most) for name, most in _PAGING)
        if page * size > LIST_CEILING:
            raise invalid("page_limit_reached", f"lists end after {LIST_CEILING} companies")
        pages = -(-len(found) // size)
        following = {"page": page + 1, "per_page": size} if page < pages else None
        body = {
            "type": "list",
            "data": found[(page - 1) * size : page * size],
            "pages": {
                "type": "pages",
                "next": following,
                "page": page,
                "per_page": size,
                "total_pages": pages,
            },
            "total_count": len(found),
        }
        return json_response(body)

    def scroll(self, request: Request) -> Response:
        param = request.args.get("scroll_param")
        scroll = self._continued(param) if param else self._begun()
        page, scroll.left = scroll.left[:SCROLL_PAGE], scroll.left[SCROLL_PAGE:]
        scroll.used_at = self._now()
        if not page:
            self._scroll = None
        data = [self._table.get(one) for one in page]
        body = {"type": "list", "data": data, "pages": None, "total_count": None}
        return json_response(body | {"scroll_param": scroll.param})

    def lose_scroll(self) -> Response:
        """The scroll breaks off inside Intercom."""
        self._scroll = None
        return refusal(500, "server_error", LOST).response()

    def _open_scroll(self) -> Scroll | None:
        if self._scroll and self._now() - self._scroll.used_at >= SCROLL_EXPIRES:
            self._scroll = None
        return self._scroll

    def _begun(self) -> Scroll:
        if self._open_scroll():
            raise invalid("scroll_exists", "scroll already exists for this workspace")
        self._opened += 1
        ids = [one["id"] for one in self.listed()]
        self._scroll = Scroll(str(UUID(int=self._opened)), ids, self._now())
        return self._scroll

    def _continued(self, param: str) -> Scroll:
        scroll = self._open_scroll()
        if scroll is None or scroll.param != param:
            raise not_found("not_found", "scroll parameter not found")
        return scroll


_PAGING = (("page", 1), ("per_page", 15))
_WRITABLE = {
    *("name", "company_id", "plan", "size", "website", "industry", "monthly_spend"),
    *("remote_created_at", "custom_attributes"),
}
_NUMBERS = ("size", "monthly_spend", "remote_created_at")


def _fields(request: Request) -> Record:
    """What can be written of the body; numbers lose what stands behind the point."""
    wanted = request.get_json(silent=True)
    if not isinstance(wanted, dict):
        raise invalid("parameter_invalid", "a JSON object is required")
    fields = {name: value for name, value in wanted.items() if name in _WRITABLE}
    for name in _NUMBERS:
        value = fields.get(name)
        if isinstance(value, bool) or not isinstance(value, int | float | None):
            raise invalid("parameter_invalid", f"{name} must be a number")
        if value is not None:
            fields[name] = int(value)
    if not isinstance(fields.get("custom_attributes", {}), dict):
        raise invalid("parameter_invalid", "custom_attributes must be an object")
    return fields


def _plan(name: object) -> Record:
    """A plan is known by its name; none is an empty object."""
    if not name:
        return {}
    return {"type": "plan", "id": str(sum(map(ord, str(name)))), "name": str(name)}


def _number(request: Request, name: str, standard: int) -> int:
    text = request.args.get(name, str(standard))
    if not text.isdigit() or int(text) < 1:
        raise invalid("parameter_invalid", f"{name} must be a whole number, got {text!r}")
    return int(text)
