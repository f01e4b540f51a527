"""Says how alike two names are, of people or of companies, whatever scripts they are written in.

Nothing is learned: words are laid side by side in any order, a wrong letter is forgiven in
proportion to the word, and two names that each have a word which the other lacks are two names.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Literal

import pyarrow as pa

from identity.names.alignment import align, letters_between, sound
from identity.names.company import company_name_keys
from identity.names.person import person_name_keys
from identity.names.person_pairs import ALIKE, DIFFERENT, SAME, UNKNOWN, names_compatible
from identity.names.reading import spoken_words
from identity.names.short_forms import are_forms_of_one
from identity.names.words import (
    Words,
    company_words,
    is_form,
    is_misspelled_form,
    listed,
    native,
    person_words,
    scripts,
)

# From here on, two names are one.
THRESHOLD = 0.7

# How many wrong letters a word may have, by the length of the shorter word.
_PERSON_LETTERS = ((2, 0), (4, 1), (100, 2))
_COMPANY_LETTERS = ((3, 0), (4, 1), (100, 2))
# How many a name may have, and which part of its letters.
_WRONG_LETTERS, _WRONG_SHARE = 2, 0.2
# Which part of the longer name the shorter one has to have.
_COVERED = 0.35

_LEVELS = {SAME: 1.0, ALIKE: 0.85, UNKNOWN: 0.5, DIFFERENT: 0.1}
_JAPANESE = re.compile("[ぁ-ゖァ-ヺー一-鿿々]")
_KANA_OR_HAN = re.compile("^[ァ-ヺー一-鿿々]+$")
_SIGNED = re.compile("[0-9一二三四五六七八九十]")
_VOWELS = re.compile("[aeiouy]")
_NO_CONSONANT = re.compile("[aeiouywh`]")


def compare_names(left: Any, right: Any, kind: Literal["person", "company"] = "person") -> Any:
    """The likeness of each pair of two string arrays of one length, 0 to 1, null for a null.

    Names whose likeness is `THRESHOLD` or more are taken for one. The same in both directions.
    """
    pairs = list(zip(left.to_pylist(), right.to_pylist(), strict=True))
    likeness = _person if kind == "person" else _company
    found = [_compared(one, other, likeness) for one, other in pairs]
    japanese = [
        place
        for place, (one, other) in enumerate(pairs)
        if found[place] not in {None, 1.0} and (_JAPANESE.search(one) or _JAPANESE.search(other))
    ]
    if japanese:
        read = _japanese_people if kind == "person" else _japanese_companies
        for place, score in zip(japanese, read([pairs[at] for at in japanese]), strict=True):
            found[place] = score if score is not None else found[place]
    return pa.array(found, pa.float64())


def _compared(
    one: str | None, other: str | None, likeness: Callable[[str, str], float]
) -> float | None:
    if one is None or other is None:
        return None
    first, second = sorted((native(one).strip(), native(other).strip()))
    return 1.0 if first == second else likeness(*sorted((one, other)))


def _person(one: str, other: str) -> float:
    kinds = scripts(native(one)), scripts(native(other))
    latin = kinds[0] != kinds[1]
    a, b = person_words(one, latin=latin), person_words(other, latin=latin)
    if kinds[0] == kinds[1] == {"ideographs"}:
        # One character of three is another name.
        return 1.0 if a.core == b.core else 0.5
    if latin and min(_vowels(a), _vowels(b)) < 0.2:
        a, b = _consonants(a), _consonants(b)
    found = align(a.core, b.core, _person_letters)
    light = listed("particles")
    words = [pair for pair in found.pairs if pair[0] not in light]
    left, right = ([word for word in words if word not in light] for words in found[1:])
    length = sum(max(len(one), len(other)) for one, other, _ in found.pairs)
    share = length / (length + sum(map(len, (*left, *right))) or 1)
    whole = [pair for pair in words if 2 * min(map(len, pair[:2])) >= max(map(len, pair[:2]))]
    if (left and right) or not whole or _other_father(a, b):
        return 0.65 * share
    extra = [word for word in (*left, *right) if len(word) > 1]
    if extra and (len(words) < 2 or share < _COVERED):
        return 0.65 * share
    return _written(sum(cost for *_, cost in words), length) - 0.1 * (1 - share)


def _written(cost: float, length: int) -> float:
    """The likeness of names that differ in so many of their letters and in nothing else."""
    worst = max(cost / _WRONG_LETTERS, cost / length / _WRONG_SHARE)
    return 1 - 0.2 * worst if worst <= 1 else 0.65 / worst


def _allowed(length: int, letters: tuple[tuple[int, float], ...]) -> float:
    return next(budget for longest, budget in letters if length <= longest)


def _person_letters(one: str, other: str) -> float | None:
    if one == other:
        return 0
    shorter = min(len(one), len(other))
    if shorter == 1:
        return 0.5 if one[0] == other[0] else None
    if are_forms_of_one(one, other):
        return 0.5
    wrong = letters_between(one, other)
    alike = sound(one) == sound(other) and len(sound(one)) > 1
    return wrong if alike or wrong <= _allowed(shorter, _PERSON_LETTERS) else None


def _other_father(one: Words, other: Words) -> bool:
    """Whether both say whose child it is, and differ."""
    known = one.fathers and other.fathers
    return bool(known) and not any(
        _person_letters(a, b) is not None for a in one.fathers for b in other.fathers
    )


def _vowels(words: Words) -> float:
    letters = "".join(words.core)
    return len(_VOWELS.findall(letters)) / (len(letters) or 1)


def _consonants(words: Words) -> Words:
    """Arabic and Hebrew write few vowels: what is left to compare."""
    spelled = (sound(_NO_CONSONANT.sub("", word)).replace("p", "b") for word in words.core)
    return words._replace(core=tuple(filter(None, spelled)))


def _company(one: str, other: str) -> float:
    """The best of what stands between slashes: two names of one company."""
    return max(_one_company(a, b) for a in _also_known(one) for b in _also_known(other))


def _also_known(name: str) -> list[str]:
    names = [part for part in name.split("/") if len(part.strip()) > 3]
    return names if len(names) > 1 else [name]


def _one_company(one: str, other: str) -> float:
    latin = scripts(native(one)) != scripts(native(other))
    a, b = company_words(one, latin=latin), company_words(other, latin=latin)
    found = align(a.core, b.core, _company_letters)
    left, right = _names_only(found.left, b), _names_only(found.right, a)
    length = sum(max(len(one), len(other)) for one, other, _ in found.pairs)
    share = length / (length + sum(map(len, (*left, *right))) or 1)
    if left or right or not found.pairs:
        return 0.65 * share
    forms = a.forms - {"company"}, b.forms - {"company"}
    if not _same_numbers(a.numbers, b.numbers) or (all(forms) and forms[0].isdisjoint(forms[1])):
        return 0.65
    return _written(sum(cost for *_, cost in found.pairs), length)


def _same_numbers(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Numbers must agree; the first of a series may bear none."""
    return one == other or sorted((one, other)) == [(), ("1",)]


def _company_letters(one: str, other: str) -> float | None:
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) > 4 and longer.startswith(shorter) and is_form(longer[len(shorter) :]):
        return 0
    wrong = letters_between(one, other)
    return wrong if wrong <= _allowed(min(len(one), len(other)), _COMPANY_LETTERS) else None


def _names_only(left_over: tuple[str, ...], other: Words) -> list[str]:
    """Words without a partner that are more than a filler or a misspelled legal form."""
    light = listed("fillers")
    return [
        word
        for word in left_over
        if word not in light
        and not is_misspelled_form(word)
        and all(letters_between(word, form) > 1 for form in other.form_words)
    ]


def _japanese_people(pairs: list[tuple[str, str]]) -> list[float | None]:
    left, right = (_person_keys([pair[side] for pair in pairs]) for side in (0, 1))
    levels = names_compatible(left, right).to_pylist()
    by_letters = (_person(*sorted(pair)) for pair in pairs)
    return [max(_LEVELS[level], other) for level, other in zip(levels, by_letters, strict=True)]


def _person_keys(names: list[str]) -> Any:
    nothing = pa.nulls(len(names), pa.string())
    return person_name_keys(nothing, nothing, pa.array(names, pa.string()), nothing)


def _japanese_companies(pairs: list[tuple[str, str]]) -> list[float | None]:
    left, right = (
        company_name_keys(pa.array([pair[side] for pair in pairs])).to_pylist() for side in (0, 1)
    )
    return [_japanese_company(one, other) for one, other in zip(left, right, strict=True)]


def _japanese_company(one: dict[str, Any], other: dict[str, Any]) -> float | None:
    if not (one["key"] and other["key"]):
        return None
    a, b = one["skeleton"], other["skeleton"]
    agreed = not (one["form"] and other["form"]) or one["form"] == other["form"]
    if a == b or one["spoken"] == other["spoken"]:
        return (1.0 if one["key"] == other["key"] else 0.9) if agreed else 0.65
    if _SIGNED.findall(one["core"]) != _SIGNED.findall(other["core"]):
        return 0.5
    if a.isascii() or b.isascii():
        words = [tuple(spoken_words(core).split()) for core in (one["core"], other["core"])]
        found = align(words[0], words[1], _company_letters)
        return 0.5 if found.left or found.right else 0.85
    wrong = letters_between(a, b) / max(len(a), len(b))
    return (0.75 if wrong <= 1 / 7 else 0.65) - wrong / 2
