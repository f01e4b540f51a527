"""Reads Japanese names: how characters may be pronounced, and where a family name ends.

The dictionary is SudachiDict core (Apache-2.0), which marks the family and given names among its
words. A reading from it is a guess: most given names have several. How single characters are read
in given names was learned from the same dictionary by `benchmarks/identity/character_readings.py`.
"""

from __future__ import annotations

import itertools
import re
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import yaml
from sudachipy import Dictionary

from identity.names.transliteration import kana_in_letters, romaji_key

# How many readings of one name are kept. Two of a given name are common, ten are rare.
MOST_READINGS = 12
_PER_CHARACTER = 3
_HAN = re.compile("[一-鿿㐀-䶿豈-﫿々〆𠀀-𯨟]")
# One character, or all kana up to the next.
_PARTS = re.compile(f"{_HAN.pattern}|[^一-鿿㐀-䶿豈-﫿々〆𠀀-𯨟]+")
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


@cache
def common_family_names() -> frozenset[str]:
    """Family names that the package lists, in characters and as keys of their readings."""
    path = Path(__file__).with_name("japanese_family_names.yaml")
    lines = yaml.safe_load(path.read_text(encoding="utf-8"))
    names = [name for line in lines for name in line.split()]
    return frozenset([*names, *(key for name in names for key in family_readings(name))])


@_remembered
def family_readings(word: str) -> tuple[str, ...]:
    """Keys of the possible readings of a family name, likeliest first; empty where unknown."""
    return _keys(word, "姓")


@_remembered
def given_readings(word: str) -> tuple[str, ...]:
    """Keys of the possible readings of a given name, likeliest first; empty where unknown."""
    return _keys(word, "名")


def _keys(word: str, kind: str) -> tuple[str, ...]:
    whole = [romaji_key(kana_in_letters(kana)) for found, kana in _entries(word) if found == kind]
    parts = [] if whole and kind == "姓" else _by_character(word)
    return tuple(dict.fromkeys(key for key in (*whole, *parts) if key))[:MOST_READINGS]


def _by_character(word: str) -> list[str]:
    """Readings put together from the likeliest of the single characters."""
    choices = [_sounds(part)[:_PER_CHARACTER] for part in _PARTS.findall(word)]
    return ["".join(keys) for keys in itertools.product(*choices)] if len(choices) < 5 else []


@cache
def _learned() -> dict[str, tuple[str, ...]]:
    """Readings of single characters in given names, likeliest first."""
    path = Path(__file__).with_name("character_readings.txt")
    lines = path.read_text(encoding="utf-8").splitlines()
    return {letter: tuple(keys) for letter, *keys in map(str.split, lines)}


@_remembered
def _sounds(part: str) -> tuple[str, ...]:
    """Keys of what one character, or the kana beside it, may be read as."""
    if not has_han(part):
        return (romaji_key(kana_in_letters(part)),)
    return _learned().get(part) or tuple(
        dict.fromkeys(romaji_key(kana_in_letters(kana)) for _, kana in _entries(part))
    )


def spoken_words(text: str) -> str:
    """A folded text with its Japanese words in Latin letters, as `romaji_key` spells them."""
    kana = " ".join(
        morpheme.reading_form() if has_han(morpheme.surface()) else morpheme.surface()
        for morpheme in _tokenizer().tokenize(text)
    )
    return romaji_key(kana_in_letters(kana.translate({0x30FB: " "})))


@cache
def _tokenizer() -> Any:
    return _dictionary().tokenizer()


@_remembered
def split_full_name(name: str) -> tuple[str, str] | None:
    """Family and given name of a folded name without a blank; None where it has no such parts.

    Of several places where it can be cut, one whose rest is a known given name wins, then the
    longest family name; what is a family name as a whole is not cut.
    """
    if is_family_name(name):
        return None
    places = range(min(_LONGEST_FAMILY, len(name) - 1), 0, -1)
    cuts = [(name[:place], name[place:]) for place in places if is_family_name(name[:place])]
    known = [cut for cut in cuts if is_given_name(cut[1])]
    return next(iter([*known, *cuts]), None)


def reads_as(word: str, letters: str) -> bool:
    """Whether the folded characters can be pronounced as the key of a reading says."""
    ends = {0}
    for previous, part in itertools.pairwise(["", *_PARTS.findall(word)]):
        sounds = _sounds(part) + (_sounds(previous) if part == "々" and previous else ())
        ends = {
            end + len(sound) for end in ends for sound in sounds if letters.startswith(sound, end)
        }
    return len(letters) in ends or letters in given_readings(word)


def shared_reading(one: str, other: str) -> bool:
    """Whether two given names in different characters may be pronounced alike: 裕子, 祐子."""
    return not set(given_readings(one)).isdisjoint(given_readings(other))
