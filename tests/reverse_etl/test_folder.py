"""Files in a folder: whole or not there, every value as it was, nothing doubled after a kill."""

from __future__ import annotations

import csv
import io
import json
import math
import threading
from pathlib import Path
from typing import Any

import pyarrow.csv
import pyarrow.parquet
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reverse_etl.destinations.base import Row
from reverse_etl.destinations.folder import FolderFiles, OpenFolder
from reverse_etl.destinations.registry import account_of, destination_for
from reverse_etl.spec import FieldMapping, Identifier, SyncSpec
from reverse_etl.sync import SyncResult, run_sync
from tests.reverse_etl.bench import SPEC, Bench, wished
from tests.reverse_etl.proof.of_folder import FolderTable
from tests.reverse_etl.proof.world import World
from warehouse.clock import SystemClock, new_run_id
from warehouse.errors import Misconfigured, Refused, Unavailable
from warehouse.exported_files import Unreadable, read, written
from warehouse.settings import Settings, export_environment, load

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
PLAIN = st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), TEXT)
NUMBERS = st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False))
KINDS = [
    st.one_of(st.none(), TEXT),
    st.one_of(st.none(), st.booleans()),
    st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1)),
    NUMBERS,
]


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def row(key: str, trace: str = "1", **fields: Any) -> Row:
    return Row(key, fields, trace)


def destination(folder: Path, name: str = "accounts.csv", **more: Any) -> FolderFiles:
    return FolderFiles(OpenFolder(folder, **more), name, "id")


@pytest.mark.parametrize("ending", ["csv", "ndjson", "parquet"])
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_every_value_comes_back_as_it_was(ending: str, data: st.DataObject) -> None:
    columns = [f"c{n}" for n in range(data.draw(st.integers(1, 4)))]
    kinds = {name: data.draw(st.sampled_from(KINDS)) for name in columns}
    rows = [
        {name: data.draw(kind) for name, kind in kinds.items()}
        for _ in range(data.draw(st.integers(1, 5)))
    ]
    found_columns, found = read(ending, written(ending, columns, rows))
    assert found_columns == columns
    assert found == rows
    assert [list(map(type, one.values())) for one in found] == [
        [type(value) for value in one.values()] for one in rows
    ] or ending != "csv"


def test_csv_is_what_others_read(tmp_path: Path) -> None:
    made = destination(tmp_path, csv_bom=True)
    assert made.faults(["name", "score", "is_on", "tags", "none"]) == []
    tags = ["a", {"日本": 1}]
    made.write("upsert", [row("1", name='say "日本", ok\r\n', score=1.5, is_on=True, tags=tags)])
    made.write("upsert", [row("007", "2", name="", score=7, is_on=False, tags=None)])
    content = (tmp_path / "accounts.csv").read_bytes()
    assert content == (
        b"\xef\xbb\xbf"
        + (
            '"id","name","score","is_on","tags","none"\r\n'
            '"1","say ""日本"", ok\r\n",1.5,true,"[""a"", {""日本"": 1}]",\r\n'
            '"007","",7,false,,\r\n'
        ).encode()
    )
    lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))
    assert lines[1] == [
        "1",
        'say "日本", ok\r\n',
        "1.5",
        "true",
        json.dumps(tags, ensure_ascii=False),
        "",
    ]
    options = pyarrow.csv.ParseOptions(newlines_in_values=True)
    table = pyarrow.csv.read_csv(io.BytesIO(content), parse_options=options)
    assert table.column("score").to_pylist() == [1.5, 7.0]


def test_a_table_is_patched_by_its_key_and_keeps_its_columns(tmp_path: Path) -> None:
    for ending in ("csv", "ndjson", "parquet"):
        made = destination(tmp_path, f"sub/accounts.{ending}")
        made.write("upsert", [row("1", a=1, b="x"), row("2", "2", a=2, b={"c": [1]})][:1])
        made.write("upsert", [row("2", "2", a=2, b=None), row("1", a=5)])
        assert made.read(["1", "2", "3"], ["a", "b"]) == {
            "1": {"a": 5, "b": "x"},
            "2": {"a": 2, "b": None},
        }
        outcomes = made.write("update", [row("9", "9", a=1), row("2", "2", b="y")])
        assert [(one.trace, one.outcome) for one in outcomes] == [
            ("9", "rejected"),
            ("2", "acknowledged"),
        ]
        (there,) = made.write("create", [row("2", "2", a=0)])
        assert there.outcome == "rejected"
        made.write("delete", [row("1"), row("8", "8")])
        assert made.read(["1", "2", "9"], ["a"]) == {"2": {"a": 2, "b": "y"}}
        assert files(tmp_path / "sub") == [f"accounts.{ending}"]
        (tmp_path / "sub" / f"accounts.{ending}").unlink()


def test_objects_are_objects_again(tmp_path: Path) -> None:
    wish = {"z": [1, None, "日本"], "a": {"b": True}}
    for ending in ("csv", "ndjson", "parquet"):
        made = destination(tmp_path, f"accounts.{ending}")
        made.write("upsert", [row("1", document=wish)])
        held = made.read(["1"], ["document"])["1"]["document"]
        assert made.holds(held, wish)
        assert not made.holds(held, wish | {"a": 1})


def test_each_batch_is_a_file_and_its_name_says_its_place(tmp_path: Path) -> None:
    made = destination(tmp_path, "changes-{batch}.ndjson")
    first, again = [row("1", "10", a=1)], [row("1", "9000", a=1)]
    made.write("upsert", first)
    made.write("upsert", first)
    assert len(files(tmp_path)) == 1, "what is written once more is written over itself"
    made.write("upsert", [row("1", "200", a=2)])
    made.write("upsert", again)
    names = files(tmp_path)
    assert [int(name.split("-")[1]) for name in names] == [10, 200, 9000]
    assert made.read(["1"], ["a"]) == {"1": {"a": 1}}
    others = destination(tmp_path, "changes-of-others-{batch}.ndjson")
    assert others.read(["1"], ["a"]) == {}
    (tmp_path / "changes-of-others.ndjson").write_text('{"id": "1", "a": 7}', "utf-8")
    assert made.read(["1"], ["a"]) == {"1": {"a": 1}}
    (tmp_path / "changes-of-others.ndjson").unlink()
    made.write("delete", [row("1", "9001")])
    assert made.read(["1"], ["a"]) == {}
    lines = [json.loads((tmp_path / name).read_text("utf-8")) for name in files(tmp_path)]
    assert lines == [
        {"id": "1", "a": 1, "_operation": "upsert"},
        {"id": "1", "a": 2, "_operation": "upsert"},
        {"id": "1", "a": 1, "_operation": "upsert"},
        {"id": "1", "_operation": "delete"},
    ]


def test_what_a_row_of_csv_cannot_say_is_refused(tmp_path: Path) -> None:
    """A patch has no values for other columns; empty, they would look like emptied ones."""
    for ending in ("csv", "parquet"):
        name = f"changes-{{batch}}.{ending}"
        assert FolderFiles.operations_of(name) == {"create", "append"}
        with pytest.raises(Misconfigured, match="no upsert"):
            destination(tmp_path, name).write("upsert", [row("1", a=1)])
    assert "upsert" in FolderFiles.operations_of("changes-{batch}.ndjson")
    assert "delete" in FolderFiles.operations_of("accounts.csv")
    assert files(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "fields", "fault"),
    [
        ("../accounts.csv", ["a"], "no name of a file below"),
        ("/tmp/accounts.csv", ["a"], "no name of a file below"),
        (".accounts.csv", ["a"], "no name of a file below"),
        ("accounts.xlsx", ["a"], "does not end in"),
        ("accounts", ["a"], "does not end in"),
        ("a*.csv", ["a"], "does not end in"),
        ("{run}.csv", ["a"], "only {batch}"),
        ("{batch}-{batch}.csv", ["a"], "only {batch}"),
        ("{batch}/accounts.csv", ["a"], "only {batch}"),
        ("accounts.csv", ["id"], "may not be called 'id'"),
        ("{batch}.ndjson", ["_operation"], "may not be called '_operation'"),
    ],
)
def test_names_that_cannot_be_are_faults(
    tmp_path: Path, name: str, fields: list[str], fault: str
) -> None:
    (said,) = destination(tmp_path, name).faults(fields)
    assert fault in said
    assert files(tmp_path) == []


def test_a_file_of_somebody_else_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "accounts.csv"
    for theirs in (
        "name,score\nx,1\n",
        "id,score\n1,1\n1,2\n",
        "id\n1,2\n",
        'id\n"1\n',
        b"\xff\xfe",
    ):
        path.write_bytes(theirs.encode() if isinstance(theirs, str) else theirs)
        before = path.read_bytes()
        with pytest.raises(Misconfigured):
            destination(tmp_path).faults(["a"])
        with pytest.raises(Misconfigured):
            destination(tmp_path).write("upsert", [row("1", a=1)])
        assert path.read_bytes() == before
        assert files(tmp_path) == ["accounts.csv"]


def test_what_a_person_saved_from_a_spreadsheet_is_read(tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_bytes(b"\xef\xbb\xbfid,name,score\r\n007,Ann,5\r\n8,,\r\n")
    found = destination(tmp_path).read(["007", "8"], ["name", "score"])
    assert found == {"007": {"name": "Ann", "score": 5}, "8": {"name": None, "score": None}}


FORMULAS = [
    "=1+1",
    "+49 170",
    "-5 kg",
    "@sum(a1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "＝1",
    "＠a",
    '=cmd|" /C"!A0',
]
APOSTROPHES = ["'=1", "''=1", "'plain", "'", "a=1", "株式会社", "", "007"]


def test_no_text_is_a_formula_to_a_spreadsheet_and_each_comes_back(tmp_path: Path) -> None:
    made = destination(tmp_path, spreadsheet_safe=True)
    texts = [*FORMULAS, *APOSTROPHES]
    rows = [row(f"={n}", str(n), name=text, score=-5) for n, text in enumerate(texts)]
    made.write("upsert", rows)
    held = made.read([one.key for one in rows], ["name", "score"])
    assert [held[one.key] for one in rows] == [{"name": text, "score": -5} for text in texts]
    # Another batch leaves those as they are.
    made.write("upsert", [row("x", name="=2")])
    assert made.read([rows[0].key], ["name"]) == {rows[0].key: {"name": "=1+1", "score": -5}}
    content = (tmp_path / "accounts.csv").read_bytes().decode()
    cells = [cell for line in csv.reader(io.StringIO(content, newline="")) for cell in line]
    assert [one for one in cells if one and one[0] in "=+@\t\r\n＝＋－＠"] == []
    assert [one for one in cells if one.startswith("-")] == ["-5"] * len(texts)


def test_without_the_setting_a_text_is_written_as_it_is(tmp_path: Path) -> None:
    made = destination(tmp_path)
    made.write("upsert", [row("1", name="=1+1")])
    assert '"=1+1"' in (tmp_path / "accounts.csv").read_text("utf-8")
    assert made.read(["1"], ["name"]) == {"1": {"name": "=1+1"}}


def test_a_column_of_parquet_has_one_kind_of_value(tmp_path: Path) -> None:
    made = destination(tmp_path, "accounts.parquet")
    made.write("upsert", [row("1", a=1), row("2", "2", a=2.5)])
    with pytest.raises(Refused, match="float and str in one column"):
        made.write("upsert", [row("3", a="x")])
    assert made.read(["1", "2", "3"], ["a"]) == {"1": {"a": 1.0}, "2": {"a": 2.5}}
    schema = pyarrow.parquet.read_schema(tmp_path / "accounts.parquet")
    assert [str(one.type) for one in schema] == ["string", "double"]


def test_half_a_character_is_refused_and_nothing_is_written(tmp_path: Path) -> None:
    for ending in ("csv", "ndjson", "parquet"):
        with pytest.raises(Refused):
            destination(tmp_path, f"a.{ending}").write("upsert", [row("1", a="\ud83d")])
    assert files(tmp_path) == []


def test_a_folder_that_may_not_be_written_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(OpenFolder, "_write", denied)
    with pytest.raises(Misconfigured, match="may not be written"):
        destination(tmp_path).write("upsert", [row("1", a=1)])


def test_a_full_disk_leaves_the_file_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = destination(tmp_path)
    made.write("upsert", [row("1", a=1)])
    before = (tmp_path / "accounts.csv").read_bytes()

    def full(self: OpenFolder, part: Path, content: bytes) -> None:
        part.write_bytes(content[:5])
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(OpenFolder, "_write", full)
        with pytest.raises(Unavailable, match="No space left"):
            made.write("upsert", [row("1", a=2)])
    assert (tmp_path / "accounts.csv").read_bytes() == before
    made.write("upsert", [row("1", a=3)])
    assert files(tmp_path) == ["accounts.csv"]


class InPlace(FolderTable):
    """What the harness must see: a file that is written where it is read."""

    def client(self, wire: Any) -> OpenFolder:
        opened = super().client(wire)

        def write(part: Path, content: bytes) -> None:
            path = part.with_name(part.name.removeprefix(".").removesuffix(".part"))
            path.write_bytes(content[: content.find(b"\r\n", len(content) // 2) + 2])
            wire.steps.take("half of the file is written")
            part.write_bytes(content)

        opened._write = write  # type: ignore[method-assign]
        return opened


@pytest.mark.parametrize(("case", "is_seen"), [(InPlace, True), (FolderTable, False)])
def test_the_harness_sees_a_file_that_is_not_replaced_as_a_whole(
    case: type[FolderTable], tmp_path: Path, *, is_seen: bool
) -> None:
    world = World(case(), tmp_path, 8)
    world.wish(dict.fromkeys(range(8), 1))
    world.run()
    world.wish({number: 1 + (number == 0) for number in range(8)})
    steps = 0
    while world.killed_at[-1:] != ["half of the file is written"]:
        steps += 1
        world.run(kill_at=steps)
    world.finish()
    world.close()
    assert (world.violations != []) == is_seen


def test_the_settings_name_a_folder_that_is_there(tmp_path: Path) -> None:
    export_environment({"REVOPS_FOLDER__PATH": str(tmp_path), "REVOPS_FOLDER__CSV_BOM": "true"})
    with account_of("folder").open(load(Settings).http, SystemClock()) as opened:
        assert isinstance(opened, OpenFolder)
        assert (opened.path, opened.csv_bom, opened.is_on_loopback) == (tmp_path, True, True)
    export_environment({"REVOPS_FOLDER__PATH": str(tmp_path / "nowhere")})
    with pytest.raises(Misconfigured, match="REVOPS_FOLDER__PATH"):
        account_of("folder").open(load(Settings).http, SystemClock())


# -- through a whole sync ---------------------------------------------------------------------


def spec_of(**more: Any) -> SyncSpec:
    names = ("account_score", "account_tier", "open_pipeline_amount")
    return SPEC.model_copy(
        update={
            "destination": "folder",
            "object": "accounts.csv",
            "mode": "mirror",
            "when_gone": "delete",
            "identify_by": Identifier(column="account_id", field="id"),
            "fields": tuple(FieldMapping(column=name, field=name) for name in names),
            **more,
        }
    )


def run(bench: Bench, folder: Path, spec: SyncSpec) -> SyncResult:
    with OpenFolder(folder) as tool:
        return run_sync(
            spec, tool, bench.warehouse, bench.state, SystemClock(), run_id=new_run_id()
        )


def test_a_mirror_is_a_complete_file_of_what_the_model_holds(bench: Bench, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    bench.judge()
    bench.wish([wished(n) for n in range(30)])
    assert run(bench, folder, spec_of()).delivery.outcomes == {"acknowledged": 30}
    bench.wish([wished(n, account_score=n + 1) for n in range(20)])
    run(bench, folder, spec_of())
    columns, rows = read("csv", (folder / "accounts.csv").read_bytes())
    assert columns == ["id", "account_score", "account_tier", "open_pipeline_amount"]
    assert {one["id"]: one["account_score"] for one in rows} == {
        f"acc-{n}": n + 1 for n in range(20)
    }
    assert all(math.isclose(one["open_pipeline_amount"] % 1, 0.5) for one in rows)
    assert run(bench, folder, spec_of()).plan.changes == ()
    assert files(folder) == ["accounts.csv"]


@pytest.mark.slow
def test_new_rows_are_a_file_for_each_run(bench: Bench, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    spec = spec_of(mode="create_only", when_gone=None, object="new-{batch}.parquet")
    bench.judge()
    for count in (3, 5, 5):
        bench.wish([wished(n) for n in range(count)])
        run(bench, folder, spec)
    found = [read("parquet", (folder / name).read_bytes())[1] for name in files(folder)]
    assert [[one["id"] for one in rows] for rows in found] == [
        ["acc-0", "acc-1", "acc-2"],
        ["acc-3", "acc-4"],
    ]


def test_a_mode_that_the_file_cannot_hold_is_refused_before_anything_is_sent(
    tmp_path: Path,
) -> None:
    with pytest.raises(Misconfigured, match="cannot delete nor upsert"):
        destination_for(spec_of(object="all-{batch}.csv"), OpenFolder(tmp_path))


def test_a_file_that_is_none_is_told() -> None:
    for ending, content in (("csv", b'"a'), ("ndjson", b"[1]"), ("parquet", b"PAR1")):
        with pytest.raises(Unreadable):
            read(ending, content)


def test_two_who_write_one_file_wait_for_each_other(tmp_path: Path) -> None:
    """Else the one who ends last takes back what the other has written meanwhile."""
    ours, theirs = destination(tmp_path), destination(tmp_path)
    other = threading.Thread(target=lambda: theirs.write("upsert", [row("2", name="theirs")]))
    table = FolderFiles._table

    def begun(self: FolderFiles, content: bytes | None) -> Any:
        if self is ours:
            other.start()
            other.join(0.3)
        return table(self, content)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(FolderFiles, "_table", begun)
        ours.write("upsert", [row("1", name="ours")])
        other.join()
    held = destination(tmp_path).read(["1", "2"], ["name"])
    assert held == {"1": {"name": "ours"}, "2": {"name": "theirs"}}


def test_an_object_is_the_same_in_whatever_order_it_was_kept(tmp_path: Path) -> None:
    """A state store may keep it in another order than it was sent in."""
    made = destination(tmp_path)
    made.write("upsert", [row("1", tags={"b": 1, "a": ["日本"]})])
    held = made.read(["1"], ["tags"])["1"]["tags"]
    assert made.holds(held, {"a": ["日本"], "b": 1})
    assert not made.holds(held, {"a": ["日本"], "b": 2})
    assert not made.holds(held, {"a": ["日本"], "b": True})
    assert not made.holds("no document", {"a": 1})
