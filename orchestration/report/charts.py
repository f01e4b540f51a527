"""Draws the report's charts: Vega-Lite specifications, made SVG offline by vl-convert.

Colours are the page's own CSS variables, so that a chart follows light, dark and print.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

# Pixels of the page: a desktop's column, and a phone's.
WIDTHS = {"wide": 860, "narrow": 320}
_VERSION = "6.4"
_FONT = 12
_ROW = {"wide": 26, "narrow": 28}

Row = Mapping[str, Any]
Spec = dict[str, Any]


def svg(spec: Spec, size: str, height: int) -> Markup:
    """The chart as an SVG element, whose text is escaped by Vega itself."""
    # Starting the engine costs a second, which no other command pays.
    import vl_convert  # noqa: PLC0415

    whole = {
        "$schema": "https://vega.github.io/schema/vega-lite/v6.json",
        "width": WIDTHS[size],
        "height": height,
        "autosize": {"type": "fit", "contains": "padding"},
        "background": None,
        "config": _config(),
    } | spec
    # It is told by the page, which describes it and has the table under it.
    drawn = vl_convert.vegalite_to_svg(whole, vl_version=_VERSION, allowed_base_urls=[])
    return Markup(drawn)  # noqa: S704 - the renderer's own


def bars(rows: Sequence[Row], size: str, *, rule: float | None = None) -> Markup:
    """Bars to the right: rows of label, value (None is undefined), said and tone."""
    known = [one["value"] for one in rows if one["value"] is not None]
    most = max([*known, rule or 0, 0])
    least = min([*known, 0])
    room = 1.45 if size == "narrow" else 1.16
    domain = [least * room, (most or 1) * room]
    layers: list[Spec] = [
        {
            "transform": [{"filter": "datum.value !== null"}],
            "mark": {"type": "bar", "height": {"band": 0.62}, "cornerRadiusEnd": 3},
            "encoding": {"x": _hidden("value", domain), "color": _tones()},
        }
    ]
    if rule is not None:
        layers.append(
            {
                "data": {"values": [{"at": rule}]},
                "mark": {"type": "rule", "strokeDash": [4, 3], "stroke": "var(--muted)"},
                "encoding": {"x": _hidden("at", domain), "y": None},
            }
        )
    # What is said stands out from the line that may be behind it.
    beneath = {"stroke": "var(--paper)", "strokeWidth": 5, "strokeJoin": "round"}
    layers += [
        {
            "transform": [
                {"calculate": "datum.value === null ? 0 : max(datum.value, 0)", "as": "end"}
            ],
            "mark": {"type": "text", "align": "left", "dx": 6, **drawn},
            "encoding": {"x": _hidden("end", domain), "text": {"field": "said"}},
        }
        for drawn in ([beneath] if rule is not None else []) + [{"fill": "var(--ink)"}]
    ]
    spec = {"data": _numbered(rows), "encoding": {"y": _names(rows, size)}, "layer": layers}
    return svg(spec, size, _tall(rows, size))


def waterfall(rows: Sequence[Row], size: str) -> Markup:
    """Steps from an opening to a closing: rows of label, begin, end, said and tone."""
    ends = [one[side] for one in rows for side in ("begin", "end")]
    room = 1.3 if size == "narrow" else 1.1
    domain = [min([*ends, 0]) * room, max([*ends, 1]) * room]
    along, across = ("x", "y") if size == "narrow" else ("y", "x")
    thick = "height" if size == "narrow" else "width"
    text: Spec = {"type": "text", "fill": "var(--ink)"}
    text |= {"align": "left", "dx": 6} if size == "narrow" else {"baseline": "bottom", "dy": -5}
    spec = {
        "data": _numbered(rows),
        "encoding": {
            across: _names(rows, size)
            if size == "narrow"
            else _names(rows, size) | {"axis": _axis() | {"labelAngle": 0}}
        },
        "layer": [
            {
                "mark": {"type": "bar", thick: {"band": 0.66}, "cornerRadius": 2},
                "encoding": {
                    along: _hidden("begin", domain),
                    f"{along}2": {"field": "end"},
                    "color": _tones(),
                },
            },
            {
                "transform": [{"calculate": "max(datum.begin, datum.end)", "as": "top"}],
                "mark": text,
                "encoding": {along: _hidden("top", domain), "text": {"field": "said"}},
            },
        ],
    }
    return svg(spec, size, _tall(rows, size) if size == "narrow" else 300)


def heat(rows: Sequence[Row], size: str, *, is_shaded: bool = False) -> Markup:
    """A grid: rows of label (down), column, said and tone, or `share` (0 to 1) where shaded."""
    columns = list(dict.fromkeys(one["column"] for one in rows))
    down = list(dict.fromkeys(one["label"] for one in rows))
    many = len(columns) > (4 if size == "narrow" else 12)
    fill: Spec = {"type": "rect", "cornerRadius": 3, "stroke": "var(--paper)", "strokeWidth": 2}
    encoding: Spec = {"color": _tones()}
    if is_shaded:
        encoding["opacity"] = {
            "field": "share",
            "type": "quantitative",
            "scale": {"domain": [0, 1], "range": [0.04, 0.5]},
            "legend": None,
        }
    else:
        fill["opacity"] = 0.35
    slant = -90 if size == "narrow" else -55
    across = _axis() | {
        "orient": "top",
        "labelAngle": slant if many or is_shaded else 0,
        "labelAlign": "left" if many or is_shaded else "center",
        "labelLimit": 110,
    }
    layers: list[Spec] = [{"mark": fill, "encoding": encoding}]
    if not many:
        layers.append(
            {
                "mark": {"type": "text", "fontSize": 11.5, "fill": "var(--ink)"},
                "encoding": {
                    "text": {"field": "said"},
                },
            }
        )
    spec = {
        "data": _numbered(rows),
        "encoding": {
            "y": _names(rows, size),
            "x": {
                "field": "column",
                "type": "nominal",
                "sort": columns,
                "title": None,
                "axis": across,
            },
        },
        "layer": layers,
    }
    if is_shaded and size == "wide":
        # The last slanted name leans out of the grid.
        spec["padding"] = {"left": 0, "top": 5, "bottom": 5, "right": 64}
    return svg(spec, size, 34 * len(down) + (120 if many or is_shaded else 30))


def points(
    rows: Sequence[Row], size: str, titles: tuple[str, str], ticks: Sequence[tuple[float, str]]
) -> Markup:
    """Points of a score from 0 to 100 (x) and an amount (y, its ticks written), by tone."""
    written = " : ".join(f"datum.value == {at} ? '{said}'" for at, said in ticks)
    spec = {
        "data": {"values": list(rows)},
        "padding": {"left": 0, "top": 26, "bottom": 5, "right": 12},
        "mark": {"type": "point", "filled": True, "size": 110, "opacity": 0.85},
        "encoding": {
            "x": {
                "field": "x",
                "type": "quantitative",
                "scale": {"domain": [0, 100]},
                "title": titles[0],
                "axis": {"values": [0, 20, 40, 60, 80, 100], "grid": True},
            },
            "y": {
                "field": "y",
                "type": "quantitative",
                "scale": {"type": "sqrt", "domain": [0, ticks[-1][0]], "nice": False},
                "title": titles[1],
                "axis": {
                    "titleAngle": 0,
                    "titleAlign": "left",
                    "titleBaseline": "bottom",
                    "titleX": 0,
                    "titleY": -10,
                    "minExtent": 64,
                    "values": [at for at, _ in ticks],
                    "labelExpr": f"{written} : ''",
                    "grid": True,
                },
            },
            "color": _tones(),
            "shape": {
                "field": "tone",
                "scale": {
                    "domain": ["good", "warn", "bad"],
                    "range": ["circle", "triangle-up", "square"],
                },
                "legend": None,
            },
        },
    }
    return svg(spec, size, 340 if size == "wide" else 300)


def stacked(rows: Sequence[Row], size: str) -> Markup:
    """Bars of several tones each: rows of label, tone and value, and `total` said at the end."""
    totals: dict[str, float] = {}
    for one in rows:
        totals[one["label"]] = totals.get(one["label"], 0) + one["value"]
    room = 1.3 if size == "narrow" else 1.1
    domain = [0, (max(totals.values(), default=0) or 1) * room]
    ends = [
        {"label": one["label"], "value": totals[one["label"]], "said": one["total"]}
        for one in {row["label"]: row for row in rows}.values()
    ]
    spec = {
        "encoding": {"y": _names(rows, size)},
        "layer": [
            {
                "data": _numbered(rows),
                "mark": {"type": "bar", "height": {"band": 0.62}},
                "encoding": {
                    "x": _hidden("value", domain) | {"stack": "zero"},
                    "color": _tones(),
                    "order": {"field": "number"},
                },
            },
            {
                "data": {"values": ends},
                "mark": {"type": "text", "align": "left", "dx": 6, "fill": "var(--ink)"},
                "encoding": {"x": _hidden("value", domain), "text": {"field": "said"}},
            },
        ],
    }
    return svg(spec, size, _tall(ends, size))


def _config() -> Spec:
    return {
        # To a reader of screens a chart is one picture, whose marks are not read one by one.
        "mark": {"aria": False},
        "font": "sans-serif",
        "view": {"stroke": None},
        "text": {"fontSize": _FONT},
        "axis": {
            "labelFontSize": _FONT,
            "titleFontSize": _FONT,
            "titleFontWeight": "normal",
            "labelColor": "var(--ink)",
            "titleColor": "var(--muted)",
            "gridColor": "var(--line)",
            "domain": False,
            "ticks": False,
            "labelPadding": 8,
        },
    }


def _hidden(field: str, domain: Sequence[float]) -> Spec:
    """A length that is said beside its mark, and so needs no axis."""
    scale = {"domain": list(domain), "nice": False, "zero": True}
    return {"field": field, "type": "quantitative", "scale": scale, "axis": None}


def _names(rows: Sequence[Row], size: str) -> Spec:
    """One band per label, in the order of the rows, with room for the widest."""
    labels = list(dict.fromkeys(one["label"] for one in rows))
    most = 240 if size == "wide" else 126
    room = min(max((_wide(one) for one in labels), default=0), most)
    return {
        "field": "label",
        "type": "nominal",
        "sort": labels,
        "title": None,
        "axis": _axis() | {"labelLimit": most * 0.88, "minExtent": room},
    }


def _axis() -> Spec:
    return {"title": None, "labelOverlap": False}


def _tones() -> Spec:
    tones = ("series", "good", "warn", "bad", "quiet")
    return {
        "field": "tone",
        "type": "nominal",
        "scale": {"domain": list(tones), "range": [f"var(--{one})" for one in tones]},
        "legend": None,
    }


def _numbered(rows: Sequence[Row]) -> Spec:
    return {"values": [{**one, "number": number} for number, one in enumerate(rows)]}


def _tall(rows: Sequence[Row], size: str) -> int:
    return _ROW[size] * max(len({one["label"] for one in rows}), 1) + 8


def _wide(text: str) -> float:
    """About how many pixels a label takes: no font of the machine is asked."""
    return sum(_FONT if unicodedata.east_asian_width(one) in "WF" else 7.2 for one in text)
