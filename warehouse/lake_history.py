"""What a lake remembers of its past: snapshots to read, to expire, and to clean up after."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime

import sqlalchemy as sa

from warehouse.connection import Session, Warehouse, WarehouseError
from warehouse.lake import CATALOG, Lake
from warehouse.reading import reading_lake

# A file that no snapshot needs any more is left for so long: somebody may just be reading it.
GRACE = "interval 1 hour"
# What a killed writer has left is of no snapshot; nor is what a living one is just writing.
_ORPHANED_AFTER = "interval 1 day"


def newest_snapshot(session: Session) -> tuple[int, datetime]:
    """The number and the instant of the last commit, of whatever program."""
    (found,) = session.rows(
        f"select snapshot_id, snapshot_time from ducklake_snapshots('{CATALOG}')"
        " order by snapshot_id desc limit 1"
    )
    return found["snapshot_id"], found["snapshot_time"]


def snapshot_at(session: Session, instant: datetime) -> int:
    """The last commit at or before an instant.

    Raises:
        WarehouseError: nothing of that time is kept.
    """
    found: int | None = session.value(
        f"select max(snapshot_id) from ducklake_snapshots('{CATALOG}')"
        " where snapshot_time <= $instant::timestamptz",
        {"instant": instant.isoformat()},
    )
    if found is None:
        first = session.value(f"select min(snapshot_time) from ducklake_snapshots('{CATALOG}')")
        raise WarehouseError(
            f"Of {instant:%Y-%m-%d %H:%M:%S}Z no snapshot is kept: the first is of"
            f" {first:%Y-%m-%d %H:%M:%S}Z",
            advice="REVOPS_PUBLISHED__KEEP tells how many builds are kept; a report as of any"
            " instant is made again by `revops metrics --as-of`",
        )
    return found


@contextmanager
def reading_lake_at(lake: Lake, instant: datetime) -> Iterator[Session]:
    """The lake as it was at an instant, open to be read.

    Raises:
        WarehouseError: nothing of that time is kept.
    """
    with reading_lake(lake) as session:
        snapshot = snapshot_at(session, instant)
    with reading_lake(lake, snapshot) as session:
        yield session


def expire(session: Session, kept: Collection[int]) -> None:
    """Forget every snapshot but some and the newest, and delete what none of those needs.

    Files are merged first, so that many small commits do not stay many small files.
    """
    session.execute(f"call ducklake_merge_adjacent_files('{CATALOG}')")
    snapshots = session.rows(
        f"select snapshot_id from ducklake_snapshots('{CATALOG}') order by snapshot_id"
    )
    every = [int(one["snapshot_id"]) for one in snapshots]
    if gone := [one for one in every[:-1] if one not in set(kept)]:
        listed = ", ".join(map(str, gone))
        session.execute(f"call ducklake_expire_snapshots('{CATALOG}', versions => [{listed}])")
    session.execute(f"call ducklake_cleanup_old_files('{CATALOG}', older_than => now() - {GRACE})")
    session.execute(
        f"call ducklake_delete_orphaned_files('{CATALOG}', older_than => now() - {_ORPHANED_AFTER})"
    )


def forget_past(warehouse: Warehouse, lake: Lake) -> None:
    """Keep nothing that was deleted: neither in files, nor in snapshots, nor in the catalogue.

    Whoever reads an older snapshot meanwhile is told that its files are gone.
    """
    with warehouse.open("forgetting the past of the lake") as session:
        session.execute("create schema if not exists ops")
        session.execute("drop table if exists ops._published")
        session.execute(f"call ducklake_flush_inlined_data('{CATALOG}')")
        session.execute(f"call ducklake_rewrite_data_files('{CATALOG}', delete_threshold => 0)")
        session.execute(f"call ducklake_merge_adjacent_files('{CATALOG}')")
        session.execute(f"call ducklake_expire_snapshots('{CATALOG}', older_than => now())")
        session.execute(f"call ducklake_cleanup_old_files('{CATALOG}', cleanup_all => true)")
        session.execute(f"call ducklake_delete_orphaned_files('{CATALOG}', cleanup_all => true)")
    with warehouse.turn("forgetting the past of the lake"):
        warehouse.close()
        _compact(lake)


def _compact(lake: Lake) -> None:
    """Write the catalogue anew: small changes are kept in it until they are written as files."""
    engine = sa.create_engine(lake.url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with engine.connect() as connection:
        if not lake.is_shared:
            connection.execute(sa.text("vacuum"))
            connection.execute(sa.text("pragma wal_checkpoint(truncate)"))
            return
        tables = connection.scalars(
            sa.text("select tablename from pg_tables where starts_with(tablename, 'ducklake_')")
        )
        for table in tables.all():
            connection.execute(sa.text(f'vacuum (full) "{table}"'))
