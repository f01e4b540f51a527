"""Folds the ways in which one company name can be typed: widths, old characters, look-alikes.

Works on many names at once: they are joined to one text, which is folded in a few passes.
"""

from __future__ import annotations

import re
import unicodedata

# Old form, new form. Only pairs that are one character in the 当用漢字 reform or its extensions, or
# that registers themselves write either way; not those that merely share a reading.
_OLD_NEW = """
國国會会學学廣広澤沢濱浜濵浜邊辺邉辺齋斎齊斉櫻桜縣県區区醫医藥薬鐵鉄銕鉄﨑崎髙高德徳惠恵壽寿榮栄營営藝芸圓円應応假仮價価畫画關関觀観歸帰
舊旧據拠舉挙擧挙經経輕軽繼継莖茎劍剣檢検權権顯顕驗験嚴厳恆恒號号濟済劑剤雜雑參参產産蠶蚕慘惨贊賛殘残絲糸齒歯兒児辭辞濕湿實実寫写釋釈收収
從従澁渋獸獣縱縦肅粛處処敍叙將将稱称燒焼證証乘乗淨浄剩剰疊畳條条狀状眞真寢寝愼慎盡尽圖図粹粋醉酔穗穂隨随髓髄樞枢數数瀨瀬聲声靜静竊窃攝摂
專専戰戦淺浅潛潜纖繊錢銭禪禅雙双壯壮爭争莊荘搜捜插挿騷騒總総聰聡裝装藏蔵臟臓續続墮堕體体對対帶帯滯滞臺台瀧滝擇択單単擔担膽胆團団彈弾斷断
癡痴遲遅晝昼蟲虫鑄鋳廳庁聽聴鎭鎮遞逓傳伝點点轉転當当黨党盜盗燈灯稻稲鬪闘獨独讀読屆届貳弐惱悩腦脳廢廃拜拝賣売麥麦發発髮髪拔抜蠻蛮祕秘
彥彦甁瓶拂払佛仏竝並變変辨弁瓣弁辯弁豐豊寶宝襃褒萬万滿満默黙彌弥譯訳豫予餘余與与譽誉搖揺樣様謠謡來来亂乱覽覧龍竜兩両獵猟綠緑壘塁勵励禮礼
隸隷靈霊齡齢戀恋爐炉勞労樓楼錄録亞亜惡悪壓圧圍囲爲為隱隠衞衛驛駅鹽塩奧奥橫横歐欧毆殴溫温穩穏囘回懷懐壞壊擴拡殼殻覺覚嶽岳樂楽勸勧卷巻寬寛
歡歓罐缶陷陥戲戯犧犠氣気僞偽龜亀峽峡狹狭曉暁勳勲薰薫徑径溪渓鷄鶏儉倹險険圈圏獻献鑛鉱效効碎砕繩縄嶋島嶌島峯峰舖舗竈竃籠篭檜桧曾曽鷗鴎鄕郷
冨富埜野淵渕舘館萊莱𠮷吉栁柳桒桑
"""
# Dashes, dots, brackets and quotes of every kind become one of each kind.
_DASHES = "-‐‑‒–—―−－﹣ｰー─━〜~～"
_DOTS = "・･·•‧⋅∙●"
_OPENING, _CLOSING = "([{〔【〈《「『［｛（<", ")]}〕】〉》」』］｝）>"
_QUOTES = "'\"`´‘’“”′″"
_SMALL = dict(
    zip(
        "ぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ",
        "あいうえおつやゆよわアイウエオツヤユヨワカケ",
        strict=True,
    )
)
# Kanji and kana that look alike; in an equality key both may become the kana.
_ALIKE = dict(zip("二力工口卜夕八一ニへべぺ", "ニカエロトタハーニヘベペ", strict=True))
_CYRILLIC_AS_LATIN = dict(zip("авекмнорстухіѕ", "abekmhopctyxis", strict=True))


def _latin_without_marks() -> dict[int, str]:
    """Accented Latin letters and the letters under the accents."""
    special = {"ø": "o", "æ": "ae", "ł": "l", "đ": "d", "œ": "oe", "ı": "i", "ð": "d", "þ": "th"}
    table = {ord(letter): plain for letter, plain in special.items()}
    for code in (*range(0xC0, 0x250), *range(0x1E00, 0x1F00)):
        plain = "".join(c for c in unicodedata.normalize("NFD", chr(code)) if ord(c) < 0x80)
        if plain:
            table[code] = plain
    return table


def _pairs(text: str) -> dict[int, str]:
    letters = "".join(character for character in text if not character.isspace())
    letters = re.sub("[\ufe00-\ufe0f\U000e0100-\U000e01ef]", "", letters)
    return {ord(old): new for old, new in zip(letters[::2], letters[1::2], strict=True)}


_ONE_OF_EACH = (
    _latin_without_marks()
    | dict.fromkeys(map(ord, _DASHES), "-")
    | dict.fromkeys(map(ord, _DOTS), "・")
    | dict.fromkeys(map(ord, _OPENING), "(")
    | dict.fromkeys(map(ord, _CLOSING), ")")
    | dict.fromkeys(map(ord, _QUOTES), "'")
    | {ord("＆"): "&", ord("、"): ",", ord("，"): ",", ord("。"): ".", ord("／"): "/"}
)
# Old characters and the new ones that they became; also of the names of people.
NEW_CHARACTERS = _pairs(_OLD_NEW)
_FOR_EQUALITY = (
    NEW_CHARACTERS
    | {ord(small): large for small, large in _SMALL.items()}
    | {ord(kanji): kana for kanji, kana in _ALIKE.items()}
)
_SELECTORS = re.compile("[\u200b-\u200f\u2060\ufe00-\ufe0f\ufeff\U000e0100-\U000e01ef]")
_LONG = re.compile("(?<=[ぁ-ゖァ-ヺ])(?:-+| -+(?=[ぁ-ゖァ-ヺ]))")
_BLANKS = re.compile("[^\\S\n]+")
_EDGES = re.compile("^ +| +$", re.MULTILINE)
_LATIN_WITH_CYRILLIC = re.compile(
    "[а-яѕі]+(?=[a-z0-9])|(?<=[a-z0-9])[а-яѕі]+|(?<=[^\\x00-\\u04ff])[а-яѕі]"
)
_AMPERSAND = re.compile("[・./ ]アンド[・./ ]?|アンド[・./ ]|(?<![a-z0-9])and(?![a-z0-9])")
_PUNCTUATION = re.compile("[^\\w\n]|_")

_LETTERS = (
    *("エ", "ビ", "シ", "デイ", "イ", "エフ", "ジ", "エイチ", "アイ", "ジエ", "ケ", "エル", "エム"),
    *(
        "エヌ",
        "オ",
        "ピ",
        "キユ",
        "アル",
        "エス",
        "テイ",
        "ユ",
        "ブイ",
        "ダブリユ",
        "エツクス",
        "ワイ",
    ),
    "ゼツト",
)
_READ_OUT = {ord("a") + index: reading for index, reading in enumerate(_LETTERS)}
# The same letter is also written so; after folding, these are as good as the names above.
_OTHER_READINGS = {"エツチ": "エイチ", "ジエイ": "ジエ", "ケイ": "ケ", "ヴイ": "ブイ", "ヴ": "ブ"}


def folded(text: str) -> str:
    """Widths, case, accents, dashes, dots, brackets and blanks in one form; one name a line."""
    text = unicodedata.normalize("NFKC", _SELECTORS.sub("", text)).casefold()
    text = text.translate(_ONE_OF_EACH)
    text = _LONG.sub("ー", text)
    if re.search("[а-яѕі]", text):
        text = _LATIN_WITH_CYRILLIC.sub(_as_latin, text)
    return _EDGES.sub("", _BLANKS.sub(" ", text))


def equality_form(text: str) -> str:
    """Folded names as they are compared for equality: new characters, large kana, no punctuation.

    Kanji that look like kana become the kana, so this is no text to read from.
    """
    return _PUNCTUATION.sub("", _AMPERSAND.sub("", text)).translate(_FOR_EQUALITY)


def spoken(text: str) -> str:
    """Equality forms without long vowels, with Latin letters read out: NTT is エヌテイテイ."""
    text = text.replace("ー", "").translate(_READ_OUT)
    for other, reading in _OTHER_READINGS.items():
        text = text.replace(other, reading)
    return text


def _as_latin(letters: re.Match[str]) -> str:
    return "".join(_CYRILLIC_AS_LATIN.get(letter, letter) for letter in letters.group())
