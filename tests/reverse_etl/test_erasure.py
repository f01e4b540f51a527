"""Whoever is erased is nowhere, and everybody else as before, wherever it was killed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from reverse_etl.clearance import without_erased
from reverse_etl.plan import Change, Plan
from tests.ledgers import changes
from tests.reverse_etl.erasing import (
    AT,
    LIST,
    STREAMS,
    SYNC,
    World,
    build,
    can_all_forget,
    copied,
    killable_files,
    small,
    told,
)
from warehouse.deliveries import Deliveries, Operation
from warehouse.erasures import Erasures
from warehouse.errors import Held
from warehouse.tombstones import sha256

# A step in the middle. Of some 260 steps each fifth is one trial, shared by four tests: the same
# few steps of every table come round in another number, so that each kind is met.
_MIDDLE = 90
_EVERY = 20
_FIRST = (1, 6, 11, 16)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory, company: Path) -> World:
    """Both people are everywhere; nobody changes it."""
    folder = tmp_path_factory.mktemp("erasing")
    return build(folder / "template", small(company, folder / "company"))


@pytest.fixture
def world(template: World, tmp_path: Path) -> World:
    return copied(template, tmp_path / "home")


def others_told(world: World) -> dict[str, object]:
    """Everything that tells of the other person, wherever it is."""
    _, other = world.people
    tables = {name: told(rows, other) for name, rows in world.tables().items()}
    thrown_away = ("identity_work.", "sync_memory.")
    return {
        "tables": {n: r for n, r in tables.items() if r and not n.startswith(thrown_away)},
        "tools": {n: t for n, t in world.shown().items() if told([t], other)},
        "ledger": [
            {k: v for k, v in row.items() if k != "entry_id"}
            for sync in (SYNC, LIST)
            for row in changes(world.state, sync)
            if told([str(row)], other)
        ],
        "sent": [one for one in Deliveries(world.state).last_sent(SYNC) if told([str(one)], other)],
    }


def check_gone(world: World, before: dict[str, object]) -> None:
    person, other = world.people
    tables = world.tables()
    found = {name: told(rows, person) for name, rows in tables.items()}
    # What a record of a tool names by an id that leads nowhere stays.
    (task,) = found.pop("raw_salesforce.tasks")
    assert person.email not in task
    assert person.name not in task
    assert {name: rows for name, rows in found.items() if rows} == {}
    assert told(world.stored(), person) == []
    # A tool may keep the number of a record; nothing of what was in it.
    shown = "".join(world.shown().values()).lower()
    assert [one for one in (person.email, person.name, person.phone) if one.lower() in shown] == []
    raw = world.bytes().lower()
    assert [one for one in person.told_by[:4] if one.lower().encode() in raw] == []
    assert others_told(world) == before
    assert other.email.encode() in raw


def check_certificate(world: World) -> None:
    (erasure,) = Erasures(world.state).all()
    assert (erasure.status, erasure.subject) == ("ended", None)
    steps = Erasures(world.state).steps(erasure.erasure_id)
    assert {step.status for step in steps} == {"done", "manual"}
    assert all(step.told == {} for step in steps)
    document = json.loads((world.home / "erasures" / f"{erasure.erasure_id}.json").read_text())
    assert document["status"] == "complete but for the steps that are named"
    assert [one["where"] for one in document["steps"]] == [step.at for step in steps]
    assert all(
        (one["verification"] and one["when"]) or one["status"] == "manual"
        for one in document["steps"]
    )


def test_an_erased_person_is_nowhere_and_everybody_else_as_before(world: World) -> None:
    assert can_all_forget()
    before = others_told(world)
    assert world.erase() is not None
    check_gone(world, before)
    check_certificate(world)
    with world.warehouse.open("test") as session:
        builds = session.rows("select model from ops.model_builds")
        made_by_key = session.value(
            "select count(comment) from duckdb_tables() where table_name = 'person'"
        )
        live = session.value("select live from raw_hubspot._cursors where stream = 'contacts'")
    # Nothing is sent of a model that lacks a row, and what is made by key is made anew as a whole.
    assert (builds, made_by_key, live) == ([{"model": "other"}], 0, 1)


def test_the_plan_changes_nothing_and_tells_where_the_person_is(world: World) -> None:
    tables, stored, shown = world.tables(), world.stored(), world.shown()
    plan = world.plan()
    assert plan.digest == world.plan().digest
    assert (world.tables(), world.stored(), world.shown()) == (tables, stored, shown)
    places = {step.at for step in plan.steps}
    assert {f"{vendor} {stream}" for vendor, stream in STREAMS} <= places
    assert {"raw_hubspot.emails", "mine.calls", f"ledger of {SYNC}", "identity_work"} <= places
    assert f"hubspot list_members, by {LIST}" in places
    assert "raw_salesforce.tasks" not in places
    person, _ = world.people
    assert person.past in plan.subject.needles.emails


def test_nothing_begins_while_a_row_of_the_person_is_in_doubt(world: World) -> None:
    person, _ = world.people
    deliveries = Deliveries(world.state)
    (first, *_) = changes(world.state, SYNC)
    assert first["key"] == person.key(("hubspot", "contacts"))
    with world.state.transaction() as connection:
        connection.exec_driver_sql(
            f"update ledger set outcome = 'unknown' where entry_id = {first['entry_id']}"
        )
    assert len(deliveries.unsettled(SYNC)) == 1
    with pytest.raises(Held, match=SYNC):
        world.erase()
    assert Erasures(world.state).all() == []


def killed_everywhere(
    template: World, folder: Path, monkeypatch: pytest.MonkeyPatch, points: Sequence[int]
) -> list[str]:
    """Kill a run at each of these steps, let the next one go on, and look at everything."""
    places = []
    for point in points:
        world = copied(template, folder / str(point))
        before = others_told(world)
        with killable_files(world, monkeypatch):
            if world.erase(point) is not None:
                break
            places.append(str(world.steps.killed_at))
            assert world.erase() is not None, f"killed at {point}, {places[-1]}"
        check_gone(world, before)
        check_certificate(world)
        world.state.close()
    return places


def test_an_erasure_that_was_killed_goes_on(
    template: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert killed_everywhere(template, tmp_path, monkeypatch, [_MIDDLE])


@pytest.mark.slow
@pytest.mark.parametrize("first", _FIRST)
def test_an_erasure_can_be_killed_at_every_step(
    template: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: int
) -> None:
    places = killed_everywhere(template, tmp_path, monkeypatch, range(first, 10_000, _EVERY))
    assert len(places) > 10
    # Which side of a commit comes round is another one in each quarter.
    assert any(place.endswith("commit: warehouse") for place in places)


@pytest.mark.slow
def test_a_tool_that_does_not_answer_leaves_its_step_open(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = others_told(world)
    answer = type(world.app)._respond
    monkeypatch.setattr(
        type(world.app),
        "_respond",
        lambda app, request: (
            _down() if request.path.startswith("/zendesk") else answer(app, request)
        ),
    )
    first = world.erase()
    assert first is not None
    assert first.status == "under_way"
    failed = [s for s in Erasures(world.state).steps(first.erasure_id) if s.is_open]
    assert [step.at for step in failed] == ["zendesk users"]
    text = (world.home / "erasures" / f"{first.erasure_id}.json").read_text()
    assert json.loads(text)["status"] == "incomplete"
    assert told([text], world.people[0]) == []
    monkeypatch.undo()
    assert world.erase() is not None
    check_gone(world, before)
    check_certificate(world)


def _down() -> object:
    from werkzeug.wrappers import Response

    return Response("down", status=503)


@pytest.mark.slow
def test_what_a_tool_still_shows_is_never_called_done(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sandbox.vendors.intercom.contacts.gone", lambda contact, _: contact)
    found = world.erase()
    assert found is not None
    assert found.status == "under_way"
    (step,) = [s for s in Erasures(world.state).steps(found.erasure_id) if s.is_open]
    assert (step.at, step.status) == ("intercom contacts", "failed")
    assert step.said is not None
    assert "still shown" in step.said


def test_a_plan_withholds_whoever_was_erased_and_lets_them_be_taken_away(world: World) -> None:
    person, other = world.people
    world.tombstones.add(world.plan().subject.must_not_return, "era_1", AT)
    changes = (
        change("1", {"score": 1}, gate_key=person.person_id),
        change("2", {"mail": person.email.upper()}),
        change(person.key(("hubspot", "contacts")), {"score": 1}),
        change(sha256(person.email), {"consent": "GRANTED"}),
        change(person.email, {}, operation="remove", desired=""),
        change("6", {"mail": other.email}, gate_key=other.person_id),
    )
    plan = without_erased(plan_of(changes), world.tombstones.kept())
    assert [one.key for one in plan.changes] == [person.email, "6"]
    assert [(one.key, one.reason) for one in plan.withheld] == [
        ("1", "erased"),
        ("2", "erased"),
        (person.key(("hubspot", "contacts")), "erased"),
        ("[erased]", "erased"),
    ]


def change(
    key: str,
    after: dict[str, Any],
    *,
    operation: Operation = "update",
    gate_key: str | None = None,
    desired: str = "{}",
) -> Change:
    return Change(key, operation, {}, after, desired, gate_key)


def plan_of(changes: tuple[Change, ...]) -> Plan:
    """A plan for HubSpot's contacts."""
    return Plan(
        sync=SYNC,
        destination="hubspot",
        object="contacts",
        config_hash="hash",
        verdict_id=None,
        decision="pass",
        hold_reasons=(),
        changes=changes,
        withheld=(),
        rows=len(changes),
        unchanged=0,
        gone=0,
    )
