"""Declares any SQL database: its streams are what a YAML document says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self, cast, overload

from pydantic import SecretStr
from pydantic_settings import SettingsConfigDict

from connectors.core.rows import KeyedRow
from connectors.core.settings import SourceSettings, load_vendor_settings
from connectors.core.source import Source, Stream
from connectors.database.declaration import SHIPPED, DeclaredStream, declared
from connectors.database.reading import all_of, changes_of, count_of, ids_of
from warehouse.clock import Clock
from warehouse.errors import Misconfigured
from warehouse.external_database import ExternalDatabase, Relation
from warehouse.settings import HttpSettings


class StreamsSettings(SourceSettings):
    """The part of the settings that says what there is to read."""

    model_config = SettingsConfigDict(
        env_prefix="REVOPS_DATABASE__", env_file=".env", extra="ignore"
    )

    streams: Path | None = None


class DatabaseSettings(StreamsSettings):
    url: SecretStr


class OpenDatabase:
    """The database while it is read."""

    def __init__(self, database: ExternalDatabase) -> None:
        self._database = database

    @property
    def is_on_loopback(self) -> bool:
        return self._database.is_on_loopback

    def redact(self, text: str) -> str:
        return self._database.redact(text)

    def relation(self, stream: DeclaredStream) -> Relation:
        if stream.query is not None:
            return self._database.query(stream.name, stream.query)
        return self._database.table(str(stream.table))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._database.close()


class DeclaredStreams(Sequence[Stream]):
    """The streams of the document that the settings name when they are looked at.

    None where the document is wrong: opening the source says what is wrong with it.
    """

    @overload
    def __getitem__(self, index: int) -> Stream: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Stream]: ...
    def __getitem__(self, index: int | slice) -> Stream | Sequence[Stream]:
        return self._now()[index]

    def __len__(self) -> int:
        return len(self._now())

    def __iter__(self) -> Iterator[Stream]:
        return iter(self._now())

    def _now(self) -> tuple[Stream, ...]:
        try:
            return declared_streams()
        except Misconfigured:
            return ()


def declared_streams() -> tuple[Stream, ...]:
    """The streams of the document that the settings name now.

    Raises:
        Misconfigured: naming file, line and field of every fault.
    """
    path = StreamsSettings().streams or SHIPPED
    try:
        changed = path.expanduser().stat().st_mtime_ns
    except OSError:
        changed = 0
    return _streams(path.expanduser(), changed)


@cache
def _streams(path: Path, changed: int) -> tuple[Stream, ...]:  # noqa: ARG001  # part of the key
    return tuple(_stream(one) for one in declared(path))


def _stream(one: DeclaredStream) -> Stream:
    return Stream(
        one.name,
        KeyedRow,
        changes_of(one) if one.cursor else all_of(one),
        one.description,
        count=count_of(one),
        ids=ids_of(one) if one.cursor else None,
        is_snapshot=one.cursor is None,
    )


class DatabaseSource(Source):
    """A database; which tables and queries of it are read is declared, not written in Python."""

    @property
    def raw_tables(self) -> tuple[str, ...]:
        # Staging of the shipped streams is always built, whatever else is declared.
        names = [*(stream.name for stream in self.streams), *(one.name for one in declared(None))]
        return tuple(dict.fromkeys(names))

    def open(self, http: HttpSettings, clock: Clock) -> OpenDatabase:  # noqa: ARG002  # no HTTP
        settings = load_vendor_settings(self.settings, self.name, self.scopes)
        declared_streams()
        url = cast("DatabaseSettings", settings).url.get_secret_value()
        try:
            return OpenDatabase(ExternalDatabase(url))
        except Misconfigured as error:
            raise Misconfigured(
                f"{self.name} is disabled: REVOPS_DATABASE__URL: {error.message}",
                advice=error.advice,
            ) from error


SOURCE = DatabaseSource(
    name="database",
    title="A database of one's own",
    settings=DatabaseSettings,
    scopes="the user of the URL must be allowed to select from the declared tables, no more",
    streams=DeclaredStreams(),
)
