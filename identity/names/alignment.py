"""Lays the words of two names side by side, whatever their order, and counts what differs.

Differences are counted in letters: 1 for a wrong, missing, additional or exchanged letter, half of
that where the two spellings sound alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz.distance import OSA

_remembered = lru_cache(maxsize=1 << 18)
# Most words that a writer runs together.
_JOINED = 5

# Letters that stand for one sound in some romanisation; the order matters.
_SOUNDS = [
    (re.compile(pattern), sound)
    for pattern, sound in (
        ("ph", "f"),
        ("^x", "s"),
        ("x", "ks"),
        ("q|ck|c(?![eihyz])|gh|kh", "k"),
        ("tch|tsch|cz", "ch"),
        ("sch|sh|zh|ss|c(?=[eiy])|ts|tz|z", "s"),
        ("dj|dzh|j(?=[aeou])|y", "i"),
        ("w|v(?=s?$)", "v"),
        ("ou|oo|u", "o"),
        ("ee|ie|ei|ii|ai|e", "i"),
        ("th", "t"),
        ("(?<=[aeiou])h", ""),
        (r"(.)\1+", r"\1"),
        ("(?<=[a-z]{2})s$", ""),
    )
]
# Shorter words are seldom two that were run together.
_LEAST_JOINED = 4

Cost = Callable[[str, str], float | None]


class Alignment(NamedTuple):
    """Pairs of words with what they cost, and the words of each side that have no partner."""

    pairs: tuple[tuple[str, str, float], ...]
    left: tuple[str, ...]
    right: tuple[str, ...]


@_remembered
def sound(word: str) -> str:
    """A spelling that romanisations and spellings by ear have in common."""
    for pattern, letters in _SOUNDS:
        word = pattern.sub(letters, word)
    return word


@_remembered
def letters_between(one: str, other: str) -> float:
    """What it costs to write one word as the other."""
    if one == other:
        return 0
    return (OSA.distance(one, other) + OSA.distance(sound(one), sound(other))) / 2


def align(left: tuple[str, ...], right: tuple[str, ...], cost: Cost) -> Alignment:
    """Pair words, cheapest for their length first.

    Words run together count as one, and so do their first letters: JC is Jean Claude.
    """
    options = sorted(_options(left, right, cost))
    free_left, free_right = set(range(len(left))), set(range(len(right)))
    pairs = []
    for _, price, (start, end), (first, last) in options:
        mine, theirs = set(range(start, end)), set(range(first, last))
        if mine <= free_left and theirs <= free_right:
            free_left -= mine
            free_right -= theirs
            pairs.append(("".join(left[start:end]), "".join(right[first:last]), price))
    return Alignment(
        tuple(pairs),
        tuple(left[place] for place in sorted(free_left)),
        tuple(right[place] for place in sorted(free_right)),
    )


_Span = tuple[int, int]


def _options(
    left: tuple[str, ...], right: tuple[str, ...], cost: Cost
) -> Iterator[tuple[float, float, _Span, _Span]]:
    spans = _spans(len(right))
    for mine in _spans(len(left)):
        words = left[slice(*mine)]
        for theirs in spans:
            others = right[slice(*theirs)]
            price = _price(words, others, cost)
            if price is not None:
                shorter, longer = sorted((sum(map(len, words)), sum(map(len, others))))
                yield price / longer - shorter / 1000, price, mine, theirs


def _price(words: tuple[str, ...], others: tuple[str, ...], cost: Cost) -> float | None:
    if len(words) == len(others) == 1:
        return cost(words[0], others[0])
    single, several = (words, others) if len(words) == 1 else (others, words)
    if len(single) > 1:
        return None
    word, joined = single[0], "".join(several)
    if word == "".join(part[0] for part in several):
        return 0.5 * len(word)
    near = len(word) >= _LEAST_JOINED and abs(len(word) - len(joined)) <= 2
    return cost(word, joined) if near else None


def _spans(length: int) -> list[_Span]:
    return [
        (start, end)
        for start in range(length)
        for end in range(start + 1, min(start + _JOINED, length) + 1)
    ]
