"""Which company a record belongs to: what it says, and what others in its place say."""

from __future__ import annotations

from typing import Any

from tests.identity.contacts import Record, accounts, resolve_again, resolved
from warehouse.connection import scratch

SAKURA = {
    "record": "S", "name": "株式会社さくら商事", "corporate_number": "7000012050002",
    "website": "https://sakura-shoji.co.jp/",
}  # fmt: skip
MOMIJI = {"record": "M", "name": "もみじ工業株式会社", "website": "momiji.co.jp"}


def placed(
    people: list[Record], companies: list[Record], *, referenced: bool = True, **options: Any
) -> dict[str, str]:
    with resolved(people, companies, referenced=referenced, **options) as session:
        return accounts(session)


def test_a_record_is_placed_by_number_name_site_and_mail() -> None:
    people = [
        {"record": "number", "corporate_number": "7000012050002"},
        {"record": "name", "company": "（株）さくら商事　大阪支店"},
        {"record": "site", "website": "www.sakura-shoji.co.jp/contact"},
        {"record": "mail", "email": "x@sakura-shoji.co.jp"},
        {"record": "nothing", "email": "x@gmail.com"},
    ]
    assert placed(people, [SAKURA, MOMIJI]) == dict.fromkeys(
        ("number", "name", "site", "mail"), "S"
    )


def test_a_number_is_believed_before_a_name_and_a_name_before_a_domain() -> None:
    people = [
        {"record": "a", "corporate_number": "7000012050002", "company": "もみじ工業"},
        {"record": "b", "company": "もみじ工業", "email": "x@sakura-shoji.co.jp"},
    ]
    assert placed(people, [SAKURA, MOMIJI]) == {"a": "S", "b": "M"}


def test_a_spelling_of_the_name_is_learned_on_its_domain() -> None:
    right = [
        {"record": f"r{n}", "company": "もみじ工業", "email": f"p{n}@momiji.co.jp"}
        for n in range(3)
    ]
    people = [
        *right,
        {"record": "typed", "company": "もみし工業株式会社", "email": "q@momiji.co.jp"},
        {"record": "latin", "company": "Momiji Inc."},
        {"record": "latin on site", "company": "Momiji Co., Ltd.", "website": "momiji.co.jp"},
        {"record": "free", "company": "もみし工業", "email": "who@gmail.com"},
    ]
    found = placed(people, [SAKURA, MOMIJI])
    assert {found[name] for name in ("typed", "latin", "latin on site", "free")} == {"M"}


def test_a_subsidiary_that_mails_from_its_parents_domain_stays_itself() -> None:
    child = {"record": "C", "name": "さくら物流株式会社", "website": "sakura-butsuryu.jp"}
    people = [
        {"record": "parent", "company": "さくら商事", "email": "a@sakura-shoji.co.jp"},
        *[
            {"record": f"c{n}", "company": "さくら物流", "email": f"b{n}@sakura-shoji.co.jp"}
            for n in range(5)
        ],
        # Says no company, but from a mailbox whose other record does.
        {"record": "nameless", "email": "b1@sakura-shoji.co.jp"},
        {"record": "stranger", "email": "z@sakura-shoji.co.jp"},
    ]
    found = placed(people, [SAKURA, child])
    assert found["c1"] == found["nameless"] == "C"
    assert found["parent"] == found["stranger"] == "S"


def test_a_name_that_two_companies_carry_places_nobody_without_a_domain() -> None:
    listed = [
        {"record": "A", "name": "Helix Labs Inc.", "website": "helixlabs.io"},
        {"record": "B", "name": "Helix Labs", "website": "helixlabs.com"},
    ]
    people = [
        {"record": "io", "company": "Helix Labs", "email": "x@helixlabs.io"},
        {"record": "com", "company": "Helix Labs", "website": "helixlabs.com"},
        {"record": "which", "company": "Helix Labs"},
    ]
    assert placed(people, listed) == {"io": "A", "com": "B"}


def test_a_free_mail_domain_is_no_company() -> None:
    people = [
        {"record": name, "company": company, "email": f"{name}@gmail.com"}
        for name, company in (("a", "さくら商事"), ("b", "もみじ工業"))
    ]
    people.append({"record": "c", "email": "c@gmail.com"})
    assert placed(people, [SAKURA, MOMIJI]) == {"a": "S", "b": "M"}


def test_a_host_that_many_names_share_is_learned_to_be_nobodys() -> None:
    people = [
        {"record": f"r{n}", "company": f"第{n}商店", "email": f"shop{n}@rental-mail.jp"}
        for n in range(8)
    ]
    people.append({"record": "x", "email": "someone@rental-mail.jp"})
    with resolved(people) as session:
        assert "x" not in accounts(session)


def test_who_says_nothing_belongs_where_the_person_does() -> None:
    people = [
        {"record": "a", "family_name": "佐藤", "given_name": "花子", "company": "さくら商事",
         "phone": "090-1234-5679"},
        {"record": "b", "family_name": "佐藤", "given_name": "花子", "phone": "090-1234-5679"},
    ]  # fmt: skip
    assert placed(people, [SAKURA])["b"] == "S"


def test_records_of_one_number_are_one_company_and_of_two_numbers_never() -> None:
    doubles = [
        {"record": "1", "name": "株式会社さくら商事", "corporate_number": "7000012050002"},
        {"record": "2", "name": "さくら商事", "corporate_number": "7000012050002"},
        {"record": "3", "name": "株式会社さくら商事", "corporate_number": "3120001205343"},
    ]
    with scratch() as session:
        resolve_again(session, [], doubles)
        rows = session.rows("select record, cluster from work.company_clusters order by record")
        assert [row["cluster"] for row in rows] == ["1", "1", "3"]


def test_people_alone_give_companies_too() -> None:
    people = [
        {"record": "a", "company": "さくら商事", "email": "a@sakura-shoji.co.jp"},
        {"record": "b", "website": "sakura-shoji.co.jp"},
        {"record": "c", "company": "もみじ工業"},
    ]
    with resolved(people) as session:
        assert accounts(session) == {"a": "a", "b": "a", "c": "c"}
