"""What a steward decides is added, never changed, and can be read back from a file."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from identity import stewardship
from warehouse.connection import Session, scratch
from warehouse.decisions import Decision, Decisions
from warehouse.errors import Misconfigured
from warehouse.state import StateStore

NOW = datetime(2026, 11, 26, 9, tzinfo=UTC)
A, B, C = "crm:contacts:1", "desk:users:2", "desk:users:3"

HALF_A_LINK = """decisions:
- entity: person
  decision: must_link
  left_record: crm:contacts:1
  because: they are one
  decided_by: mio
  decided_at: 2026-11-26T00:00:00Z
"""


def said(decision: Any, left: str, right: str | None = None, **more: Any) -> Decision:
    return Decision("person", decision, left, "because", "mio", NOW, right_record=right, **more)


@pytest.fixture
def decisions(tmp_path: Path) -> Iterator[Decisions]:
    state = StateStore(f"sqlite:///{tmp_path / 'state.sqlite'}")
    yield Decisions(state)
    state.close()


def words(found: list[Decision]) -> list[tuple[str, str, str | None]]:
    return [(one.decision, one.left_record, one.right_record) for one in found]


def test_the_later_word_about_a_pair_counts_in_whatever_order_it_is_named(
    decisions: Decisions,
) -> None:
    decisions.decide(said("must_link", B, A))
    decisions.decide(said("must_not_link", A, B))
    assert words(decisions.in_force()) == [("must_not_link", A, B)]
    assert [one.decision for one in decisions.all()] == ["must_link", "revoke", "must_not_link"]


def test_the_same_word_again_is_not_a_new_decision(decisions: Decisions) -> None:
    first = decisions.decide(said("must_link", A, B))
    assert decisions.decide(said("must_link", B, A)).decision_id == first.decision_id
    assert len(decisions.all()) == 1


def test_a_pin_replaces_the_pin_before_and_a_ban_stands_beside_another(
    decisions: Decisions,
) -> None:
    for value in ("one", "two"):
        decisions.decide(said("use_value", A, attribute="full_name", value=value))
        decisions.decide(said("do_not_use_value", A, attribute="email", value=value))
    kept = sorted((one.decision, one.value) for one in decisions.in_force())
    assert kept == [
        ("do_not_use_value", "one"),
        ("do_not_use_value", "two"),
        ("use_value", "two"),
    ]


def test_what_is_revoked_is_kept_with_who_when_and_why(decisions: Decisions) -> None:
    made = decisions.decide(said("must_link", A, B))
    decisions.revoke(made, "it was wrong", "aoi", NOW)
    assert decisions.in_force() == []
    (_, revoked) = decisions.all()
    assert (revoked.revokes, revoked.because, revoked.decided_by) == (
        made.decision_id,
        "it was wrong",
        "aoi",
    )


def test_what_is_in_force_is_what_the_models_see(decisions: Decisions) -> None:
    decisions.revoke(decisions.decide(said("must_link", A, B)), "no", "mio", NOW)
    decisions.decide(said("must_not_link", A, C))
    with scratch(threads=1) as session:
        decisions.mirror(session)
        decisions.mirror(session)
        found = session.rows("select decision, left_record, decided_at from ops.identity_decisions")
    assert found == [{"decision": "must_not_link", "left_record": A, "decided_at": NOW}]


def test_decisions_come_back_from_their_file_once(decisions: Decisions, tmp_path: Path) -> None:
    decisions.decide(said("must_not_link", A, C))
    decisions.decide(said("use_value", A, attribute="full_name", value="佐藤 花子"))
    written = tmp_path / "decisions.yaml"
    stewardship.write_file(written, decisions.in_force())
    assert "佐藤 花子" in written.read_text(encoding="utf-8")
    stewardship.read_file(written, decisions)
    assert len(decisions.all()) == 2
    elsewhere = StateStore(f"sqlite:///{tmp_path / 'other.sqlite'}")
    stewardship.read_file(written, Decisions(elsewhere))
    assert words(Decisions(elsewhere).in_force()) == words(decisions.in_force())
    elsewhere.close()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("decisions: [{entity: person}]", "decisions.yaml:1"),
        ("decisions:\n- {entity: dog, decision: must_link}", "decisions.yaml:2"),
        (
            "decisions:\n- {entity: person, decision: must_link, left_record: a, because: b}",
            "decisions.yaml:2",
        ),
        (
            HALF_A_LINK,
            "two records make a link",
        ),
    ],
)
def test_a_wrong_file_decides_nothing_and_says_where(
    decisions: Decisions, tmp_path: Path, text: str, fault: str
) -> None:
    path = tmp_path / "decisions.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(Misconfigured, match=fault):
        stewardship.read_file(path, decisions)
    assert decisions.all() == []


@pytest.fixture
def built(decisions: Decisions) -> Iterator[Session]:
    """As much of a build as the queue reads."""
    with scratch(threads=1) as session:
        session.execute("create schema identity")
        session.execute(
            "create table identity.person_map as select unnest($r) as record_reference, 'p' as"
            " person_id",
            {"r": [A, B, C]},
        )
        session.execute(
            "create table identity.person_records as select record_reference, 'Hana' as full_name,"
            " null::varchar as source_email, []::varchar[] as phones, null::varchar as"
            " company_name from identity.person_map"
        )
        session.execute(
            "create table identity.account_map as"
            " select 'crm:companies:9' as record_reference, 'a' as account_id"
        )
        session.execute(
            "create table identity.review as from (values"
            f" ('rev_1', 'person', '{A}', '{B}', 2.0, 'too weak'),"
            f" ('rev_2', 'person', '{C}', '{A}', 5.0, 'too weak'))"
            " as t(review_id, entity, left_record, right_record, weight, why)"
        )
        decisions.mirror(session)
        yield session


def test_the_queue_shows_both_records_and_leaves_out_what_is_decided(
    built: Session, decisions: Decisions
) -> None:
    assert [one["review_id"] for one in stewardship.queue(built)] == ["rev_2", "rev_1"]
    assert stewardship.queue(built, limit=1)[0]["left"]["name"] == "Hana"
    entity, left, right = stewardship.pair_of(built, ["rev_2"])
    decisions.decide(Decision(entity, "must_not_link", left, "no", "mio", NOW, right_record=right))
    decisions.mirror(built)
    assert [one["review_id"] for one in stewardship.queue(built)] == ["rev_1"]


@pytest.mark.parametrize(
    ("named", "fault"),
    [
        (["rev_9"], "No pair"),
        ([A, A], "one record"),
        ([A, "crm:companies:9"], "a company and a person"),
        ([A, "crm:contacts:99"], "No record"),
    ],
)
def test_what_is_no_pair_is_refused(built: Session, named: list[str], fault: str) -> None:
    with pytest.raises(Misconfigured, match=fault):
        stewardship.pair_of(built, named)
