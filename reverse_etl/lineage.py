"""Finds the fields that a sync writes and that its own model is made of: a value that feeds itself.

Known before anything is sent, from dbt's manifest; `reverse_etl.echo` tells what has come back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from connectors.core.source import Source
from reverse_etl.spec import SyncSpec
from warehouse.errors import Misconfigured

Manifest = Mapping[str, Any]

# A path into a JSON document, as models write it: '$.properties.name'.
_PATH = re.compile(r"""'\$\.((?:[^'\\]|'')+)'""")


class _Node(msgspec.Struct):
    """What is needed of a node of dbt's manifest."""

    name: str = ""
    resource_type: str = ""
    raw_code: str = ""
    compiled_code: str | None = None
    depends_on: dict[str, list[str]] = {}


class _Read(msgspec.Struct):
    nodes: dict[str, _Node]


def check_lineage(spec: SyncSpec, source: Source, manifest: Path) -> None:
    """Refuse a sync that writes what its model is made of; where nothing is built yet, nothing.

    Raises:
        Misconfigured: a field feeds itself and is not declared safe, or one is that does not.
    """
    try:
        nodes = msgspec.json.decode(manifest.read_bytes(), type=_Read).nodes
    except (FileNotFoundError, msgspec.DecodeError):
        return
    told = {
        name: msgspec.structs.asdict(node)
        for name, node in nodes.items()
        if node.resource_type == "model"
    }
    if faults := lineage_faults(spec, source, {"nodes": told}):
        raise Misconfigured(
            f"{spec.name}.yaml: {'; '.join(faults)}",
            advice="read another field, write another one, or say under safe_echoes why it does"
            " no harm",
        )


def lineage_faults(spec: SyncSpec, source: Source, manifest: Manifest) -> list[str]:
    """Fields that feed themselves and are not declared safe, and declarations of no use."""
    found = cycles(spec, source, manifest)
    return [
        f"{field} feeds itself: {spec.model} is made of {model}, which reads it"
        for field, model in found.items()
        if field not in spec.safe_echoes
    ] + [
        f"safe_echoes names {field}, which does not feed itself"
        for field in spec.safe_echoes
        if field not in found
    ]


def cycles(spec: SyncSpec, source: Source, manifest: Manifest) -> dict[str, str]:
    """Each written field that is read again on the way to the sync's model, and where.

    It counts as read where a model that stands between the object's landed records and the sync's
    model names it in a JSON path, for whatever column: rather one too many than one too few. A
    path that a macro puts together is known once the project has been compiled.
    """
    models = {
        node["name"]: node
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
    }
    if spec.model not in models:
        return {}
    landed = _landed(spec, source)
    between = [
        one for one in _above(spec.model, models) if _reads(one, models, source.name, landed)
    ]
    found: dict[str, str] = {}
    for mapping in spec.fields:
        whole = f"{source.fields_at}.{mapping.field}".removeprefix("$.")
        for name in between:
            if any(_is_of(path, whole) for path in _paths(models[name])):
                found.setdefault(mapping.field, name)
    return found


def _landed(spec: SyncSpec, source: Source) -> set[str]:
    """The tables that hold the records of the object."""
    named = spec.object.casefold()
    return {
        stream.name
        for stream in source.streams
        if named in {stream.name.casefold(), (stream.object or "").casefold()}
    }


def _above(model: str, models: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The model and all that it is made of, in a fixed order."""
    seen, ahead = {model}, [model]
    while ahead:
        for parent in _parents(models[ahead.pop()]):
            name = parent.rsplit(".", 1)[-1]
            if parent.startswith("model.") and name in models and name not in seen:
                seen.add(name)
                ahead.append(name)
    return sorted(seen)


def _reads(
    model: str, models: Mapping[str, Mapping[str, Any]], source: str, landed: set[str]
) -> bool:
    """Whether a model is made of the landed records."""
    tables = tuple(f".{source}.{table}" for table in landed)
    return any(
        parent.startswith("source.") and parent.endswith(tables)
        for one in _above(model, models)
        for parent in _parents(models[one])
    )


def _parents(node: Mapping[str, Any]) -> list[str]:
    found: list[str] = node["depends_on"].get("nodes", [])
    return found


def _paths(node: Mapping[str, Any]) -> Iterator[str]:
    code = f"{node.get('raw_code') or ''}\n{node.get('compiled_code') or ''}"
    return (found.replace('"', "") for found in _PATH.findall(code))


def _is_of(path: str, whole: str) -> bool:
    """Whether a path leads to the field, from the record or from a part of it."""
    return whole == path or whole.endswith(f".{path}") or path.startswith(f"{whole}.")
