"""A map and its table as the command reads them, and the rows that are no records."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from identity.mapping import MapDocument, read_map
from identity.records import Refusal, read_records, read_reference
from warehouse.connection import scratch
from warehouse.errors import Misconfigured

MAP = """\
entity: person
record: id
source: from
updated_at: changed
fields:
  given_name: first
  street: [number, street]
  email: [mail, mail2]
truth: who
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "map.yml").write_text(MAP, encoding="utf-8")
    return tmp_path


def read(path: Path, mapped: MapDocument) -> tuple[list[dict[str, Any]], list[Refusal]]:
    with scratch() as session:
        refused = read_records(session, path, mapped, "records")
        return session.rows("from records order by row"), refused


ROWS = [
    {
        "id": "1",
        "from": "crm",
        "changed": "2024-03-01T09:00:00+09:00",
        "first": " Ann ",
        "number": "12",
        "street": "High St",
        "mail": "a@x.test",
        "mail2": None,
        "who": "A",
    },
    {
        "id": "2",
        "from": "web",
        "changed": "1700000000",
        "first": "太郎",
        "number": None,
        "street": "",
        "mail": None,
        "mail2": None,
        "who": None,
    },
]


def written(folder: Path, kind: str) -> Path:
    path = folder / f"records.{kind}"
    if kind in {"csv", "tsv"}:
        mark = "," if kind == "csv" else "\t"
        lines = [mark.join(ROWS[0]), *(mark.join(v or "" for v in one.values()) for one in ROWS)]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    elif kind == "json":
        path.write_text(json.dumps(ROWS), encoding="utf-8")
    elif kind == "ndjson":
        path.write_text("".join(json.dumps(one) + "\n" for one in ROWS), encoding="utf-8")
    else:
        pq.write_table(pa.Table.from_pylist(ROWS), path)
    return path


@pytest.mark.parametrize("kind", ["csv", "tsv", "json", "ndjson", "parquet"])
def test_every_kind_of_file_gives_the_same_records(folder: Path, kind: str) -> None:
    (one, two), refused = read(written(folder, kind), read_map(folder / "map.yml", beside=folder))
    assert refused == []
    assert (one["record"], one["source"], one["given_name"]) == ("1", "crm", "Ann")
    assert (one["street"], one["emails"], one["truth"]) == ("12 High St", ["a@x.test"], "A")
    assert one["updated_at"] == datetime(2024, 3, 1, tzinfo=UTC)
    assert two["updated_at"] == datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC)
    assert (two["given_name"], two["street"], two["emails"], two["family_name"]) == (
        ("太郎", None, None, None)
    )


def test_lists_in_json_are_many_values(folder: Path) -> None:
    path = folder / "many.json"
    path.write_text('[{"id": 1, "mails": ["a@x.test", " ", "b@x.test"]}]', encoding="utf-8")
    mapped = MapDocument(entity="person", record="id", fields={"email": "mails"})
    assert read(path, mapped)[0][0]["emails"] == ["a@x.test", "b@x.test"]


def test_without_a_column_of_ids_the_number_of_the_row_is_the_id(folder: Path) -> None:
    mapped = MapDocument(entity="person", fields={"given_name": "first"})
    rows, _ = read(written(folder, "csv"), mapped)
    assert [one["record"] for one in rows] == ["1", "2"]


def test_rows_that_are_no_records_are_named_and_the_rest_goes_on(folder: Path) -> None:
    path = folder / "bad.csv"
    path.write_bytes(b'id,first\n1,Ann\n2\n,Bob\n4,\xff\n1,Eve\n6,"Joe, Jr"\n7,a,b\n')
    mapped = MapDocument(entity="person", record="id", fields={"given_name": "first"})
    rows, refused = read(path, mapped)
    assert [one["given_name"] for one in rows] == ["Ann", "Joe, Jr"]
    assert [(one.row, one.field) for one in refused] == [
        (2, "first"),
        (3, "id"),
        (4, "first"),
        (5, "id"),
        (7, "row"),
    ]
    assert refused[3].reason == "is '1', as in row 1"
    assert {one.file for one in refused} == {"bad.csv"}


def test_a_line_that_is_no_object_is_named(folder: Path) -> None:
    path = folder / "bad.ndjson"
    path.write_text('{"id": 1, "n": "a"}\n{"id": 2,\n[3]\n{"id": 4, "n": "b"}\n', encoding="utf-8")
    mapped = MapDocument(entity="company", record="id", fields={"name": "n"})
    rows, refused = read(path, mapped)
    assert [one["name"] for one in rows] == ["a", "b"]
    assert [one.row for one in refused] == [2, 3]


def test_blanks_around_a_heading_are_not_part_of_it(folder: Path) -> None:
    path = folder / "blank.csv"
    path.write_text("id, first\n1, Ann\n", encoding="utf-8")
    mapped = MapDocument(entity="person", record="id", fields={"given_name": "first"})
    assert read(path, mapped)[0][0]["given_name"] == "Ann"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("entity: person\nfields: {given_name: a}\nkeys: 1\n", "map.yml:3: keys: "),
        ("entity: persons\nfields: {name: a}\n", "map.yml:1: entity: "),
        ("entity: person\nfields: {name: a}\n", "name is no field of a person"),
        ("entity: person\nfields: {given_name: []}\n", "given_name names no column"),
        ("entity: person\nfields: {}\n", "no field is mapped"),
        ("entity: company\nfields: {name: a}\naccount_truth: b\n", "account_truth"),
        ("entity: person\nfields: {company: a}\nreference_truth: b\n", "there is no reference"),
    ],
)
def test_a_fault_of_the_map_is_told_with_its_place(folder: Path, text: str, fault: str) -> None:
    (folder / "map.yml").write_text(text, encoding="utf-8")
    with pytest.raises(Misconfigured) as told:
        read_map(folder / "map.yml", beside=folder)
    assert fault in told.value.message


def test_a_column_that_the_table_lacks_is_told_with_those_it_has(folder: Path) -> None:
    mapped = MapDocument(entity="person", record="id", fields={"given_name": "forename"})
    with pytest.raises(Misconfigured, match="given_name: forename") as told:
        read(written(folder, "csv"), mapped)
    assert "first" in str(told.value.advice)


@pytest.mark.parametrize(
    ("name", "content"),
    [("none.csv", None), ("a.xlsx", b"x"), ("a.json", b"[{]"), ("a.parquet", b"")],
)
def test_what_cannot_be_read_is_told(folder: Path, name: str, content: bytes | None) -> None:
    if content is not None:
        (folder / name).write_bytes(content)
    with pytest.raises(Misconfigured, match=name.replace(".", r"\.")):
        read(folder / name, MapDocument(entity="person", fields={"given_name": "first"}))


@pytest.mark.parametrize("place", ["", "data"])
def test_a_reference_is_found_beside_the_map_or_the_records(folder: Path, place: str) -> None:
    (folder / "data").mkdir()
    (folder / place / "known.csv").write_text("nr,title,web\n7,Acme,acme.test\n", encoding="utf-8")
    (folder / "map.yml").write_text(
        "entity: person\nfields: {company: c}\nreference:\n  from: known.csv\n  record: nr\n"
        "  fields: {name: title, website: [web]}\n",
        encoding="utf-8",
    )
    reference = read_map(folder / "map.yml", beside=folder / "data").reference
    assert reference is not None
    with scratch() as session:
        assert read_reference(session, reference, "reference") == []
        (one,) = session.rows("select record, name, websites from reference")
    assert one == {"record": "7", "name": "Acme", "websites": ["acme.test"]}
