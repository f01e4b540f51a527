"""The glossary's words are the code's words."""

from __future__ import annotations

import re

import pytest

from tests.docs.commands import commands
from tests.docs.pages import read, tables, unquoted

TERMS = [row for table in tables(read("docs/glossary.md")) for row in table]
FIXED = re.findall(
    r"\w+",
    "stream record cursor canonical sync destination rule verdict plan change outcome ledger"
    " reject revert echo quarantine hold lease",
)


def test_the_fixed_words_are_there() -> None:
    assert {row["term"] for row in TERMS} >= set(FIXED)


def test_no_word_is_explained_twice() -> None:
    terms = [row["term"] for row in TERMS]
    assert sorted(terms) == sorted(set(terms))


@pytest.mark.parametrize("row", TERMS, ids=lambda row: row["term"])
def test_a_word_stands_where_the_glossary_says(row: dict[str, str]) -> None:
    assert re.search(r"[ぁ-んァ-ン一-龥]", row["日本語"])
    if row["where"] == "planned":
        assert row["term"] not in commands()
    else:
        pattern = row["term"].replace(" ", "[ _-]")
        assert re.search(pattern, read(unquoted(row["where"])), re.IGNORECASE)
