"""Declares dropped files: what people keep in spreadsheets, one stream per kind of file."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import msgspec
from pydantic_settings import SettingsConfigDict

from connectors.core.folder import Drop, Folder, FolderSettings, FolderSource
from connectors.core.rows import KeyedRow
from connectors.core.source import Page, Read, Reading, Stream
from connectors.files.contents import Contents
from connectors.files.records import Forecast, FxRate, NpsResponse, Plan, Quota, Row, Spend, Target
from connectors.files.tables import ENDINGS
from warehouse.landing import Cursor, Reject

PAGE_ROWS = 10_000

# Stream -> its contract, the words with which its files may begin, what it is.
KINDS: dict[str, tuple[type[Row], tuple[str, ...], str]] = {
    "quotas": (Quota, ("quotas", "quota"), "What each owner is to sell in a quarter."),
    "forecasts": (Forecast, ("forecasts", "forecast"), "What owners committed, day by day."),
    "fx_rates": (FxRate, ("fx_rates", "fx"), "Exchange rates, spot and plan."),
    "nps_responses": (NpsResponse, ("nps_responses", "nps"), "Answers to the NPS survey."),
    "plans": (Plan, ("plans", "plan"), "The plan's figures by month and channel."),
    "targets": (Target, ("targets", "target"), "Target accounts by domain."),
    "spend": (Spend, ("spend", "campaign_costs"), "Costs that no advertising tool knows."),
}


class FilesSettings(FolderSettings):
    model_config = SettingsConfigDict(env_prefix="REVOPS_FILES__", env_file=".env", extra="ignore")


def stream_of(name: str) -> str | None:
    """The stream to which a file belongs: `quotas*.csv`, or anything in `quotas/`."""
    if not name.lower().endswith(ENDINGS):
        return None
    for stream, (_, words, _) in KINDS.items():
        if any(re.match(rf"{word}(?![a-z])", name.lower()) for word in words):
            return stream
    return None


@dataclass
class _Union:
    """What the files of a stream say together; `files` is what the next reading must know."""

    files: dict[str, Any]
    rows: dict[str, bytes] = field(default_factory=dict)
    rejects: list[Reject] = field(default_factory=list)

    def add(self, contents: Contents, name: str, content_hash: str) -> None:
        keys = set(contents.rows)
        if contents.rejects and name in self.files:
            # A refused row may be one that was there: what is missing is not known to be gone.
            keys |= set(self.files[name]["keys"])
        self.files[name] = {"hash": content_hash, "is_there": True, "keys": sorted(keys)}
        self.rows |= contents.rows
        self.rejects += contents.rejects


def _read(stream: str) -> Read:
    """Read all files of a stream when one has changed; what has not is not landed twice.

    The newest file speaks for a key that several hold. Files are as large as people make them.
    """

    def read(reading: Reading) -> Iterator[Page]:
        before: dict[str, Any] = (reading.cursor or {}).get("files", {})
        drops = cast("Folder", reading.tool).drops()
        if stream == next(iter(KINDS)):
            _name_unknown(reading, drops)
        mine = [drop for drop in drops if stream_of(drop.name) == stream]
        hashes = {one.name: _hash(one) for one in mine}
        known = {name: entry["hash"] for name, entry in before.items() if entry["is_there"]}
        if hashes == known:
            return
        for name in sorted(known.keys() - hashes.keys()):
            reading.say(f"{name} is gone; what it said stays until another file says otherwise")
        union = _Union({name: entry | {"is_there": False} for name, entry in before.items()})
        for drop in sorted(mine, key=lambda one: (one.modified, one.name)):
            union.add(Contents(drop, KINDS[stream][0]), drop.name, hashes[drop.name])
        yield from _pages(union, before)

    return read


def _anew(cursor: Cursor) -> Cursor:
    """Every file is read again, and what each said is still known: it may say less by now."""
    files = cast("dict[str, dict[str, Any]]", cursor["files"])
    return {"files": {name: entry | {"hash": ""} for name, entry in files.items()}}


def _pages(union: _Union, before: dict[str, Any]) -> Iterator[Page]:
    """Every row, and a deletion for each that was there; the cursor moves with the last page."""
    gone = _keys(before) - _keys(union.files)
    records = [msgspec.Raw(row) for row in union.rows.values()]
    records += [
        msgspec.Raw(msgspec.json.encode({"_key": k, "_deleted": True})) for k in sorted(gone)
    ]
    while len(records) > PAGE_ROWS:
        yield Page(records[:PAGE_ROWS], {"files": before})
        records = records[PAGE_ROWS:]
    yield Page(records, {"files": union.files}, rejects=union.rejects)


def _keys(files: dict[str, Any]) -> set[str]:
    return {key for entry in files.values() for key in entry["keys"]}


def _hash(drop: Drop) -> str:
    return hashlib.sha256(drop.path.read_bytes()).hexdigest()[:16]


def _name_unknown(reading: Reading, drops: list[Drop]) -> None:
    unknown = [drop.name for drop in drops if stream_of(drop.name) is None]
    if unknown:
        words = ", ".join(KINDS)
        reading.say(f"no stream takes {', '.join(unknown)}: names begin with one of {words}")


SOURCE = FolderSource(
    name="files",
    title="Dropped files",
    settings=FilesSettings,
    scopes="the user that runs this must be allowed to read the folder and everything below it",
    streams=tuple(
        Stream(name, KeyedRow, _read(name), description, anew=_anew)
        for name, (_, _, description) in KINDS.items()
    ),
)
