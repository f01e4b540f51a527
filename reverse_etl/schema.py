"""Writes the JSON Schemas of our documents, by which editors help and object while typing."""

from __future__ import annotations

import json
from pathlib import Path

from quality.spec import RuleSet
from reverse_etl.endpoint import Endpoint
from reverse_etl.spec import SyncSpec
from warehouse.documents import Document
from warehouse.settings import PROJECT_ROOT

_REFERENCE = PROJECT_ROOT / "docs" / "reference"
PUBLISHED = _REFERENCE / "sync.schema.json"
PUBLISHED_ENDPOINT = _REFERENCE / "http.schema.json"
PUBLISHED_RULESET = _REFERENCE / "ruleset.schema.json"

_TITLES: dict[type[Document], str] = {
    SyncSpec: "A sync: which model goes to which object of which tool, and how",
    RuleSet: "A ruleset: which table is judged, by which rules, and why",
    Endpoint: "An HTTP endpoint: how records are written to it, and how its answers are read",
}


def schema_text(model: type[Document] = SyncSpec) -> str:
    """The schema as it is published; it knows names, types and choices, not what goes together."""
    schema = model.model_json_schema()
    described = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": _TITLES[model],
    }
    return (
        json.dumps(described | {k: v for k, v in schema.items() if k != "title"}, indent=2) + "\n"
    )


def write_schema(path: Path = PUBLISHED, model: type[Document] = SyncSpec) -> None:
    """Publish a schema as the model says it now."""
    path.write_text(schema_text(model), encoding="utf-8")


if __name__ == "__main__":
    write_schema()
    write_schema(PUBLISHED_ENDPOINT, Endpoint)
    write_schema(PUBLISHED_RULESET, RuleSet)
