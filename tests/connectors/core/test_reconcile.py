"""Nothing is lost without a word: counts, ids and fields are compared with the source."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self

import msgspec
import pytest

from connectors.core.extract import StreamResult, extract_source
from connectors.core.settings import SourceSettings
from connectors.core.source import Page, Reading, Record, Source, Stream, Tool
from warehouse.clock import FixedClock, new_run_id
from warehouse.connection import Warehouse, WarehouseError
from warehouse.errors import Unavailable
from warehouse.landing import Landed, RawStream
from warehouse.settings import HttpSettings

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
DAY = timedelta(days=1)


class Thing(Record):
    id: str
    colour: str | None = None
    is_gone: bool = False

    def record_key(self) -> str:
        return self.id

    def record_cursor(self) -> None:
        return None

    def record_deleted(self) -> bool:
        return self.is_gone


@dataclass
class Shop:
    """A tool whose records a test holds; `hidden` are those that no page shows."""

    things: dict[str, dict[str, Any]] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    asked: int = 0
    is_on_loopback: bool = True

    def redact(self, text: str) -> str:
        return text

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is held."""

    def stock(self, *keys: int, **fields: Any) -> None:
        for key in keys:
            self.things[str(key)] = {"id": str(key), "colour": "red"} | fields

    def read(self, _: Reading) -> Iterator[Page]:
        self.asked += 1
        shown = [one for key, one in self.things.items() if key not in self.hidden]
        yield Page([msgspec.Raw(json.dumps(one).encode()) for one in shown], {"read": self.asked})

    def count(self, _: Tool) -> int:
        return sum(not one.get("is_gone") for one in self.things.values())

    def ids(self, _: Reading) -> Iterator[list[str]]:
        self.asked += 1
        yield [key for key, one in self.things.items() if not one.get("is_gone")]


class ShopSource(Source):
    def open(self, http: HttpSettings, clock: Any) -> Tool:
        raise NotImplementedError


Run = Callable[..., StreamResult]


@pytest.fixture
def warehouse(tmp_path: Path) -> Iterator[Warehouse]:
    warehouse = Warehouse(tmp_path / "warehouse.duckdb", wait_seconds=5)
    with warehouse.open("a test"):
        yield warehouse


@pytest.fixture
def shop() -> Shop:
    shop = Shop()
    shop.stock(*range(30))
    return shop


@pytest.fixture
def run(warehouse: Warehouse, shop: Shop) -> Run:
    """Read the shop's one stream; `at` is the day of the run."""

    def run(
        at: datetime = AT,
        *,
        compare_ids: bool = False,
        full_refresh: bool = False,
        **changes: Any,
    ) -> StreamResult:
        stream = replace(Stream("things", Thing, shop.read, "Things."), **changes)
        source = ShopSource(
            name="shop", title="Shop", settings=SourceSettings, scopes="", streams=(stream,)
        )
        (result,) = extract_source(
            source,
            shop,
            warehouse,
            FixedClock(at),
            run_id=new_run_id(),
            compare_ids=compare_ids,
            full_refresh=full_refresh,
        )
        return result

    return run


def rows(warehouse: Warehouse, sql: str) -> list[dict[str, Any]]:
    with warehouse.open("a test") as session:
        return session.rows(sql)


def deleted(warehouse: Warehouse) -> list[str]:
    found = rows(warehouse, "from raw_shop.things where _deleted order by _key")
    return [row["_key"] for row in found]


# -- counts ----------------------------------------------------------------------------------


def test_what_is_whole_agrees_and_is_noted(run: Run, shop: Shop, warehouse: Warehouse) -> None:
    result = run(count=shop.count)
    assert (result.verdict, result.counted) == ("agrees", 30)
    (noted,) = rows(warehouse, "from ops.reconciliation")
    assert noted["verdict"] == "agrees"
    assert (noted["counted"], noted["live"], noted["landed"], noted["rejected"]) == (30, 30, 30, 0)


def test_a_record_that_no_page_shows_is_missed(run: Run, shop: Shop, warehouse: Warehouse) -> None:
    shop.hidden = {"7"}
    result = run(count=shop.count)
    assert (result.status, result.verdict) == ("done", "missing")
    assert result.notices == ["1 records at the source are not landed"]
    assert rows(warehouse, "select verdict, detail from ops.reconciliation") == [
        {"verdict": "missing", "detail": "1 records at the source are not landed"}
    ]


def test_a_record_that_vanished_without_a_word_is_a_surplus(run: Run, shop: Shop) -> None:
    run(count=shop.count)
    del shop.things["3"]
    assert run(count=shop.count).verdict == "surplus"


def test_a_refused_record_is_not_a_lost_one(run: Run, shop: Shop) -> None:
    shop.stock(99, colour=["not", "a", "colour"])
    result = run(count=shop.count)
    assert (result.landed.rejects, result.verdict) == (1, "agrees")
    shop.stock(99)
    assert run(count=shop.count).verdict == "agrees"


def test_what_came_while_it_was_read_is_no_loss(run: Run, shop: Shop) -> None:
    counts = iter([30, 31])
    assert run(count=lambda _: next(counts)).verdict == "agrees"


def test_live_records_are_counted_through_deletion_and_return(run: Run, shop: Shop) -> None:
    for number, is_gone in enumerate((False, True, True, False)):
        shop.stock(5, is_gone=is_gone, number=number)
        assert run(AT + number * DAY, count=shop.count).verdict == "agrees"


def test_a_reading_that_stopped_is_incomplete(run: Run, shop: Shop, warehouse: Warehouse) -> None:
    def read(reading: Reading) -> Iterator[Page]:
        yield from shop.read(reading)
        raise Unavailable("the shop closed")

    assert run(read=read).status == "failed"
    (noted,) = rows(warehouse, "from ops.reconciliation")
    assert (noted["verdict"], noted["live"]) == ("incomplete", 30)


# -- ids and snapshots -----------------------------------------------------------------------


def test_ids_that_are_gone_are_landed_as_deleted_when_the_counts_disagree(
    run: Run, shop: Shop, warehouse: Warehouse
) -> None:
    run(count=shop.count, ids=shop.ids)
    del shop.things["3"]
    result = run(count=shop.count, ids=shop.ids)
    assert (result.verdict, result.landed.deletions, deleted(warehouse)) == ("agrees", 1, ["3"])
    assert run(count=shop.count, ids=shop.ids).landed.deletions == 0


def test_a_loss_and_a_surplus_that_cancel_out_are_found_by_the_weekly_sweep(
    run: Run, shop: Shop, warehouse: Warehouse
) -> None:
    run(count=shop.count, ids=shop.ids)
    del shop.things["3"]
    shop.stock(100)
    shop.hidden = {"100"}
    assert run(AT + DAY, count=shop.count, ids=shop.ids).verdict == "agrees"
    result = run(AT + 8 * DAY, count=shop.count, ids=shop.ids)
    assert result.verdict == "missing"
    assert "1 of 30 ids are not landed: 100" in result.notices
    assert deleted(warehouse) == ["3"]


def test_the_sweep_can_be_asked_for(run: Run, shop: Shop, warehouse: Warehouse) -> None:
    run(ids=shop.ids)
    del shop.things["3"]
    assert run(AT + DAY, ids=shop.ids).landed.deletions == 0
    assert run(AT + DAY, ids=shop.ids, compare_ids=True).landed.deletions == 1
    assert deleted(warehouse) == ["3"]


def test_what_a_whole_snapshot_does_not_show_is_deleted_and_comes_back(
    run: Run, shop: Shop, warehouse: Warehouse
) -> None:
    run(is_snapshot=True)
    kept = shop.things.pop("3")
    assert run(AT + DAY, is_snapshot=True).landed.deletions == 1
    shop.things["3"] = kept
    assert run(AT + 2 * DAY, is_snapshot=True).landed.versions == 1
    states = rows(warehouse, "from raw_shop.things where _key = '3' order by _extracted_at")
    assert [row["_deleted"] for row in states] == [False, True, False]


def test_a_refused_record_of_a_snapshot_is_there_and_the_others_are_compared(
    run: Run, shop: Shop, warehouse: Warehouse
) -> None:
    run(is_snapshot=True)
    shop.stock(3, colour=7)
    del shop.things["4"]
    for day in (1, 2, 3):
        run(AT + day * DAY, is_snapshot=True)
        assert deleted(warehouse) == ["4"]
    noted = rows(warehouse, "from ops.reconciliation order by checked_at desc limit 1")
    assert noted[0]["rejected"] == 1


def test_a_snapshot_with_a_nameless_record_deletes_nothing_and_says_so(
    run: Run, shop: Shop
) -> None:
    run(is_snapshot=True)
    shop.things["3"] = {"colour": "red"}
    result = run(AT + DAY, is_snapshot=True)
    assert result.landed.deletions == 0
    assert "deletions were not looked for: a record without a key was refused" in result.notices


def test_a_snapshot_of_which_no_page_came_deletes_nothing(run: Run, shop: Shop) -> None:
    run(is_snapshot=True)
    result = run(AT + DAY, is_snapshot=True, read=lambda _: iter(()))
    assert result.landed.deletions == 0
    assert "deletions were not looked for: no page came" in result.notices


def test_a_sweep_that_lists_nothing_deletes_nothing(run: Run, shop: Shop) -> None:
    run(ids=shop.ids)
    result = run(ids=lambda _: iter(()), compare_ids=True)
    assert (result.verdict, result.landed.deletions) == ("incomplete", 0)


def test_a_refused_record_that_is_gone_hides_no_loss(run: Run, shop: Shop) -> None:
    shop.stock(99, colour=7)
    run(count=shop.count, ids=shop.ids)
    del shop.things["99"]
    shop.stock(50)
    shop.hidden = {"50"}
    result = run(AT + DAY, count=shop.count, ids=shop.ids)
    assert result.verdict == "missing"
    assert "1 of 31 ids are not landed: 50" in result.notices


def test_a_full_refresh_of_what_cannot_be_counted_compares_the_ids_when_due(
    run: Run, shop: Shop, warehouse: Warehouse
) -> None:
    run(ids=shop.ids)
    del shop.things["3"]
    run(AT + 8 * DAY, full_refresh=True, ids=shop.ids)
    assert deleted(warehouse) == ["3"]


def test_a_clock_that_was_set_back_puts_nothing_behind_what_is_landed(
    run: Run, shop: Shop, warehouse: Warehouse
) -> None:
    run()
    shop.stock(1, colour="blue")
    run(AT - DAY)
    shop.stock(1, is_gone=True)
    run(AT - 2 * DAY)
    found = rows(warehouse, "from raw_shop.things where _key = '1' order by _extracted_at")
    assert [json.loads(row["payload"])["colour"] for row in found] == ["red", "blue", "red"]
    assert [row["_deleted"] for row in found] == [False, False, True]


def test_two_versions_in_one_segment_keep_their_order(
    run: Run, shop: Shop, warehouse: Warehouse
) -> None:
    def read(_: Reading) -> Iterator[Page]:
        for is_gone in (True, False):
            one = {"id": "1", "colour": "red", "is_gone": is_gone}
            yield Page([msgspec.Raw(json.dumps(one).encode())], {"page": int(is_gone)})

    run(read=read)
    assert rows(warehouse, "select live from raw_shop._cursors") == [{"live": 1}]
    found = rows(warehouse, "from raw_shop.things order by _extracted_at")
    assert [row["_deleted"] for row in found] == [True, False]


def test_a_stream_rests_until_its_time_has_come(run: Run, shop: Shop) -> None:
    assert run(every=DAY).status == "done"
    assert run(AT + DAY / 2, every=DAY).status == "resting"
    assert shop.asked == 1
    assert run(AT + DAY, every=DAY).status == "done"


# -- fields ----------------------------------------------------------------------------------


def test_a_new_field_is_kept_and_told_once(run: Run, shop: Shop, warehouse: Warehouse) -> None:
    run()
    shop.stock(*range(30), size="L")
    result = run(AT + DAY)
    assert result.notices == ["new fields, kept in the payload: size"]
    assert rows(warehouse, "from raw_shop.things where payload ->> 'size' = 'L' limit 1")
    assert run(AT + 2 * DAY).notices == []


def test_a_field_that_staging_needs_and_that_vanished_stops_the_stream(
    run: Run, shop: Shop, warehouse: Warehouse
) -> None:
    for day in range(12):
        shop.stock(0, number=day)
        run(AT + day * DAY)
    before = rows(warehouse, "select count(*) as n from raw_shop.things")
    for thing in shop.things.values():
        del thing["colour"]
    result = run(AT + 20 * DAY)
    assert (result.status, result.exit_code) == ("failed", 2)
    assert "shop.things has changed: colour is gone" in str(result.error)
    assert "stg_shop__things" in str(result.error)
    assert rows(warehouse, "select count(*) as n from raw_shop.things") == before


def test_a_field_that_only_some_records_have_may_be_away(run: Run, shop: Shop) -> None:
    for day in range(12):
        shop.stock(0, number=day)
        del shop.things["29"]["colour"]
        run(AT + day * DAY)
        shop.stock(29)
    shop.things = {"1": {"id": "1", "number": "new"}}
    assert run(AT + 20 * DAY).status == "done"


def test_a_field_of_another_type_throughout_stops_the_stream(
    run: Run, shop: Shop, warehouse: Warehouse
) -> None:
    run()
    shop.stock(*range(30), colour=7)
    result = run(AT + DAY)
    assert (result.status, result.exit_code) == ("failed", 2)
    assert "colour: Input should be a valid string" in str(result.error)
    assert "stg_shop__things" in str(result.error)
    assert rows(warehouse, "from raw_shop._rejected") == []


# -- interruptions ---------------------------------------------------------------------------


def in_two_pages(shop: Shop, *, stops: bool) -> Callable[[Reading], Iterator[Page]]:
    """Two pages that resume behind the first, whose vendor may go away in between."""

    def read(reading: Reading) -> Iterator[Page]:
        things = [msgspec.Raw(json.dumps(one).encode()) for one in shop.things.values()]
        if (reading.cursor or {}).get("page") != 1:
            yield Page(things[:15], {"page": 1})
            if stops:
                raise Unavailable("the shop closed")
        yield Page(things[15:], {"page": 2})

    return read


def test_a_snapshot_that_goes_on_in_the_middle_deletes_nothing(run: Run, shop: Shop) -> None:
    run(is_snapshot=True, read=in_two_pages(shop, stops=False))
    assert run(is_snapshot=True, read=in_two_pages(shop, stops=True)).status == "failed"
    went_on = run(is_snapshot=True, read=in_two_pages(shop, stops=False))
    assert (went_on.status, went_on.landed.deletions) == ("done", 0)
    del shop.things["3"]
    assert run(is_snapshot=True, read=in_two_pages(shop, stops=False)).landed.deletions == 1


def test_behind_a_segment_that_could_not_be_landed_no_cursor_is_committed(
    run: Run, shop: Shop, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.core.lander.SEGMENT_RECORDS", 1)
    land, landed = RawStream.land, iter([False, True])

    def failing_once(self: RawStream, *args: Any, **kwargs: Any) -> Landed:
        if not next(landed, True):
            raise WarehouseError("the disk is full")
        return land(self, *args, **kwargs)

    with monkeypatch.context() as broken:
        broken.setattr(RawStream, "land", failing_once)
        result = run(read=in_two_pages(shop, stops=False))
    assert (result.status, result.read) == ("failed", 0)
    assert rows(warehouse, "from raw_shop._cursors") == []
    assert run(read=in_two_pages(shop, stops=False)).landed.versions == 30
