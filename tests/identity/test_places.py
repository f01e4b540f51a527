"""Prefectures, postcodes, countries, and whose numbering plan a bare number follows."""

from __future__ import annotations

import pyarrow as pa
import pytest

from identity.places import countries, postcodes, prefectures, regions


@pytest.mark.parametrize(
    ("text", "prefecture"),
    [
        ("東京都", "東京都"),
        ("東京", "東京都"),
        ("東京都港区北青山１丁目", "東京都"),
        ("京都", "京都府"),
        ("京都府京都市", "京都府"),
        ("北海道札幌市", "北海道"),
        ("Tokyo-to", "東京都"),
        ("Ｏｓａｋａ", "大阪府"),
        ("Kyoto Prefecture", "京都府"),
        ("London", None),
        (None, None),
    ],
)
def test_a_prefecture_has_one_name(text: str | None, prefecture: str | None) -> None:
    assert prefectures(pa.array([text], pa.string()))[0].as_py() == prefecture


def test_a_prefecture_is_known_without_its_last_character() -> None:
    found = prefectures(pa.array(["大阪", "神奈川", "鹿児島", "和歌山"])).to_pylist()
    assert found == ["大阪府", "神奈川県", "鹿児島県", "和歌山県"]


@pytest.mark.parametrize(
    ("text", "postcode"),
    [
        ("〒107-0061", "1070061"),
        ("１０７－００６１", "1070061"),
        ("sw1a 1aa", "SW1A1AA"),
        ("-", None),
    ],
)
def test_a_postcode_has_no_punctuation(text: str, postcode: str | None) -> None:
    assert postcodes(pa.array([text]))[0].as_py() == postcode


@pytest.mark.parametrize(
    ("text", "country"), [("日本", "JP"), ("Japan", "JP"), ("jp", "JP"), ("Atlantis", None)]
)
def test_a_country_has_two_letters(text: str, country: str | None) -> None:
    assert countries(pa.array([text]))[0].as_py() == country


@pytest.mark.parametrize(
    ("country", "locale", "region"),
    [
        ("Japan", "en", "JP"),
        (None, "ja", "JP"),
        (None, "ja-JP", "JP"),
        (None, "en_US", "US"),
        # English is spoken under many plans.
        (None, "en", None),
        (None, None, None),
    ],
)
def test_a_number_without_a_code_is_read_by_country_then_locale(
    country: str | None, locale: str | None, region: str | None
) -> None:
    found = regions(pa.array([country], pa.string()), pa.array([locale], pa.string()))
    assert found[0].as_py() == region
