"""Learns how each character is read in Japanese given names, and writes what the package ships.

The names with their readings are those of SudachiDict core (Apache-2.0). Which part of a reading
belongs to which character is not written there; it is estimated by expectation maximisation over
all ways to cut the reading into as many parts as the name has characters.
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from pathlib import Path

from sudachipy import Dictionary

import identity.names
from identity.names.transliteration import folded_names, kana_in_letters, romaji_key

OUTPUT = Path(identity.names.__file__).with_name("character_readings.txt")
ROUNDS = 12
LEAST_NAMES, LEAST_SHARE = 1.5, 0.004
MOST_PARTS = 4
_MORA = re.compile("[ァ-ヺ][ァィゥェォャュョヮ]?ー?")
_HAN = re.compile("[一-鿿々]+")

Parts = tuple[tuple[str, str], ...]


def given_names() -> list[tuple[str, str]]:
    """Characters and katakana of each given name, in a fixed order."""
    found = {
        (folded_names(entry.surface()), entry.reading_form())
        for entry in Dictionary().entries()
        if entry.part_of_speech()[3] == "名"
    }
    return sorted((name, kana) for name, kana in found if _HAN.fullmatch(name))


def cuts(name: str, kana: str) -> list[Parts]:
    """All ways to give each character at least one syllable."""
    morae = _MORA.findall(kana)
    places = itertools.combinations(range(1, len(morae)), len(name) - 1)
    edges = [(0, *cut, len(morae)) for cut in places]
    return [
        tuple(
            (letter, "".join(morae[start:end]))
            for letter, (start, end) in zip(name, itertools.pairwise(edge), strict=True)
        )
        for edge in edges
    ]


def estimate(names: list[tuple[str, str]]) -> dict[tuple[str, str], float]:
    """In how many names each character is expected to have each reading."""
    ways = [way for name, kana in names if len(name) <= MOST_PARTS and (way := cuts(name, kana))]
    expected: dict[tuple[str, str], float] = defaultdict(lambda: 1.0)
    totals: dict[str, float] = defaultdict(lambda: 1.0)
    for _ in range(ROUNDS):
        counted: dict[tuple[str, str], float] = defaultdict(float)
        for choices in ways:
            weights = []
            for parts in choices:
                weight = 1.0
                for part in parts:
                    weight *= expected[part] / totals[part[0]]
                weights.append(weight)
            whole = sum(weights) or 1.0
            for parts, weight in zip(choices, weights, strict=True):
                for part in parts:
                    counted[part] += weight / whole
        expected = defaultdict(lambda: 1e-3, counted)
        totals = defaultdict(lambda: 1.0)
        for (letter, _), count in counted.items():
            totals[letter] += count
    return expected


def lines(expected: dict[tuple[str, str], float]) -> list[str]:
    """`character reading reading ...`, likeliest first."""
    readings: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for (letter, kana), count in expected.items():
        readings[letter][romaji_key(kana_in_letters(kana))] += count
    found = []
    for letter, counts in sorted(readings.items()):
        least = max(LEAST_NAMES, LEAST_SHARE * sum(counts.values()))
        kept = sorted((-count, key) for key, count in counts.items() if count >= least)
        if kept:
            found.append(" ".join([letter, *(key for _, key in kept)]))
    return found


if __name__ == "__main__":
    learned = lines(estimate(given_names()))
    OUTPUT.write_text("\n".join(learned) + "\n", encoding="utf-8")
    print(f"{len(learned)} characters in {OUTPUT.name}, {OUTPUT.stat().st_size} bytes")
