from __future__ import annotations

from pathlib import Path

import pytest

from warehouse.documents import Document, read_document
from warehouse.errors import Misconfigured


class Mapping(Document):
    field: str
    weight: int = 1


class Sync(Document):
    name: str
    fields: list[Mapping]
    limit: Mapping | None = None


GOOD = """\
name: companies
fields:
  - field: score
    weight: 2
  - field: 業種
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sync.yaml"


def fault_of(path: Path, text: str | bytes) -> str:
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(Misconfigured) as caught:
        read_document(path, Sync)
    assert str(path) in str(caught.value)
    return caught.value.message


def test_a_document_is_read_into_its_model(path: Path) -> None:
    path.write_text(GOOD)
    sync = read_document(path, Sync)
    assert [mapping.field for mapping in sync.fields] == ["score", "業種"]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("weight: 2", "weight: two", "sync.yaml:4: fields.0.weight: Input should be"),
        ("weight: 2", "wieght: 2", "sync.yaml:4: fields.0.wieght: Extra inputs are not permitted"),
        ("- field: 業種", "- weight: 3", "sync.yaml:5: fields.1.field: Field required"),
        ("name: companies", "nmae: companies", "sync.yaml:1: nmae: Extra inputs"),
        ("name: companies", "limit: 3", "sync.yaml:1: limit: Input should be"),
    ],
)
def test_a_fault_names_file_line_and_field(path: Path, old: str, new: str, fault: str) -> None:
    assert fault in fault_of(path, GOOD.replace(old, new))


def test_every_fault_has_a_line_of_its_own(path: Path) -> None:
    text = GOOD.replace("weight: 2", "weight: two").replace("field: 業種", "wieght: 1")
    faults = fault_of(path, text).splitlines()
    assert [fault.split(": ")[1] for fault in faults] == [
        "fields.0.weight",
        "fields.1.field",
        "fields.1.wieght",
    ]


@pytest.mark.parametrize("text", ["", "# only a comment\n", "- a list\n", "just text\n"])
def test_a_document_that_is_no_mapping_is_refused(path: Path, text: str) -> None:
    assert fault_of(path, text).startswith("sync.yaml:1: document: ")


@pytest.mark.parametrize(
    "text", ["name: [", "a: b: c", "name: !!python/object:x {}\n", b"\xff\xfe\x00"]
)
def test_a_file_that_is_not_yaml_is_named(path: Path, text: str | bytes) -> None:
    assert "sync.yaml" in fault_of(path, text)


def test_a_missing_file_is_named(path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"sync\.yaml cannot be read"):
        read_document(path, Sync)


def test_what_was_read_cannot_be_changed(path: Path) -> None:
    path.write_text(GOOD)
    with pytest.raises(ValueError, match="frozen"):
        read_document(path, Sync).name = "contacts"  # type: ignore[misc]
