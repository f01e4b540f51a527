from pathlib import Path

import pytest

from quality.spec import Between, OneOf, ruleset, rulesets
from warehouse.errors import Misconfigured

GOOD = """\
ruleset: accounts
model: accounts
key: account_id
owner: revops
description: May it leave?
rules:
  - name: amount_is_plausible
    kind: between
    column: amount
    min: 0
    severity: quarantine
    because: nobody believes a negative amount
"""


def write(folder: Path, text: str, name: str = "accounts.yaml") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_every_declared_ruleset_can_be_read() -> None:
    assert "accounts" in rulesets()


def test_an_unknown_ruleset_names_the_known_ones() -> None:
    with pytest.raises(Misconfigured) as raised:
        ruleset("nope")
    assert raised.value.exit_code == 2
    assert "accounts" in str(raised.value.advice)


@pytest.mark.parametrize(
    ("old", "new", "place", "field"),
    [
        ("kind: between", "kind: beetween", "accounts.yaml:7", "rules.0"),
        ("severity: quarantine", "severity: fatal", "accounts.yaml:11", "severity"),
        ("    min: 0\n", "", "accounts.yaml:7", "needs a min or a max"),
        ("because: nobody", "becuase: nobody", "accounts.yaml:11", "becuase"),
        ("key: account_id\n", "", "accounts.yaml:1", "key"),
        ("nobody believes a negative amount", "bad", "accounts.yaml:12", "because"),
        ("min: 0", "min: much", "accounts.yaml:10", "min"),
        ("owner: revops", "owner: revops\nextra: 1", "accounts.yaml:5", "extra"),
    ],
)
def test_an_error_names_file_line_and_field(
    tmp_path: Path, old: str, new: str, place: str, field: str
) -> None:
    assert old in GOOD
    with pytest.raises(Misconfigured) as raised:
        rulesets(write(tmp_path, GOOD.replace(old, new)))
    file, line = place.split(":")
    # A field of a rule is told by the line of the rule, where its kind makes it one of several.
    lines = {line, "7"} if int(line) > 7 else {line}
    assert any(f"{file}:{one}: " in raised.value.message for one in lines)
    assert field in raised.value.message


def test_a_file_that_is_no_yaml_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"accounts\.yaml"):
        rulesets(write(tmp_path, "rules: ["))


def test_two_rules_of_one_name_are_refused(tmp_path: Path) -> None:
    rule = GOOD.partition("rules:\n")[2]
    with pytest.raises(Misconfigured, match="amount_is_plausible"):
        rulesets(write(tmp_path, GOOD + rule))


def test_a_ruleset_named_otherwise_than_its_file_is_refused(tmp_path: Path) -> None:
    write(tmp_path, GOOD)
    with pytest.raises(Misconfigured, match=r"copy\.yaml.*calls itself"):
        rulesets(write(tmp_path, GOOD, "copy.yaml"))


def test_a_rule_about_the_whole_table_cannot_name_rows(tmp_path: Path) -> None:
    text = GOOD.replace("kind: between\n    column: amount", "kind: row_count")
    with pytest.raises(Misconfigured, match="whole table"):
        rulesets(write(tmp_path, text))


def test_names_and_values_cannot_break_out_of_the_sql() -> None:
    said = {"name": "rule", "severity": "warn", "because": "because it is so"}
    one_of = OneOf.model_validate(
        {**said, "kind": "one_of", "column": 'a" or "b', "values": ["O'Brien"]}
    )
    assert one_of.failing() == '"a"" or ""b" not in (\'O\'\'Brien\')'
    between = Between.model_validate({**said, "kind": "between", "column": "a", "max": 2})
    assert between.failing() == '"a" > 2'
