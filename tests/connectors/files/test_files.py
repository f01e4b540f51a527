"""Files as people drop them: spreadsheets in two encodings, corrections, slips of the keyboard."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import TypeAdapter, ValidationError

from connectors.core.extract import StreamResult
from connectors.files.source import stream_of
from connectors.files.values import Currency, Day, Instant, Month, Number, Quarter
from orchestration.app import App
from tests.connectors.conftest import Extraction, MakeExtraction
from tests.connectors.test_extraction import stopped_after

HEADING = "owner_id,period,currency,amount\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "drop"
    path.mkdir()
    return path


@pytest.fixture
def app(installed: Callable[[dict[str, str]], App], folder: Path) -> App:
    return installed({"REVOPS_FILES__FOLDER": str(folder)})


def write(path: Path, text: str, encoding: str = "utf-8") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode(encoding))


def quotas(extraction: Extraction) -> StreamResult:
    return extraction.run("files", "quotas")["quotas"]


def newest(extraction: Extraction, stream: str) -> dict[str, dict[str, Any] | None]:
    """Key -> the newest payload, None where it is deleted."""
    rows = extraction.rows(f"from raw_files.{stream} order by _extracted_at, _run_id, _deleted")
    return {r["_key"]: None if r["_deleted"] else json.loads(r["payload"]) for r in rows}


def reasons(extraction: Extraction) -> list[str]:
    return sorted(reject["reason"] for reject in extraction.rejects("files"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp932", "utf-16"])
def test_a_spreadsheet_is_read_in_the_encoding_it_was_saved_in(
    extraction: Extraction, folder: Path, encoding: str
) -> None:
    text = "担当者,期間,通貨,金額,備考\r\n"
    text += '佐藤①,2026-q1,jpy,"￥1,200,000","一行目\n二行目, 続き"\r\n,,,,\r\n'
    write(folder / "quotas_2026Q1.csv", text, encoding)
    assert quotas(extraction).landed.versions == 1
    assert newest(extraction, "quotas") == {
        "佐藤①|2026-Q1": {
            "_key": "佐藤①|2026-Q1",
            "_deleted": False,
            "_file": "quotas_2026Q1.csv",
            "owner_id": "佐藤①",
            "period": "2026-Q1",
            "currency": "JPY",
            "amount": "1200000",
            "備考": "一行目\n二行目, 続き",
        }
    }


def test_json_ndjson_parquet_and_tabs_say_the_same(extraction: Extraction, folder: Path) -> None:
    write(
        folder / "fx/a.json",
        '[{"rate_type": "spot", "from_currency": "EUR",'
        ' "to_currency": "USD", "rate_date": "2026-01-31", "rate": 1.10000001}]',
    )
    write(
        folder / "fx/b.ndjson",
        '{"rate_type": "spot", "from_currency": "GBP",'
        ' "to_currency": "USD", "rate_date": "2026/1/31", "rate": "1.3"}\n',
    )
    write(
        folder / "fx/c.tsv",
        "rate_type\tfrom_currency\tto_currency\trate_date\trate\n"
        "plan\tJPY\tUSD\t2026年1月1日\t0.0067\n",
    )
    columns = {
        "rate_type": ["spot"],
        "from_currency": ["CHF"],
        "to_currency": ["USD"],
        "rate_date": pa.array([date(2026, 1, 31)]),
        "rate": pa.array([Decimal("1.12345678")]),
    }
    pq.write_table(pa.table(columns), folder / "fx/d.parquet")
    assert extraction.run("files", "fx_rates")["fx_rates"].landed.versions == 4
    rates = {key: (row or {})["rate"] for key, row in newest(extraction, "fx_rates").items()}
    assert rates == {
        "spot|EUR|USD|2026-01-31": "1.10000001",
        "spot|GBP|USD|2026-01-31": "1.3",
        "plan|JPY|USD|2026-01-01": "0.0067",
        "spot|CHF|USD|2026-01-31": "1.12345678",
    }


def test_a_row_that_breaks_the_contract_is_refused_by_file_row_and_field(
    extraction: Extraction, folder: Path
) -> None:
    rows = [
        "a@x.example,2026-Q1,JPY,100",
        "b@x.example,2026-Q1,JPY,about 100",
        "a@x.example,2026-Q1,JPY,200",
        "c@x.example,Q1 2026,JPY,300",
        "d@x.example,2026-Q1,円,",
        "e@x.example,2026-Q1,JPY,100,000",
        "f@x.example,2026-Q1,JPY,600",
    ]
    write(folder / "quotas.csv", HEADING + "\n".join(rows))
    result = quotas(extraction)
    assert (result.status, result.landed.versions, result.landed.rejects) == ("done", 2, 5)
    found = reasons(extraction)
    assert found[0].startswith("quotas.csv, row 3: amount: Input should be a valid decimal")
    assert found[1] == "quotas.csv, row 4: owner_id, period: the same as in row 2"
    assert found[2].startswith("quotas.csv, row 5: period: String should match")
    assert found[3].startswith("quotas.csv, row 6: currency: String should match")
    assert "amount: Field required" in found[3]
    assert found[4] == "quotas.csv, row 7: it has 5 cells, the heading has 4"
    assert sorted(newest(extraction, "quotas")) == ["a@x.example|2026-Q1", "f@x.example|2026-Q1"]


def test_a_bad_date_is_refused_by_its_field(extraction: Extraction, folder: Path) -> None:
    heading = "snapshot_date,period,owner_id,currency,amount\n"
    write(
        folder / "forecasts.csv",
        heading + "01/02/2026,2026-Q1,a,JPY,1\n2026-02-30,2026-Q1,a,JPY,1\n",
    )
    extraction.run("files", "forecasts")
    first, second = reasons(extraction)
    assert first.startswith("forecasts.csv, row 2: snapshot_date: Value error, it is no date")
    assert second.startswith("forecasts.csv, row 3: snapshot_date: ")


def test_a_file_without_a_column_is_refused_once_and_the_others_are_read(
    extraction: Extraction, folder: Path
) -> None:
    write(folder / "quotas-1.csv", "owner_id,period,amount\na,2026-Q1,1\nb,2026-Q1,2\n")
    write(folder / "quotas-2.csv", HEADING + "c,2026-Q1,JPY,3\n")
    assert quotas(extraction).landed.versions == 1
    assert reasons(extraction) == ["quotas-1.csv: row 1: currency: there is no such column"]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("quotas.csv", b"owner_id,period\n\x81\xff\xfe\x00", "neither UTF-8 nor Shift_JIS"),
        (
            "quotas.csv",
            b'owner_id,period,currency,amount\na,"2026-Q1,JPY,1\n',
            "row 2: it is no CSV",
        ),
        ("quotas.json", b'[{"owner_id": ', "it is no JSON"),
        ("quotas.json", b"[7]", "row 1: it is no JSON object"),
        ("quotas.parquet", b"PAR1", "it cannot be read as Parquet"),
    ],
)
def test_a_damaged_file_is_refused_and_the_others_are_read(
    extraction: Extraction, folder: Path, name: str, content: bytes, reason: str
) -> None:
    (folder / name).write_bytes(content)
    write(folder / "quotas-2.csv", HEADING + "c,2026-Q1,JPY,3\n")
    assert quotas(extraction).landed.versions == 1
    (found,) = reasons(extraction)
    assert found.startswith(name)
    assert reason in found


def test_a_corrected_file_gives_new_versions_and_what_vanished_is_deleted(
    extraction: Extraction, folder: Path
) -> None:
    path = folder / "quotas" / "2026-Q1.csv"
    write(path, HEADING + "a,2026-Q1,JPY,1\nb,2026-Q1,JPY,2\nc,2026-Q1,JPY,3\n")
    assert quotas(extraction).landed.versions == 3
    assert quotas(extraction).read == 0
    write(path, HEADING + "b,2026-Q1,JPY,20\na,2026-Q1,JPY,1\n")
    result = quotas(extraction)
    assert (result.landed.versions, result.landed.deletions) == (2, 1)
    state = newest(extraction, "quotas")
    assert state["c|2026-Q1"] is None
    assert (state["b|2026-Q1"] or {})["amount"] == "20"
    write(path, HEADING + "b,2026-Q1,JPY,20\na,2026-Q1,JPY,1\nc,2026-Q1,JPY,3\n")
    assert quotas(extraction).landed.versions == 1
    assert newest(extraction, "quotas")["c|2026-Q1"] is not None


def test_a_row_that_is_refused_in_the_correction_is_not_taken_for_gone(
    extraction: Extraction, folder: Path
) -> None:
    write(folder / "quotas.csv", HEADING + "a,2026-Q1,JPY,1\nb,2026-Q1,JPY,2\n")
    quotas(extraction)
    write(folder / "quotas.csv", HEADING + "a,2026-Q1,JPY,1\nb,2026-Q1,JPY,2 or 3\n")
    assert quotas(extraction).landed.deletions == 0
    write(folder / "quotas.csv", HEADING + "a,2026-Q1,JPY,1\n")
    assert quotas(extraction).landed.deletions == 1


def test_the_newest_file_speaks_for_a_key_that_two_hold(
    extraction: Extraction, folder: Path
) -> None:
    import os

    write(folder / "quotas-b.csv", HEADING + "a,2026-Q1,JPY,1\n")
    write(folder / "quotas-a.csv", HEADING + "a,2026-Q1,JPY,2\n")
    os.utime(folder / "quotas-b.csv", (1, 1))
    quotas(extraction)
    assert (newest(extraction, "quotas")["a|2026-Q1"] or {})["amount"] == "2"
    write(folder / "quotas-a.csv", HEADING)
    assert quotas(extraction).landed.deletions == 0
    assert (newest(extraction, "quotas")["a|2026-Q1"] or {})["amount"] == "1"


def test_a_file_that_is_taken_away_takes_nothing_with_it_and_is_named(
    extraction: Extraction, folder: Path
) -> None:
    write(folder / "quotas-1.csv", HEADING + "a,2026-Q1,JPY,1\n")
    write(folder / "quotas-2.csv", HEADING + "b,2026-Q1,JPY,2\n")
    quotas(extraction)
    (folder / "quotas-1.csv").unlink()
    result = quotas(extraction)
    assert result.landed.versions == 0
    assert result.notices == [
        "quotas-1.csv is gone; what it said stays until another file says otherwise"
    ]
    assert quotas(extraction).notices == []
    write(folder / "quotas-2.csv", HEADING)
    assert quotas(extraction).landed.deletions == 1
    assert newest(extraction, "quotas")["a|2026-Q1"] is not None


def test_a_full_refresh_knows_what_the_files_said_before(
    extraction: Extraction, folder: Path
) -> None:
    write(folder / "quotas-1.csv", HEADING + "a,2026-Q1,JPY,1\nb,2026-Q1,JPY,2\n")
    write(folder / "quotas-2.csv", HEADING + "c,2026-Q1,JPY,3\n")
    quotas(extraction)
    (folder / "quotas-2.csv").unlink()
    write(folder / "quotas-1.csv", HEADING + "a,2026-Q1,JPY,1\n")
    result = extraction.run("files", "quotas", full_refresh=True)["quotas"]
    assert (result.read, result.landed.deletions) == (2, 1)
    state = newest(extraction, "quotas")
    assert state["b|2026-Q1"] is None
    assert state["c|2026-Q1"] is not None
    # Nothing has changed, and yet everything is read.
    assert extraction.run("files", "quotas", full_refresh=True)["quotas"].read == 1


def test_files_that_no_stream_takes_are_named(extraction: Extraction, folder: Path) -> None:
    write(folder / "notes.csv", "x\n1\n")
    write(folder / "quotas.xlsx", "PK")
    (notice,) = quotas(extraction).notices
    assert notice.startswith("no stream takes notes.csv, quotas.xlsx: names begin with one of quo")


@pytest.mark.parametrize(
    ("name", "stream"),
    [
        ("quotas.csv", "quotas"),
        ("Quotas 2026.CSV", "quotas"),
        ("quotas/2026-Q1.parquet", "quotas"),
        ("quota_2026.csv", "quotas"),
        ("campaign_costs-2026.csv", "spend"),
        ("fx_rates_jpy.json", "fx_rates"),
        ("fxrates.csv", None),
        ("planning.csv", None),
        ("other/quotas.csv", None),
        ("quotas.xlsx", None),
    ],
)
def test_a_file_belongs_to_the_stream_with_whose_name_it_begins(
    name: str, stream: str | None
) -> None:
    assert stream_of(name) == stream


def test_a_long_file_that_is_interrupted_is_read_again_and_landed_once(
    new_extraction: MakeExtraction, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.core.lander.SEGMENT_RECORDS", 1)
    monkeypatch.setattr("connectors.files.source.PAGE_ROWS", 3)
    rows = "".join(f"o{n},2026-Q1,JPY,{n}\n" for n in range(10))
    write(folder / "quotas.csv", HEADING + rows)
    for pages in (1, 2, 3):
        extraction = new_extraction()
        first = extraction.run("files", "quotas", change=stopped_after(pages))["quotas"]
        assert (first.status, first.landed.versions) == ("failed", pages * 3)
        assert quotas(extraction).landed.versions == 10 - pages * 3
        assert quotas(extraction).read == 0


@pytest.mark.parametrize(
    ("kind", "typed", "value"),
    [
        (Number, "1,200,000.5", Decimal("1200000.5")),
        (Number, "￥１，２００", Decimal(1200)),
        (Number, 0.1, Decimal("0.1")),
        (Day, "2026/4/1", date(2026, 4, 1)),
        (Day, "２０２６年４月１日", date(2026, 4, 1)),
        (Day, datetime(2026, 4, 1, tzinfo=UTC), date(2026, 4, 1)),
        (Instant, "2026-04-01T09:30:00Z", datetime(2026, 4, 1, 9, 30, tzinfo=UTC)),
        (Instant, "2026/04/01 9:30", datetime(2026, 4, 1, 9, 30)),  # noqa: DTZ001 - on the wall
        (Currency, "ｊｐｙ", "JPY"),
        (Quarter, "2026-q4", "2026-Q4"),
        (Month, "2026-12", "2026-12"),
    ],
)
def test_values_are_read_as_people_type_them(kind: Any, typed: object, value: object) -> None:
    assert TypeAdapter(kind).validate_python(typed) == value


@pytest.mark.parametrize(
    ("kind", "typed"),
    [
        (Number, "1,20,000"),
        (Number, "#N/A"),
        (Number, "NaN"),
        (Day, "4/1/2026"),
        (Day, "2026-13-01"),
        (Day, "46113"),
        (Instant, "2026-04-01"),
        (Instant, "yesterday 9:30"),
        (Currency, "円"),
        (Quarter, "2026-Q5"),
        (Month, "2026-13"),
    ],
)
def test_values_that_could_mean_two_things_or_nothing_are_refused(kind: Any, typed: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(kind).validate_python(typed)
