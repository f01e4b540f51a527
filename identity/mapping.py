"""The map document: which column of a table of records is which field of a person or a company."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from identity.vocabulary import MANY, SINGLE, Entity
from warehouse.documents import Document, read_document

Columns = str | list[str]


def _check_fields(entity: Entity, fields: Mapping[str, Columns]) -> None:
    known = (*SINGLE[entity], *MANY)
    for name, columns in fields.items():
        if name not in known:
            raise ValueError(f"{name} is no field of a {entity}; fields are {', '.join(known)}")
        if not columns:
            raise ValueError(f"{name} names no column")
    if not fields:
        raise ValueError("no field is mapped to a column")


class ReferenceMap(Document):
    """A list of known companies, to which each record's company is matched.

    `from` is a file beside the map, or beside the records; `record` the column of the company's id.
    """

    file: Path = Field(alias="from")
    record: str
    fields: dict[str, Columns]

    @model_validator(mode="after")
    def _known_fields(self) -> Self:
        _check_fields("company", self.fields)
        return self


class MapDocument(Document):
    """How a table of records is read.

    A field of one value is mapped to a column or to a list of them, whose texts are joined with a
    blank; a field of many values (email, phone, website, links) to all columns that hold some.
    Without `record` the number of the row is the record's id. `truth` names the column of the
    right entity, `account_truth` that of the right company of a person, and `reference_truth` that
    of the right reference record: where they are given, quality is measured.
    """

    entity: Entity
    record: str | None = None
    source: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    is_deleted: str | None = None
    fields: dict[str, Columns]
    truth: str | None = None
    account_truth: str | None = None
    reference: ReferenceMap | None = None
    reference_truth: str | None = None

    @model_validator(mode="after")
    def _known_fields(self) -> Self:
        _check_fields(self.entity, self.fields)
        if self.account_truth and self.entity == "company":
            raise ValueError("account_truth: a company's account is its entity, which truth names")
        if self.reference_truth and self.reference is None:
            raise ValueError("reference_truth: there is no reference to match records to")
        return self


def read_map(path: Path, *, beside: Path) -> MapDocument:
    """Read a map; its reference is looked for beside the map, then in the folder `beside`.

    Raises:
        Misconfigured: each fault with file, line and field.
    """
    document = read_document(path, MapDocument)
    if document.reference is None:
        return document
    file = path.parent / document.reference.file
    if not file.is_file():
        file = beside / document.reference.file
    reference = document.reference.model_copy(update={"file": file})
    return document.model_copy(update={"reference": reference})
