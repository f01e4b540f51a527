"""The current records of one vendor, and the journal that outlives the process."""

import json
from bisect import bisect_right, insort
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from sandbox.mapped import MappedRecords

Record = dict[str, Any]
# From this size on a file's records stay in the file. As dicts they would take three times it.
MAPPED_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True)
class Change:
    """A record's new state; records are replaced, never edited in place."""

    vendor: str
    kind: str
    record: Record


class Table:
    """The records of one object in id order; those of a large file stay in it.

    Attributes:
        version: grows with every change, so that derived orders know when they are stale.
    """

    def __init__(self, key: Callable[[Record], str], *, numeric: bool) -> None:
        self._key = key
        self._numeric = numeric
        self._records: dict[str, Record] = {}
        self._ids: list[tuple[int, str]] = []
        self._before: dict[str, Record | None] = {}
        self._file: Path | None = None
        self._mapping: MappedRecords | None = None
        self.version = 0

    def __len__(self) -> int:
        return len(self._mapped or self._records)

    def __iter__(self) -> Iterator[Record]:
        return self.after(None)

    def load(self, records: Iterable[Record]) -> None:
        self._file = self._mapping = None
        self._records = {self._key(record): record for record in records}
        self._ids = sorted(map(self._order, self._records))

    def load_file(self, path: Path) -> None:
        """Hold the records of a file; a large one is not read before it is asked for."""
        if path.is_file() and path.stat().st_size >= MAPPED_BYTES:
            self._file = path
        else:
            self.load(read_ndjson(path))

    def key(self, record: Record) -> str:
        return self._key(record)

    def get(self, record_id: str) -> Record | None:
        if self._mapped is not None:
            place = self._place(record_id)
            return None if place is None else self._mapped.get(place)
        return self._records.get(record_id)

    def loaded(self, record_id: str) -> Record | None:
        """The record as it was loaded, whatever was put since."""
        if self._mapped is not None:
            place = self._place(record_id)
            return None if place is None else self._mapped.loaded(place)
        return self._before.get(record_id, self._records.get(record_id))

    def put(self, record: Record) -> None:
        record_id = self._key(record)
        self.version += 1
        if self._mapped is not None:
            self._mapped.put(self._place_of(record), record)
            return
        self._before.setdefault(record_id, self._records.get(record_id))
        if record_id not in self._records:
            insort(self._ids, self._order(record_id))
        self._records[record_id] = record

    def after(self, record_id: str | None) -> Iterator[Record]:
        """The records behind `record_id`, which need not exist; from the first when None."""
        if self._mapped is not None:
            number = int(record_id) if record_id and self._numeric else record_id
            return self._mapped.after(number or None)
        start = bisect_right(self._ids, self._order(record_id)) if record_id else 0
        return (self._records[self._ids[place][1]] for place in range(start, len(self._ids)))

    def highest_number(self) -> int:
        if self._mapped is not None:
            last = self._mapped.last()
            return last if isinstance(last, int) else 0
        return self._ids[-1][0] if self._ids else 0

    @property
    def _mapped(self) -> MappedRecords | None:
        if self._file is not None:
            path, self._file = self._file, None
            self._mapping = MappedRecords(path, self._place_of, numeric=self._numeric)
        return self._mapping

    def _place_of(self, record: Record) -> int | str:
        record_id = self._key(record)
        return int(record_id) if self._numeric else record_id

    def _place(self, record_id: str) -> int | str | None:
        """Where an id stands in the order; None for a text that no number is."""
        if not self._numeric:
            return record_id
        if not record_id.isascii() or not record_id.isdigit() or record_id != str(int(record_id)):
            return None
        return int(record_id)

    def _order(self, record_id: str) -> tuple[int, str]:
        return (int(record_id), record_id) if self._numeric else (0, record_id)


def read_ndjson(path: Path) -> list[Record]:
    """The records of a file, none when it is missing; ValueError names a broken line."""
    if not path.is_file():
        return []
    records = []
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            try:
                records.append(json.loads(line))
            except json.JSONDecodeError as error:
                raise ValueError(f"{path}, line {number}: not a JSON record: {error}") from error
    return records


class Journal:
    """An append-only file of entries; without a path nothing is kept.

    One call of `append` is one write, so a process killed at any moment leaves whole entries
    and at most one torn line at the end, which `entries` cuts off.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._lock = Lock()

    def entries(self) -> Iterator[Record]:
        if self.path is None or not self.path.is_file():
            return
        text = self.path.read_bytes()
        whole = text[: text.rfind(b"\n") + 1]
        if len(whole) < len(text):
            self.path.write_bytes(whole)
        for line in whole.splitlines():
            yield json.loads(line)

    def append(self, entry: Record) -> None:
        if self.path is None:
            return
        line = json.dumps(entry, ensure_ascii=False, separators=(",", ":")) + "\n"
        with self._lock:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("ab") as file:
                file.write(line.encode())
