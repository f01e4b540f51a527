"""What a lake's Parquet has no type for is kept whole there all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from warehouse.connection import Warehouse
from warehouse.lake import Lake

pytest.importorskip("duckdb_extension_ducklake", reason="the extra [lake] is not installed")


def test_parquet_keeps_what_is_kept_whole(tmp_path: Path) -> None:
    """The type that the macro `kept_whole` gives; a HUGEINT would come back as another number."""
    lake = Lake(f"sqlite:///{tmp_path}/lake.sqlite", tmp_path / "data")
    number = 2**53 + 1
    with Warehouse(tmp_path, lake=lake).open("a test") as session:
        session.execute(
            f"create table main.sums as select {number}::decimal(38, 0) as whole,"
            f" {number}::hugeint as wide from range(1000)"
        )
        assert session.value("select distinct whole::hugeint from main.sums") == number
        assert session.value("select distinct wide from main.sums") != number
