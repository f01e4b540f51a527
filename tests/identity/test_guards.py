"""What must not join people, each beside what does join without the guard's reason."""

from __future__ import annotations

from typing import Any

import pytest

from tests.identity.contacts import Record, groups, resolve_again, resolved, together
from warehouse.connection import scratch

COMPANY = "株式会社さくら商事"


def person(record: str, name: str | None = None, **said: Any) -> Record:
    family, _, given = (name or "").partition(" ")
    names = {"family_name": family, "given_name": given} if name else {}
    return {"record": record, **names, **said}


def joined(*people: Record) -> bool:
    """Whether the first two of these records are one person."""
    with resolved(list(people)) as session:
        return together(session, people[0]["record"], people[1]["record"])


def test_a_mailbox_joins_who_are_called_the_same() -> None:
    assert joined(
        person("a", "佐藤 花子", email="h.sato@sakura.co.jp"),
        person("b", "佐藤 花子", email="H.Sato+news@sakura.co.jp"),
    )


def test_a_mailbox_does_not_join_who_are_called_otherwise() -> None:
    assert not joined(
        person("a", "佐藤 花子", email="h.sato@sakura.co.jp"),
        person("b", "鈴木 一郎", email="h.sato@sakura.co.jp"),
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("佐藤 花子", "サトウ ハナコ"),
        ("佐藤 花子", "Sato Hanako"),
        ("Smith Katherine", "Smith Kate"),
        ("Smith Katherine", "Smith C."),
        ("Smith Katherine", "Smtih Catherine"),
    ],
)
def test_a_mailbox_joins_names_that_one_person_may_use(one: str, other: str) -> None:
    assert joined(
        person("a", one, email="x9@sakura.co.jp"), person("b", other, email="x9@sakura.co.jp")
    )


def test_who_gives_no_name_follows_the_owner_of_the_mailbox() -> None:
    assert joined(
        person("a", "佐藤 花子", email="h.sato@sakura.co.jp"),
        person("b", email="h.sato@sakura.co.jp"),
    )


def test_who_gives_no_name_at_a_desk_stays_alone() -> None:
    assert not joined(
        person("a", "佐藤 花子", email="info@sakura.co.jp"), person("b", email="info@sakura.co.jp")
    )


def test_who_gives_no_name_stays_alone_where_names_are_divided() -> None:
    shared = "q7@sakura.co.jp"
    people = [
        person("x", email=shared),
        person("a", "佐藤 花子", email=shared),
        person("b", "鈴木 一郎", email=shared),
    ]
    with resolved(people) as session:
        assert groups(session) == {frozenset("x"), frozenset("a"), frozenset("b")}


def test_a_mailbox_spelled_as_somebody_else_lends_no_name() -> None:
    """She wrote from a colleague's mailbox once; who writes from it without a name is not she."""
    assert not joined(
        person("a", "佐藤 花子", email="ichiro.suzuki@sakura.co.jp"),
        person("b", email="ichiro.suzuki@sakura.co.jp"),
    )


def test_a_desk_that_no_list_knows_is_learned_from_the_names_on_it() -> None:
    hosts = ["sakura.co.jp", "momiji.co.jp", "tsubaki.co.jp", "kikyo.co.jp"]
    names = ["鈴木 一郎", "高橋 次郎", "田中 三郎", "伊藤 四郎"]
    crowd = [
        person(f"c{place}", name, email=f"robo@{host}")
        for place, (host, name) in enumerate(zip(hosts, names, strict=True))
    ]
    pair = [person("a", "佐藤 花子", email="robo@ume.co.jp"), person("b", email="robo@ume.co.jp")]
    with resolved(
        [*pair, *[person(f"d{n}", "佐藤 花子", email="robo@ume.co.jp") for n in "12"]]
    ) as alone:
        assert together(alone, "a", "b")
    with resolved([*pair, *crowd]) as session:
        assert not together(session, "a", "b")


@pytest.mark.parametrize("email", ["test@example.com", "none@none.com", "a@a.com"])
def test_a_placeholder_joins_nobody(email: str) -> None:
    assert not joined(person("a", "佐藤 花子", email=email), person("b", "佐藤 花子", email=email))


def test_one_phone_and_one_name_are_one_person() -> None:
    assert joined(
        person("a", "佐藤 花子", phone="090-1234-5679"),
        person("b", "佐藤 花子", phone="+81 90 1234 5679"),
    )


def test_a_phone_that_several_names_share_joins_none_of_them() -> None:
    assert not joined(
        person("a", "佐藤 花子", phone="03-1234-5679", company=COMPANY),
        person("b", "鈴木 一郎", phone="03-1234-5679", company=COMPANY),
    )


def test_a_placeholder_is_no_phone() -> None:
    assert not joined(
        person("a", "佐藤 花子", phone="000-0000-0000"),
        person("b", "佐藤 花子", phone="000-0000-0000"),
    )


def test_a_main_line_and_a_company_are_one_hint_not_two() -> None:
    """Who gives no name at a company's main line may be anybody there."""
    line = "03-1234-5679"
    people = [
        person("a", "佐藤 花子", phone=line, company=COMPANY),
        person("x", phone=line, company=COMPANY),
        person("b", "鈴木 一郎", phone=line, company=COMPANY),
    ]
    with resolved(people) as session:
        assert not together(session, "a", "x")


def test_mailboxes_that_differ_by_a_digit_are_two() -> None:
    assert not joined(
        person("a", email="tanaka1@sakura.co.jp"), person("b", email="tanaka2@sakura.co.jp")
    )


def test_two_people_of_one_name_in_two_companies_stay_two_where_the_name_is_common() -> None:
    crowd = [
        person(f"c{n}", "佐藤 花子", company=f"株式会社第{n}商店", email=f"hanako@shop{n}.co.jp")
        for n in range(30)
    ]
    with resolved(crowd) as session:
        assert len(groups(session)) == 30


def test_a_name_in_one_company_is_one_person() -> None:
    assert joined(
        person("a", "佐藤 花子", company=COMPANY),
        person("b", "佐藤 花子", company="(株)さくら商事"),
    )


def test_an_initial_that_two_names_have_is_nobody() -> None:
    people = [
        person("x", "Smith J.", company="Harbor Ltd"),
        person("a", "Smith John", company="Harbor Ltd"),
        person("b", "Smith Julia", company="Harbor Ltd"),
    ]
    with resolved(people) as session:
        assert not together(session, "x", "a")
        assert not together(session, "x", "b")


@pytest.mark.parametrize("value", ["h.sato@sakura.co.jp", "H.SATO+x@sakura.co.jp"])
def test_a_value_that_a_steward_bans_joins_nobody_until_it_is_allowed_again(value: str) -> None:
    people = [
        person("a", "佐藤 花子", email="h.sato@sakura.co.jp"),
        person("b", "佐藤 花子", email="h.sato@sakura.co.jp"),
    ]
    banned = f"""(
        select 'person' as entity, 'do_not_use_value' as decision, 'a' as left_record,
            null::varchar as right_record, '{value}' as value
    )"""
    with scratch() as session:
        for decisions, found in ((None, True), (banned, False), (None, True)):
            resolve_again(session, people, decisions=decisions)
            assert bool(session.rows("from work.edges where rule = 'mailbox'")) == found
