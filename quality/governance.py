"""Who answers for each column, what it tells of a person, and which tool may be told.

One document, `quality/governance.yaml`: tables with owner, purpose and retention, columns by what
they tell, destinations with what they are cleared for. What is not registered goes nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from warehouse.documents import Document, read_document

REGISTRY = Path(__file__).parent / "governance.yaml"
# Who answers for what nobody else does.
EVERYTHING_ELSE = "revops"

Purpose = Literal["marketing", "service"]


class Table(Document):
    owner: str
    purpose: str = Field(min_length=5)
    retention_days: int | None = Field(ge=1, description="null: as long as the tool keeps it")


class Clearance(Document):
    cleared: tuple[str, ...]
    purpose: Purpose


class Governance(Document):
    """What is registered.

    Attributes:
        columns: names by class.
        sources: who answers for what a source tells.
        destinations: cleared for some classes.
    """

    classes: dict[str, str]
    tables: dict[str, Table]
    columns: dict[str, tuple[str, ...]]
    sources: dict[str, str]
    destinations: dict[str, Clearance]

    @property
    def class_of(self) -> Mapping[str, str]:
        """What each registered column tells of a person."""
        return {name: kind for kind, names in self.columns.items() for name in names}

    def owner_of_source(self, source: str) -> str:
        """Who answers for what a source tells; for one that is not named, those who run this."""
        return self.sources.get(source, EVERYTHING_ELSE)

    def owner_of_table(self, schema: str, table: str) -> str:
        """Who answers for a table; for one that is not named, those who run this."""
        known = self.tables.get(f"{schema}.{table}")
        return EVERYTHING_ELSE if known is None else known.owner

    def purpose_of(self, destination: str) -> Purpose:
        """What a destination is told things for; of one that is not named the worst is thought."""
        known = self.destinations.get(destination)
        return "marketing" if known is None else known.purpose

    def faults(self, destination: str, columns: Iterable[str]) -> list[str]:
        """Why these columns must not go to a destination, one line each."""
        known = self.destinations.get(destination)
        cleared = {"none", *(known.cleared if known else ())}
        kinds = self.class_of
        found = []
        for name in sorted(set(columns)):
            kind = kinds.get(name)
            if kind is None:
                found.append(f"{name} is not registered, so that nobody knows what it tells")
            elif kind not in cleared:
                found.append(f"{name} tells {self.classes[kind]} ({kind})")
        return found

    @model_validator(mode="after")
    def _classes_are_explained_and_columns_are_of_one(self) -> Self:
        used = {*self.columns, *(one for d in self.destinations.values() for one in d.cleared)}
        if unknown := sorted(used - set(self.classes)):
            raise ValueError(f"classes that nobody explains: {', '.join(unknown)}")
        names = [name for listed in self.columns.values() for name in listed]
        if doubled := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"columns of two classes: {', '.join(doubled)}")
        return self


@cache
def governance(path: Path = REGISTRY) -> Governance:
    """The registry.

    Raises:
        Misconfigured: it is wrong, by file and line.
    """
    return read_document(path, Governance)
