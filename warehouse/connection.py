"""Opens the DuckDB warehouse, for one short group of statements at a time."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Condition
from typing import TYPE_CHECKING

import duckdb

from warehouse.errors import Busy, Misconfigured, Unavailable
from warehouse.lake import CATALOG, Lake, Place
from warehouse.layout import bring_to_layout
from warehouse.lease import Holder, Lease
from warehouse.session import ColumnType, Row, Session, literal, quoted
from warehouse.settings import Settings
from warehouse.turns import Turns
from warehouse.waiting import Wait, program_in

if TYPE_CHECKING:
    from warehouse.tombstones import Kept

__all__ = [
    "ROW_GROUP",
    "ColumnType",
    "Row",
    "Session",
    "Warehouse",
    "WarehouseError",
    "literal",
    "quoted",
    "scratch",
]

# Nothing is ever fetched at run time.
_CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    # What we do ourselves is to append and to look up: measured, a second thread costs more than
    # it gives. dbt, which computes, has threads of its own.
    "threads": 1,
    # A new file is one that DuckDB reads from 1.2 on: older ones have no zstd, which makes payloads
    # half as large at half the cost. A file that is there already stays as it is.
    "storage_compatibility_version": "v1.2.0",
}

# A commit rewrites the last, half filled row group: with DuckDB's usual 122,880 rows that is most
# of the cost and of the memory of landing. Other programs read and write such a file as any other.
ROW_GROUP = 16_384
# Two transactions of a lake have changed the same thing: the later one is undone.
_CONFLICT = ("Transaction conflict", "database is locked", "could not serialize")


@contextmanager
def scratch(*, threads: int = 2, on_disk: bool = False) -> Iterator[Session]:
    """A database that is gone after the block, for work on files outside the warehouse.

    In memory, or `on_disk` for tables that need not all be in memory at one time.
    """
    with TemporaryDirectory(prefix="revops-") as folder:
        place = f"{folder}/scratch.duckdb" if on_disk else ":memory:"
        connection = duckdb.connect(place, config={**_CONFIG, "threads": threads})
        try:
            connection.execute("set TimeZone = 'UTC'")
            yield Session(connection)
        finally:
            connection.close()


class Warehouse:
    """The warehouse file; whoever opens it holds the lease, and closes it soon.

    Or a lake: who works on the whole of one takes turns as with the file, of all machines; streams
    are landed beside each other, and readers wait for nobody (ADR 0058). `path` is then a place
    that is there once anything is.
    """

    def __init__(self, path: Path, *, wait_seconds: float = 60, lake: Lake | None = None) -> None:
        self.path = lake.file if lake else path
        self.lake = lake
        self._sharing = Condition()
        self._users = 0
        self._engine: duckdb.DuckDBPyConnection | None = None
        # The file or lake whose layout is known to be that of this code.
        self._sound_file: Hashable = None
        # The tables that this process has made sure of.
        self.prepared: set[str] = set()
        # Tells whom was erased; nobody, where nobody has said.
        self.erased: Callable[[], Kept] | None = None
        self._wait_seconds = wait_seconds
        shared = lake.url if lake and lake.is_shared else None
        self._turns = Turns(shared, wait_seconds=wait_seconds) if shared else None
        self._lease = Lease(self.path, wait_seconds=wait_seconds)

    @classmethod
    def from_settings(cls, settings: Settings) -> Warehouse:
        return cls(
            settings.warehouse_path,
            wait_seconds=settings.warehouse.wait_seconds,
            lake=Lake.from_settings(settings),
        )

    @property
    def exists(self) -> bool:
        """Whether anything was ever written to it."""
        return self.path.exists()

    @property
    def environment(self) -> dict[str, str]:
        """The settings by which a child opens the same warehouse."""
        if self.lake:
            return self.lake.environment()
        return {"REVOPS_WAREHOUSE__KIND": "duckdb", "REVOPS_WAREHOUSE__PATH": str(self.path)}

    def holder(self) -> Holder | None:
        """Who has the turn of the whole, if that process is of this machine and lives."""
        return (self._turns or self._lease).holder()

    def turn(self, purpose: str, part: str | None = None) -> AbstractContextManager[None]:
        """Hold the turn for the block: of the whole or, in a lake of several machines, of a part.

        Raises:
            Busy: another process kept it for longer than the wait.
        """
        return self._turns.held(purpose, part) if self._turns else self._lease.held(purpose)

    @contextmanager
    def open(self, purpose: str, *, part: str | None = None) -> Iterator[Session]:
        """Open the file for the block; `purpose` is what a waiting process is told.

        Args:
            purpose: what is done.
            part: nothing but tables of this name's own is written.

        Raises:
            Busy: another process kept it for longer than the wait, or wrote the same beside us.
        """
        with self.turn(purpose, part):
            connection = self._borrow()
            is_sound = False
            try:
                yield Session(connection, in_lake=self.lake is not None)
                is_sound = True
            except duckdb.Error as error:
                if self.lake and any(words in str(error) for words in _CONFLICT):
                    raise Busy(
                        f"Another program changed the {self.lake.name} during `{purpose}`,"
                        " which is undone",
                        advice="run it again; who writes to the lake besides takes no turns",
                    ) from error
                raise WarehouseError(
                    f"The warehouse refused a statement of `{purpose}`: {error}"
                ) from error
            finally:
                connection.close()
                self._give_back(is_sound=is_sound)

    def close(self) -> None:
        """Let go of a lake, which is kept open otherwise.

        Raises:
            Busy: another thread of this process still uses it.
        """
        with self._sharing:
            if not self._sharing.wait_for(lambda: self._users == 0, self._wait_seconds):
                raise Busy(f"{self.path.name} is in use by another thread of this process")
            self._close_file(is_sound=False)

    @contextmanager
    def lent(self, purpose: str) -> Iterator[Place]:
        """Hold the lease for another reader or writer of the file, such as dbt, in the block.

        Raises:
            Busy: another process, or a program that takes no lease, had it open for too long.
        """
        with self.turn(purpose):
            if self.lake is None and self.path.exists():
                self._borrow().close()
                self._give_back(is_sound=True)
            try:
                yield self.lake or self.path
            except Exception as error:
                if program := program_in(str(error)):
                    raise self._opened_by(program) from error
                raise

    @contextmanager
    def reserved(self, purpose: str) -> Iterator[None]:
        """Hold the lease in the block, whatever the file is, or if there is none.

        Raises:
            Busy: another process kept it for longer than the wait.
        """
        with self.turn(purpose):
            yield

    def refuse_lake(self, purpose: str) -> None:
        """Stop what only a file can be had for.

        Raises:
            WarehouseError: it is a lake.
        """
        if self.lake:
            raise WarehouseError(
                f"The {self.lake.name} is no file: there is no {purpose} of it",
                advice="its database and its folder are kept by their own tools;"
                " docs/how-to/outgrow-one-machine.md",
            )

    @contextmanager
    def at_rest(self, purpose: str) -> Iterator[Path]:
        """Keep the file as it is in the block, with all that was written in it: to be copied.

        Raises:
            Busy: another process, or another thread of this one, used it for too long.
            WarehouseError: a lake is no file.
        """
        self.refuse_lake(purpose)
        with self._lease.held(purpose), self._sharing:
            if not self._sharing.wait_for(lambda: self._users == 0, self._wait_seconds):
                raise Busy(
                    f"{self.path.name} is in use by another thread of this process;"
                    f" waited {self._wait_seconds:g} s",
                    advice="wait for it to end, or raise REVOPS_WAREHOUSE__WAIT_SECONDS",
                )
            self._open_file()
            try:
                # DuckDB's own lock is held too, so that no other program writes meanwhile.
                self._started().execute(f"checkpoint {CATALOG}")
                yield self.path
            finally:
                self._close_file(is_sound=True)

    def _borrow(self) -> duckdb.DuckDBPyConnection:
        """A connection of one's own; while one is open, more of them cost next to nothing."""
        with self._sharing:
            if self._users == 0:
                self._open_file()
            self._users += 1
            connection = self._started().cursor()
            connection.execute(f"use {CATALOG}")
        # Every instant is shown in UTC, whatever the machine's zone is.
        connection.execute("set TimeZone = 'UTC'")
        return connection

    def _give_back(self, *, is_sound: bool) -> None:
        with self._sharing:
            self._users -= 1
            if self._users == 0:
                self._close_file(is_sound=is_sound)
                self._sharing.notify_all()

    def _close_file(self, *, is_sound: bool) -> None:
        """Let others have the file; an engine that an error may have broken is not used again."""
        if self._engine is None or (self.lake and is_sound):
            # A lake is kept open: nobody waits for it.
            return
        if is_sound:
            # What cannot be written into the file now is in its log, as after a kill.
            with suppress(duckdb.Error):
                self._engine.execute(f"detach {CATALOG}")
                return
        self._engine.close()
        self._engine = None

    def _started(self) -> duckdb.DuckDBPyConnection:
        """The engine without a file: to start it costs ten times as much as to open a file."""
        if self._engine is None:
            self._engine = duckdb.connect(":memory:", config=_CONFIG)
            if self.lake:
                self._open_lake(self.lake, self._engine)
        return self._engine

    def _open_lake(self, lake: Lake, engine: duckdb.DuckDBPyConnection) -> None:
        """Attach it, once per engine, and alone: the first one makes it."""
        try:
            lake.prepare(engine)
            with self.turn("opening", "opening"):
                lake.attach(engine)
                engine.execute("set TimeZone = 'UTC'")
                self._check_layout()
        except BaseException as error:
            self._engine = None
            engine.close()
            if isinstance(error, duckdb.Error):
                raise Unavailable(
                    f"The {lake.name} cannot be opened: {error}",
                    advice="check REVOPS_WAREHOUSE__CATALOG and REVOPS_WAREHOUSE__DATA_PATH",
                ) from error
            raise

    def _attach(self) -> None:
        self._started().execute(
            f"attach {literal(self.path)} as {CATALOG} (row_group_size {ROW_GROUP})"
        )

    def _open_file(self) -> None:
        if self.lake:
            self._started()
            return
        # An analyst's shell knows nothing of our lease, only DuckDB's own lock.
        wait = Wait(self.path.name, self._wait_seconds)
        while True:
            try:
                self._attach()
            except duckdb.Error as error:
                program = program_in(str(error))
                if program is None:
                    raise WarehouseError(
                        f"The warehouse {self.path.name} cannot be opened: {error}",
                        advice="check REVOPS_WAREHOUSE__PATH and REVOPS_HOME",
                    ) from error
                if wait.is_over:
                    raise self._opened_by(program) from error
                wait.tell(program)
                wait.pause()
            else:
                wait.end()
                self._check_layout()
                return

    def _check_layout(self) -> None:
        """Once for each file: another one may have been put in its place."""
        of_file = self.path.stat()
        file = self.lake.identity if self.lake else (of_file.st_dev, of_file.st_ino)
        if file == self._sound_file:
            return
        connection = self._started().cursor()
        try:
            connection.execute(f"use {CATALOG}")
            bring_to_layout(Session(connection, in_lake=self.lake is not None), self.path)
        except BaseException:
            connection.close()
            self._close_file(is_sound=False)
            raise
        connection.close()
        self._sound_file = file

    def _opened_by(self, program: str) -> Busy:
        return Busy(
            f"The warehouse {self.path.name} cannot be opened: it is open in {program};"
            f" waited {self._wait_seconds:g} s",
            advice="close the program that holds it; to read at any time, open the published copy",
        )


class WarehouseError(Misconfigured):
    """A file or statement is wrong, or a build is missing: a person has to change something."""
