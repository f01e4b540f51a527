"""The estimate of a lead's chance, on invented histories in which the truth is known."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from estimators.propensity import Demands, assembled, estimate, fitted, held_out

BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
DEMANDS = Demands(min_positives=200, min_auc_gain=0.02, held_out_share=0.3)
INSTANT = pa.timestamp("us", tz="UTC")
LEADS: Mapping[str, pa.DataType] = {
    "person_id": pa.string(),
    "first_lead_at": INSTANT,
    "observed_at": INSTANT,
    "label_ends_at": INSTANT,
    "is_positive": pa.bool_(),
    "rules_points": pa.float64(),
    "is_mql": pa.bool_(),
}
VALUES: Mapping[str, pa.DataType] = {
    "person_id": pa.string(),
    "feature": pa.string(),
    "value": pa.float64(),
    "known_at": INSTANT,
}


def history(
    count: int, *, seed: int = 1, webinar: float = 2.0, rules_know: bool = False
) -> tuple[pa.Table, pa.Table]:
    """Leads of whom those that came to a webinar get there more often, by `webinar` log-odds."""
    rng = np.random.default_rng(seed)
    came, noise = rng.random(count) < 0.4, rng.random(count) < 0.5
    chance = 1 / (1 + np.exp(1.5 - webinar * came))
    leads = [
        {
            "person_id": f"P{number:05}",
            "first_lead_at": BEGIN + timedelta(hours=6 * number),
            "observed_at": BEGIN + timedelta(hours=6 * number, days=7),
            "label_ends_at": BEGIN + timedelta(hours=6 * number, days=90),
            "is_positive": bool(rng.random() < chance[number]),
            "rules_points": float(10 * came[number] if rules_know else rng.integers(0, 50)),
            "is_mql": bool(rng.random() < 0.2),
        }
        for number in range(count)
    ]
    values = [
        {
            "person_id": lead["person_id"],
            "feature": feature,
            "value": 1.0,
            "known_at": lead["first_lead_at"],
        }
        for number, lead in enumerate(leads)
        for feature, has in (("touch:webinar", came[number]), ("seniority:staff", noise[number]))
        if has
    ]
    return as_tables(leads, values)


def as_tables(
    leads: list[dict[str, Any]], values: list[dict[str, Any]]
) -> tuple[pa.Table, pa.Table]:
    return (
        pa.Table.from_pylist(leads, schema=pa.schema(list(LEADS.items()))),
        pa.Table.from_pylist(values, schema=pa.schema(list(VALUES.items()))),
    )


def told(fit: pa.Table, part: str) -> dict[str, float]:
    return {row["item"]: row["value"] for row in fit.to_pylist() if row["part"] == part}


def refused(fit: pa.Table) -> str | None:
    (decision,) = (row for row in fit.to_pylist() if row["part"] == "decision")
    assert (decision["value"] == 1) == (decision["words"] is None)
    words: str | None = decision["words"]
    return words


def test_a_planted_signal_is_found_and_noise_is_not() -> None:
    fit = estimate(*history(3000), DEMANDS)
    weights = told(fit, "weight")
    assert refused(fit) is None
    assert weights["touch:webinar"] == pytest.approx(2.0, abs=0.4)
    assert abs(weights["seniority:staff"]) < 0.3
    figures = told(fit, "figure")
    assert figures["model_auc"] > 0.65
    assert figures["rules_auc"] == pytest.approx(0.5, abs=0.06)
    assert figures["model_calibration_error"] < 0.05


def test_a_value_of_the_future_is_refused() -> None:
    leads, values = history(1000)
    rows = values.to_pylist()
    rows[0]["known_at"] += timedelta(days=8)
    leads, values = as_tables(leads.to_pylist(), rows)
    with pytest.raises(ValueError, match="after its lead was observed"):
        estimate(leads, values, DEMANDS)


def test_learning_sees_neither_the_leads_it_is_tried_on_nor_outcomes_of_their_time() -> None:
    learnt, tried = held_out(assembled(*history(2000)), 0.3)
    assert not set(learnt.ids) & set(tried.ids)
    assert learnt.known_at.max() <= tried.since.min()


def test_what_only_the_held_out_leads_could_teach_is_not_known_to_the_judged_model() -> None:
    leads, values = history(2000, webinar=0.0)
    rows = leads.to_pylist()
    came = {row["person_id"] for row in values.to_pylist() if row["feature"] == "touch:webinar"}
    for row in rows[1400:]:
        row["is_positive"] = row["person_id"] in came
    figures = told(estimate(*as_tables(rows, values.to_pylist()), DEMANDS), "figure")
    assert figures["model_auc"] < 0.95


def test_below_the_least_number_of_positives_nothing_is_learnt() -> None:
    fit = estimate(*history(300), DEMANDS)
    assert "are needed to learn from" in str(refused(fit))
    assert not told(fit, "weight")


def test_what_does_not_beat_the_rules_is_not_published() -> None:
    fit = estimate(*history(3000, rules_know=True), DEMANDS)
    assert "beats the rules' by" in str(refused(fit))
    assert told(fit, "weight")


def test_the_same_history_gives_the_same_estimate_in_any_order() -> None:
    leads, values = history(2000)
    mixed = np.random.default_rng(3).permutation(len(values))
    assert estimate(leads, values, DEMANDS).equals(
        estimate(leads.take(list(range(len(leads)))[::-1]), values.take(mixed), DEMANDS)
    )


@pytest.mark.parametrize("count", [1200, 6000], ids=["a curve", "steps"])
def test_a_probability_says_how_often_it_happens(count: int) -> None:
    leads = assembled(*history(count))
    model = fitted(leads)
    assert bool(model.steps) == (count == 6000)
    later = assembled(*history(4000, seed=2))
    chance = model.probabilities(later)
    for among in (chance > 0.4, chance <= 0.4):
        assert chance[among].mean() == pytest.approx(later.labels[among].mean(), abs=0.06)


def test_reasons_add_up_to_the_log_odds() -> None:
    leads = assembled(*history(1200))
    model = fitted(leads)
    parts = [
        sum(
            model.weights.get(name, 0.0) * value
            for name, value in zip(leads.features, row, strict=True)
        )
        for row in leads.values
    ]
    assert model.base + np.array(parts) == pytest.approx(model.log_odds(leads))
    assert not model.steps
    assert model.probabilities(leads) == pytest.approx(
        1 / (1 + np.exp(-model.base - np.array(parts)))
    )
