"""Makes the companies of the population: names, numbers, domains, parents, main lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TypeVar

import numpy as np
import pyarrow as pa

from benchmarks.identity import words_en as en
from benchmarks.identity import words_ja as ja
from benchmarks.identity.wording import full_width, romaji

SHARE_JA = 0.6
_HAS_SECOND_DOMAIN = 0.08
_IS_SUBSIDIARY = 0.04
_DOMAIN_LETTERS = 22
_TLD_SHARES = [0.4, 0.15, 0.15, 0.12, 0.1, 0.08]
_HOMONYMS = 0.006

# Form: share, share of names that it stands in front of, code within the corporate number.
_FORMS = {
    "株式会社": (0.70, 0.73, "01"),
    "有限会社": (0.155, 0.88, "02"),
    "合同会社": (0.13, 0.67, "03"),
    "一般社団法人": (0.005, 1.0, "05"),
    "医療法人社団": (0.004, 1.0, "05"),
    "社会福祉法人": (0.003, 1.0, "05"),
    "学校法人": (0.003, 1.0, "05"),
}
_AREA_CODES = {
    "東京都": "03", "大阪府": "06", "愛知県": "052", "神奈川県": "045", "埼玉県": "048",
    "千葉県": "043", "兵庫県": "078", "福岡県": "092", "北海道": "011", "京都府": "075",
    "広島県": "082", "宮城県": "022",
}  # fmt: skip

Names = tuple[str, str]


def zipf(count: int, *, flat: float, power: float) -> np.ndarray:
    """Weights of the ranks 0..count-1, which sum to 1."""
    weights = 1 / (np.arange(count) + flat) ** power
    return np.asarray(weights / weights.sum())


def _drawn(
    rng: np.random.Generator, words: Sequence[ja.Word], count: int, flat: float
) -> list[ja.Word]:
    chosen = rng.choice(len(words), count, p=zipf(len(words), flat=flat, power=0.8))
    return [words[n] for n in chosen]


def _joined(*parts: Sequence[ja.Word]) -> list[Names]:
    """Name and reading of each row of parts."""
    return [
        ("".join(word for word, _ in row), "".join(kana for _, kana in row))
        for row in zip(*parts, strict=True)
    ]


def _japanese(rng: np.random.Generator, count: int) -> list[Names]:
    """Names without legal form, with readings, in the patterns that a register shows."""
    kana_stem = [(word, word) for word in ja.STEM_KANA]
    kana_trade = [(word, word) for word in ja.TRADE_KANA]
    families = [*ja.FAMILY, *_made(ja.FAMILY_FIRST, ja.FAMILY_LAST)]
    kanji = [*ja.STEM_KANJI, *_made(ja.STEM_FIRST, ja.STEM_LAST)]

    def draw(words: Sequence[ja.Word], flat: float = 60) -> list[ja.Word]:
        return _drawn(rng, words, count, flat)

    initials = ["".join(letters) for letters in rng.choice(list(ja.LETTERS), (count, 3)).tolist()]
    lettered = [
        (letters[:n], "".join(ja.LETTERS[letter] for letter in letters[:n]))
        for letters, n in zip(initials, rng.integers(2, 4, count).tolist(), strict=True)
    ]
    title_latin = [(word.capitalize(), kana) for word, kana in ja.STEM_LATIN]
    patterns = [
        (0.38, _joined(draw(families, 30), draw(ja.TRADE))),
        (0.05, _joined(draw(families, 30), draw(kana_trade))),
        (0.19, _joined(draw(kanji), draw(ja.TRADE))),
        (0.10, _joined(draw(kana_stem), draw(kana_trade))),
        (0.07, _joined(draw(kana_stem), draw(kana_stem))),
        (0.04, _joined(draw(ja.STEM_LATIN), draw(kana_trade))),
        (0.04, _joined(draw(title_latin), draw(kana_stem))),
        (0.03, _joined(draw(title_latin), draw(title_latin))),
        (0.04, _joined(lettered)),
        (0.04, _joined(lettered, draw(kana_trade))),
        (0.02, _joined(draw(families))),
    ]
    which = rng.choice(len(patterns), count, p=[share for share, _ in patterns])
    return [patterns[n][1][row] for row, n in enumerate(which.tolist())]


def _made(firsts: Sequence[ja.Word], lasts: Sequence[ja.Word]) -> list[ja.Word]:
    return [(a + b, x + y) for a, x in firsts for b, y in lasts]


def _english(rng: np.random.Generator, count: int) -> list[str]:
    def draw(words: Sequence[str], flat: float) -> np.ndarray:
        return rng.choice(np.array(words), count, p=zipf(len(words), flat=flat, power=0.7))

    surnames = np.array([*en.LAST, *(a + b for a in en.LAST_FIRST for b in en.LAST_LAST)])
    brand, industry = draw(en.BRAND, 20), draw(en.INDUSTRY, 20)
    surname = rng.choice(surnames, count)
    has_surname = (rng.random(count) < 0.8).tolist()
    return [
        f"{b} {s} {i}" if named else f"{b} {i}"
        for b, s, i, named in zip(brand, surname, industry, has_surname, strict=True)
    ]


Named = TypeVar("Named")


def _with_homonyms(rng: np.random.Generator, names: list[Named]) -> list[Named]:
    """Some take the name of another one, so that also a small population has homonyms."""
    count = len(names)
    takes = rng.random(count) < _HOMONYMS
    takes[: 1 if count > 1 else 0] = True
    from_ = rng.integers(1, max(count, 2), count)
    return [
        names[other] if taken else name
        for name, taken, other in zip(names, takes.tolist(), from_.tolist(), strict=True)
    ]


def _check_digit(base: str) -> str:
    """The first of the 13 digits, from the other twelve (ordinance of the Ministry of Finance)."""
    weighed = sum(int(digit) * (1 + n % 2) for n, digit in enumerate(reversed(base)))
    return str(9 - weighed % 9)


def _numbers(codes: Sequence[str], start: int) -> list[str]:
    bases = [
        f"{(n * 13 + start) % 90 + 100:04d}{code}{(n * 7919 + start) % 1_000_000:06d}"
        for n, code in enumerate(codes)
    ]
    return [_check_digit(base) + base for base in bases]


def _unique(stems: Sequence[str], endings: Sequence[str], spare: Sequence[str]) -> list[str]:
    """Domains: whoever comes later to a taken one registers the next ending, or a number."""
    taken: set[str] = set()
    domains = []
    for stem, ending in zip(stems, endings, strict=True):
        options = (f"{stem}{end}" for end in (ending, *spare))
        free = next((option for option in options if option not in taken), "")
        number = 2
        while not free:
            option = f"{stem}{number}{ending}"
            free = "" if option in taken else option
            number += 1
        taken.add(free)
        domains.append(free)
    return domains


def _phones_ja(prefectures: Sequence[str], numbers: Sequence[int]) -> list[str]:
    phones = []
    for prefecture, number in zip(prefectures, numbers, strict=True):
        area = _AREA_CODES.get(prefecture) or f"0{24 + sum(map(ord, prefecture)) % 70}"
        digits = f"{number:08d}"
        middle = digits[:4] if len(area) == 2 else digits[1:4]
        phones.append(f"{area}-{middle}-{digits[4:]}")
    return phones


def north_american(number: int) -> str:
    """A ten-digit number from 0 to 4 * 10^9, with an area code and an exchange that exist."""
    rest = number % 10_000_000
    return f"+1 {201 + number // 10_000_000 % 700} {200 + rest // 10_000 % 800} {rest % 10_000:04d}"


# Lines are even multiples for companies and odd ones for persons: no two have the same number,
# and neighbours have numbers far from each other.
_STRIDE = 7_654_321


def japanese_line(ids: np.ndarray) -> np.ndarray:
    """Eight digits, not beginning with 0; also the last seven of them are of one id only."""
    return np.asarray(10_000_000 + ids.astype(np.int64) * _STRIDE % 90_000_000)


def american_line(ids: np.ndarray) -> np.ndarray:
    """A number from 0 to 4 * 10^9, which `north_american` writes."""
    return np.asarray(ids.astype(np.int64) * _STRIDE * 1_009 % 4_000_000_000)


def _table_ja(rng: np.random.Generator, count: int) -> dict[str, list[object]]:
    names = _with_homonyms(rng, _japanese(rng, count))
    forms = rng.choice(list(_FORMS), count, p=[share for share, _, _ in _FORMS.values()]).tolist()
    is_front = [
        u < _FORMS[form][1] for u, form in zip(rng.random(count).tolist(), forms, strict=True)
    ]
    whole = [
        form + core if front else core + form
        for (core, _), form, front in zip(names, forms, is_front, strict=True)
    ]
    prefectures = list(ja.PLACES)
    where = rng.choice(prefectures, count, p=zipf(len(prefectures), flat=1.5, power=1.0)).tolist()
    start = int(rng.integers(1_000_000))
    return {
        "loc": ["ja"] * count,
        "name": whole,
        "off": [full_width(name) for name in whole],
        "core": [core for core, _ in names],
        "form": forms,
        "is_front": is_front,
        "kana": [kana for _, kana in names],
        "cn": _numbers([_FORMS[form][2] for form in forms], start),
        "pref": where,
        "city": [
            ja.PLACES[prefecture][int(draw * len(ja.PLACES[prefecture]))]
            for prefecture, draw in zip(where, rng.random(count).tolist(), strict=True)
        ],
        "street": [
            f"{ja.STREETS[street]}{block}丁目{lot}番{house}号"
            for street, block, lot, house in rng.integers(
                [0, 1, 1, 1], [20, 9, 30, 20], (count, 4)
            ).tolist()
        ],
        "post": [f"{n:07d}" for n in rng.integers(10_000, 9_900_000, count).tolist()],
        "stem": [romaji(kana)[:_DOMAIN_LETTERS] for _, kana in names],
        "ending": rng.choice([".co.jp", ".com", ".jp"], count, p=[0.45, 0.25, 0.3]).tolist(),
        "phone": _phones_ja(where, japanese_line(np.arange(count) * 2).tolist()),
    }  # fmt: skip


def _table_en(rng: np.random.Generator, count: int) -> dict[str, list[object]]:
    names = _with_homonyms(rng, _english(rng, count))
    stems = ["".join(filter(str.isalnum, name.lower()))[:_DOMAIN_LETTERS] for name in names]
    nothing: list[object] = [None] * count
    return {
        "loc": ["en"] * count,
        "name": names,
        "off": names,
        "core": names,
        "form": rng.choice(en.FORMS, count).tolist(),
        "is_front": [False] * count,
        "kana": nothing,
        "cn": nothing,
        "pref": nothing,
        "city": rng.choice(en.CITIES, count).tolist(),
        "street": [
            f"{n} {last} {kind}"
            for n, last, kind in zip(
                rng.integers(1, 1000, count).tolist(), rng.choice(en.LAST, count).tolist(),
                rng.choice(en.STREETS, count).tolist(), strict=True)
        ],
        "post": nothing,
        "stem": stems,
        "ending": ["." + tld for tld in rng.choice(en.TLDS, count, p=_TLD_SHARES)],
        "phone": [north_american(n) for n in american_line(np.arange(count) * 2).tolist()],
    }  # fmt: skip


def companies(rng: np.random.Generator, count: int) -> pa.Table:
    """`count` companies: the columns of a list of accounts, and how their names are made up.

    Homonyms arise as in a register, from common parts; each has a number and domain of its own.
    Some have a second domain, some use their parent's domain for mail.
    """
    japanese = round(count * SHARE_JA)
    parts = [_table_ja(rng, japanese), _table_en(rng, count - japanese)]
    columns = {name: [*parts[0][name], *parts[1][name]] for name in parts[0]}
    columns = _shuffled(rng, columns, count)
    stems, endings = columns.pop("stem"), columns.pop("ending")
    domains = _unique(stems, endings, (".com", ".jp", ".net", ".co", ".biz"))
    more = rng.choice(["hd", "jp", "group", "inc"], count).tolist()
    longer = [f"{stem}{end}" for stem, end in zip(stems, more, strict=True)]
    second = _unique(longer, [".com"] * count, (".net",))
    has_second = rng.random(count) < _HAS_SECOND_DOMAIN
    is_subsidiary = rng.random(count) < _IS_SUBSIDIARY
    mail = np.array(domains, dtype=object)
    roots = np.flatnonzero(~is_subsidiary)
    mail[is_subsidiary] = mail[rng.choice(roots, int(is_subsidiary.sum()))]
    return pa.table(
        {
            "id": np.arange(count),
            **columns,
            "dom": domains,
            "dom2": pa.array(second, pa.string(), mask=~has_second),
            "maildom": mail.tolist(),
        }
    )


def _shuffled(
    rng: np.random.Generator, columns: dict[str, list[object]], count: int
) -> dict[str, list[str]]:
    order = rng.permutation(count).tolist()
    return {name: [values[n] for n in order] for name, values in columns.items()}  # type: ignore[misc]


def homonyms(table: pa.Table) -> int:
    """How many companies share their name without form with another one."""
    times = Counter(table["core"].to_pylist())
    return sum(n for n in times.values() if n > 1)
