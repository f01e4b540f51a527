"""Lands records in the raw layer: an append-only log of versions, its cursor in the same commit."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from warehouse.connection import ColumnType, Session, Warehouse, quoted
from warehouse.reconciliation import Reconciliation, note_reconciliation
from warehouse.tombstones import REASON as ERASED
from warehouse.tombstones import without_erased
from warehouse.version_log import VERSION_ORDER, Landed, Reject, Segment, Version, VersionLog

__all__ = [
    "VERSION_ORDER",
    "Cursor",
    "Landed",
    "Position",
    "RawStream",
    "Refusals",
    "Reject",
    "Segment",
    "Version",
]

_NAME = re.compile(r"[a-z][a-z0-9_]*")

_REJECT_TYPES: dict[str, ColumnType] = {
    "_key": "text",
    "stream": "text",
    "reason": "text",
    "_extracted_at": "instant",
    "_run_id": "text",
    "payload": "text",
}

Cursor = Mapping[str, Any]


@dataclass(frozen=True)
class Position:
    """Where a stream stands.

    Attributes:
        cursor: where the last commit left off, None before the first.
        live: how many keys are landed whose newest version is not a deletion.
        read_at: when a reading last came to its end.
        swept_at: when the live keys were last compared with those at the source.
        is_whole: the last reading came to its end, so that the next one begins a new one.
        fields: per field how often it was sampled, see `connectors.core.drift`.
    """

    cursor: Cursor | None = None
    live: int = 0
    read_at: datetime | None = None
    swept_at: datetime | None = None
    is_whole: bool = True
    fields: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Refusals:
    """Records that their contract refused, as far as nothing newer of them was landed.

    Attributes:
        keys: of those that have one.
        live: those of `keys` of which an older version is landed and not deleted.
        nameless: how many have no key that can be read.
    """

    keys: frozenset[str] = frozenset()
    live: AbstractSet[str] = frozenset()
    nameless: int = 0

    def __len__(self) -> int:
        return len(self.keys) + self.nameless

    @property
    def absent(self) -> int:
        """How many the source may have of which nothing is landed."""
        return len(self.keys - self.live) + self.nameless


class RawStream:
    """The raw table, cursor and rejects of one stream of one vendor."""

    def __init__(self, warehouse: Warehouse, vendor: str, stream: str) -> None:
        for name in (vendor, stream):
            if not _NAME.fullmatch(name):
                raise ValueError(f"not a name for a schema or table: {name!r}")
        self._warehouse = warehouse
        self._vendor, self._stream = vendor, stream
        self._purpose = f"landing {vendor}.{stream}"
        # The streams of a vendor share what is kept of them: a turn each would not do.
        self._part = f"raw_{vendor}"
        schema = quoted(f"raw_{vendor}")
        self._schema, self.table = schema, f"{schema}.{quoted(stream)}"
        self._log = VersionLog(self.table, f"{schema}._recent", stream)
        self._rejected, self._cursors = f"{schema}._rejected", f"{schema}._cursors"

    def create(self, session: Session) -> None:
        """Create the tables if they are not there, so that staging can always read them."""
        if self.table in self._warehouse.prepared:
            return
        self._warehouse.prepared.add(self.table)
        session.execute(f"create schema if not exists {self._schema}")
        self._log.create(session)
        session.execute(
            f"create table if not exists {self._rejected} (_key varchar, stream varchar not null,"
            " reason varchar not null, _extracted_at timestamptz not null,"
            " _run_id varchar not null, payload json)"
        )
        session.define(
            f"create table if not exists {self._cursors} (stream varchar primary key,"
            " cursor json not null, _run_id varchar not null, updated_at timestamptz not null,"
            " live bigint, read_at timestamptz, swept_at timestamptz, fields json,"
            " is_whole boolean)"
        )

    def kept_open(self) -> AbstractContextManager[Session]:
        """Keep the warehouse open for the block, so that opening it again in there costs little."""
        return self._warehouse.open(self._purpose, part=self._part)

    def position(self) -> Position:
        """Where the stream stands."""
        with self._warehouse.open(self._purpose, part=self._part) as session:
            self.create(session)
            found = session.rows(
                f"select * from {self._cursors} where stream = $stream", {"stream": self._stream}
            )
            if not found:
                return Position(live=self._log.count_live(session))
            row = found[0]
        cursor = json.loads(row["cursor"])
        fields = json.loads(row["fields"] or "{}")
        return Position(
            cursor, row["live"], row["read_at"], row["swept_at"], row["is_whole"], fields
        )

    def cursor(self) -> Cursor | None:
        """Where the last commit left off, or None before the first."""
        return self.position().cursor

    def live_keys(self, stream: str | None = None) -> list[str]:
        """The keys of this or another stream of the vendor that are not deleted, in order."""
        other = RawStream(self._warehouse, self._vendor, stream or self._stream)
        with self._warehouse.open(self._purpose, part=self._part) as session:
            other.create(session)
            return other._log.live_keys(session)

    def refusals(self) -> Refusals:
        """What the contract refused and the log does not hold in a newer version."""
        with self._warehouse.open(self._purpose, part=self._part) as session:
            self.create(session)
            refused = session.rows(
                f"select _key, max(_extracted_at) as at from {self._rejected}"
                " where stream = $stream group by _key, if(_key is null, payload::varchar, '')",
                {"stream": self._stream},
            )
            if not refused:
                return Refusals()
            named = {row["_key"]: row["at"] for row in refused if row["_key"] is not None}
            with session.table("refused", {"_key": list(named)}, {"_key": "text"}):
                held = session.rows(
                    "select _key, max(_extracted_at) as at,"
                    f" arg_max(_deleted, {VERSION_ORDER}) as is_gone from {self.table}"
                    " where _key in (select _key from refused) group by _key"
                )
        newer = {row["_key"] for row in held if row["at"] > named[row["_key"]]}
        live = {row["_key"] for row in held if not row["is_gone"]}
        return Refusals(frozenset(set(named) - newer), live, len(refused) - len(named))

    def forget_cursor(self, keep: Cursor | None = None) -> None:
        """Make the next run read everything again, from `keep` on; what is landed stays."""
        with self._warehouse.open(self._purpose, part=self._part) as session:
            self.create(session)
            # What is known of the fields stays: a vanished one must not pass as never seen.
            session.execute(
                f"update {self._cursors} set cursor = $cursor, is_whole = true"
                " where stream = $stream",
                {"stream": self._stream, "cursor": json.dumps(keep)},
            )

    def finish(self, *, at: datetime, fields: Mapping[str, Any], swept: bool) -> None:
        """Note that a reading came to its end, and what it saw of the fields."""
        with self._warehouse.open(self._purpose, part=self._part) as session:
            session.execute(
                f"update {self._cursors} set read_at = $at, fields = $fields, is_whole = true,"
                " swept_at = if($swept, $at, swept_at) where stream = $stream",
                {
                    "at": at,
                    "fields": json.dumps(dict(fields), ensure_ascii=False),
                    "swept": swept,
                    "stream": self._stream,
                },
            )

    def note(self, found: Reconciliation) -> None:
        """Keep the verdict on what is landed."""
        with self._warehouse.open(self._purpose, part=self._part) as session:
            note_reconciliation(session, found)

    def land(self, segment: Segment, cursor: Cursor, *, run_id: str, at: datetime) -> Landed:
        """Append what is new in `segment` and move the cursor, in one transaction.

        A version that is there already (a boundary repeat, a look-back, a page read again after
        a kill) is not appended twice.
        """
        erased = self._warehouse.erased() if self._warehouse.erased else None
        with self._warehouse.open(self._purpose, part=self._part) as session, session.transaction():
            if erased:
                segment = without_erased(session, segment, self._vendor, self._stream, erased)
            at = self._after_the_last(session, at)
            landed, live = Landed(), 0
            if segment.keys:
                landed, live = self._log.append(session, segment, run_id, at)
            if segment.rejects:
                rejects = self._append_rejects(session, segment.rejects, run_id, at)
                landed = landed.plus(Landed(rejects=rejects))
            until = at + timedelta(microseconds=len(segment))
            self._move_cursor(session, cursor, run_id, until, live)
        return landed

    def _after_the_last(self, session: Session, at: datetime) -> datetime:
        """When this landing is said to be: behind the one before, whatever a clock was put to."""
        last: datetime | None = session.value(
            f"select updated_at from {self._cursors} where stream = $stream",
            {"stream": self._stream},
        )
        return at if last is None else max(at, last + timedelta(microseconds=1))

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
            session.execute(
                f"""
                create or replace temp table refused as
                with kept as (
                    -- What is not even JSON is kept as a JSON text that holds it.
                    select * replace (
                        if(json_valid(payload), payload, to_json(payload)::varchar) as payload
                    )
                    from segment
                )

                select distinct on (_key, payload)
                    _key, stream, reason, _extracted_at, _run_id, payload::json as payload
                from kept
                where not exists (
                    from {self._rejected} as known
                    where known.stream = kept.stream
                        and known._key is not distinct from kept._key
                        and known.payload::varchar = kept.payload
                )
                """
            )
            session.execute(f"insert into {self._rejected} from refused")
            counted: int = session.value(
                "select count(*) from refused where reason <> $erased", {"erased": ERASED}
            )
        return counted

    def _move_cursor(
        self, session: Session, cursor: Cursor, run_id: str, at: datetime, live: int
    ) -> None:
        moved = {
            "stream": self._stream,
            "cursor": json.dumps(dict(cursor), ensure_ascii=False),
            "run_id": run_id,
            "at": at,
        }
        is_first = not session.value(
            f"select 1 from {self._cursors} where stream = $stream", {"stream": self._stream}
        )
        if is_first:
            # Behind a forgotten cursor the log may hold much: it is counted after this landing.
            session.execute(
                f"insert into {self._cursors} (stream, cursor, _run_id, updated_at, live,"
                " is_whole) values ($stream, $cursor, $run_id, $at, $live, false)",
                moved | {"live": self._log.count_live(session)},
            )
            return
        session.execute(
            f"update {self._cursors} set cursor = $cursor, _run_id = $run_id, updated_at = $at,"
            " live = live + $live, is_whole = false where stream = $stream",
            moved | {"live": live},
        )
