"""Finds the tool's own ids of the parents that a sync's rows name by a key, set-wise.

Known are the records that the connector landed, and those that a sync of ours made since. A row
whose parent is not known, or is one of several, says so in place of the id: an object, which is
withheld from the plan, and which no tool would take for an id.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal, Self, cast

from pydantic import Field

from connectors.core import registry
from connectors.core.source import Source, Stream
from reverse_etl.diff import column_types
from reverse_etl.mapping import Types, text_of
from reverse_etl.spec import Parent, SyncSpec, syncs
from warehouse.connection import Session, literal, quoted
from warehouse.errors import Misconfigured
from warehouse.known_ids import ids_of
from warehouse.landing import VERSION_ORDER
from warehouse.state import StateStore

# Number of a lookup -> the value looked for -> the tool's id, as the tool itself has told.
Asked = Mapping[int, Mapping[str, str]]

UnresolvedFor = Literal["parent_not_found", "parent_is_ambiguous"]
# What stands in place of an id: an object with one of these keys, and the value looked for.
_REASONS: dict[str, UnresolvedFor] = {
    "no_record_with": "parent_not_found",
    "several_records_with": "parent_is_ambiguous",
}
_ROWS = "resolved_rows"
_SHOWN = 5


class Resolved(SyncSpec):
    """The sync as if its model held the parents' ids, each in a column of its own."""

    added: dict[str, str] = Field(default={})

    @classmethod
    def of(cls, spec: SyncSpec, **changed: Any) -> Self:
        """The same sync over another table, with what `changed` says instead."""
        said = {name: getattr(spec, name) for name in SyncSpec.model_fields}
        said |= {"added": dict(spec.derived)} | changed
        return cast("Self", cls.model_construct(**said))

    @property
    def table(self) -> str:
        return _ROWS

    @property
    def derived(self) -> Mapping[str, str]:
        return self.added


@dataclass(frozen=True)
class Unresolved:
    """How many rows have no key because of one kind of missing parent, and some of their values."""

    reason: UnresolvedFor
    rows: int
    details: tuple[str, ...]


def resolved(
    session: Session,
    spec: SyncSpec,
    state: StateStore,
    others: Collection[SyncSpec] | None = None,
    asked: Asked = MappingProxyType({}),
) -> SyncSpec:
    """The sync whose lookups are columns; the sync itself where it has none.

    `others` are the syncs that may have written the parents; by default all that are declared.
    `asked` are parents that the tool was asked for.

    Raises:
        Misconfigured: nothing is known of such parents, or the model lacks a column.
    """
    if not spec.lookups:
        return spec
    known = syncs().values() if others is None else others
    search = _Search(session, spec, state, column_types(session, spec), known, asked)
    named = dict(zip(spec.identify_by.names, spec.identify_by.names, strict=True))
    for name, parent in spec.identify_by.lookups.items():
        named[name] = search.join(parent, name, or_why=False)
    fields = [
        mapping
        if (lookup := mapping.lookup) is None
        else mapping.model_copy(
            update={
                "lookup": None,
                "column": search.join(lookup, lookup.column, or_why=lookup.missing == "withhold"),
            }
        )
        for mapping in spec.fields
    ]
    search.show()
    key: dict[str, Any] = {"column": None, "columns": tuple(named.values()), "lookups": {}}
    changed: dict[str, Any] = {
        "fields": tuple(fields),
        "identify_by": spec.identify_by.model_copy(update=key),
        "added": search.added,
    }
    return Resolved.of(spec, **changed)


def unresolved(
    spec: SyncSpec, wishes: Mapping[str, Any]
) -> tuple[UnresolvedFor, tuple[str, ...]] | None:
    """Why a row with these wishes may not leave, and of which parents; None where all are known."""
    kinds: list[str] = []
    details: list[str] = []
    for mapping in spec.fields:
        wish, lookup = wishes.get(mapping.field), mapping.lookup
        if lookup is not None and isinstance(wish, dict):
            ((kind, value),) = wish.items()
            kinds.append(kind)
            details.append(f"{mapping.field}: {_told(lookup, kind, value)}")
    return (_REASONS[kinds[0]], tuple(details)) if kinds else None


def unresolved_keys(session: Session, spec: SyncSpec) -> list[Unresolved]:
    """The rows that have no key because a parent in it is not known, once `resolved` has looked."""
    told, others = [], "true"
    for number, parent in enumerate(spec.identify_by.lookups.values()):
        why = _why(number)
        for kind, reason in _REASONS.items():
            value = f"json_extract_string({why}, '$.{kind}')"
            rows = session.rows(
                f"select {value} as value, count(*) as n from {_ROWS}"
                f" where {value} is not null and {others} group by value order by value"
            )
            if rows:
                details = tuple(_told(parent, kind, row["value"]) for row in rows[:_SHOWN])
                told.append(Unresolved(reason, sum(row["n"] for row in rows), details))
        others += f" and {why} is null"
    return told


def not_known(session: Session, spec: SyncSpec) -> dict[int, list[str]]:
    """The values of no known parent, by the number of the lookup, once `resolved` has looked."""
    first = next(iter(_REASONS))
    return {
        number: [
            row["value"]
            for row in session.rows(
                f"select json_extract_string(why, '$.{first}') as value from parents_{number}"
                " where value is not null order by value"
            )
        ]
        for number in range(len(spec.lookups))
    }


@dataclass
class _Search:
    """Looks for parents, one lookup after the other, and joins what it found to the model."""

    session: Session
    spec: SyncSpec
    state: StateStore
    types: Types
    others: Collection[SyncSpec]
    asked: Asked

    def __post_init__(self) -> None:
        self.added: dict[str, str] = {}
        self._columns = self._joins = ""
        self._source = registry.sources().get(self.spec.destination)

    def join(self, parent: Parent, column: str, *, or_why: bool) -> str:
        """Look for the parents that have what `column` says; the column that has their ids.

        With `or_why`, it says why there is none in place of an id.
        """
        number = len(self.added)
        table, name = f"parents_{number}", f"_parent_{number}"
        self._find(parent, column, table, self.asked.get(number, {}))
        self.added[name] = "JSON" if or_why else "VARCHAR"
        shown = f"coalesce(to_json({table}.id), {table}.why)" if or_why else f"{table}.id"
        self._columns += f", {shown} as {name}, {table}.why as {_why(number)}"
        value = _folded(text_of(column, self.types))
        self._joins += f" left join {table} on {table}._folded = {value}"
        return name

    def show(self) -> None:
        self.session.execute(
            f"create or replace temp view {_ROWS} as"
            f" select rows_of.* {self._columns} from {self.spec.table} as rows_of {self._joins}"
        )

    def _find(self, parent: Parent, column: str, table: str, asked: Mapping[str, str]) -> None:
        """Make a table of the values looked for, each with an id or with why there is none."""
        stream = None if self._source is None else self._source.stream_of(parent.object)
        writers = self._writers(parent)
        if stream is None and not writers and not parent.ask:
            raise Misconfigured(
                f"{self.spec.name}.yaml: {column} cannot be looked up: no connector lands"
                f" {self.spec.destination}'s {parent.object}, and no sync writes them by"
                f" {parent.by}"
            )
        value = text_of(column, self.types)
        self.session.execute(f"""
            create or replace temp table wanted as
            select distinct {_folded(value)} as _folded, {value} as original
            from {self.spec.table} where {quoted(column)} is not null
        """)
        self._land(stream, parent)
        self._add_made(writers)
        self._keep("told", list(asked.items()))
        first, several = (literal(kind) for kind in _REASONS)
        self.session.execute(f"""
            create or replace temp table {table} as
            with candidates as (
                select _folded, id from landed where not is_deleted
                union
                -- Of a record that was landed, the tool's own word counts and not what we sent.
                select _folded, id from made anti join landed using (id)
                union
                select _folded, id from told
            ),

            counted as (
                select _folded, count(*) as records, min(id) as id
                from candidates semi join wanted using (_folded) group by _folded
            )

            select
                _folded,
                case when records = 1 then any_value(id) end as id,
                case
                    when records > 1 then json_object({several}, min(original))
                    when records is null then json_object({first}, min(original))
                end as why
            from wanted left join counted using (_folded)
            group by _folded, records
        """)

    def _writers(self, parent: Parent) -> list[str]:
        """The syncs that write such parents by the key that is looked for."""
        place = (self.spec.destination, parent.object)
        return [
            one.name
            for one in self.others
            if (one.destination, one.object) == place
            and one.identify_by.field == parent.by
            and len(one.identify_by.names) == 1
        ]

    def _land(self, stream: Stream | None, parent: Parent) -> None:
        """Make `landed`: of every record that was read its id, its value, whether it is gone."""
        self.session.execute(
            "create or replace temp table landed (id varchar, _folded varchar, is_deleted boolean)"
        )
        source = self._source
        if source is None or stream is None or not _is_landed(self.session, source, stream):
            return
        steps = "".join(f'."{step}"' for step in parent.by.split("."))
        value = f"json_extract_string(payload, {literal(source.fields_at + steps)})"
        self.session.execute(f"""
            insert into landed
            select _key, latest.folded, latest.is_deleted
            from (
                select
                    _key,
                    arg_max(
                        {{'folded': {_folded(value)}, 'is_deleted': _deleted}}, {VERSION_ORDER}
                    ) as latest
                from raw_{source.name}.{quoted(stream.name)}
                group by _key
            )
        """)

    def _add_made(self, writers: list[str]) -> None:
        """Make `made`: what a tool has acknowledged to hold under the values looked for."""
        keys = [row["original"] for row in self.session.rows("select original from wanted")]
        pairs = ids_of(self.state, writers, keys) if writers else ()
        self._keep("made", [(key, its_id) for key, its_id in pairs])

    def _keep(self, table: str, pairs: Sequence[tuple[str, str]]) -> None:
        columns = {"key": [key for key, _ in pairs], "id": [its_id for _, its_id in pairs]}
        with self.session.table("pairs", columns, {"key": "text", "id": "text"}):
            self.session.execute(
                f"create or replace temp table {table} as"
                f" select {_folded('key')} as _folded, id from pairs"
            )


def _is_landed(session: Session, source: Source, stream: Stream) -> bool:
    return bool(
        session.value(
            "select count(*) from duckdb_tables() where schema_name = $schema"
            " and table_name = $name and database_name = current_database()",
            {"schema": f"raw_{source.name}", "name": stream.name},
        )
    )


def _told(parent: Parent, kind: str, value: str) -> str:
    return f"{parent.object} has {kind.replace('_', ' ')} {parent.by} {value!r}"


def _why(number: int) -> str:
    return f"_why_{number}"


def _folded(text: str) -> str:
    return f"lower(trim({text}))"
