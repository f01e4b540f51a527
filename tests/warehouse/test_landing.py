from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.connection import Session, Warehouse, WarehouseError
from warehouse.landing import Landed, RawStream, Reject, Segment, Version
from warehouse.version_log import REMEMBERED

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(tmp_path / "warehouse.duckdb", wait_seconds=5)


@pytest.fixture
def raw(warehouse: Warehouse) -> RawStream:
    return ready(warehouse)


def ready(warehouse: Warehouse) -> RawStream:
    stream = RawStream(warehouse, "acme", "things")
    assert stream.cursor() is None
    return stream


def version(key: str = "1", cursor: str | None = "a", payload: str | None = None) -> Version:
    return Version(key, cursor, deleted=False, payload=payload or f'{{"id":"{key}"}}')


def rows(warehouse: Warehouse, sql: str) -> list[dict[str, Any]]:
    with warehouse.open("a test") as session:
        return session.rows(sql)


def log(warehouse: Warehouse) -> list[dict[str, Any]]:
    return rows(warehouse, "from raw_acme.things order by _key, _cursor, payload::varchar")


def test_records_and_their_cursor_are_there_together(warehouse: Warehouse, raw: RawStream) -> None:
    landed = raw.land(Segment.of([version("1"), version("2")]), {"since": "x"}, run_id="r", at=AT)
    assert landed == Landed(versions=2)
    assert raw.cursor() == {"since": "x"}
    assert log(warehouse)[0] == {
        "_key": "1",
        "_cursor": "a",
        "_extracted_at": AT,
        "_run_id": "r",
        "_deleted": False,
        "payload": '{"id":"1"}',
    }


@pytest.mark.parametrize("is_moved", [False, True])
def test_a_failure_between_records_and_cursor_leaves_neither(
    warehouse: Warehouse, raw: RawStream, monkeypatch: pytest.MonkeyPatch, *, is_moved: bool
) -> None:
    raw.land(Segment.of([version("1")]), {"page": 1}, run_id="r", at=AT)
    execute = Session.execute

    def failing(self: Session, sql: str, parameters: Any = None) -> None:
        if "_cursors set cursor" in sql:
            if is_moved:
                execute(self, sql, parameters)
            raise RuntimeError("the machine went away")
        execute(self, sql, parameters)

    with monkeypatch.context() as broken:
        broken.setattr(Session, "execute", failing)
        with pytest.raises(RuntimeError, match="went away"):
            raw.land(
                Segment.of([version("2")], [Reject("3", "no", "{}")]),
                {"page": 2},
                run_id="s",
                at=AT,
            )
    assert [row["_key"] for row in log(warehouse)] == ["1"]
    assert rows(warehouse, "from raw_acme._rejected") == []
    assert raw.cursor() == {"page": 1}


def test_a_version_landed_twice_is_there_once(warehouse: Warehouse, raw: RawStream) -> None:
    versions = [version("1"), version("1"), version("2")]
    first = raw.land(Segment.of(versions), {"page": 1}, run_id="r", at=AT)
    assert first == Landed(versions=2)
    later = AT + timedelta(hours=1)
    assert raw.land(Segment.of(versions), {"page": 2}, run_id="s", at=later) == Landed()
    assert raw.cursor() == {"page": 2}
    assert [(row["_key"], row["_run_id"]) for row in log(warehouse)] == [("1", "r"), ("2", "r")]


def test_a_version_without_a_cursor_is_known_again(raw: RawStream) -> None:
    versions = [version("1", cursor=None)]
    assert raw.land(Segment.of(versions), {}, run_id="r", at=AT) == Landed(versions=1)
    assert raw.land(Segment.of(versions), {}, run_id="s", at=AT) == Landed()


def test_a_new_payload_under_the_same_cursor_is_a_version_of_its_own(
    warehouse: Warehouse, raw: RawStream
) -> None:
    raw.land(Segment.of([version("1", "a", '{"v":1}')]), {}, run_id="r", at=AT)
    raw.land(Segment.of([version("1", "a", '{"v":2}')]), {}, run_id="s", at=AT)
    assert [row["payload"] for row in log(warehouse)] == ['{"v":1}', '{"v":2}']


def test_a_deletion_is_one_more_version(warehouse: Warehouse, raw: RawStream) -> None:
    raw.land(Segment.of([version("1")]), {}, run_id="r", at=AT)
    gone = Version("1", "a", deleted=True, payload='{"id":"1"}')
    assert raw.land(Segment.of([gone]), {}, run_id="s", at=AT) == Landed(versions=1, deletions=1)
    assert sorted(row["_deleted"] for row in log(warehouse)) == [False, True]


def test_rejects_are_kept_with_their_reason_and_stay_out_of_the_stream(
    warehouse: Warehouse, raw: RawStream
) -> None:
    reject = Reject("9", "amount: not a number", '{"id":"9", "amount":"倍"}')
    nameless = Reject(None, "id: Field required", '{"x":1}')
    landed = raw.land(Segment.of([version("1")], [reject, nameless]), {}, run_id="r", at=AT)
    assert landed == Landed(versions=1, rejects=2)
    assert [row["_key"] for row in log(warehouse)] == ["1"]
    assert rows(warehouse, "from raw_acme._rejected order by _key nulls last") == [
        {
            "_key": "9",
            "stream": "things",
            "reason": "amount: not a number",
            "_extracted_at": AT,
            "_run_id": "r",
            "payload": '{"id":"9", "amount":"倍"}',
        },
        {
            "_key": None,
            "stream": "things",
            "reason": "id: Field required",
            "_extracted_at": AT,
            "_run_id": "r",
            "payload": '{"x":1}',
        },
    ]


def test_a_reject_landed_twice_is_there_once(warehouse: Warehouse, raw: RawStream) -> None:
    reject = Reject("9", "amount: not a number", '{"id":"9"}')
    assert raw.land(Segment.of([], [reject, reject]), {}, run_id="r", at=AT) == Landed(rejects=1)
    assert raw.land(Segment.of([], [reject]), {}, run_id="s", at=AT) == Landed()
    assert len(rows(warehouse, "from raw_acme._rejected")) == 1


def test_the_same_reject_of_two_streams_is_kept_for_each(warehouse: Warehouse) -> None:
    for stream in ("things", "people"):
        raw = RawStream(warehouse, "acme", stream)
        raw.cursor()
        raw.land(Segment.of([], [Reject("9", "no", "{}")]), {}, run_id="r", at=AT)
    found = rows(warehouse, "select stream from raw_acme._rejected order by stream")
    assert [row["stream"] for row in found] == ["people", "things"]


@pytest.mark.parametrize(
    "payload",
    [
        '{"id":"1","name":"株式会社サンプル 東京支店"}',
        '{ "id" :\t"1",\n  "name":"odd   spacing" }',
        '{"id":"1","name":"\\u682a\\u5f0f \\/ \\"quoted\\""}',
        '{"id":"1","b":1.50,"a":1e3,"b":null}',
        '{"id":"1","emoji":"🏢","halfwidth":"ｶﾌﾞｼｷ","nfd":"か\u3099"}',
        '{"id":"1","zero":"\\u0000","big":123456789012345678901234567890}',
    ],
)
def test_a_payload_is_kept_byte_for_byte(
    warehouse: Warehouse, raw: RawStream, payload: str
) -> None:
    raw.land(Segment.of([version("1", "a", payload)]), {}, run_id="r", at=AT)
    (row,) = log(warehouse)
    assert row["payload"].encode() == payload.encode()
    assert raw.land(Segment.of([version("1", "a", payload)]), {}, run_id="s", at=AT) == Landed()


def test_a_first_reading_of_many_is_landed_whole_and_once(
    warehouse: Warehouse, raw: RawStream
) -> None:
    def payload(number: int) -> str:
        # From a few bytes to more than a block of the file, in letters of one to four bytes.
        size = 400_000 if number in {7, 20_001} else number % 97
        return json.dumps({"id": number, "text": "aé株𠮟"[number % 4] * size}, ensure_ascii=False)

    many = [
        Version(f"{number}", f"{number % 5}", deleted=number % 10 == 0, payload=payload(number))
        for number in range(REMEMBERED + 15_000)
    ]
    landed = raw.land(Segment.of(many), {"page": 1}, run_id="r", at=AT)
    assert landed == Landed(versions=25_000, deletions=2_500)
    assert raw.position().live == 22_500
    found = rows(warehouse, "select _key, _cursor, _deleted, payload from raw_acme.things")
    assert found == [
        {"_key": one.key, "_cursor": one.cursor, "_deleted": one.deleted, "payload": one.payload}
        for one in many
    ]
    assert raw.land(Segment.of(many), {"page": 1}, run_id="r2", at=AT) == Landed()
    restored = replace(many[0], deleted=False)
    assert raw.land(Segment.of([restored, *many]), {}, run_id="r3", at=AT) == Landed(versions=1)
    assert raw.position().live == 22_501


def test_a_cursor_may_hold_any_text(raw: RawStream) -> None:
    raw.land(Segment(), {"after": "つぎ'\"", "n": 3, "none": None}, run_id="r", at=AT)
    assert raw.cursor() == {"after": "つぎ'\"", "n": 3, "none": None}


def test_forgetting_the_cursor_keeps_what_is_landed(warehouse: Warehouse, raw: RawStream) -> None:
    raw.land(Segment.of([version("1")]), {"page": 1}, run_id="r", at=AT)
    raw.forget_cursor()
    assert raw.cursor() is None
    assert raw.land(Segment.of([version("1")]), {"page": 1}, run_id="s", at=AT) == Landed()
    assert len(log(warehouse)) == 1


@pytest.mark.parametrize("name", ["Things", "raw things", "", "1st", 'x"; drop table y; --'])
def test_a_stream_with_a_name_that_sql_could_mistake_is_refused(
    warehouse: Warehouse, name: str
) -> None:
    with pytest.raises(ValueError, match="not a name"):
        RawStream(warehouse, "acme", name)


def test_a_refused_statement_names_what_it_was_for(warehouse: Warehouse, raw: RawStream) -> None:
    with pytest.raises(WarehouseError, match=r"`landing acme\.things`"):
        raw.land(Segment([None], ["a"], [False], [b"{}"]), {"page": 2}, run_id="r", at=AT)  # type: ignore[list-item]
    assert log(warehouse) == []
    assert raw.cursor() is None


def test_instants_are_read_in_utc_whatever_the_zone_of_the_machine(
    warehouse: Warehouse, raw: RawStream, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw.land(Segment.of([version("1")]), {}, run_id="r", at=AT)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    assert rows(warehouse, "select _extracted_at::varchar as at from raw_acme.things") == [
        {"at": "2026-11-20 09:00:00+00"}
    ]


def test_the_file_is_free_between_two_landings(warehouse: Warehouse, raw: RawStream) -> None:
    raw.land(Segment.of([version("1")]), {}, run_id="r", at=AT)
    with duckdb.connect(str(warehouse.path), read_only=True) as shell:
        assert shell.execute("select count(*) from raw_acme.things").fetchone() == (1,)


def test_a_record_restored_without_a_new_stamp_is_a_version_again(
    warehouse: Warehouse, raw: RawStream
) -> None:
    gone = Version("1", "a", deleted=True, payload='{"id":"1"}')
    for hour, one in enumerate([version("1"), gone, version("1"), version("1")]):
        raw.land(Segment.of([one]), {}, run_id=f"r{hour}", at=AT + timedelta(hours=hour))
    found = rows(warehouse, "select _deleted from raw_acme.things order by _extracted_at")
    assert [row["_deleted"] for row in found] == [False, True, False]


def test_an_old_version_seen_again_behind_a_newer_one_is_a_repeat(raw: RawStream) -> None:
    for hour, (cursor, new) in enumerate([("a", 1), ("b", 1), ("a", 0), ("b", 0)]):
        segment = Segment.of([version("1", cursor)])
        landed = raw.land(segment, {}, run_id=f"r{hour}", at=AT + timedelta(hours=hour))
        assert landed == Landed(versions=new)


# A vendor's life: some keys change, or some keys are read, in pages of any overlap.
_KEYS = st.lists(st.sampled_from(["1", "2", "東"]), unique=True, min_size=1)
_STEPS = st.lists(
    st.tuples(st.sampled_from(["change", "delete", "restore", "read", "read"]), _KEYS), max_size=16
)


@given(steps=_STEPS)
@settings(max_examples=10, deadline=None)
def test_however_pages_and_runs_repeat_each_version_is_there_once(
    steps: list[tuple[str, list[str]]],
) -> None:
    now = {key: Version(key, "0", deleted=False, payload=f'{{"id": "{key}"}}') for key in "12東"}
    wanted: list[Version] = []
    counted = 0
    with tempfile.TemporaryDirectory() as place:
        warehouse = Warehouse(Path(place) / "warehouse.duckdb", wait_seconds=5)
        raw = ready(warehouse)
        # An open connection makes the next ones in the same process cheap.
        with warehouse.open("a test"):
            for number, (action, keys) in enumerate(steps):
                if action == "read":
                    page, at = [now[key] for key in keys], AT + timedelta(minutes=number)
                    counted += raw.land(Segment.of(page), {}, run_id=f"r{number}", at=at).versions
                    last = {version.key: version for version in wanted}
                    wanted += [version for version in page if last.get(version.key) != version]
                for key in keys:
                    now[key] = after(now[key], action, number)
        order = "_extracted_at, _key"
        found = rows(warehouse, f"from raw_acme.things order by {order}")
    landed = [Version(r["_key"], r["_cursor"], r["_deleted"], r["payload"]) for r in found]
    assert counted == len(landed)
    for key in now:
        assert [v for v in landed if v.key == key] == [v for v in wanted if v.key == key]


def after(version: Version, action: str, number: int) -> Version:
    """What the vendor holds after a step; deleting and restoring move no stamp, changing does."""
    if action == "change":
        payload = f'{{"id": "{version.key}", "step":{number}}}'
        return replace(version, cursor=f"{number + 1:02}", payload=payload)
    return replace(version, deleted={"delete": True, "restore": False}.get(action, version.deleted))
