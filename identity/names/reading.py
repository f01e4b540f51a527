"""Reads Japanese names: how characters may be pronounced, and where a family name ends.

The dictionary is SudachiDict core (Apache-2.0), which marks the family and given names among its
words. A reading from it is a guess: most given names have several.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from functools import cache, lru_cache

from sudachipy import Dictionary

from identity.names.transliteration import kana_in_letters, romaji_key

# How many readings of one name are kept. Two of a given name are common, ten are rare.
MOST_READINGS = 12
_PER_CHARACTER = 4
_HAN = re.compile("[一-鿿㐀-䶿豈-﫿々〆𠀀-𯨟]")
_LONGEST_FAMILY = 5


@cache
def _dictionary() -> Dictionary:
    return Dictionary()


_remembered = lru_cache(maxsize=1 << 17)


@_remembered
def _entries(word: str) -> tuple[tuple[str, str], ...]:
    """Kind and katakana reading of each entry: `姓`, `名`, or empty for other words."""
    found = _dictionary().lookup(word)
    kinds = ((entry.part_of_speech(), entry.reading_form()) for entry in found)
    return tuple((pos[3] if pos[2] == "人名" else "", kana) for pos, kana in kinds)


def has_han(text: str) -> bool:
    return _HAN.search(text) is not None


def is_family_name(word: str) -> bool:
    """Whether the dictionary knows the folded characters as a family name."""
    return any(kind == "姓" for kind, _ in _entries(word))


def is_given_name(word: str) -> bool:
    """Whether the dictionary knows the folded characters as a given name."""
    return any(kind == "名" for kind, _ in _entries(word))


@_remembered
def family_readings(word: str) -> tuple[str, ...]:
    """Keys of the possible readings of a family name, likeliest first; empty where unknown."""
    return _keys(word, "姓")


@_remembered
def given_readings(word: str) -> tuple[str, ...]:
    """Keys of the possible readings of a given name, likeliest first; empty where unknown."""
    return _keys(word, "名")


def _keys(word: str, kind: str) -> tuple[str, ...]:
    whole = [kana for found, kana in _entries(word) if found == kind]
    spelled = [*whole, *(_by_character(word) if kind == "名" or not whole else [])]
    keys = dict.fromkeys(romaji_key(kana_in_letters(kana)) for kana in spelled)
    return tuple(key for key in keys if key)[:MOST_READINGS]


def _by_character(word: str) -> Iterable[str]:
    """Readings put together from those of the single characters: 千 may be チ or セン."""
    choices = [_of_character(letter) for letter in word]
    return ("".join(kana) for kana in itertools.islice(itertools.product(*choices), 64))


@_remembered
def _of_character(letter: str) -> list[str]:
    if not has_han(letter):
        return [letter]
    kana = [kana for kind, kana in _entries(letter) if kind in {"名", ""}]
    return list(dict.fromkeys(kana))[:_PER_CHARACTER]


@_remembered
def split_full_name(name: str) -> tuple[str, str] | None:
    """Family and given name of a folded name without a blank; None where it has no such parts.

    Of several places where it can be cut, one whose rest is a known given name wins, then the
    longest family name; what is a family name as a whole is not cut for an unknown given name.
    """
    places = range(min(_LONGEST_FAMILY, len(name) - 1), 0, -1)
    cuts = [(name[:place], name[place:]) for place in places if is_family_name(name[:place])]
    known = [cut for cut in cuts if is_given_name(cut[1])]
    unknown = [] if is_family_name(name) else cuts
    return next(iter([*known, *unknown]), None)
