"""The sections on customers, data and delivery: health, quality and what the syncs did."""

from __future__ import annotations

from decimal import Decimal

from orchestration.report import charts
from orchestration.report.parts import Author, Chart, Definition, Section, Table
from orchestration.report.wording import Cell
from warehouse.connection import Row
from warehouse.metric_registry import Text

_HEALTH = Text(en="Customer health", ja="顧客健全度")
_HEALTH_LEAD = Text(
    en="Each customer by health and MRR: what is low and large comes first.",
    ja="顧客ごとの健全度と MRR です。健全度が低く MRR の大きい顧客から対応します。",
)
_MAP = Text(en="Health and MRR of each customer", ja="顧客ごとの健全度と MRR")
_TOLD = Text(en="{} customers: {}", ja="顧客 {} 社：{}")
_CUSTOMER = Text(en="Customer", ja="顧客")
_SCORE = Text(en="Health", ja="健全度")
_BAND = Text(en="Band", ja="区分")
_MRR = Text(en="MRR", ja="MRR")
_RENEWAL = Text(en="Renewal", ja="更新期限")
_PARTS = {
    "usage_points": Text(en="Usage", ja="利用"),
    "support_points": Text(en="Support", ja="サポート"),
    "sentiment_points": Text(en="Sentiment", ja="推奨度"),
    "financial_points": Text(en="Payment", ja="支払い"),
    "engagement_points": Text(en="Engagement", ja="接点"),
}
_BANDS = {
    "green": Text(en="green", ja="緑（良好）"),
    "yellow": Text(en="yellow", ja="黄（注意）"),
    "red": Text(en="red", ja="赤（危険）"),
    "insufficient": Text(en="too little known", ja="データ不足"),
}
_TONES = {"green": "good", "yellow": "warn", "red": "bad"}
_NO_HEALTH = Text(en="No customer has a health score.", ja="健全度のある顧客はいません。")
_NOT_BUILT = Text(
    en="This part has not been built: `revops build` makes it.",
    ja="この部分はまだ作成されていません。`revops build` で作成します。",
)
_STEPS = 4

_QUALITY = Text(en="Data quality", ja="データ品質")
_QUALITY_LEAD = Text(
    en="Shares of sound data against what is promised of them.",
    ja="正しいデータの割合を、約束した目標値と比べます。",
)
_SCORECARD = Text(en="Sound data by table and tool", ja="テーブル別・ツール別の正しいデータの割合")
_KIND = Text(en="Kind", ja="種類")
_SUBJECT = Text(en="Subject", ja="対象")
_MEASURE = Text(en="Measure", ja="指標")
_OF = Text(en="Of", ja="件数")
_SHARE = Text(en="Share", ja="割合")
_TARGET = Text(en="Target", ja="目標")
_MET = Text(en="kept", ja="達成")
_MISSED = Text(en="missed", ja="未達")
_STATE = Text(en="State", ja="状態")
_KINDS = {
    "table": Text(en="table", ja="テーブル"),
    "tool": Text(en="tool", ja="ツール"),
    "department": Text(en="department", ja="部門"),
    "owner": Text(en="owner", ja="責任部門"),
    "adoption": Text(en="CRM adoption", ja="CRM の定着"),
    "duplicates": Text(en="duplicates", ja="重複"),
}
_QUALITY_IS = Text(
    en=(
        "Of each table, tool and department, the share of rows that no rule finds fault with; of"
        " each owner, the share of rules that pass; adoption is how completely the CRM is kept;"
        " duplicates is the share of records that a tool holds once. Undefined where none"
        " was counted."
    ),
    ja=(
        "テーブル・ツール・部門ごとに、どのルールにも違反しない行の割合。責任部門は合格したルールの割合、"
        "CRM の定着は入力の充足度、重複はツール内で 1 件だけ存在するレコードの割合です。"
        "対象が 0 件のときは未定義です。"
    ),
)
_NO_QUALITY = Text(en="No gate has judged yet.", ja="ゲートはまだ一度も判定していません。")

_SYNCS = Text(en="Sync activity", ja="同期の状況")
_SYNCS_LEAD = Text(
    en="What was written back into the tools in the 30 days before the as-of instant.",
    ja="基準時点までの 30 日間に、各ツールへ書き戻した結果です。",
)
_SENT = Text(en="Rows sent by sync", ja="同期別の送信行数")
_SYNC = Text(en="Sync", ja="同期")
_TO = Text(en="To", ja="送信先")
_LAST = Text(en="Last run", ja="最終実行")
_STATUS = Text(en="Outcome", ja="結果")
_RUNS = Text(en="Runs", ja="実行回数")
_ACKNOWLEDGED = Text(en="Acknowledged", ja="受理")
_UNKNOWN = Text(en="Not settled", ja="未確定")
_REJECTED = Text(en="Rejected", ja="拒否")
_WITHHELD = Text(en="Withheld at last", ja="直近の保留")
_UNCHANGED = Text(en="Unchanged at last", ja="直近の変更なし")
_SYNCS_IS = Text(
    en=(
        "Acknowledged: the tool said that it took the row. Not settled: nobody knows yet: the next"
        " run asks. Rejected: the tool refused it for good. Withheld: a gate or guard kept it back."
    ),
    ja=(
        "受理はツールが受け取りを認めた行。未確定は結果がまだ分からず、次の実行で確認する行。"
        "拒否はツールが恒久的に断った行。保留はゲートやガードが止めた行です。"
    ),
)
_NO_SYNCS = Text(en="Nothing was sent in these days.", ja="この期間に送信はありません。")


def health(a: Author) -> Section:
    customers = a.facts.rows["customers"]
    if not customers:
        why = _NOT_BUILT if customers is None else _NO_HEALTH
        return Section("health", a.t(_HEALTH), a.t(_HEALTH_LEAD), empty=_said(a, why))
    bands = list(dict.fromkeys(one["health_band"] for one in customers if one["health_band"]))
    counts = {band: sum(one["health_band"] == band for one in customers) for band in bands}
    told = ", ".join(f"{_band(a, band)} {count}" for band, count in counts.items())
    drawn = [
        {
            "x": float(one["health_score"]),
            "y": float(one["mrr"]),
            "tone": _TONES.get(one["health_band"], "quiet"),
        }
        for one in customers
        if one["health_score"] is not None
    ]
    shown = [
        Chart(
            a.t(_MAP),
            a.t(_TOLD, len(customers), told),
            a.drawn(charts.points, drawn, (a.t(_SCORE), a.t(_MRR)), _ticks(a, drawn)),
            [(_TONES.get(one, "quiet"), f"{_band(a, one)} ({counts[one]})") for one in bands],
        )
    ]
    head = [
        (a.t(_CUSTOMER), False),
        (a.t(_BAND), False),
        *((a.t(one), True) for one in (_SCORE, *_PARTS.values(), _MRR)),
        (a.t(_RENEWAL), False),
    ]
    table = Table(a.t(_MAP), head, [_customer(a, one) for one in customers])
    return Section(
        "health",
        a.t(_HEALTH),
        a.t(_HEALTH_LEAD),
        charts=shown if drawn else (),
        tables=[table],
        definitions=a.definitions("health_score", "health_band", "health_component"),
        notes=a.notes(),
    )


def _customer(a: Author, one: Row) -> list[Cell]:
    band = one["health_band"]
    return [
        a.writer.text(one["account_name"]),
        Cell(_band(a, band), tone=_TONES.get(band, "quiet")) if band else a.writer.undefined,
        a.figure("health_score", _rounded(one["health_score"])),
        *(a.figure("health_component", _rounded(one[name])) for name in _PARTS),
        a.writer.number(one["mrr"], "money"),
        a.writer.day(one["renewal_due_date"]),
    ]


def _rounded(points: Decimal | None) -> Decimal | None:
    return None if points is None else round(points, 1)


def _band(a: Author, band: str) -> str:
    return a.t(_BANDS[band]) if band in _BANDS else band


def _ticks(a: Author, drawn: list[dict[str, object]]) -> list[tuple[float, str]]:
    """Amounts for the axis: round ones up to at least the largest, said in the language."""
    most = max([float(str(one["y"])) for one in drawn] + [1])
    magnitude = 10 ** (len(str(int(most))) - 1)
    step = next(
        size * magnitude for size in (0.25, 0.5, 1, 2, 2.5, 5) if size * magnitude * _STEPS >= most
    )
    amounts = [step * number for number in range(_STEPS + 1)]
    return [(one, a.writer.tick(one)) for one in amounts]


def quality(a: Author) -> Section:
    scores = a.facts.rows["scores"]
    if not scores:
        return Section("quality", a.t(_QUALITY), a.t(_QUALITY_LEAD), empty=a.t(_NO_QUALITY))
    drawn = [
        {
            "label": one["subject"],
            "value": one["value"],
            "said": a.writer.said(one["value"], "ratio"),
            "tone": _kept(one),
        }
        for one in scores
        if one["scope"] in {"table", "tool"}
    ]
    head = [
        *((a.t(one), False) for one in (_KIND, _SUBJECT, _MEASURE)),
        *((a.t(one), True) for one in (_OF, _SHARE, _TARGET)),
        (a.t(_STATE), False),
    ]
    rows = [
        [
            a.writer.text(a.t(_KINDS[one["scope"]]) if one["scope"] in _KINDS else one["scope"]),
            a.writer.text(one["subject"]),
            a.writer.text(one["measure"].replace("_", " ")),
            a.writer.number(one["counted"], "count"),
            a.writer.number(one["value"], "ratio"),
            a.writer.number(one["target"], "ratio"),
            _verdict(a, one),
        ]
        for one in scores
    ]
    told = ", ".join(f"{one['label']} {one['said']}" for one in drawn)
    chart = Chart(
        a.t(_SCORECARD),
        told,
        a.drawn(charts.bars, drawn),
        (("good", a.t(_MET)), ("bad", a.t(_MISSED))),
    )
    return Section(
        "quality",
        a.t(_QUALITY),
        a.t(_QUALITY_LEAD),
        charts=[chart] if drawn else (),
        tables=[Table(a.t(_QUALITY), head, rows)],
        definitions=[Definition(a.t(_QUALITY), [(a.t(_SHARE), a.t(_QUALITY_IS))])],
    )


def _verdict(a: Author, one: Row) -> Cell:
    if one["is_met"] is None:
        return a.writer.text(None)
    return Cell(a.t(_MET if one["is_met"] else _MISSED), tone=_kept(one))


def _kept(one: Row) -> str:
    if one["is_met"] is None:
        return "quiet"
    return "good" if one["is_met"] else "bad"


def syncs(a: Author) -> Section:
    found = a.facts.rows["syncs"]
    if not found:
        return Section("syncs", a.t(_SYNCS), a.t(_SYNCS_LEAD), empty=a.t(_NO_SYNCS))
    drawn = [
        {
            "label": one["sync"],
            "value": one[name],
            "tone": tone,
            "total": a.writer.said(one["acknowledged"] + one["unknown"] + one["rejected"], "count"),
        }
        for one in found
        for name, tone in (("acknowledged", "good"), ("unknown", "warn"), ("rejected", "bad"))
    ]
    told = ", ".join(f"{one['label']} {one['total']}" for one in drawn if one["tone"] == "good")
    legend = (("good", _ACKNOWLEDGED), ("warn", _UNKNOWN), ("bad", _REJECTED))
    chart = Chart(
        a.t(_SENT),
        told,
        a.drawn(charts.stacked, drawn),
        [(tone, a.t(label)) for tone, label in legend],
    )
    head = [
        *((a.t(one), False) for one in (_SYNC, _TO, _LAST, _STATUS)),
        *((a.t(one), True) for one in (_RUNS, _ACKNOWLEDGED, _UNKNOWN, _REJECTED, _WITHHELD)),
        (a.t(_UNCHANGED), True),
    ]
    counts = ("runs", "acknowledged", "unknown", "rejected", "withheld", "unchanged")
    rows = [
        [
            a.writer.text(one["sync"]),
            a.writer.text(one["target"]),
            a.writer.text(a.writer.instant(one["last_run"])),
            a.writer.text(one["status"]),
            *(a.writer.number(one[name], "count") for name in counts),
        ]
        for one in found
    ]
    return Section(
        "syncs",
        a.t(_SYNCS),
        a.t(_SYNCS_LEAD),
        charts=[chart],
        tables=[Table(a.t(_SYNCS), head, rows)],
        definitions=[Definition(a.t(_SYNCS), [(a.t(_STATUS), a.t(_SYNCS_IS))])],
    )


def _said(a: Author, text: Text) -> str:
    return a.t(text).replace("`", "")
