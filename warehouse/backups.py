"""Copies everything that is kept into one folder, proves the copy, and puts it back.

A backup is whole or not there: it is written beside its place, and given its name when it is on
the disk with a manifest of what it holds.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb

from warehouse.connection import Warehouse, literal, quoted, scratch
from warehouse.errors import Misconfigured, Unavailable
from warehouse.lasting import make_lasting
from warehouse.layout import layout_of, refuse_newer
from warehouse.published import copied
from warehouse.reading import reading
from warehouse.settings import Settings
from warehouse.state import StateStore
from warehouse.state_copy import copy_store, of_this_version, put_back, rows_of
from warehouse.suppressions import Suppressions

MANIFEST = "manifest.json"
_FORM = 1
_WAREHOUSE, _STATE, _FILES = "warehouse.duckdb", "state.sqlite", "files"
_PARTIAL = ".partial"
# What is made again by itself, or is of the moment: of a home, all else is kept.
_NOT_KEPT = {"budgets", "dbt", "published", "data_docs"}
_OF_THE_MOMENT = (".lease", ".holder", "-wal", "-shm", ".wal", ".lock")


@dataclass(frozen=True)
class Part:
    """One file of a backup; `rows` of each table, where it is a database of ours."""

    name: str
    bytes: int
    sha256: str
    rows: dict[str, int] | None = None


@dataclass(frozen=True)
class Backup:
    """A backup: where it is, when it was made, of what, and what it holds."""

    path: Path
    made_at: str
    engine: str
    parts: tuple[Part, ...]

    @property
    def bytes(self) -> int:
        return sum(part.bytes for part in self.parts)

    def as_json(self) -> dict[str, Any]:
        return {
            "path": str(self.path),
            "made_at": self.made_at,
            "engine": self.engine,
            "bytes": self.bytes,
            "parts": [asdict(part) for part in self.parts],
        }


def back_up(
    settings: Settings, warehouse: Warehouse, state: StateStore, folder: Path, at: datetime
) -> Backup:
    """Copy the warehouse, the state store, and the other files of the home that are kept.

    The store is copied after the warehouse, which follows it: never is it the older of the two.

    Raises:
        Busy: others used the warehouse for too long.
        Unavailable: there is no room for it, or it cannot be written.
    """
    warehouse.refuse_lake("backup")
    name = f"{at:%Y%m%d-%H%M%S}"
    path, partial = folder / name, folder / (name + _PARTIAL)
    if path.exists():
        raise Misconfigured(f"There is a backup {path} already", advice="wait for a second")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob("*" + _PARTIAL):
            shutil.rmtree(left)
        _check_room(settings, warehouse, folder)
        partial.mkdir()
        if warehouse.path.exists():
            with warehouse.at_rest("backup") as file:
                copied(file, partial / _WAREHOUSE)
        copy_store(state, partial / _STATE)
        _copy_files(settings, folder, partial / _FILES)
        found = _described(partial, at.isoformat())
        (partial / MANIFEST).write_text(_written(found), encoding="utf-8")
        _make_all_lasting(partial)
        partial.rename(path)
        make_lasting(folder)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise Unavailable(
            f"The backup cannot be written to {folder}: {error.strerror or error}",
            advice="nothing has changed; give it another folder with --out",
        ) from error
    return opened(path)


def backups(folder: Path) -> list[Backup]:
    """Every backup of a folder, the newest first."""
    found = [opened(one.parent) for one in folder.glob(f"*/{MANIFEST}") if _is_whole(one.parent)]
    return sorted(found, key=lambda one: one.path.name, reverse=True)


def forget_older(folder: Path, keep: int) -> list[Path]:
    """Remove all but the newest so many; which ones."""
    gone = [one.path for one in backups(folder)[keep:]]
    for path in gone:
        shutil.rmtree(path)
    return gone


def opened(path: Path) -> Backup:
    """What a backup says of itself.

    Raises:
        Misconfigured: there is none, or one of another form.
    """
    try:
        said = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise Misconfigured(
            f"There is no backup at {path}: it has no {MANIFEST} that can be read",
            advice="`revops backup --list` names those that there are",
        ) from None
    if said.get("form") != _FORM:
        raise Misconfigured(
            f"The backup {path} was made by another version (form {said.get('form')})",
            advice="restore it by the version that made it, then upgrade",
        )
    parts = tuple(Part(**part) for part in said["parts"])
    return Backup(path, said["made_at"], said["engine"], parts)


def verify(backup: Backup) -> list[str]:
    """What is wrong with a backup: files that are not those written, tables that lack rows."""
    there = {_name(file, backup.path): file for file in _files(backup.path)}
    faults = [fault for part in backup.parts if (fault := _fault(part, there.pop(part.name, None)))]
    return faults + [f"{name} is no part of it" for name in there]


def _fault(part: Part, file: Path | None) -> str | None:
    if file is None:
        return f"{part.name} is missing"
    if _sha256(file) != part.sha256:
        return f"{part.name} is not the file that was written"
    # That it is the same file does not say that it was one that can be opened.
    return None if _rows(part.name, file) == part.rows else f"{part.name} lacks rows"


def restore(
    backup: Backup, settings: Settings, warehouse: Warehouse, state: StateStore, *, replace: bool
) -> int:
    """Put a backup back: the files, the state store, and last the warehouse.

    What is killed meanwhile is begun again: every step may be done twice. A warehouse that was
    there is kept beside the new one, under the name of the backup. How many tombstones and
    suppressions were made since and stay.

    Raises:
        Misconfigured: the backup is not what was written, a newer revops wrote it, or something is
            there to be replaced.
        Busy: others used the warehouse for too long.
    """
    warehouse.refuse_lake("restore")
    if faults := verify(backup):
        raise Misconfigured(
            f"The backup {backup.path} is not restored: {'; '.join(faults)}",
            advice="take an older one: `revops backup --list`",
        )
    if warehouse.path.exists() and not replace:
        raise Misconfigured(
            f"There is a warehouse at {warehouse.path}",
            advice="--replace puts the backup in its place and keeps it beside",
        )
    if (kept := backup.path / _WAREHOUSE).exists():
        with reading(kept) as session:
            refuse_newer(layout_of(session), kept)
    # Not `lent`: what is to be replaced may be a file that DuckDB cannot open any more.
    with of_this_version(backup.path / _STATE) as copy, warehouse.reserved("restore"):
        _put_files_back(backup.path / _FILES, settings.home)
        later = put_back(state, copy)
        if kept.exists():
            _put_warehouse_back(backup, warehouse.path)
            # Plans read the copies of what people have decided, and those are older now.
            with warehouse.open("restore") as session:
                Suppressions(state).mirror(session)
    return later


def _put_warehouse_back(backup: Backup, place: Path) -> None:
    coming = place.with_name(place.name + ".restoring")
    copied(backup.path / _WAREHOUSE, coming)
    make_lasting(coming)
    former = place.with_name(f"{place.stem}.before-{backup.path.name}{place.suffix}")
    # A second attempt finds the former one kept already.
    if place.exists() and not former.exists():
        os.link(place, former)
    # The log of the former one is not the new one's.
    place.with_name(place.name + ".wal").unlink(missing_ok=True)
    coming.replace(place)
    make_lasting(place.parent)


def _put_files_back(files: Path, home: Path) -> None:
    for source in sorted(path for path in files.rglob("*") if path.is_file()):
        target = home / source.relative_to(files)
        target.parent.mkdir(parents=True, exist_ok=True)
        coming = target.with_name(target.name + ".restoring")
        shutil.copyfile(source, coming)
        for log in ("-wal", "-shm"):
            target.with_name(target.name + log).unlink(missing_ok=True)
        coming.replace(target)


def _kept_files(settings: Settings, folder: Path) -> Iterator[Path]:
    """The files of the home that nothing else makes again."""
    home = settings.home.absolute()
    besides = {settings.warehouse_path, folder.absolute(), settings.published_folder}
    state = settings.state_url.removeprefix("sqlite:///")
    for path in sorted(home.rglob("*")):
        within = path.relative_to(home)
        is_elsewhere = any(one in besides for one in (path, *path.parents))
        if (
            path.is_file()
            and within.parts[0] not in _NOT_KEPT
            and not is_elsewhere
            and str(path) != state
            and ".before-" not in path.name
            and not path.name.endswith((*_OF_THE_MOMENT, ".restoring"))
        ):
            yield path


def _copy_files(settings: Settings, folder: Path, into: Path) -> None:
    home = settings.home.absolute()
    for path in _kept_files(settings, folder):
        target = into / path.relative_to(home)
        target.parent.mkdir(parents=True, exist_ok=True)
        if _is_sqlite(path):
            with (
                closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as source,
                closing(sqlite3.connect(target)) as copy,
            ):
                source.backup(copy)
        else:
            shutil.copyfile(path, target)


def _is_sqlite(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(16) == b"SQLite format 3\0"


def _check_room(settings: Settings, warehouse: Warehouse, folder: Path) -> None:
    files = [*_kept_files(settings, folder), warehouse.path]
    needed = sum(path.stat().st_size for path in files if path.exists())
    free = shutil.disk_usage(folder).free
    if needed > free:
        raise Unavailable(
            f"There is no room for a backup in {folder}: {needed:,} bytes are needed,"
            f" {free:,} are free",
            advice="remove older ones, or give it another folder with --out",
        )


def _described(path: Path, made_at: str) -> Backup:
    """What a folder holds."""
    parts = [
        Part(_name(file, path), file.stat().st_size, _sha256(file), _rows(_name(file, path), file))
        for file in _files(path)
    ]
    return Backup(path, made_at, duckdb.__version__, tuple(parts))


def _files(path: Path) -> list[Path]:
    return sorted(one for one in path.rglob("*") if one.is_file() and one.name != MANIFEST)


def _name(file: Path, path: Path) -> str:
    return file.relative_to(path).as_posix()


def _rows(name: str, file: Path) -> dict[str, int] | None:
    return _COUNTED[name](file) if name in _COUNTED else None


def _rows_of_warehouse(path: Path) -> dict[str, int]:
    with scratch() as session:
        session.execute(f"attach {literal(path)} as kept (read_only)")
        tables = session.rows(
            "select schema_name, table_name from duckdb_tables() where database_name = 'kept'"
            " order by all"
        )
        return {
            f"{one['schema_name']}.{one['table_name']}": session.value(
                f"select count(*) from kept.{quoted(one['schema_name'])}"
                f".{quoted(one['table_name'])}"
            )
            for one in tables
        }


_COUNTED = {_WAREHOUSE: _rows_of_warehouse, _STATE: rows_of}


def _written(backup: Backup) -> str:
    said: Mapping[str, Any] = {"form": _FORM, **backup.as_json()}
    return json.dumps({k: v for k, v in said.items() if k != "path"}, indent=1, ensure_ascii=False)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_whole(path: Path) -> bool:
    return not path.name.endswith(_PARTIAL)


def _make_all_lasting(path: Path) -> None:
    for one in [path, *path.rglob("*")]:
        make_lasting(one)
