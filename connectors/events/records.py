"""The contract of an event: what staging needs of it."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AwareDatetime, StringConstraints

from connectors.core.source import Record


class Event(Record):
    """One call of the tracking library, in the names of its wire format."""

    messageId: Annotated[str, StringConstraints(min_length=1)]  # noqa: N815 - the wire's name
    type: Literal["track", "identify", "page", "screen", "group", "alias"]
    anonymousId: str | None = None  # noqa: N815
    userId: str | int | None = None  # noqa: N815
    receivedAt: AwareDatetime | None = None  # noqa: N815
    sentAt: AwareDatetime | None = None  # noqa: N815
    originalTimestamp: AwareDatetime | None = None  # noqa: N815
    timestamp: AwareDatetime | None = None

    def record_key(self) -> str:
        return self.messageId

    def record_cursor(self) -> str | None:
        return self.receivedAt.isoformat() if self.receivedAt else None
