"""The rule book: which file is meant, and what is said of one that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from warehouse.errors import Misconfigured
from warehouse.rules import book
from warehouse.rules.decisions import Decisions
from warehouse.rules.plan import Plan
from warehouse.settings import DBT_PROJECT

DECISIONS = """\
rules_in_priority_order:
  - id: fix
    when: {amount_is_null: true}
    action: fix_data
default_action: none
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("REVOPS_RULES", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("name", ["decisions.yml", "decisions.yaml", "decision_rules.json"])
def test_a_document_is_found_by_each_of_its_names(folder: Path, name: str) -> None:
    (folder / name).write_text(DECISIONS, encoding="utf-8")
    found = book.read(Decisions)
    assert found is not None
    assert [rule.action for rule in found.rules_in_priority_order] == ["fix_data"]


def test_a_document_that_is_not_there_decides_nothing(folder: Path) -> None:
    assert book.read(Decisions) is None
    assert book.read(Plan) is None


def test_two_files_of_one_kind_are_refused(folder: Path) -> None:
    for name in ("decisions.yml", "decision_rules.json"):
        (folder / name).write_text(DECISIONS, encoding="utf-8")
    with pytest.raises(Misconfigured, match=r"both decisions\.yml and decision_rules\.json"):
        book.read(Decisions)


def test_what_is_wrong_is_told_with_file_line_and_field(folder: Path) -> None:
    (folder / "decisions.yml").write_text(DECISIONS + "else: nothing\n", encoding="utf-8")
    with pytest.raises(Misconfigured, match=r"decisions\.yml:6: else: Extra inputs"):
        book.read(Decisions)


def test_another_rule_is_another_choice(folder: Path) -> None:
    before = book.digest(folder, "policy")
    (folder / "decisions.yml").write_text(DECISIONS, encoding="utf-8")
    with_rules = book.digest(folder, "policy")
    (folder / "decisions.yml").write_text("# a remark\n" + DECISIONS, encoding="utf-8")
    assert book.digest(folder, "policy") == with_rules
    (folder / "decisions.yml").write_text(DECISIONS.replace("none", "wait"), encoding="utf-8")
    assert len({before, with_rules, book.digest(folder, "policy")}) == 3


@pytest.mark.parametrize("kind", book.KINDS)
def test_the_products_own_book_has_every_document(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("REVOPS_RULES", raising=False)
    assert book.find(DBT_PROJECT / "rules", kind)
    assert book.read(book.KINDS[kind].model) is not None
