"""What became of those held out and of those treated, against a count by hand."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from orchestration.commands.experiments import experiments_command
from tests.metrics.measured import Models
from warehouse.connection import Session, Warehouse
from warehouse.documents import read_document
from warehouse.errors import Misconfigured
from warehouse.rules.book import KINDS
from warehouse.rules.experiments import Experiments
from warehouse.settings import DBT_PROJECT

EXAMPLE = Path(__file__).parent / "worked_example"
AS_OF = datetime(2025, 6, 30, 15, tzinfo=UTC)
OUTCOMES: list[dict[str, Any]] = [
    {"happens": "reached_stage", "stage": "SQL", "within_days": 60},
    {"happens": "reached_stage", "stage": "MQL", "within_days": 7},
    {"happens": "opportunity_created", "within_days": 45},
    {"happens": "won", "within_days": 90},
    {"happens": "churned", "within_days": 60},
]


class Happening(NamedTuple):
    happens: str
    stage: str | None
    unit: str
    unit_id: str
    at: datetime


class Laboratory:
    """The example's company, measured once, in which anything can be tried out."""

    def __init__(self, models: Models, session: Session, folder: Path) -> None:
        self.session, self._folder = session, folder
        self._part = models.part(session, folder, "/experiments/")

    def declare(self, document: dict[str, Any]) -> None:
        (self._folder / "experiment.json").write_text(json.dumps(document), "utf-8")
        self._part.make_again()

    def enrol(self, members: list[dict[str, Any]]) -> None:
        self.session.execute("delete from ops.holdout_members")
        for one in members:
            self.session.execute(
                "insert into ops.holdout_members values"
                " ($holdout, $unit, $unit_id, $is_held_out, 'a_sync', $began_at, $moved_at)",
                one,
            )

    def rows(self, table: str) -> list[dict[str, Any]]:
        return self.session.rows(f"from {table}")


@pytest.fixture(scope="module")
def laboratory(models: Models, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laboratory]:
    folder = tmp_path_factory.mktemp("tried") / "company"
    shutil.copytree(EXAMPLE, folder)
    with models.measured(folder) as session:
        yield Laboratory(models, session, folder)


def random_members(seed: int, session: Session) -> list[dict[str, Any]]:
    """Most of the company's accounts and people in a holdout of each kind, and some strangers."""
    draw = random.Random(seed)
    known = {
        "account": [row["account_id"] for row in session.rows("from canonical.account")],
        "person": [row["person_id"] for row in session.rows("from canonical.person")],
    }
    members = []
    for unit, ids in known.items():
        for unit_id in draw.sample([*ids, "nobody"], int(len(ids) * 0.9)):
            began = AS_OF - timedelta(days=draw.randrange(400), seconds=draw.randrange(86400))
            members.append(
                {
                    "holdout": f"of_{unit}",
                    "unit": unit,
                    "unit_id": unit_id,
                    "is_held_out": draw.random() < 0.4,
                    "began_at": began + timedelta(days=5),
                    "moved_at": began if draw.random() < 0.1 else None,
                }
            )
    return members


def happenings(session: Session) -> list[Happening]:
    """Everything that can be waited for, told row by row."""
    people = {
        row["person_id"]: row["account_id"]
        for row in session.rows("from canonical.person where not is_deleted")
    }
    churns = session.rows("from metrics.account_mrr_changes where movement = 'churn'")
    return [
        *stages_reached(session, people),
        *deals_made(session, people),
        *(Happening("churned", None, "account", r["account_id"], r["changed_at"]) for r in churns),
    ]


def stages_reached(session: Session, people: dict[str, str | None]) -> Iterator[Happening]:
    for row in session.rows("from canonical.person_stage_history"):
        person_id, stage, at = row["person_id"], row["stage"], row["entered_at"]
        if person_id not in people or at >= AS_OF:
            continue
        for unit, unit_id in (("person", person_id), ("account", people[person_id])):
            if unit_id:
                yield Happening("reached_stage", stage, unit, unit_id, at)


def deals_made(session: Session, people: dict[str, str | None]) -> Iterator[Happening]:
    roles = session.rows("from canonical.opportunity_contact_role")
    for deal in session.rows("from metrics.opportunity_facts where opportunity_type != 'renewal'"):
        units = [("account", deal["account_id"])] + [
            ("person", role["person_id"])
            for role in roles
            if role["opportunity_id"] == deal["opportunity_id"] and role["person_id"] in people
        ]
        for unit, unit_id in units:
            yield Happening("opportunity_created", None, unit, unit_id, deal["created_at"])
            if deal["is_won"]:
                yield Happening("won", None, unit, unit_id, deal["closed_at"])


def is_customer(session: Session, account_id: str, at: datetime) -> bool:
    changes = [
        row
        for row in session.rows("from metrics.account_mrr_changes")
        if row["account_id"] == account_id and row["changed_at"] <= at
    ]
    return bool(changes) and max(changes, key=lambda row: row["changed_at"])["movement"] != "churn"


def counted(
    session: Session, members: list[dict[str, Any]], unit: str, outcome: dict[str, Any]
) -> dict[str, int]:
    """The two groups of an experiment, member by member."""
    alive = {
        "account": {row["account_id"] for row in session.rows("from canonical.account")},
        "person": {
            row["person_id"] for row in session.rows("from canonical.person where not is_deleted")
        },
    }
    waited_for = (outcome["happens"], outcome.get("stage"), unit)
    events = [one for one in happenings(session) if one[:3] == waited_for]
    counts = dict.fromkeys(("members", "a_n", "a_conversions", "b_n", "b_conversions"), 0)
    for one in members:
        began = one["began_at"]
        until = began + timedelta(days=outcome["within_days"])
        if one["unit"] != unit or one["unit_id"] not in alive[unit] or one["moved_at"]:
            continue
        if began >= AS_OF:
            continue
        if outcome["happens"] == "churned" and (
            unit == "person" or not is_customer(session, one["unit_id"], began)
        ):
            continue
        counts["members"] += 1
        if until > AS_OF:
            continue
        arm = "a" if one["is_held_out"] else "b"
        counts[f"{arm}_n"] += 1
        counts[f"{arm}_conversions"] += any(
            event.unit_id == one["unit_id"] and began <= event.at < until for event in events
        )
    return counts


@pytest.mark.parametrize("seed", range(6))
def test_the_groups_are_those_that_are_counted_member_by_member(
    seed: int, laboratory: Laboratory
) -> None:
    session = laboratory.session
    members = random_members(seed, session)
    laboratory.enrol(members)
    named = {
        f"{unit}_{number}": (unit, outcome)
        for unit in ("account", "person")
        for number, outcome in enumerate(OUTCOMES)
    }
    laboratory.declare(
        {
            "experiments": [
                {"name": name, "description": "x", "holdout": f"of_{unit}", "outcome": outcome}
                for name, (unit, outcome) in named.items()
            ]
        }
    )
    found = {row["experiment"]: row for row in laboratory.rows("metrics.experiment_counts")}
    for name, (unit, outcome) in named.items():
        wanted = counted(session, members, unit, outcome)
        assert {key: found[name][key] for key in wanted} == wanted, (name, outcome)
    assert any(row["b_conversions"] for row in found.values())


def test_the_uplift_is_told_with_its_verdict(laboratory: Laboratory) -> None:
    outcome = {"happens": "won", "within_days": 30}
    one = {"name": "push", "description": "Pushed scores win deals"}
    laboratory.enrol([])
    laboratory.declare({"experiments": [one | {"holdout": "score_push", "outcome": outcome}]})
    (row,) = laboratory.rows("metrics.experiment_uplift")
    assert row["verdict"] == "not begun: no sync with the holdout score_push has run"
    assert row["outcome"] == "won within 30 days"
    assert laboratory.rows("metrics.metric_values__experiments") == []
    began = AS_OF - timedelta(days=10)
    member = {"holdout": "score_push", "unit": "account", "is_held_out": False, "moved_at": None}
    laboratory.enrol([member | {"unit_id": "A01", "began_at": began}])
    laboratory.declare({"experiments": [one | {"holdout": "score_push", "outcome": outcome}]})
    (row,) = laboratory.rows("metrics.experiment_uplift")
    assert row["verdict"] == "waiting: none of 1 members has been followed to the end"
    assert row["members_waiting"] == 1


def test_only_the_exchanged_experiment_is_a_metric(laboratory: Laboratory) -> None:
    laboratory.declare(
        {
            "a": {"n": 100, "conversions": 10},
            "b": {"n": 100, "conversions": 20},
            "experiments": [
                {
                    "name": "page",
                    "description": "x",
                    "a": {"n": 9, "conversions": 1},
                    "b": {"n": 9, "conversions": 2},
                }
            ],
        }
    )
    values = {row["metric"]: row for row in laboratory.rows("metrics.metric_values__experiments")}
    assert set(values) == {
        *("ab_absolute_lift", "ab_relative_lift", "ab_z", "ab_p_value_two_sided"),
    }
    assert values["ab_absolute_lift"]["value"] == "0.1000000000"
    results = {
        row["experiment"]: row["kind"] for row in laboratory.rows("metrics.experiment_results")
    }
    assert results == {"ab": "exchanged", "page": "counted"}


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({"a": {"n": 1, "conversions": 0}}, "needs both a and b"),
        ({"a": {"n": 1, "conversions": 2}, "b": {"n": 1, "conversions": 0}}, "2 conversions of 1"),
        ({"compounding": {"gain_per_cycle": "-1", "cycles": 2}}, "gain_per_cycle"),
        ({"experiments": [{"name": "x", "description": "y"}]}, "needs the counts a and b"),
        (
            {"experiments": [{"name": "x", "description": "y", "holdout": "h"}]},
            "needs the counts a and b, or a holdout and its outcome",
        ),
        (
            {
                "experiments": [
                    {
                        "name": "x",
                        "description": "y",
                        "holdout": "h",
                        "outcome": {"happens": "won", "stage": "SQL", "within_days": 1},
                    }
                ]
            },
            "stage belongs to reached_stage",
        ),
    ],
)
def test_what_is_no_experiment_is_refused(
    document: dict[str, Any], says: str, tmp_path: Path
) -> None:
    path = tmp_path / "experiment.json"
    path.write_text(json.dumps(document), "utf-8")
    with pytest.raises(Misconfigured, match=says):
        read_document(path, Experiments)


@pytest.mark.parametrize("kind", ["plan", "experiments"])
def test_our_own_documents_are_read(kind: str) -> None:
    read_document(DBT_PROJECT / "rules" / f"{kind}.yml", KINDS[kind].model)


def test_the_examples_in_our_document_are_experiments(tmp_path: Path) -> None:
    text = (DBT_PROJECT / "rules" / "experiments.yml").read_text("utf-8")
    begin = text.index("#  - name: shorter_form")
    shown = "\n".join(line.removeprefix("#") for line in text[begin:].splitlines())
    path = tmp_path / "experiments.yml"
    path.write_text(f"experiments:\n{shown}\n", "utf-8")
    found = read_document(path, Experiments)
    assert [one.name for one in found.experiments] == ["shorter_form", "score_on_the_company"]


def show(laboratory: Laboratory, home: Path, *options: str) -> None:
    """Call the command in a warehouse that holds what the laboratory has measured."""
    with Warehouse(home / "warehouse.duckdb").open("test") as session:
        session.execute("create schema if not exists metrics")
        for name in ("experiment_results", "experiment_compounding"):
            measured = laboratory.session.arrow(f"from metrics.{name}")
            session.load(f"metrics.{name}", measured)
    assert experiments_command.main(list(options), standalone_mode=False) == 0


def test_the_command_shows_results_and_what_small_gains_come_to(
    laboratory: Laboratory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setenv("REVOPS_HOME", str(tmp_path))
    monkeypatch.setenv("REVOPS_WAREHOUSE__PATH", str(tmp_path / "warehouse.duckdb"))
    with pytest.raises(Misconfigured, match="No experiment has been measured"):
        experiments_command.main([], standalone_mode=False)
    laboratory.declare(json.loads((EXAMPLE / "experiment.json").read_text("utf-8")))
    show(laboratory, tmp_path)
    said = capsys.readouterr().out
    assert "each group needs 30,842,953 members" in said
    assert "+5.33 %" in said
    show(laboratory, tmp_path, "--json")
    document = json.loads(capsys.readouterr().out)
    assert document["experiments"][0]["p_value"] == "0.9597670618"
    assert document["compounding"]["compounded_gain"] == "0.0533483733"
