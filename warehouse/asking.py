"""Answers a person's SQL: as a table to look at, as rows, or as CSV."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import duckdb
from pyarrow import csv

from warehouse.connection import Row, Session
from warehouse.reading import refusing

_PIECE = 100_000


class Answer:
    """What the last of some statements gives; it is fetched when it is asked for."""

    def __init__(self, relation: duckdb.DuckDBPyRelation) -> None:
        self._relation = relation

    @property
    def columns(self) -> dict[str, str]:
        """Name and DuckDB type of each column; one that is there twice is numbered."""
        names: dict[str, str] = {}
        for name, kind in zip(self._relation.columns, self._relation.types, strict=True):
            number, own = 1, name
            while own in names:
                number, own = number + 1, f"{name}_{number + 1}"
            names[own] = str(kind)
        return names

    def show(self, *, rows: int, width: int) -> None:
        """Print a table with so many rows at most, the first and the last ones."""
        with refusing():
            self._relation.show(max_rows=rows, max_width=width)

    def rows(self) -> Iterator[Row]:
        names = list(self.columns)
        with refusing():
            while some := self._relation.fetchmany(_PIECE):
                yield from (dict(zip(names, row, strict=True)) for row in some)

    def write_csv(self, file: BinaryIO) -> None:
        """Write UTF-8 with a header; null is empty, an empty text is quoted."""
        listed = ", ".join(f"#{place}::varchar" for place in range(1, len(self.columns) + 1))
        names = list(self.columns)
        with refusing():
            batches = self._relation.project(listed).to_arrow_reader(_PIECE)
            options = csv.WriteOptions(include_header=False)
            file.write((",".join(_quoted(name) for name in names) + "\n").encode())
            for batch in batches:
                csv.write_csv(batch, file, write_options=options)


def ask(session: Session, text: str) -> Answer | None:
    """Carry statements out, and answer with what the last one gives; None if it gives nothing.

    Raises:
        WarehouseError: a statement is wrong, or would change something.
    """
    with refusing():
        relation: Any = session.connection.sql(text)
    return None if relation is None else Answer(relation)


def ask_each(session: Session, text: str, show: Callable[[Answer], None]) -> None:
    """Carry statements out one after another, and show what each one gives.

    Raises:
        WarehouseError: as `ask`; what stands before the wrong statement was answered.
    """
    with refusing():
        statements = session.connection.extract_statements(text)
    try:
        for statement in statements:
            if (answer := ask(session, statement.query)) is not None:
                show(answer)
    except RuntimeError:
        # After Ctrl-C DuckDB's threads work on, and the next statement waits for them: stop them.
        session.connection.interrupt()
        raise


def known_names(session: Session) -> list[str]:
    """The relations, with their schemas, and the columns: what can be written in a statement."""
    found = session.rows("""
        select schema_name || '.' || table_name as name from duckdb_columns() where not internal
        union
        select column_name from duckdb_columns() where not internal
        order by name
    """)
    return [str(one["name"]) for one in found]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
