"""Event files as they come: in parts, late, growing, replaced, torn, doubled."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors.core import registry
from connectors.events import lines
from connectors.events.lines import Position
from orchestration.app import App
from tests.connectors.conftest import Extraction, MakeExtraction
from tests.connectors.test_extraction import stopped_after
from warehouse.errors import Misconfigured

Event = dict[str, Any]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "drop"
    path.mkdir()
    return path


@pytest.fixture
def app(installed: Callable[[dict[str, str]], App], folder: Path) -> App:
    return installed({"REVOPS_EVENTS__FOLDER": str(folder)})


def event(number: int, **fields: Any) -> Event:
    return {
        "messageId": f"m{number:03}",
        "type": "track",
        "event": "Opened 請求書",
        "anonymousId": "a1",
        "receivedAt": f"2026-11-01T09:00:{number % 60:02}.000Z",
        **fields,
    }


def text(*events: Event) -> bytes:
    return b"".join(json.dumps(one, ensure_ascii=False).encode() + b"\n" for one in events)


def write(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def landed(extraction: Extraction) -> int:
    return extraction.run("events")["events"].landed.versions


def ids(*numbers: int) -> list[str]:
    return [f"m{number:03}" for number in numbers]


@pytest.mark.parametrize("name", ["2026/11/01/a.ndjson", "2026/11/01/a.jsonl.gz"])
def test_a_file_below_a_date_is_landed_once(
    extraction: Extraction, folder: Path, name: str
) -> None:
    write(folder / name, text(*map(event, range(5))))
    assert landed(extraction) == 5
    assert landed(extraction) == 0
    assert extraction.keys("events", "events") == ids(*range(5))
    assert json.loads(extraction.log("events", "events")[0][3])["event"] == "Opened 請求書"


@pytest.mark.parametrize("name", ["a.ndjson", "a.ndjson.gz"])
def test_of_a_file_that_grew_only_the_new_lines_are_read(
    extraction: Extraction, folder: Path, name: str
) -> None:
    write(folder / name, text(event(1), event(2)))
    landed(extraction)
    write(folder / name, text(event(1), event(2), event(3)))
    result = extraction.run("events")["events"]
    assert (result.read, result.landed.versions) == (1, 1)


def test_a_file_that_was_replaced_is_read_anew(extraction: Extraction, folder: Path) -> None:
    write(folder / "a.ndjson", text(event(1), event(2)))
    landed(extraction)
    write(folder / "a.ndjson", text(event(7), event(8), event(9)))
    assert landed(extraction) == 3
    write(folder / "a.ndjson", text(event(10)))
    assert landed(extraction) == 1


def test_a_late_file_of_an_earlier_day_is_landed(extraction: Extraction, folder: Path) -> None:
    write(folder / "2026/11/02/a.ndjson", text(event(2)))
    landed(extraction)
    write(folder / "2026/11/01/a.ndjson", text(event(1)))
    assert landed(extraction) == 1


def test_one_message_in_two_files_and_two_runs_is_one_record(
    extraction: Extraction, folder: Path
) -> None:
    write(folder / "a.ndjson", text(event(1), event(2), event(1)))
    write(folder / "b.ndjson", text(event(2)))
    assert landed(extraction) == 2
    write(folder / "c.ndjson.gz", text(event(1), event(3)))
    assert landed(extraction) == 1
    assert extraction.keys("events", "events") == ids(1, 2, 3)


def test_a_torn_last_line_is_refused_by_file_and_row_and_landed_once_it_is_whole(
    extraction: Extraction, folder: Path
) -> None:
    whole = text(event(1), event(2), event(3))
    write(folder / "2026/a.ndjson", whole[:-40])
    write(folder / "2026/b.ndjson", text(event(4)))
    result = extraction.run("events")["events"]
    assert (result.status, result.landed.versions, result.landed.rejects) == ("done", 3, 1)
    (reject,) = extraction.rejects("events")
    assert reject["reason"].startswith("2026/a.ndjson, row 3: the line is cut off")
    write(folder / "2026/a.ndjson", whole)
    assert landed(extraction) == 1
    assert extraction.keys("events", "events") == ids(1, 2, 3, 4)


def test_a_last_line_without_its_end_may_be_whole(extraction: Extraction, folder: Path) -> None:
    write(folder / "a.ndjson", text(event(1), event(2)).rstrip(b"\n"))
    assert landed(extraction) == 2
    write(folder / "a.ndjson", text(event(1), event(2), event(3)))
    assert landed(extraction) == 1


def test_a_gzip_file_that_is_cut_off_gives_what_it_holds(
    extraction: Extraction, folder: Path
) -> None:
    content = gzip.compress(text(*[event(n, value=f"{n * 7919:x}" * 9) for n in range(500)]))
    (folder / "a.ndjson.gz").write_bytes(content[: len(content) // 2])
    first = extraction.run("events")["events"]
    assert 0 < first.landed.versions < 500
    assert first.landed.rejects == 1
    (folder / "a.ndjson.gz").write_bytes(content)
    assert landed(extraction) == 500 - first.landed.versions


def test_a_broken_line_is_refused_by_file_and_row_and_the_rest_goes_on(
    extraction: Extraction, folder: Path
) -> None:
    content = b"\xef\xbb\xbf" + text(event(1)) + b"\n" + text(event(2))[:30] + b"\n"
    content += text(event(3, type="purchase")) + b'{"messageId": "\xff"}\n' + text(event(4))
    write(folder / "a.ndjson", content)
    assert landed(extraction) == 2
    reasons = sorted(reject["reason"] for reject in extraction.rejects("events"))
    assert [reason.split(":")[0] for reason in reasons] == [
        "a.ndjson, row 3",
        "a.ndjson, row 4",
        "a.ndjson, row 5",
    ]
    assert "type: Input should be 'track'" in reasons[1]
    assert "not text in UTF-8" in reasons[2]


def test_unfinished_and_foreign_files_are_left_alone_and_the_latter_named(
    extraction: Extraction, folder: Path
) -> None:
    for name in ("a.ndjson.tmp", "_SUCCESS", ".hidden.ndjson"):
        write(folder / name, b"nothing")
    write(folder / "2026/readme.txt", b"hello")
    result = extraction.run("events")["events"]
    assert (result.status, result.read) == ("done", 0)
    assert result.notices == ["neither NDJSON nor Parquet, not read: 2026/readme.txt"]


PARQUET = {
    "messageId": ["p1", "p2"],
    "type": ["page", "identify"],
    "receivedAt": pa.array([1, 1_793_000_000_123_456], pa.timestamp("us", tz="UTC")),
    "properties": ['{"path": "/価格"}', None],
    "context": [{"page": {"path": "/"}}, {"page": {"path": "x"}}],
    "amount": pa.array([None, "12345678901234567.89"]).cast(pa.decimal128(20, 2)),
}


def test_parquet_is_landed_with_its_nested_columns(extraction: Extraction, folder: Path) -> None:
    pq.write_table(pa.table(PARQUET), folder / "a.parquet")
    assert landed(extraction) == 2
    first, second = (json.loads(one[3]) for one in extraction.log("events", "events"))
    assert first["properties"] == {"path": "/価格"}
    assert first["context"] == {"page": {"path": "/"}}
    assert first["receivedAt"] == "1970-01-01T00:00:00.000001Z"
    assert second["amount"] == "12345678901234567.89"
    assert second["receivedAt"] == "2026-10-26T07:33:20.123456Z"


def test_a_damaged_parquet_file_is_refused_and_the_rest_goes_on(
    extraction: Extraction, folder: Path
) -> None:
    write(folder / "a.parquet", b"PAR1 and no more")
    write(folder / "b.ndjson", text(event(1)))
    assert landed(extraction) == 1
    (reject,) = extraction.rejects("events")
    assert reject["reason"].startswith("a.parquet: it cannot be read as Parquet")


def many_files(folder: Path) -> None:
    for day in range(1, 5):
        events = [event(day * 10 + n) for n in range(7)]
        write(folder / f"2026/11/0{day}/a.ndjson{'.gz' if day % 2 else ''}", text(*events))
    ids_ = [f"p{n}" for n in range(9)]
    pq.write_table(pa.table({"messageId": ids_, "type": ["page"] * 9}), folder / "2026/b.parquet")


def test_an_interruption_after_any_page_changes_nothing_in_the_end(
    new_extraction: MakeExtraction, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.core.lander.SEGMENT_RECORDS", 1)
    monkeypatch.setattr("connectors.events.source.PAGE_EVENTS", 3)
    monkeypatch.setattr("connectors.events.lines.BLOCK_BYTES", 300)
    monkeypatch.setattr("connectors.events.lines._CHUNK", 100)
    many_files(folder)
    whole = new_extraction()
    whole.run("events")
    assert len(whole.keys("events", "events")) == 37
    interrupted = 0
    for pages in range(1, 40):
        broken = new_extraction()
        result = broken.run("events", change=stopped_after(pages))["events"]
        if result.status == "done":
            break
        interrupted += 1
        again = broken.run("events")["events"]
        assert again.read <= 37 - result.read + 3
        assert broken.log("events", "events") == whole.log("events", "events")
        assert broken.cursor("events", "events") == whole.cursor("events", "events")
    assert interrupted >= 8


def test_a_folder_that_is_unmounted_is_no_empty_one(extraction: Extraction, folder: Path) -> None:
    write(folder / "a.ndjson", text(event(1)))
    landed(extraction)
    before = extraction.cursor("events", "events")
    (folder / "a.ndjson").unlink()
    assert landed(extraction) == 0
    assert extraction.cursor("events", "events") == before


def test_a_setting_that_names_no_folder_disables_events_and_says_which(
    installed: Callable[[dict[str, str]], App], tmp_path: Path
) -> None:
    app = installed({"REVOPS_EVENTS__FOLDER": str(tmp_path / "nowhere")})
    with pytest.raises(Misconfigured, match=r"REVOPS_EVENTS__FOLDER names .*nowhere"):
        app.open_tool(registry.source("events"))


@pytest.mark.parametrize("size", [1, 7, 100, 10_000])
def test_blocks_of_any_size_hold_every_line_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(lines, "BLOCK_BYTES", size)
    monkeypatch.setattr(lines, "_CHUNK", max(1, size // 3))
    path = write(tmp_path / "a.ndjson", b"".join(b"%d\n" % n for n in range(300)) + b"torn")
    read = list(lines.blocks(path, Position()))
    assert [line for block in read for line in block.lines] == [b"%d" % n for n in range(300)]
    assert read[-1].torn == b"torn"
    assert read[-1].after.row == 300
    for block in read:
        rest = [line for one in lines.blocks(path, block.after) for line in one.lines]
        assert rest == [b"%d" % n for n in range(block.after.row, 300)]
