"""Writes names in one form of Latin letters: kana as Hepburn, and every romanisation like it.

Works on many names at once: they are joined to one text, one name a line, as the folding of
company names does. A text of one line is a name.
"""

from __future__ import annotations

import re
from functools import cache

from anyascii import anyascii

from identity.names.company_glyphs import NEW_CHARACTERS, folded

_PLAIN = """
ア a イ i ウ u エ e オ o カ ka キ ki ク ku ケ ke コ ko サ sa シ shi ス su セ se ソ so
タ ta チ chi ツ tsu テ te ト to ナ na ニ ni ヌ nu ネ ne ノ no ハ ha ヒ hi フ fu ヘ he ホ ho
マ ma ミ mi ム mu メ me モ mo ヤ ya ユ yu ヨ yo ラ ra リ ri ル ru レ re ロ ro ワ wa ヰ i
ヱ e ヲ o ン n ガ ga ギ gi グ gu ゲ ge ゴ go ザ za ジ ji ズ zu ゼ ze ゾ zo ダ da ヂ ji
ヅ zu デ de ド do バ ba ビ bi ブ bu ベ be ボ bo パ pa ピ pi プ pu ペ pe ポ po ヴ vu ァ a
ィ i ゥ u ェ e ォ o ャ ya ュ yu ョ yo ヮ wa ヵ ka ヶ ke
"""
_WITH_Y = dict(zip("キギニヒビピミリ", "kgnhbpmr", strict=True))
_SOFT = {"シ": "sh", "チ": "ch", "ジ": "j", "ヂ": "j"}
_WITH_VOWEL = {"フ": "f", "ヴ": "v", "ウ": "w", "テ": "t", "デ": "d", "ツ": "ts"}
_VOWELS = dict(zip("ァィゥェォ", "aiueo", strict=True))
# Characters of given names that the reform of company names' characters does not have.
_MORE_NEW = dict(zip(map(ord, "槇凜遙堯檜萠渚晄皓莱濵凉"), "槙凛遥尭桧萌渚晃晧莱浜涼", strict=True))
_TO_KATAKANA = {code: code + 0x60 for code in range(0x3041, 0x3097)}
_FOLDING = NEW_CHARACTERS | _MORE_NEW | _TO_KATAKANA | {ord("'"): None}

_MORA = (
    "(?:[kgszjtdnhfbpmrwyv]|ky|gy|sy|sh|zy|jy|ty|ch|cy|ts|dz|dy|ny|hy|by|py|my|ry|kk|kky|ss|ssh|ssy"
    "|tt|tch|cch|tts|tty|pp|ppy)?[aiueo]h?|n(?![aiueoy])|m(?=[bpm])"
)
_ROMAJI = re.compile(rf"(?:{_MORA})+")
# Kunrei and Nihon spellings and what Hepburn writes for them.
_HEPBURN = [
    (re.compile(pattern), spelling)
    for pattern, spelling in (
        ("sy", "sh"),
        ("tch|cch|ty|cy", "ch"),
        ("zy|jy|dy", "j"),
        ("s(?=i)", "sh"),
        ("t(?=i)", "ch"),
        ("t(?=u)", "ts"),
        ("(?<![sc])h(?=u)", "f"),
        ("[zd](?=i)", "j"),
        ("dz?(?=u)", "z"),
        ("m(?=[bpm])", "n"),
        ("oh(?![aiueoy])", "o"),
        ("ou", "o"),
        (r"([aiueo])\1+", r"\1"),
        ("nn", "n"),
    )
]


def folded_names(text: str) -> str:
    """Names in one width, case, kana and set of characters; one name a line.

    Hiragana become katakana and old characters new ones, accents go. Blanks stay.
    """
    return folded(text).translate(_FOLDING)


@cache
def _syllables() -> tuple[re.Pattern[str], dict[str, str]]:
    words = _PLAIN.split()
    table = dict(zip(words[::2], words[1::2], strict=True))
    for first, consonant in _WITH_Y.items():
        table |= {first + y: consonant + table[y] for y in "ャュョ"}
    for first, consonant in _SOFT.items():
        table |= {first + y: consonant + table[y][1:] for y in "ャュョ"}
        table |= {first + small: consonant + vowel for small, vowel in _VOWELS.items()}
    for first, consonant in _WITH_VOWEL.items():
        table |= {first + small: consonant + vowel for small, vowel in _VOWELS.items()}
    return re.compile("|".join(sorted(table, key=len, reverse=True))), table


def kana_in_letters(text: str) -> str:
    """Katakana of folded names in Hepburn letters, vowels as they are typed; the rest stays."""
    pattern, table = _syllables()
    spelled = pattern.sub(lambda kana: table[kana.group()], text)
    spelled = re.sub("ッ+(ch)?([a-z]?)", _doubled, spelled)
    return spelled.replace("ー", "")


def _doubled(small: re.Match[str]) -> str:
    return "tch" + small.group(2) if small.group(1) else small.group(2) * 2


def romaji_key(text: str) -> str:
    """Words in Latin letters as they are compared: satou, satoh, satoo and sato are one.

    Words that can be read as Japanese syllables get Hepburn consonants and short vowels; all
    others stay as they are. Blanks and lines stay.
    """
    return re.sub("[a-z']+", _key_of, text)


def is_romaji(letters: str) -> bool:
    """Whether a word can be read as Japanese syllables."""
    return _ROMAJI.fullmatch(letters) is not None


def _key_of(word: re.Match[str]) -> str:
    letters = word.group().replace("'", "")
    return _in_hepburn(letters) if is_romaji(letters) else letters


def _in_hepburn(letters: str) -> str:
    for pattern, spelling in _HEPBURN:
        letters = pattern.sub(spelling, letters)
    return letters


def in_latin(text: str) -> str:
    """Names of any script in lower-case ASCII letters, digits and blanks; one name a line."""
    return anyascii(kana_in_letters(folded_names(text))).lower()
