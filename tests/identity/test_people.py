"""The rules that link people, what they leave open, and what a person reads about each link."""

from __future__ import annotations

import json

from identity.patterns import shipped
from tests.identity.contacts import groups, resolve_again, resolved, together
from warehouse.connection import scratch

HANAKO = {"family_name": "佐藤", "given_name": "花子"}


def test_a_reading_in_one_company_is_one_person_in_any_script() -> None:
    people = [
        {"record": "kana", "full_name": "サトウ ハナコ", "company": "さくら商事"},
        {
            "record": "latin",
            "given_name": "Hanako",
            "family_name": "Satou",
            "company": "さくら商事",
        },
        {"record": "said", **HANAKO, "reading": "さとう はなこ", "company": "（株）さくら商事"},
    ]
    with resolved(people) as session:
        assert together(session, "kana", "latin", "said")


def test_a_link_from_another_tool_is_believed() -> None:
    people = [
        {"record": "hub", "given_name": "Kate", "link": "crm"},
        {"record": "crm", "family_name": "Miller", "phone": "+1 314 767 4643"},
    ]
    with resolved(people) as session:
        assert together(session, "hub", "crm")
        (edge,) = session.rows("select tier, rule, inputs, accepted from work.edges")
    assert (edge["tier"], edge["rule"], edge["accepted"]) == ("exact", "external_link", True)
    assert json.loads(edge["inputs"]) == {"value": "crm"}


def test_a_private_mailbox_spelled_as_a_name_of_the_company_is_that_persons() -> None:
    people = [
        {"record": "a", **HANAKO, "reading": "サトウ ハナコ", "company": "さくら商事"},
        {"record": "b", "company": "さくら商事", "email": "hanako.satou@gmail.com"},
    ]
    with resolved(people) as session:
        assert together(session, "a", "b")
        (edge,) = session.rows("select inputs from work.edges where tier = 'scored'")
    levels = json.loads(edge["inputs"])
    assert (levels["name"], levels["support"]) == ("one name", "spelled")
    assert levels["precision"] >= 0.95


def test_a_pattern_that_is_not_precise_enough_waits_for_a_steward() -> None:
    """An initial and a family name in one company, and nothing else."""
    weak = [{"account": "same account", "name": "typo", "support": "nothing", "rarity": "",
             "pairs": 10, "right_pairs": 7}]  # fmt: skip
    people = [
        {
            "record": "a",
            "family_name": "Miller",
            "given_name": "Katherine",
            "company": "Harbor Ltd",
        },
        {"record": "b", "family_name": "Miler", "given_name": "Katherine", "company": "Harbor Ltd"},
    ]
    with resolved(people, patterns=weak) as session:
        assert not together(session, "a", "b")
        (waiting,) = session.rows("select left_record, right_record, why from work.review")
    assert waiting == {
        "left_record": "a",
        "right_record": "b",
        "why": "pattern not precise enough",
    }


def test_every_shipped_pattern_counts_no_more_right_pairs_than_pairs() -> None:
    assert shipped()
    assert all(0 <= row["right_pairs"] <= row["pairs"] for row in shipped())


def test_a_steward_joins_and_parts_and_is_obeyed_ever_after() -> None:
    people = [
        {"record": "a", **HANAKO, "phone": "090-1234-5679"},
        {"record": "b", **HANAKO, "phone": "090-1234-5679"},
        {"record": "c", "full_name": "Somebody Else"},
    ]
    decided = """(
        select * from (values
            ('person', 'must_not_link', 'a', 'b', null), ('person', 'must_link', 'b', 'c', null)
        ) as d(entity, decision, left_record, right_record, value)
    )"""
    with scratch() as session:
        resolve_again(session, people)
        assert groups(session) == {frozenset("ab"), frozenset("c")}
        for _ in range(2):
            resolve_again(session, people, decisions=decided)
            assert groups(session) == {frozenset("a"), frozenset("bc")}
            held = session.rows("select left_record, right_record, why from work.review")
            assert held == [{"left_record": "a", "right_record": "b", "why": "must not be linked"}]
        resolve_again(session, people)
        assert groups(session) == {frozenset("ab"), frozenset("c")}
