"""Writes files into a folder: a table that is replaced as a whole, or a new file for each batch."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from decimal import Decimal
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import Any, Self, cast

from pydantic import DirectoryPath
from pydantic_settings import SettingsConfigDict

from connectors.core.settings import SourceSettings, load_vendor_settings
from connectors.core.source import Source
from reverse_etl.destinations.base import Destination, Fields, Row, RowOutcome
from warehouse.clock import Clock
from warehouse.deliveries import MADE_ONCE, Operation
from warehouse.errors import Misconfigured, Refused, Unavailable
from warehouse.exported_files import Unreadable, Unwritable, read, written
from warehouse.settings import HttpSettings

_ENDINGS = ("csv", "ndjson", "parquet")
_BATCH = "{batch}"
# Not every name: the files of another sync may begin with the same words.
_ANY_BATCH = "[0-9]" * 12 + "-" + "[0-9a-f]" * 8
_OPERATION = "_operation"
_TABLE_ROWS = 1_000_000
# What a refusal would be over HTTP: understood, and not to be carried out.
_UNPROCESSABLE = 422

# By the file's ending. A row of CSV or Parquet cannot say which fields it leaves alone.
_OF_A_BATCH: dict[str, frozenset[Operation]] = {
    "csv": MADE_ONCE,
    "parquet": MADE_ONCE,
    "ndjson": MADE_ONCE | {"update", "upsert", "delete"},
}
_OF_A_TABLE: frozenset[Operation] = frozenset({"create", "update", "upsert", "delete"})


class FolderSettings(SourceSettings):
    model_config = SettingsConfigDict(env_prefix="REVOPS_FOLDER__", env_file=".env", extra="ignore")

    path: DirectoryPath
    csv_bom: bool = False
    spreadsheet_safe: bool = False


class OpenFolder:
    """The folder; a file in it is there as a whole, or as it was."""

    is_on_loopback = True

    def __init__(
        self, path: Path, *, csv_bom: bool = False, spreadsheet_safe: bool = False
    ) -> None:
        self.path, self.csv_bom, self.spreadsheet_safe = path, csv_bom, spreadsheet_safe

    def redact(self, text: str) -> str:
        return text

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        pass

    def contents(self, pattern: str) -> list[bytes]:
        """What is in the files that a glob names, the oldest first.

        Raises:
            Unavailable: one of them cannot be read.
        """
        try:
            found = [path for path in self.path.glob(pattern) if not path.name.startswith(".")]
            found.sort(key=lambda path: (path.name, path))
            return [path.read_bytes() for path in found]
        except OSError as error:
            raise Unavailable(f"{self.path}: {error}") from error

    def change(self, name: str, work: Callable[[bytes | None], bytes]) -> None:
        """Put what `work` makes of a file's content, None where there is none, in its place.

        Raises:
            Misconfigured: the folder may not be written.
            Unavailable: it is not known whether the new file is there.
        """
        path = self.path / name
        # Always the same one, hidden: what a kill leaves of it is written over.
        part = path.with_name(f".{path.name}.part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with _alone_in(path.parent):
                content = work(path.read_bytes() if path.exists() else None)
                self._write(part, content)
                self._rename(part, path)
        except PermissionError as error:
            raise Misconfigured(f"{path} may not be written: {error.strerror}") from error
        except OSError as error:
            raise Unavailable(f"{path}: {error}") from error

    def _write(self, part: Path, content: bytes) -> None:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    def _rename(self, part: Path, path: Path) -> None:
        part.replace(path)
        # Else a power cut could take the new name back.
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Wait for other processes of ours that change files in the folder; a kill lets go of it."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        # A file system that knows no such locks is not to keep files from being written.
        with suppress(OSError):
            fcntl.flock(opened, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened)


class FolderFiles(Destination):
    """The file that the sync's `object` names, such as `accounts.csv`.

    With `{batch}` in the name each batch is a file of its own, and nothing in it is changed again.
    """

    batch_size = 100_000
    operations = _OF_A_TABLE | MADE_ONCE
    nests = frozenset({"object", "array"})

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._is_log = _BATCH in self._object
        self._ending = PurePosixPath(self._object).suffix.removeprefix(".")
        self._columns: list[str] = []
        if self._is_log:
            # What is in the files is what was sent, not what a tool holds.
            self.is_readable = False
        else:
            # A table is replaced as a whole, if it can be.
            self.batch_size = _TABLE_ROWS

    @classmethod
    def operations_of(cls, object_name: str) -> frozenset[Operation]:
        ending = PurePosixPath(object_name).suffix.removeprefix(".")
        if _BATCH not in object_name:
            return _OF_A_TABLE
        return _OF_A_BATCH.get(ending, frozenset())

    def faults(self, fields: Sequence[str]) -> list[str]:
        """A name that leads out of the folder or says no format, and columns that are not free."""
        if (said := _name_fault(self._object)) is not None:
            return [said]
        if self._identifier is None:
            return ["a file needs identify_by.field: the column that holds our key"]
        taken = {self._identifier, *([_OPERATION] if self._is_log else [])}
        faults = [f"a field may not be called {name!r}" for name in fields if name in taken]
        if not os.access(self._folder.path, os.W_OK):
            faults.append(f"{self._folder.path} may not be written")
        if not self._is_log:
            self._table(next(iter(self._folder.contents(self._object)), None))
        # The order in which the document names them is that of the file.
        self._columns = list(fields)
        return faults

    def write(self, operation: Operation, rows: Sequence[Row]) -> list[RowOutcome]:
        if operation not in self.operations_of(self._object):
            raise Misconfigured(f"{self._object}: no {operation} can be written to such a file")
        if self._is_log:
            return self._write_log(operation, rows)
        outcomes: list[RowOutcome] = []

        def changed(content: bytes | None) -> bytes:
            columns, table = self._table(content)
            outcomes[:] = [_applied(operation, row, table) for row in rows]
            return self._written(columns, table)

        self._folder.change(self._object, changed)
        return outcomes

    def read(self, keys: Sequence[str], fields: Sequence[str]) -> dict[str, Fields]:  # noqa: ARG002 - all
        pattern = self._object.replace(_BATCH, _ANY_BATCH)
        held: dict[str, dict[str, Any]] = {}
        for content in self._folder.contents(pattern):
            for key, values in self._table(content)[1].items():
                if values.pop(_OPERATION, None) == "delete":
                    held.pop(key, None)
                else:
                    held[key] = held.get(key, {}) | values
        return {key: held[key] for key in keys if key in held}

    def holds(self, held: object, wish: object) -> bool:
        if isinstance(held, str) and isinstance(wish, dict | list):
            # In CSV an object is the text of its JSON.
            return _in_one_order(held) == json.dumps(wish, sort_keys=True)
        if isinstance(held, bool) or isinstance(wish, bool):
            return held is wish
        if isinstance(held, int | float) and isinstance(wish, int | float):
            return Decimal(str(held)) == Decimal(str(wish))
        return type(held) is type(wish) and held == wish

    @property
    def _folder(self) -> OpenFolder:
        return cast("OpenFolder", self._tool)

    @property
    def _key(self) -> str:
        return str(self._identifier)

    def _write_log(self, operation: Operation, rows: Sequence[Row]) -> list[RowOutcome]:
        is_change = self._ending == "ndjson"
        more = {_OPERATION: operation} if is_change else {}
        told = {row.key: {**row.fields, **more} for row in rows}
        content = self._written([self._key], told)
        self._folder.change(self._object.replace(_BATCH, _batch_of(rows)), lambda _: content)
        return [RowOutcome(row.trace, "acknowledged", tool_id=row.key) for row in rows]

    def _table(self, content: bytes | None) -> tuple[list[str], dict[str, dict[str, Any]]]:
        """Columns and rows by key of a file.

        Raises:
            Misconfigured: it is not what we have written.
        """
        if content is None:
            return [self._key], {}
        try:
            columns, rows = read(
                self._ending, content, is_for_spreadsheets=self._folder.spreadsheet_safe
            )
        except Unreadable as error:
            raise Misconfigured(f"{self._object} cannot be read: {error}") from error
        table = {str(row.pop(self._key, None)): row for row in rows}
        if rows and (self._key not in columns or len(table) < len(rows)):
            raise Misconfigured(
                f"{self._object} does not hold one row for each {self._key}",
                advice="somebody else has written it: move it away, and it is made anew",
            )
        return columns, table

    def _written(self, columns: Sequence[str], table: Mapping[str, Fields]) -> bytes:
        named = (name for values in table.values() for name in values)
        order = list(dict.fromkeys([self._key, *self._columns, *columns, *named]))
        rows = ({self._key: key, **values} for key, values in table.items())
        try:
            return written(
                self._ending,
                order,
                rows,
                bom=self._folder.csv_bom,
                is_for_spreadsheets=self._folder.spreadsheet_safe,
            )
        except (Unwritable, UnicodeEncodeError) as error:
            raise Refused(
                f"{self._object}: {error}", status=_UNPROCESSABLE, body=str(error)
            ) from error


def _applied(operation: Operation, row: Row, table: dict[str, dict[str, Any]]) -> RowOutcome:
    is_there = row.key in table
    if operation == "delete":
        table.pop(row.key, None)
    elif operation == "update" and not is_there:
        return RowOutcome(row.trace, "rejected", reason="the file has no such row")
    elif operation == "create" and is_there:
        return RowOutcome(row.trace, "rejected", reason="the file has such a row already")
    else:
        table[row.key] = {**table.get(row.key, {}), **row.fields}
    return RowOutcome(row.trace, "acknowledged", tool_id=row.key)


def _in_one_order(text: str) -> str | None:
    try:
        return json.dumps(json.loads(text), sort_keys=True)
    except ValueError:
        return None


def _batch_of(rows: Sequence[Row]) -> str:
    """What names a batch: in the order of sending, and the same if it is written once more."""
    said = json.dumps([[row.trace, row.key, dict(row.fields)] for row in rows], sort_keys=True)
    first = min(
        (int(number) for row in rows for number in re.findall(r"\d+", row.trace)), default=0
    )
    return f"{first:012d}-{hashlib.sha256(said.encode()).hexdigest()[:8]}"


def _name_fault(name: str) -> str | None:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or path.name.startswith("."):
        return f"{name!r} is no name of a file below the folder"
    if path.suffix.removeprefix(".") not in _ENDINGS or re.search(r"[*?\[\]]", name):
        return f"{name!r} does not end in one of {', '.join('.' + one for one in _ENDINGS)}"
    if "{" in name.replace(_BATCH, "", 1) or _BATCH in str(path.parent):
        return f"{name!r}: only {_BATCH} stands for something, once, in the name of the file"
    return None


class FolderSource(Source):
    """A folder to which files are written."""

    def open(self, http: HttpSettings, clock: Clock) -> OpenFolder:  # noqa: ARG002 - no HTTP
        given = cast("FolderSettings", load_vendor_settings(self.settings, self.name, self.scopes))
        return OpenFolder(
            given.path, csv_bom=given.csv_bom, spreadsheet_safe=given.spreadsheet_safe
        )


ACCOUNT = FolderSource(
    name="folder",
    title="A folder",
    settings=FolderSettings,
    scopes="our user must be allowed to write the folder and what is in it",
    streams=(),
)
DESTINATION = FolderFiles
