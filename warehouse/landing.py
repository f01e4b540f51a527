"""Lands records in the raw layer: an append-only log of versions, its cursor in the same commit."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from warehouse.connection import ColumnType, Session, Warehouse, quoted

_NAME = re.compile(r"[a-z][a-z0-9_]*")

_VERSION_TYPES: dict[str, ColumnType] = {
    "_key": "text",
    "_cursor": "text",
    "_extracted_at": "instant",
    "_run_id": "text",
    "_deleted": "bool",
    "payload": "text",
}
_REJECT_TYPES: dict[str, ColumnType] = {
    "_key": "text",
    "stream": "text",
    "reason": "text",
    "_extracted_at": "instant",
    "_run_id": "text",
    "payload": "text",
}

Cursor = Mapping[str, Any]

# The order of the versions of one key; staging reads the log in the same order.
VERSION_ORDER = "(_extracted_at, _run_id, _cursor, _deleted)"
LATEST_FIRST = (
    "row_number() over (partition by _key"
    " order by _extracted_at desc, _run_id desc, _cursor desc, _deleted desc)"
)


@dataclass(frozen=True)
class Version:
    """One version of one record: `payload` is its JSON text exactly as received."""

    key: str
    cursor: str | None
    deleted: bool
    payload: str


@dataclass(frozen=True)
class Reject:
    """A record that broke its contract, kept whole with the reason."""

    key: str | None
    reason: str
    payload: str


@dataclass
class Segment:
    """What is landed in one commit."""

    versions: list[Version] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.versions) + len(self.rejects)


@dataclass(frozen=True)
class Landed:
    """How many versions were new, how many of those are deletions, and how many were rejected."""

    versions: int = 0
    deletions: int = 0
    rejects: int = 0

    def plus(self, other: Landed) -> Landed:
        return Landed(
            self.versions + other.versions,
            self.deletions + other.deletions,
            self.rejects + other.rejects,
        )


class RawStream:
    """The raw table, cursor and rejects of one stream of one vendor."""

    def __init__(self, warehouse: Warehouse, vendor: str, stream: str) -> None:
        for name in (vendor, stream):
            if not _NAME.fullmatch(name):
                raise ValueError(f"not a name for a schema or table: {name!r}")
        self._warehouse = warehouse
        self._vendor, self._stream = vendor, stream
        self._purpose = f"landing {vendor}.{stream}"
        schema = quoted(f"raw_{vendor}")
        self._schema, self._table = schema, f"{schema}.{quoted(stream)}"
        self._rejected, self._cursors = f"{schema}._rejected", f"{schema}._cursors"

    def create(self, session: Session) -> None:
        """Create the tables if they are not there, so that staging can always read them."""
        session.execute(f"create schema if not exists {self._schema}")
        session.execute(
            f"create table if not exists {self._table} (_key varchar not null, _cursor varchar,"
            " _extracted_at timestamptz not null, _run_id varchar not null,"
            " _deleted boolean not null, payload json not null)"
        )
        session.execute(
            f"create table if not exists {self._rejected} (_key varchar, stream varchar not null,"
            " reason varchar not null, _extracted_at timestamptz not null,"
            " _run_id varchar not null, payload json)"
        )
        session.execute(
            f"create table if not exists {self._cursors} (stream varchar primary key,"
            " cursor json not null, _run_id varchar not null, updated_at timestamptz not null)"
        )

    def cursor(self) -> Cursor | None:
        """Where the last commit left off, or None before the first."""
        with self._warehouse.open(self._purpose) as session:
            self.create(session)
            text = session.value(
                f"select cursor from {self._cursors} where stream = $stream",
                {"stream": self._stream},
            )
        return None if text is None else dict(json.loads(text))

    def live_keys_of(self, stream: str) -> list[str]:
        """The keys of another stream of the same vendor that are not deleted, in order."""
        other = RawStream(self._warehouse, self._vendor, stream)
        with self._warehouse.open(self._purpose) as session:
            other.create(session)
            found = session.rows(
                f"select _key from {other._table} group by _key"
                f" having not arg_max(_deleted, {VERSION_ORDER}) order by _key"
            )
        return [row["_key"] for row in found]

    def forget_cursor(self) -> None:
        """Make the next run read everything again; what is landed stays."""
        with self._warehouse.open(self._purpose) as session:
            self.create(session)
            session.execute(
                f"delete from {self._cursors} where stream = $stream",
                {"stream": self._stream},
            )

    def land(self, segment: Segment, cursor: Cursor, *, run_id: str, at: datetime) -> Landed:
        """Append what is new in `segment` and move the cursor, in one transaction.

        A version that is there already (a boundary repeat, a look-back, a page read again after
        a kill) is not appended twice.
        """
        with self._warehouse.open(self._purpose) as session, session.transaction():
            landed = Landed()
            if segment.versions:
                landed = self._append_versions(session, segment.versions, run_id, at)
            if segment.rejects:
                rejects = self._append_rejects(session, segment.rejects, run_id, at)
                landed = landed.plus(Landed(rejects=rejects))
            self._move_cursor(session, cursor, run_id, at)
        return landed

    def _append_versions(
        self, session: Session, versions: Sequence[Version], run_id: str, at: datetime
    ) -> Landed:
        columns: dict[str, Sequence[object]] = {
            "_key": [v.key for v in versions],
            "_cursor": [v.cursor for v in versions],
            "_extracted_at": [at] * len(versions),
            "_run_id": [run_id] * len(versions),
            "_deleted": [v.deleted for v in versions],
            "payload": [v.payload for v in versions],
        }
        with session.table("segment", columns, _VERSION_TYPES):
            new = session.rows(
                f"""
                insert into {self._table}
                with known as (
                    select *, {LATEST_FIRST} = 1 as is_latest
                    from {self._table}
                    where _key in (select _key from segment)
                )

                select distinct on (_key, _cursor, _deleted, payload)
                    _key, _cursor, _extracted_at, _run_id, _deleted, payload::json
                from segment
                where not exists (
                    from known
                    where known._key = segment._key
                        and known._cursor is not distinct from segment._cursor
                        and known._deleted = segment._deleted
                        and known.payload::varchar = segment.payload
                        -- An old version seen again is a repeat if something newer is known; a
                        -- record restored as it was, without a new stamp, is a new version.
                        and (
                            known.is_latest
                            or exists (
                                from known as newer
                                where newer._key = segment._key
                                    and newer._cursor > segment._cursor
                            )
                        )
                )
                returning _deleted
                """
            )
        return Landed(versions=len(new), deletions=sum(row["_deleted"] for row in new))

    def _append_rejects(
        self, session: Session, rejects: Sequence[Reject], run_id: str, at: datetime
    ) -> int:
        columns: dict[str, Sequence[object]] = {
            "_key": [r.key for r in rejects],
            "stream": [self._stream] * len(rejects),
            "reason": [r.reason for r in rejects],
            "_extracted_at": [at] * len(rejects),
            "_run_id": [run_id] * len(rejects),
            "payload": [r.payload for r in rejects],
        }
        with session.table("segment", columns, _REJECT_TYPES):
            new = session.rows(
                f"""
                insert into {self._rejected}
                with kept as (
                    -- What is not even JSON is kept as a JSON text that holds it.
                    select * replace (
                        if(json_valid(payload), payload, to_json(payload)::varchar) as payload
                    )
                    from segment
                )

                select distinct on (_key, payload)
                    _key, stream, reason, _extracted_at, _run_id, payload::json
                from kept
                where not exists (
                    from {self._rejected} as known
                    where known.stream = kept.stream
                        and known._key is not distinct from kept._key
                        and known.payload::varchar = kept.payload
                )
                returning 1
                """
            )
        return len(new)

    def _move_cursor(self, session: Session, cursor: Cursor, run_id: str, at: datetime) -> None:
        session.execute(
            f"insert or replace into {self._cursors} values ($stream, $cursor, $run_id, $at)",
            {
                "stream": self._stream,
                "cursor": json.dumps(dict(cursor), ensure_ascii=False),
                "run_id": run_id,
                "at": at,
            },
        )
