"""The engine as a whole: any order, any steps, the same people; nothing is known of nobody."""

from __future__ import annotations

import random

import pytest

from tests.identity.contacts import Record, groups, resolve_again, resolved
from warehouse.connection import Session, scratch

_FAMILIES = [
    ("佐藤", "サトウ", "satou"),
    ("鈴木", "スズキ", "suzuki"),
    ("高橋", "タカハシ", "takahashi"),
]
_GIVEN = [
    ("花子", "ハナコ", "hanako"),
    ("一郎", "イチロウ", "ichirou"),
    ("美咲", "ミサキ", "misaki"),
]
_COMPANIES = [
    ("株式会社さくら商事", "sakura.co.jp"),
    ("もみじ工業", "momiji.jp"),
    ("Harbor Ltd", "harbor.com"),
]
# Seeds for `make test-slow`: each is ten seconds.
LATER = [pytest.param(seed, marks=pytest.mark.slow) for seed in range(2, 6)]
OUTCOME = ("person_clusters", "person_accounts", "edges", "review", "company_clusters")


def contact(draw: random.Random, record: str) -> Record:
    """A record as a tool might have it: parts of a person, in some script, often incomplete."""
    family, given = draw.choice(_FAMILIES), draw.choice(_GIVEN)
    company, domain = draw.choice(_COMPANIES)
    script = draw.randrange(3)
    local = draw.choice([f"{given[2]}.{family[2]}", family[2], "info", f"{given[2][0]}{family[2]}"])
    said: Record = {
        "record": record,
        "family_name": family[script],
        "given_name": given[script],
        "company": company,
        "email": f"{local}@{draw.choice([domain, 'gmail.com'])}",
        "phone": draw.choice(["03-1234-5679", f"090-1234-56{draw.randrange(10, 99)}"]),
        "website": domain,
    }
    for field in ("family_name", "company", "email", "phone", "website"):
        if draw.random() < 0.35:
            said.pop(field, None)
    return said


def crowd(seed: int, size: int = 60) -> list[Record]:
    draw = random.Random(seed)
    return [contact(draw, f"r{place:03}") for place in range(size)]


def everything(session: Session, work: str) -> dict[str, list[tuple[object, ...]]]:
    return {
        table: sorted(
            (tuple(row.values()) for row in session.rows(f"select * from {work}.{table}")), key=repr
        )
        for table in OUTCOME
    }


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_the_records_changes_nothing(seed: int) -> None:
    people = crowd(seed)
    shuffled = random.Random(seed).sample(people, len(people))
    with scratch() as session:
        resolve_again(session, people, work="one")
        resolve_again(session, shuffled, work="other")
        assert everything(session, "one") == everything(session, "other")


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow), *LATER])
def test_new_changed_and_deleted_records_give_what_a_first_run_gives(seed: int) -> None:
    """Several later runs, each with some records more, some less and some that say otherwise."""
    draw = random.Random(seed)
    people = {one["record"]: one for one in crowd(seed)}
    with scratch() as session:
        for step in range(4):
            for record in draw.sample(sorted(people), 6):
                del people[record]
            for record in draw.sample(sorted(people), 6):
                people[record] = contact(draw, record)
            people |= {
                one["record"]: one
                for one in (contact(draw, f"n{step}{place}") for place in range(6))
            }
            resolve_again(session, list(people.values()), work="steps")
        resolve_again(session, list(people.values()), work="once")
        assert everything(session, "steps") == everything(session, "once")


def test_a_record_that_was_deleted_leaves_its_cluster_and_one_marked_deleted_stays() -> None:
    people = [
        {"record": name, "family_name": "佐藤", "given_name": "花子", "phone": "090-1234-5679"}
        for name in "abc"
    ]
    with scratch() as session:
        resolve_again(session, people)
        assert groups(session) == {frozenset("abc")}
        resolve_again(session, [people[1], {**people[2], "is_deleted": True}])
        assert groups(session) == {frozenset("bc")}


def test_companies_alone_and_nobody_at_all_are_resolved() -> None:
    with scratch() as session:
        resolve_again(session, [], [{"record": "x", "name": "さくら商事"}])
        assert groups(session, "work.company_clusters") == {frozenset("x")}
    with resolved([]) as session:
        assert groups(session) == set()


def test_a_later_run_parses_the_new_texts_only() -> None:
    people = crowd(1)
    with scratch() as session:
        resolve_again(session, people)
        before = session.value("select count(*) from work.seen_name")
        resolve_again(session, [*people, {"record": "new", "full_name": "Katherine Miller"}])
        assert session.value("select count(*) from work.seen_name") == before + 1


def test_every_record_has_one_cluster_and_every_accepted_edge_is_within_one() -> None:
    people = crowd(5, 120)
    with resolved(people) as session:
        clusters = session.rows("select record, cluster from work.person_clusters")
        of = {row["record"]: row["cluster"] for row in clusters}
        assert sorted(of) == sorted(one["record"] for one in people)
        assert all(of[cluster] == cluster for cluster in of.values())
        edges = session.rows("select left_record, right_record, accepted from work.edges")
    assert all((of[e["left_record"]] == of[e["right_record"]]) == e["accepted"] for e in edges)
