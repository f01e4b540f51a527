"""How alike two names are: scripts, order, spellings; and what no spelling makes one name."""

from __future__ import annotations

import csv
import itertools
from typing import Literal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from identity.names.compare import THRESHOLD, compare_names
from warehouse.settings import PROJECT_ROOT

CASES = PROJECT_ROOT.parent / "shared" / "data" / "name_bench" / "cases.csv"
Kind = Literal["person", "company"]


def likeness(left: str | None, right: str | None, kind: Kind) -> float | None:
    one, other = (pa.array([name], pa.string()) for name in (left, right))
    (found,) = compare_names(one, other, kind=kind).to_pylist()
    return None if found is None else float(found)


def is_one(left: str, right: str, kind: Kind) -> bool:
    found = likeness(left, right, kind)
    assert found is not None
    assert found == likeness(right, left, kind)
    return found >= THRESHOLD


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Haruka Lindqvist", "Lindqvist, Haruka"),
        ("Haruka Lindqvist", "HARUKA LINDKVIST"),
        ("Haruka Lindqvist", "Haruka Lindqivst"),
        ("Haruka Lindqvist", "HarukaLindqvist"),
        ("Haruka Lindqvist", "H. Lindqvist"),
        ("Haruka Lindqvist", "Dr Haruka Maria Lindqvist"),
        ("Jean-Luc Moreau", "JL Moreau"),
        ("William Archer", "Bill Archer"),
        ("Mikhail Zhukov", "Михаил Жуков"),
        ("Mikhail Zhukov", "Michail Zhukow"),
        ("Eleni Papadaki", "Ελένη Παπαδάκη"),
        ("Khalid bin Nasser", "Khaled ibn Nassir"),
        ("Fernando Campos", "فرناندو كامبوس"),
        ("Taro Yamada", "山田太郎"),
        ("Yamada Tarou", "山田 太郎"),
        ("ヤマダ タロウ", "山田 太郎"),
        ("Taro Yamada", "ﾔﾏﾀﾞ ﾀﾛｳ"),
        ("山田 太郎", "太郎　山田"),
        ("髙橋 一郎", "高橋一郎様"),
        ("Li Xiu", "Xiu Li"),
        ("P3ter Hollis", "Peter Hollis"),
    ],
)
def test_spellings_of_one_person_are_one_name(left: str, right: str) -> None:
    assert is_one(left, right, "person")


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Haruka Lindqvist", "Harold Lindqvist"),
        ("Haruka Lindqvist", "Haruka Lundgren"),
        ("Haruka A. Lindqvist", "Haruka B. Lindqvist"),
        ("Lindqvist", "Haruka Lindqvist"),
        ("H. L.", "Haruka Lindqvist"),
        ("Oleg Ivanovich Petrov", "Oleg Petrovich Petrov"),
        ("Nasser bin Khalid Qasimi", "Khalid bin Nasser Qasimi"),
        ("Robert Archer", "William Archer"),
        ("山田 太郎", "山田 次郎"),
        ("山田 太郎", "田中 太郎"),
        ("山田 太郎", "Jiro Yamada"),
        ("山田", "山田 太郎"),
        ("김민준", "김민재"),
        ("", "Haruka Lindqvist"),
    ],
)
def test_people_who_share_a_part_of_the_name_are_two(left: str, right: str) -> None:
    assert not is_one(left, right, "person")


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Northwind Trading Company", "Northwind Trading Co."),
        ("Northwind Trading", "The Northwind Trading Corp"),
        ("Northwind Aktiengesellschaft", "Northwind AG"),
        ("Northwind Aktiengeselschaft", "NorthwindAG"),
        ("OOO Severny Veter", "Limited Liability Company Severny Veter"),
        ("ООО Северный Ветер", "Severnyy Veter LLC"),
        ("N.W.T. Company", "NWT Co"),
        ("Procter and Hale", "Procter & Hale"),
        ("North Wind Ltd", "Northwind Limited"),
        ("Northwnid Trading", "Northwind Trading"),
        ("First Harbour Bank", "1st Harbour Bank"),
        ("Fund Forty-Two", "Fund 42"),
        ("Harbour Fund", "Harbour Fund I"),
        ("Harbour Int'l Bank", "Harbour International Bank"),
        ("Northern Harbour Freight", "NHF"),
        ("Northwind / Severny Veter", "Severny Veter"),
        ("株式会社みなと商事", "みなと商事株式会社"),
        ("㈱みなと商事", "みなと商事"),
        ("株式会社エヌ・ティ・エス", "NTS株式会社"),
        ("株式会社トヨハシ", "Toyohashi Co., Ltd."),
        ("藤田商事株式会社", "Fujita Shoji"),
    ],
)
def test_spellings_of_one_company_are_one_name(left: str, right: str) -> None:
    assert is_one(left, right, "company")


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Northwind Trading", "Northwind Shipping"),
        ("Northwind", "Northwind Shipping"),
        ("Northwind Shipping (France)", "Northwind Shipping (Japan)"),
        ("NWT Aviation", "NWD Aviation"),
        ("Northwind AG", "Northwind GmbH"),
        ("Harbour Fund II", "Harbour Fund III"),
        ("Harbour Fund", "Harbour Fund II"),
        ("Harbour Trust 2004-1", "Harbour Trust 2005-1"),
        ("The Dove Trust", "The Dune Trust"),
        ("みなと商事", "みなと電機"),
        ("株式会社みなと", "有限会社みなと"),
        ("第一みなと商事", "第二みなと商事"),
        ("佐藤工業株式会社", "加藤工業株式会社"),
    ],
)
def test_companies_that_share_a_part_of_the_name_are_two(left: str, right: str) -> None:
    assert not is_one(left, right, "company")


def test_a_likeness_of_nothing_is_unknown() -> None:
    assert likeness(None, "Haruka Lindqvist", "person") is None


texts = st.text(st.sampled_from("abcde  гдж高橋一サト김é'.-/&1２株式会社"), max_size=14)
kinds = st.sampled_from(("person", "company"))


@settings(max_examples=200, deadline=None)
@given(texts, texts, kinds)
def test_a_likeness_is_a_share_and_the_same_both_ways(left: str, right: str, kind: Kind) -> None:
    found = likeness(left, right, kind)
    assert found is not None
    assert 0 <= found <= 1
    assert found == likeness(right, left, kind)


@settings(max_examples=100, deadline=None)
@given(texts, kinds)
def test_a_name_is_itself(name: str, kind: Kind) -> None:
    assert likeness(name, name, kind) == 1
    assert likeness(name, f" {name.upper()}", kind) == 1


@pytest.mark.parametrize("order", list(itertools.permutations(("Haruka", "Maria", "Lindqvist"))))
def test_the_order_of_words_does_not_matter(order: tuple[str, ...]) -> None:
    ordered = " ".join(order)
    assert likeness(ordered, "Haruka Maria Lindqvist", "person") == 1
    assert likeness(ordered, "Haruka Maria Lundgren", "person") == likeness(
        "Haruka Maria Lindqvist", "Haruka Maria Lundgren", "person"
    )


@pytest.mark.skipif(not CASES.exists(), reason="needs ../shared/data/name_bench")
@pytest.mark.parametrize(
    ("kind", "schemas", "least"),
    [("person", {"Person"}, 0.90), ("company", {"Company", "Organization"}, 0.90)],
)
def test_labelled_pairs_are_judged_as_well_as_published(
    kind: Kind, schemas: set[str], least: float
) -> None:
    with CASES.open(encoding="utf-8") as file:
        cases = [case for case in csv.DictReader(file) if case["schema"] in schemas]
    left, right = (pa.array([case[name] for case in cases]) for name in ("name1", "name2"))
    found = [score >= THRESHOLD for score in compare_names(left, right, kind=kind).to_pylist()]
    labels = [case["is_match"] == "true" for case in cases]
    both = sum(one and other for one, other in zip(found, labels, strict=True))
    assert 2 * both / (sum(found) + sum(labels)) >= least
