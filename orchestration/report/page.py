"""Puts the report together: one HTML page that needs no network and runs no script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import jinja2
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from orchestration.report import keeping, revenue, selling
from orchestration.report.facts import Facts, read
from orchestration.report.parts import Author, Definition, Section, Tile
from orchestration.report.wording import Writer
from warehouse.connection import Warehouse
from warehouse.errors import Misconfigured
from warehouse.metric_registry import Language, MetricRegistry, Text, read_registry
from warehouse.reading import reading_live

Languages = Literal["en", "ja", "both"]

# What a report of the past needs beside the metrics.
AS_OF = ("+opportunities", "+forecast", "+account_health")

_HERE = Path(__file__).parent
_SECTIONS = (
    revenue.waterfall,
    revenue.retention,
    selling.pipeline,
    selling.funnel,
    selling.attribution,
    keeping.health,
    keeping.quality,
    keeping.syncs,
)
_WORDS = {
    "title": Text(en="Revenue report", ja="レベニューレポート"),
    "headlines": Text(en="At a glance", ja="主要指標"),
    "as_of": Text(en="As of", ja="基準時点"),
    "window": Text(en="Window", ja="対象期間"),
    "currency": Text(en="Currency", ja="レポート通貨"),
    "built": Text(en="Data built", ja="データ作成"),
    "invented": Text(en="Invented data", ja="架空のデータ"),
    "contents": Text(en="Sections", ja="目次"),
    "definition": Text(en="What this means", ja="定義"),
    "table": Text(en="Table", ja="表"),
    "names": Text(en="Metrics", ja="指標"),
    "colon": Text(en=": ", ja="："),
    "made": Text(
        en="Made by revops report. An undefined value is never zero.",
        ja="revops report が作成しました。未定義の値は 0 ではありません。",
    ),
    "language": Text(en="Language", ja="言語"),
}
_TONGUES: dict[Language, str] = {"en": "English", "ja": "日本語"}


@dataclass(frozen=True)
class Edition:
    """The report in one language."""

    language: Language
    words: dict[str, str]
    head: Sequence[tuple[str, str]]
    tiles: Sequence[Tile]
    notes: Sequence[str]
    definitions: Sequence[Definition]
    sections: Sequence[Section]


@dataclass(frozen=True)
class Written:
    """What was written where, and what of it was undefined or not there."""

    path: Path
    bytes: int
    as_of: str
    languages: tuple[str, ...]
    values: int
    undefined: int
    empty: tuple[str, ...]


def write_report(
    warehouse: Warehouse,
    out: Path,
    *,
    language: Languages = "both",
    company: str = "",
    is_invented: bool = False,
) -> Written:
    """Write the page of what the warehouse holds.

    Args:
        warehouse: what was built; it is read in its turn, for as long as the questions take.
        out: the HTML file.
        language: both languages are one page with a switch.
        company: whose report it is, for the heading.
        is_invented: say so in the heading.

    Raises:
        Misconfigured: nothing has been measured, or the file cannot be written.
        Busy: another process kept the warehouse for longer than the wait.
    """
    if not out.parent.is_dir():
        raise Misconfigured(f"{out} cannot be written: there is no folder {out.parent}")
    with reading_live(warehouse, "a report") as session:
        facts = read(session)
    chosen: tuple[Language, ...] = ("en", "ja") if language == "both" else (language,)
    registry = read_registry()
    editions = [_edition(facts, registry, one) for one in chosen]
    page = rendered(editions, company=company, is_invented=is_invented)
    try:
        out.write_text(page, encoding="utf-8")
    except OSError as error:
        raise Misconfigured(f"{out} cannot be written: {error.strerror}") from error
    return Written(
        path=out,
        bytes=len(page.encode()),
        as_of=f"{facts.settings['as_of']:%Y-%m-%dT%H:%M:%SZ}",
        languages=chosen,
        values=len(facts.values),
        undefined=sum(one is None for one in facts.values.values()),
        empty=tuple(one.id for one in editions[0].sections if one.empty),
    )


def rendered(editions: Sequence[Edition], *, company: str = "", is_invented: bool = False) -> str:
    """The page; every text in it is escaped, and only what Vega drew is taken as it is."""
    environment = Environment(
        loader=FileSystemLoader(_HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = Markup((_HERE / "page.css").read_text(encoding="utf-8"))  # noqa: S704 - our own file
    try:
        return environment.get_template("page.html.j2").render(
            editions=editions,
            tongues=_TONGUES,
            company=company,
            is_invented=is_invented,
            style=style,
        )
    except jinja2.TemplateError as error:  # pragma: no cover - a fault of ours
        raise AssertionError(f"the report's template is wrong: {error}") from error


def _edition(facts: Facts, registry: MetricRegistry, language: Language) -> Edition:
    settings = facts.settings
    writer = Writer(language, settings["reporting_currency"], settings["business_timezone"])
    words = {name: text.of(language) for name, text in _WORDS.items()}
    a = Author(facts, registry, writer)
    built = (facts.rows["builds"] or [{"built_at": None}])[0]["built_at"]
    head = [
        (words["as_of"], writer.instant(settings["as_of"])),
        (words["window"], facts.window.replace("..", " – ")),
        (words["currency"], settings["reporting_currency"]),
        (words["built"], writer.instant(built)),
    ]
    tiles = _headlines(a)
    sections = [write(Author(facts, registry, writer)) for write in _SECTIONS]
    told = a.definitions(*(one.cell.metric for one in tiles))
    return Edition(language, words, head, tiles, a.notes(), told, sections)


def _headlines(a: Author) -> list[Tile]:
    """What a company looks at first: the last month, the window, and what is open now."""
    months = sorted(dims["month"] for dims, _ in a.facts.of("mrr_closing"))
    window = a.facts.window
    month = months[-1] if months else ""
    wanted = [
        ("mrr_closing", month, {"month": month}),
        ("customers_closing", month, {"month": month}),
        ("nrr", window, {"period": window}),
        ("grr", window, {"period": window}),
        ("win_rate_count", window, {"period": window}),
        ("pipeline_value", a.facts.day, {"as_of": a.facts.day}),
    ]
    return [
        a.tile(name, when.replace("..", " – "), **dims)
        for name, when, dims in wanted
        if a.facts.has(name, **dims)
    ]
