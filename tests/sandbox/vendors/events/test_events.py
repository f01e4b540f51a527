"""What is invented of events is as uncomfortable as real ones are, and coherent all the same."""

import csv
import gzip
import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from sandbox.vendors.events.drawing import DAY, DAYS, draw
from sandbox.vendors.events.visitors import Visitor
from sandbox.vendors.events.writing import Pieces, columns_of, lines, table

Call = dict[str, Any]


@pytest.fixture(scope="module")
def calls(data: Path) -> list[Call]:
    found: list[Call] = []
    for path in sorted((data / "events").rglob("*.*")):
        if path.suffix == ".parquet":
            rows = pq.read_table(path).to_pylist()
            found += [{k: v for k, v in row.items() if v is not None} for row in rows]
        else:
            content = path.read_bytes()
            text = gzip.decompress(content) if path.suffix == ".gz" else content
            found += [json.loads(line) for line in text.splitlines()]
    return found


def at(value: Any) -> datetime:
    return value if isinstance(value, datetime) else datetime.fromisoformat(value)


def test_small_is_small_and_written_in_three_forms(data: Path, calls: list[Call]) -> None:
    assert 1_500 < len(calls) < 2_500
    suffixes = {path.suffix for path in (data / "events").rglob("*.*")}
    assert suffixes == {".parquet", ".gz", ".ndjson"}


def test_messages_come_twice(calls: list[Call]) -> None:
    counts = Counter(call["messageId"] for call in calls)
    assert 10 < sum(count == 2 for count in counts.values()) < 80


def test_somebody_is_unknown_before_they_are_known(calls: list[Call]) -> None:
    known: set[str] = set()
    for call in sorted(calls, key=lambda one: at(one["receivedAt"])):
        if call["type"] == "identify":
            known.add(call["anonymousId"])
    assert known
    before = [c for c in calls if c["anonymousId"] in known and "userId" not in c]
    after = [c for c in calls if c["anonymousId"] in known and "userId" in c]
    assert len(before) > 100
    assert len(after) > 100
    assert {c["anonymousId"] for c in calls} - known


def test_some_clocks_are_wrong_and_some_times_are_missing(calls: list[Call]) -> None:
    both = [c for c in calls if "sentAt" in c]
    off = [abs((at(c["receivedAt"]) - at(c["sentAt"])).total_seconds()) for c in both]
    assert 0.005 < sum(seconds > 100 for seconds in off) / len(off) < 0.15
    assert 0 < sum("sentAt" not in call for call in calls) < 150
    assert any("timestamp" in call for call in calls)


def test_users_and_customers_are_those_of_the_product_database(
    data: Path, calls: list[Call]
) -> None:
    import sqlite3

    connection = sqlite3.connect(data / "database" / "product.sqlite")
    customers = {key for (key,) in connection.execute("select customer_id from customers")}
    connection.close()
    groups = {call["groupId"] for call in calls if call["type"] == "group"}
    assert groups
    assert groups <= customers
    with (data / "truth" / "visitors.csv").open(encoding="utf-8") as file:
        truth = {row["anonymous_id"]: row for row in csv.DictReader(file)}
    for call in calls:
        assert call.get("userId", "") in {"", truth[call["anonymousId"]]["user_id"]}


def test_the_next_day_brings_a_file_and_a_late_one(data: Path) -> None:
    came = sorted((data / "next_day" / "events").rglob("*.ndjson"))
    assert [path.name for path in came] == ["calls-late.ndjson", "calls-0000.ndjson"]
    assert all(path.read_bytes().count(b"\n") >= 3 for path in came)


def test_however_many_are_drawn_the_two_forms_say_the_same() -> None:
    chance = np.random.default_rng(1)
    says = np.arange(50) % 4 > 0
    drawn = draw(chance, says, says, 20_000, 1_793_000_000_000)
    assert 20_000 < len(drawn) < 20_600
    assert (np.diff(drawn.received) >= 0).all()
    assert drawn.received.max() - drawn.received.min() <= DAYS * DAY
    visitors = [Visitor(f"a{n}", f"p{n}", f"u{n}", '{"x":1}', f"c{n}", "{}") for n in range(50)]
    columns = columns_of(drawn, Pieces(visitors))
    rows = table(columns).to_pylist()
    for line, row in zip(lines(columns).splitlines(), rows, strict=True):
        call = json.loads(line)
        assert call["messageId"] == row["messageId"]
        assert call.get("userId") == row["userId"]
        assert at(call["receivedAt"]) == row["receivedAt"]
        assert call.get("properties") == (row["properties"] and json.loads(row["properties"]))
        assert call["context"] == json.loads(row["context"])
