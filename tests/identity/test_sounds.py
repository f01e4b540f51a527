"""Two scripts of one company's name meet where its domain says so, and nowhere else."""

from __future__ import annotations

import pytest

from identity.sounds import consonants
from tests.identity.contacts import Record, groups, resolved


def accounts_of(*companies: Record) -> set[frozenset[str]]:
    with resolved([], list(companies)) as session:
        return groups(session, "work.company_clusters")


@pytest.mark.parametrize(
    ("one", "other"),
    [("shisutemu", "system"), ("ruminare", "luminare"), ("aruveria", "alveria")],
)
def test_a_loanword_has_the_consonants_of_its_original(one: str, other: str) -> None:
    assert consonants(one) == consonants(other)


def test_kanji_and_letters_on_one_domain_are_one_company() -> None:
    assert accounts_of(
        {"record": "a", "name": "Kasumiha System G.K.", "website": "kasumiha-system.jp"},
        {"record": "b", "name": "合同会社霞波システム", "website": "kasumiha-system.jp"},
    ) == {frozenset("ab")}


def test_a_subsidiary_in_kanji_on_its_parents_domain_stays_itself() -> None:
    assert accounts_of(
        {"record": "a", "name": "Kasumiha System G.K.", "website": "kasumiha-system.jp"},
        {"record": "b", "name": "合同会社霞波システム東北販売", "website": "kasumiha-system.jp"},
    ) == {frozenset("a"), frozenset("b")}


def test_a_record_without_a_domain_joins_the_one_owner_whose_name_is_said_alike() -> None:
    owner = {"record": "a", "name": "夕凪化学株式会社", "website": "yunagi-kagaku.jp"}
    spoken = {"record": "b", "name": "Yunagi Kagaku"}
    assert accounts_of(owner, spoken) == {frozenset("ab")}
    other = {"record": "c", "name": "夕凪科学株式会社", "website": "yk-science.jp"}
    assert accounts_of(owner, spoken, other) == {frozenset("a"), frozenset("b"), frozenset("c")}
