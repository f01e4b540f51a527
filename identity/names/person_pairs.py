"""Tells whether two names that stand in the same place may be one person's.

Made for records that share a mailbox, a phone or an employer, so that a common family name says
little and a wrong letter is forgiven.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute
from rapidfuzz.distance import OSA

from identity.columns import flat
from identity.names.person import without_initials
from identity.names.reading import (
    common_family_names,
    family_readings,
    given_readings,
    reads_as,
    shared_reading,
)
from identity.names.short_forms import are_forms_of_one, is_listed, long_forms
from identity.names.transliteration import is_romaji, romaji_key
from warehouse.connection import Session

# Its functions are made at run time; its stubs know a part of them.
pc: Any = pyarrow.compute

# The same words; the same by reading, nickname, initial, order or a typing error; not to be told,
# as where one has a family name only; two different names.
SAME, ALIKE, UNKNOWN, DIFFERENT = 3, 2, 1, 0

_FIELDS = ("script", "family", "given", "family_reading", "given_reading")
_LARGE_Y, _AFTER_SOFT = re.compile("iy(?=[auo])"), re.compile("(?<=sh|ch)y|(?<=j)y")
_remembered = lru_cache(maxsize=1 << 18)


class _Name(NamedTuple):
    script: str | None
    family: str | None
    given: str | None
    family_reading: str | None
    given_reading: str | None


def names_compatible(left: Any, right: Any) -> Any:
    """The level of each pair of `person_name_keys`, two struct arrays of one length, as int8.

    `SAME`, `ALIKE`, `UNKNOWN` or `DIFFERENT`; a missing name makes a pair `UNKNOWN`.
    """
    left, right = (flat(side) for side in (left, right))
    equal = pc.equal(left.field("token_key"), right.field("token_key"))
    either = pc.or_(left.field("is_full"), right.field("is_full"))
    same = pc.and_(equal, either).to_pylist()
    levels = np.array([SAME if one else UNKNOWN for one in same], np.int8)
    rows = np.flatnonzero(levels == UNKNOWN)
    pairs = zip(_names(left, rows), _names(right, rows), strict=True)
    levels[rows] = [_level(one, other) for one, other in pairs]
    return pa.array(levels)


def add_name_level(session: Session) -> None:
    """Let the session's SQL call `name_level`, as `name_level_of` writes it."""
    texts = "".join(f"{name} VARCHAR, " for name in ("token_key", *_FIELDS))
    name = f"STRUCT({texts}is_full BOOLEAN)"
    session.function("name_level", names_compatible, [name, name], "TINYINT")


def name_level_of(left: str, right: str) -> str:
    """SQL: the level of two rows that have the fields of `person_name_keys` as columns."""
    fields = ("token_key", *_FIELDS, "is_full")
    sides = (", ".join(f"'{name}': {row}.{name}" for name in fields) for row in (left, right))
    return "name_level({{{}}}, {{{}}})".format(*sides)


def _names(keys: Any, rows: Any) -> Any:
    columns = (keys.field(name).take(pa.array(rows)).to_pylist() for name in _FIELDS)
    return map(_Name._make, zip(*columns, strict=True))


def _level(one: _Name, other: _Name) -> int:
    if one.script is None or other.script is None:
        return UNKNOWN
    if one.script == other.script == "han":
        return _of_characters(one, other)
    if one.family_reading and other.family_reading:
        return _of_readings(one, other)
    if "han" not in {one.script, other.script}:
        return UNKNOWN
    return _across(one, other) if one.script == "han" else _across(other, one)


def _of_characters(one: _Name, other: _Name) -> int:
    a, b = one.family or "", other.family or ""
    if not (one.given and other.given):
        return UNKNOWN if a.startswith(b) or b.startswith(a) else DIFFERENT
    if a == b and one.given == other.given:
        return SAME
    heard = (one.family_reading, one.given_reading)
    if all(heard):
        same_sound = heard == (other.family_reading, other.given_reading)
        return ALIKE if same_sound else DIFFERENT
    return UNKNOWN if a == b and shared_reading(one.given, other.given) else DIFFERENT


def _across(han: _Name, letters: _Name) -> int:
    """A name in characters whose reading is not known against one that shows its reading."""
    known = (han.family_reading,) if han.family_reading else family_readings(han.family or "")
    family, given = letters.family_reading, letters.given_reading
    if family and any(_alike_families(family, reading) for reading in known):
        return _across_given(han, given)
    return _across_given(han, family) if given in known else DIFFERENT


def _across_given(han: _Name, letters: str | None) -> int:
    if not letters or not han.given:
        return UNKNOWN
    if han.given_reading:
        return _combined(2, _given_level(letters, han.given_reading))
    if reads_as(han.given, letters) or reads_as(han.given, _loosely(letters)):
        return ALIKE
    wrong = not is_romaji(letters) and any(
        _is_typo(letters, reading) for reading in given_readings(han.given)
    )
    return ALIKE if wrong else UNKNOWN


def _of_readings(one: _Name, other: _Name) -> int:
    if one.script == other.script == "latin":
        a, b = one.family or "", without_initials(one.given or "")
        c, d = other.family or "", without_initials(other.given or "")
    else:
        a, b = one.family_reading or "", one.given_reading or ""
        c, d = other.family_reading or "", other.given_reading or ""
    if not (a and b and c and d):
        parts = ((x, y) for x in (a, b) for y in (c, d) if x and y)
        return UNKNOWN if any(_given_level(x, y) > 0.5 for x, y in parts) else DIFFERENT
    family = _family_level(a, c)
    straight = _combined(family, _given_level(b, d)) if family else DIFFERENT
    if straight >= ALIKE:
        return straight
    exchanged = max(a == d and _given_level(b, c), b == c and _given_level(a, d))
    return max(straight, _combined(2, exchanged))


# Levels of a part: 3 the same, 2 a short form, 1.5 a typing error, 1 not known, 0.5 a similar
# name, 0 another.
def _combined(family: float, given: float) -> int:
    if not family or not given:
        return DIFFERENT
    if family == 2:
        return ALIKE if given > 1 else UNKNOWN
    return ALIKE if given >= 2 else UNKNOWN if given >= 1 else DIFFERENT


@_remembered
def _family_level(one: str, other: str) -> float:
    if not one or not other:
        return 0
    if one == other or romaji_key(one) == romaji_key(other):
        return 2
    return 1 if _alike_families(one, other) else 0


@_remembered
def _alike_families(one: str, other: str) -> bool:
    if one == other:
        return True
    common = common_family_names()
    return _is_typo(one, other) and not (one in common and other in common)


@_remembered
def _given_level(one: str, other: str) -> float:
    if not one or not other:
        return 1
    if _loosely(one) == _loosely(other):
        return 3
    if min(len(one), len(other)) == 1:
        initial, name = sorted((one, other), key=len)
        return 2 if initial in {form[0] for form in (name, *long_forms(name))} else 0
    if are_forms_of_one(one, other) or _contained(one, other):
        return 2
    if _is_typo(one, other):
        return 0.5 if _is_name(one) and _is_name(other) else 1.5
    return 0


@_remembered
def _loosely(name: str) -> str:
    """The key of a reading, with large kana as small ones: shiyouta is shouta."""
    key = romaji_key(name.replace(" ", ""))
    if not is_romaji(key):
        return key
    return _AFTER_SOFT.sub("", _LARGE_Y.sub("y", key))


def _contained(one: str, other: str) -> bool:
    """Whether one has all words of the other, and more: Mary Ann and Mary."""
    a, b = set(one.split()), set(other.split())
    return a <= b or b <= a


def _is_typo(one: str, other: str) -> bool:
    """One letter wrong, missing, doubled or exchanged; two in long names."""
    shorter = min(len(one), len(other))
    return shorter > 2 and OSA.distance(one, other, score_cutoff=2) <= (2 if shorter > 8 else 1)


@_remembered
def _is_name(word: str) -> bool:
    """Whether it is likely a name itself, and not a wrong spelling of another.

    A typing error seldom leaves what can be read as Japanese syllables, or another known name.
    """
    return is_romaji(word) or is_listed(word)
