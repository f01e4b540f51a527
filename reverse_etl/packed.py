"""Keeps many rows out of memory: beyond some tens of thousands they lie in a file without a name.

Every step of a plan goes through its rows in order, and each makes others of them: of a million
rows only the few that are being looked at need to be in memory.
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields
from functools import cache
from operator import attrgetter
from tempfile import TemporaryFile
from typing import Any, Generic, TypeVar, overload
from weakref import finalize

# Fewer rows stay in memory: some tens of MB.
_IN_MEMORY = 20_000
_BLOCK = 1_000

Row = TypeVar("Row")


class Packable:
    """A frozen dataclass with slots, packed as the values of its fields.

    By itself it would ask for its fields for every row: most of what it costs to read it.
    """

    __slots__ = ()

    def __reduce__(self) -> tuple[type, tuple[Any, ...]]:
        kind: type = type(self)
        return kind, _values_of(kind)(self)


@cache
def _values_of(kind: Any) -> Callable[[Any], tuple[Any, ...]]:
    return attrgetter(*(one.name for one in fields(kind)))


class Packer(Generic[Row]):
    """Takes rows one by one, and gives them back as a sequence."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self._rows: list[Row] = []
        self._file: _Blocks[Row] | None = None
        self.extend(rows)

    def append(self, row: Row) -> None:
        self._rows.append(row)
        if len(self._rows) >= (_IN_MEMORY if self._file is None else _BLOCK):
            self._put_away(len(self._rows) // _BLOCK * _BLOCK)

    def extend(self, rows: Iterable[Row]) -> None:
        for row in rows:
            self.append(row)

    def done(self) -> Sequence[Row]:
        """The rows in their order: a tuple of few, of many a sequence that reads its file."""
        if self._file is None:
            return tuple(self._rows)
        self._put_away(len(self._rows))
        return self._file

    def _put_away(self, many: int) -> None:
        if self._file is None:
            self._file = _Blocks()
        for start in range(0, many, _BLOCK):
            self._file.add(self._rows[start : min(start + _BLOCK, many)])
        del self._rows[:many]


def packed(rows: Iterable[Row]) -> Sequence[Row]:
    """The rows as a sequence that takes little memory, however many there are."""
    return Packer(rows).done()


class _Blocks(Sequence[Row]):
    """Rows in blocks, each of `_BLOCK` rows but for the last, in a file that is gone with them."""

    def __init__(self) -> None:
        # What is read is what this process has written: nobody else can open the file.
        self._file = TemporaryFile(prefix="revops-")  # noqa: SIM115 - closed when it is let go
        finalize(self, self._file.close)
        self._places: list[tuple[int, int]] = []
        self._end = 0
        self._length = 0
        self._latest: tuple[int, list[Row]] | None = None

    def add(self, rows: Sequence[Row]) -> None:
        data = pickle.dumps(rows, protocol=pickle.HIGHEST_PROTOCOL)
        os.pwrite(self._file.fileno(), data, self._end)
        self._places.append((self._end, len(data)))
        self._end += len(data)
        self._length += len(rows)

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[Row]:
        for number in range(len(self._places)):
            yield from self._block(number)

    @overload
    def __getitem__(self, place: int) -> Row: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Row]: ...
    def __getitem__(self, place: int | slice) -> Row | Sequence[Row]:
        if isinstance(place, slice):
            return [self[one] for one in range(*place.indices(self._length))]
        number, within = divmod(range(self._length)[place], _BLOCK)
        if self._latest is None or self._latest[0] != number:
            self._latest = number, self._block(number)
        return self._latest[1][within]

    def _block(self, number: int) -> list[Row]:
        start, size = self._places[number]
        data = os.pread(self._file.fileno(), size, start)
        rows: list[Row] = pickle.loads(data)  # noqa: S301 - our own file, which has no name
        return rows
