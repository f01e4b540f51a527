"""What a build publishes of a lake: the snapshot that it left, which nothing changes any more."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC

from warehouse.connection import Row, Session, Warehouse, WarehouseError
from warehouse.errors import Misconfigured
from warehouse.lake import CATALOG, Lake
from warehouse.lake_history import expire, newest_snapshot
from warehouse.published import Copy, Published
from warehouse.reading import reading_lake
from warehouse.settings import Settings

_TABLE = """
    create table if not exists ops._published (
        number bigint not null, snapshot_id bigint not null, made_at timestamptz not null
    )
"""
_BYTES = f"""
    select coalesce(sum(file_size_bytes), 0)
    from __ducklake_metadata_{CATALOG}.ducklake_data_file
    where begin_snapshot <= $snapshot and (end_snapshot is null or end_snapshot > $snapshot)
"""


def published_by(settings: Settings) -> Published:
    """What readers are given, by the kind of the warehouse.

    Raises:
        Misconfigured: schemas are to be left out of a lake, of which a snapshot shows everything.
    """
    lake = Lake.from_settings(settings)
    if lake is None:
        return Published.from_settings(settings)
    if settings.published.schema_names:
        raise Misconfigured(
            "REVOPS_PUBLISHED__SCHEMAS cannot be kept on a lake: a snapshot shows every schema",
            advice="unset it, and give the catalogue and the data to nobody who may not see all",
        )
    return PublishedSnapshots(lake, settings)


class PublishedSnapshots(Published):
    """The newest snapshot that a build left, and so many older ones; nothing is copied."""

    def __init__(self, lake: Lake, settings: Settings) -> None:
        super().__init__(settings.published_folder, keep=settings.published.keep)
        self._lake = lake

    def copies(self) -> list[Copy]:
        if not self._lake.file.exists():
            return []
        with reading_lake(self._lake) as session:
            return [
                Copy(
                    one["number"],
                    self._lake.file,
                    one["made_at"].astimezone(UTC),
                    int(session.value(_BYTES, {"snapshot": one["snapshot_id"]})),
                )
                for one in _listed(session)
            ]

    @contextmanager
    def open(self) -> Iterator[Session]:
        found = []
        if self._lake.file.exists():
            with reading_lake(self._lake) as session:
                found = _listed(session)
        if not found:
            raise WarehouseError(
                f"Nothing is published yet in the {self._lake.name}",
                advice="run `revops build`; `revops sql --warehouse` asks the warehouse itself",
            )
        with reading_lake(self._lake, found[0]["snapshot_id"]) as session:
            yield session

    def publish(self, warehouse: Warehouse, *, keep: int | None = None) -> Copy:
        """Keep the lake as it is for readers, and expire what is older than what is kept."""
        began = time.monotonic()
        kept = self._keep if keep is None else keep
        with warehouse.open("publishing a snapshot") as session:
            session.execute("create schema if not exists ops")
            session.define(_TABLE)
            before = _listed(session)
            number = 1 + max((one["number"] for one in before), default=0)
            snapshot, made_at = newest_snapshot(session)
            with session.transaction():
                session.execute(
                    "delete from ops._published where number <= $last",
                    {"last": number - 1 - kept},
                )
                session.execute(
                    "insert into ops._published values ($number, $snapshot, $made_at)",
                    {"number": number, "snapshot": snapshot, "made_at": made_at},
                )
            size = int(session.value(_BYTES, {"snapshot": snapshot}))
            expire(session, [one["snapshot_id"] for one in _listed(session)])
        return Copy(number, self._lake.file, made_at, size, time.monotonic() - began)

    def _begin(self, warehouse: Warehouse) -> bool:
        with warehouse.open("dbt build") as session:
            session.execute("create schema if not exists ops")
            session.define("create table if not exists ops._unfinished (since timestamptz)")
            was_finished = not session.value("select count(*) from ops._unfinished")
            session.execute("insert into ops._unfinished values (now())")
            return was_finished

    def _finish(self, warehouse: Warehouse) -> None:
        with warehouse.open("dbt build") as session:
            session.execute("delete from ops._unfinished")


def _listed(session: Session) -> list[Row]:
    if not session.has("ops", "_published"):
        return []
    return session.rows("from ops._published order by number desc")
