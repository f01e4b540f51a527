"""Values as people type them: grouped numbers, full-width digits, dates in several forms."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, StringConstraints

_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d+)?")
_DATE = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?")
_INSTANT = re.compile(rf"{_DATE.pattern}[T ]+(\d{{1,2}}):(\d{{2}})(?::(\d{{2}}))?(?:\.\d+)?")
_OFFSET = re.compile(r" ?(?:Z|[+-]\d{2}:?\d{2})$")


def _plain(value: object) -> object:
    return unicodedata.normalize("NFKC", value).strip() if isinstance(value, str) else value


def _number(value: object) -> object:
    """`￥1,200,000` is 1200000; what is grouped otherwise is left to be refused."""
    plain = _plain(value)
    if isinstance(plain, float):
        return Decimal(repr(plain))
    if not isinstance(plain, str):
        return plain
    plain = plain.lstrip("¥$€ ")
    return plain.replace(",", "") if _GROUPED.fullmatch(plain) else plain


def _day(value: object) -> object:
    """Year first; what begins with a day or a month could be either, and is refused."""
    plain = _plain(value)
    if isinstance(plain, datetime):
        return plain.date()
    if not isinstance(plain, str):
        return plain
    found = _DATE.fullmatch(plain)
    if not found:
        raise ValueError("it is no date with the year first, such as 2026-04-01 or 2026/4/1")
    return date(*(int(part) for part in found.groups()))


def _instant(value: object) -> object:
    """With its offset, or without one where the clock on the wall is meant."""
    plain = _plain(value)
    if isinstance(plain, str):
        offset = _OFFSET.search(plain)
        found = _INSTANT.fullmatch(plain[: offset.start()] if offset else plain)
        if not found:
            raise ValueError("it is no time such as 2026-04-01T09:30:00+09:00 or 2026/4/1 9:30")
        if offset:
            return plain.replace(" ", "T", 1).replace(" ", "").replace("/", "-")
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
        return datetime(year, month, day, hour, minute, second)  # noqa: DTZ001  # see above
    return plain


def _word(value: object) -> object:
    plain = _plain(value)
    return plain.lower() if isinstance(plain, str) else plain


def _code(value: object) -> object:
    plain = _plain(value)
    return plain.upper() if isinstance(plain, str) else plain


def _text(value: object) -> object:
    """A number in a column of text, as spreadsheets make of ids, is the text that it shows."""
    return str(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else value


Text = Annotated[str, BeforeValidator(_text)]
Number = Annotated[Decimal, BeforeValidator(_number)]
Day = Annotated[date, BeforeValidator(_day)]
Instant = Annotated[datetime, BeforeValidator(_instant)]
Word = BeforeValidator(_word)
Currency = Annotated[str, BeforeValidator(_code), StringConstraints(pattern=r"^[A-Z]{3}$")]
Quarter = Annotated[str, BeforeValidator(_code), StringConstraints(pattern=r"^\d{4}-Q[1-4]$")]
Month = Annotated[
    str, BeforeValidator(_plain), StringConstraints(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")
]
