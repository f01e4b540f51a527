"""A run can be taken back, and only what is still its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.app import App
from orchestration.ledger import Reverting, plan_to_revert, revert
from reverse_etl.approvals import ReviewedPlan, approve, read_plan_file
from reverse_etl.destinations.base import FieldLimit, Fields, Row, RowOutcome
from reverse_etl.destinations.hubspot import HubSpotObjects
from reverse_etl.engine import Engine
from reverse_etl.guards import Guards, Limit
from reverse_etl.revert import RevertPlan, plan_revert
from tests.orchestration.command import revops
from tests.reverse_etl.bench import FIRST_ID, SPEC, UPDATE, Bench, bench_at, wished
from tests.reverse_etl.test_engine import MadeUp
from warehouse.clock import SystemClock, new_run_id
from warehouse.deliveries import Deliveries
from warehouse.errors import Held, Misconfigured
from warehouse.ledger import Ledger
from warehouse.settings import export_environment
from warehouse.state import StateStore

SCORE = "revops_account_score"


@pytest.fixture
def app(bench: Bench) -> Iterator[App]:
    """Five companies that were sent once, then with other scores."""
    export_environment(bench.environment)
    made = App.from_environment()
    bench.wish([wished(n) for n in range(5)])
    bench.judge()
    bench.sync()
    yield made
    made.state.close()


def score(number: int, bench: Bench) -> str | None:
    held: str | None = bench.companies()[str(FIRST_ID + number)][SCORE]
    return held


def rescored(bench: Bench, *scores: int, **more: Any) -> str:
    """Sync other scores; the id of the run."""
    bench.wish([wished(n, account_score=score, **more) for n, score in enumerate(scores)])
    assert bench.sync().exit_code == 0
    return last_run(bench)


def last_run(bench: Bench) -> str:
    return str(bench.ledger()[-1]["run_id"])


def reverted(app: App, run_id: str, *, created: bool = False) -> Reverting:
    return revert(app, SPEC, run_id, created=created)


def test_what_a_run_changed_is_given_back(bench: Bench, app: App) -> None:
    before = bench.companies()
    run_id = rescored(bench, 90, 91, 92, 93, 94)
    done = reverted(app, run_id)
    assert done.exit_code == 0
    assert len(done.planned.plan.changes) == 5
    assert bench.companies() == _with_stamps_of(bench, before)


def _with_stamps_of(bench: Bench, before: dict[str, Any]) -> dict[str, Any]:
    stamp = "hs_lastmodifieddate"
    now = bench.companies()
    return {key: one | {stamp: now[key][stamp]} for key, one in before.items()}


def test_the_plan_of_a_revert_sends_nothing(bench: Bench, app: App) -> None:
    run_id = rescored(bench, 90, 91, 92, 93, 94)
    calls = bench.calls()
    planned = plan_to_revert(app, SPEC, run_id, created=False)
    assert len(planned.planned.plan.changes) == 5
    assert bench.calls() == calls


def test_what_was_reverted_is_not_sent_again_and_the_plan_says_by_which_run(
    bench: Bench, app: App
) -> None:
    run_id = rescored(bench, 90, 91, 92, 93, 94)
    done = reverted(app, run_id)
    plan = bench.plan()
    assert plan.changes == ()
    assert {one.reason for one in plan.withheld} == {"reverted"}
    assert {one.details[0] for one in plan.withheld} == {f"by run {done.run_id}"}
    assert "5 reverted" in " ".join(revops("plan", SPEC.name).out.split())


def test_a_wish_that_changes_is_free_again(bench: Bench, app: App) -> None:
    run_id = rescored(bench, 90, 91, 92, 93, 94)
    reverted(app, run_id)
    rescored(bench, 50, 91, 92, 93, 94)
    assert [score(n, bench) for n in range(5)] == ["50", "1", "2", "3", "4"]
    # What is sent again is reverted no more, whatever is wished for then.
    bench.wish([wished(n, account_score=s) for n, s in enumerate([90, 91, 92, 93, 94])])
    assert [change.key for change in bench.plan().changes] == [str(FIRST_ID)]


def test_another_field_of_a_reverted_row_waits_with_it(bench: Bench, app: App) -> None:
    run_id = rescored(bench, 90, 91, 92, 93, 94)
    reverted(app, run_id)
    bench.wish([wished(0, account_score=90, account_tier="C")])
    assert [(one.key, one.reason) for one in bench.plan().withheld] == [(str(FIRST_ID), "reverted")]


def test_a_revert_can_be_reverted(bench: Bench, app: App) -> None:
    run_id = rescored(bench, 90, 91, 92, 93, 94)
    done = reverted(app, run_id)
    again = reverted(app, str(done.run_id))
    assert [score(n, bench) for n in range(5)] == ["90", "91", "92", "93", "94"]
    assert again.exit_code == 0
    assert (bench.plan().changes, bench.plan().withheld) == ((), ())


def test_what_the_tool_never_took_is_not_taken_back(bench: Bench, app: App) -> None:
    bench.wish([wished(0, account_score=90), wished(99)])
    assert bench.sync().exit_code == 4
    done = reverted(app, last_run(bench))
    assert [change.key for change in done.planned.plan.changes] == [str(FIRST_ID)]
    assert done.planned.skipped == ()


def test_a_field_that_a_later_run_has_written_stays(bench: Bench, app: App) -> None:
    run_id = rescored(bench, 90, 91, 92, 93, 94)
    later = rescored(bench, 70, 91, 92, 93, 94)
    done = reverted(app, run_id)
    assert [score(n, bench) for n in range(5)] == ["70", "1", "2", "3", "4"]
    (left,) = done.planned.skipped
    assert (left.key, left.reason, left.detail) == (str(FIRST_ID), "changed_by_later_run", later)


def test_a_field_that_a_person_has_changed_in_the_tool_stays(bench: Bench, app: App) -> None:
    run_id = rescored(bench, 90, 91, 92, 93, 94)
    with bench.client() as client:
        client.post(UPDATE, {"inputs": [{"id": str(FIRST_ID), "properties": {SCORE: "12"}}]})
    done = reverted(app, run_id)
    assert [score(n, bench) for n in range(5)] == ["12", "1", "2", "3", "4"]
    (left,) = done.planned.skipped
    assert (left.field, left.reason) == (SCORE, "changed_in_tool")


def test_what_was_sent_for_the_first_time_gets_back_what_the_tool_was_seen_to_hold(
    bench: Bench, app: App
) -> None:
    done = reverted(app, last_run(bench))
    assert done.planned.skipped == ()
    assert score(0, bench) is None
    assert bench.plan().changes == ()


def test_a_run_that_a_larger_run_was_part_of_is_reverted_with_it(bench: Bench, app: App) -> None:
    run_id = rescored(bench, 90, 91, 92, 93, 94)
    said = revops("revert", run_id, "--apply", "--json")
    assert said.code == 0, said
    (one,) = said.document["syncs"]
    assert one["result"]["delivery"]["outcomes"] == {"acknowledged": 5}
    with bench.warehouse.open("test") as session:
        (run,) = session.rows("select * from ops.sync_runs where kind = 'revert'")
    assert (run["run_id"], run["reverts"], run["acknowledged"]) == (one["run_id"], run_id, 5)


def test_a_revert_is_shown_as_a_plan(bench: Bench, app: App) -> None:
    run_id = rescored(bench, 90, 91, 92, 93, 94)
    said = revops("revert", run_id)
    assert said.code == 0
    assert "5 records get back what they held" in said.out
    assert "--apply does it" in said.out
    assert score(0, bench) == "90"


def test_a_run_that_changed_nothing_cannot_be_reverted(bench: Bench, app: App) -> None:
    said = revops("revert", "nothing", "--json")
    assert said.code == 2
    assert "nothing to revert" in said.document["error"]


def test_a_revert_that_is_cut_off_is_put_right_and_not_redone(bench: Bench, app: App) -> None:
    run_id = rescored(bench, 90, 91, 92, 93, 94)
    bench.max_attempts = 1
    export_environment(bench.environment)
    cut = App.from_environment()
    bench.faults({"kind": "reset_after_commit"})
    assert revert(cut, SPEC, run_id, created=False).exit_code == 5
    cut.state.close()
    assert score(0, bench) == "0"
    again = bench.sync()
    assert again.recovery.delivered == 5
    assert score(0, bench) == "0", "what was reverted is not sent again in silence"
    assert {one.reason for one in again.plan.withheld} == {"reverted"}


class Shelf(MadeUp):
    """Holds what it is given; a record that it does not know is made."""

    operations = frozenset({"create", "update", "upsert", "archive"})

    def __init__(self) -> None:
        self.records: dict[str, dict[str, Any]] = {}

    def write(self, operation: str, rows: Sequence[Row]) -> list[RowOutcome]:
        for row in rows:
            if operation == "archive":
                self.records.pop(row.key, None)
            else:
                self.records.setdefault(row.key, {}).update(row.fields)
        return [RowOutcome(row.trace, "acknowledged") for row in rows]

    def read(self, keys: Sequence[str], fields: Sequence[str]) -> dict[str, Fields]:
        return {
            key: {name: self.records[key].get(name) for name in fields}
            for key in keys
            if key in self.records
        }


class Workshop:
    """One sync to a shelf, through the real engine, ledger and comparison."""

    def __init__(self, bench: Bench, spec: Any = SPEC) -> None:
        store = StateStore(f"sqlite:///{bench.home / uuid4().hex}")
        self.bench, self.spec, self.shelf = replace(bench, state=store), spec, Shelf()
        with bench.warehouse.open("test") as session:
            # It is a copy of the store before.
            session.execute("drop schema if exists sync_memory cascade")
        self.bench.judge()
        self.deliveries, self.ledger = Deliveries(store), Ledger(store)

    def push(self, rows: Sequence[Any]) -> str:
        self.bench.wish(rows)
        return self._apply(self.bench.plan(self.spec))

    def revert(self, run_id: str, *, created: bool = False) -> RevertPlan:
        entries = self.ledger.of_run(run_id)
        planned = plan_revert(self.spec, run_id, entries, self.ledger, self.shelf, created=created)
        self._apply(planned.plan)
        return planned

    def _apply(self, plan: Any) -> str:
        run_id = new_run_id()
        engine = Engine(self.spec.name, self.shelf, self.deliveries, SystemClock())
        delivery = engine.apply(plan, run_id)
        assert set(delivery.outcomes) <= {"acknowledged"}
        return run_id


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with bench_at(tmp_path_factory.mktemp("reverts"), 1) as made:
        yield made


tiers = st.sampled_from(["A", "B", None])
rows = st.dictionaries(st.integers(0, 3), st.tuples(st.integers(0, 3), tiers), max_size=4)


def _wishes(table: dict[int, tuple[int, str | None]]) -> list[dict[str, Any]]:
    return [wished(n, account_score=score, account_tier=tier) for n, (score, tier) in table.items()]


@settings(max_examples=5, deadline=None)
@given(earlier=rows, later=rows)
def test_a_plan_and_its_revert_leave_everything_as_it_was(
    shared: Bench, earlier: dict[int, Any], later: dict[int, Any]
) -> None:
    """Of all that had been sent before; and the next plan redoes none of it in silence."""
    shop = Workshop(shared)
    shop.push(_wishes(earlier))
    before = {key: dict(fields) for key, fields in shop.shelf.records.items()}
    run_id = shop.push(_wishes(later))
    changed = {entry.key for entry in shop.ledger.of_run(run_id)}
    if not changed:
        return
    left = {(one.key, one.field) for one in shop.revert(run_id).skipped}
    for key, fields in shop.shelf.records.items():
        known = before.get(key, {})
        assert {f: v for f, v in fields.items() if (key, f) not in left} == known
    plan = shop.bench.plan(shop.spec)
    told = {one.key for one in plan.withheld if one.reason == "reverted"}
    assert {one.key for one in plan.changes}.isdisjoint(changed)
    assert told == {one.key for one in shop.ledger.of_run(run_id) if one.before}
    shop.bench.state.close()


def test_a_record_that_the_run_made_stays_unless_it_is_asked_for(shared: Bench) -> None:
    spec = SPEC.model_copy(update={"mode": "create_only"})
    shop = Workshop(shared, spec)
    run_id = shop.push(_wishes({0: (1, "A"), 1: (2, "B")}))
    assert {one.reason for one in shop.revert(run_id).skipped} == {"was_created"}
    assert len(shop.shelf.records) == 2
    shop.shelf.records[str(FIRST_ID)]["revops_account_tier"] = "edited by a person"
    left = shop.revert(run_id, created=True).skipped
    assert list(shop.shelf.records) == [str(FIRST_ID)]
    assert [(one.key, one.reason) for one in left] == [(str(FIRST_ID), "changed_in_tool")]
    assert shop.bench.plan(spec).changes == (), "nobody makes it again"
    shop.bench.state.close()


def test_a_run_to_another_object_than_the_document_names_by_now_is_refused(
    bench: Bench, app: App, tmp_path: Path
) -> None:
    spec = SPEC.model_copy(update={"object": "contacts"})
    with pytest.raises(Misconfigured, match="another object"):
        plan_to_revert(app, spec, last_run(bench), created=False)


def test_the_guards_of_the_sync_hold_a_revert(bench: Bench, app: App) -> None:
    run_id = rescored(bench, 90, 91, 92, 93, 94)
    careful = SPEC.model_copy(update={"guards": Guards(max_changed=Limit(count=2))})
    calls = bench.calls()
    assert plan_to_revert(app, careful, run_id, created=False).exit_code == 3
    held = revert(app, careful, run_id, created=False)
    assert (held.exit_code, bench.calls(), score(0, bench)) == (3, calls, "90")
    let = revert(app, careful, run_id, created=False, allowed=["max_changed"])
    assert (let.exit_code, score(0, bench)) == (0, "0")


def test_a_share_is_of_what_the_sync_has_sent_for_a_revert_too(bench: Bench, app: App) -> None:
    run_id = rescored(bench, 90, 91, 92, 93, 94)
    for share, code in ((Decimal("0.9"), 3), (Decimal(1), 0)):
        careful = SPEC.model_copy(update={"guards": Guards(max_changed=Limit(share=share))})
        assert plan_to_revert(app, careful, run_id, created=False).exit_code == code


def test_a_revert_needs_the_approval_that_its_sync_needs(
    bench: Bench, app: App, tmp_path: Path
) -> None:
    run_id = rescored(bench, 90, 91, 92, 93, 94)
    careful = SPEC.model_copy(
        update={"approval": "required", "guards": Guards(max_changed=Limit(count=2))}
    )
    with pytest.raises(Held, match="nobody has approved"):
        revert(app, careful, run_id, created=False, allowed=["max_changed"])
    assert score(0, bench) == "90"
    # An approval of another plan of the same sync is none of this one.
    approve(app.state, app.clock, ReviewedPlan(SPEC.name, "another"), "Mia Kern")
    with pytest.raises(Held):
        revert(app, careful, run_id, created=False, allowed=["max_changed"])
    file = tmp_path / "plan.json"
    assert revops("revert", run_id, "--out", str(file)).code == 0
    approve(app.state, app.clock, read_plan_file(file), "Mia Kern")
    done = revert(app, careful, run_id, created=False)
    assert (done.exit_code, done.approved_by, score(0, bench)) == (0, "Mia Kern", "0")


def test_an_approved_revert_no_longer_counts_when_somebody_has_changed_a_value(
    bench: Bench, app: App
) -> None:
    run_id = rescored(bench, 90, 91, 92, 93, 94)
    careful = SPEC.model_copy(update={"approval": "required"})
    planned = plan_to_revert(app, careful, run_id, created=False).planned.plan
    approve(app.state, app.clock, ReviewedPlan(SPEC.name, planned.digest), "Mia Kern")
    with bench.client() as client:
        client.post(UPDATE, {"inputs": [{"id": str(FIRST_ID + 3), "properties": {SCORE: "7"}}]})
    with pytest.raises(Held):
        revert(app, careful, run_id, created=False)
    assert score(0, bench) == "90"


def test_a_value_that_does_not_fit_any_more_is_withheld_from_a_revert(
    app: App, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = rescored(bench, *[90 + n for n in range(5)])
    limit = FieldLimit(choices=frozenset({"0", "1", "2", "3"}))
    monkeypatch.setattr(HubSpotObjects, "limits", lambda *_: {SCORE: limit})
    plan = plan_to_revert(app, SPEC, run, created=False).planned.plan
    assert [(one.key, one.reason) for one in plan.withheld] == [(str(FIRST_ID + 4), "does_not_fit")]
    assert len(plan.changes) == 4
