"""Writes numbers, money and instants as the page's language writes them; undefined is said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import (
    format_compact_currency,
    format_currency,
    format_decimal,
    format_percent,
)
from babel.units import format_unit

from warehouse.metric_registry import Language, Text

UNDEFINED = Text(en="undefined", ja="未定義")
_LOCALES = {"en": "en_US", "ja": "ja_JP"}
_LARGE = 10_000
_SPANS = {"minutes": "minute", "days": "day", "months": "month"}

Number = Decimal | float | int


@dataclass(frozen=True)
class Cell:
    """One value as people read it; of a metric also which one, and exactly."""

    said: str
    is_number: bool = False
    is_undefined: bool = False
    tone: str = ""
    metric: str = ""
    dims: str = ""
    value: str = ""


@dataclass(frozen=True)
class Writer:
    """Writes in one language, money in one currency, instants in one time zone."""

    language: Language
    currency: str
    zone: str

    def of(self, text: Text) -> str:
        return text.of(self.language)

    @property
    def undefined(self) -> Cell:
        return Cell(self.of(UNDEFINED), is_number=True, is_undefined=True)

    def text(self, value: object) -> Cell:
        return Cell("–" if value is None or value == "" else str(value))

    def number(self, value: Number | None, unit: str) -> Cell:
        """A figure of a metric's unit, as the registry names it."""
        if value is None:
            return self.undefined
        return Cell(self.said(value, unit), is_number=True)

    def said(self, value: Number | None, unit: str) -> str:
        if value is None:
            return self.of(UNDEFINED)
        if unit in {"money", "money_ratio", "money_per_day"}:
            return format_currency(value, self.currency, locale=self._locale)
        if unit == "ratio":
            return format_percent(value, "#,##0.0%", locale=self._locale)
        if unit in _SPANS:
            return format_unit(round(Decimal(value), 2), _SPANS[unit], "short", locale=self._locale)
        return format_decimal(value, "#,##0.##", locale=self._locale)

    def short(self, value: Number | None, unit: str) -> str:
        """For a chart or a tile: money in thousands or millions (万 or 億)."""
        if value is None or unit != "money" or abs(Decimal(value)) < _LARGE:
            return self.said(value, unit)
        return format_compact_currency(value, self.currency, locale=self._locale, fraction_digits=1)

    def percent(self, value: Number | None) -> str:
        """Without decimals, for a narrow place."""
        if value is None:
            return self.of(UNDEFINED)
        return format_percent(value, "#,##0%", locale=self._locale)

    def tick(self, amount: Number) -> str:
        """An amount of an axis, where decimals say nothing."""
        if abs(Decimal(amount)) >= _LARGE:
            return self.short(amount, "money")
        return format_currency(
            amount, self.currency, "¤#,##0.##", locale=self._locale, currency_digits=False
        )

    def times(self, value: Number | None) -> str:
        """A multiple, such as of coverage."""
        if value is None:
            return self.of(UNDEFINED)
        return f"{format_decimal(value, '#,##0.0#', locale=self._locale)}×"

    def day(self, value: date | None) -> Cell:
        return self.text(value and format_date(value, "medium", locale=self._locale))

    def instant(self, value: datetime | None) -> str:
        """In the zone of the business, which is named."""
        if value is None:
            return "–"
        shown = format_datetime(value, "medium", tzinfo=ZoneInfo(self.zone), locale=self._locale)
        return f"{shown} ({self.zone})"

    @property
    def _locale(self) -> str:
        return _LOCALES[self.language]
