"""Holds rules against the columns that their table is declared to have, before it is built."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import yaml

from quality.rule import BaseRule, Known
from quality.spec import RULES, RuleSet
from warehouse.connection import Session, quoted, scratch
from warehouse.documents import line_of
from warehouse.errors import Misconfigured
from warehouse.settings import DBT_PROJECT

# What every table of landed versions has; see `warehouse.landing`.
_LANDED = {
    "_key": "VARCHAR",
    "_cursor": "VARCHAR",
    "_extracted_at": "TIMESTAMP WITH TIME ZONE",
    "_run_id": "VARCHAR",
    "_deleted": "BOOLEAN",
    "payload": "JSON",
}
_NOT_FOUND = re.compile(r'Referenced column "(?P<name>[^"]+)" not found')
_MODELS = DBT_PROJECT / "models"


def check_columns(ruleset: RuleSet, folder: Path = RULES, models: Path = _MODELS) -> None:
    """Refuse a rule that names a column that its table does not have.

    Where the table's types are declared too, an SQL expression is compiled with them, so that one
    that DuckDB would not take is refused as well.

    Raises:
        Misconfigured: one line per fault, each with file and line.
    """
    declared = declared_columns(ruleset.schema_name, ruleset.model, models)
    faults = [
        f"{file.name}:{line_of(file, ('rules', place, field))}: {said}"
        for file in [folder / f"{ruleset.ruleset}.yaml"]
        for place, field, said in _faults(ruleset, declared)
    ]
    if faults:
        raise Misconfigured("\n".join(faults), advice=f"{ruleset.model} has: {', '.join(declared)}")


@lru_cache(maxsize=256)
def declared_columns(schema: str, model: str, models: Path = _MODELS) -> Mapping[str, str | None]:
    """The columns of a table with the types that are declared, if they are.

    Raises:
        Misconfigured: no model of that name is declared.
    """
    if schema.startswith("raw_"):
        return dict(_LANDED)
    for path in sorted((models / schema).rglob("*.yml")):
        said = path.read_text(encoding="utf-8")
        if re.search(rf"^ *- name: {re.escape(model)}$", said, re.MULTILINE):
            for one in yaml.load(said, Loader=yaml.CSafeLoader).get("models", []):
                if one["name"] == model:
                    return {c["name"]: c.get("data_type") for c in one.get("columns", [])}
    raise Misconfigured(
        f"No model {model!r} is declared in {schema}",
        advice=f"a model is declared by a YAML file under dbt_project/models/{schema}",
    )


def _faults(ruleset: RuleSet, declared: Mapping[str, str | None]) -> Iterator[tuple[int, str, str]]:
    if ruleset.key not in declared:
        yield 0, "name", f"key: there is no column {ruleset.key!r}"
    with scratch() as session:
        _make_table(session, ruleset, declared)
        for place, rule in enumerate(ruleset.rules):
            unknown = [one for one in rule.columns() if one not in declared]
            if unknown:
                yield place, "column", f"{rule.name}: there is no column {', '.join(unknown)}"
            elif said := _refusal(session, ruleset, rule, is_typed=None not in declared.values()):
                yield place, _SAID_BY.get(rule.kind, "kind"), f"{rule.name}: {said}"


_SAID_BY = {"holds": "expression", "pattern": "regex", "relation": "to"}


def _make_table(session: Session, ruleset: RuleSet, declared: Mapping[str, str | None]) -> None:
    columns = ", ".join(f"{quoted(name)} {kind or 'varchar'}" for name, kind in declared.items())
    session.execute(f"create schema {quoted(ruleset.schema_name)}")
    session.execute(f"create table {ruleset.table} ({columns})")


def _refusal(session: Session, ruleset: RuleSet, rule: BaseRule, *, is_typed: bool) -> str | None:
    """What DuckDB says of the rule's SQL, as far as it is about this table."""
    known = Known(ruleset.relation, datetime(2000, 1, 1, tzinfo=UTC), live=ruleset.live)
    try:
        session.rows(f"explain select {rule.measure(known).sql} from {ruleset.relation}")
    except Exception as error:  # noqa: BLE001 - DuckDB's errors are its own
        said = str(error).partition("\n")[0]
        if missing := _NOT_FOUND.search(said):
            return f"there is no column {missing['name']!r}"
        # Another table is not here to be asked, and an untyped column was given any type.
        is_elsewhere = said.startswith("Catalog Error") and "Table with name" in said
        return None if is_elsewhere or not is_typed else said
    return None
