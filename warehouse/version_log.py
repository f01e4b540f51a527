"""Appends to a log of versions what it does not hold yet, whatever is read again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from warehouse.connection import ColumnType, Session

_VERSION_TYPES: dict[str, ColumnType] = {
    "_key": "text",
    "_cursor": "text",
    "_deleted": "bool",
    "payload": "json",
    "place": "integer",
}
# The order of the versions of one key; staging reads the log in the same order.
VERSION_ORDER = "(_extracted_at, _run_id, _cursor, _deleted)"
LATEST_FIRST = (
    "row_number() over (partition by _key"
    " order by _extracted_at desc, _run_id desc, _cursor desc, _deleted desc)"
)

# A look-back reads the same few records again on every run. So many of them are remembered, so
# that recognising them costs the same however long the log is.
REMEMBERED = 10_000
_REMEMBERED_FOR = "interval 2 days"


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
    """What is landed in one commit: versions as columns of equal length, and rejects.

    `payloads` are valid JSON texts in UTF-8, as bytes or another buffer; landing uses them up.
    """

    keys: list[str] = field(default_factory=list)
    cursors: list[str | None] = field(default_factory=list)
    deleted: list[bool] = field(default_factory=list)
    payloads: list[Any] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)

    @classmethod
    def of(cls, versions: Iterable[Version] = (), rejects: Iterable[Reject] = ()) -> Segment:
        """A segment of single versions and rejects."""
        segment = cls(rejects=list(rejects))
        for one in versions:
            segment.keys.append(one.key)
            segment.cursors.append(one.cursor)
            segment.deleted.append(one.deleted)
            segment.payloads.append(one.payload.encode())
        return segment

    def __len__(self) -> int:
        return len(self.keys) + len(self.rejects)


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


class VersionLog:
    """The log of one stream, and what is remembered of its newest versions."""

    def __init__(self, table: str, recent: str, stream: str) -> None:
        self.table, self._recent, self._stream = table, recent, stream

    def create(self, session: Session) -> None:
        # To find out what compresses best is a third of the cost of landing. Keys and cursors are
        # small beside their payloads, and seldom alike.
        session.define(
            f"create table if not exists {self.table} ("
            "_key varchar not null using compression uncompressed,"
            " _cursor varchar using compression uncompressed,"
            " _extracted_at timestamptz not null, _run_id varchar not null,"
            " _deleted boolean not null, payload json not null using compression zstd)"
        )
        session.execute(
            f"create table if not exists {self._recent} (stream varchar not null,"
            " _key varchar not null, _cursor varchar, _deleted boolean not null, payload json,"
            " seen_at timestamptz not null)"
        )

    def live_keys(self, session: Session) -> list[str]:
        """The keys that are not deleted, in order."""
        found = session.rows(
            f"select _key from {self.table} group by _key"
            f" having not arg_max(_deleted, {VERSION_ORDER}) order by _key"
        )
        return [row["_key"] for row in found]

    def count_live(self, session: Session) -> int:
        return int(
            session.value(
                "select count(*) filter (not gone) from (select"
                f" arg_max(_deleted, {VERSION_ORDER}) as gone from {self.table} group by _key)"
            )
        )

    def append(
        self, session: Session, segment: Segment, run_id: str, at: datetime
    ) -> tuple[Landed, int]:
        """What was new, and by how much that changed the number of live keys.

        Uses up the payloads of `segment`.
        """
        columns: dict[str, Sequence[object]] = {
            "_key": segment.keys,
            "_cursor": segment.cursors,
            "_deleted": segment.deleted,
            "payload": segment.payloads,
            "place": range(len(segment.keys)),
        }
        # Of several versions of one key in one segment, each is a moment later than the one before.
        stamp = f"timestamptz '{at.isoformat()}'"
        later = (
            f"{stamp} + to_microseconds(row_number() over (partition by _key order by place) - 1)"
        )
        remember = len(segment.keys) <= REMEMBERED
        with session.table("segment", columns, _VERSION_TYPES):
            # Held twice, and with the pages that they are parts of, they would be half the memory.
            segment.payloads.clear()
            unseen = "segment"
            if remember:
                unseen = self._set_apart_recent(session)
                if session.value(f"select count(*) from {unseen}") == 0:
                    return Landed(), 0
            is_known = session.value(
                f"select 1 from {self.table} where _key in (select _key from {unseen}) limit 1"
            )
            is_once = len(set(segment.keys)) == len(segment.keys)
            if is_once and not is_known and not remember:
                return self._append_whole(session, segment, run_id, at)
            if is_known:
                self._compare(session, unseen, later)
            elif is_once:
                session.execute(
                    "create or replace temp view news as"
                    f" select *, {stamp} as _extracted_at from {unseen}"
                )
            else:
                session.execute(
                    f"create or replace temp table news as select *, {later} as _extracted_at from"
                    f" (select distinct on (_key, _cursor, _deleted, payload) * from {unseen}"
                    " order by place)"
                )
            return self._append_news(
                session, run_id, at, remember=remember, compared=bool(is_known)
            )

    def _append_whole(
        self, session: Session, segment: Segment, run_id: str, at: datetime
    ) -> tuple[Landed, int]:
        """Append a segment in which each key is new and there once, as in every first reading."""
        session.execute(
            f"insert into {self.table}"
            " select _key, _cursor, $at, $run_id, _deleted, payload from segment",
            {"at": at, "run_id": run_id},
        )
        self._forget(session, "segment", at)
        deletions = sum(segment.deleted)
        return Landed(len(segment.keys), deletions), len(segment.keys) - deletions

    def _set_apart_recent(self, session: Session) -> str:
        """The segment without what is remembered to be the newest version of its key."""
        session.execute(
            f"""
            create or replace temp table unseen as
            from segment
            where not exists (
                from {self._recent} as recent
                where recent.stream = '{self._stream}'
                    and recent._key = segment._key
                    and recent._cursor is not distinct from segment._cursor
                    and recent._deleted = segment._deleted
                    and recent.payload::varchar = segment.payload::varchar
            )
            """
        )
        return "unseen"

    def _compare(self, session: Session, unseen: str, later: str) -> None:
        """Set apart as `news` what the log does not hold; payloads are read only where needed."""
        session.execute(
            f"""
            create or replace temp table known as
            select
                rowid as place, _key, _cursor, _deleted, _extracted_at, _run_id,
                {LATEST_FIRST} = 1 as is_latest
            from {self.table}
            where _key in (select _key from {unseen})
            """
        )
        session.execute(
            f"""
            create or replace temp table alike as
            select known.place
            from known
            inner join {unseen} as segment
                on segment._key = known._key
                and segment._cursor is not distinct from known._cursor
                and segment._deleted = known._deleted
            """
        )
        payloads = f"(select rowid as place, payload from {self.table} where rowid in (from alike))"
        if not session.value("select count(*) from alike"):
            payloads = "(select null::bigint as place, null::json as payload limit 0)"
        session.execute(
            f"""
            create or replace temp table news as
            with held as (
                from known
                left join {payloads} as payloads using (place)
            )

            select *, {later} as _extracted_at
            from (
                select distinct on (_key, _cursor, _deleted, payload) * from {unseen} order by place
            ) as segment
            where not exists (
                from held
                where held._key = segment._key
                    and held._cursor is not distinct from segment._cursor
                    and held._deleted = segment._deleted
                    and held.payload::varchar = segment.payload::varchar
                    -- An old version seen again is a repeat if something newer is known; a
                    -- record restored as it was, without a new stamp, is a new version.
                    and (
                        held.is_latest
                        or exists (
                            from held as newer
                            where newer._key = segment._key
                                and newer._cursor > segment._cursor
                        )
                    )
            )
            """
        )

    def _append_news(
        self,
        session: Session,
        run_id: str,
        at: datetime,
        *,
        remember: bool,
        compared: bool,
    ) -> tuple[Landed, int]:
        """Append `news`; how many there were, and what became of the number of live keys."""
        session.execute(
            "create or replace temp table touched as select _key, _cursor, _deleted,"
            " _extracted_at, $run_id as _run_id, true as is_new from news",
            {"run_id": run_id},
        )
        if compared:
            session.execute(
                "insert into touched select _key, _cursor, _deleted, _extracted_at, _run_id, false"
                " from known where is_latest and _key in (select _key from news)"
            )
        (counted,) = session.rows(
            f"""
            with latest as (
                select _key, arg_max(_deleted, {VERSION_ORDER}) as is_gone
                from touched
                group by _key
            )

            select
                (select count(*) from touched where is_new) as versions,
                (select count(*) from touched where is_new and _deleted) as deletions,
                (select count(*) from latest where not is_gone)
                - (select count(*) from touched where not is_new and not _deleted) as live
            """
        )
        session.execute(
            f"insert into {self.table}"
            " select _key, _cursor, _extracted_at, $run_id, _deleted, payload from news"
            " order by place",
            {"run_id": run_id},
        )
        self._remember(session, at, remember=remember)
        return Landed(counted["versions"], counted["deletions"]), counted["live"]

    def _remember(self, session: Session, at: datetime, *, remember: bool) -> None:
        """Keep the newest version of what was just landed, for the look-back of the next runs."""
        self._forget(session, "news", at)
        if remember:
            session.execute(
                f"""
                insert into {self._recent}
                with newest as (
                    from touched
                    qualify {LATEST_FIRST} = 1
                )

                select $stream, _key, _cursor, _deleted, payload, $at
                from news
                where exists (
                    from newest
                    where newest.is_new
                        and newest._key = news._key
                        and newest._cursor is not distinct from news._cursor
                        and newest._deleted = news._deleted
                )
                qualify row_number() over (partition by _key) = 1
                    and count(*) over (partition by _key) = 1
                """,
                {"stream": self._stream, "at": at},
            )

    def _forget(self, session: Session, landed: str, at: datetime) -> None:
        """Take out of what is remembered what was landed anew, and what is old."""
        is_any = f"select 1 from {self._recent} where stream = $stream limit 1"
        if not session.value(is_any, {"stream": self._stream}):
            return
        session.execute(
            f"delete from {self._recent} where stream = $stream"
            f" and (_key in (select _key from {landed}) or seen_at < $at - {_REMEMBERED_FOR})",
            {"stream": self._stream, "at": at},
        )
