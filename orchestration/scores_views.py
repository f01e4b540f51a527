"""How lead scores are shown to people."""

from __future__ import annotations

from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from orchestration.output import table

Document = dict[str, Any]

_COMPARED = (
    ("AUC", "auc"),
    ("lift, best tenth", "lift_top_tenth"),
    ("lift, best third", "lift_top_third"),
    ("precision", "precision"),
    ("recall", "recall"),
)
_OF_ESTIMATE = (
    ("Brier", "model_brier"),
    ("calibration error", "model_calibration_error"),
    ("AUC, earlier half", "model_auc_earlier_half"),
    ("AUC, later half", "model_auc_later_half"),
)


def evaluation_view(found: Document) -> RenderableType:
    """How well the rules tell leads apart, by band and by threshold; the estimate beside them."""
    rules = found["rules"]
    parts: list[RenderableType] = [
        Text(
            f"Leads since {rules['window_start_date']}, scored {rules['observation_days']} days"
            f" after they came: {rules['leads']:,}, of whom {rules['positives']:,} reached"
            f" {rules['label_stage']} (rules {rules['rules_version']})"
        ),
        Text(
            f"AUC {_ratio(rules['auc'])}   lift of the best third {_ratio(rules['lift_top_third'])}"
            f"   precision {_percent(rules['precision_at_threshold'])}"
            f"   recall {_percent(rules['recall_at_threshold'])}"
        ),
        Text(),
        _bands(found["bands"]),
        Text(),
        _thresholds(found["thresholds"]),
        Text(),
        *_propensity(found["propensity"]),
    ]
    return Group(*parts)


def explanation_view(found: Document) -> RenderableType:
    """Why somebody has their score."""
    score, chance = found["score"], found["propensity"]
    told = f"{score['full_name'] or score['person_id']}: {score['total_points']:.1f} points"
    head = f"{told}, grade {score['grade'] or '-'}, {'an MQL' if score['is_mql'] else 'no MQL'}"
    first = score["first_mql_at"]
    since = f"first MQL at {first} by rules {score['first_mql_rules_version']}" if first else ""
    rows = [
        (one["axis"], one["reason"], one["rule_id"], round(one["points"], 1))
        for one in found["parts"]
    ]
    parts: list[RenderableType] = [Text(head), Text(since or "never an MQL by score")]
    parts.append(table("What gives the points", ("axis", "reason", "rule", "#points"), rows))
    if chance:
        known = "" if chance["is_published"] else " (not published: see `revops scores evaluate`)"
        parts.append(
            Text(f"\nChance of {chance['label_stage']}: {_percent(chance['probability'])}{known}")
        )
        parts += [Text(f"  {reason}") for reason in chance["reasons"]]
    return Group(*parts)


def _bands(bands: list[Document]) -> RenderableType:
    rows = [
        (
            f"{band['band_floor']} to {band['band_end']}",
            band["leads"],
            band["positives"],
            _percent(band["positive_rate"]),
            "" if band["is_in_order"] else "worse than the band below",
        )
        for band in bands
    ]
    return table("By score", ("points", "#leads", "#got there", "#rate", ""), rows)


def _thresholds(thresholds: list[Document]) -> RenderableType:
    rows = [
        (
            f"{one['threshold']:g}",
            one["mqls"],
            one["mqls_per_week"],
            _percent(one["positive_rate"]),
            _percent(one["recall"]),
            " ".join(
                word
                for word, holds in (
                    ("present", one["is_present"]),
                    ("recommended", one["is_recommended"]),
                )
                if holds
            ),
        )
        for one in thresholds
    ]
    columns = ("threshold", "#MQLs", "#a week", "#precision", "#recall", "")
    return table("If an MQL had at least so many points", columns, rows)


def _propensity(found: Document) -> list[RenderableType]:
    verdict = "published" if found["is_published"] else f"not published: {found['why_not']}"
    head = Text(f"Estimate from history: {verdict}")
    if found["model_auc"] is None:
        return [head]
    compared = [
        (name, _ratio(found[f"model_{figure}"]), _ratio(found[f"rules_{figure}"]))
        for name, figure in _COMPARED
    ]
    own = [(name, _ratio(found[figure]), "") for name, figure in _OF_ESTIMATE]
    title = f"On the latest {found['leads_tried']:,} leads, learnt from {found['leads_learnt']:,}"
    return [head, table(title, ("", "#estimate", "#rules"), [*compared, *own])]


def _ratio(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value:.1%}"
