"""What a connector declares: its account, its streams, and how each stream is read."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TypeVar

import httpx
import msgspec
from pydantic import BaseModel, ConfigDict, ValidationError

from connectors.core.http import Account, Budget, Classify, ScopesLacking, ToolClient
from connectors.core.settings import VendorSettings, credential_names, load_vendor_settings
from warehouse.clock import Clock
from warehouse.landing import Cursor
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
    def record_cursor(self) -> str | None:
        """When or as which version the vendor last changed it."""

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


@dataclass(frozen=True)
class Page:
    """Records as received, and where to go on once they are landed."""

    records: list[msgspec.Raw]
    cursor: Cursor


Read = Callable[[ToolClient, Cursor | None], Iterator[Page]]
Count = Callable[[ToolClient], int | None]


@dataclass(frozen=True)
class Stream:
    """One kind of record.

    `read` yields pages after a cursor and must be resumable at every cursor that it yields.
    `count` asks the vendor how many there are; it costs one request and changes nothing.
    """

    name: str
    record: type[Record]
    read: Read
    count: Count
    description: str


@dataclass(frozen=True)
class Source:
    """One vendor. `scopes` says in words which rights its credential needs."""

    name: str
    title: str
    settings: type[VendorSettings]
    authorise: Callable[[VendorSettings], httpx.Auth]
    budget: Budget
    scopes: str
    streams: tuple[Stream, ...]
    classify: Classify | None = None
    scopes_lacking: ScopesLacking | None = None
    # Where in a payload the fields lie that a sync writes, as a JSON path.
    fields_at: str = "$"
    # Fields that the vendor moves by itself on every write; they make no change of meaning.
    stamps: tuple[str, ...] = field(default=())

    def stream(self, name: str) -> Stream | None:
        return next((stream for stream in self.streams if stream.name == name), None)

    def open(self, http: HttpSettings, clock: Clock) -> ToolClient:
        """A client of the account that the settings name.

        Raises:
            Misconfigured: a setting is missing or wrong.
        """
        settings = load_vendor_settings(self.settings, self.name, self.scopes)
        return ToolClient(
            self.name,
            settings.url,
            self.authorise(settings),
            budget=self.budget,
            http=http,
            clock=clock,
            secrets=settings.secrets(),
            account=Account(
                tuple(credential_names(self.settings)), self.scopes, self.scopes_lacking
            ),
            classify=self.classify,
        )
