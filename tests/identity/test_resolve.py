"""`revops identity resolve` on tables of several kinds, as one types it."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.csv as pacsv
import pytest

from tests.identity.drawn_people import drawn
from tests.orchestration.command import revops

PEOPLE = """\
entity: person
record: record
fields:
  given_name: given_name
  family_name: family_name
  birth_date: birth_date
  street: street
  postcode: postcode
truth: truth
"""
CONTACTS = """\
entity: person
record: id
fields: {full_name: name, email: mail, company: firm}
truth: who
reference:
  from: known.csv
  record: id
  fields: {name: name, website: site}
reference_truth: firm_id
"""


def resolved(folder: Path, map_text: str, *more: str) -> tuple[int, str, list[dict[str, str]]]:
    (folder / "map.yml").write_text(map_text, encoding="utf-8")
    files = ("--from", "records.csv", "--map", "map.yml", "--out", "out.csv")
    places = [one if one.startswith("--") else str(folder / one) for one in files]
    said = revops("identity", "resolve", *places, *more)
    out = folder / "out.csv"
    rows = list(csv.DictReader(out.open(encoding="utf-8"))) if out.exists() else []
    return said.code, said.out, rows


def write(folder: Path, name: str, *lines: str) -> None:
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.slow
def test_people_with_birth_dates_and_addresses_are_found_without_labels(tmp_path: Path) -> None:
    records = drawn(300, seed=7)
    flat = [name for name in records.column_names if not pa.types.is_list(records[name].type)]
    pacsv.write_csv(records.select(flat), tmp_path / "records.csv")
    code, out, rows = resolved(tmp_path, PEOPLE, "--json")
    said = json.loads(out)
    assert code == 0
    assert said["records"] == len(rows) == records.num_rows
    assert said["clusters"] == len({row["cluster"] for row in rows})
    assert said["quality"]["f1"] > 0.97
    assert all(0 <= float(row["confidence"]) <= 1 for row in rows)


def contacts(folder: Path) -> None:
    write(
        folder,
        "records.csv",
        "id,name,mail,firm,who,firm_id",
        "1,Ann Archer,ann@acme.test,Acme Ltd,A,1",
        "2,Archer Ann,ann@acme.test,Acme Limited,A,1",
        "3,Bob Baker,info@acme.test,Acme,B,1",
        "4,Carl Cook,info@acme.test,Acme,C,1",
        "5,Dora Diaz,dora@other.test,Other GmbH,D,",
    )
    write(folder, "known.csv", "id,name,site", "1,Acme Ltd,acme.test", "2,Unlike Inc,unlike.test")


def test_contacts_get_clusters_accounts_and_their_company_of_the_list(tmp_path: Path) -> None:
    contacts(tmp_path)
    code, out, rows = resolved(tmp_path, CONTACTS)
    assert code == 0
    assert list(rows[0]) == [
        "record", "cluster", "confidence", "account", "reference", "reference_rule"
    ]  # fmt: skip
    assert [row["cluster"] for row in rows] == ["1", "1", "3", "4", "5"]
    assert [row["reference"] for row in rows] == ["1", "1", "1", "1", ""]
    assert len({row["account"] for row in rows[:4]}) == 1
    assert "5 records are 4 clusters" in out
    assert "reference" in out


def test_companies_known_by_name_alone(tmp_path: Path) -> None:
    write(tmp_path, "records.csv", "id,name", "1,株式会社オト", "2,(株)オト", "3,オトコ株式会社")
    code, _, rows = resolved(tmp_path, "entity: company\nrecord: id\nfields: {name: name}\n")
    assert code == 0
    assert [row["cluster"] for row in rows] == ["1", "1", "3"]


def test_the_numbers_of_two_companies_are_never_one_cluster(tmp_path: Path) -> None:
    rows = [f"{n},Acme,{cn}" for n, cn in enumerate(["1180301018771", "7000012050002", ""])]
    write(tmp_path, "records.csv", "id,name,cn", *rows)
    fields = "fields: {name: name, corporate_number: cn}"
    _, _, found = resolved(tmp_path, f"entity: company\nrecord: id\n{fields}\n")
    assert found[0]["cluster"] != found[1]["cluster"]


def test_a_row_that_is_no_record_is_told_and_the_rest_is_resolved(tmp_path: Path) -> None:
    write(tmp_path, "records.csv", "id,name", "1,Acme", ",Other", "1,Else")
    code, out, rows = resolved(tmp_path, "entity: company\nrecord: id\nfields: {name: name}\n")
    assert code == 4
    assert [row["record"] for row in rows] == ["1"]
    assert "records.csv, row 2, id: is empty" in out
    assert "records.csv, row 3, id: is '1', as in row 1" in out


@pytest.mark.parametrize(
    ("map_text", "told"),
    [
        ("entity: company\nfields: {title: name}\n", "title is no field of a company"),
        ("entity: company\nfields: {name: nom}\n", "name: nom"),
    ],
)
def test_a_wrong_map_ends_with_2(tmp_path: Path, map_text: str, told: str) -> None:
    write(tmp_path, "records.csv", "id,name", "1,Acme")
    code, out, _ = resolved(tmp_path, map_text, "--json")
    assert code == 2
    assert told in json.loads(out)["error"]
