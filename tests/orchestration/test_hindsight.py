"""History that does not lie: what was reported stays, and what came in late is shown as such."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.dbt.raw_records import COMPANIES, PEOPLE, Version, hubspot, land, land_more, opportunity
from tests.orchestration.command import Said, revops
from tests.orchestration.conftest import environment
from warehouse.metric_registry import read_registry

# Landed on the 1st of March; reported on the 3rd and, with what came in since, on the 6th.
THEN, LATER = "2025-03-03T12:00:00+00:00", "2025-03-06T12:00:00+00:00"

Values = dict[tuple[str, str], str]


def won(number: int, amount: float, closed: str, run: int, *, gone: bool = False) -> Version:
    payload = opportunity("001A", amount, "Closed Won") | {
        "CloseDate": closed,
        "LastModifiedDate": f"{closed}T09:00:00.000+0000",
        "Name": f"{number}",
    }
    return ("salesforce.opportunities", f"00600000000{number:04}AAA", payload, run, gone)


def billed(number: int, cents: int, issued: int, run: int) -> Version:
    line = {
        "id": f"il_{number}",
        "amount": cents,
        "currency": "usd",
        "quantity": 1,
        "period": {"start": issued, "end": issued},
    }
    payload = {
        "id": f"in_{number}",
        "customer": "cus_1",
        "status": "paid",
        "currency": "usd",
        "created": issued,
        "effective_at": issued,
        "total": cents,
        "amount_due": cents,
        "subtotal": cents,
        "lines": {"data": [line]},
    }
    return ("stripe.invoices", f"in_{number}", payload, run, False)


CUSTOMER: Version = (
    *("stripe.customers", "cus_1"),
    {"id": "cus_1", "name": "Aoba", "email": "hana@aoba-mfg.co.jp", "created": 1717200000},
    *(1, False),
)
IN_TIME = [
    *(*COMPANIES, *PEOPLE, CUSTOMER),
    won(1, 1000, "2025-02-10", 1),
    won(2, 500, "2025-02-11", 1),
    billed(1, 10000, 1739000000, 1),
]
# A deal of February that was entered in March, one that was deleted, and a back-dated bill. A deal
# of March restates nothing, and that two records became one company was not known then.
LATE = [
    won(3, 250, "2025-02-20", 5),
    won(2, 500, "2025-02-11", 5, gone=True),
    billed(2, 5000, 1739500000, 5),
    won(4, 70, "2025-03-04", 5),
    ("hubspot.companies", "3", hubspot(name="Kai Consulting", domain="cobalt.com"), 5, False),
]


@dataclass
class History:
    """A warehouse that reported twice, and what it said."""

    home: Path
    then: Values
    later: Values

    def again(self, *arguments: str) -> Values:
        return values(self.home, *arguments)

    def told(self, *arguments: str) -> Any:
        return checked(revops(*arguments, "--json")).document


def checked(said: Said) -> Said:
    assert said.code == 0, said.err
    return said


def dims_of(record: dict[str, Any]) -> str:
    return json.dumps(record["dims"], separators=(",", ":"))


def values(home: Path, *arguments: str) -> Values:
    checked(revops("metrics", *arguments, "--out", str(home / "values.csv")))
    with (home / "values.csv").open(encoding="utf-8", newline="") as file:
        return {(row["metric"], row["dims"]): row["value"] for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> History:
    home = tmp_path_factory.mktemp("history")
    land(home / "warehouse.duckdb", IN_TIME)
    said = []
    for instant, late in ((THEN, []), (LATER, LATE)):
        with environment({"REVOPS_HOME": str(home), "REVOPS_CLOCK": instant}, home):
            land_more(home / "warehouse.duckdb", late)
            checked(revops("build"))
            said.append(values(home))
    return History(home, *said)


@pytest.fixture
def history(reported: History, tmp_path: Path) -> Iterator[History]:
    with environment({"REVOPS_HOME": str(reported.home)}, tmp_path):
        yield reported


def settled(dims: dict[str, str], metric: str) -> bool:
    """Whether a period of the record had ended when it was reported first."""
    matures = {one.metric for _, one in read_registry().metrics() if one.matures}
    period = dims.get("period") or dims.get("month") or ""
    is_past = "" < period < "2025-03" and ("-Q" not in period or period < "2025-Q1")
    return is_past and "as_of" not in dims and metric not in matures and ".." not in period


@pytest.mark.slow
def test_a_report_can_be_made_again_whatever_came_in_since(history: History) -> None:
    assert history.then != history.later
    assert history.again("--as-of", THEN) == history.then
    assert list(history.home.glob("as-of-*")) == []


@pytest.mark.slow
def test_what_was_restated_is_told_with_old_and_new_and_nothing_else(history: History) -> None:
    told = history.told("metrics", "--restatements")["restatements"]
    changes = {
        (one["metric"], dims_of(one)): (
            one["old_value"] or "",
            one["new_value"] or "",
        )
        for one in told
    }
    assert changes == {
        key: (old, history.later[key])
        for key, old in history.then.items()
        if key in history.later
        and old != history.later[key]
        and settled(json.loads(key[1]), key[0])
    }
    february = '{"period":"2025-02"}'
    assert changes["closed_won_amount", february] == ("1500.00", "1250.00")
    assert changes["invoiced_revenue_net", '{"month":"2025-02"}'] == ("100.00", "150.00")
    assert {(one["because"], one["was_reported"], one["is_reported"]) for one in told} == {
        ("data", True, True)
    }


@pytest.mark.slow
def test_what_was_known_then_is_compared_with_what_is_known_now(history: History) -> None:
    told = history.told("metrics", "--as-of", THEN, "--compare")
    assert told["records"] == len(history.then)
    differences = {(one["metric"], dims_of(one)): one for one in told["differences"]}
    restated = history.told("metrics", "--restatements")["restatements"]
    assert {(key, one["then"], one["now"]) for key, one in differences.items()} == {
        ((one["metric"], dims_of(one)), one["old_value"], one["new_value"]) for one in restated
    }


@pytest.mark.slow
def test_every_word_is_remembered_once(history: History) -> None:
    with duckdb.connect(str(history.home / "warehouse.duckdb"), read_only=True) as connection:
        repeated = connection.execute(
            "select metric, dims, build from ops.metric_reports group by all having count(*) > 1"
        ).fetchall()
        said = connection.execute(
            "select metric, dims, arg_max(value, build) from ops.metric_reports"
            " group by all having arg_max(is_reported, build)"
        ).fetchall()
    assert repeated == []
    assert {(metric, dims): value or "" for metric, dims, value in said} == {
        (metric, dims): value
        for (metric, dims), value in history.later.items()
        # Of single touches and of people's daily scores there are millions, and none is kept.
        if metric != "attribution_revenue" and not {"person_id", "as_of"} <= json.loads(dims).keys()
    }


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--as-of", "yesterday"], "is no instant"),
        (["--as-of", "2999-01-01"], "has not come yet"),
        (["--as-of", "2025-02-01"], "Nothing had been landed by"),
        (["--as-of", THEN, "happiness"], "There is no metric happiness"),
        (["--as-of", THEN, "--restatements"], "exclude each other"),
        (["--compare"], "belongs to --as-of"),
    ],
)
def test_what_cannot_be_answered_is_refused(
    history: History, arguments: list[str], message: str
) -> None:
    assert history.home.exists()
    said = revops("metrics", *arguments)
    assert said.code == 2
    assert message in said.err
