"""The table of the policy's choices says what the policy knows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel

from tests.docs.pages import read, tables, unquoted
from warehouse.policy import Policy


def choices(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every choice with its default, as the page writes it."""
    for name, field in model.model_fields.items():
        nested = field.annotation
        if isinstance(nested, type) and issubclass(nested, BaseModel):
            yield from choices(nested, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", written(field.default)


def written(value: Any) -> str:
    if value is None:
        return "unset"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return ", ".join(f"{key}: {one}" for key, one in value.items()) or "none"
    return ", ".join(value) if isinstance(value, tuple) else str(value)


def test_every_choice_is_told_with_its_default() -> None:
    told = {
        unquoted(row["choice"]): row["default"]
        for table in tables(read("docs/how-to/measure.md"))
        for row in table
    }
    assert told == dict(choices(Policy))
