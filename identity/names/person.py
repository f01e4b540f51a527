"""Reads the names of people: their parts, whatever the order, width, script and title.

The parts of a name are folded once per distinct text; the keys of a person are put together from
the parts of up to four columns.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

import pyarrow as pa
import pyarrow.compute

from identity.columns import flat
from identity.names import reading as readings_of
from identity.names.transliteration import folded_names, in_latin, kana_in_letters, romaji_key

# Its functions are made at run time; its stubs know a part of them.
pc: Any = pyarrow.compute

Texts = Any  # a string column: Array or ChunkedArray

_TEXT, _LIST = pa.string(), pa.list_(pa.string())
_TEXTS = (
    *("folded", "token_key", "script", "family", "given"),
    *("family_reading", "given_reading", "reading_key", "initials"),
)
Guesses = tuple[tuple[str, ...], tuple[str, ...]]
KEYS = pa.struct(
    [(name, _TEXT) for name in _TEXTS]
    + [("is_full", pa.bool_()), ("family_readings", _LIST), ("reading_keys", _LIST)]
)

_HONORIFICS = re.compile(
    r"(?<=\S)[ \t]*(?:様|サマ|サン|氏|殿|先生|御中|クン|チャン)$|(?<=\S)[ \t]+君$", re.MULTILINE
)
# Kana honorifics may be part of a given name where nothing stands between.
_TITLES = re.compile(
    r"^(?:(?:mr|mrs|ms|miss|mx|dr|prof|professor|sir|dame|madam|mme|monsieur|herr|frau)\b\.? *)+"
    r"(?=\S)",
    re.MULTILINE,
)
_SUFFIXES = re.compile(
    r"[ ,]+(?:jr|sr|ii|iii|iv|ph\.?d|m\.?d|esq|mba|cpa|dds|rn)\.?$", re.MULTILINE
)
_HUMP = re.compile(r"(?<=[a-z]{3})(?=[A-Z][a-z]{2})")
_BETWEEN = re.compile(r"[^\w,'\n]+|_")
_JAPANESE = re.compile("[ァ-ヺー一-鿿々]")
_LATIN = re.compile("[a-z]")
_remembered = lru_cache(maxsize=1 << 17)
# Words before a family name that belong to it.
_PARTICLES = {
    *("de", "del", "della", "der", "den", "da", "di", "do", "dos", "du", "la", "le", "van", "von"),
    *("bin", "ibn", "ben", "al", "el", "st", "ter", "ten", "zu", "mac", "mc", "o"),
}
_LARGE = str.maketrans("ァィゥェォッャュョヮヵヶ", "アイウエオツヤユヨワカケ")


def person_name_keys(
    given: Texts, family: Texts, full: Texts, reading: Texts, *, guess_readings: bool = True
) -> pa.StructArray:
    """What the name columns of each record say together, as structs of the type `KEYS`.

    Null texts are unknown; a record without any name has nulls only. `given` and `family` win over
    `full`. Fields:

    - `folded`: all words, family name first where it is known, one blank between;
    - `token_key`: equal for the same words in any order, with or without blanks between Japanese
      parts, without titles and middle initials;
    - `script`: latin, kana, han (also with kana) or other, of the name itself, not its reading;
    - `family`, `given`: the parts, exchanged back where a dictionary knows that they are reversed;
    - `family_reading`, `given_reading`: Latin letters after `romaji_key`, from kana, from letters
      or from the reading column; null where only characters are known;
    - `reading_key`: both readings in alphabetical order, null where one is unknown;
    - `initials`: first letters of both readings in alphabetical order;
    - `is_full`: whether both a family name and a given name longer than an initial are known;
    - `family_readings`, `reading_keys`: what `family_reading` and `reading_key` may be. Where they
      are known, that; of a name in characters, what a dictionary guesses, likeliest first, which is
      weak evidence, and null with `guess_readings=False`.
    """
    keys, places = distinct_name_keys(given, family, full, reading, guess_readings=guess_readings)
    return keys.take(places)


def distinct_name_keys(
    given: Texts,
    family: Texts,
    full: Texts,
    reading: Texts,
    *,
    guess_readings: bool = True,
    spelled: Callable[[Any], Any] | None = None,
) -> tuple[pa.StructArray, Any]:
    """What `person_name_keys` gives, each name once, and per record which of them is its own.

    `spelled` spells the readings of which `reading_keys` are made, a column of them at once.
    """
    folded = [_folded(texts) for texts in (given, family, full, reading)]
    numbers: dict[Named, int] = {}
    places = [numbers.setdefault(_named(*row), len(numbers)) for row in zip(*folded, strict=True)]
    keys = _keys(list(numbers), guess=guess_readings, spelled=spelled)
    return keys, pa.array(places, pa.int32())


def _folded(texts: Texts) -> list[str | None]:
    """Folded words without titles, null where none is left; parsed once per distinct text."""
    encoded = flat(texts).cast(pa.string()).dictionary_encode()
    words = [*_words(encoded.dictionary).to_pylist(), None]
    places = pc.fill_null(encoded.indices, len(words) - 1)
    return [words[place] for place in places.to_numpy(zero_copy_only=False).tolist()]


def _words(distinct: Any) -> Any:
    one_line = pc.fill_null(pc.replace_substring_regex(distinct, r"\s+", " "), "")
    text = _HUMP.sub(" ", "\n".join(one_line.to_pylist()))
    text = _SUFFIXES.sub("", _TITLES.sub("", folded_names(text)))
    text = _HONORIFICS.sub("", text)
    text = re.sub("(?<=[a-z])'(?=[a-z])", "", text)
    text = _BETWEEN.sub(" ", text)
    lines = pc.utf8_trim(pa.array(text.split("\n"), _TEXT), " ,'")
    return pc.if_else(pc.equal(lines, ""), pa.scalar(None, _TEXT), lines)


# Folded family name, given name, and the reading of each. Where there is no name, all is empty. A
# plain tuple, which the garbage collector leaves alone.
Named = tuple[str, str, str | None, str | None]
_NOBODY: Named = ("", "", None, None)


def _named(given: str | None, family: str | None, full: str | None, reading: str | None) -> Named:
    if given or family:
        parts = _plain(family), _plain(given)
        family, given = _right_way_round(*parts) if all(parts) else parts
    else:
        family, given = _split(full or "")
    if not (family.strip() or given.strip()):
        return _NOBODY
    return (family, given, *_readings(family, given, reading))


def _plain(words: str | None) -> str:
    return (words or "").replace(",", "").replace("'", "")


@_remembered
def _script(words: str) -> str:
    return _script_of(words)


def _script_of(words: str) -> str:
    if words.isascii():
        return "latin" if _LATIN.search(words) else "other"
    if readings_of.has_han(words):
        return "han"
    return "kana" if _JAPANESE.search(words) else "other"


def _split(full: str) -> tuple[str, str]:
    """Family and given name of a full name."""
    before, comma, after = (text.strip() for text in full.partition(","))
    words = _plain(full).split()
    if comma and before and after:
        return _plain(before), _plain(after)
    if len(words) < 2:
        return _cut(words[0]) if words else ("", "")
    if _JAPANESE.search(full):
        return _right_way_round(words[0], " ".join(words[1:]))
    start = len(words) - 1
    while start > 1 and words[start - 1] in _PARTICLES:
        start -= 1
    return _right_way_round(" ".join(words[start:]), " ".join(words[:start]))


def _cut(name: str) -> tuple[str, str]:
    """Family and given name of Japanese words without a blank between; the given may stay empty."""
    if _script(name) == "han":
        return readings_of.split_full_name(name) or (name, "")
    if _script(name) == "kana":
        common = readings_of.common_family_names()
        places = [
            place for place in range(len(name) - 2, 1, -1) if _letters(name[:place]) in common
        ]
        return (name[: places[0]], name[places[0] :]) if places else (name, "")
    return name, ""


def _right_way_round(family: str, given: str) -> tuple[str, str]:
    """The two parts, exchanged where the second is the likelier family name."""
    common = _is_common(family), _is_common(given)
    if any(common):
        return (given, family) if common == (False, True) else (family, given)
    if not (_script(family) == _script(given) == "han"):
        return family, given
    as_is = readings_of.is_family_name(family), readings_of.is_given_name(given)
    exchanged = readings_of.is_family_name(given), readings_of.is_given_name(family)
    return (given, family) if exchanged > as_is else (family, given)


@_remembered
def _is_common(word: str) -> bool:
    return not readings_of.common_family_names().isdisjoint((word, _spoken(word) or ""))


def _readings(family: str, given: str, reading: str | None) -> tuple[str | None, str | None]:
    own = _spoken(family), _spoken_given(given)
    if reading is None or _script(reading) == "han":
        return own
    words = _plain(reading).split()
    if len(words) < 2:
        said = _cut_reading(family, _letters(words[0]))
    else:
        said = _letters(words[0]), _letters("".join(words[1:]))
    guesses = readings_of.family_readings(family) if _script(family) == "han" else []
    if said[1] in guesses and said[0] not in guesses:
        said = said[1], said[0]
    # Letters are spelled by their owner, and kana beside them may be a foreigner's approximation;
    # but kana know which of two Japanese words is the family name.
    if None not in own and sorted(map(str, own)) != sorted(map(str, said)):
        return own
    return said


def _cut_reading(family: str, letters: str) -> tuple[str | None, str | None]:
    """A reading without a blank, cut behind a reading of the family name."""
    known = [_spoken(family)] if _spoken(family) else readings_of.family_readings(family)
    for guess in known:
        if guess and letters.startswith(guess) and letters != guess:
            return guess, letters[len(guess) :]
    return (letters, None) if letters in known else (None, None)


@_remembered
def _spoken(word: str) -> str | None:
    """The reading that the word itself shows, null where it is empty or has characters."""
    if not word or _script(word) == "han":
        return None
    return _letters(in_latin(word) if _script(word) == "other" else word)


@_remembered
def _spoken_given(given: str) -> str | None:
    return _spoken(without_initials(given))


@_remembered
def _letters(word: str) -> str:
    return romaji_key(kana_in_letters(word)).replace(" ", "")


def _keys(
    names: list[Named], *, guess: bool, spelled: Callable[[Any], Any] | None
) -> pa.StructArray:
    """Structs of the type `KEYS`, made field by field: an object per name would cost more."""
    words = [f"{family} {given}".strip() for family, given, _, _ in names]
    scripts = [_script_of(text) if text else None for text in words]
    said = [_in_order(one, other) if one and other else None for _, _, one, other in names]
    guesses = [
        _guesses(name, guess=guess and script == "han")
        for name, script in zip(names, scripts, strict=True)
    ]
    pairs = guesses if spelled is None else _respelled(guesses, spelled)
    fields: dict[str, Any] = {
        "folded": [text or None for text in words],
        "token_key": [
            script and _token_key(text, script) for text, script in zip(words, scripts, strict=True)
        ],
        "script": scripts,
        "family": [family or None for family, _, _, _ in names],
        "given": [given or None for _, given, _, _ in names],
        "family_reading": [reading for _, _, reading, _ in names],
        "given_reading": [reading for _, _, _, reading in names],
        "reading_key": said,
        "initials": [key and key[0] + key[key.index(" ") + 1] for key in said],
        "is_full": [
            script and _is_full(family, given, script)
            for (family, given, _, _), script in zip(names, scripts, strict=True)
        ],
        "family_readings": _lists(families for families, _ in guesses),
        "reading_keys": _lists(_combined(families, givens) for families, givens in pairs),
    }
    columns = [pa.array(fields[field.name], field.type) for field in KEYS]
    return pa.StructArray.from_arrays(columns, fields=list(KEYS))


def _in_order(one: str, other: str) -> str:
    first, last = (one, other) if one <= other else (other, one)
    return f"{first} {last}" if first else last


def _lists(rows: Iterable[Sequence[str]]) -> Any:
    """A list per row, null where it is empty."""
    values: list[str] = []
    ends = [0]
    for row in rows:
        values += row
        ends.append(len(values))
    empty = pa.array([one == other for one, other in itertools.pairwise(ends)], pa.bool_())
    return pa.ListArray.from_arrays(pa.array(ends, pa.int32()), pa.array(values, _TEXT), mask=empty)


def _token_key(words: str, script: str) -> str:
    if script != "latin":
        return "".join(sorted(words.replace(" ", "").translate(_LARGE)))
    return " ".join(sorted(without_initials(words, 2).split()))


def without_initials(words: str, least: int = 1) -> str:
    """The words without single letters, where that leaves `least` of them."""
    long = [word for word in words.split() if len(word) > 1]
    return " ".join(long) if len(long) >= least else words


def _is_full(family: str, given: str, script: str) -> bool:
    if not given:
        return script in {"han", "kana"} and len(family) > 3 and not _is_family(family)
    return bool(family) and (script == "han" or len(given.replace(" ", "")) > 1)


def _is_family(word: str) -> bool:
    return readings_of.is_family_name(word)


def _guesses(name: Named, *, guess: bool) -> Guesses:
    """Possible readings of the family name and of the given name."""
    family, given, family_reading, given_reading = name
    families: tuple[str, ...] = (family_reading,) if family_reading else ()
    givens: tuple[str, ...] = (given_reading,) if given_reading else ()
    if guess:
        families = families or readings_of.family_readings(family)
        givens = givens or readings_of.given_readings(given)
    return families, givens


def _respelled(guesses: list[Guesses], spelled: Callable[[Any], Any]) -> list[Guesses]:
    """The guesses in another spelling, which is asked for once per reading."""
    known = {readings for pair in guesses for readings in pair}
    parts = sorted({reading for readings in known for reading in readings})
    spellings = dict(zip(parts, spelled(pa.array(parts, _TEXT)).to_pylist(), strict=True))
    respelled = {readings: tuple(spellings[one] for one in readings) for readings in known}
    return [(respelled[families], respelled[givens]) for families, givens in guesses]


def _combined(families: tuple[str, ...], givens: tuple[str, ...]) -> list[str]:
    if not givens:
        return []
    # No more pairs are made than are kept.
    enough = -(-readings_of.MOST_READINGS // len(givens))
    keys = [_in_order(family, given) for family in families[:enough] for given in givens]
    if any(" " in part for part in families + givens):
        keys = [" ".join(sorted(key.split())) for key in keys]
    return keys[: readings_of.MOST_READINGS]
