"""The sections on marketing and sales: pipeline, funnel and attribution."""

from __future__ import annotations

from decimal import Decimal

from orchestration.report import charts
from orchestration.report.parts import Author, Chart, Section, Table
from warehouse.metric_registry import Text

_PIPELINE = Text(en="Pipeline and coverage", ja="パイプラインとカバレッジ")
_PIPELINE_LEAD = Text(
    en="What is open, where it stands, and whether it is enough for what remains of the quota.",
    ja="進行中の商談がどの段階にあり、残りの目標に足りているかを示します。",
)
_STAGE = Text(en="Stage", ja="ステージ")
_NO_STAGE = Text(en="(no stage)", ja="（ステージなし）")
_DEALS = Text(en="Opportunities", ja="商談数")
_AMOUNT = Text(en="Amount", ja="金額")
_WEIGHTED = Text(en="Weighted", ja="加重金額")
_UNVALUED = Text(en="Without amount", ja="金額なし")
_BY_STAGE = Text(en="Open pipeline by stage", ja="ステージ別の進行中パイプライン")
_COVERAGE = Text(en="Coverage by owner, {}", ja="担当者別カバレッジ、{}")
_OWNER = Text(en="Owner", ja="担当者")
_QUARTER = Text(en="Quarter", ja="四半期")
_TEAM = Text(en="All owners", ja="全担当者")
_ONCE = Text(en="the dashed line is 1×", ja="破線は 1 倍")
_NO_PIPELINE = Text(en="No pipeline was measured.", ja="パイプラインは計測されていません。")

_FUNNEL = Text(en="Funnel and response times", ja="ファネルと SLA")
_FUNNEL_LEAD = Text(
    en="People whose first MQL fell into the window, how far they came, how fast they were met.",
    ja="対象期間に初めて MQL となった人が、どこまで進み、どれだけ早く対応されたかを示します。",
)
_REACHED = Text(en="People that reached the stage", ja="ステージ到達人数")
_PEOPLE = Text(en="People", ja="人数")
_FROM_BEFORE = Text(en="Of the stage before", ja="前段階からの移行率")
_SLA_CHART = Text(en="Within the agreed time", ja="SLA 達成率")
_WHOLE = Text(en="the dashed line is 100%", ja="破線は 100%")
_SLA = Text(en="Agreement", ja="SLA")
_IN_TIME = Text(en="In time", ja="達成率")
_PENDING = Text(en="Still open", ja="対応待ち")
_SLAS = {
    "lead_response": Text(en="First response to a lead", ja="リードへの初回対応"),
    "mql_to_sal": Text(en="Decision on an MQL", ja="MQL の受け入れ判断"),
}
_NO_FUNNEL = Text(en="No funnel was measured.", ja="ファネルは計測されていません。")

_CREDIT = Text(en="Attribution", ja="アトリビューション")
_CREDIT_LEAD = Text(
    en="Won revenue by channel, by each model: where the models agree, the answer is robust.",
    ja="受注金額をチャネル別・モデル別に配分します。モデル間で一致するほど、結論は確かです。",
)
_CREDIT_CHART = Text(
    en="Credited revenue by channel and model", ja="チャネル別・モデル別の配分金額"
)
_DEEPER = Text(en="deeper is more", ja="濃いほど大きい")
_CHANNEL = Text(en="Channel", ja="チャネル")
_NO_CREDIT = Text(en="No revenue was attributed.", ja="配分された売上はありません。")


def pipeline(a: Author) -> Section:
    day = a.facts.day
    stages = a.facts.rows["stages"]
    if not a.facts.has("pipeline_value", as_of=day) or stages is None:
        return Section("pipeline", a.t(_PIPELINE), a.t(_PIPELINE_LEAD), empty=a.t(_NO_PIPELINE))
    tiles = [
        a.tile(name, as_of=day)
        for name in ("pipeline_value", "pipeline_value_weighted", "pipeline_count")
    ]
    coverage = sorted(
        (one["target_period"], one.get("owner_id", ""))
        for one, _ in a.facts.of("pipeline_coverage")
        if one["as_of"] == day
    )
    drawn = [
        {
            "label": one["stage"] or a.t(_NO_STAGE),
            "value": float(one["amount"] or 0),
            "said": a.writer.short(one["amount"], "money"),
            "tone": "series",
        }
        for one in stages
    ]
    shown = [_bars(a, a.t(_BY_STAGE), drawn)] if drawn else []
    tables = [
        Table(
            a.t(_BY_STAGE),
            [
                (a.t(_STAGE), False),
                *((a.t(one), True) for one in (_DEALS, _AMOUNT, _WEIGHTED, _UNVALUED)),
            ],
            [
                [
                    a.writer.text(one["stage"] or a.t(_NO_STAGE)),
                    a.writer.number(one["opportunities"], "count"),
                    a.writer.number(one["amount"], "money"),
                    a.writer.number(one["weighted"], "money"),
                    a.writer.number(one["without_amount"], "count"),
                ]
                for one in stages
            ],
        )
    ]
    if coverage:
        period = coverage[0][0]
        for name in ("pipeline_coverage_of_total_quota", "remaining_quota"):
            # They are seen from the day of the last forecast, which need not be the report's.
            told = [one["as_of"] for one, _ in a.facts.of(name) if one["target_period"] == period]
            tiles += [a.tile(name, as_of=max(told), target_period=period)] if told else []
        chart, table = _coverage(a, coverage)
        shown.append(chart)
        tables.append(table)
    return Section(
        "pipeline",
        a.t(_PIPELINE),
        a.t(_PIPELINE_LEAD),
        tiles,
        shown,
        tables,
        a.definitions(
            "pipeline_value",
            "pipeline_value_weighted",
            "pipeline_count",
            "pipeline_coverage",
            "pipeline_coverage_of_total_quota",
            "remaining_quota",
        ),
        a.notes(),
    )


def _coverage(a: Author, found: list[tuple[str, str]]) -> tuple[Chart, Table]:
    names = {one["owner_id"]: one["owner_name"] for one in a.facts.rows["owners"] or ()}
    drawn: list[dict[str, object]] = []
    rows = []
    for period, owner in found:
        label = (names.get(owner) or owner) if owner else a.t(_TEAM)
        of = {"as_of": a.facts.day, "target_period": period} | (
            {"owner_id": owner} if owner else {}
        )
        value = a.facts.value("pipeline_coverage", **of)
        rows.append(
            [a.writer.text(period), a.writer.text(label), a.cell("pipeline_coverage", **of)]
        )
        if period == found[0][0]:
            drawn.append(
                {
                    "label": label,
                    "value": None if value is None else float(value),
                    "said": a.writer.times(value),
                    "tone": "good" if value is not None and value >= 1 else "bad",
                }
            )
    chart = _bars(a, f"{a.t(_COVERAGE, found[0][0])} ({a.t(_ONCE)})", drawn, rule=1.0)
    head = [(a.t(_QUARTER), False), (a.t(_OWNER), False), (a.name("pipeline_coverage"), True)]
    return chart, Table(a.name("pipeline_coverage"), head, rows)


def funnel(a: Author) -> Section:
    window = a.facts.window
    cohort = f"first_mql_{window}"
    if not a.facts.has("mql_count", period=window):
        return Section("funnel", a.t(_FUNNEL), a.t(_FUNNEL_LEAD), empty=a.t(_NO_FUNNEL))
    steps = [("MQL", a.cell("mql_count", period=window), a.writer.text(None))]
    for before, stage in (("MQL", "SAL"), ("SAL", "SQL")):
        rate = a.cell("funnel_conversion_rate", cohort=cohort, from_stage=before, to_stage=stage)
        steps.append((stage, a.cell("funnel_stage_count", cohort=cohort, stage=stage), rate))
    drawn: list[dict[str, object]] = [
        {
            "label": stage,
            "value": float(count.value) if count.value else None,
            "said": f"{count.said} ({rate.said})" if rate.metric else count.said,
            "tone": "series",
        }
        for stage, count, rate in steps
    ]
    slas = [one["sla"] for one, _ in a.facts.of("sla_attainment")]
    kept = {sla: a.cell("sla_attainment", period=window, sla=sla) for sla in slas}
    in_time: list[dict[str, object]] = [
        {
            "label": a.t(_SLAS[sla]) if sla in _SLAS else sla,
            "value": float(one.value) if one.value else None,
            "said": one.said,
            "tone": "series",
        }
        for sla, one in kept.items()
    ]
    head = [(a.t(_STAGE), False), (a.t(_PEOPLE), True), (a.t(_FROM_BEFORE), True)]
    tables = [Table(a.t(_REACHED), head, [[a.writer.text(one[0]), *one[1:]] for one in steps])]
    shown = [_bars(a, a.t(_REACHED), drawn)]
    if in_time:
        shown.append(_bars(a, f"{a.t(_SLA_CHART)} ({a.t(_WHOLE)})", in_time, rule=1.0))
        rows = [
            [
                a.writer.text(told["label"]),
                kept[sla],
                a.cell("sla_pending_count", period=window, sla=sla),
            ]
            for sla, told in zip(slas, in_time, strict=True)
        ]
        tables.append(
            Table(
                a.t(_SLA_CHART),
                [(a.t(_SLA), False), (a.t(_IN_TIME), True), (a.t(_PENDING), True)],
                rows,
            )
        )
    tiles = [
        a.tile(one, period=window)
        for one in (
            "leads_created",
            "lead_to_mql_rate",
            "mql_count",
            "lead_response_elapsed_minutes_median",
        )
    ]
    told = (
        *("leads_created", "lead_to_mql_rate", "mql_count", "funnel_stage_count"),
        *("funnel_conversion_rate", "sla_attainment", "sla_pending_count"),
        "lead_response_elapsed_minutes_median",
    )
    notes = a.notes()
    return Section(
        "funnel", a.t(_FUNNEL), a.t(_FUNNEL_LEAD), tiles, shown, tables, a.definitions(*told), notes
    )


def attribution(a: Author) -> Section:
    metric, scope = "attribution_revenue_by_channel", str(a.facts.settings["attribution_scope"])
    found = {
        (dims["channel"], dims["model"]): value
        for dims, value in a.facts.of(metric)
        if dims.get("scope") == scope
    }
    if not found:
        return Section("attribution", a.t(_CREDIT), a.t(_CREDIT_LEAD), empty=a.t(_NO_CREDIT))
    most = max((value for value in found.values() if value is not None), default=Decimal())
    models = sorted({model for _, model in found})
    sums: dict[str, Decimal] = {}
    for (channel, _), value in found.items():
        sums[channel] = sums.get(channel, Decimal()) + (value or 0)
    channels = sorted(sums, key=lambda one: (one == "(unattributed)", -sums[one], one))
    drawn = [
        {
            "label": a.word(channel),
            "column": a.word(model),
            "said": a.writer.short(found[channel, model], "money"),
            "share": float((found[channel, model] or 0) / most) if most else 0,
            "tone": "series",
        }
        for channel in channels
        for model in models
        if (channel, model) in found
    ]
    rows = [
        [
            a.writer.text(a.word(channel)),
            *(
                a.cell(metric, channel=channel, model=model, scope=scope)
                if (channel, model) in found
                else a.writer.text(None)
                for model in models
            ),
        ]
        for channel in channels
    ]
    title = a.t(_CREDIT_CHART)
    said = "; ".join(f"{one['label']}, {one['column']}: {one['said']}" for one in drawn[:20])
    shown = Chart(
        title, said, a.drawn(charts.heat, drawn, is_shaded=True), (("series", a.t(_DEEPER)),)
    )
    head = [(a.t(_CHANNEL), False), *((a.word(one), True) for one in models)]
    return Section(
        "attribution",
        a.t(_CREDIT),
        a.t(_CREDIT_LEAD),
        [a.tile("attribution_total", period=a.facts.window)],
        [shown],
        [Table(title, head, rows)],
        a.definitions("attribution_total", metric),
        a.notes(),
    )


def _bars(
    a: Author, title: str, rows: list[dict[str, object]], *, rule: float | None = None
) -> Chart:
    told = ", ".join(f"{one['label']} {one['said']}" for one in rows)
    return Chart(title, told, a.drawn(charts.bars, rows, rule=rule))
