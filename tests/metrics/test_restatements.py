"""A value of an ended period changes by what comes in late, or goes on changing as declared."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.metrics.measured import Models, Values, slow
from tests.metrics.oracle.companies import random_company
from tests.metrics.test_measured import EXAMPLE
from warehouse.metric_registry import read_registry
from warehouse.periods import Calendar
from warehouse.policy import Policy

MATURES = {one.metric for _, one in read_registry().metrics() if one.matures}

# What changes although nothing matures: the fact of then is known from a later one.
LATE = {
    # A service is billed after it was rendered.
    "recognised_revenue",
    # A deal is closed under a date that has passed already.
    *("closed_won_amount", "opps_won", "opps_lost", "win_loss_ratio", "win_rate_count"),
    *("win_rate_value", "average_deal_value", "time_to_close_won_or_lost_days_mean"),
    *("sales_cycle_opp_created_to_won_days_mean", "sales_cycle_opp_created_to_won_days_median"),
    "lead_time_to_close_days_mean",
    # There is a later plan rate, which holds for every day.
    *("nrr", "grr", "grr_movement_method", "mrr_closing_plan_rate"),
    *("mrr_movement_event_level_plan_rate", "mrr_movement_event_count"),
}


def as_policy(folder: Path, **choices: object) -> Policy:
    place = folder / "policy.json"
    document = json.loads(place.read_text(encoding="utf-8")) | choices
    place.write_text(json.dumps(document), encoding="utf-8")
    return Policy.model_validate(document)


def changed(before: Values, after: Values, settled: set[str]) -> set[str]:
    """Metrics of which a settled record is another or not there any more, or is there now."""
    found = set()
    for key in before.keys() | after.keys():
        dims = json.loads(key[1])
        period = dims.get("period") or dims.get("month")
        if "as_of" not in dims and period in settled and before.get(key, "") != after.get(key, ""):
            found.add(key[0])
    return found


@pytest.mark.parametrize("seed", [None, *slow(range(8))])
def test_what_goes_on_changing_is_declared(
    models: Models, tmp_path: Path, seed: int | None
) -> None:
    if seed is None:
        folder = Path(shutil.copytree(EXAMPLE, tmp_path / "company"))
    else:
        folder = tmp_path
        random_company(seed, folder)
    calendar = Calendar(as_policy(folder), datetime.now(UTC))  # noqa: TID251 - as_of is given
    months = [
        one for one in calendar.periods() if one.is_month and one.end_date <= calendar.as_of_date
    ]
    if not months:
        pytest.skip("no month of the company has ended")
    first, last = months[-5:][0], months[-3:][0]
    window = {"start_month": first.label, "end_month": last.label}
    settled = {
        one.label
        for one in Calendar(as_policy(folder, window=window), last.end_at).periods()
        if one.end_date <= last.end_date
    }
    late = models.values(folder)
    as_policy(folder, as_of=last.end_at.isoformat())
    early = models.values(folder)
    assert changed(early, late, settled) <= MATURES | LATE


def test_every_metric_that_matures_is_of_a_period() -> None:
    for _, metric in read_registry().metrics():
        assert not metric.matures or {"period", "month"} & set(metric.dims), metric.metric
