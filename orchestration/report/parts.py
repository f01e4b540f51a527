"""The parts that the report is made of, and what every section needs to write them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from orchestration.playbook import FACTS
from orchestration.report import charts
from orchestration.report.facts import Facts
from orchestration.report.wording import Cell, Writer
from warehouse.metric_registry import Family, Metric, MetricRegistry, Text

UNDEFINED_HERE = Text(en="“{}” is undefined here: {}", ja="「{}」がここで未定義となる理由：{}")
_WORDS = {
    "(all)": Text(en="all", ja="全体"),
    "(unattributed)": Text(en="unattributed", ja="配分なし"),
}


@dataclass(frozen=True)
class Tile:
    label: str
    cell: Cell
    note: str = ""


@dataclass(frozen=True)
class Chart:
    """A drawing for each width; `told` is what it shows, for who does not see it."""

    title: str
    told: str
    drawn: Mapping[str, Markup]
    legend: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True)
class Table:
    """`head` tells of each column whether it holds numbers."""

    caption: str
    head: Sequence[tuple[str, bool]]
    rows: Sequence[Sequence[Cell]]


@dataclass(frozen=True)
class Definition:
    name: str
    facts: Sequence[tuple[str, str]]
    metrics: Sequence[tuple[str, str, str]] = ()


@dataclass(frozen=True)
class Section:
    """One subject; `empty` says why there is nothing to show."""

    id: str
    title: str
    lead: str
    tiles: Sequence[Tile] = ()
    charts: Sequence[Chart] = ()
    tables: Sequence[Table] = ()
    definitions: Sequence[Definition] = ()
    notes: Sequence[str] = ()
    empty: str = ""


@dataclass
class Author:
    """Writes one section in one language, and remembers what was undefined in it."""

    facts: Facts
    registry: MetricRegistry
    writer: Writer
    _missing: dict[str, None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._known = {one.metric: (family, one) for family, one in self.registry.metrics()}

    def t(self, text: Text, *values: object) -> str:
        return self.writer.of(text).format(*values) if values else self.writer.of(text)

    def cell(self, metric: str, **dims: str) -> Cell:
        """The value of a metric, which the page says to programs too."""
        value = self.facts.value(metric, **dims)
        if value is None:
            self._missing[metric] = None
        said = self.writer.number(value, self.metric(metric).unit)
        return replace(said, metric=metric, dims=json.dumps(dims), value=_plain(value))

    def figure(self, metric: str, value: Decimal | None) -> Cell:
        """A value that a mart tells of a metric."""
        if value is None:
            self._missing[metric] = None
        return self.writer.number(value, self.metric(metric).unit)

    def tile(self, metric: str, note: str = "", **dims: str) -> Tile:
        cell = self.cell(metric, **dims)
        if not cell.is_undefined:
            value, unit = self.facts.value(metric, **dims), self.metric(metric).unit
            cell = replace(cell, said=self.writer.short(value, unit))
        return Tile(self.name(metric), cell, note)

    def metric(self, name: str) -> Metric:
        return self._known[name][1]

    def name(self, metric: str) -> str:
        return self.t(self.metric(metric).name)

    def word(self, code: str) -> str:
        """What a code of a dimension, such as a channel, is called."""
        return self.t(_WORDS[code]) if code in _WORDS else code.replace("_", " ")

    def definitions(self, *metrics: str) -> list[Definition]:
        """The definitions of these metrics, each family once."""
        families: dict[str, tuple[Family, list[Metric]]] = {}
        for name in metrics:
            family, metric = self._known[name]
            families.setdefault(family.id, (family, []))[1].append(metric)
        return [self._definition(*one) for one in families.values()]

    def notes(self) -> list[str]:
        """Why what was undefined is so."""
        return [
            self.t(UNDEFINED_HERE, self.name(name), _prose(self.t(self._known[name][0].undefined)))
            for name in self._missing
        ]

    def drawn(self, draw: Callable[..., Markup], *given: Any, **chosen: Any) -> dict[str, Markup]:
        """A chart, at both widths."""
        rows, *rest = given
        return {size: draw(rows, size, *rest, **chosen) for size in charts.WIDTHS}

    def _definition(self, family: Family, metrics: list[Metric]) -> Definition:
        facts = [
            (self.t(label), _prose(self.t(getattr(family, name)))) for name, label in FACTS.items()
        ]
        told = [(self.t(one.name), one.metric, _prose(self.t(one.what))) for one in metrics]
        return Definition(self.t(family.name), facts, told)


def _plain(value: Decimal | None) -> str:
    return "" if value is None else f"{value:f}"


def _prose(text: str) -> str:
    """Without the marks of Markdown."""
    return text.replace("`", "")
