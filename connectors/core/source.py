"""What a connector declares: its account, its streams, and how each stream is read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar, cast

import httpx
import msgspec
from pydantic import BaseModel, ConfigDict, ValidationError

from connectors.core.http import Account, Classify, ScopesLacking, ToolClient
from connectors.core.pace import Allowance, Budget
from connectors.core.settings import (
    SourceSettings,
    VendorSettings,
    credential_names,
    load_vendor_settings,
)
from warehouse.clock import Clock
from warehouse.landing import Cursor, Reject
from warehouse.settings import HttpSettings


class Record(BaseModel):
    """The contract of one record: the fields that staging needs, checked when it arrives.

    Unknown fields are welcome: the payload keeps them, the contract does not look at them.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    @abstractmethod
    def record_key(self) -> str:
        """What identifies the record within its stream."""

    @abstractmethod
    def record_cursor(self) -> str | datetime | None:
        """When or as which version the vendor last changed it; an instant names its zone."""

    def record_deleted(self) -> bool:
        """Whether the vendor says that it is deleted or archived."""
        return False


RecordT = TypeVar("RecordT", bound=Record)


def last_valid(records: Sequence[msgspec.Raw], contract: type[RecordT]) -> RecordT | None:
    """The last record that keeps the contract: a position must not hang on one that does not."""
    for record in reversed(records):
        with suppress(ValidationError):
            return contract.model_validate_json(bytes(record))
    return None


class Tool(Protocol):
    """An open account, folder or database; `ToolClient` is the one for HTTP."""

    @property
    def is_on_loopback(self) -> bool:
        """Whether it lies on this machine: invented data may be mixed with it."""

    def redact(self, text: str) -> str: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


@dataclass(frozen=True)
class Page:
    """Records as received, and where to go on once they are landed.

    Attributes:
        place: where the record of an index stands at the source, such as a file and a row; the
            reason of its reject begins with it.
        rejects: what is no record at all, such as half a line, with a reason of its own.
    """

    records: list[msgspec.Raw]
    cursor: Cursor
    place: Callable[[int], str] | None = None
    rejects: Sequence[Reject] = ()


@dataclass(frozen=True)
class Reading:
    """One reading of one stream.

    `known` gives the live keys of another stream of the same source, as landed by now, in
    ascending order; `say` tells people something that no error is, such as a full read that
    became necessary: it is shown and kept in the run's report. `days` are the first and the last
    day to be read again, of a stream that `is_by_day`; the cursor then stays where it is.
    """

    tool: Tool
    cursor: Cursor | None
    clock: Clock
    known: Callable[[str], list[str]]
    say: Callable[[str], None]
    days: tuple[date, date] | None = None

    @property
    def client(self) -> ToolClient:
        """The tool of a source that is asked over HTTP."""
        return cast("ToolClient", self.tool)


Read = Callable[[Reading], Iterator[Page]]
# How many live records there are at the source, or None where it cannot say.
Count = Callable[[Any], int | None]
# The key of every live record at the source, page by page.
Ids = Callable[[Reading], Iterator[list[str]]]


@dataclass(frozen=True)
class Stream:
    """One kind of record.

    Attributes:
        read: yields pages after a cursor; resumable at every cursor that it yields.
        count: asks how many live records there are, in one request that changes nothing. It is
            asked before and after each reading, and compared with what is landed.
        ids: lists the live keys, where deletions are told in no other way. What is landed and
            not listed is landed as deleted.
        object: what the vendor calls such a record, where otherwise than the stream.
        is_snapshot: each reading shows everything that there is; what a whole reading did not
            show is landed as deleted.
        anew: what a full refresh leaves of a cursor: nothing of one that is a place to go on
            from. One that knows what was there keeps that, or what is gone would not be missed.
        every: the least time between two readings, for what is dear to read and slow to change.
        is_by_day: single days can be asked for, see `Reading.days`.
    """

    name: str
    record: type[Record]
    read: Read
    description: str
    count: Count | None = None
    ids: Ids | None = None
    is_snapshot: bool = False
    anew: Callable[[Cursor], Cursor | None] = lambda _: None
    every: timedelta | None = None
    is_by_day: bool = False
    object: str | None = None


@dataclass(frozen=True, kw_only=True)
class Source(ABC):
    """One vendor, folder or database. `scopes` says in words which rights are needed."""

    name: str
    title: str
    settings: type[SourceSettings]
    scopes: str
    streams: Sequence[Stream]
    # Where in a payload the fields lie that a sync writes, as a JSON path.
    fields_at: str = "$"
    # Fields that the vendor moves by itself on every write; they make no change of meaning.
    stamps: tuple[str, ...] = ()

    @property
    def raw_tables(self) -> tuple[str, ...]:
        """The raw tables that must be there even before anything is landed: staging reads them."""
        return tuple(stream.name for stream in self.streams)

    def stream(self, name: str) -> Stream | None:
        return next((stream for stream in self.streams if stream.name == name), None)

    def stream_of(self, object_name: str) -> Stream | None:
        """The stream by which records of an object are read, as the vendor calls it."""
        called = (one for one in self.streams if (one.object or one.name) == object_name)
        return next(called, None)

    @abstractmethod
    def open(self, http: HttpSettings, clock: Clock) -> Tool:
        """The account, folder or database that the settings name.

        Raises:
            Misconfigured: a setting is missing or wrong.
        """


@dataclass(frozen=True, kw_only=True)
class HttpSource(Source):
    """A vendor that is asked over HTTP."""

    settings: type[VendorSettings]
    authorise: Callable[[Any], httpx.Auth]
    budget: Budget
    # Glob of a path -> a budget of its own that its requests spend beside the account's.
    budgets: Mapping[str, Budget] = field(default_factory=dict)
    # Sent with every request, such as the version of the API.
    headers: Mapping[str, str] = field(default_factory=dict)
    classify: Classify | None = None
    scopes_lacking: ScopesLacking | None = None
    # Reads out of an answer what its headers say about limits.
    allowances: Callable[[httpx.Response, datetime], list[Allowance]] | None = None

    def open(self, http: HttpSettings, clock: Clock) -> ToolClient:
        settings = load_vendor_settings(self.settings, self.name, self.scopes)
        return ToolClient(
            self.name,
            settings.url,
            self.authorise(settings),
            budget=self.budget,
            budgets=self.budgets,
            headers=self.headers,
            allowances=self.allowances,
            http=http,
            clock=clock,
            secrets=settings.secrets(),
            account=Account(
                tuple(credential_names(self.settings)), self.scopes, self.scopes_lacking
            ),
            classify=self.classify,
        )
