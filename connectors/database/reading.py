"""Reads declared tables and queries: what changed, or everything, by keyset and to a fixed end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Protocol, cast

import msgspec

from connectors.core.drift import require_fields
from connectors.core.rows import joined_key
from connectors.core.source import Count, Ids, Page, Read, Reading
from connectors.database.declaration import DeclaredStream
from connectors.database.values import as_json, as_text, before, read, written
from warehouse.errors import Misconfigured
from warehouse.external_database import Relation, Row, Where

PAGE_ROWS = 10_000


class Database(Protocol):
    """What a stream needs of the open database."""

    def relation(self, stream: DeclaredStream) -> Relation: ...


def changes_of(stream: DeclaredStream) -> Read:
    """Read the rows whose cursor lies between the end of the last reading and now.

    The end is fixed when a reading begins, so that rows which change meanwhile are the next one's.
    The reading begins a little before the end of the last one: a transaction that began earlier may
    have committed later. Rows without a cursor are read every time.
    """
    cursor = cast("str", stream.cursor)

    def read_changes(reading: Reading) -> Iterator[Page]:
        relation = _checked(reading, stream)
        state = dict(reading.cursor or {})
        if "top" in state:
            # A reading that was cut short: go on to its end, then to the present.
            yield from _window(stream, relation, state)
            state = {"reached": state["top"]}
        top = relation.highest(cursor)
        if top is not None:
            low = [before(one, stream.look_back) for one in read(state.get("reached") or [])]
            state = {"low": written(low), "top": written([top])}
            yield from _window(stream, relation, state)
            state = {"reached": state["top"]}
        yield from _without_cursor(reading, stream, relation, state)

    return read_changes


def _window(stream: DeclaredStream, relation: Relation, state: dict[str, Any]) -> Iterator[Page]:
    cursor = cast("str", stream.cursor)
    low, (top,) = read(state["low"]), read(state["top"])
    where = Where(cursor, low[0] if low else None, top)
    after = read(state["after"]) if "after" in state else None
    order = [cursor, *stream.key]
    for rows in _pages(stream, relation, order, where=where, after=after):
        last = written([rows[-1][name] for name in order])
        yield _page(stream, rows, state | {"after": last})
    yield Page([], {"reached": state["top"]})


def _without_cursor(
    reading: Reading, stream: DeclaredStream, relation: Relation, state: dict[str, Any]
) -> Iterator[Page]:
    cursor = cast("str", stream.cursor)
    if lacking := relation.with_null([cursor]):
        reading.say(f"{lacking} rows have no {cursor}: they are read in whole every time")
        for rows in _pages(stream, relation, stream.key, where=Where(cursor)):
            yield _page(stream, rows, state)


def all_of(stream: DeclaredStream) -> Read:
    """Read everything in the order of the key; a reading that is cut short begins anew."""

    def read_all(reading: Reading) -> Iterator[Page]:
        relation, number = _checked(reading, stream), 0
        for rows in _pages(stream, relation, stream.key):
            number += len(rows)
            yield _page(stream, rows, {})
        if not number:
            yield Page([], {})

    return read_all


def ids_of(stream: DeclaredStream) -> Ids:
    """List the keys of the rows that are not marked as deleted."""

    def read_ids(reading: Reading) -> Iterator[list[str]]:
        relation = _relation(reading, stream)
        only = [*stream.key, *([stream.deleted_at] if stream.deleted_at else [])]
        for rows in _pages(stream, relation, stream.key, only=only):
            yield [_key(stream, row) for row in rows if not _is_deleted(stream, row)]

    return read_ids


def count_of(stream: DeclaredStream) -> Count:
    """Count the rows that are not marked as deleted."""

    def count(tool: Any) -> int:
        relation = cast("Database", tool).relation(stream)
        if stream.deleted_at:
            return relation.with_null([stream.deleted_at])
        return relation.count()

    return count


def _pages(
    stream: DeclaredStream,
    relation: Relation,
    order: Sequence[str],
    *,
    where: Where | None = None,
    after: list[Any] | None = None,
    only: Sequence[str] | None = None,
) -> Iterator[list[Row]]:
    while True:
        # One more than a page holds: a key that is there twice may lie at its end.
        rows = relation.page(order, after=after, limit=PAGE_ROWS + 1, only=only, where=where)
        places = [tuple(row[name] for name in order) for row in rows]
        for one, following in pairwise(places):
            if one == following:
                raise Misconfigured(
                    f"{stream.name}: the key {', '.join(stream.key)} is not unique",
                    advice="declare the columns that tell every row from every other",
                )
        if rows[:PAGE_ROWS]:
            yield rows[:PAGE_ROWS]
        if len(rows) <= PAGE_ROWS:
            return
        after = list(places[PAGE_ROWS - 1])


def _relation(reading: Reading, stream: DeclaredStream) -> Relation:
    return cast("Database", reading.tool).relation(stream)


def _checked(reading: Reading, stream: DeclaredStream) -> Relation:
    """The relation, once its columns are known to be there.

    Raises:
        Drifted: a column is gone.
    """
    relation = _relation(reading, stream)
    found = dict.fromkeys(relation.columns(), "")
    require_fields("database", stream.name, dict.fromkeys(stream.needed), found)
    if lacking := relation.with_null(stream.key):
        reading.say(f"{lacking} rows have no {' or '.join(stream.key)}: they cannot be read")
    return relation


def _page(stream: DeclaredStream, rows: list[Row], cursor: dict[str, Any]) -> Page:
    return Page([msgspec.Raw(_payload(stream, row)) for row in rows], cursor)


def _payload(stream: DeclaredStream, row: Row) -> bytes:
    own: Row = {"_key": _key(stream, row)}
    if stream.cursor and row[stream.cursor] is not None:
        own["_cursor"] = as_text(row[stream.cursor])
    if stream.deleted_at:
        own["_deleted"] = _is_deleted(stream, row)
    return as_json(own | row)


def _key(stream: DeclaredStream, row: Row) -> str:
    return joined_key([as_text(row[name]) for name in stream.key])


def _is_deleted(stream: DeclaredStream, row: Row) -> bool:
    return stream.deleted_at is not None and row[stream.deleted_at] is not None
