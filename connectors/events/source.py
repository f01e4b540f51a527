"""Declares events: what a tracking library wrote to a folder, in NDJSON, gzipped or Parquet."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import msgspec
from pydantic_settings import SettingsConfigDict

from connectors.core.folder import Drop, Folder, FolderSettings, FolderSource
from connectors.core.source import Page, Reading, Stream
from connectors.events.lines import Position, blocks
from connectors.events.records import Event
from warehouse.drops import Unreadable, parquet_documents
from warehouse.landing import Reject

PAGE_EVENTS = 25_000
_LINES = (".ndjson", ".jsonl", ".json", ".ndjson.gz", ".jsonl.gz", ".json.gz")
_NESTED = frozenset({"context", "properties", "traits", "integrations"})

# Per file: size, time of its last change, whether it was read to its end, and the position.
Entry = list[Any]


class EventsSettings(FolderSettings):
    model_config = SettingsConfigDict(env_prefix="REVOPS_EVENTS__", env_file=".env", extra="ignore")


@dataclass
class _Gathered:
    """What was read for one page, and of which rows of which files it is made."""

    records: list[msgspec.Raw] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    places: list[tuple[str, int]] = field(default_factory=list)

    def add(self, name: str, first_row: int, lines: list[bytes] | list[str]) -> None:
        self.starts.append(len(self.records))
        self.places.append((name, first_row))
        self.records += map(msgspec.Raw, lines)

    def refuse(self, name: str, row: int | None, reason: str, text: bytes = b"") -> None:
        place = name if row is None else f"{name}, row {row}"
        payload = text.decode(errors="replace") or msgspec.json.encode({"_file": name}).decode()
        self.rejects.append(Reject(None, f"{place}: {reason}", payload))

    def place(self, number: int) -> str:
        """The file and row of the record of that index."""
        piece = bisect_right(self.starts, number) - 1
        name, first_row = self.places[piece]
        return f"{name}, row {first_row + number - self.starts[piece]}"


class _Pending:
    """Gathers across files until a page is taken."""

    def __init__(self) -> None:
        self.gathered = _Gathered()

    def page(self, files: dict[str, Entry]) -> Page:
        """What was gathered; gathering begins anew."""
        taken, self.gathered = self.gathered, _Gathered()
        return Page(taken.records, {"files": dict(files)}, taken.place, taken.rejects)

    def is_full(self) -> bool:
        return len(self.gathered.records) >= PAGE_EVENTS


def read_events(reading: Reading) -> Iterator[Page]:
    """What the files hold beyond what was read of them, a page at a time across small files."""
    files: dict[str, Entry] = dict((reading.cursor or {}).get("files", {}))
    pending, unknown = _Pending(), []
    for drop in cast("Folder", reading.tool).drops():
        read = files.get(drop.name)
        if read is not None and read[:3] == [drop.size, drop.modified, True]:
            continue
        if not drop.name.endswith((*_LINES, ".parquet")):
            unknown.append(drop.name)
            continue
        reader = _parquet if drop.name.endswith(".parquet") else _lines
        for entry in reader(drop, read, pending):
            files[drop.name] = entry
            if pending.is_full():
                yield pending.page(files)
    if unknown:
        reading.say(f"neither NDJSON nor Parquet, not read: {', '.join(unknown)}")
    if files != (reading.cursor or {}).get("files"):
        yield pending.page(files)


def _lines(drop: Drop, read: Entry | None, pending: _Pending) -> Iterator[Entry]:
    """Take the whole lines; half a line at the end is refused and left to the next reading."""
    position = Position(*read[3:]) if read else Position()
    for block in blocks(drop.path, position):
        position = block.after
        _take(drop.name, block.first_row, block.lines, pending)
        if block.torn.strip():
            _take_last(drop.name, block.first_row + len(block.lines), block.torn, pending)
        yield [drop.size, drop.modified, False, position.at, position.row, position.mark]
    yield [drop.size, drop.modified, True, position.at, position.row, position.mark]


def _take(name: str, first_row: int, lines: list[bytes], pending: _Pending) -> None:
    """Add lines; blank ones and those that are no text part the list, so that rows stay true."""
    if b"" not in lines and _is_text(b"\n".join(lines)):
        pending.gathered.add(name, first_row, lines)
        return
    for row, line in enumerate(lines, first_row):
        if not line.strip():
            continue
        if _is_text(line):
            pending.gathered.add(name, row, [line])
        else:
            pending.gathered.refuse(name, row, "it is not text in UTF-8", line)


def _take_last(name: str, row: int, line: bytes, pending: _Pending) -> None:
    """The last line has no end: it may be whole all the same, or be cut off."""
    try:
        msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        pending.gathered.refuse(name, row, f"the line is cut off: {error}", line)
    else:
        pending.gathered.add(name, row, [line])


def _is_text(text: bytes) -> bool:
    try:
        text.decode()
    except UnicodeDecodeError:
        return False
    return True


def _parquet(drop: Drop, read: Entry | None, pending: _Pending) -> Iterator[Entry]:
    """Take the rows; from the first one where the file is another than was begun."""
    row = read[4] if read and read[:2] == [drop.size, drop.modified] else 0
    try:
        for rows in parquet_documents(drop.path, start=row, rows=PAGE_EVENTS, nested=_NESTED):
            pending.gathered.add(drop.name, row + 1, rows)
            row += len(rows)
            yield [drop.size, drop.modified, False, 0, row, 0]
    except Unreadable as error:
        pending.gathered.refuse(drop.name, None, str(error))
    yield [drop.size, drop.modified, True, 0, row, 0]


SOURCE = FolderSource(
    name="events",
    title="Web and product events",
    settings=EventsSettings,
    scopes="the user that runs this must be allowed to read the folder and everything below it",
    streams=(Stream("events", Event, read_events, "Calls of the tracking library, each once."),),
)
