"""A rule about a column that its table does not have is refused before anything is built."""

from pathlib import Path

import pytest

from quality.columns import check_columns, declared_columns
from quality.spec import RULES, rulesets
from warehouse.errors import Misconfigured

MODEL = """\
version: 2
models:
  - name: other
    columns: [{name: x, data_type: varchar}]
  - name: accounts
    columns:
      - {name: account_id, data_type: varchar}
      - {name: amount, data_type: "decimal(18, 2)"}
"""
RULES_TEXT = """\
ruleset: accounts
model: accounts
key: account_id
owner: revops
description: May it leave?
rules:
  - name: amount_is_plausible
    kind: between
    severity: quarantine
    because: nobody believes a negative amount
    column: amount
    min: 0
  - name: has_an_account
    kind: holds
    severity: hold
    because: nobody knows whose it is otherwise
    expression: amount > 0 and account_id <> ''
"""


def check(folder: Path, text: str, model: str = MODEL) -> None:
    (folder / "marts").mkdir(exist_ok=True)
    (folder / "marts" / "models.yml").write_text(model, encoding="utf-8")
    (folder / "accounts.yaml").write_text(text, encoding="utf-8")
    declared_columns.cache_clear()
    check_columns(rulesets(folder)["accounts"], folder, folder)


def test_every_shipped_rule_names_columns_that_are_declared() -> None:
    for one in rulesets().values():
        check_columns(one, RULES)


def test_sound_rules_are_accepted(tmp_path: Path) -> None:
    check(tmp_path, RULES_TEXT)


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("column: amount", "column: amonut", 11, "no column amonut"),
        ("expression: amount > 0", "expression: amonut > 0", 17, "no column 'amonut'"),
        ("amount > 0 and", "amount > and", 17, "Parser Error"),
        ("account_id <> ''", "account_id > 1.5::date", 17, "Binder Error"),
        ("key: account_id", "key: account", 7, "no column 'account'"),
        ("kind: between", "kind: pattern\n    regex: '('", 12, "regex"),
    ],
)
def test_what_the_table_does_not_have_is_refused_by_file_and_line(
    tmp_path: Path, old: str, new: str, line: int, said: str
) -> None:
    assert old in RULES_TEXT
    text = RULES_TEXT.replace(old, new)
    if "pattern" in new:
        text = text.replace("    min: 0\n", "").replace("column: amount", "column: account_id")
        line = 9
    with pytest.raises(Misconfigured) as raised:
        check(tmp_path, text)
    assert f"accounts.yaml:{line}: " in raised.value.message
    assert said in raised.value.message or said == "regex"


def test_a_table_whose_types_are_not_declared_is_held_to_its_names_only(tmp_path: Path) -> None:
    untyped = MODEL.replace(', data_type: "decimal(18, 2)"', "")
    check(tmp_path, RULES_TEXT, untyped)
    with pytest.raises(Misconfigured, match="no column 'nope'"):
        check(tmp_path, RULES_TEXT.replace("amount > 0", "nope > 0"), untyped)


def test_a_table_that_nobody_declared_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="No model 'accounts' is declared in marts"):
        check(tmp_path, RULES_TEXT, MODEL.replace("accounts", "nothing"))


def test_what_is_landed_has_the_columns_of_every_stream(tmp_path: Path) -> None:
    text = RULES_TEXT.replace("model:", "schema: raw_hubspot\nmodel:")
    landed = (
        text.replace("quarantine", "hold")
        .replace("key: account_id", "key: _key")
        .replace("amount > 0 and account_id <> ''", "payload->>'id' = _key")
        .replace("column: amount", "column: _extracted_at")
        .replace("min: 0", "min: 2000-01-01")
    )
    check(tmp_path, landed)
    with pytest.raises(Misconfigured, match="what is landed goes on whole"):
        check(tmp_path, text)
