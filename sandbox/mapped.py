"""Records that stay in their file: an index in memory, decoded one by one when they are read."""

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from mmap import ACCESS_READ, mmap
from operator import lt
from pathlib import Path
from typing import Any

import msgspec

Record = dict[str, Any]
# What a record is ordered by: a number, or a text.
Place = int | str

_decode = msgspec.json.Decoder(dict[str, Any]).decode
_encode = msgspec.json.encode
# Where the changed and added records are: not in the file.
_ELSEWHERE = -1


class MappedRecords:
    """The records of a file of lines, and what was put since, in order.

    Takes some 20 bytes of memory per record with a number and 100 with a text, instead of the
    2,000 of a dict. A record that is read is a new dict each time.
    """

    def __init__(self, path: Path, place: Callable[[Record], Place], *, numeric: bool) -> None:
        with path.open("rb") as file:
            self._lines = mmap(file.fileno(), 0, access=ACCESS_READ)
        self._put: dict[Place, bytes] = {}
        places: Any = array("q") if numeric else []
        starts = array("q")
        for start, record in self._read(path):
            places.append(place(record))
            starts.append(start)
        self._places, self._starts = _in_order(places, starts)

    def __len__(self) -> int:
        return len(self._places)

    def __contains__(self, place: Place) -> bool:
        return self._find(place) is not None

    def get(self, place: Place) -> Record | None:
        """The record as it is now."""
        found = self._find(place)
        return None if found is None else self._at(found)

    def loaded(self, place: Place) -> Record | None:
        """The record as it stands in the file."""
        found = self._find(place)
        start = _ELSEWHERE if found is None else self._starts[found]
        return None if start == _ELSEWHERE else self._line(start)

    def put(self, place: Place, record: Record) -> None:
        if place not in self:
            at = bisect_left(self._places, place)
            self._places.insert(at, place)
            self._starts.insert(at, _ELSEWHERE)
        self._put[place] = _encode(record)

    def after(self, place: Place | None) -> Iterator[Record]:
        """The records behind a place, from the first when None."""
        first = 0 if place is None else bisect_right(self._places, place)
        return (self._at(number) for number in range(first, len(self._places)))

    def last(self) -> Place | None:
        return self._places[-1] if len(self._places) else None

    def _find(self, place: Place) -> int | None:
        at = bisect_left(self._places, place)
        return at if at < len(self._places) and self._places[at] == place else None

    def _at(self, number: int) -> Record:
        if self._put and (changed := self._put.get(self._places[number])):
            return _decode(changed)
        return self._line(self._starts[number])

    def _line(self, start: int) -> Record:
        return _decode(self._lines[start : self._lines.find(b"\n", start)])

    def _read(self, path: Path) -> Iterator[tuple[int, Record]]:
        """Every record with where its line starts; ValueError names a broken line."""
        start = 0
        with path.open("rb", buffering=1 << 20) as lines:
            for number, line in enumerate(lines, 1):
                try:
                    yield start, _decode(line)
                except msgspec.DecodeError as error:
                    raise ValueError(
                        f"{path}, line {number}: not a JSON record: {error}"
                    ) from error
                start += len(line)


def _in_order(places: Any, starts: "array[int]") -> tuple[Any, "array[int]"]:
    """Both by place; of two records in one place the later line counts."""
    if all(map(lt, places[:-1], places[1:])):
        return places, starts
    order = sorted(range(len(places)), key=places.__getitem__)
    kept = [
        number
        for number, behind in zip(order, [*order[1:], None], strict=True)
        if behind is None or places[number] != places[behind]
    ]
    ordered = [places[number] for number in kept]
    again: Any = array("q", ordered) if isinstance(places, array) else ordered
    return again, array("q", (starts[number] for number in kept))
