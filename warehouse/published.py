"""Publishes copies of the warehouse that are read at any time, and block nobody.

`current.duckdb` is another name of the newest copy. A copy is never changed once it has its name,
and a reader that has one open keeps it until it closes it, whatever is published meanwhile.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import re
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from warehouse.connection import Row, Session, Warehouse, WarehouseError, literal, quoted
from warehouse.errors import RevopsError
from warehouse.lasting import make_lasting
from warehouse.reading import reading
from warehouse.settings import Settings

_LOG = logging.getLogger(__name__)

CURRENT = "current.duckdb"
_NAME = re.compile(r"(\d{6,})\.duckdb")
_UNFINISHED = "unfinished"
# What a file system says that cannot copy within the kernel.
_NOT_SO = {errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP}


@dataclass(frozen=True)
class Copy:
    """One copy: its number, its file, when it was made, and how long that took if it is new."""

    number: int
    path: Path
    made_at: datetime
    bytes: int
    seconds: float | None = None


class Published:
    """The folder of copies: the newest one, and so many older ones.

    Args:
        folder: where they are; it is made with the first copy.
        keep: how many older copies are left beside the newest.
        schemas: the only ones that are copied; none for the whole file.
    """

    def __init__(self, folder: Path, *, keep: int = 1, schemas: Sequence[str] = ()) -> None:
        self.folder, self._keep, self._schemas = folder, keep, tuple(schemas)

    @classmethod
    def from_settings(cls, settings: Settings) -> Published:
        published = settings.published
        return cls(settings.published_folder, keep=published.keep, schemas=published.schema_names)

    @property
    def current(self) -> Path:
        return self.folder / CURRENT

    def copies(self) -> list[Copy]:
        """Every copy that is kept, the newest first."""
        found = []
        for path in self.folder.glob("*.duckdb"):
            if named := _NAME.fullmatch(path.name):
                of_file = path.stat()
                made_at = datetime.fromtimestamp(of_file.st_mtime, UTC)
                found.append(Copy(int(named[1]), path, made_at, of_file.st_size))
        return sorted(found, key=lambda one: -one.number)

    @contextmanager
    def open(self) -> Iterator[Session]:
        """The newest copy, open to be read; no lease is taken.

        Raises:
            WarehouseError: nothing is published yet, or a statement is wrong.
        """
        if not self.current.exists():
            raise WarehouseError(
                f"Nothing is published yet: there is no {self.current}",
                advice="run `revops build`; `revops sql --warehouse` asks the warehouse itself",
            )
        with reading(self.current) as session:
            yield session

    @contextmanager
    def after_build(self, warehouse: Warehouse, *, whole: bool) -> Iterator[Publication]:
        """Hold the warehouse for the build in the block; what came of it is published behind it.

        Nothing is published where the block fails, or a part of the models is left from a build
        that did: only a whole build puts that right.

        Args:
            warehouse: what is built, in the block.
            whole: every model is built, and not a selection.
        """
        publication = Publication()
        with warehouse.lent("dbt build"):
            was_finished = self._begin(warehouse)
            yield publication
            if not (whole or was_finished):
                publication.why_not = (
                    "an earlier build failed, and this one was of a selection: build everything"
                )
                return
            self._finish(warehouse)
            try:
                publication.copy = self.publish(warehouse)
            except (OSError, duckdb.Error, RevopsError) as error:
                publication.why_not = f"the copy could not be made: {error}"

    def _begin(self, warehouse: Warehouse) -> bool:  # noqa: ARG002 - a lake notes it itself
        """Note that a build has begun; whether the one before came to its end."""
        unfinished = self.folder / _UNFINISHED
        self.folder.mkdir(parents=True, exist_ok=True)
        was_finished = not unfinished.exists()
        unfinished.touch()
        return was_finished

    def _finish(self, warehouse: Warehouse) -> None:  # noqa: ARG002 - see above
        (self.folder / _UNFINISHED).unlink()

    def publish(self, warehouse: Warehouse, *, keep: int | None = None) -> Copy:
        """Make a copy of the warehouse as it is, let readers have it, and remove the oldest ones.

        Args:
            warehouse: what is copied, under its lease.
            keep: so many older copies, and not as many as usual.

        Raises:
            Busy: others kept the warehouse for too long.
            OSError: the copy cannot be written; the one of before stays.
        """
        began = time.monotonic()
        self.folder.mkdir(parents=True, exist_ok=True)
        # The lease is held to the end, so that no older copy overtakes a newer one.
        with warehouse.lent("publishing a copy"):
            # What a killed one has left: nobody else is here.
            for left in self.folder.glob("*.partial*"):
                left.unlink()
            partial = self.folder / "next.partial"
            try:
                number = max((one.number for one in self.copies()), default=0) + 1
                path = self.folder / f"{number:06d}.duckdb"
                self._write(warehouse, partial)
                _make_readable(partial, like=warehouse.path)
                partial.replace(path)
                self._show(path)
            finally:
                partial.unlink(missing_ok=True)
            for old in self.copies()[1 + (self._keep if keep is None else keep) :]:
                old.path.unlink(missing_ok=True)
        of_file = path.stat()
        made_at = datetime.fromtimestamp(of_file.st_mtime, UTC)
        return Copy(number, path, made_at, of_file.st_size, time.monotonic() - began)

    def _write(self, warehouse: Warehouse, partial: Path) -> None:
        whole = partial.with_suffix(".partial-whole") if self._schemas else partial
        try:
            with warehouse.at_rest("publishing a copy") as path:
                copied(path, whole)
            if self._schemas:
                _select(whole, partial, path.stem, self._schemas)
            else:
                _name_no_catalog(partial, path.stem)
        finally:
            if self._schemas:
                whole.unlink(missing_ok=True)

    def _show(self, path: Path) -> None:
        """Let readers have the copy, from one moment to the next."""
        # What a program that opened the last one for writing left would be taken for this one's.
        for left in (CURRENT + ".wal", "next.partial-current"):
            (self.folder / left).unlink(missing_ok=True)
        following = self.folder / "next.partial-current"
        os.link(path, following)
        following.replace(self.current)


@dataclass
class Publication:
    """What came of publishing: the copy, or why there is none."""

    copy: Copy | None = None
    why_not: str | None = None


def copied(source: Path, target: Path) -> None:
    """Copy a file within the kernel, where its blocks are shared if the file system can."""
    with source.open("rb") as taken, target.open("wb") as given:
        left = os.fstat(taken.fileno()).st_size
        try:
            while left > 0:
                done = os.copy_file_range(taken.fileno(), given.fileno(), left)
                if done == 0:
                    break
                left -= done
        except OSError as error:
            if error.errno not in _NOT_SO:
                raise
            given.truncate(given.tell())
            taken.seek(given.tell())
            shutil.copyfileobj(taken, given, 1 << 20)


def _name_no_catalog(copy: Path, catalog: str) -> None:
    """Make views of the copy anew, where they name the catalog: it is named after the file."""
    with duckdb.connect(":memory:") as connection:
        session = Session(connection)
        session.execute(f"attach {literal(copy)} as copied")
        session.execute("use copied")
        views = session.rows(_VIEWS, {"catalog": catalog})
        # One may be made of another, which has to be made anew before it.
        while views:
            failed = [(one, _without_catalog(session, one, catalog)) for one in views]
            left = [one for one, error in failed if error]
            if len(left) == len(views):
                for one, error in failed:
                    _LOG.warning("%s cannot be read in the copy: %s", one["name"], error)
                break
            views = left
        session.execute("use memory")
        session.execute("detach copied")


_VIEWS = """
    select
        '"' || schema_name || '"."' || view_name || '"' as name,
        sql,
        (
            select string_agg('"' || column_name || '"', ', ' order by column_index)
            from duckdb_columns() as columns
            where columns.database_name = views.database_name
                and columns.schema_name = views.schema_name
                and columns.table_name = views.view_name
        ) as columns
    from duckdb_views() as views
    where database_name = 'copied' and not internal and contains(sql, $catalog)
"""


def _without_catalog(session: Session, view: Row, catalog: str) -> duckdb.Error | None:
    """Parsed and not replaced in the text, where a literal may say the same; an error if any."""
    query = view["sql"].partition(" AS ")[2].rstrip().rstrip(";")
    try:
        parsed = session.value("select json_serialize_sql($query)", {"query": query})
        parsed = parsed.replace(f'"catalog_name":{json.dumps(catalog)}', '"catalog_name":""')
        again = session.value("select json_deserialize_sql($sql::json)", {"sql": parsed})
        session.execute(f"create or replace view {view['name']} ({view['columns']}) as {again}")
    except duckdb.Error as error:
        return error
    return None


def _select(whole: Path, copy: Path, catalog: str, schemas: Sequence[str]) -> None:
    """Copy what is in some schemas, views as the rows that they give."""
    with duckdb.connect(":memory:") as connection:
        session = Session(connection)
        session.execute(f"attach {literal(whole)} as {quoted(catalog)} (read_only)")
        session.execute(f"attach {literal(copy)} as copied")
        session.execute(f"use {quoted(catalog)}")
        relations = session.rows(
            "select table_schema, table_name from information_schema.tables"
            " where table_catalog = $catalog and list_contains($schemas, table_schema)",
            {"catalog": catalog, "schemas": list(schemas)},
        )
        if unknown := set(schemas) - {one["table_schema"] for one in relations}:
            raise WarehouseError(
                f"Nothing is published: the warehouse has no schema {', '.join(sorted(unknown))}",
                advice="correct REVOPS_PUBLISHED__SCHEMAS, then `revops build` again",
            )
        with session.transaction():
            for schema in schemas:
                session.execute(f"create schema if not exists copied.{quoted(schema)}")
            for one in relations:
                place = f"{quoted(one['table_schema'])}.{quoted(one['table_name'])}"
                session.execute(f"create table copied.{place} as from {quoted(catalog)}.{place}")
        session.execute("use memory")
        session.execute("detach copied")


def _make_readable(copy: Path, *, like: Path) -> None:
    """Put it on the disk, for as many to read as read the warehouse, and for nobody to write."""
    make_lasting(copy)
    copy.chmod(like.stat().st_mode & 0o444)
