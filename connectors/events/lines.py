"""Reads the lines of an event file in blocks, from where the last reading left off."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

BLOCK_BYTES = 8_000_000
# So many bytes before a position tell whether a file only grew since it was reached.
MARK_BYTES = 1_024
_CHUNK = 1 << 20
_GZIP = 31
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Position:
    """Where a reading stands in a file: bytes and lines behind it (decompressed), and a mark."""

    at: int = 0
    row: int = 0
    mark: int = 0


@dataclass(frozen=True)
class Block:
    """Whole lines, the number of the first, and where to go on.

    `torn` is what stands behind the last whole line at the end of the file; it is not passed
    over, so that it is read again once it is whole.
    """

    lines: list[bytes]
    first_row: int
    after: Position
    torn: bytes = b""


def blocks(path: Path, position: Position) -> Iterator[Block]:
    """The lines of a file, gzipped or not; from its beginning where it is not what it was."""
    with path.open("rb") as file:
        chunks = _chunks(file, path.suffix == ".gz")
        before = _skip(chunks, position.at)
        if before is None or zlib.crc32(before[0][-MARK_BYTES:]) != position.mark:
            position = Position()
            file.seek(0)
            chunks, before = _chunks(file, path.suffix == ".gz"), (b"", b"")
        yield from _blocks(chunks, position, *before)


def _blocks(
    chunks: Iterator[bytes], position: Position, seen: bytes, rest: bytes
) -> Iterator[Block]:
    for chunk in chunks:
        rest += chunk
        if len(rest) < BLOCK_BYTES:
            continue
        whole, newline, rest = rest.rpartition(b"\n")
        if newline:
            seen = _tail(seen, whole)
            block = _block(whole, position, seen)
            position = block.after
            yield block
    whole, newline, torn = rest.rpartition(b"\n")
    if newline or torn:
        last = Block([], position.row + 1, position)
        if newline:
            last = _block(whole, position, _tail(seen, whole))
        yield replace(last, torn=torn)


def _tail(seen: bytes, whole: bytes) -> bytes:
    """The last bytes before a position, newline included."""
    return (seen + whole[-MARK_BYTES:] + b"\n")[-MARK_BYTES:]


def _block(whole: bytes, position: Position, seen: bytes) -> Block:
    lines = whole.split(b"\n")
    after = Position(position.at + len(whole) + 1, position.row + len(lines), zlib.crc32(seen))
    if position.at == 0:
        lines[0] = lines[0].removeprefix(_BOM)
    return Block(lines, position.row + 1, after)


def _skip(chunks: Iterator[bytes], length: int) -> tuple[bytes, bytes] | None:
    """The last bytes before `length` and what was read beyond; None if the file is shorter."""
    seen, passed = b"", 0
    while passed < length:
        chunk = next(chunks, None)
        if chunk is None:
            return None
        inside = chunk[: length - passed]
        passed += len(inside)
        seen = (seen + inside)[-MARK_BYTES:]
        if len(inside) < len(chunk):
            return seen, chunk[len(inside) :]
    return seen, b""


def _chunks(file: BinaryIO, gzipped: bool) -> Iterator[bytes]:  # noqa: FBT001
    return _inflated(file) if gzipped else iter(lambda: file.read(_CHUNK), b"")


def _inflated(file: BinaryIO) -> Iterator[bytes]:
    """What a gzip file of one or more members holds, as far as it goes."""
    member = zlib.decompressobj(_GZIP)
    while chunk := file.read(_CHUNK):
        while chunk:
            try:
                yield member.decompress(chunk)
            except zlib.error:
                return
            chunk, ended = member.unused_data, member.eof
            if ended:
                member = zlib.decompressobj(_GZIP)
