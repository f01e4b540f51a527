"""Cuts names of any script into words to compare, apart from titles, legal forms and numbers."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from rapidfuzz.distance import OSA

from identity.names.transliteration import folded_names, in_latin

_remembered = lru_cache(maxsize=1 << 17)
# Writing without blanks, of which every character carries a meaning.
_IDEOGRAPHS = re.compile("[一-鿿々가-힣]")
_LATIN = re.compile("[a-z]")
_LETTER = re.compile(r"[^\W\d_]")
_DOTTED = re.compile(r"(?<=\b\w)\.(?=\w\b|\W|$)")
_HUMP = re.compile("(?<=[a-z]{3})(?=[A-Z][a-z]{2})")
_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)")
# Digits that are typed for letters they look like.
_LETTERS = dict(zip("0134579", "oieastg", strict=True))
_LOOK_ALIKE = re.compile(r"(?<=[a-z])[0134579]|[0134579](?=[a-z])")
_ROMAN = {
    numeral: str(number)
    for number, numeral in enumerate(
        (
            *("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x"),
            *("xi", "xii", "xiii", "xiv", "xv", "xvi", "xvii", "xviii", "xix", "xx"),
        ),
        1,
    )
}


class Words(NamedTuple):
    """One name: `core` words in their order, `numbers`, and the classes of its legal forms."""

    core: tuple[str, ...]
    numbers: tuple[str, ...] = ()
    forms: frozenset[str] = frozenset()
    form_words: tuple[str, ...] = ()
    fathers: frozenset[str] = frozenset()


@cache
def vocabulary() -> dict[str, Any]:
    """The lists of `name_words.yaml`."""
    path = Path(__file__).with_name("name_words.yaml")
    document: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return document


@cache
def listed(name: str) -> frozenset[str]:
    return frozenset(vocabulary()[name])


@_remembered
def scripts(name: str) -> frozenset[str]:
    """`latin`, `ideographs` or `other`: what a folded name is written in."""
    kinds = set()
    for letter in _LETTER.findall(name):
        ideograph = _IDEOGRAPHS.match(letter)
        kinds.add("latin" if _LATIN.match(letter) else "ideographs" if ideograph else "other")
    return frozenset(kinds)


def native(name: str) -> str:
    """The folded name in its own script, camel case parted."""
    return folded_names(_HUMP.sub(" ", name.replace("\n", " ")))


@cache
def _marks() -> dict[int, str | None]:
    """Punctuation and symbols as blanks; vowel signs of Indic scripts are neither."""
    codes = (code for code in range(0x10000) if unicodedata.category(chr(code))[0] in "PSC")
    return dict.fromkeys(codes, " ") | dict.fromkeys(map(ord, "’'`´\u200c\u200d"))


def _texts(name: str) -> str:
    text = _DOTTED.sub("", name).replace("%", " percent ").replace("&", " and ")
    return text.translate(_marks())


@_remembered
def person_words(name: str, *, latin: bool) -> Words:
    """The words of a person's name without titles; in Latin letters, or in its own script."""
    text = _texts(in_latin(native(name)) if latin else native(name))
    words = _LOOK_ALIKE.sub(lambda digit: _LETTERS[digit.group()], text).split()
    titles = listed("titles")
    core = [word for word in words if word not in titles] or words
    return Words(tuple(core), fathers=frozenset(_fathers(core)))


def _fathers(words: list[str]) -> Iterable[str]:
    marks = listed("fathers")
    return (after for word, after in itertools.pairwise(words) if word in marks)


@_remembered
def company_words(name: str, *, latin: bool) -> Words:
    """The words of a company's name, apart from its legal forms and its numbers."""
    text = _texts(in_latin(native(name)) if latin else native(name))
    known = vocabulary()["abbreviations"]
    words = [part for word in text.split() for part in known.get(word, word).split()]
    words, forms, form_words = _without_forms(words)
    words, numbers = _without_numbers(words)
    return Words(tuple(words), tuple(sorted(numbers)), frozenset(forms), tuple(form_words))


def is_form(word: str) -> bool:
    """Whether a word is a legal form."""
    return (word,) in _forms()


def is_misspelled_form(word: str) -> bool:
    """Whether a word of some length is a misspelled legal form: aktiengeselschaft."""
    return len(word) > 5 and any(OSA.distance(word, form, score_cutoff=1) <= 1 for form in _long())


@cache
def _long() -> list[str]:
    return [spelling[0] for spelling in _forms() if len(spelling) == 1 and len(spelling[0]) > 5]


@cache
def _forms() -> dict[tuple[str, ...], str]:
    return {
        tuple(spelling.split()): form
        for form, spellings in vocabulary()["forms"].items()
        for spelling in spellings
    }


def _without_forms(words: list[str]) -> tuple[list[str], set[str], list[str]]:
    """Words that are left, classes found, and the words that said so; the longest form wins."""
    known, left, found, said, at = _forms(), [], set(), [], 0
    while at < len(words):
        spans = (words[at : at + length] for length in range(6, 0, -1))
        span = next((span for span in spans if tuple(span) in known), None)
        if span is None:
            left.append(words[at])
            at += 1
            continue
        found.add(known[tuple(span)])
        said += span
        at += len(span)
    return (left, found, said) if left else (words, set(), [])


def _without_numbers(words: list[str]) -> tuple[list[str], list[str]]:
    left: list[str] = []
    numbers: list[str] = []
    ten = 0
    for place, word in enumerate(words):
        value = _value(word, place)
        if value is None:
            left.append(word)
        elif ten and value.isdecimal() and int(value) < 10:
            numbers[-1] = str(ten + int(value))
        else:
            numbers.append(value)
        ten = vocabulary()["tens"].get(word, 0)
    return left, numbers


def _value(word: str, place: int) -> str | None:
    """The number that a word says, null where it says none; a first word I, V or X is a letter."""
    ordinal = _ORDINAL.fullmatch(word)
    if ordinal:
        return ordinal.group(1)
    if any(letter.isdecimal() for letter in word):
        return word
    if word in _ROMAN and place:
        return _ROMAN[word]
    lists = vocabulary()
    if word in lists["numbers"]:
        return str(lists["numbers"].index(word))
    found = lists["tens"].get(word) or lists["ordinals"].get(word)
    return None if found is None else str(found)
