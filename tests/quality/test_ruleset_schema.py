"""The published JSON Schema of a ruleset says what the reader says."""

import json
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from quality.spec import RULES, RuleSet
from reverse_etl.schema import PUBLISHED_RULESET, schema_text


@pytest.fixture(scope="module")
def validator() -> Any:
    schema = json.loads(PUBLISHED_RULESET.read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def test_the_published_schema_is_current() -> None:
    assert PUBLISHED_RULESET.read_text("utf-8") == schema_text(RuleSet), "run `make schema`"


def test_every_ruleset_names_the_schema_and_keeps_to_it(validator: Any) -> None:
    for path in sorted(RULES.glob("*.yaml")):
        text = path.read_text("utf-8")
        comment, _, named = text.splitlines()[0].partition("$schema=")
        assert comment == "# yaml-language-server: "
        assert (path.parent / named).resolve() == PUBLISHED_RULESET
        # Dates of YAML are texts to a schema.
        document = json.loads(json.dumps(yaml.safe_load(text), default=str))
        assert list(validator.iter_errors(document)) == [], path.name


def test_an_unknown_kind_is_refused_by_the_schema(validator: Any) -> None:
    document = yaml.safe_load((RULES / "accounts.yaml").read_text("utf-8"))
    document["rules"][0]["kind"] = "nope"
    assert list(validator.iter_errors(document)) != []
