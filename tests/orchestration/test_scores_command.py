"""`revops scores`: what a build found out about lead scores, told to people and programs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.orchestration.command import revops
from warehouse.connection import Warehouse

FIGURES = (
    *("auc", "lift_top_tenth", "lift_top_third", "precision", "recall"),
    *("brier", "calibration_error", "auc_earlier_half", "auc_later_half"),
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REVOPS_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture
def scored(home: Path) -> None:
    """A warehouse in which one lead has been scored, and an estimate has been tried."""
    model = ", ".join(f"0.75 as model_{name}, 0.5 as rules_{name}" for name in FIGURES)
    with Warehouse(home / "warehouse.duckdb").open("scoring one lead") as session:
        for statement in (
            "create schema canonical",
            "create schema metrics",
            "create schema marts",
            """create table canonical.person as
               select 'P1' as person_id, 'Sato Ken' as full_name, 'Sato@Example.jp' as email,
                 '部長' as title""",
            """create table marts.lead_scores as
               select 'P1' as person_id, 45.5::decimal(38, 10) as total_points, 'B2' as grade,
                 true as is_mql, timestamptz '2026-03-01 00:00:00+00' as first_mql_at,
                 'v1' as first_mql_rules_version""",
            """create table metrics.lead_score_parts as
               select 'P1' as person_id, 'attribute' as axis, 'boss' as rule_id, 1 as position,
                 30.5::decimal(38, 10) as points, 30.5 as decayed_points,
                 null::bigint as touch_count, null::timestamptz as last_touch_at,
                 false as is_capped, 'Signs: director (+30.5)' as reason""",
            """create table metrics.lead_propensities as
               select 'P1' as person_id, 0.25::decimal(38, 10) as probability,
                 'SQL' as label_stage, false as is_published,
                 ['Webinar attend (odds x2)'] as reasons""",
            """create table metrics.lead_score_evaluation as
               select 'v1' as rules_version, 'SQL' as label_stage, 7 as observation_days,
                 date '2026-01-01' as window_start_date, date '2026-07-01' as window_end_date,
                 9 as leads, 4 as positives, 0.7 as auc, 1.5 as lift_top_third,
                 1.0 as precision_at_threshold, 0.25 as recall_at_threshold""",
            """create table metrics.lead_score_bands as
               select 40 as band_floor, 60 as band_end, 3 as leads, 1 as positives,
                 0.3333 as positive_rate, false as is_in_order""",
            """create table metrics.lead_score_thresholds as
               select 45.0::decimal(16, 4) as threshold, 2 as mqls, 0.1 as mqls_per_week,
                 null::double as positive_rate, 0.5 as recall, true as is_present,
                 true as is_recommended""",
            f"""create table metrics.lead_propensity_evaluation as
               select false as is_published, 'too few' as why_not, 30 as leads_tried,
                 70 as leads_learnt, {model}""",
        ):
            session.execute(statement)


def test_before_a_build_it_says_what_to_do() -> None:
    said = revops("scores", "evaluate")
    assert said.code == 2
    assert "run `revops build` first" in said.err


@pytest.mark.usefixtures("scored")
def test_the_evaluation_shows_rules_bands_thresholds_and_why_the_estimate_is_kept_back() -> None:
    said = revops("scores", "evaluate")
    assert said.code == 0, said.err
    for word in ("AUC 0.700", "worse than the band below", "present recommended", "too few"):
        assert word in said.out
    assert json.loads(revops("scores", "evaluate", "--json").out)["rules"]["auc"] == 0.7


@pytest.mark.usefixtures("scored")
def test_a_person_is_explained_by_mail_address_in_any_case() -> None:
    said = revops("scores", "explain", "sato@example.jp")
    assert said.code == 0, said.err
    for word in ("Sato Ken", "grade B2", "Signs: director (+30.5)", "odds x2", "not published"):
        assert word in said.out
    assert json.loads(revops("scores", "explain", "P1", "--json").out)["score"]["grade"] == "B2"


@pytest.mark.usefixtures("scored")
def test_a_stranger_is_refused() -> None:
    said = revops("scores", "explain", "nobody")
    assert said.code == 2
    assert "Nobody who has a score" in said.err
