"""Many later runs give, table by table, what one run would, also where guards begin to hold.

The caps of the guards are lowered, so that a few records that share a value cross them, one way
and back again.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pytest

from identity import ids
from identity.history import Causes
from identity.rules import rules
from tests.identity.contacts import Record, resolve_again
from tests.identity.test_engine import contact, crowd
from warehouse.connection import Session, scratch

_CAPS = {
    "names_per_value": 3,
    "parties_per_value": 2,
    "parties_per_account_and_name": 3,
    "mailboxes_per_host": 5,
}
# What a run keeps of its own way: what it parsed, what it found on it, and what it was given.
_OF_A_RUN = ("seen_%", "arriving", "made_by")
_NAMES = [
    ("佐藤", "花子"),
    ("鈴木", "一郎"),
    ("Suzuki", "Ichirou"),
    ("高橋", "美咲"),
    ("Sato", "Ken"),
]
# How many records share values, step by step; the seeds for `make test-slow`.
LATER = [pytest.param(seed, (2, 9, 3, 12), marks=pytest.mark.slow) for seed in range(1, 6)]


def _rush(draw: random.Random, size: int) -> list[Record]:
    """Records of several names that share a mailbox, a line, a host, an account."""
    return [
        {
            "record": f"s{place:02}",
            "family_name": family,
            "given_name": given,
            "company": "株式会社さくら商事",
            "email": draw.choice(
                ["info@sakura.co.jp", f"{'abcdefgh'[place % 8]}satou@sakura.co.jp"]
            ),
            "phone": draw.choice(["03-1234-5679", f"03-9876-543{place // 3}"]),
        }
        for place in range(size)
        for family, given in [draw.choice(_NAMES)]
    ]


def _decided(draw: random.Random, people: list[str]) -> list[dict[str, str | None]]:
    """Words of stewards: about pairs of records, and about a value."""
    pairs = [draw.sample(people, 2) for _ in range(4)]
    words = [draw.choice(["must_link", "must_not_link"]) for _ in pairs]
    said: list[dict[str, str | None]] = [
        {"entity": "person", "decision": word, "left_record": a, "right_record": b, "value": None}
        for word, (a, b) in zip(words, pairs, strict=True)
    ]
    value = draw.choice(["info@sakura.co.jp", "03-1234-5679", "momiji.jp"])
    banned = {"entity": "person", "decision": "do_not_use_value", "value": value}
    return [*said, {**banned, "left_record": None, "right_record": None}]


def _load_decisions(session: Session, said: list[dict[str, str | None]]) -> None:
    kind = pa.schema(
        [
            (name, pa.string())
            for name in ("entity", "decision", "left_record", "right_record", "value")
        ]
    )
    session.load("decided", pa.Table.from_pylist(said, schema=kind))


def _tables(session: Session, work: str) -> dict[str, Any]:
    own = " and ".join(f"table_name not like '{name}'" for name in _OF_A_RUN)
    names = session.rows(
        "select table_name as name from information_schema.tables"
        f" where table_schema = '{work}' and table_type = 'BASE TABLE' and {own}"
    )
    return {
        row["name"]: sorted(
            (tuple(one.values()) for one in session.rows(f"from {work}.{row['name']}")), key=repr
        )
        for row in names
    }


def _ids(session: Session, work: str, run: int, memory: str) -> dict[str, str]:
    session.execute(f"""
        create or replace temp view clusters_now as
        select c.record, c.cluster, p.created_at
        from {work}.person_clusters as c join people as p using (record)
    """)
    named = ids.Run(f"run {run}", datetime(2026, 9, 1 + run, tzinfo=UTC))
    causes = Causes(edges=f"{work}.reasons")
    ids.assign(session, "person", "clusters_now", named, causes=causes, memory=memory)
    return {r["record"]: r["entity_id"] for r in session.rows("from ids_assigned")}


@pytest.mark.parametrize(("seed", "rushes"), [(0, (2, 9)), *LATER])
def test_every_table_and_id_is_that_of_a_first_run(
    seed: int, rushes: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, cap in _CAPS.items():
        monkeypatch.setitem(rules()["guards"], name, cap)
    draw = random.Random(seed)
    people = {one["record"]: one for one in crowd(seed, 24)}
    given: list[Record] = []
    with scratch() as session:
        for step, size in enumerate(rushes):
            if step:
                _ids(session, "steps", step, "ops")
            for record in draw.sample(sorted(people), 3):
                del people[record]
            for record in draw.sample(sorted(people), 3):
                people[record] = contact(draw, record)
            given = [*people.values(), *_rush(draw, size)]
            _load_decisions(session, _decided(draw, sorted(people)) if step else [])
            resolve_again(session, given, work="steps", decisions="decided")
        session.execute("create schema full_ops")
        for table in ("identity_assignments", "identity_events"):
            session.execute(f"create table full_ops.{table} as from ops.{table}")
        stepwise = _ids(session, "steps", len(rushes), "ops")
        resolve_again(session, given, work="once", decisions="decided")
        assert _tables(session, "steps") == _tables(session, "once")
        assert _ids(session, "once", len(rushes), "full_ops") == stepwise
