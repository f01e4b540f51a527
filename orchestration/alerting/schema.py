"""Writes the JSON Schema of alerts.yaml, by which editors help and object while typing."""

from __future__ import annotations

import json
from pathlib import Path

from orchestration.alerting.spec import Alerts
from warehouse.settings import PROJECT_ROOT

PUBLISHED = PROJECT_ROOT / "docs" / "reference" / "alerts.schema.json"


def schema_text() -> str:
    """The schema as it is published; it knows names, types and choices, not what goes together."""
    schema = Alerts.model_json_schema()
    described = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Alerts: what is worth a message, and who gets it",
    }
    return (
        json.dumps(described | {k: v for k, v in schema.items() if k != "title"}, indent=2) + "\n"
    )


def write_schema(path: Path = PUBLISHED) -> None:
    """Publish the schema as the model says it now."""
    path.write_text(schema_text(), encoding="utf-8")


if __name__ == "__main__":
    write_schema()
