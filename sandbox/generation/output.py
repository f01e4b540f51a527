"""Writes records, truth and counts to a data directory as they are made."""

import csv
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import msgspec

from sandbox.manifest import Counts

# Some fifty files are open at once.
_BUFFER = 131_072
_TRUTH = {"accounts": "account", "people": "person"}


_encode = msgspec.json.encode


def json_line(record: dict[str, Any]) -> str:
    return _encode(record).decode() + "\n"


class RecordFiles:
    """Appends to `<directory>/<vendor>/<object>.ndjson`, opening each file at its first record."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._files: dict[tuple[str, str], BinaryIO] = {}
        self._stack = ExitStack()
        self.written: Counter[tuple[str, str]] = Counter()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    @property
    def directory(self) -> Path:
        """Where the vendors' folders are, for what is no NDJSON."""
        return self._directory

    def add(self, vendor: str, kind: str, record: dict[str, Any]) -> None:
        file = self._files.get((vendor, kind)) or self._open(vendor, kind)
        file.write(_encode(record) + b"\n")
        self.written[vendor, kind] += 1

    def add_lines(self, vendor: str, kind: str, lines: Sequence[bytes]) -> None:
        """Records that are encoded already, each ending its line."""
        file = self._files.get((vendor, kind)) or self._open(vendor, kind)
        file.writelines(lines)
        self.written[vendor, kind] += len(lines)

    def touch(self, vendor: str, kind: str) -> None:
        """Make sure the object's file is there, even without records."""
        self.written[vendor, kind] += 0
        if (vendor, kind) not in self._files:
            self._open(vendor, kind)

    def _open(self, vendor: str, kind: str) -> BinaryIO:
        path = self._directory / vendor / f"{kind}.ndjson"
        path.parent.mkdir(parents=True, exist_ok=True)
        file = self._stack.enter_context(path.open("wb", buffering=_BUFFER))
        self._files[vendor, kind] = file
        return file

    def counts(self) -> Counts:
        counts: Counts = {}
        for (vendor, kind), number in sorted(self.written.items()):
            counts.setdefault(vendor, {})[kind] = number
        return counts


class TruthFiles:
    """`truth/accounts.csv` and `truth/people.csv`: which records are the same party."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._stack = ExitStack()
        self.keys: dict[str, int] = dict.fromkeys(_TRUTH, 0)

    def __enter__(self) -> Self:
        self._directory.mkdir(parents=True, exist_ok=True)
        self._accounts = self._open("accounts")
        self._people = self._open("people")
        return self

    def _open(self, name: str) -> Any:
        path = self._directory / f"{name}.csv"
        file = self._stack.enter_context(path.open("w", encoding="utf-8", newline=""))
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("vendor", "object", "record_id", _TRUTH[name]))
        return writer

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def account(self, vendor: str, kind: str, record_id: object, key: str) -> None:
        self._accounts.writerow((vendor, kind, record_id, key))

    def person(self, vendor: str, kind: str, record_id: object, key: str) -> None:
        self._people.writerow((vendor, kind, record_id, key))
