"""Prefectures, postcodes and countries, as people write them, reduced to one code each."""

from __future__ import annotations

import csv
import functools
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute
import yaml

from identity.contact_points import folded
from warehouse.settings import PROJECT_ROOT

# Its functions are made at run time; its stubs know a part of them.
pc: Any = pyarrow.compute

_PREFECTURES = Path(__file__).with_name("prefectures.yaml")
_COUNTRIES = PROJECT_ROOT / "dbt_project" / "seeds" / "country_names.csv"

_LATIN_SUFFIX = r"[\s\-,]*(?:prefecture|pref\.?|ken|fu|to)$"


@functools.cache
def _prefectures() -> dict[str, str]:
    named: dict[str, str] = yaml.safe_load(_PREFECTURES.read_text(encoding="utf-8"))
    return named


@functools.cache
def _prefecture_spellings() -> dict[str, str]:
    latin = {spelling: name for name, spelling in _prefectures().items()}
    short = {name[:-1]: name for name in _prefectures() if name != "北海道"}
    return latin | short | {name: name for name in _prefectures()}


def prefectures(texts: Any) -> Any:
    """Per name of a prefecture, or address that begins with one, its full Japanese name."""
    spellings = _prefecture_spellings()
    plain = pc.replace_substring_regex(folded(texts), r"[\s'ʼ’]", "")
    latin = pc.replace_substring_regex(folded(texts), _LATIN_SUFFIX, "")
    beginning = pc.struct_field(
        pc.extract_regex(plain, rf"^(?P<prefecture>{'|'.join(_prefectures())})"), "prefecture"
    )
    return pc.coalesce(beginning, _looked_up(plain, spellings), _looked_up(latin, spellings))


def postcodes(texts: Any) -> Any:
    """Postcodes without punctuation and the mark 〒, in capitals; null where nothing is left."""
    plain = pc.utf8_upper(pc.replace_substring_regex(folded(texts), r"[^\pL\pN]", ""))
    return pc.if_else(pc.equal(pc.utf8_length(plain), 0), pa.scalar(None, pa.string()), plain)


def countries(texts: Any) -> Any:
    """ISO 3166 codes of two letters; null for what is no country."""
    return _looked_up(folded(texts), _country_spellings())


def regions(countries_: Any, locales: Any) -> Any:
    """The country whose numbering plan a number without a country code follows, or null.

    A locale of a language alone tells it for Japanese, and for no other language in wide use.
    """
    language = pc.replace_substring_regex(folded(locales), r"[_\-].*$", "")
    territory = pc.struct_field(
        pc.extract_regex(folded(locales), r"[_\-](?P<territory>[a-z]{2})$"), "territory"
    )
    japanese = pc.if_else(pc.equal(language, "ja"), "JP", pa.scalar(None, pa.string()))
    return pc.coalesce(countries(countries_), pc.utf8_upper(territory), japanese)


@functools.cache
def _country_spellings() -> dict[str, str]:
    with _COUNTRIES.open(encoding="utf-8", newline="") as file:
        return {row["country_name"]: row["country"] for row in csv.DictReader(file)}


def _looked_up(texts: Any, spellings: dict[str, str]) -> Any:
    found = pc.index_in(texts, value_set=pa.array(list(spellings), pa.string()))
    return pa.array(list(spellings.values()), pa.string()).take(found)
