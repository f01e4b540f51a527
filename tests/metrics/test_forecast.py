"""The baseline forecast against a second reading of it, and against what it may not know."""

from __future__ import annotations

import csv
import json
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.metrics.forecast_oracle import OPEN, WON, Baseline, midnight, read_deals
from tests.metrics.measured import Models
from tests.metrics.test_measured import EXAMPLE
from warehouse import forecast_snapshots
from warehouse.connection import Row, Session
from warehouse.errors import Held, Misconfigured

LOST = "Closed Lost"
RATES = {"USD": Fraction(1), "EUR": Fraction(11, 10), "JPY": Fraction(67, 10000)}
BEGIN = datetime(2024, 8, 1, tzinfo=UTC)
AS_OF = datetime(2025, 6, 30, 15, tzinfo=UTC)
CALLS = {date(2025, 3, 10): "2025-Q1", date(2025, 5, 15): "2025-Q2"}

Line = dict[str, Any]


@pytest.fixture(scope="session")
def forecasts(models: Models) -> Models:
    """Only the models of forecasts, so that many companies can be measured."""
    wanted, nodes = set[str](), models._nodes
    waiting = [name for name in nodes if name.split(".")[-1].startswith("forecast_")]
    while waiting:
        name = waiting.pop()
        wanted.add(name)
        waiting += [one for one in nodes[name]["depends_on"]["nodes"] if one in nodes]
    some = copy(models)
    some._nodes = {name: node for name, node in nodes.items() if name in wanted}
    return some


class Company:
    """Random deals, as lines of the two tables."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.deals: list[Line] = []
        self.history: list[Line] = []
        for number in range(self.rng.randint(8, 60)):
            self._deal(f"D{number:03}")

    def _deal(self, name: str) -> None:
        rng = self.rng
        at = BEGIN + timedelta(days=rng.randint(0, 320), hours=rng.randint(0, 23))
        created, currency = at, rng.choice(list(RATES))
        rows: list[Line] = []
        for seq in range(1, rng.randint(2, 8)):
            rows.append(self._row(name, seq, at, rows))
            at += self._pause()
            if at >= AS_OF or (rows[-1]["stage"] not in OPEN and rng.random() < 0.8):
                break
        self.history += rows
        kind = rng.choice(["new_business", "expansion", "winback", "renewal"])
        self.deals.append(
            rows[-1]
            | {
                "account_id": "A01",
                "owner_id": rng.choice(["U1", "U2", "U3"]),
                "opportunity_name": name,
                "opportunity_type": kind,
                "currency": currency,
                "created_at": text(created),
                "is_closed": str(rows[-1]["stage"] not in OPEN).lower(),
                "is_won": str(rows[-1]["stage"] == WON).lower(),
                "is_deleted": rng.choice(["false"] * 9 + ["true"]),
            }
        )

    def _pause(self) -> timedelta:
        """Ages and horizons are met exactly, and missed by little."""
        rng = self.rng
        days = rng.choice([0, 1, 5, 15, 15, 30, 30, 45, 60])
        return timedelta(days=days, seconds=rng.choice([0, 0, 1, 3600])) + timedelta(
            microseconds=rng.choice([0, 0, 1])
        )

    def _row(self, name: str, seq: int, at: datetime, before: list[Line]) -> Line:
        rng = self.rng
        amount = before[-1]["amount"] if before and rng.random() < 0.6 else self._amount()
        stage = rng.choice([*OPEN, *OPEN, WON, WON, WON, LOST])
        if before and rng.random() < 0.15:
            stage = before[-1]["stage"]
        return {
            "opportunity_id": name,
            "seq": seq,
            "stage": stage,
            "amount": amount,
            "probability_pct": {WON: 100, LOST: 0}.get(stage, rng.choice([10, 50, 80])),
            "close_date": (at + timedelta(days=rng.randint(-5, 100))).date().isoformat(),
            "forecast_category": rng.choice(["Pipeline", "BestCase", "Commit", "Omitted"]),
            "entered_at": text(at),
        }

    def _amount(self) -> str:
        return self.rng.choice(["", "0.00", f"{self.rng.randint(1, 9_000_000) / 100:.2f}"])

    @contextmanager
    def folder(self) -> Iterator[Path]:
        """The company's files; what is not about deals is the worked example's."""
        with TemporaryDirectory() as place:
            folder = Path(shutil.copytree(EXAMPLE, Path(place) / "company"))
            write(folder / "opportunity.csv", self.deals)
            write(folder / "opportunity_stage_history.csv", self.history)
            write(folder / "forecast_snapshot.csv", list(calls(self.rng)))
            yield folder


def calls(rng: random.Random) -> Iterator[Line]:
    for day, period in CALLS.items():
        for owner in rng.sample(["U1", "U2", "U3"], rng.randint(1, 3)):
            yield {
                "snapshot_date": day.isoformat(),
                "period": period,
                "owner_id": owner,
                "currency": "USD",
                "amount": rng.randint(0, 90_000),
            }


def write(path: Path, lines: list[Line]) -> None:
    """Under the header that the file has."""
    with path.open(encoding="utf-8", newline="") as file:
        header = next(csv.reader(file))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(
            file, header, restval="", lineterminator="\n", extrasaction="ignore"
        )
        writer.writeheader()
        writer.writerows(lines)


def text(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


def table(session: Session, name: str, where: str = "true") -> list[Row]:
    return session.rows(f"from metrics.{name} where {where} order by 1")


many = settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.mark.slow
@many
@given(seed=st.integers(0, 2**32))
def test_every_chance_and_every_baseline_are_those_of_the_second_reading(
    forecasts: Models, seed: int
) -> None:
    with Company(seed).folder() as folder, forecasts.measured(folder) as session:
        deals = read_deals(folder, RATES)
        found = table(session, "forecast_deals")
        positions = table(session, "forecast_positions", "owner_or_all != '(all)'")
        for target in table(session, "forecast_targets"):
            ours = [row for row in found if same_target(row, target)]
            baseline = Baseline(deals, target["ended_at"])
            chances = baseline.chances(target["first_date"], target["end_date"])
            assert {row["opportunity_id"] for row in ours} == chances.keys()
            for row in ours:
                assert close(row["chance"], chances[row["opportunity_id"]], "1e-8"), row
            expected = baseline.expected(target["first_date"], target["end_date"])
            for row in (row for row in positions if same_target(row, target)):
                if row["baseline_amount"] is None:
                    assert None in {*chances.values(), baseline.curve(OPEN[0], 0) or None}
                    continue
                assert close(row["baseline_amount"], expected[row["owner_id"]], "0.05"), row


@pytest.mark.slow
@many
@given(seed=st.integers(0, 2**32), later=st.sampled_from(["changed", "gone"]))
def test_what_happens_after_the_day_changes_nothing_of_its_forecast(
    forecasts: Models, seed: int, later: str
) -> None:
    day = next(iter(CALLS))
    company = Company(seed)
    then = f"snapshot_date = date '{day}'"
    with company.folder() as folder, forecasts.measured(folder) as session:
        before = believed(session, then)
    forget_or_change(company, midnight(day + timedelta(days=1)), later)
    company.rng = random.Random(seed)
    with company.folder() as folder, forecasts.measured(folder) as session:
        after = believed(session, then)
    assert after == before


def forget_or_change(company: Company, instant: datetime, how: str) -> None:
    def is_later(line: Line) -> bool:
        return datetime.fromisoformat(line["entered_at"]) >= instant

    if how == "gone":
        company.history = [line for line in company.history if not is_later(line)]
        known = {line["opportunity_id"] for line in company.history}
        company.deals = [line for line in company.deals if line["opportunity_id"] in known]
    else:
        for line in filter(is_later, company.history):
            line |= {"stage": LOST, "amount": "7.00", "close_date": "2025-03-31"}
    for line in company.deals:
        line |= {"stage": LOST, "amount": "1.00", "is_closed": "true", "is_won": "false"}


def believed(session: Session, then: str) -> list[list[Row]]:
    """Without what became of it, and without owners who are there for a quota only."""
    return [
        table(session, "stage_age_conversions", then),
        table(session, "forecast_deals", then),
        table(session, "forecast_ranges", then),
        session.rows(
            "select snapshot_date, period, owner_or_all, won_amount, commit_amount,"
            " best_case_amount, pipeline_amount, weighted_amount, stage_weighted_amount,"
            " baseline_amount, baseline_low_amount, baseline_high_amount, open_count"
            f" from metrics.forecast_positions where {then}"
            " and (open_count > 0 or won_amount > 0) order by all"
        ),
    ]


def test_the_commits_are_as_accurate_and_biased_as_the_metrics_say(forecasts: Models) -> None:
    with (EXAMPLE / "expected.csv").open(encoding="utf-8", newline="") as file:
        records: list[Line] = [
            row | {"dims": json.loads(row["dims"])} for row in csv.DictReader(file)
        ]
    expected = {
        (row["metric"], row["dims"]["snapshot_date"], row["dims"]["period"]): row["value"]
        for row in records
        if row["metric"] in {"forecast_accuracy", "forecast_bias"}
    }
    with forecasts.measured(EXAMPLE) as session:
        found = {
            (metric, str(row["snapshot_date"]), row["period"]): str(row[column])
            for row in table(session, "forecast_methods", "method = 'commit'")
            for metric, column in (("forecast_accuracy", "accuracy"), ("forecast_bias", "bias"))
        }
    assert found == expected


def test_all_methods_of_a_day_of_calls_are_measured_over_those_who_called(
    forecasts: Models,
) -> None:
    with forecasts.measured(EXAMPLE) as session:
        methods = table(session, "forecast_methods", "is_called")
        records = table(session, "forecast_track_records", "owner_or_all = '(all)'")
    told = {row["forecast_method"]: row for row in methods}
    assert told["2025-05-15 2025-Q2 commit_category"]["is_winner"]
    assert {row["owner_count"] for row in methods if row["period"] == "2025-Q2"} == {5}
    # Of the first of January nothing is concluded from: no deal had been seen long enough.
    assert told["2025-01-01 2025-Q1 baseline"]["accuracy"] is None
    assert {row["call_count"] for row in records} == {10}


def test_ten_of_twenty_deals_like_this_one_were_won(forecasts: Models) -> None:
    with decided(20).folder() as folder:
        write(folder / "forecast_snapshot.csv", [call_of("2025-02-01")])
        with forecasts.measured(folder) as session:
            asked = "snapshot_date = '2025-02-01' and period = '2025-Q1'"
            (deal,) = table(session, "forecast_deals", asked)
            (position,) = table(session, "forecast_positions", f"{asked} and owner_id = 'U3'")
            # After 15 and after 30 days: of the stage and of all too it is one half.
            known = table(session, "stage_age_conversions", f"{CASES} and cases > 0")
    assert [(row["cases"], row["wins"]) for row in known] == [(20, 10), (20, 10)]
    assert deal["chance"] == Decimal("0.5000000000")
    assert position["won_amount"] == Decimal(10_000)
    assert position["baseline_amount"] == position["weighted_amount"] == Decimal(10_500)
    assert position["commit_amount"] == position["baseline_high_amount"] == Decimal(11_000)
    assert position["baseline_low_amount"] == Decimal(10_000)


def test_nothing_is_concluded_from_nineteen_deals(forecasts: Models) -> None:
    with decided(19).folder() as folder:
        write(folder / "forecast_snapshot.csv", [call_of("2025-02-01")])
        with forecasts.measured(folder) as session:
            asked = "snapshot_date = '2025-02-01' and period = '2025-Q1'"
            (deal,) = table(session, "forecast_deals", asked)
            (position,) = table(session, "forecast_positions", f"{asked} and owner_id = 'U3'")
            methods = table(session, "forecast_methods", asked)
    assert deal["chance"] is None
    assert position["baseline_amount"] is position["baseline_low_amount"] is None
    undefined = {row["method"] for row in methods if row["accuracy"] is None}
    assert undefined == {"baseline"}


CASES = "snapshot_date = '2025-02-01' and stage = 'Proposal' and age_days = 0"


def decided(number: int) -> Company:
    """So many deals, ten of them won after ten days in Proposal, and one that is open there."""
    company = Company(0)
    company.deals, company.history = [], []
    for one in range(number + 1):
        entered = datetime(2025, 1, 1 if one < number else 25, tzinfo=UTC)
        stays = [("Proposal", entered)]
        if one < number:
            stays.append((WON if one < 10 else LOST, entered + timedelta(days=10)))
        rows = [held(f"D{one}", seq, *stay) for seq, stay in enumerate(stays, 1)]
        company.history += rows
        company.deals.append(
            rows[-1]
            | HEADER
            | {
                "created_at": text(entered),
                "is_closed": str(one < number).lower(),
                "is_won": str(one < 10).lower(),
            }
        )
    return company


HEADER = {
    "account_id": "A01",
    "owner_id": "U3",
    "opportunity_type": "new_business",
    "currency": "USD",
    "is_deleted": "false",
}


def held(name: str, seq: int, stage: str, at: datetime) -> Line:
    return {
        "opportunity_id": name,
        "seq": seq,
        "stage": stage,
        "amount": "1000.00",
        "probability_pct": 50,
        "close_date": "2025-03-01",
        "forecast_category": "Commit",
        "entered_at": text(at),
    }


def call_of(day: str) -> Line:
    return {
        "snapshot_date": day,
        "period": "2025-Q1",
        "owner_id": "U3",
        "currency": "USD",
        "amount": 12000,
    }


def test_a_day_is_written_down_once_and_stays(forecasts: Models) -> None:
    with forecasts.measured(EXAMPLE) as session:
        first = forecast_snapshots.take(session, AS_OF, "first")
        written = forecast_snapshots.owners_on(session, first.snapshot_date)
        # Whatever becomes known later that day.
        session.execute("update metrics.forecast_positions set won_amount = 1, commit_amount = 2")
        session.execute("delete from metrics.opportunity_facts")
        second = forecast_snapshots.take(session, AS_OF, "second")
        (day,) = forecast_snapshots.days(session)
        assert (first.is_new, second.is_new) == (True, False)
        assert day["run_id"] == "first"
        assert (first.owners, first.deals) == (second.owners, second.deals) == (7, 4)
        assert forecast_snapshots.owners_on(session, first.snapshot_date) == written
        deals = session.rows("from ops.forecast_snapshot_deals order by opportunity_id")
    assert [deal["opportunity_id"] for deal in deals] == ["OP08", "OP09", "OP10", "OP18"]
    assert (deals[0]["local_amount"], deals[0]["forecast_category"]) == (60000, "Commit")
    assert all(0 <= deal["this_quarter_chance"] <= 1 for deal in deals)


@pytest.mark.parametrize("table", ["forecast_snapshot_owners", "forecast_snapshot_deals"])
def test_another_hand_is_told_of(forecasts: Models, table: str) -> None:
    with forecasts.measured(EXAMPLE) as session:
        day = forecast_snapshots.take(session, AS_OF, "run").snapshot_date
        session.execute(f"update ops.{table} set owner_id = 'U9' where owner_id = 'U3'")
        with pytest.raises(Held, match="has been changed since"):
            forecast_snapshots.owners_on(session, day)


@pytest.mark.parametrize("now", [AS_OF + timedelta(microseconds=1), AS_OF - timedelta(days=1)])
def test_only_today_is_written_down(forecasts: Models, now: datetime) -> None:
    with forecasts.measured(EXAMPLE) as session:
        with pytest.raises(Misconfigured, match="as of 2025-06-30"):
            forecast_snapshots.take(session, now, "run")
        assert forecast_snapshots.days(session) == []


def same_target(row: Row, target: Row) -> bool:
    return (row["snapshot_date"], row["period"]) == (target["snapshot_date"], target["period"])


def close(found: Decimal | None, wanted: Fraction | None, within: str) -> bool:
    if found is None or wanted is None:
        return found is None and wanted is None
    return abs(Fraction(found) - wanted) <= Fraction(within)
