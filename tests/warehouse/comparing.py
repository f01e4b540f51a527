"""Says in what two warehouses differ: by table, key and column, null for null."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from warehouse.connection import Row, Session, quoted

_COLUMNS = """
    select
        schema_name || '.' || table_name as place,
        list(column_name order by column_index) as names
    from duckdb_columns()
    where database_name = $database and schema_name in (select unnest($schemas))
    group by all
"""


def differences(
    session: Session,
    left: str,
    right: str,
    schemas: Sequence[str],
    *,
    apart: Collection[str] = (),
) -> tuple[int, list[str]]:
    """How many tables and views were compared, and what differs in the catalogs `left` and `right`.

    Rows are compared as sets with their number, set-wise. Of a table that differs, one row is told:
    its first column is taken for the key. `apart`: columns that tell of the build itself.
    """
    mine, others = (
        {
            one["place"]: one["names"]
            for one in session.rows(_COLUMNS, {"database": name, "schemas": list(schemas)})
        }
        for name in (left, right)
    )
    told = [f"{place}: only in one of them" for place in sorted(mine.keys() ^ others.keys())]
    both = sorted(mine.keys() & others.keys())
    for place in both:
        if mine[place] != others[place]:
            told.append(f"{place}: columns {sorted(set(mine[place]) ^ set(others[place]))}")
            continue
        columns = [quoted(name) for name in mine[place] if name not in apart]
        told += _of_table(session, left, right, place, columns)
    return len(both), told


def _of_table(
    session: Session, left: str, right: str, place: str, columns: Sequence[str]
) -> list[str]:
    schema, _, table = place.partition(".")
    name = f"{quoted(schema)}.{quoted(table)}"
    sides = [f"select {', '.join(columns)} from {side}.{name}" for side in (left, right)]
    told: list[str] = []
    for one, other in (sides, sides[::-1]):
        only = f"({one}) except all ({other})"
        count = session.value(f"select count(*) from ({only})")
        if count:
            (row,) = session.rows(f"select * from ({only}) order by all limit 1")
            key = columns[0]
            twins = session.rows(
                f"select * from ({other}) where {key} is not distinct from $key limit 1",
                {"key": row[next(iter(row))]},
            )
            side = left if one is sides[0] else right
            told.append(f"{place}: {count} rows only in {side}; {_told(row, twins)}")
    return told


def _told(row: Row, twins: list[Row]) -> str:
    key = next(iter(row))
    if not twins:
        return f"{key} {row[key]!r} is not in the other"
    apart = {name: (row[name], twins[0][name]) for name in row if row[name] != twins[0][name]}
    return f"{key} {row[key]!r}: {apart or 'more often'}"
