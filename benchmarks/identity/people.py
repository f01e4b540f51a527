"""The names of the population: every name with the other ways in which it is written."""

from __future__ import annotations

from functools import cache

import numpy as np
import pyarrow as pa

from benchmarks.identity import words_en as en
from benchmarks.identity import words_ja as ja
from benchmarks.identity.companies import zipf
from benchmarks.identity.wording import (
    half_width,
    hiragana,
    romaji,
    variant,
    with_h,
    without_length,
)


def _made(firsts: list[ja.Word], lasts: list[ja.Word]) -> list[ja.Word]:
    return [(a + b, x + y) for a, x in firsts for b, y in lasts if a != b]


@cache
def _families() -> list[ja.Word]:
    return [*ja.FAMILY, *_made(ja.FAMILY_FIRST, ja.FAMILY_LAST)]


@cache
def _given() -> list[ja.Word]:
    """Men's typed names, made names; then women's in the same order."""
    male = [*ja.GIVEN_MALE, *_made(ja.MALE_FIRST, ja.MALE_LAST)]
    return [*male, *ja.GIVEN_FEMALE, *_made(ja.FEMALE_FIRST, ja.FEMALE_LAST)]


@cache
def _last() -> list[str]:
    return [*en.LAST, *(a + b for a in en.LAST_FIRST for b in en.LAST_LAST)]


def japanese_names() -> pa.Table:
    """Columns id, kind ('family' or 'given'), kanji, variant, kana, hira, half, three romaji."""
    words = [*_families(), *_given()]
    kinds = ["family"] * len(_families()) + ["given"] * len(_given())
    kanas = [kana for _, kana in words]
    latin = [romaji(kana) for kana in kanas]
    return pa.table(
        {
            "id": [*range(len(_families())), *range(len(_given()))],
            "kind": kinds,
            "kanji": [kanji for kanji, _ in words],
            "variant": [variant(kanji) for kanji, _ in words],
            "kana": kanas,
            "hira": [hiragana(kana) for kana in kanas],
            "half": [half_width(kana) for kana in kanas],
            "latin": latin,
            "latin_short": [without_length(name) for name in latin],
            "latin_h": [with_h(name) for name in latin],
        }
    )


def english_names() -> pa.Table:
    """Columns id, kind, text, and nicks: what a person of that name may be called."""
    given = [*en.MALE, *en.FEMALE]
    nothing: list[list[str]] = [[]] * len(_last())
    return pa.table(
        {
            "id": [*range(len(_last())), *range(len(given))],
            "kind": ["family"] * len(_last()) + ["given"] * len(given),
            "text": [*_last(), *given],
            "nicks": pa.array(
                [*nothing, *(en.NICKNAMES.get(name, []) for name in given)], pa.list_(pa.string())
            ),
        }
    )


def _typed_then_made(typed: int, all_: int, share: float, flat: float, power: float) -> np.ndarray:
    """Weights: `share` for the typed names by rank, the rest for the made ones."""
    head = zipf(typed, flat=flat, power=power) * share
    tail = zipf(all_ - typed, flat=20, power=0.7) * (1 - share)
    return np.concatenate([head, tail])


def _shuffled_tail(weights: np.ndarray, typed: int, seed: int) -> np.ndarray:
    """Made names have no order of their own: which are common is drawn once for all."""
    tail = weights[typed:]
    return np.concatenate([weights[:typed], np.random.default_rng(seed).permutation(tail)])


@cache
def _weights_ja() -> tuple[np.ndarray, np.ndarray]:
    families = _typed_then_made(len(ja.FAMILY), len(_families()), 0.78, 3, 0.9)
    male = len(ja.GIVEN_MALE) + len(_made(ja.MALE_FIRST, ja.MALE_LAST))
    female = len(_given()) - male
    men = _typed_then_made(len(ja.GIVEN_MALE), male, 0.3, 10, 0.6)
    women = _typed_then_made(len(ja.GIVEN_FEMALE), female, 0.3, 10, 0.6)
    given = np.concatenate(
        [
            _shuffled_tail(men, len(ja.GIVEN_MALE), 11) * 0.5,
            _shuffled_tail(women, len(ja.GIVEN_FEMALE), 12) * 0.5,
        ]
    )
    return _shuffled_tail(families, len(ja.FAMILY), 13), given


@cache
def _weights_en() -> tuple[np.ndarray, np.ndarray]:
    last = _typed_then_made(len(en.LAST), len(_last()), 0.6, 8, 0.8)
    given = np.concatenate(
        [
            zipf(len(en.MALE), flat=6, power=0.7) * 0.5,
            zipf(len(en.FEMALE), flat=6, power=0.7) * 0.5,
        ]
    )
    return _shuffled_tail(last, len(en.LAST), 14), given


def names_drawn(rng: np.random.Generator, is_japanese: np.ndarray) -> dict[str, np.ndarray]:
    """Ids of the family and given name of each person, in its language's table."""
    count = is_japanese.size
    drawn = {
        language: [rng.choice(len(weights), count, p=weights) for weights in both]
        for language, both in (("ja", _weights_ja()), ("en", _weights_en()))
    }
    return {
        name: np.where(is_japanese, drawn["ja"][n], drawn["en"][n])
        for n, name in enumerate(("family", "given"))
    }
