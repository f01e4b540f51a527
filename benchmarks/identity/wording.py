"""How one word is written in other ways: kana, romaji, widths, and slips of the hand in SQL."""

from __future__ import annotations

import re
from collections.abc import Sequence

from benchmarks.identity.words_ja import KANJI_VARIANTS

_ROWS = {
    "": "アイウエオ", "k": "カキクケコ", "s": "サシスセソ", "t": "タチツテト", "n": "ナニヌネノ",
    "h": "ハヒフヘホ", "m": "マミムメモ", "r": "ラリルレロ", "g": "ガギグゲゴ", "z": "ザジズゼゾ",
    "d": "ダヂヅデド", "b": "バビブベボ", "p": "パピプペポ",
}  # fmt: skip
_ROMAJI = {
    kana: head + vowel
    for head, row in _ROWS.items()
    for kana, vowel in zip(row, "aiueo", strict=True)
} | {
    "シ": "shi", "チ": "chi", "ツ": "tsu", "フ": "fu", "ジ": "ji", "ヂ": "ji", "ヅ": "zu",
    "ヤ": "ya", "ユ": "yu", "ヨ": "yo", "ワ": "wa", "ヲ": "o", "ン": "n", "ヴ": "vu",
    "ァ": "a", "ィ": "i", "ゥ": "u", "ェ": "e", "ォ": "o",
}  # fmt: skip
_DIGRAPH = {"ャ": "ya", "ュ": "yu", "ョ": "yo", "ァ": "a", "ィ": "i", "ェ": "e", "ォ": "o"}

_WIDE = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
_WIDE_LETTERS = "".join(map(chr, _WIDE)), "".join(map(chr, _WIDE.values()))
_HALF = dict(
    zip(
        "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワヲン"
        "ァィゥェォャュョッー",
        "ｱｲｳｴｵｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾅﾆﾇﾈﾉﾊﾋﾌﾍﾎﾏﾐﾑﾒﾓﾔﾕﾖﾗﾘﾙﾚﾛﾜｦﾝｧｨｩｪｫｬｭｮｯｰ",
        strict=True,
    )
)
_HALF |= dict(zip("ガギグゲゴザジズゼゾダヂヅデドバビブベボ",
    (f"{kana}ﾞ" for kana in "ｶｷｸｹｺｻｼｽｾｿﾀﾁﾂﾃﾄﾊﾋﾌﾍﾎ"), strict=True))  # fmt: skip
_HALF |= dict(zip("パピプペポヴ", ("ﾊﾟ", "ﾋﾟ", "ﾌﾟ", "ﾍﾟ", "ﾎﾟ", "ｳﾞ"), strict=True))


def romaji(kana: str) -> str:
    """Hepburn with every vowel written: サトウ is satou."""
    text = ""
    for here, after in zip(kana, f"{kana[1:]} ", strict=True):
        if here in _DIGRAPH and text:
            glide = _DIGRAPH[here]
            is_sibilant = text.endswith(("shi", "chi", "ji"))
            text = text[:-1] + (glide[-1] if is_sibilant else glide)
        elif here == "ッ":
            text += "t" if _ROMAJI.get(after, "").startswith("ch") else _ROMAJI.get(after, "")[:1]
        elif here != "ー":
            text += _ROMAJI.get(here, "")
    return text


def without_length(latin: str) -> str:
    """As most passports write it: satou is sato, oota is ota."""
    return re.sub(r"ou|oo", "o", latin.replace("uu", "u"))


def with_h(latin: str) -> str:
    """As some write it: satou is satoh."""
    return re.sub(r"o[uo]", "oh", latin)


def hiragana(kana: str) -> str:
    return "".join(chr(ord(sign) - 0x60) if "ァ" <= sign <= "ヶ" else sign for sign in kana)


def half_width(kana: str) -> str:
    return "".join(_HALF.get(sign, sign) for sign in kana)


def full_width(text: str) -> str:
    return text.translate(_WIDE).replace(" ", "　")


def variant(kanji: str) -> str:
    """The same name with its first variable sign in another form; itself if it has none."""
    for sign in kanji:
        if sign in KANJI_VARIANTS:
            return kanji.replace(sign, KANJI_VARIANTS[sign][0])
    return kanji


def widened(text: str) -> str:
    """SQL that gives `text` in full width."""
    plain, wide = (letters.replace("'", "''") for letters in _WIDE_LETTERS)
    return f"translate({text}, '{plain}', '{wide}')"


def slipped(text: str, draw: str, place: str, kinds: int = 3) -> str:
    """SQL that gives `text` with a sign left out, doubled, or changed for its neighbour.

    `draw` and `place` name columns of 0..1: which slip, and where.
    """
    at = f"(1 + floor(least({place}, 0.999) * greatest(length({text}) - 1, 1))::int)"
    return f"""case floor({draw} * {kinds})::int
        when 0 then substr({text}, 1, {at} - 1) || substr({text}, {at} + 1)
        when 1 then substr({text}, 1, {at}) || substr({text}, {at})
        else substr({text}, 1, {at} - 1) || substr({text}, {at} + 1, 1) || substr({text}, {at}, 1)
            || substr({text}, {at} + 2) end"""


def literals(words: Sequence[str]) -> str:
    return "[" + ", ".join("'" + word.replace("'", "''") + "'" for word in words) + "]"


def one_of(words: Sequence[str], draw: str) -> str:
    """SQL: the word that a draw of 0..1 falls on."""
    return f"{literals(words)}[1 + floor(least({draw}, 0.9999) * {len(words)})::int]"


def ladder(draw: str, steps: Sequence[tuple[float | str, str]], otherwise: str) -> str:
    """SQL: the value on whose step the draw of 0..1 falls; a step is as high as its rate."""
    height = "0"
    cases = []
    for rate, value in steps:
        height = f"{height} + {rate}"
        cases.append(f"when {draw} < {height} then {value}")
    return f"case {' '.join(cases)} else {otherwise} end"
