"""Small relations of contacts for tests: a record is what it says, everything else is null."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pyarrow as pa

from identity.engine import resolve
from identity.vocabulary import MANY, SINGLE, Entity
from warehouse.connection import Session, scratch

_SHORT = {"email": "emails", "phone": "phones", "website": "websites", "link": "links"}

Record = dict[str, Any]


def relation(entity: Entity, records: list[Record]) -> Any:
    """An Arrow table with every column of the vocabulary; `email` is short for one of `emails`."""
    rows = [
        {
            _SHORT.get(name, name): [value] if name in _SHORT else value
            for name, value in one.items()
        }
        for one in records
    ]
    columns = {
        **{name: pa.string() for name in ("record", "source", *SINGLE[entity])},
        **{name: pa.list_(pa.string()) for name in MANY.values()},
        **dict.fromkeys(("created_at", "updated_at"), pa.timestamp("us", tz="UTC")),
        "is_deleted": pa.bool_(),
    }
    arrays = [pa.array([row.get(name) for row in rows], kind) for name, kind in columns.items()]
    return pa.table(arrays, names=list(columns))


def resolve_again(
    session: Session,
    people: list[Record],
    companies: list[Record] | None = None,
    *,
    work: str = "work",
    **options: Any,
) -> None:
    """Resolve records in a schema that may have a run behind it."""
    session.load("people", relation("person", people))
    session.load("companies", relation("company", companies or []))
    resolve(
        session,
        people="people",
        companies=None if companies is None else "companies",
        work=work,
        **options,
    )


@contextmanager
def resolved(
    people: list[Record], companies: list[Record] | None = None, **options: Any
) -> Iterator[Session]:
    with scratch() as session:
        resolve_again(session, people, companies, **options)
        yield session


def groups(session: Session, table: str = "work.person_clusters") -> set[frozenset[str]]:
    """Which records are together."""
    rows = session.rows(f"select list(record) as records from {table} group by cluster")
    return {frozenset(row["records"]) for row in rows}


def together(session: Session, *records: str) -> bool:
    """Whether these records are in one cluster of people, whatever else is in it."""
    return any(set(records) <= group for group in groups(session))


def accounts(session: Session) -> dict[str, str]:
    """The cluster of companies of each record of a person that has one."""
    rows = session.rows("select record, cluster from work.person_accounts")
    return {row["record"]: row["cluster"] for row in rows}
