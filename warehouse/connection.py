"""Opens the DuckDB warehouse, for one short group of statements at a time."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Condition
from typing import TYPE_CHECKING, Any, Literal

import duckdb
import pyarrow as pa
from duckdb.func import FunctionNullHandling, PythonUDFType

from warehouse.errors import Busy, Misconfigured
from warehouse.layout import bring_to_layout
from warehouse.lease import Lease
from warehouse.settings import Settings

if TYPE_CHECKING:
    from warehouse.tombstones import Kept
from warehouse.waiting import Wait, program_in

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
_CATALOG = "warehouse"
# Rows that are handed out at a time.
_PIECE = 131_072
_ROWS = 10_000

Row = dict[str, Any]
ColumnType = Literal["text", "bool", "instant", "json", "integer"]


def quoted(identifier: str) -> str:
    """An SQL identifier, safe whatever it holds."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: object) -> str:
    """An SQL string, safe whatever it holds."""
    return "'" + str(text).replace("'", "''") + "'"


class Session:
    """One open connection; statements take `$name` parameters and results are read fully."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def execute(self, sql: str, parameters: Mapping[str, object] | None = None) -> None:
        self._connection.execute(sql, parameters).fetchall()

    def rows(self, sql: str, parameters: Mapping[str, object] | None = None) -> list[Row]:
        """The result as one dict per row, in column order."""
        result = self._connection.execute(sql, parameters)
        names = [column[0] for column in result.description or []]
        return [dict(zip(names, row, strict=True)) for row in result.fetchall()]

    def each(self, sql: str, parameters: Mapping[str, object] | None = None) -> Iterator[Row]:
        """The result row by row; until it has ended, the session does nothing else."""
        result = self._connection.execute(sql, parameters)
        names = [column[0] for column in result.description or []]
        while some := result.fetchmany(_ROWS):
            for row in some:
                yield dict(zip(names, row, strict=True))

    def value(self, sql: str, parameters: Mapping[str, object] | None = None) -> Any:
        """The first column of the only row, or None."""
        row = self._connection.execute(sql, parameters).fetchone()
        return row[0] if row else None

    def arrow(self, sql: str, parameters: Mapping[str, object] | None = None) -> Any:
        """The result as a `pyarrow.Table`."""
        return self._connection.execute(sql, parameters).to_arrow_table()

    def numbers(self, sql: str) -> Iterator[tuple[Any, ...]]:
        """The result, which is numbers without nulls, in pieces: one NumPy array per column."""
        for batch in self._connection.execute(sql).to_arrow_reader(_PIECE):
            yield tuple(column.to_numpy() for column in batch.columns)

    def load(self, name: str, table: Any, *, temporary: bool = False) -> None:
        """Make the table `name`, in whose place there may be an older one, of a `pyarrow.Table`."""
        kind = "temp table" if temporary else "table"
        self._connection.register("loaded", table)
        try:
            self._connection.execute(f"create or replace {kind} {name} as from loaded")
        finally:
            self._connection.unregister("loaded")

    def function(
        self, name: str, compute: Callable[..., Any], takes: Sequence[str], gives: str
    ) -> None:
        """Let SQL call `compute`, which takes and gives Arrow columns; nulls reach it too.

        A function lasts as long as the connection, and one of the same name is left as it is.
        """
        known = "select 1 from duckdb_functions() where function_name = $name"
        if self.value(known, {"name": name}):
            return
        self._connection.create_function(
            name,
            compute,
            list(takes),
            gives,
            type=PythonUDFType.ARROW,
            null_handling=FunctionNullHandling.SPECIAL,
        )

    @property
    def connection(self) -> Any:
        """DuckDB's own connection, for a library that needs one (Splink)."""
        return self._connection

    @contextmanager
    def table(
        self, name: str, columns: Mapping[str, Sequence[object]], types: Mapping[str, ColumnType]
    ) -> Iterator[None]:
        """Show columns of Python values to SQL as the table `name` for the time of the block.

        A column of the kind `json` holds documents as bytes, which the caller knows to be valid:
        they are not parsed again.
        """
        arrays = [_array(columns[column], kind) for column, kind in types.items()]
        self._connection.register(name, pa.table(arrays, names=list(types)))
        try:
            yield
        finally:
            self._connection.unregister(name)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing of what the block does."""
        self._connection.execute("begin transaction")
        try:
            yield
        except BaseException:
            self._connection.execute("rollback")
            raise
        self._connection.execute("commit")


_ARROW: dict[ColumnType, Any] = {
    "text": pa.string(),
    "bool": pa.bool_(),
    "instant": pa.timestamp("us", tz="UTC"),
    "integer": pa.int64(),
}


def _array(values: Sequence[object], kind: ColumnType) -> Any:
    if kind == "json":
        return _json_array(values)
    if isinstance(values, range):
        return pa.arange(values.start, values.stop, values.step)  # type: ignore[attr-defined]
    return pa.array(values, type=_ARROW[kind])


def _json_array(documents: Sequence[Any]) -> Any:
    """The documents end to end with their offsets: no Python object per document is made."""
    offsets = array("q", accumulate(map(len, documents), initial=0))
    text = pa.LargeStringArray.from_buffers(
        len(documents), pa.py_buffer(offsets), pa.py_buffer(b"".join(documents))
    )
    return pa.ExtensionArray.from_storage(pa.json_(pa.large_string()), text)


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
    """The warehouse file; whoever opens it holds the lease, and closes it soon."""

    def __init__(self, path: Path, *, wait_seconds: float = 60) -> None:
        self.path = path
        self._sharing = Condition()
        self._users = 0
        self._engine: duckdb.DuckDBPyConnection | None = None
        # The file whose layout is known to be that of this code.
        self._sound_file: tuple[int, int] | None = None
        # The tables that this process has made sure of.
        self.prepared: set[str] = set()
        # Tells whom was erased; nobody, where nobody has said.
        self.erased: Callable[[], Kept] | None = None
        self._wait_seconds = wait_seconds
        self._lease = Lease(path, wait_seconds=wait_seconds)

    @classmethod
    def from_settings(cls, settings: Settings) -> Warehouse:
        return cls(settings.warehouse_path, wait_seconds=settings.warehouse.wait_seconds)

    @contextmanager
    def open(self, purpose: str) -> Iterator[Session]:
        """Open the file for the block; `purpose` is what a waiting process is told.

        Raises:
            Busy: another process kept it for longer than the wait.
        """
        with self._lease.held(purpose):
            connection = self._borrow()
            is_sound = False
            try:
                yield Session(connection)
                is_sound = True
            except duckdb.Error as error:
                raise WarehouseError(
                    f"The warehouse refused a statement of `{purpose}`: {error}"
                ) from error
            finally:
                connection.close()
                self._give_back(is_sound=is_sound)

    @contextmanager
    def lent(self, purpose: str) -> Iterator[Path]:
        """Hold the lease for another reader or writer of the file, such as dbt, in the block.

        Raises:
            Busy: another process, or a program that takes no lease, had it open for too long.
        """
        with self._lease.held(purpose):
            if self.path.exists():
                self._borrow().close()
                self._give_back(is_sound=True)
            try:
                yield self.path
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
        with self._lease.held(purpose):
            yield

    @contextmanager
    def at_rest(self, purpose: str) -> Iterator[Path]:
        """Keep the file as it is in the block, with all that was written in it: to be copied.

        Raises:
            Busy: another process, or another thread of this one, used it for too long.
        """
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
                self._started().execute(f"checkpoint {_CATALOG}")
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
            connection.execute(f"use {_CATALOG}")
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
        if self._engine is None:
            return
        if is_sound:
            # What cannot be written into the file now is in its log, as after a kill.
            with suppress(duckdb.Error):
                self._engine.execute(f"detach {_CATALOG}")
                return
        self._engine.close()
        self._engine = None

    def _started(self) -> duckdb.DuckDBPyConnection:
        """The engine without a file: to start it costs ten times as much as to open a file."""
        if self._engine is None:
            self._engine = duckdb.connect(":memory:", config=_CONFIG)
        return self._engine

    def _attach(self) -> None:
        self._started().execute(
            f"attach {literal(self.path)} as {_CATALOG} (row_group_size {ROW_GROUP})"
        )

    def _open_file(self) -> None:
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
        if (file := (of_file.st_dev, of_file.st_ino)) == self._sound_file:
            return
        connection = self._started().cursor()
        try:
            connection.execute(f"use {_CATALOG}")
            bring_to_layout(Session(connection), self.path)
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
