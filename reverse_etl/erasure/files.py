"""Finds a person in the files that are kept beside the stores: copies, exports, reports, logs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from warehouse.erasures import Step
from warehouse.needles import LEAST_REFERENCE, Needles

# What the home keeps that is made anew at any time: it is deleted where it holds the person.
_MADE_ANEW = ("data_docs", "dbt", "published", "logs")
# What has a life of its own, such as Dagster's history of runs.
_KEPT = ("history",)
_COPIES = (".duckdb", ".parquet", ".gz", ".zst")
_BY_HAND = "a file holds the person: delete its rows, and tell whoever has had the file"
_CHUNK = 4 * 1024 * 1024
_OVERLAP = 4096


def files_with(needles: Needles, home: Path, folders: Sequence[Path]) -> list[Step]:
    """Files that hold the person, in the home and in other folders.

    A copy of the warehouse, and what is packed, cannot be looked into and counts as holding them.
    """
    own = [home / name for name in _MADE_ANEW]
    steps = [
        Step("file", _named(path, home), 1, {"path": str(path)})
        for folder in [*own, *(one for one in folders if one.is_relative_to(home))]
        for path in _files(folder)
        if path.suffix in _COPIES or holds(path, needles)
    ]
    outside = [one for one in folders if not one.is_relative_to(home)]
    steps += [
        Step("manual", _named(path, home), 1, status="manual", said=_BY_HAND)
        for folder in [*outside, *(home / name for name in _KEPT)]
        for path in _files(folder)
        if path.suffix in _COPIES or holds(path, needles)
    ]
    return steps


def holds(path: Path, needles: Needles) -> bool:
    """Whether a file tells of the person, as far as it is text."""
    before = ""
    with path.open("rb") as file:
        while block := file.read(_CHUNK):
            text = before + block.decode("utf-8", errors="replace")
            if _may(text.lower(), needles) and needles.is_told_by(text):
                return True
            before = text[-_OVERLAP:]
    return False


def _may(text: str, needles: Needles) -> bool:
    """Whether it is worth while to look closer: an expression takes long over a large file."""
    parts = [one.rpartition("@")[0] for one in needles.emails]
    parts += [one.lower() for one in needles.references if len(one) >= LEAST_REFERENCE]
    parts += [part for one in needles.phones for part in (one, re.sub(r"\D", "", one))]
    return any(part in text for part in parts if part)


def _files(folder: Path) -> Iterator[Path]:
    return (one for one in sorted(folder.rglob("*")) if one.is_file() and not one.is_symlink())


def _named(path: Path, home: Path) -> str:
    """Where a file is; a name that could be the person's is not told."""
    name = str(path.relative_to(home)) if path.is_relative_to(home) else path.name
    return re.sub(r"[^/\s]*@[^/\s]*", "(a name with an address)", name)
