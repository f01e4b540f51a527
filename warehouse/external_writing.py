"""Writes to one table of somebody else's SQL database: a batch is there as a whole or not at all.

A transaction of ours may be under way although its process is dead. Whoever writes or reads here
takes a lock of the table's name first, and so sees what came of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from warehouse.errors import Refused
from warehouse.external_database import ExternalDatabase, RolledBack
from warehouse.external_values import Codec, codec_of

WRITABLE = ("postgresql", "sqlite")

Doing = Literal["create", "add", "update", "upsert", "delete"]
Values = Mapping[str, Any]

# How often a batch is written that the database takes back for the sake of others' transactions.
_ATTEMPTS = 5
_LOCKED = "select pg_advisory_xact_lock{shared}(hashtextextended('revops ' || :name, 0))"


@dataclass(frozen=True)
class Column:
    """A column of the table; `codec` is None where its type is not written.

    No row can be made without one that `is_needed`.
    """

    kind: str
    codec: Codec | None
    is_computed: bool
    is_unique: bool
    is_needed: bool
    lacks: tuple[str, ...]


class _OneRow(Exception):
    """Two of the keys are one row to the database: nothing was written."""


class WritableTable:
    """A table, with its schema before a dot if it has one."""

    def __init__(self, database: ExternalDatabase, name: str) -> None:
        self._database, self._name = database, name
        schema, _, self._own = name.rpartition(".")
        self._schema = schema or None

    def columns(self) -> dict[str, Column]:
        """The columns by name, as the database's own catalogue tells them; none if no such table.

        Raises:
            Unavailable, Unauthorised, Misconfigured: as the database answers.
        """
        with self._database.connected(f"looking at {self._name}") as connection:
            found = sa.inspect(connection)
            if not found.has_table(self._own, self._schema):
                return {}
            unique = self._unique(found)
            is_helped = not self._is_sqlite and self._has_filling_trigger(connection)
            whole = found.get_pk_constraint(self._own, self._schema)["constrained_columns"]
            return {
                one["name"]: Column(
                    str(one["type"]),
                    codec_of(one["type"], is_sqlite=self._is_sqlite),
                    "computed" in one or ("identity" in one and one["identity"]["always"]),
                    one["name"] in unique,
                    not is_helped and self._is_needed(one, whole),
                    () if self._is_sqlite else tuple(self._lacks(connection, one["name"])),
                )
                for one in found.get_columns(self._own, self._schema)
            }

    def write(
        self,
        doing: Doing,
        key: tuple[str, Codec],
        rows: Sequence[tuple[Any, Values]],
        codecs: Values,
    ) -> set[Any]:
        """Carry out one batch in one transaction; the keys of the rows that were there or are now.

        Values are as the codecs put them. Deleting what is not there is deleting, and adding what
        is there leaves it. Of two keys that are one row to the database only the first is written.

        Raises:
            Refused: the database refuses a row; nothing of the batch was written.
            Unavailable: it was cut off: the batch may be there.
            Misconfigured: our user may not do it.
        """
        attempt = 1
        while True:
            try:
                return self._written(doing, key, rows, codecs)
            except RolledBack:
                if attempt == _ATTEMPTS:
                    raise
                attempt += 1
            except _OneRow:
                rows = list({_folded(one): (one, told) for one, told in reversed(rows)}.values())

    def _written(
        self,
        doing: Doing,
        key: tuple[str, Codec],
        rows: Sequence[tuple[Any, Values]],
        codecs: Values,
    ) -> set[Any]:
        name, codec = key
        table = self._table({name: codec, **codecs})
        keys = [one for one, _ in rows]
        with self._database.transaction(f"writing {self._name}") as connection:
            self._lock(connection)
            if doing == "delete":
                connection.execute(sa.delete(table).where(table.c[name].in_(keys)))
                self._check(len(self._there(connection, table, name, keys)), 0)
                return set(keys)
            if doing == "create":
                self._insert(connection, table, name, rows, replaces=False)
                return set(keys)
            there = self._there(connection, table, name, keys)
            missing = [row for row in rows if row[0] not in there]
            if doing == "add":
                self._insert(connection, table, name, missing, replaces=False)
                return set(keys)
            self._update(connection, table, name, [row for row in rows if row[0] in there])
            if doing == "update":
                return there
            self._insert(connection, table, name, missing, replaces=True)
            if (
                len({_folded(one) for one in keys})
                < len(keys)
                > len(self._there(connection, table, name, keys))
            ):
                raise _OneRow
            return set(keys)

    def read(
        self, key: tuple[str, Codec], keys: Sequence[Any], codecs: Mapping[str, Codec]
    ) -> dict[Any, dict[str, Any]]:
        """What the table holds of the rows with these keys; absent ones are left out."""
        name, codec = key
        table = self._table({name: codec, **codecs})
        query = sa.select(table.c[name], *(table.c[one] for one in codecs))
        with self._database.transaction(f"reading {self._name}") as connection:
            self._lock(connection, shared="_shared")
            rows = connection.execute(query.where(table.c[name].in_(keys))).all()
        found: dict[Any, dict[str, Any]] = {
            row[0]: {
                one: codecs[one].take(value) for one, value in zip(codecs, row[1:], strict=True)
            }
            for row in rows
        }
        return {one: found[its] for one, its in _by_our_spelling(keys, found).items()}

    @property
    def _is_sqlite(self) -> bool:
        return self._database.dialect == "sqlite"

    def _unique(self, found: sa.Inspector) -> set[str]:
        """The columns that the database lets no two rows share, whatever else those hold."""
        sets: list[Sequence[str | None]] = [
            found.get_pk_constraint(self._own, self._schema)["constrained_columns"]
        ]
        sets += [
            one["column_names"] for one in found.get_unique_constraints(self._own, self._schema)
        ]
        sets += [
            one["column_names"]
            for one in found.get_indexes(self._own, self._schema)
            if one["unique"] and not any("where" in name for name in one.get("dialect_options", {}))
        ]
        return {str(columns[0]) for columns in sets if len(columns) == 1}

    def _has_filling_trigger(self, connection: sa.Connection) -> bool:
        """Whether anything is called before a row is made, which may fill in what it lacks."""
        query = sa.text(
            "select exists (select from pg_trigger where tgrelid = cast(:name as regclass)"
            " and not tgisinternal and tgtype & 2 > 0 and tgtype & 4 > 0)"
        )
        return bool(connection.scalar(query, {"name": self._quoted(connection)}))

    def _is_needed(self, column: Any, primary: Sequence[str]) -> bool:
        # A domain may have a default of its own, and SQLite counts its only whole key itself.
        is_counted = (
            self._is_sqlite
            and list(primary) == [column["name"]]
            and isinstance(column["type"], sa.Integer)
        )
        fills_itself = column["default"] is not None or "computed" in column or "identity" in column
        is_open = isinstance(column["type"], postgresql.DOMAIN)
        return not (column["nullable"] or fills_itself or is_counted or is_open)

    def _quoted(self, connection: sa.Connection) -> str:
        quote = connection.dialect.identifier_preparer.quote
        return ".".join(quote(part) for part in (self._schema, self._own) if part)

    def _lacks(self, connection: sa.Connection, column: str) -> Iterator[str]:
        table = self._quoted(connection)
        query = sa.text("select has_column_privilege(cast(:name as text), :own, :right)")
        for right in ("SELECT", "INSERT", "UPDATE"):
            asked = {"name": table, "own": column, "right": right}
            may: object = connection.scalar(query, asked)
            if not may:
                yield right.lower()

    def _table(self, codecs: Mapping[str, Codec]) -> sa.TableClause:
        columns = [sa.column(name, codec.bound) for name, codec in codecs.items()]
        return sa.table(self._own, *columns, schema=self._schema)

    def _lock(self, connection: sa.Connection, shared: str = "") -> None:
        # SQLite's transactions begin with the lock of the whole file.
        if not self._is_sqlite:
            connection.execute(sa.text(_LOCKED.format(shared=shared)), {"name": self._name})

    def _there(
        self, connection: sa.Connection, table: sa.TableClause, key: str, keys: Sequence[Any]
    ) -> set[Any]:
        query = sa.select(table.c[key]).where(table.c[key].in_(keys))
        found: Sequence[Any] = connection.execute(query.with_for_update()).scalars().all()
        return set(_by_our_spelling(keys, found))

    def _update(
        self,
        connection: sa.Connection,
        table: sa.TableClause,
        key: str,
        rows: Sequence[tuple[Any, Values]],
    ) -> None:
        for names, some in _alike(rows):
            if not names:
                continue
            statement = (
                sa.update(table)
                .where(table.c[key] == sa.bindparam("its_key", type_=table.c[key].type))
                .values(
                    {
                        name: sa.bindparam(f"its_{number}", type_=table.c[name].type)
                        for number, name in enumerate(names)
                    }
                )
            )
            told = [
                {"its_key": one} | {f"its_{n}": values[name] for n, name in enumerate(names)}
                for one, values in some
            ]
            self._check(connection.execute(statement, told).rowcount, len(some))

    def _insert(
        self,
        connection: sa.Connection,
        table: sa.TableClause,
        key: str,
        rows: Sequence[tuple[Any, Values]],
        *,
        replaces: bool,
    ) -> None:
        insert = sqlite.insert if self._is_sqlite else postgresql.insert
        for names, some in _alike(rows):
            statement = insert(table)
            if replaces:
                # Somebody else may have made it since we looked.
                new = statement.excluded
                written = {name: new[name] for name in names} or {key: new[key]}
                statement = statement.on_conflict_do_update(index_elements=[key], set_=written)
            told = [{key: one, **values} for one, values in some]
            kept = connection.execution_options(preserve_rowcount=True)
            self._check(kept.execute(statement, told).rowcount, len(some))

    def _check(self, found: int, wanted: int) -> None:
        """Believe no statement that was taken and did nothing.

        Raises:
            Refused: a trigger or a policy of the database has left a row out.
        """
        if found != wanted:
            said = "the database did nothing: a trigger or a policy of the table keeps it from that"
            raise Refused(f"writing {self._name}: {said}", status=422, body=said)


def _alike(rows: Sequence[tuple[Any, Values]]) -> Iterator[tuple[list[str], list[Any]]]:
    """Rows that set the same columns, together: what a row does not name is left as it is."""
    for names, some in groupby(sorted(rows, key=_names), key=_names):
        yield names, list(some)


def _names(row: tuple[Any, Values]) -> list[str]:
    return sorted(row[1])


def _by_our_spelling(
    keys: Sequence[Any], found: Sequence[Any] | Mapping[Any, Any]
) -> dict[Any, Any]:
    """Our key -> the database's, which may compare texts without their case or their padding."""
    exact = set(found)
    # A row that a key of ours names exactly is its own, and every other one a single key's.
    folded = {_folded(one): one for one in exact.difference(keys)}
    told = {key: key if key in exact else folded.pop(_folded(key), None) for key in keys}
    return {key: its for key, its in told.items() if its is not None}


def _folded(key: Any) -> Any:
    return key.strip().casefold() if isinstance(key, str) else key
