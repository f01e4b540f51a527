"""Many rows are the same rows in a file as in memory, and a plan of them is the same plan."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reverse_etl import packed as module
from reverse_etl.packed import packed
from tests.reverse_etl.bench import FIRST_ID, Bench, wished

ROWS = st.lists(st.tuples(st.integers(), st.text(), st.none() | st.floats(allow_nan=False)))


@pytest.fixture(autouse=True)
def _three_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_IN_MEMORY", 3)
    monkeypatch.setattr(module, "_BLOCK", 2)


def files() -> int:
    gc.collect()
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=ROWS, start=st.integers(-9, 9), stop=st.integers(-9, 9))
def test_a_sequence_is_what_was_put_into_it(rows: list[Any], start: int, stop: int) -> None:
    found = packed(rows)
    assert (len(found), bool(found)) == (len(rows), bool(rows))
    assert list(found) == rows
    assert list(found[start:stop]) == rows[start:stop]
    assert [found[place] for place in range(len(rows))] == rows
    # Two who read it at the same time do not disturb each other.
    assert list(zip(found, found, strict=True)) == list(zip(rows, rows, strict=True))
    with pytest.raises(IndexError):
        found[len(rows)]


def test_half_a_character_and_a_number_of_any_size_come_back_as_they_were() -> None:
    rows = [{"name": "\ud83d", "count": 2**80}, {"name": "株式会社"}, {}, {"x": [1, None]}]
    assert list(packed(rows)) == rows


def test_the_file_is_gone_with_the_rows() -> None:
    before = files()
    rows = packed(range(10))
    assert files() == before + 1
    del rows
    assert files() == before


def test_a_plan_of_many_rows_is_the_plan_and_is_sent(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_IN_MEMORY", 100)
    bench.judge()
    wishes = [wished(n) for n in range(5)]
    unknown = wished(5, hubspot_company_id=str(FIRST_ID + 900))
    bench.wish([*wishes, unknown])
    few = bench.preview()
    monkeypatch.setattr(module, "_IN_MEMORY", 2)
    monkeypatch.setattr(module, "_BLOCK", 2)
    monkeypatch.setattr("reverse_etl.conflicts._LOOKED_AT", 1)
    many = bench.preview()
    assert not isinstance(many.changes, tuple)
    assert many.as_json() == few.as_json()
    result = bench.sync()
    assert result.delivery.outcomes == {"acknowledged": 5, "rejected": 1}
    bench.assert_holds(wishes)
    assert [one.reason for one in bench.preview().withheld] == ["rejected"]
