"""How each feature of two records is compared: Splink comparisons, from equal to different."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from identity.features import Filled


class Level(NamedTuple):
    """One answer to how alike two values are; the first that holds is a pair's level.

    In `sql`, {x} is the feature. Where `by_term`, equal values count for more the rarer they are.
    """

    label: str
    sql: str
    by_term: bool = False


_EQUAL = Level("equal", "{x}_l = {x}_r", by_term=True)
_SWAPPED = Level("swapped", "given_l = family_r and family_l = given_r")
_HALF = (
    "2 * len(list_intersect({x}_l, {x}_r)) >= least(len({x}_l), len({x}_r))"
    " and list_has_any({x}_l, {x}_r)"
)
_WITHIN = "list_has_all({x}_l, {x}_r) or list_has_all({x}_r, {x}_l)"


def _edits(most: int) -> Level:
    return Level(f"{most} edits", f"damerau_levenshtein({{x}}_l, {{x}}_r) <= {most}")


def _like(least: float) -> Level:
    return Level(f"{least:.0%} like", f"jaro_winkler_similarity({{x}}_l, {{x}}_r) >= {least}")


_WORDS = (
    _EQUAL,
    Level("within the other", _WITHIN.replace("{x}", "tokens")),
    _like(0.92),
    Level("half of the words", _HALF.replace("{x}", "tokens")),
    _like(0.8),
)
_LEVELS: Mapping[str, tuple[Level, ...]] = {
    "given": (
        _EQUAL,
        Level("a form of it", "list_has_any(forms_l, forms_r)"),
        _SWAPPED,
        _like(0.92),
        Level("its beginning", "starts_with({x}_l, {x}_r) or starts_with({x}_r, {x}_l)"),
        Level(
            "its initial",
            "left({x}_l, 1) = left({x}_r, 1)"
            " and least(length(split_part({x}_l, ' ', 1)), length(split_part({x}_r, ' ', 1))) = 1",
        ),
        _like(0.8),
    ),
    "family": (_EQUAL, _SWAPPED, _like(0.94), _like(0.88), _like(0.75)),
    "token_key": _WORDS,
    "birth": (
        _EQUAL,
        Level(
            "day and month swapped",
            "left({x}_l, 4) = left({x}_r, 4) and {x}_l[5:6] = {x}_r[7:8]"
            " and {x}_l[7:8] = {x}_r[5:6]",
        ),
        _edits(1),
        Level("same year", "left({x}_l, 4) = left({x}_r, 4)"),
        _edits(2),
        Level(
            "ten years",
            "abs(try_cast(left({x}_l, 4) as int) - try_cast(left({x}_r, 4) as int)) <= 10",
        ),
    ),
    "postcode": (_EQUAL, _edits(1), Level("same area", "area_l = area_r")),
    "city": (_EQUAL, _like(0.9)),
    "prefecture": (_EQUAL,),
    "street": (
        _EQUAL,
        _like(0.92),
        Level("half of the words", _HALF.replace("{x}", "street_words")),
    ),
    "occupation": (_EQUAL,),
    "industry": (_EQUAL,),
    "gender": (_EQUAL,),
    "identifier": (_EQUAL, _edits(1), _edits(2)),
    "company": (_EQUAL, _like(0.9)),
    "mailbox": (
        _EQUAL,
        Level("same local part", "split_part({x}_l, '@', 1) = split_part({x}_r, '@', 1)"),
        _like(0.9),
        Level("same domain", "split_part({x}_l, '@', 2) = split_part({x}_r, '@', 2)"),
    ),
    "phone": (_EQUAL, Level("same end", "phone_end_l = phone_end_r"), _edits(1)),
    "name": _WORDS,
    "site": (_EQUAL, _like(0.92)),
}

# Sisters in a group share its name and its address, and are told apart by what else they are
# called: companies whose names are less alike than this are one only by a value of their own.
_ALIKE = "92% like"
_OF_ONE_COMPANY = ("identifier", "mailbox", "phone", "site")


def compared(filled: Filled) -> list[str]:
    """The features that records with these ones are compared by."""
    names = [name for name in _LEVELS if name in filled]
    whole = {"given", "family"} if {"given", "family"} <= filled.keys() else {"token_key"}
    return [name for name in names if name not in {"given", "family", "token_key"} - whole]


def comparison(feature: str) -> dict[str, Any]:
    """Splink's document of a comparison."""
    none = f"{feature}_l is null or {feature}_r is null"
    levels: list[dict[str, Any]] = [
        {"sql_condition": none, "label_for_charts": "unknown", "is_null_level": True}
    ]
    for level in _LEVELS[feature]:
        condition = level.sql.format(x=feature)
        levels.append({"sql_condition": condition, "label_for_charts": level.label})
        if level.by_term:
            levels[-1]["tf_adjustment_column"] = feature
    levels.append({"sql_condition": "ELSE", "label_for_charts": "different"})
    return {"output_column_name": feature, "comparison_levels": levels}


def labels(feature: str) -> dict[int, str]:
    """What the numbers of a feature's levels say: -1 is unknown, 0 is different."""
    named = ["different", *(level.label for level in reversed(_LEVELS[feature]))]
    return {-1: "unknown", **dict(enumerate(named))}


def level_of(feature: str) -> str:
    """SQL: the number of a pair's level, over columns `<feature>_l` and `<feature>_r`."""
    levels = _LEVELS[feature]
    whens = " ".join(
        f"when {level.sql.format(x=feature)} then {len(levels) - place}"
        for place, level in enumerate(levels)
    )
    return f"case when {feature}_l is null or {feature}_r is null then -1 {whens} else 0 end"


def not_sisters(features: Iterable[str]) -> str:
    """SQL over a pair's levels: false for companies that share an address and part of a name."""
    known = set(features)
    if "name" not in known:
        return "true"
    own = [f"gamma_{x} = {_number(x, 'equal')}" for x in _OF_ONE_COMPANY if x in known]
    unlike = f"gamma_name between 0 and {_number('name', _ALIKE) - 1}"
    return f"not ({unlike}) or {' or '.join([*own, 'false'])}"


def _number(feature: str, label: str) -> int:
    return next(number for number, name in labels(feature).items() if name == label)
