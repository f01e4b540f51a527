"""The chance that a lead gets there, learnt from the leads before it, and whether to believe it.

Learning never sees what it is tried on: the latest leads are held out, and of the others only those
count whose outcome was known when the first of the held-out ones came in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from estimators import evaluation
from estimators.evaluation import Flags, Floats

# Of the leads that are learnt from, the later part sets the level of the probability.
_CALIBRATION_SHARE = 0.25
# Steps need more leads than a curve of two numbers.
_ISOTONIC_POSITIVES = 100
# Of what fewer leads have, nothing can be learnt.
_LEAST_LEADS = 20
# Strength of the pull towards zero; on standardised features, one for all.
_INVERSE_PENALTY = 0.1
_FEWEST_OF_A_KIND = 10
# Beyond this mean distance from what happens, a probability is none.
_WORST_CALIBRATION = 0.1
_SEED = 0

_COLUMNS: Mapping[str, pa.DataType] = {
    "fit_key": pa.string(),
    "part": pa.string(),
    "item": pa.string(),
    "value": pa.float64(),
    "slope": pa.float64(),
    "words": pa.string(),
}
FIT = pa.schema(list(_COLUMNS.items()))


@dataclass(frozen=True)
class Demands:
    """What must be so before an estimate is published."""

    min_positives: int
    min_auc_gain: float
    held_out_share: float


@dataclass(frozen=True)
class Leads:
    """Leads with known outcome, earliest first; instants in microseconds."""

    ids: tuple[str, ...]
    since: npt.NDArray[np.int64]
    known_at: npt.NDArray[np.int64]
    labels: Flags
    rules_points: Floats
    is_mql: Flags
    features: tuple[str, ...]
    values: Floats

    def __len__(self) -> int:
        return len(self.ids)

    def part(self, chosen: Flags) -> Leads:
        return Leads(
            ids=tuple(one for one, kept in zip(self.ids, chosen, strict=True) if kept),
            since=self.since[chosen],
            known_at=self.known_at[chosen],
            labels=self.labels[chosen],
            rules_points=self.rules_points[chosen],
            is_mql=self.is_mql[chosen],
            features=self.features,
            values=self.values[chosen],
        )

    @property
    def kinds(self) -> tuple[int, int]:
        """How many got there, and how many did not."""
        positives = int(self.labels.sum())
        return positives, len(self) - positives


@dataclass(frozen=True)
class Model:
    """Log-odds are `base` and the sum of weight x value of what a lead has; then calibrated.

    With `steps`, pairs of log-odds and probability, a probability lies on the line between two.
    """

    base: float
    weights: Mapping[str, float]
    steps: tuple[tuple[float, float], ...] = ()

    def log_odds(self, leads: Leads) -> Floats:
        weights = np.array([self.weights.get(name, 0.0) for name in leads.features])
        return np.asarray(self.base + leads.values @ weights, dtype=np.float64)

    def probabilities(self, leads: Leads) -> Floats:
        log_odds = self.log_odds(leads)
        if not self.steps:
            return np.asarray(1 / (1 + np.exp(-log_odds)))
        at, chance = np.array(self.steps).T
        return np.asarray(np.interp(log_odds, at, chance), dtype=np.float64)

    @property
    def version(self) -> str:
        said = repr((self.base, sorted(self.weights.items()), self.steps))
        return hashlib.sha256(said.encode()).hexdigest()[:16]


def estimate(leads: pa.Table, values: pa.Table, demands: Demands) -> pa.Table:
    """Learn, try on the leads held out, and decide whether the estimate is published.

    Args:
        leads: person_id, first_lead_at, label_ends_at, observed_at, is_positive, rules_points
            and is_mql of leads whose outcome is known.
        values: person_id, feature, value, known_at; what a lead does not have is 0.
        demands: what must be so before an estimate is published.

    Returns:
        `FIT`: parts decision, figure, base, weight and step, each item with its value. Weights are
        there only where there was enough to learn from.

    Raises:
        ValueError: a value became known after its lead was observed.
    """
    known = assembled(leads, values)
    positives, negatives = known.kinds
    figures: dict[str, float | None] = {"leads": len(known), "positives": positives}
    too_few = f"{positives} leads got there; {demands.min_positives} are needed to learn from"
    if positives < demands.min_positives:
        return _told(figures, None, too_few)
    learnt, tried = held_out(known, demands.held_out_share)
    figures |= {"leads_learnt": len(learnt), "leads_tried": len(tried)}
    if min(negatives, *learnt.kinds, *tried.kinds) < _FEWEST_OF_A_KIND:
        return _told(figures, None, "too few of a kind before, or among, the latest leads")
    figures |= judged(fitted(learnt), tried) | challenged(learnt, tried)
    return _told(figures, fitted(known), refusal(figures, demands))


def assembled(leads: pa.Table, values: pa.Table) -> Leads:
    """The leads in order of time, and their values as a matrix, features in order of name.

    Raises:
        ValueError: a value became known after its lead was observed.
    """
    order = pc.sort_indices(
        leads, sort_keys=[("first_lead_at", "ascending"), ("person_id", "ascending")]
    )
    leads = leads.take(order)
    found = pc.index_in(values["person_id"], value_set=leads["person_id"].combine_chunks())
    values = values.filter(pc.is_valid(found))
    rows = found.drop_null().to_numpy()
    late = _microseconds(values["known_at"]) > _microseconds(leads["observed_at"])[rows]
    if late.any():
        example = values["feature"][int(np.argmax(late))]
        raise ValueError(f"{example} became known after its lead was observed")
    features = pc.unique(values["feature"]).sort()
    columns = pc.index_in(values["feature"], value_set=features).to_numpy()
    matrix = np.zeros((len(leads), len(features)))
    matrix[rows, columns] = values["value"].cast(pa.float64()).to_numpy()
    return Leads(
        _words(leads["person_id"]),
        _microseconds(leads["first_lead_at"]),
        _microseconds(leads["label_ends_at"]),
        np.array(leads["is_positive"].to_pylist(), dtype=bool),
        leads["rules_points"].cast(pa.float64()).to_numpy(),
        np.array(leads["is_mql"].to_pylist(), dtype=bool),
        _words(features),
        matrix,
    )


def held_out(leads: Leads, share: float) -> tuple[Leads, Leads]:
    """Whom to learn from, and the latest leads: when they begin, the others' outcome is known."""
    begin = leads.since[min(int(len(leads) * (1 - share)), len(leads) - 1)]
    return leads.part(leads.known_at <= begin), leads.part(leads.since >= begin)


def fitted(leads: Leads) -> Model:
    """A logistic regression on standardised features, its level set on the later of the leads."""
    later = np.arange(len(leads)) >= len(leads) * (1 - _CALIBRATION_SHARE)
    earlier, later_leads = leads.part(~later), leads.part(later)
    if min(*earlier.kinds, *later_leads.kinds) < _FEWEST_OF_A_KIND:
        return _linear(leads)
    return _calibrated(_linear(earlier), later_leads)


def judged(model: Model, tried: Leads) -> dict[str, float | None]:
    """Figures of the estimate and of the rules on the same leads; as many are chosen by either."""
    chance = model.probabilities(tried)
    as_many = evaluation.best(chance, tried.ids, int(tried.is_mql.sum()))
    half = np.arange(len(tried)) < len(tried) / 2
    return {
        **_ranking("model", chance, as_many, tried),
        **_ranking("rules", tried.rules_points, tried.is_mql, tried),
        "model_brier": evaluation.brier(chance, tried.labels),
        "model_calibration_error": evaluation.calibration_error(chance, tried.labels),
        "model_auc_earlier_half": evaluation.auc(chance[half], tried.labels[half]),
        "model_auc_later_half": evaluation.auc(chance[~half], tried.labels[~half]),
    }


def challenged(learnt: Leads, tried: Leads) -> dict[str, float | None]:
    """What gradient boosting would do: its reasons do not add up, so it is told, not published."""
    trees = HistGradientBoostingClassifier(
        max_iter=100, learning_rate=0.05, min_samples_leaf=_LEAST_LEADS, random_state=_SEED
    )
    trees.set_params(early_stopping=False).fit(learnt.values, learnt.labels)
    chance = trees.predict_proba(tried.values)[:, 1]
    return {"boosting_auc": evaluation.auc(np.asarray(chance, dtype=np.float64), tried.labels)}


def refusal(figures: Mapping[str, float | None], demands: Demands) -> str | None:
    """Why the estimate is not published; None if it is."""
    gain = (figures["model_auc"] or 0) - (figures["rules_auc"] or 0)
    if gain < demands.min_auc_gain:
        return f"its AUC on later leads beats the rules' by {gain:.3f}, not {demands.min_auc_gain}"
    if (figures["model_lift_top_third"] or 0) < (figures["rules_lift_top_third"] or 0):
        return "the best third of later leads is richer by the rules"
    error = figures["model_calibration_error"] or 0
    if error > _WORST_CALIBRATION:
        return f"its probabilities are off by {error:.3f}, more than {_WORST_CALIBRATION}"
    return None


def _ranking(name: str, scores: Floats, chosen: Flags, tried: Leads) -> dict[str, float | None]:
    def top(parts: int) -> Flags:
        return evaluation.best(scores, tried.ids, -(-len(tried) // parts))

    return {
        f"{name}_auc": evaluation.auc(scores, tried.labels),
        f"{name}_lift_top_tenth": evaluation.lift(top(10), tried.labels),
        f"{name}_lift_top_third": evaluation.lift(top(3), tried.labels),
        f"{name}_precision": evaluation.precision(chosen, tried.labels),
        f"{name}_recall": evaluation.recall(chosen, tried.labels),
    }


def _linear(leads: Leads) -> Model:
    enough = ((leads.values != 0).sum(axis=0) >= _LEAST_LEADS) & (leads.values.std(axis=0) > 0)
    if not enough.any():
        positives, negatives = leads.kinds
        return Model(float(np.log(positives / negatives)), {})
    values = leads.values[:, enough]
    mean, spread = values.mean(axis=0), values.std(axis=0)
    learner = LogisticRegression(C=_INVERSE_PENALTY, max_iter=2000, tol=1e-8)
    learner.fit((values - mean) / spread, leads.labels)
    weights = learner.coef_[0] / spread
    names = np.array(leads.features)[enough].tolist()
    return _rounded(
        float(learner.intercept_[0] - weights @ mean), zip(names, weights.tolist(), strict=True)
    )


def _calibrated(model: Model, leads: Leads) -> Model:
    """Steps where there are many positives; else level and scale, which the weights take up."""
    log_odds = model.log_odds(leads)
    if leads.kinds[0] >= _ISOTONIC_POSITIVES:
        return Model(model.base, model.weights, _steps(log_odds, leads.labels))
    curve = LogisticRegression(C=1e6, max_iter=1000, tol=1e-8)
    curve.fit(log_odds.reshape(-1, 1), leads.labels)
    scale, level = max(float(curve.coef_[0, 0]), 0.0), float(curve.intercept_[0])
    weights = [(name, weight * scale) for name, weight in model.weights.items()]
    return _rounded(model.base * scale + level, weights)


def _steps(log_odds: Floats, labels: Flags) -> tuple[tuple[float, float], ...]:
    # Nobody is certain: with one more of either kind, an end of the scale is never 0 or 1.
    ends = np.array([log_odds.min(), log_odds.max()])
    found = IsotonicRegression(y_min=0, y_max=1).fit(
        np.concatenate([log_odds, ends, ends]),
        np.concatenate([labels.astype(float), [1.0, 1.0], [0.0, 0.0]]),
    )
    points = zip(found.X_thresholds_.tolist(), found.y_thresholds_.tolist(), strict=True)
    return tuple((round(x, 10), round(y, 10)) for x, y in points)


def _rounded(base: float, weights: Iterable[tuple[str, float]]) -> Model:
    """To ten places: what differs beyond is the machine's."""
    return Model(round(base, 10), {name: round(weight, 10) for name, weight in weights})


def _told(
    figures: Mapping[str, float | None], model: Model | None, refused: str | None
) -> pa.Table:
    rows = [
        _row("decision", "is_published", 0.0 if refused else 1.0, words=refused),
        *(_row("figure", name, value) for name, value in figures.items()),
    ]
    if model is not None:
        rows += [_row("base", model.version, model.base)]
        rows += [_row("weight", name, weight) for name, weight in model.weights.items()]
        ends = [*model.steps[1:], *model.steps[-1:]]
        for (x, y), (next_x, next_y) in zip(model.steps, ends, strict=True):
            slope = (next_y - y) / (next_x - x) if next_x > x else 0.0
            rows.append(_row("step", repr(x), y, slope=slope))
    return pa.Table.from_pylist(rows, schema=FIT)


def _row(
    part: str,
    item: str,
    value: float | None,
    *,
    slope: float | None = None,
    words: str | None = None,
) -> dict[str, Any]:
    return {
        "fit_key": f"{part}:{item}",
        "part": part,
        "item": item,
        "value": value,
        "slope": slope,
        "words": words,
    }


def _words(column: Any) -> tuple[str, ...]:
    return tuple(column.to_pylist())


def _microseconds(instants: Any) -> npt.NDArray[np.int64]:
    found: npt.NDArray[np.int64] = (
        instants.cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()).to_numpy()
    )
    return found
