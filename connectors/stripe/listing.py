"""Lists Stripe's objects, newest first, and gets each of them whole."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
import msgspec

from connectors.core.http import ToolClient
from connectors.core.pages import Envelope
from warehouse.errors import Refused, Unavailable

PER_PAGE = 100

Params = Mapping[str, Any]


class Shown(msgspec.Struct):
    """What is needed of any row to go on behind it."""

    id: str
    created: int = 0


class _Nested(msgspec.Struct):
    data: list[msgspec.Raw]
    has_more: bool


_SHOWN = msgspec.json.Decoder(Shown)
_PARTS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_NESTED = msgspec.json.Decoder(_Nested)


@dataclass(frozen=True)
class Kind:
    """One object of the API.

    Attributes:
        path: where it is listed; single ones lie below.
        noun: how an object calls itself.
        filters: what the list must be told to show all of them.
        expand: fields to be shown whole where otherwise only an id would stand.
        nested: the list within it, of which only the first ten rows are shown.
        rows_at: where the rest of that list is, with `{id}`, and what it must be told.
    """

    path: str
    noun: str
    filters: tuple[tuple[str, str], ...] = ()
    expand: tuple[str, ...] = ()
    nested: str | None = None
    rows_at: tuple[str, Params] = ("", {})


@dataclass(frozen=True)
class Listed:
    """One page: its rows as received, where the next one begins, and whether there is one."""

    rows: list[msgspec.Raw]
    last: Shown | None
    has_more: bool


def pages(
    client: ToolClient, path: str, params: Params, after: str | None, created: int | None = None
) -> Iterator[Listed]:
    """The pages behind `after`, or from the newest on.

    Where the row named by `after` is gone by now, `created` says from which second on to read
    again; rows of that second may come twice.

    Raises:
        Unavailable: a page ends where the one before it ended.
    """
    while True:
        try:
            page = _page(client, path, params, after)
        except Refused as error:
            if after is None or created is None or after not in error.body:
                raise
            params, after = {**params, "created[lte]": created}, None
            page = _page(client, path, params, None)
        if page.has_more and (page.last is None or page.last.id == after):
            raise Unavailable(f"Stripe gave the same page of {path} twice: stopped")
        yield page
        if not page.has_more or page.last is None:
            return
        after, created = page.last.id, page.last.created


def _page(client: ToolClient, path: str, params: Params, after: str | None) -> Listed:
    behind = {"starting_after": after} if after else {}
    envelope = client.get(path, {**params, "limit": PER_PAGE, **behind})
    rows = envelope.records("data")
    return Listed(rows, _last(rows), bool(envelope.value("has_more")))


def _last(rows: Sequence[msgspec.Raw]) -> Shown | None:
    """The last row that names itself: a position must not hang on one that does not."""
    return next((found for row in reversed(rows) if (found := shown(row))), None)


def shown(row: msgspec.Raw) -> Shown | None:
    try:
        return _SHOWN.decode(row)
    except msgspec.MsgspecError:
        return None


def list_params(kind: Kind) -> dict[str, Any]:
    """What the list of a kind is asked with, but for the page."""
    expand = [f"data.{field}" for field in kind.expand]
    return {**dict(kind.filters), **({"expand[]": expand} if expand else {})}


def get(client: ToolClient, kind: Kind, record_id: str) -> msgspec.Raw:
    """One object as it is now; what is gone says so, whether Stripe remembers it or not."""
    path = f"{kind.path}/{quote(record_id, safe='')}"
    params = {"expand[]": list(kind.expand)} if kind.expand else None
    try:
        return whole(client, kind, client.get_as(path, _body, params))
    except Refused as error:
        if error.status != httpx.codes.NOT_FOUND:
            raise
        gone = {"id": record_id, "object": kind.noun, "deleted": True}
        return msgspec.Raw(msgspec.json.encode(gone))


def _body(response: httpx.Response) -> msgspec.Raw:
    Envelope(response)  # raises BadPage where the answer is torn
    return msgspec.Raw(response.content)


def whole(client: ToolClient, kind: Kind, record: msgspec.Raw) -> msgspec.Raw:
    """The object with all rows of its nested list; untouched where they were all shown."""
    if kind.nested is None:
        return record
    try:
        parts = _PARTS.decode(record)
        nested = _NESTED.decode(parts[kind.nested])
        if not nested.has_more:
            return record
        own = msgspec.json.decode(parts["id"], type=str)
        last = _SHOWN.decode(nested.data[-1])
    except (msgspec.MsgspecError, LookupError):
        # It breaks its contract, which says so better.
        return record
    path, params = kind.rows_at
    told = {name: str(value).format(id=own) for name, value in params.items()}
    rows = list(nested.data)
    for page in pages(client, path.format(id=own), told, last.id):
        rows += page.rows
    listed = _PARTS.decode(parts[kind.nested])
    listed |= {"data": msgspec.Raw(msgspec.json.encode(rows)), "has_more": msgspec.Raw(b"false")}
    return msgspec.Raw(
        msgspec.json.encode({**parts, kind.nested: msgspec.Raw(msgspec.json.encode(listed))})
    )
