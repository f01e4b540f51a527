"""The contract of an event: what staging needs of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, StringConstraints

from connectors.core.source import Record


class Event(Record):
    """One call of the tracking library, in the names of its wire format.

    What only some calls carry, such as a `userId`, is left to staging.
    """

    messageId: Annotated[str, StringConstraints(min_length=1)]  # noqa: N815 - the wire's name
    type: Literal["track", "identify", "page", "screen", "group", "alias"]
    receivedAt: AwareDatetime | None = None  # noqa: N815

    def record_key(self) -> str:
        return self.messageId

    def record_cursor(self) -> datetime | None:
        return self.receivedAt
