"""The published JSON Schema of a sync says what the reader says."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from reverse_etl.schema import PUBLISHED, schema_text
from reverse_etl.spec import SYNCS
from tests.reverse_etl.test_spec import SAID

DOCUMENTS = sorted(SYNCS.glob("*.yaml"))


@pytest.fixture(scope="module")
def validator() -> Any:
    schema = json.loads(PUBLISHED.read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def test_the_published_schema_is_current() -> None:
    assert PUBLISHED.read_text("utf-8") == schema_text(), "run `make schema`"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
def test_a_declared_sync_names_the_schema_and_keeps_to_it(validator: Any, path: Any) -> None:
    text = path.read_text("utf-8")
    comment, _, named = text.splitlines()[0].partition("$schema=")
    assert comment == "# yaml-language-server: "
    assert (path.parent / named).resolve() == PUBLISHED
    assert list(validator.iter_errors(yaml.safe_load(text))) == []


@pytest.mark.parametrize(
    "more",
    [
        {"colour": "red"},
        {"mode": "replace"},
        {"name": "Try"},
        {"fields": [{"column": "one"}]},
        {"fields": [{"field": "one", "column": "one", "nulls": "ignore"}]},
        {"identify_by": {"colum": "id"}},
    ],
)
def test_an_editor_objects_to_what_the_reader_refuses(validator: Any, more: Any) -> None:
    assert validator.is_valid(SAID)
    assert not validator.is_valid(SAID | more)
