"""The sections on recurring revenue: how MRR came about, and how much of it stays."""

from __future__ import annotations

from decimal import Decimal

from orchestration.report import charts
from orchestration.report.parts import Author, Chart, Section, Table
from orchestration.report.wording import Cell
from warehouse.metric_registry import Text

_MOVEMENTS = {
    "new": Text(en="New", ja="新規"),
    "expansion": Text(en="Expansion", ja="拡張"),
    "reactivation": Text(en="Reactivation", ja="復活"),
    "contraction": Text(en="Contraction", ja="縮小"),
    "churn": Text(en="Churn", ja="解約"),
    "fx": Text(en="Currency", ja="為替"),
}
_MRR = Text(en="How MRR came about", ja="MRR の増減")
_MRR_LEAD = Text(
    en="From the MRR before the window to the present one, by kind of movement.",
    ja="対象期間の期首から現在までの MRR を、増減の種類ごとに示します。",
)
_OPENING = Text(en="Opening", ja="期首")
_CLOSING = Text(en="Closing", ja="期末")
_MONTH = Text(en="Month", ja="月")
_WATERFALL = Text(en="MRR waterfall, {}", ja="MRR ウォーターフォール、{}")
_BY_MONTH = Text(en="MRR by month", ja="月別 MRR")
_TOTAL = Text(en="Window", ja="対象期間")
_NO_MRR = Text(en="No recurring revenue was measured.", ja="経常収益は計測されていません。")
_RISE = Text(en="Increase", ja="増加")
_FALL = Text(en="Decrease", ja="減少")

_RETENTION = Text(en="What stays: NRR and GRR", ja="継続率：NRR と GRR")
_RETENTION_LEAD = Text(
    en="A cohort is whoever was a customer when the period began, by segment.",
    ja="コホートは期間の開始時点で顧客だった企業で、セグメント別に示します。",
)
_EVERYBODY = Text(en="All customers", ja="全顧客")
_COHORT = Text(en="Cohort", ja="コホート")
_PERIOD = Text(en="Period", ja="期間")
_BY_PERIOD = Text(en="NRR and GRR of all customers by period", ja="期間別の NRR と GRR（全顧客）")
_BY_COHORT = Text(en="NRR and GRR by cohort", ja="コホート別の NRR と GRR")
_KEPT = Text(en="100% and more", ja="100% 以上")
_MOST = Text(en="80% to 100%", ja="80〜100%")
_LESS = Text(en="below 80%", ja="80% 未満")
_UNKNOWN = Text(en="undefined", ja="未定義")
_NO_RETENTION = Text(en="No retention was measured.", ja="継続率は計測されていません。")
_MOST_OF_IT = Decimal("0.8")


def waterfall(a: Author) -> Section:
    months = sorted({dims["month"] for dims, _ in a.facts.of("mrr_movement")})
    if not months:
        return Section("mrr", a.t(_MRR), a.t(_MRR_LEAD), empty=a.t(_NO_MRR))
    rows = [
        [
            a.writer.text(month),
            a.cell("mrr_opening", month=month),
            *(a.cell("mrr_movement", month=month, movement=one) for one in _MOVEMENTS),
            a.cell("mrr_closing", month=month),
        ]
        for month in months
    ]
    sums = {
        one: sum(
            (
                a.facts.value("mrr_movement", month=month, movement=one) or Decimal()
                for month in months
            ),
            Decimal(),
        )
        for one in _MOVEMENTS
    }
    opening = a.facts.value("mrr_opening", month=months[0])
    closing = a.facts.value("mrr_closing", month=months[-1])
    total = [
        a.writer.text(a.t(_TOTAL)),
        a.writer.number(opening, "money"),
        *(a.writer.number(one, "money") for one in sums.values()),
        a.writer.number(closing, "money"),
    ]
    head = [
        (a.t(_MONTH), False),
        *((a.t(one), True) for one in (_OPENING, *_MOVEMENTS.values(), _CLOSING)),
    ]
    drawn = _steps(a, opening, sums, closing) if opening is not None and closing is not None else []
    span = f"{months[0]} – {months[-1]}"
    shown = [
        Chart(
            a.t(_WATERFALL, span),
            ", ".join(f"{one['label']} {one['said']}" for one in drawn),
            a.drawn(charts.waterfall, drawn),
            (("series", "MRR"), ("good", a.t(_RISE)), ("bad", a.t(_FALL))),
        )
    ]
    return Section(
        "mrr",
        a.t(_MRR),
        a.t(_MRR_LEAD),
        charts=shown if drawn else (),
        tables=[Table(a.t(_BY_MONTH), head, [*rows, total])],
        definitions=a.definitions("mrr_opening", "mrr_movement", "mrr_closing"),
        notes=a.notes(),
    )


def _steps(
    a: Author, opening: Decimal, sums: dict[str, Decimal], closing: Decimal
) -> list[dict[str, object]]:
    """Each movement begins where the one before ended."""
    at = opening
    steps: list[dict[str, object]] = [_step(a, _OPENING, Decimal(), opening, "series")]
    for movement, amount in sums.items():
        steps.append(
            _step(a, _MOVEMENTS[movement], at, at + amount, "good" if amount >= 0 else "bad")
            | {"said": a.writer.short(amount, "money")}
        )
        at += amount
    return [*steps, _step(a, _CLOSING, Decimal(), closing, "series")]


def _step(a: Author, label: Text, begin: Decimal, end: Decimal, tone: str) -> dict[str, object]:
    return {
        "label": a.t(label),
        "begin": float(begin),
        "end": float(end),
        "said": a.writer.short(end, "money"),
        "tone": tone,
    }


def retention(a: Author) -> Section:
    every = [dims for name in ("nrr", "grr") for dims, _ in a.facts.of(name)]
    if not every:
        return Section("retention", a.t(_RETENTION), a.t(_RETENTION_LEAD), empty=a.t(_NO_RETENTION))
    segments = sorted({dims["segment"] for dims in every if "segment" in dims})
    by_segment = sorted({dims["period"] for dims in every if "segment" in dims}, key=_order)
    periods = sorted({dims["period"] for dims in every}, key=_order)
    of: list[dict[str, str]] = [{}, *({"segment": one} for one in segments)]
    grid = by_segment or periods
    shown = [
        Chart(
            _titled(a.name(metric), metric.upper()),
            "; ".join(f"{one['label']} {one['column']}: {one['said']}" for one in rows),
            a.drawn(charts.heat, rows),
            (
                ("good", a.t(_KEPT)),
                ("warn", a.t(_MOST)),
                ("bad", a.t(_LESS)),
                ("quiet", a.t(_UNKNOWN)),
            ),
        )
        for metric in ("nrr", "grr")
        if (rows := _kept(a, metric, of, grid))
    ]
    cohorts = Table(
        a.t(_BY_COHORT),
        [(a.t(_PERIOD), False), (a.t(_COHORT), False), ("NRR", True), ("GRR", True)],
        [
            [
                a.writer.text(period),
                a.writer.text(one.get("segment") or a.t(_EVERYBODY)),
                *(_cell(a, metric, period=period, **one) for metric in ("nrr", "grr")),
            ]
            for period in grid
            for one in of
            if any(a.facts.has(metric, period=period, **one) for metric in ("nrr", "grr"))
        ],
    )
    all_periods = Table(
        a.t(_BY_PERIOD),
        [(a.t(_PERIOD), False), ("NRR", True), ("GRR", True)],
        [
            [a.writer.text(one), *(_cell(a, metric, period=one) for metric in ("nrr", "grr"))]
            for one in periods
        ],
    )
    return Section(
        "retention",
        a.t(_RETENTION),
        a.t(_RETENTION_LEAD),
        charts=shown,
        tables=[cohorts, all_periods],
        definitions=a.definitions("nrr", "grr"),
        notes=a.notes(),
    )


def _titled(name: str, acronym: str) -> str:
    """The Japanese names hold it already."""
    return name if acronym in name else f"{name} ({acronym})"


def _cell(a: Author, metric: str, **dims: str) -> Cell:
    return a.cell(metric, **dims) if a.facts.has(metric, **dims) else a.writer.text(None)


def _kept(
    a: Author, metric: str, cohorts: list[dict[str, str]], periods: list[str]
) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = []
    for one in cohorts:
        for period in periods:
            if a.facts.has(metric, period=period, **one):
                value = a.facts.value(metric, period=period, **one)
                rows.append(
                    {
                        "label": one.get("segment") or a.t(_EVERYBODY),
                        "column": a.t(_TOTAL) if period == a.facts.window else period,
                        "said": a.writer.percent(value),
                        "tone": _tone(value),
                    }
                )
    return rows


def _tone(value: Decimal | None) -> str:
    if value is None:
        return "quiet"
    if value >= 1:
        return "good"
    return "warn" if value >= _MOST_OF_IT else "bad"


def _order(period: str) -> tuple[bool, bool, str]:
    """Months, then quarters, then the window."""
    return (".." in period or "H" in period, "Q" in period, period)
