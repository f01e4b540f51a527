import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.orchestration.conftest import FinishedDemo, environment
from tests.orchestration.test_run import assert_clean, judged, synced
from warehouse.published import Published
from warehouse.settings import PROJECT_ROOT


@pytest.mark.slow
def test_the_demo_goes_through_two_days_and_keeps_no_secret(finished_demo: FinishedDemo) -> None:
    home, said = finished_demo.home, finished_demo.said
    assert said.code == 0, said.err
    assert_went_well(said.document)
    manifest = json.loads((home / "company" / "manifest.json").read_text(encoding="utf-8"))
    secrets = {
        value
        for credentials in manifest["credentials"].values()
        for name, value in credentials.items()
        if "token" in name or "secret" in name
    }
    kept = [
        path
        for path in home.rglob("*")
        if path.is_file() and (home / "company") not in path.parents
    ]
    assert len(secrets) >= 3
    # The second day's build is Dagster's.
    assert [one.number for one in Published(home / "published").copies()] == [2, 1]
    assert_clean(kept, secrets)
    assert_rows_are_told(home)
    assert not any(secret in said.out + said.err for secret in secrets)


def assert_rows_are_told(home: Path) -> None:
    """Dagster shows of every table that was built how many rows it has."""
    import dagster as dg

    with Published(home / "published").open() as session:
        held = session.rows("select schema_name, table_name, estimated_size from duckdb_tables()")
    rows = {(one["schema_name"], one["table_name"]): one["estimated_size"] for one in held}
    at = {"REVOPS_HOME": str(home), "DAGSTER_HOME": str(PROJECT_ROOT)}
    with environment(at, home), dg.DagsterInstance.get() as instance:
        told = {
            place: event.asset_materialization.metadata["dagster/row_count"].value
            for place in rows
            if place[0] in {"marts", "activation"}
            and (event := instance.get_latest_materialization_event(dg.AssetKey(place)))
            and event.asset_materialization
        }
    assert len(told) > 20
    assert told == {place: rows[place] for place in told}


def assert_went_well(document: Any) -> None:
    first, second = document["days"]
    assert document["passed"]["deleted"] == 5
    assert judged(first) == "pass"
    assert judged(second) == "quarantine"
    assert second["extract"]["echoes"]
    assert synced(second)["plan"]["withheld"]
    assert 0 < len(synced(second)["plan"]["changes"]) < 20
    for day in (first, second):
        assert set(synced(day)["delivery"]["outcomes"]) == {"acknowledged"}
        assert day["measured"]["metrics"] > 150
        assert Decimal(day["measured"]["headlines"]["mrr_closing"]["value"]) > 0
        assert Decimal(day["measured"]["headlines"]["nrr"]["value"]) > 0
        for found in day["unified"]["quality"].values():
            assert found["precision"] > 0.9
            assert 0.9 < found["best_f1"] <= 1
