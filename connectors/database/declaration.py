"""What is read of a database: the tables and queries that a YAML document declares."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from warehouse.documents import Document, read_document

SHIPPED = Path(__file__).with_name("streams.yml")

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]*$")]
Column = Annotated[str, StringConstraints(min_length=1)]


class DeclaredStream(Document):
    """A table or a query, and how it is read.

    Attributes:
        key: the columns that identify a row; they have a value in every row.
        cursor: a column that grows with every change; without one each reading is a full one.
        look_back: how far the next reading begins before the end of the last, for transactions
            that commit late: seconds, or steps where the cursor is a number.
        deleted_at: a column that has a value where the row is deleted.
        columns: those that staging needs; if one is gone the stream is not read.
    """

    name: Name
    description: Annotated[str, StringConstraints(pattern=r"^[A-Z].*\.$")]
    table: str | None = None
    query: str | None = None
    key: Annotated[list[Column], Field(min_length=1)]
    cursor: Column | None = None
    look_back: Annotated[int, Field(ge=0)] = 600
    deleted_at: Column | None = None
    columns: tuple[Column, ...] = ()

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.table is None) == (self.query is None):
            raise ValueError("name either a table or a query")
        return self

    @property
    def needed(self) -> list[str]:
        """Every column that must be there."""
        own = [*self.key, self.cursor, self.deleted_at, *self.columns]
        return [name for name in own if name is not None]


class Declarations(Document):
    streams: Annotated[list[DeclaredStream], Field(min_length=1)]

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [stream.name for stream in self.streams]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two streams are called {', '.join(twice)}")
        return self


def declared(path: Path | None) -> list[DeclaredStream]:
    """The streams of a document; of the shipped one where none is named.

    Raises:
        Misconfigured: naming file, line and field of every fault.
    """
    return read_document(path or SHIPPED, Declarations).streams
