"""Readings of names: kana and letters in one spelling, characters read as names are read."""

from __future__ import annotations

import pytest

from identity.names.reading import (
    family_readings,
    given_readings,
    reads_as,
    shared_reading,
    split_full_name,
)
from identity.names.transliteration import folded_names, in_latin, kana_in_letters, romaji_key


@pytest.mark.parametrize(
    ("spellings", "key"),
    [
        ("satou satoh satoo sato", "sato"),
        ("shota shouta syouta shohta", "shota"),
        ("tsuchiya tutiya tsutiya", "tsuchiya"),
        ("fujita hujita huzita", "fujita"),
        ("honma homma", "honma"),
        ("junpei jumpei zyunpei jyunpei", "junpei"),
        ("shin'ichi shinichi sinniti", "shinichi"),
        ("oono ohno ono", "ono"),
        ("hattori", "hattori"),
        ("hotchi hocchi", "hochi"),
    ],
)
def test_romanisations_of_one_reading_have_one_key(spellings: str, key: str) -> None:
    assert {romaji_key(word) for word in spellings.split()} == {key}


@pytest.mark.parametrize("word", ["martin", "smith", "hugh", "campbell", "brown"])
def test_a_word_that_is_no_japanese_is_left_as_it_is(word: str) -> None:
    assert romaji_key(word) == word


@pytest.mark.parametrize(
    ("kana", "letters"),
    [
        ("サトウ", "satou"),
        ("ショウタ", "shouta"),
        ("イッペイ", "ippei"),
        ("ジュンイチ", "junichi"),
        ("マッチ", "matchi"),
        ("ヴィクトリア", "vikutoria"),
        ("フジワラ ユウコ", "fujiwara yuuko"),
    ],
)
def test_kana_are_written_in_hepburn(kana: str, letters: str) -> None:
    assert kana_in_letters(kana) == letters


@pytest.mark.parametrize(
    ("typed", "folded"),
    [
        ("ﾔﾏｻﾞｷ", "ヤマザキ"),
        ("やまざき", "ヤマザキ"),
        ("ＹＡＭＡＺＡＫＩ", "yamazaki"),
        ("髙橋", "高橋"),
        ("渡邉", "渡辺"),
        ("渡邊", "渡辺"),
        ("眞嶋", "真島"),
        ("Żółć", "zolc"),
    ],
)
def test_widths_kana_and_old_characters_are_folded(typed: str, folded: str) -> None:
    assert folded_names(typed) == folded


@pytest.mark.parametrize(
    ("name", "latin"),
    [
        ("Владимир Путин", "vladimir putin"),
        ("ბარაკ", "barak'"),
        ("Κυριάκος", "kyriakos"),
        ("김정은", "gimjeongeun"),
        ("さとう ゆうこ", "satou yuuko"),
    ],
)
def test_every_script_can_be_written_in_letters(name: str, latin: str) -> None:
    assert in_latin(name) == latin


def test_family_names_are_read_by_the_dictionary() -> None:
    assert family_readings("佐藤") == ("sato",)
    assert {"higashi", "azuma"} <= set(family_readings("東"))


def test_a_given_name_has_several_readings() -> None:
    assert {"yuko", "hiroko"} <= set(given_readings("裕子"))


@pytest.mark.parametrize(
    ("name", "reading"),
    [
        ("裕子", "yuko"),
        ("優太", "yuta"),
        ("一郎", "ichiro"),
        ("美咲", "misaki"),
        ("奈々", "nana"),
        ("寿々", "suzu"),
        ("凛々", "rinrin"),
        ("心愛", "kokoa"),
        ("ユウ子", "yuko"),
    ],
)
def test_characters_may_be_read_as_names_read_them(name: str, reading: str) -> None:
    assert reads_as(name, reading)


@pytest.mark.parametrize(
    ("name", "reading"),
    [("一郎", "jiro"), ("健太", "kenji"), ("美咲", "miho"), ("花子", "hana"), ("花", "hanako")],
)
def test_characters_are_not_read_as_they_never_are(name: str, reading: str) -> None:
    assert not reads_as(name, reading)


def test_names_that_sound_alike_are_found() -> None:
    assert shared_reading("裕子", "祐子")
    assert not shared_reading("裕子", "花江")


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("山崎無敵", ("山崎", "無敵")),
        ("佐々木希", ("佐々木", "希")),
        ("林真理子", ("林", "真理子")),
        ("五十嵐翔", ("五十嵐", "翔")),
        ("長谷川", None),
        ("長谷川誠", ("長谷川", "誠")),
        ("東海林太郎", ("東海林", "太郎")),
    ],
)
def test_a_full_name_is_cut_behind_the_family_name(
    name: str, parts: tuple[str, str] | None
) -> None:
    assert split_full_name(name) == parts
