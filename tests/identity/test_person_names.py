"""Names of people: widths, scripts, characters, titles, order; what makes two keys equal."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from identity.names.person import distinct_name_keys, person_name_keys
from identity.names.person_pairs import (
    ALIKE,
    DIFFERENT,
    SAME,
    UNKNOWN,
    add_name_level,
    name_level_of,
    names_compatible,
)
from warehouse.connection import scratch

# Given name, family name, full name, reading.
Row = tuple[str | None, str | None, str | None, str | None]


def keys(*rows: Row) -> Any:
    columns = zip(*rows, strict=True)
    return person_name_keys(*(pa.array(column, pa.string()) for column in columns))


def full(name: str) -> Row:
    return None, None, name, None


def one(*row: str | None) -> dict[str, Any]:
    (found,) = keys(row).to_pylist()  # type: ignore[arg-type]
    return dict(found)


@pytest.mark.parametrize(
    "spelling",
    [
        ("一郎", "高橋", None, None),
        ("一郎", "髙橋", None, None),
        ("高橋", "一郎", None, None),
        full("高橋　一郎"),
        full("髙橋 一郎 様"),
        full("高橋一郎"),
        full("高橋一郎先生"),
        full("一郎 高橋"),
    ],
)
def test_a_name_in_characters_has_one_key_however_it_is_typed(spelling: Row) -> None:
    found = one(*spelling)
    assert found["token_key"] == one("一郎", "高橋", None, None)["token_key"]
    assert (found["script"], found["is_full"]) == ("han", True)


@pytest.mark.parametrize("name", ["山﨑", "山崎"])
def test_variants_of_a_character_are_one(name: str) -> None:
    assert one("無敵", name, None, None)["family"] == "山崎"


@pytest.mark.parametrize(
    ("given", "family"), [("一郎", "高橋"), ("健一", "祖父江"), ("Ichiro", "Takahashi")]
)
def test_parts_in_each_other_s_column_are_put_right(given: str, family: str) -> None:
    assert one(family, given, None, None)["family"] == one(given, family, None, None)["family"]


def test_characters_that_only_share_a_reading_are_two() -> None:
    assert (
        one("花子", "斎藤", None, None)["token_key"] != one("花子", "斉藤", None, None)["token_key"]
    )


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("サトウ ハナコ", "ｻﾄｳ ﾊﾅｺ"),
        ("サトウ ハナコ", "さとう　はなこ"),
        ("サトウ ハナコ", "サトウハナコ"),
        ("サトウ ハナコ", "ハナコ サトウ"),
        ("ジュンコ", "ｼﾞﾕﾝｺ"),
        ("ｶﾞｷﾞｸﾞ", "ガギグ"),
        ("John Smith", "Ｊｏｈｎ　ＳＭＩＴＨ"),
        ("John Smith", "Smith, John"),
        ("John Smith", "Mr. John Smith"),
        ("John Smith", "Dr. John A. Smith Jr."),
        ("John Smith", "smith john"),
        ("Sinéad O'Connor", "Sinead O’Connor"),
        ("Akane Matsuda", "MatsudaAkane"),
    ],
)
def test_the_same_words_have_one_key(left: str, right: str) -> None:
    first, second = (one(*full(name)) for name in (left, right))
    assert first["token_key"] == second["token_key"]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("John Smith", "Joan Smith"),
        ("J. Smith", "K. Smith"),
        ("Ludwig van Beethoven", "Ludwig Beethoven"),
        ("サトウ ハナコ", "サトウ ハルコ"),
        ("佐藤 花子", "佐藤 花"),
        ("McDonald Ann", "Mc Donald Anna"),
    ],
)
def test_other_words_have_another_key(left: str, right: str) -> None:
    first, second = (one(*full(name)) for name in (left, right))
    assert first["token_key"] != second["token_key"]


@pytest.mark.parametrize(
    "row",
    [
        ("裕子", "佐藤", None, "サトウ ユウコ"),
        ("裕子", "佐藤", None, "ｻﾄｳ ﾕｳｺ"),
        ("裕子", "佐藤", None, "さとうゆうこ"),
        ("裕子", "佐藤", None, "Satou Yuuko"),
        ("裕子", "佐藤", None, "ユウコ サトウ"),
        ("ユウコ", "サトウ", None, None),
        ("Yuko", "Satoh", None, None),
        ("Yuuko", "SATO", None, None),
        ("Sato", "Yuko", None, None),
        full("サトウユウコ"),
        full("Yuko Sato"),
    ],
)
def test_kana_letters_and_a_reading_beside_characters_give_one_reading(row: Row) -> None:
    found = one(*row)
    assert (found["family_reading"], found["given_reading"]) == ("sato", "yuko")
    assert found["reading_key"] == "sato yuko"
    assert found["initials"] == "sy"


def test_a_name_in_characters_alone_has_guesses_only() -> None:
    found = one("裕子", "佐藤", None, None)
    assert found["reading_key"] is None
    assert found["family_readings"] == ["sato"]
    assert {"sato yuko", "hiroko sato"} <= set(found["reading_keys"])


def test_no_reading_is_guessed_where_nobody_wants_it() -> None:
    columns = [pa.array([text], pa.string()) for text in ("裕子", "佐藤", None, None)]
    found = person_name_keys(*columns, guess_readings=False)
    assert found.field("reading_keys").to_pylist() == [None]


def test_a_name_is_read_once_however_many_records_have_it() -> None:
    rows = [full("高橋 一郎"), full("髙橋一郎様"), (None, None, None, None), full("Jo Smith")]
    columns = [pa.array(column, pa.string()) for column in zip(*rows, strict=True)]
    names, places = distinct_name_keys(*columns)
    assert names.field("family").to_pylist() == ["高橋", None, "smith"]
    assert names.take(places) == person_name_keys(*columns)


def test_the_words_of_a_guess_are_in_order_also_where_a_part_has_two() -> None:
    guesses = one("太 一", "高橋", None, None)["reading_keys"]
    assert "ichi ta takahashi" in guesses
    assert [key.split() for key in guesses] == [sorted(key.split()) for key in guesses]


@pytest.mark.parametrize("nothing", [None, "", "  ", "-", "様"])
def test_what_is_no_name_gives_nothing(nothing: str | None) -> None:
    found = one(None, None, nothing, None)
    assert nothing == "様" or not any(found.values())


@pytest.mark.parametrize(
    ("row", "is_full"),
    [
        (full("田中"), False),
        (full("長谷川"), False),
        (full("田中 一郎"), True),
        (full("J. Smith"), False),
        (full("Smith"), False),
        (full("Jo Smith"), True),
    ],
)
def test_a_family_name_or_an_initial_is_no_full_name(row: Row, is_full: bool) -> None:
    assert one(*row)["is_full"] is is_full


def level(left: Row, right: Row) -> int:
    (found,) = names_compatible(keys(left), keys(right)).to_pylist()
    (back,) = names_compatible(keys(right), keys(left)).to_pylist()
    assert found == back
    return int(found)


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ("高橋 一郎", "髙橋一郎", SAME),
        ("高橋 一郎", "タカハシ イチロウ", ALIKE),
        ("高橋 一郎", "Ichiro Takahashi", ALIKE),
        ("高橋 一郎", "Takahashi Ichirou", ALIKE),
        ("高橋 一郎", "Takahashi Jiro", UNKNOWN),
        ("高橋 一郎", "高橋 二郎", DIFFERENT),
        ("高橋 一郎", "高橋", UNKNOWN),
        ("高橋 一郎", "Tanaka Ichiro", DIFFERENT),
        ("高橋 裕子", "高橋 祐子", UNKNOWN),
        ("Nobuyuki Reed", "N. Reed", ALIKE),
        ("Neil Reed", "M. Reed", DIFFERENT),
        ("Bob Reed", "Robert Reed", ALIKE),
        ("Robert Reed", "Robert A. Reed", SAME),
        ("Robert Reed", "Robret Reed", ALIKE),
        ("Robert Reed", "Robert Rede", ALIKE),
        ("Reed Robert", "Rob Reed", ALIKE),
        ("Yuki Sato", "Yuka Sato", UNKNOWN),
        ("Erica Reed", "Eric Reed", UNKNOWN),
        ("Robert Reed", "Robert", UNKNOWN),
        ("Robert Reed", "Alice Reed", DIFFERENT),
        ("Robert Reed", "Robert Johnson", DIFFERENT),
        ("Alice Kimura", "Robert Sato", DIFFERENT),
    ],
)
def test_two_names_in_one_place_are_told_apart(left: str, right: str, expected: int) -> None:
    assert level(full(left), full(right)) == expected


def test_a_missing_name_says_nothing() -> None:
    assert level(full("Robert Reed"), (None, None, None, None)) == UNKNOWN


names = st.text(st.sampled_from("abc dé高橋一郎サトウ さとう'.,-　ﾊﾟー々李김Ж"), max_size=12)


@settings(max_examples=200, deadline=None)
@given(names, names, names, names)
def test_any_text_can_be_read_and_compared(a: str, b: str, c: str, d: str) -> None:
    rows = keys((a, b, c, d), (None, None, a, b), (c, d, None, a))
    turned = rows.take(pa.array([1, 2, 0]))
    there, back = names_compatible(rows, turned), names_compatible(turned, rows)
    assert there == back
    named = [found["is_full"] for found in rows.to_pylist()]
    for is_full, itself in zip(named, names_compatible(rows, rows).to_pylist(), strict=True):
        assert itself == SAME or not is_full


def test_sql_compares_rows_of_name_keys() -> None:
    people = keys(full("Robert Reed"), full("Bob Reed"), full("Alice Reed"), full("高橋 一郎"))
    with scratch() as session:
        session.load("people", pa.Table.from_struct_array(people))
        add_name_level(session)
        found = session.rows(f"""
            select a.given as one, b.given as other, {name_level_of("a", "b")} as level
            from people as a, people as b where a.given < b.given order by all
        """)
    levels = [(row["one"], row["other"], row["level"]) for row in found]
    assert [pair for pair in levels if pair[2] != DIFFERENT] == [("bob", "robert", ALIKE)]
