"""Zendesk's two ways of turning the pages of a list: by cursor and by offset."""

import base64
import binascii
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from werkzeug.wrappers import Request

from sandbox.store import Record
from sandbox.vendors.zendesk.errors import invalid

MAX_PAGE, OFFSET_CEILING = 100, 10_000

Position = tuple[int, int]
# The records behind an id, in id order; from the first when None.
After = Callable[[str | None], Iterable[Record]]


def page_size(request: Request, name: str, most: int) -> int:
    text = request.args.get(name, str(most))
    if not text.isdigit() or not 1 <= int(text) <= most:
        raise invalid(f"{name} must lie between 1 and {most}, got {text!r}")
    return int(text)


def encode(position: tuple[Any, Any]) -> str:
    return base64.urlsafe_b64encode(f"{position[0]}||{position[1]}".encode()).decode()


def decode(cursor: str) -> Position:
    try:
        changed, _, record_id = base64.urlsafe_b64decode(cursor).decode().partition("||")
        return int(changed), int(record_id)
    except (binascii.Error, ValueError) as error:
        raise invalid(f"{cursor!r} is not a cursor") from error


def behind(rows: Iterable[Record]) -> After:
    """Rows that lie in no table, by id."""
    ordered = sorted(rows, key=lambda row: int(row["id"]))

    def after(record_id: str | None) -> Iterator[Record]:
        return (row for row in ordered if record_id is None or int(row["id"]) > int(record_id))

    return after


def listing(request: Request, name: str, after: After) -> dict[str, Any]:
    """One page under `name`, by cursor if the caller asks for that, else by offset."""
    if "page[size]" in request.args or "page[after]" in request.args:
        return _by_cursor(request, name, after)
    return _by_offset(request, name, after)


def _link(request: Request, **changed: object) -> str:
    kept = {k: v for k, v in request.args.items() if not k.startswith(("page", "per_page"))}
    return f"{request.base_url}?{urlencode(kept | changed)}"


def _by_cursor(request: Request, name: str, after: After) -> dict[str, Any]:
    size = page_size(request, "page[size]", MAX_PAGE)
    begin = request.args.get("page[after]")
    found = list(islice(after(str(decode(begin)[1]) if begin else None), size + 1))
    page, has_more = found[:size], len(found) > size
    cursor = encode((0, page[-1]["id"])) if page else None
    following = _link(request, **{"page[size]": size, "page[after]": cursor})
    return {
        name: page,
        "meta": {"has_more": has_more, "after_cursor": cursor, "before_cursor": begin},
        "links": {"prev": None, "next": following if has_more else None},
    }


def _by_offset(request: Request, name: str, after: After) -> dict[str, Any]:
    size = page_size(request, "per_page", MAX_PAGE)
    number = request.args.get("page", "1")
    if not number.isdigit() or int(number) < 1 or int(number) * size > OFFSET_CEILING:
        raise invalid(f"page {number} lies outside the first {OFFSET_CEILING} records")
    rows = list(after(None))
    start = (int(number) - 1) * size
    following = _link(request, page=int(number) + 1, per_page=size)
    preceding = _link(request, page=int(number) - 1, per_page=size)
    return {
        name: rows[start : start + size],
        "count": len(rows),
        "next_page": following if start + size < len(rows) else None,
        "previous_page": preceding if start else None,
    }
