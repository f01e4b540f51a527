"""Derives tables from tables, at first of all keys and later of the keys that were touched alone.

A step is a query whose rows depend, key by key, on rows of the tables before it. A run that finds
the tables of an earlier one collects in `touched_*` the keys whose rows may differ now, derives
those again, and hands on the keys of what came out different. So a later run gives what a first
one would, as long as every step touches all keys that it may change.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from identity.tables import exists, make_table
from warehouse.connection import Session

# Sets of keys that queries of other steps name, whether or not anything is in them.
TOUCHED = (
    "unused",
    *("changed_person", "changed_company", "mailbox", "number", "link", "node", "moved_node"),
    *("placing", "moved_mailbox", "moved_number", "moved_person", "words", "desk", "owned"),
    *("keyed", "value", "linked", "component", "member", "regrouped", "party", "host", "block"),
    *("counted", "shared", "pair", "concluded_party", "concluded", "concluded_cluster"),
    *("named_party", "supported_party", "placed_party", "shown_party", "spelled_party"),
    *("placed_cluster", "levelled_party", "part"),
)


@dataclass
class Steps:
    """One run over the tables of the schema `work`; `is_first` derives everything."""

    session: Session
    work: str
    is_first: bool
    _touched: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        for name in () if self.is_first else TOUCHED:
            self._known(name)

    def execute(self, sql: str, **values: object) -> None:
        self.session.execute(sql.format(work=self.work, **values))

    def make(self, table: str, query: str, **values: object) -> None:
        """Make a table of the schema, in whose place there may be an older one."""
        make_table(self.session, f"{self.work}.{table}", query.format(work=self.work, **values))

    def arrow(self, sql: str, **values: object) -> Any:
        return self.session.arrow(sql.format(work=self.work, **values))

    def scope(self, column: str, touched: str) -> str:
        """SQL: the condition, after others, that a row's key was touched; empty in a first run."""
        return "" if self.is_first else f"and {column} in (from touched_{touched})"

    def touch(self, touched: str, query: str) -> None:
        """Add the keys that a query of one column gives; nulls are no keys."""
        if self.is_first:
            return
        self._known(touched)
        self.execute(
            f"insert into touched_{touched} select distinct key from ({query}) as q(key) "
            f"where key is not null and key not in (from touched_{touched})"
        )

    def any_touched(self, touched: str) -> bool:
        counted = f"select count(*) from touched_{touched}"
        return not self.is_first and bool(self.session.value(counted))

    def _known(self, touched: str) -> None:
        if touched not in self._touched:
            self.execute(f"create or replace temp table touched_{touched} (key varchar)")
            self._touched.add(touched)

    def derive(
        self,
        table: str,
        query: str,
        key: str,
        touched: str,
        *,
        column: str | None = None,
        changed: Mapping[str, str] | None = None,
        every: Mapping[str, str] | None = None,
        values: Mapping[str, object] | None = None,
    ) -> None:
        """Derive a table, or its rows whose `key` was touched.

        Args:
            table: its name within the schema.
            query: SQL with `{scope}` behind a `where`, and with `values`.
            key: the column of the table by which its rows are derived.
            touched: the set of keys to derive again.
            column: what the key is called where the query's `{scope}` stands.
            changed: per further set of keys the column that gives a key of it, for every row that
                was not there before or is no longer.
            every: the same for every row of the keys, before and now, changed or not.
            values: what else stands in braces.
        """
        filled = {"scope": self.scope(column or key, touched), **(values or {})}
        if self.is_first:
            self.make(table, query, **filled)
            return
        self._known(touched)
        self.execute(f"create or replace temp table derived as {query}", **filled)
        # Deleted by their places, which are read at no cost, the key is looked for once.
        columns = "rowid as place, *" if changed or every else "rowid as place"
        self.execute(
            f"create or replace temp table earlier as select {columns} "
            f"from {{work}}.{table} where {key} in (from touched_{touched})"
        )
        self.execute(f"delete from {{work}}.{table} where rowid in (select place from earlier)")
        self._touch_differing("derived", changed)
        for further, keys in (every or {}).items():
            both = "select * exclude (place) from earlier union all by name from derived"
            self.touch(further, f"select {keys} from ({both})")
        self.execute(f"insert into {{work}}.{table} by name from derived")

    def _touch_differing(self, now: str, keys: Mapping[str, str] | None) -> None:
        """Touch keys of the rows that either `earlier` or the table of `now` has more often."""
        if not keys:
            return
        self.execute(f"""
            create or replace temp table differing as
            select * exclude (side)
            from (
                select *, 1 as side from {now}
                union all by name
                select * exclude (place), -1 as side from earlier
            )
            group by all
            having sum(side) != 0
        """)
        for further, key in keys.items():
            self.touch(further, f"select {key} from differing")

    def replace(
        self,
        table: str,
        query: str,
        *,
        changed: Mapping[str, str] | None = None,
        values: Mapping[str, object] | None = None,
    ) -> None:
        """Derive a small table in full, and touch keys of what differs from an earlier run."""
        if not self.is_first and changed:
            self.execute(
                "create or replace temp table earlier as "
                f"select rowid as place, * from {{work}}.{table}"
            )
        self.make(table, query, **(values or {}))
        if not self.is_first:
            self._touch_differing(f"{{work}}.{table}", changed)


def is_first(session: Session, work: str) -> bool:
    """Whether no run of this schema came to its end."""
    return not exists(session, work, "finished")
