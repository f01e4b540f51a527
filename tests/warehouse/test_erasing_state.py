"""The ledger keeps what happened and when, in SQLite and in PostgreSQL, and forgets to whom."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from tests.ledgers import changes
from warehouse.decisions import Decision, Decisions
from warehouse.deliveries import Deliveries, NewEntry, PlanHeader, Settlement
from warehouse.erasing_state import (
    Entries,
    documents_of,
    forget_documents,
    forget_sent,
    is_forgotten,
    mirrored,
    sent_of,
)
from warehouse.erasures import Erasure, Erasures, Step
from warehouse.marks import marked
from warehouse.needles import ERASED, Needles
from warehouse.state import StateStore
from warehouse.suppressions import Suppression, Suppressions
from warehouse.verdicts import StoredVerdict, latest_verdict, save_verdict

AT = datetime(2026, 11, 28, 9, tzinfo=UTC)
TARO, HANA = "taro@aoba.example", "hana@aoba.example"
NEEDLES = Needles((TARO,), ("+81 3-1234-5678",), ("山田 太郎",), ("per_0123456789abcdef", "141"))
SYNC = "marketo_leads"


def delivered(state: StateStore) -> None:
    """A sync sent two leads, and the tool refused a third change."""
    rows = [
        NewEntry(
            "141", "update", {"name": "山田 太郎"}, {"name": None}, '{"key": "141"}', {"name": ""}
        ),
        NewEntry("142", "update", {"name": HANA}, {}, '{"key": "142"}'),
        NewEntry("143", "update", {"boss": TARO.upper()}, {}, '{"key": "143"}'),
    ]
    header = PlanHeader("run:p", SYNC, "marketo", "leads", "run", None, "hash", {})
    deliveries = Deliveries(state)
    entries = list(deliveries.open_plan(header, rows, AT))
    deliveries.mark_in_flight(entries, "digest", AT)
    told = [Settlement(one, "acknowledged", f"T{one.key}") for one in entries[:2]]
    told.append(Settlement(entries[2], "rejected", None, f"{TARO} is unknown", "permanent"))
    deliveries.settle(SYNC, told, AT)


def found(state: StateStore) -> list[Entries]:
    return sent_of(state, NEEDLES, ["141"], lambda tool, _, key: (tool, key) == ("marketo", "141"))


def test_the_ledger_keeps_what_happened_and_forgets_to_whom(state: StateStore) -> None:
    delivered(state)
    before, mark = changes(state, SYNC), marked(state, SYNC)
    (sent,) = found(state)
    assert (sent.keys, sent.open) == (("141", "143"), 0)
    for _ in range(2):
        forget_sent(state, sent, NEEDLES, b"key")
    assert is_forgotten(state, sent, NEEDLES)
    assert found(state) == []
    after = changes(state, SYNC)
    kept = ("entry_id", "plan_id", "operation", "outcome", "attempts", "sent_at", "settled_at")
    assert [[row[n] for n in kept] for row in after] == [[row[n] for n in kept] for row in before]
    assert after[1] == before[1]
    assert after[0]["key"].startswith(f"{ERASED} ")
    assert after[0]["key"] != after[2]["key"]
    assert after[2]["reason"] == f"{ERASED} is unknown"
    assert "太郎" not in str(after)
    assert [one.key for one in Deliveries(state).last_sent(SYNC)] == ["142"]
    assert Deliveries(state).parked(SYNC) == {}
    assert marked(state, SYNC) != mark
    assert {row["key"] for row in mirrored(state, sent.entry_ids)} == {
        after[0]["key"],
        after[2]["key"],
    }


def test_other_tables_lose_the_rows_of_the_person_or_what_tells_of_them(state: StateStore) -> None:
    decisions = Decisions(state)
    for person in ("per_0123456789abcdef", "per_fedcba9876543210"):
        decisions.decide(
            Decision("person", "must_link", person, "same", "me", AT, "other:record:1")
        )
    Suppressions(state).add(Suppression("all", "by letter", AT, TARO))
    Suppressions(state).add(Suppression("all", "by letter", AT, HANA))
    quarantined = {"per_0123456789abcdef": ["rule"], "per_fedcba9876543210": ["rule"]}
    evidence = [{"sample": [f"{TARO}, {HANA}", 7]}]
    save_verdict(
        state, StoredVerdict("people", "run", "b", AT, "quarantine", quarantined, evidence)
    )
    told = documents_of(state, NEEDLES)
    assert told == {"identity_decisions": 1, "suppressions": 1, "verdicts": 1}
    for name in told:
        forget_documents(state, name, NEEDLES)
    assert documents_of(state, NEEDLES) == {}
    assert [one.left_record for one in decisions.all()] == ["other:record:1"]
    assert [one.email for one in Suppressions(state).all()] == [HANA]
    verdict = latest_verdict(state, "people")
    assert verdict is not None
    assert verdict.quarantined == {ERASED: ["rule"], "per_fedcba9876543210": ["rule"]}
    assert verdict.evidence == [{"sample": [f"{ERASED}, {HANA}", 7]}]


def test_an_erasure_is_kept_with_its_steps_until_it_is_emptied(state: StateStore) -> None:
    kept = Erasures(state)
    kept.begin(
        Erasure("era_1", "plan", "hash", {"email": TARO}, "under_way", AT),
        [
            Step("tool", "marketo leads", 1, {"ids": ["141"]}),
            Step("manual", "backups", 1, status="manual"),
        ],
    )
    (first, second) = kept.steps("era_1")
    assert (first.is_open, second.is_open, dict(first.told)) == (True, False, {"ids": ["141"]})
    kept.close("era_1", Step(**vars(first) | {"status": "done", "said": "seen"}), AT)
    kept.empty("era_1", AT)
    state.compact()
    kept.end("era_1")
    (erasure,) = kept.all()
    assert (erasure.status, erasure.subject, erasure.ended_at) == ("ended", None, AT)
    assert [(one.status, dict(one.told)) for one in kept.steps("era_1")] == [
        ("done", {}),
        ("manual", {}),
    ]
    with state.transaction() as connection:
        stored = connection.execute(sa.text("select * from erasures")).mappings().all()
    assert TARO not in str(stored)


@pytest.mark.parametrize("outcome", ["planned", "in_flight", "unknown"])
def test_what_is_in_doubt_is_counted(state: StateStore, outcome: str) -> None:
    delivered(state)
    with state.transaction() as connection:
        connection.execute(sa.text(f"update ledger set outcome = '{outcome}' where key = '141'"))
    assert [one.open for one in found(state)] == [1]
