"""The reference pages say what the code says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from connectors.core import registry
from reverse_etl.destinations.registry import mere_destinations
from tests.docs.commands import commands
from tests.docs.pages import read, spans, tables, unquoted
from warehouse.settings import DBT_PROJECT, Settings
from warehouse.state import METADATA

CLI = "docs/reference/cli.md"
TABLES = "docs/reference/tables.md"


def settings() -> dict[str, str]:
    """Every setting with its default, as the pages write it."""
    tools = [*registry.sources().values(), *mere_destinations().values()]
    vendors = [tool.settings for tool in tools]
    models: list[type[BaseSettings]] = [Settings, *vendors]
    return dict(pair for model in models for pair in _fields(_prefix(model), model))


def _prefix(model: type[BaseSettings]) -> str:
    return model.model_config.get("env_prefix", "")


def _fields(prefix: str, model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    for name, field in model.model_fields.items():
        nested = field.annotation
        if isinstance(nested, type) and issubclass(nested, BaseModel):
            yield from _fields(f"{prefix}{name}__", nested)
        else:
            yield f"{prefix}{name}".upper(), _default(field)


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    return "unset" if field.default is None else str(field.default).rstrip("/")


def columns(layer: str) -> set[tuple[str, str, str]]:
    """Every (model, column, type) that the models of a layer declare."""
    documents = [
        yaml.safe_load(path.read_text("utf-8"))
        for path in (DBT_PROJECT / "models" / layer).rglob("*.yml")
    ]
    models = [model for document in documents for model in document.get("models") or []]
    return {
        (f"{layer}.{model['name']}", column["name"], column["data_type"])
        for model in models
        for column in model["columns"]
    }


def test_settings_are_documented_with_their_defaults() -> None:
    documented = {
        unquoted(row["setting"]): unquoted(row["default"])
        for table in tables(read("docs/reference/settings.md"))
        for row in table
    }
    assert documented == settings()


def test_the_example_environment_names_every_setting_and_no_other() -> None:
    lines = re.findall(r"^#? ?(REVOPS_\w+)=(.*)$", read(".env.example"), flags=re.MULTILINE)
    assert [name for name, _ in lines] == list(dict.fromkeys(name for name, _ in lines))
    assert {name for name, _ in lines} == set(settings())


def test_the_example_environment_shows_the_defaults() -> None:
    lines = re.findall(r"^# (REVOPS_\w+)=(.+)$", read(".env.example"), flags=re.MULTILINE)
    defaults = settings()
    assert {n: v for n, v in lines if defaults[n] != "unset"} == {
        name: value for name, value in defaults.items() if value not in {"unset", "required"}
    }


def test_the_example_environment_changes_nothing() -> None:
    active = [line for line in read(".env.example").splitlines() if line and line[0] != "#"]
    assert active == []


@pytest.mark.parametrize(("name", "options"), commands().items(), ids=list(commands()))
def test_commands_are_documented_with_their_options(name: str, options: set[str]) -> None:
    sections = dict(re.findall(r"^## `revops ?(.*?)`\n(.*?)(?=^## |\Z)", read(CLI), _WHOLE))
    expected = options - {"-h"} if name == "" else options - {"-h", "--help"}
    described = {
        unquoted(cell.split(",")[0])
        for table in tables(sections[name])
        for cell in (row["option"] for row in table)
    }
    assert described == expected


_WHOLE = re.MULTILINE | re.DOTALL


def test_the_page_has_no_command_that_is_gone() -> None:
    documented = set(re.findall(r"^## `revops ?(.*?)`$", read(CLI), re.MULTILINE))
    assert documented == set(commands())


@pytest.mark.parametrize("layer", ["marts", "activation"])
def test_columns_under_contract_are_documented(layer: str) -> None:
    found: set[tuple[str, str, str]] = set()
    for part in read(TABLES).split("\n### ")[1:]:
        section = part.split("\n## ")[0]
        model = unquoted(section.splitlines()[0])
        found |= {
            (model, unquoted(row["column"]), row["type"])
            for table in tables(section)
            for row in table
        }
    assert {one for one in found if one[0].startswith(f"{layer}.")} == columns(layer)


def test_every_model_and_seed_is_documented() -> None:
    models = {f"{p.relative_to(DBT_PROJECT / 'models').parts[0]}.{p.stem}" for p in _sql()}
    seeds = {f"reference.{path.stem}" for path in (DBT_PROJECT / "seeds").glob("*.csv")}
    assert (models | seeds) - set(spans(read(TABLES))) == set()


def _sql() -> list[Path]:
    return list((DBT_PROJECT / "models").rglob("*.sql"))


def test_every_stream_is_documented_and_no_other() -> None:
    streams = {
        f"raw_{source.name}.{stream.name}"
        for source in registry.sources().values()
        for stream in source.streams
    }
    named = {span for span in spans(read(TABLES)) if re.fullmatch(r"raw_[a-z_]+\.[a-z_]+", span)}
    assert named == streams


def test_the_state_store_is_documented() -> None:
    page = read(TABLES).split("## The state store")[1]
    documented = {
        unquoted(row["table"]): [unquoted(c) for c in row["columns"].split(", ")]
        for table in tables(page)
        for row in table
    }
    actual: dict[str, Any] = {
        table.name: [column.name for column in table.columns] for table in METADATA.tables.values()
    }
    assert documented == actual
