"""Writes the rules that hold as dbt tests, for whoever builds with dbt alone.

A test stands between a table and what is built of it: where it fails, `dbt build` leaves out what
depends on the table and goes on with the rest. What a rule keeps of earlier gates dbt does not
have, so that rules which look back are left to the gate.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from quality.rule import BaseRule, Known
from quality.spec import RULES, RuleSet, rulesets
from quality.table_rules import Drift, Freshness, Volume
from warehouse.settings import DBT_PROJECT

TESTS = DBT_PROJECT / "tests" / "gates"
_HEAD = (
    "-- Written from quality/rules/{name}.yaml by `make schema`; edit the rules, not this.\n"
    "-- noqa: disable=all\n"
)


def dbt_tests(folder: Path = RULES) -> dict[str, str]:
    """The text of each test by the name of its file."""
    texts = {}
    for name, ruleset in rulesets(folder).items():
        holding = [rule for rule in ruleset.rules if _is_told(rule)]
        if ruleset.stage != "activation" and holding:
            texts[f"gate_{name}.sql"] = _test(ruleset, holding)
    return texts


def write_dbt_tests(folder: Path = TESTS) -> None:
    """Write all tests, and take away those whose rules are gone."""
    texts = dbt_tests()
    folder.mkdir(exist_ok=True)
    for path in folder.glob("gate_*.sql"):
        if path.name not in texts:
            path.unlink()
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


def _is_told(rule: BaseRule) -> bool:
    return rule.severity == "hold" and not isinstance(rule, Volume | Drift | Freshness)


def _test(ruleset: RuleSet, rules: Sequence[BaseRule]) -> str:
    place = _place(ruleset)
    relation = ruleset.relation.replace(ruleset.table, place)
    known = Known(relation, datetime(2000, 1, 1, tzinfo=UTC))
    measured, failing = [], []
    for rule in rules:
        measure = rule.measure(known)
        measured.append(f"        {measure.sql} as {rule.name}")
        bounds = [f"{rule.name} is null"]
        bounds += [f"{rule.name} < {measure.low}"] if measure.low is not None else []
        bounds += [f"{rule.name} > {measure.high}"] if measure.high is not None else []
        failing.append(
            f"select '{rule.name}' as rule_name, {rule.name}::varchar as observed from measured"
            f" where {' or '.join(bounds)}"
        )
    head = _HEAD.format(name=ruleset.ruleset)
    joined = ",\n".join(measured)
    return (
        f"{head}with measured as (\n    select\n{joined}\n    from {relation}\n)\n\n"
        + "\nunion all\n".join(failing)
        + "\n"
    )


def _place(ruleset: RuleSet) -> str:
    if ruleset.vendor is not None:
        return f"{{{{ source('{ruleset.vendor}', '{ruleset.model}') }}}}"
    return f"{{{{ ref('{ruleset.model}') }}}}"


if __name__ == "__main__":
    write_dbt_tests()
