"""The estimate as the models make it: from a company's tables to the chance of its open leads."""

from __future__ import annotations

import csv
import math
import random
import shutil
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.metrics.measured import Models
from warehouse.connection import Session

EXAMPLE = Path(__file__).parent / "worked_example"
BEGIN = datetime(2023, 1, 1, tzinfo=UTC)
LEADS = 3000

# Every case measures a company anew, several times.
pytestmark = pytest.mark.slow


def _text(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"


def write_company(folder: Path) -> None:
    """Leads every seven hours; those that come to a webinar in their first days get there oftener.

    The others come after sales has qualified them: that must teach nothing.
    """
    rng = random.Random(5)
    shutil.copytree(EXAMPLE, folder, dirs_exist_ok=True)
    people, touches, stages = [], [], []
    for number in range(LEADS):
        person, lead_at = f"Q{number:05}", BEGIN + timedelta(hours=7.2 * number)
        seniority = rng.choice(("staff", "manager", "director"))
        came = rng.random() < 0.35
        good = rng.random() < 1 / (1 + math.exp(2.2 - 1.8 * came - (seniority == "staff")))
        label_at = lead_at + timedelta(days=rng.uniform(8, 60))
        people.append(
            [
                *(person, "", "Somebody", f"{person}@x.example", "", "it", seniority, "JP"),
                *("email", _text(lead_at), "false"),
            ]
        )
        stages.append([person, "LEAD", _text(lead_at)])
        stages += [[person, "SQL", _text(label_at)]] if good else []
        seen = [(lead_at + timedelta(days=3), "webinar_attend")] if came else []
        seen += [(label_at, "form_demo")] if good else []
        touches += [
            [f"{person}-{place}", person, "", _text(at), "email", "", kind, "true"]
            for place, (at, kind) in enumerate(seen)
        ]
    rows = {"person": people, "touch": touches, "person_stage_history": stages}
    for table, found in rows.items():
        path = folder / f"{table}.csv"
        heading = path.read_text("utf-8").splitlines()[0]
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([heading.split(","), *found])


@pytest.fixture(scope="module")
def measured(models: Models, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    folder = tmp_path_factory.mktemp("company")
    write_company(folder)
    with models.measured(folder) as session:
        yield session


def test_it_beats_rules_that_know_nothing_and_is_published(measured: Session) -> None:
    (found,) = measured.rows("select * from metrics.lead_propensity_evaluation")
    assert found["is_published"], found["why_not"]
    assert found["model_auc"] > found["rules_auc"] + 0.02
    weights = {
        row["item"]: row["value"]
        for row in measured.rows("select * from metrics.lead_propensity_fit where part = 'weight'")
    }
    assert weights["touch:webinar_attend"] > 0
    assert weights["seniority:staff"] > weights["seniority:director"]


def test_what_follows_from_the_outcome_is_no_feature(measured: Session) -> None:
    assert measured.rows("select 1 from metrics.scored_touches where rule_id = 'demo' limit 1")
    assert not measured.rows(
        "select 1 from metrics.lead_feature_values where feature = 'touch:form_demo'"
    )


def test_only_open_leads_have_a_chance_and_its_parts_add_up(measured: Session) -> None:
    leads = measured.rows("select * from metrics.lead_propensities")
    open_leads = measured.rows(
        "select person_id from metrics.lead_features where not is_label_complete"
    )
    assert {one["person_id"] for one in leads} == {one["person_id"] for one in open_leads} != set()
    added: dict[str, float] = defaultdict(float)
    for part in measured.rows("select * from metrics.lead_propensity_parts"):
        added[part["person_id"]] += part["contribution"]
    for lead in leads:
        log_odds = lead["base_log_odds"] + added[lead["person_id"]]
        assert lead["log_odds"] == pytest.approx(log_odds, abs=1e-9)


def test_probabilities_are_those_of_the_steps_between_which_they_lie(measured: Session) -> None:
    steps = sorted(
        (float(row["item"]), row["value"])
        for row in measured.rows("select * from metrics.lead_propensity_fit where part = 'step'")
    )
    assert steps
    for lead in measured.rows("select log_odds, probability from metrics.lead_propensities"):
        below = [chance for at, chance in steps if at <= lead["log_odds"]] or [steps[0][1]]
        above = [chance for at, chance in steps if at >= lead["log_odds"]] or [steps[-1][1]]
        assert below[-1] - 1e-9 <= float(lead["probability"]) <= above[0] + 1e-9
