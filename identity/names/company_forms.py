"""Finds legal forms and parts of companies in folded names, by the spellings of `legal_forms.yaml`.

What is found is replaced by one private character, so that later passes need no list of spellings.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from identity.names.company_glyphs import folded

# Private characters: one per form, and one before what names a part of a company.
FIRST_MARK = 0xE000
UNIT_MARK = "\uf8ff"
MARKS = "\ue000-\uf0ff"

Rewrite = Callable[[str], str]


@dataclass(frozen=True)
class Forms:
    """The compiled spellings; `codes[i]` is the form whose mark is the private character i."""

    codes: tuple[str, ...]
    mark: Rewrite
    mark_units: Rewrite


@cache
def forms() -> Forms:
    """The forms that the package ships with."""
    path = Path(__file__).with_name("legal_forms.yaml")
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    codes = tuple(dict.fromkeys((*document["japanese"], *document["latin"])))
    mark_of = {code: chr(FIRST_MARK + index) for index, code in enumerate(codes)}
    japanese, latin = _japanese(document, mark_of), _latin(document, mark_of)
    wholes, units = _wholes(document, mark_of), _units(document)
    return Forms(codes, lambda text: latin(japanese(text)), lambda text: units(wholes(text)))


def _japanese(document: dict[str, Any], mark_of: dict[str, str]) -> Rewrite:
    marks = {
        folded(spelling): mark_of[code]
        for code, spellings in document["japanese"].items()
        for spelling in spellings
    }
    # Blanks slip into forms as into anything else.
    spelled = sorted(marks, key=len, reverse=True)
    found = re.compile("|".join(" ?".join(map(re.escape, spelling)) for spelling in spelled))
    return lambda text: found.sub(lambda match: marks[match.group().replace(" ", "")], text)


def _latin(document: dict[str, Any], mark_of: dict[str, str]) -> Rewrite:
    marks = {
        spelling: mark_of[code]
        for code, spellings in document["latin"].items()
        for spelling in spellings
    }
    by_letters = {_letters(spelling): mark for spelling, mark in marks.items()}
    spelled = "|".join(_spelled(text) for text in sorted(marks, key=len, reverse=True))
    part = "|".join(document["units"]["latin"])
    behind = re.compile(
        rf"(?:(?<=[^\x00-\x7f])|[ ,.(]+)({spelled})\.?\)?"
        rf"(?= ?(?:$|[(,/{MARKS}]|- |[^\n]*\b(?:{part})$))",
        re.MULTILINE,
    )
    for code, spellings in document["cyrillic"].items():
        by_letters |= {_letters(spelling): mark_of[code] for spelling in spellings}
    others = [text for spellings in document["cyrillic"].values() for text in spellings]
    first = "|".join([*map(_spelled, document["latin_front"]), *sorted(others, key=len)[::-1]])
    front = re.compile(rf"^({first})[ .']+(?=[^\s])", re.MULTILINE)

    def replace(match: re.Match[str]) -> str:
        return by_letters[_letters(match.group(1))]

    return lambda text: front.sub(replace, behind.sub(replace, text))


def _wholes(document: dict[str, Any], mark_of: dict[str, str]) -> Rewrite:
    """Where the name of a corporation ends and that of its hospital or school begins."""
    passes = []
    for kind in document["wholes"]:
        marks = "".join(mark_of[form] for form in kind["forms"])
        follows = "|".join(kind["not_before"]) or "$"
        part = f"[^\\n]*(?:{_alternatives(kind['parts'])})$" if "parts" in kind else "[^\\s(]"
        passes.append(
            rf"([{marks}][^\n{MARKS}]+?(?:{'|'.join(kind['ends'])}))(?!{follows})(?={part})"
        )
    whole, part = (_alternatives(document[f"formless_{name}"]) for name in ("wholes", "parts"))
    passes.append(rf"^([^\n{MARKS}]{{2,}}?(?:{whole}))(?=[^\n{MARKS}]{{1,12}}(?:{part})$)")
    tails = [re.compile(tail, re.MULTILINE) for tail in passes]

    def marked(text: str) -> str:
        for tail in tails:
            text = tail.sub(rf"\1{UNIT_MARK}", text)
        return text

    return marked


def _units(document: dict[str, Any]) -> Rewrite:
    unit = _alternatives(document["units"]["japanese"])
    place = _alternatives(document["places"])
    part = "|".join(document["units"]["latin"])
    end = rf"(?=$|{UNIT_MARK})"
    # Each pass starts with the letters that it looks for, which is what makes it fast.
    passes = [
        r" ?\((?:[^()\n]|\([^()\n]*\))*\)?$",
        rf"(?:{_alternatives(document['titles'])})[^\n]*$",
        rf"(?:第[一二三1-9])?(?:{_alternatives(document['departments'])})$",
        rf"(?<=支[店社])[一-龠]{{1,4}}(?:{unit})$",
        # 本社 is left where it is: newspapers have a company of that name in each large city.
        rf"(?:{place})[都道府県市]?(?!本社)(?:{unit}|事務所){end}",
        rf"(?:{place})[一-龠]{{1,3}}(?!本社)(?:{unit}|管理事務所){end}",
        r"(?<=[ァ-ヺーa-z0-9])[一-龠]{1,4}(?:支店|支社|営業所|出張所|支部)$",
        rf" [^ \na-z{MARKS}{UNIT_MARK}]*(?:{unit})$|(?:,| -) ?(?:[a-z]+ ){{0,2}}(?:{part})$",
        r"(?<=[庫行])(?:本店|本部)$",
    ]
    tails = [re.compile(tail, re.MULTILINE) for tail in passes]

    def marked(text: str) -> str:
        for tail in tails:
            text = tail.sub(_after_a_name, text)
        return text

    return marked


def _after_a_name(tail: re.Match[str]) -> str:
    """A part is one of something: at the start of the name, the word is the name."""
    before = tail.string[tail.start() - 1 : tail.start()] or "\n"
    return (
        tail.group()
        if before == "\n" or "\ue000" <= before < UNIT_MARK
        else UNIT_MARK + tail.group()
    )


def _alternatives(texts: Iterable[str]) -> str:
    return "|".join(re.escape(text) for text in sorted(texts, key=len, reverse=True))


def _letters(spelling: str) -> str:
    return re.sub("[^a-zа-я]", "", spelling.replace("&", "and").replace("+", "and"))


def _spelled(spelling: str) -> str:
    """A pattern for the spelling with or without dots: `co ltd` finds `Co., Ltd.`."""
    words = []
    for word in spelling.split():
        if word == "and":
            words.append(r"(?:and|&|\+)")
        else:
            words.append(r"\.?".join(word) if len(word) <= 4 else word)
    return r"[ ,./()]*".join(words)
