"""A comparison that finds nothing has to be one that would."""

from __future__ import annotations

from pathlib import Path

from tests.warehouse.comparing import differences
from warehouse.connection import Warehouse


def test_it_names_table_key_and_column(tmp_path: Path) -> None:
    with Warehouse(tmp_path / "a.duckdb").open("a test") as session:
        session.execute(f"attach '{tmp_path}/b.duckdb' as other")
        for place in ("warehouse", "other"):
            session.execute(f"create schema {place}.marts")
            same = "select * from (values (1, null), (2, 'b')) as t (k, v)"
            session.execute(f"create table {place}.marts.same as {same}")
            value = "null" if place == "other" else "0"
            session.execute(f"create table {place}.marts.apart as select 7 as k, {value}::int as v")
        session.execute("create table other.marts.more as select 1 as k")
        compared, found = differences(session, "warehouse", "other", ["marts"])
        unseen = differences(session, "warehouse", "other", ["marts"], apart=["v"])

    assert compared == 2
    assert found == [
        "marts.more: only in one of them",
        "marts.apart: 1 rows only in warehouse; k 7: {'v': (0, None)}",
        "marts.apart: 1 rows only in other; k 7: {'v': (None, 0)}",
    ]
    assert unseen == (2, ["marts.more: only in one of them"])
