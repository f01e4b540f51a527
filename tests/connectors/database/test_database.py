"""Any database, on SQLite and on a PostgreSQL of the tests' own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from connectors.core import registry
from connectors.core.extract import StreamResult
from connectors.database.values import as_json, as_text, before, read, written
from orchestration.app import App
from orchestration.steps import extract
from tests.connectors.conftest import Extraction, MakeExtraction
from tests.connectors.test_extraction import stopped_after
from tests.postgresql import NewUrl, postgresql
from warehouse.errors import Misconfigured, Unavailable
from warehouse.external_database import ExternalDatabase

__all__ = ["postgresql"]

START = datetime(2026, 11, 1, tzinfo=UTC)
DECLARED = """
streams:
  - name: orders
    description: Orders.
    table: orders
    key: [region, number]
    cursor: updated_at
    columns: [amount]
  - name: customers
    description: Customers.
    query: select region, count(*) as orders from orders group by region
    key: [region]
"""

metadata = sa.MetaData()
orders = sa.Table(
    "orders",
    metadata,
    sa.Column("region", sa.Text),
    sa.Column("number", sa.Integer),
    sa.Column("amount", sa.Numeric(30, 4)),
    sa.Column("updated_at", sa.DateTime(timezone=True)),
    sa.Column("note", sa.Text),
)


class Shop:
    """The database that is read, as its owner writes to it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = sa.create_engine(url)
        metadata.create_all(self.engine)

    def put(self, *numbers: int, seconds: int = 0, region: str = "東|京", **values: Any) -> None:
        row = {"amount": Decimal("12.5000"), "updated_at": START + timedelta(seconds=seconds)}
        with self.engine.begin() as connection:
            for number in numbers:
                key: dict[str, Any] = {"region": region, "number": number}
                connection.execute(self._one(sa.delete(orders), **key))
                connection.execute(sa.insert(orders).values(key | row | values))

    def remove(self, number: int, region: str = "東|京") -> None:
        with self.engine.begin() as connection:
            connection.execute(self._one(sa.delete(orders), region=region, number=number))

    @staticmethod
    def _one(statement: Any, region: str, number: int) -> Any:
        return statement.where(orders.c.region == region, orders.c.number == number)


@pytest.fixture(params=["sqlite", "postgresql"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'shop.sqlite'}"
    else:
        new_url: NewUrl = request.getfixturevalue("postgresql")
        url = new_url()
    made = Shop(url)
    yield made
    made.engine.dispose()


@pytest.fixture
def streams(tmp_path: Path) -> Path:
    path = tmp_path / "streams.yml"
    path.write_text(DECLARED, encoding="utf-8")
    return path


@pytest.fixture
def app(installed: Callable[[dict[str, str]], App], shop: Shop, streams: Path) -> App:
    return installed({"REVOPS_DATABASE__URL": shop.url, "REVOPS_DATABASE__STREAMS": str(streams)})


def run(extraction: Extraction, stream: str = "orders") -> StreamResult:
    return extraction.run("database", stream)[stream]


def newest(extraction: Extraction, stream: str) -> dict[str, Any]:
    rows = extraction.rows(f"from raw_database.{stream} order by _extracted_at, _run_id, _deleted")
    return {r["_key"]: None if r["_deleted"] else json.loads(r["payload"]) for r in rows}


def test_only_what_changed_is_read_again(extraction: Extraction, shop: Shop) -> None:
    shop.put(1, 2, 3)
    shop.put(4, seconds=5_000)
    first = run(extraction)
    assert (first.status, first.landed.versions, first.verdict) == ("done", 4, "agrees")
    assert list(newest(extraction, "orders")) == [f"東\\|京|{n}" for n in (1, 2, 3, 4)]
    shop.put(2, seconds=9_000, amount=Decimal("0.1000"))
    again = run(extraction)
    assert (again.read, again.landed.versions) == (2, 1)
    assert newest(extraction, "orders")["東\\|京|2"]["_cursor"].startswith("2026-11-01")


def test_a_row_that_was_committed_late_is_found_behind_the_end(
    extraction: Extraction, shop: Shop
) -> None:
    shop.put(1, seconds=5_000)
    run(extraction)
    shop.put(2, seconds=4_500)
    assert run(extraction).landed.versions == 1


def test_more_rows_of_one_instant_than_fit_a_page_are_all_landed(
    extraction: Extraction, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.database.reading.PAGE_ROWS", 3)
    shop.put(*range(10))
    assert run(extraction).landed.versions == 10


def test_rows_without_a_cursor_are_read_every_time_and_said_aloud(
    extraction: Extraction, shop: Shop
) -> None:
    shop.put(1)
    shop.put(2, 3, updated_at=None)
    result = run(extraction)
    assert result.landed.versions == 3
    assert "2 rows have no updated_at: they are read in whole every time" in result.notices
    shop.put(3, updated_at=None, note="changed")
    assert run(extraction).landed.versions == 1


def test_a_deleted_row_is_landed_as_deleted(extraction: Extraction, shop: Shop) -> None:
    shop.put(1, 2, 3)
    run(extraction)
    shop.remove(2)
    result = run(extraction)
    assert (result.landed.deletions, result.verdict) == (1, "agrees")
    assert newest(extraction, "orders")["東\\|京|2"] is None


def test_without_a_cursor_everything_is_read_and_what_is_gone_is_deleted(
    extraction: Extraction, shop: Shop
) -> None:
    shop.put(1, 2)
    shop.put(1, region="大阪")
    assert run(extraction, "customers").landed.versions == 2
    assert run(extraction, "customers").landed.versions == 0
    shop.remove(1, region="大阪")
    shop.remove(1)
    result = run(extraction, "customers")
    assert (result.landed.versions, result.landed.deletions) == (2, 1)
    assert newest(extraction, "customers")["東|京"]["orders"] == 1


@pytest.mark.slow
@pytest.mark.parametrize("stream", ["orders", "customers"])
def test_an_interruption_after_any_page_changes_nothing_in_the_end(
    new_extraction: MakeExtraction, shop: Shop, monkeypatch: pytest.MonkeyPatch, stream: str
) -> None:
    monkeypatch.setattr("connectors.core.lander.SEGMENT_RECORDS", 1)
    monkeypatch.setattr("connectors.database.reading.PAGE_ROWS", 2)
    for region in "abcdefg":
        shop.put(1, region=region, seconds=ord(region))
    shop.put(1, region="x", updated_at=None)
    whole = new_extraction()
    run(whole, stream)
    assert len(whole.keys("database", stream)) == 8
    for pages in (1, 3):
        broken = new_extraction()
        broken.run("database", stream, change=stopped_after(pages))
        # What changed while nobody looked is read in the same run that goes on.
        assert run(broken, stream).status == "done"
        assert broken.log("database", stream) == whole.log("database", stream)
        assert broken.cursor("database", stream) == whole.cursor("database", stream)


def test_a_reading_that_was_cut_short_goes_on_to_the_present(
    new_extraction: MakeExtraction, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.core.lander.SEGMENT_RECORDS", 1)
    monkeypatch.setattr("connectors.database.reading.PAGE_ROWS", 2)
    shop.put(1, 2, 3, 4)
    extraction = new_extraction()
    extraction.run("database", "orders", change=stopped_after(1))
    shop.put(5, seconds=9_000)
    assert run(extraction).landed.versions == 3


def test_a_column_that_is_gone_stops_its_stream_and_is_named(
    extraction: Extraction, shop: Shop
) -> None:
    with shop.engine.begin() as connection:
        connection.execute(sa.text("alter table orders rename column amount to total"))
    result = run(extraction)
    assert (result.status, result.exit_code) == ("failed", 2)
    assert "amount is gone" in str(result.error)
    assert run(extraction, "customers").status == "done"


def test_a_table_that_is_gone_is_a_fault_of_the_declaration(
    extraction: Extraction, shop: Shop
) -> None:
    orders.drop(shop.engine)
    result = run(extraction)
    assert (result.status, result.exit_code) == ("failed", 2)
    assert "orders" in str(result.error)


def test_a_key_that_is_not_unique_is_refused(
    extraction: Extraction, shop: Shop, streams: Path
) -> None:
    shop.put(1, 2)
    streams.write_text(DECLARED.replace("[region, number]", "[region]"), encoding="utf-8")
    result = run(extraction)
    assert (result.status, result.exit_code) == ("failed", 2)
    assert "the key region is not unique" in str(result.error)


def test_nothing_can_be_written(shop: Shop) -> None:
    shop.put(1)
    database = ExternalDatabase(shop.url)
    with (
        pytest.raises((Misconfigured, Unavailable), match=r"read-?only"),
        database.connected("a test") as connection,
    ):
        connection.execute(sa.text("delete from orders"))
    database.close()


def test_values_of_postgresql_lose_nothing(postgresql: NewUrl) -> None:
    database = ExternalDatabase(postgresql())
    row = """
        select 1 as id, 12345678901234567890.123456789::numeric as d, '\\x00ff'::bytea as b,
        '2026-11-01 09:00:00.123456+09'::timestamptz as t, '2026-11-01 09:00:00'::timestamp as l,
        date '2026-11-01' as y, null as n, 'NaN'::float8 as f, '{"a": [1.5, "名"]}'::jsonb as j,
        array[1, 2] as a, 9223372036854775807 as i, true as o, 'x:y%z' as p
    """
    (found,) = database.query("a test", row).page(["id"], after=None, limit=2)
    assert json.loads(as_json(found)) == {
        "id": 1,
        "d": "12345678901234567890.123456789",
        "b": "AP8=",
        "t": "2026-11-01T00:00:00.123456Z",
        "l": "2026-11-01T09:00:00",
        "y": "2026-11-01",
        "n": None,
        "f": "nan",
        "j": {"a": [1.5, "名"]},
        "a": [1, 2],
        "i": 9223372036854775807,
        "o": True,
        "p": "x:y%z",
    }
    database.close()


@pytest.mark.parametrize(
    "value", [7, 1.5, "x", b"\x00", Decimal("1.10"), START, date(2026, 1, 2), True]
)
def test_a_position_keeps_its_type(value: Any) -> None:
    (again,) = read(json.loads(json.dumps(written([value]))))
    assert (again, type(again)) == (value, type(value))


@pytest.mark.parametrize(
    ("value", "earlier"),
    [
        (1_000, 400),
        (START, START - timedelta(minutes=10)),
        (date(2026, 11, 2), date(2026, 11, 1)),
        ("2026-11-01 00:05:00.123+00", "2026-10-31 23:55:00"),
        ("2026-11-01T00:05:00Z", "2026-10-31T23:55:00"),
        ("v7", "v7"),
    ],
)
def test_a_look_back_is_never_too_short(value: Any, earlier: Any) -> None:
    assert before(value, 600) == earlier


def test_beyond_64_bits_a_number_is_text() -> None:
    assert as_json({"n": 2**70}) == b'{"n":"%d"}' % 2**70
    assert as_text(2**70) == str(2**70)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (("key: [region, number]", "keys: [region]"), "streams.0.key: Field required"),
        (("table: orders", "table: orders\n    query: select 1"), "either a table or a query"),
        (("name: customers", "name: orders"), "two streams are called orders"),
        (("streams:", "strms:"), "streams: Field required"),
        (("cursor: updated_at", "look_back: -1"), "streams.0.look_back"),
    ],
)
def test_a_fault_in_the_declaration_disables_the_database_and_nothing_else(
    app: App, streams: Path, shop: Shop, change: tuple[str, str], fault: str
) -> None:
    streams.write_text(DECLARED.replace(*change), encoding="utf-8")
    result = extract(app, ["database"])
    (one,) = result.streams
    assert (one.status, one.exit_code) == ("disabled", 2)
    assert "streams.yml:" in str(one.error)
    assert fault in str(one.error)
    assert registry.source("database").raw_tables


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("nonsense", "Could not parse"),
        ("sqlite:////nowhere/at/all.sqlite", "there is no file"),
        ("nosql://host/db", "nosql"),
    ],
)
def test_a_wrong_url_disables_the_database_and_is_not_shown(
    installed: Callable[[dict[str, str]], App], url: str, fault: str
) -> None:
    app = installed({"REVOPS_DATABASE__URL": url})
    with pytest.raises(Misconfigured, match="REVOPS_DATABASE__URL") as caught:
        app.open_tool(registry.source("database"))
    assert fault in str(caught.value)


def test_a_password_is_never_shown() -> None:
    url = "postgresql+psycopg://reader:s3cr3t@127.0.0.1:1/none"
    database = ExternalDatabase(url)
    with pytest.raises(Unavailable) as caught:
        database.table("orders").count()
    assert "s3cr3t" not in str(caught.value)
    assert database.redact(f"{url} and s3cr3t") == "*** and ***"
