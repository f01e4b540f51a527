"""Reads declarations: YAML documents into models, with errors that name file and line."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from warehouse.errors import Misconfigured


class Document(BaseModel):
    """The base of every declaration: unknown keys are errors, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


DocumentT = TypeVar("DocumentT", bound=Document)
T = TypeVar("T")


def read_document(path: Path, model: type[DocumentT]) -> DocumentT:
    """Read one document.

    Raises:
        Misconfigured: one line per fault, each with file, line and field.
    """
    try:
        text = path.read_text(encoding="utf-8")
        return model.model_validate(yaml.load(text, Loader=yaml.CSafeLoader))
    except OSError as error:
        raise Misconfigured(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Misconfigured(f"{path} is not text in UTF-8: {error.reason}") from error
    except yaml.YAMLError as error:
        raise Misconfigured(f"{path} is not YAML: {error}") from error
    except ValidationError as error:
        root = _nodes(path)
        faults = [
            f"{path.name}:{_line(root, fault['loc'])}: "
            f"{'.'.join(str(part) for part in fault['loc']) or 'document'}: {fault['msg']}"
            for fault in error.errors(include_url=False, include_input=False)
        ]
        raise Misconfigured("\n".join(faults), advice=f"edit {path}") from None


def place_in(path: Path, location: Sequence[str | int]) -> str:
    """File and line of a part of a document that could be read."""
    return f"{path.name}:{line_of(path, location)}"


def without_unknown_keys(path: Path, model: type[Document]) -> tuple[dict[str, Any], list[str]]:
    """A document that another program wrote, without the keys that mean nothing here.

    Returns the document and the keys that were left out, dotted; whatever else is wrong with it is
    left for `read_document` to say.
    """
    said = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    try:
        model.model_validate(said)
    except ValidationError as error:
        unknown = [e["loc"] for e in error.errors() if e["type"] == "extra_forbidden"]
        for location in unknown:
            holder = said
            for part in location[:-1]:
                holder = holder[part]
            del holder[location[-1]]
        return said, [".".join(str(part) for part in location) for location in unknown]
    return said, []


def read_folder(
    folder: Path, model: type[DocumentT], name_of: Callable[[DocumentT], str]
) -> dict[str, DocumentT]:
    """Every document of a folder by its name, which is also its file's.

    Raises:
        Misconfigured: a document is wrong, or named otherwise than its file.
    """
    found: dict[str, DocumentT] = {}
    for path in sorted(folder.glob("*.yaml")):
        document = read_document(path, model)
        if name_of(document) != path.stem:
            raise Misconfigured(
                f"{path.name}: it calls itself {name_of(document)!r}; names must agree"
            )
        found[path.stem] = document
    return found


def choose(known: Mapping[str, T], kind: str, name: str) -> T:
    """The declared thing of that name.

    Raises:
        Misconfigured: there is none; the message lists those that there are.
    """
    if name not in known:
        raise Misconfigured(f"There is no {kind} {name!r}", advice=f"one of: {', '.join(known)}")
    return known[name]


def said_hash(document: Document, *, besides: set[str]) -> str:
    """16 hex digits that change when the document says something else, `besides` apart."""
    said = document.model_dump(mode="json", exclude=besides)
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]


def line_of(path: Path, location: Sequence[str | int]) -> int:
    """The line of a part of a document that has been read, from 1."""
    return _line(_nodes(path), location)


def _nodes(path: Path) -> yaml.Node | None:
    """The document with the line of every part: only who has to name a line reads it twice."""
    root: yaml.Node | None = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return root


def _line(node: yaml.Node | None, location: Sequence[str | int]) -> int:
    """The line of the deepest part of `location` that the document has, from 1."""
    line = 1 if node is None else node.start_mark.line + 1
    for part in location:
        found = _child(node, part)
        if found is None:
            # Not a key of the document: the tag of a union, or a key that is missing.
            continue
        line, node = found[0].start_mark.line + 1, found[1]
    return line


def _child(node: yaml.Node | None, part: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == part), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part]
    return None
