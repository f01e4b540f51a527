"""The definitions page of the documentation, made of the registry of metrics in two languages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from warehouse.errors import Misconfigured
from warehouse.metric_registry import Family, Language, Metric, MetricRegistry, Text, read_registry

PAGES: dict[Language, str] = {"en": "playbook.md", "ja": "playbook.ja.md"}

_TITLE = Text(en="RevOps playbook", ja="RevOps プレイブック")
_MADE = Text(
    en="Made of `dbt_project/metric_registry.yml` by `revops playbook`: edit that file instead.",
    ja="`revops playbook` が `dbt_project/metric_registry.yml` から生成。編集はそちらで行います。",
)
_OTHER = Text(en="[日本語](playbook.ja.md)", ja="[English](playbook.md)")
_CONTENTS = Text(en="Contents", ja="目次")
_CONVENTIONS = Text(en="What holds everywhere", ja="共通ルール")
_DIMENSIONS = Text(en="Dimensions", ja="ディメンション")
_INDEX = Text(en="Index of metrics", ja="指標索引")
_SUBJECT = Text(en="subject", ja="分野")
_FAMILIES = Text(en="definitions", ja="定義")
_METRIC = Text(en="metric", ja="指標名")
_NAME = Text(en="name", ja="名称")
_WHAT = Text(en="what it says", ja="内容")
_UNIT = Text(en="unit", ja="単位")
_DIMS = Text(en="by", ja="ディメンション")
_DIRECTION = Text(en="better", ja="望ましい方向")
_DIMENSION = Text(en="dimension", ja="ディメンション")
_FAMILY = Text(en="definition", ja="定義")
_OWNER = Text(en="owner", ja="責任部門")
_COMPETING = Text(en="competing definition", ja="競合する定義")
_REASON = Text(en="why it is not ours", ja="採用しない理由")
_COLON = Text(en=":", ja="：")
_COMMA = Text(en=", ", ja="、")
_OR = Text(en="{}, or {}", ja="{} または {}")
_NONE = Text(en="none", ja="なし")

FACTS = {
    "formula": Text(en="Formula", ja="計算式"),
    "grain": Text(en="Grain", ja="粒度"),
    "time_basis": Text(en="Time basis", ja="時間の基準"),
    "currency": Text(en="Currency", ja="通貨換算"),
    "undefined": Text(en="Undefined when", ja="未定義となる場合"),
    "authority": Text(en="Taken from", ja="出典"),
}
_OWNED_BY = Text(en="Owner", ja="責任部門")
_MADE_OF = Text(en="Made of", ja="元データ")
_HELD_BY = Text(en="Held by", ja="SQL テーブル")
_CHOICES = Text(en="Changed by (policy)", ja="変更できるポリシー")

_UNITS = {
    "money": Text(en="money", ja="金額"),
    "money_ratio": Text(en="money per unit", ja="金額（単価）"),
    "money_per_day": Text(en="money per day", ja="金額／日"),
    "ratio": Text(en="ratio", ja="比率"),
    "count": Text(en="count", ja="件数"),
    "days": Text(en="days", ja="日"),
    "minutes": Text(en="minutes", ja="分"),
    "months": Text(en="months", ja="か月"),
    "points": Text(en="points", ja="ポイント"),
    "touches": Text(en="touches", ja="接点"),
    "text": Text(en="word", ja="文字"),
}
_DIRECTIONS = {
    "higher": Text(en="higher", ja="高いほど良い"),
    "lower": Text(en="lower", ja="低いほど良い"),
    "neutral": Text(en="neither", ja="なし"),
}


def write_playbook(folder: Path) -> list[Path]:
    """Write the page in both languages.

    Raises:
        Misconfigured: the registry is wrong, or a page cannot be written.
    """
    registry = read_registry()
    written = []
    for language, name in PAGES.items():
        path = folder / name
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(playbook(registry, language), encoding="utf-8")
        except OSError as error:
            raise Misconfigured(f"{path} cannot be written: {error.strerror}") from error
        written.append(path)
    return written


def playbook(registry: MetricRegistry, language: Language) -> str:
    """The page in one language."""
    return "\n".join(_Page(registry, language).lines())


class _Page:
    def __init__(self, registry: MetricRegistry, language: Language) -> None:
        self._registry = registry
        self._language: Language = language

    def lines(self) -> Iterator[str]:
        yield f"# {self._in(_TITLE)}"
        yield ""
        yield self._in(_OTHER)
        yield ""
        yield self._in(self._registry.introduction)
        yield ""
        yield self._in(_MADE)
        yield from self._contents()
        yield from self._conventions()
        for subject, name in self._registry.subjects.items():
            yield f"## {self._in(name)}"
            yield ""
            for family in self._families(subject):
                yield from self._family(family)
        yield from self._dimensions()
        yield from self._index()

    def _contents(self) -> Iterator[str]:
        rows = [
            (
                self._link(name),
                self._in(_COMMA).join(self._link(one.name) for one in self._families(subject)),
            )
            for subject, name in self._registry.subjects.items()
        ]
        yield ""
        yield f"## {self._in(_CONTENTS)}"
        yield ""
        yield from self._table((_SUBJECT, _FAMILIES), rows)
        yield self._in(_COMMA).join(self._link(one) for one in (_CONVENTIONS, _DIMENSIONS, _INDEX))
        yield ""

    def _conventions(self) -> Iterator[str]:
        yield f"## {self._in(_CONVENTIONS)}"
        yield ""
        yield from (f"- {self._in(one)}" for one in self._registry.conventions)
        yield ""

    def _family(self, family: Family) -> Iterator[str]:
        yield f"### {self._in(family.name)}"
        yield ""
        for name, label in FACTS.items():
            yield self._fact(label, self._in(getattr(family, name)))
        yield self._fact(_OWNED_BY, self._in(self._registry.owners[family.owner]))
        yield self._fact(_MADE_OF, self._codes(f"canonical.{one}" for one in family.tables))
        yield self._fact(_HELD_BY, self._codes(f"metrics.{one}" for one in family.models))
        yield self._fact(_CHOICES, self._codes(family.choices) or self._in(_NONE))
        yield ""
        yield from self._table(
            (_METRIC, _NAME, _WHAT, _UNIT, _DIMS, _DIRECTION),
            [
                (
                    f"`{one.metric}`",
                    self._in(one.name),
                    self._in(one.what),
                    self._in(_UNITS[one.unit]),
                    self._by(one),
                    self._in(_DIRECTIONS[one.direction]),
                )
                for one in family.metrics
            ],
        )
        if family.competing:
            yield from self._table(
                (_COMPETING, _REASON),
                [(self._in(one.definition), self._in(one.reason)) for one in family.competing],
            )

    def _dimensions(self) -> Iterator[str]:
        yield f"## {self._in(_DIMENSIONS)}"
        yield ""
        yield from self._table(
            (_DIMENSION, _WHAT),
            [(f"`{name}`", self._in(said)) for name, said in self._registry.dims.items()],
        )

    def _index(self) -> Iterator[str]:
        found = sorted(self._registry.metrics(), key=lambda pair: pair[1].metric)
        yield f"## {self._in(_INDEX)}"
        yield ""
        yield from self._table(
            (_METRIC, _NAME, _FAMILY, _OWNER),
            [
                (
                    f"`{metric.metric}`",
                    self._in(metric.name),
                    self._link(family.name),
                    self._in(self._registry.owners[family.owner]),
                )
                for family, metric in found
            ],
        )

    def _families(self, subject: str) -> list[Family]:
        return [one for one in self._registry.families if one.subject == subject]

    def _by(self, metric: Metric) -> str:
        plain = self._codes(metric.dims) or self._in(_NONE)
        if not metric.also_by:
            return plain
        return self._in(_OR).format(plain, self._codes((*metric.dims, *metric.also_by)))

    def _fact(self, label: Text, said: str) -> str:
        return f"- **{self._in(label)}{self._in(_COLON)}** {said}"

    def _table(self, head: Sequence[Text], rows: Sequence[Sequence[str]]) -> Iterator[str]:
        yield _row([self._in(one) for one in head])
        yield _row(["---"] * len(head))
        yield from (_row(row) for row in rows)
        yield ""

    def _codes(self, names: Sequence[str] | Iterator[str]) -> str:
        return self._in(_COMMA).join(f"`{name}`" for name in names)

    def _link(self, heading: Text) -> str:
        said = self._in(heading)
        return f"[{said}](#{_anchor(said)})"

    def _in(self, text: Text) -> str:
        return text.of(self._language)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _anchor(heading: str) -> str:
    """What code hosts call a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
