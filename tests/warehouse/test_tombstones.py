"""Whoever was erased does not come back, and no address says who that is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from warehouse.connection import Warehouse
from warehouse.errors import Misconfigured
from warehouse.landing import RawStream, Reject, Segment, Version
from warehouse.state import StateStore
from warehouse.tombstones import Tombstones, email, hashed_email, person, record

AT = datetime(2026, 11, 28, 9, tzinfo=UTC)
KEY = SecretStr("0123456789abcdef" * 4)
TARO = "taro.yamada@aoba.example"


@pytest.fixture
def state(tmp_path: Path) -> Iterator[StateStore]:
    store = StateStore(f"sqlite:///{tmp_path / 'state.sqlite'}")
    yield store
    store.close()


@pytest.fixture
def warehouse(tmp_path: Path, state: StateStore) -> Warehouse:
    made = Warehouse(tmp_path / "warehouse.duckdb", wait_seconds=5)
    made.erased = Tombstones(state, KEY).kept
    return made


def land(
    warehouse: Warehouse, stream: str, *records: dict[str, object], rejects: tuple[Reject, ...] = ()
) -> list[dict[str, object]]:
    """The payloads of a HubSpot stream after these records were landed."""
    raw = RawStream(warehouse, "hubspot", stream)
    raw.position()
    rows = [Version(str(one["id"]), None, False, json.dumps(one)) for one in records]
    raw.land(Segment.of(rows, rejects), {}, run_id="run", at=AT)
    with warehouse.open("test") as session:
        found = session.rows(f"select payload::varchar as payload from {raw.table} order by _key")
    return [json.loads(row["payload"]) for row in found]


def test_a_record_of_an_erased_person_is_not_landed_and_counts_as_left_out(
    warehouse: Warehouse, state: StateStore
) -> None:
    tombs = Tombstones(state, KEY)
    tombs.add([email(TARO), record("hubspot", "contacts", "7")], "era_1", AT)
    landed = land(
        warehouse,
        "contacts",
        {"id": 7, "name": "Taro"},
        {"id": 8, "email": TARO.upper()},
        {"id": 9, "email": "x" + TARO},
        {"id": 10, "email": "hana@aoba.example", "assistant": TARO},
    )
    assert {one["id"]: one.get("assistant") for one in landed} == {9: None, 10: "[erased]"}
    raw = RawStream(warehouse, "hubspot", "contacts")
    assert raw.refusals().keys == {"7", "8"}
    with warehouse.open("test") as session:
        held = session.rows("select * from raw_hubspot._rejected")
    assert TARO not in str(held).lower()


def test_what_tells_of_an_erased_person_in_another_record_is_masked(
    warehouse: Warehouse, state: StateStore
) -> None:
    Tombstones(state, KEY).add([email(TARO)], "era_1", AT)
    body = f"Write to\n{TARO}, or to a.{TARO}."
    said = {"id": 1, "body": body, "to": [TARO, "hana@aoba.example"]}
    (landed,) = land(warehouse, "emails", said)
    assert landed["body"] == f"Write to\n[erased], or to a.{TARO}."
    assert landed["to"] == ["[erased]", "hana@aoba.example"]


def test_a_record_that_broke_its_contract_is_not_kept_of_an_erased_person(
    warehouse: Warehouse, state: StateStore
) -> None:
    Tombstones(state, KEY).add([email(TARO)], "era_1", AT)
    bad = Reject("5", "no name", json.dumps({"id": 5, "email": TARO}))
    land(warehouse, "contacts", rejects=(bad, Reject("6", "no name", '{"id": 6}')))
    with warehouse.open("test") as session:
        kept = session.rows(
            "select _key, payload::varchar as p from raw_hubspot._rejected order by 1"
        )
    assert kept == [{"_key": "5", "p": "null"}, {"_key": "6", "p": '{"id": 6}'}]


def test_sql_and_python_hash_alike_and_no_address_is_kept(state: StateStore) -> None:
    tombs = Tombstones(state, KEY)
    assert tombs.add([email(TARO), hashed_email("AB12"), person("per_1")], "era_1", AT) == 3
    kept = tombs.kept()
    assert kept.knows_text(f"mail: {TARO.title()}.")
    assert kept.knows_text("ab12")
    assert not kept.knows_text(f"x{TARO}")
    assert TARO not in str(kept.digests)
    tombs.add([email("hana@aoba.example")], "era_2", AT)
    assert tombs.lift([email(TARO)]) == 3
    assert not tombs.kept().knows_text(TARO)
    assert tombs.kept().knows_text("hana@aoba.example")


def test_tombstones_without_their_key_stop_the_landing(
    warehouse: Warehouse, state: StateStore
) -> None:
    Tombstones(state, KEY).add([email(TARO)], "era_1", AT)
    warehouse.erased = Tombstones(state, None).kept
    with pytest.raises(Misconfigured, match="REVOPS_ERASURE__KEY"):
        land(warehouse, "contacts", {"id": 8, "email": TARO})
