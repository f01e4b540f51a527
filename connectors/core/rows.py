"""A row of a file or table whose key was made when it was read, from columns that vary."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from connectors.core.source import Record


def joined_key(values: Sequence[str]) -> str:
    """One key of several values, so written that no two lists of values give the same."""
    if len(values) == 1:
        return values[0]
    return "|".join(value.replace("\\", r"\\").replace("|", r"\|") for value in values)


class KeyedRow(Record):
    """`_key`, `_cursor` and `_deleted` stand beside the row's own columns."""

    key: str = Field(alias="_key", min_length=1)
    cursor: str | None = Field(None, alias="_cursor")
    deleted: bool = Field(default=False, alias="_deleted")

    def record_key(self) -> str:
        return self.key

    def record_cursor(self) -> str | None:
        return self.cursor

    def record_deleted(self) -> bool:
        return self.deleted
