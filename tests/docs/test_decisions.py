"""Decisions have the form that 0001 asks for, and are found by their number."""

from __future__ import annotations

import re

import pytest

from tests.docs.pages import pages

DECISIONS = {page: text for page, text in pages().items() if page.startswith("docs/decisions/")}
PARTS = ["Context", "Decision", "Consequences", "When to revisit"]


def test_numbers_run_without_a_gap() -> None:
    numbers = [int(re.findall(r"/(\d{4})-", page)[0]) for page in DECISIONS]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("page", DECISIONS)
def test_a_decision_has_its_parts(page: str) -> None:
    text = DECISIONS[page]
    number = page.removeprefix("docs/decisions/")[:4]
    assert re.match(rf"# {number}: \S", text)
    assert re.search(r"^(Accepted|Replaced by \d{4}), \d{4}-\d\d-\d\d$", text, flags=re.MULTILINE)
    assert re.findall(r"^## (.+)$", text, flags=re.MULTILINE) == PARTS


def test_numbers_that_are_referred_to_exist() -> None:
    known = {re.findall(r"/(\d{4})-", page)[0] for page in DECISIONS}
    named = {n for text in DECISIONS.values() for n in re.findall(r"[(\s](0\d{3})[\s),.;]", text)}
    assert named <= known
