"""What a sync may say: which model goes to which object of which tool, and how."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from reverse_etl.holdout import Holdout
from warehouse.connection import quoted
from warehouse.deliveries import Operation
from warehouse.documents import Document, choose, read_folder, said_hash

SYNCS = Path(__file__).parent / "syncs"

Mode = Literal["update_only", "upsert", "create_only"]
Nulls = Literal["skip", "clear"]

OPERATIONS: dict[Mode, Operation] = {
    "update_only": "update",
    "upsert": "upsert",
    "create_only": "create",
}


class Identifier(Document):
    """The column that names a record; `field` is the tool's unique property, or its own id."""

    column: str
    field: str | None = None


class Gate(Document):
    """The ruleset that must have judged the data, and the column that holds its key."""

    ruleset: str
    key: str


class FieldMapping(Document):
    """One column to one field; a null leaves the field alone (`skip`) or empties it (`clear`)."""

    column: str
    field: str
    nulls: Nulls = "skip"


class SyncSpec(Document):
    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    description: str
    owner: str
    model: str
    destination: str
    object: str
    mode: Mode
    identify_by: Identifier
    gate: Gate
    holdout: Holdout | None = None
    fields: tuple[FieldMapping, ...] = Field(min_length=1)

    @property
    def table(self) -> str:
        return f"activation.{quoted(self.model)}"

    @property
    def operation(self) -> Operation:
        return OPERATIONS[self.mode]

    @property
    def config_hash(self) -> str:
        """Changes when anything that decides what is sent changes."""
        return said_hash(self, besides={"description", "owner"})

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        targets = [mapping.field for mapping in self.fields]
        doubled = sorted({field for field in targets if targets.count(field) > 1})
        if doubled:
            raise ValueError(f"two columns are mapped to one field: {', '.join(doubled)}")
        if self.mode == "upsert" and self.identify_by.field is None:
            raise ValueError("mode upsert needs identify_by.field, a unique field of the tool")
        return self


def syncs(folder: Path = SYNCS) -> dict[str, SyncSpec]:
    """Every sync by name.

    Raises:
        Misconfigured: a document is wrong, or named otherwise than its file.
    """
    return read_folder(folder, SyncSpec, lambda one: one.name)


def sync(name: str) -> SyncSpec:
    """One sync.

    Raises:
        Misconfigured: there is none of that name.
    """
    return choose(syncs(), "sync", name)
