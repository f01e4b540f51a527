"""How HubSpot's calls are read and its lists are cut into pages."""

import json
from collections.abc import Iterable
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from werkzeug.wrappers import Request

from sandbox.store import Record
from sandbox.vendors.hubspot.errors import invalid


def body_of(request: Request) -> dict[str, Any]:
    """The JSON object sent; HubSpot's 400 for anything else."""
    try:
        body = json.loads(request.get_data() or b"{}")
    except ValueError as error:
        raise invalid("The body is not valid JSON") from error
    if not isinstance(body, dict):
        raise invalid("The body must be an object")
    return body


def limit_of(request: Request, *, default: int, most: int) -> int:
    text = request.args.get("limit", str(default))
    if not text.isdigit() or not 1 <= int(text) <= most:
        raise invalid(f"limit must lie between 1 and {most}, got {text!r}")
    return int(text)


def after_of(request: Request) -> str | None:
    """The cursor of a list in id order."""
    after = request.args.get("after")
    if after and not after.isdigit():
        raise invalid(f"after {after!r} is not a paging cursor")
    return after or None


def names_of(request: Request, parameter: str) -> list[str]:
    """The names in the query, comma-separated or repeated."""
    values = request.args.getlist(parameter)
    return [name.strip() for value in values for name in value.split(",") if name.strip()]


def flag_of(request: Request, parameter: str) -> bool:
    return request.args.get(parameter) == "true"


def paging(request: Request, after: str) -> dict[str, Any]:
    """The member that leads to the next page."""
    query = urlencode({**request.args.to_dict(), "after": after})
    return {"paging": {"next": {"after": after, "link": f"{request.base_url}?{query}"}}}


def page_by_place(
    request: Request, rows: Iterable[Record], *, default: int, most: int
) -> tuple[list[Record], dict[str, Any]]:
    """A page of rows counted from their beginning, and its paging member if more follow."""
    limit = limit_of(request, default=default, most=most)
    start = int(after_of(request) or 0)
    page = list(islice(rows, start, start + limit + 1))
    more = paging(request, str(start + limit)) if len(page) > limit else {}
    return page[:limit], more
