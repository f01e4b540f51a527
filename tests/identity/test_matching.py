"""Records against a list of companies: what decides, what only tells apart, what stays open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pytest

from identity.matching import match
from warehouse.connection import Session, scratch

COLUMNS = pa.schema(
    [
        *((name, pa.string()) for name in ("record", "name", "corporate_number", "prefecture")),
        *((name, pa.list_(pa.string())) for name in ("websites", "emails")),
    ]
)
# Numbers with a right check digit, of no company.
ONE, OTHER = "6010001000001", "1010001000014"
LIST: list[dict[str, Any]] = [
    {
        "record": "A",
        "name": "株式会社ミナト製作所",
        "corporate_number": ONE,
        "prefecture": "東京都",
    },
    {"record": "B", "name": "ハマ商事株式会社", "prefecture": "大阪府大阪市北区1"},
    {"record": "C", "name": "ハマ商事株式会社", "prefecture": "福岡県"},
    {"record": "C2", "name": "ハマ商事株式会社", "prefecture": "福岡県"},
    {"record": "D", "name": "Harbour Trading Ltd", "websites": ["https://harbour.example.com/en"]},
    {
        "record": "E",
        "name": "ミナトシステムコンサルティング株式会社",
        "emails": ["info@minato-sc.co.jp"],
    },
    {"record": "F", "name": "Pier Works Ltd", "emails": ["desk@pier-group.co.jp"]},
    {"record": "G", "name": "Quay Works Ltd", "websites": ["pier-group.co.jp"]},
]


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with scratch(threads=1) as session:
        yield session


def matched(session: Session, **record: object) -> tuple[str, str] | None:
    """The company and the rule that one record is given."""
    records: list[dict[str, Any]] = [{"record": "x", **record}]
    session.load("lead", pa.Table.from_pylist(records, schema=COLUMNS))
    session.load("company", pa.Table.from_pylist(LIST, schema=COLUMNS))
    rows = match(session, "lead", "company").to_pylist()
    return (rows[0]["reference"], rows[0]["rule"]) if rows else None


@pytest.mark.parametrize(
    ("record", "company", "rule"),
    [
        ({"corporate_number": f"T{ONE}", "name": "社名変更株式会社"}, "A", "number"),
        ({"name": "(株)ミナト製作所　大阪支店"}, "A", "name"),
        ({"name": "ミナト製作所"}, "A", "name without form"),
        ({"name": "株式会社ミナト製作所", "prefecture": "大阪"}, "A", "name elsewhere"),
        ({"name": "ハマ商事㈱", "prefecture": "大阪府"}, "B", "name and prefecture"),
        ({"name": "ミナトシステムコンサルテイング株式会社"}, "E", "name"),
        ({"name": "ミナトシステムコンサルティンク株式会社"}, "E", "likeness"),
        ({"name": "HT", "websites": ["www.harbour.example.com"]}, "D", "site"),
        ({"name": None, "emails": ["a.b@gmail.com", "a.b@minato-sc.co.jp"]}, "E", "mail"),
    ],
)
def test_a_company_that_alone_fits_is_found(
    session: Session, record: dict[str, object], company: str, rule: str
) -> None:
    assert matched(session, **record) == (company, rule)


@pytest.mark.parametrize(
    "record",
    [
        {"name": "ハマ商事株式会社"},
        {"name": "ハマ商事株式会社", "prefecture": "北海道"},
        {"name": "ハマ商事株式会社", "prefecture": "福岡県"},
        {"name": "有限会社ミナト製作所"},
        {"name": "株式会社ミナト製作所", "corporate_number": OTHER},
        {"name": None, "emails": ["a.b@gmail.com"]},
        {"name": None, "emails": ["a.b@pier-group.co.jp"]},
        {"name": None},
    ],
)
def test_what_two_fit_or_none_stays_open(session: Session, record: dict[str, object]) -> None:
    assert matched(session, **record) is None


def test_a_number_with_a_wrong_check_digit_is_no_number(session: Session) -> None:
    found = matched(session, name="株式会社ミナト製作所", corporate_number="5010001000001")
    assert found == ("A", "name")
