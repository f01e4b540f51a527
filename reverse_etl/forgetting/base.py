"""What a tool that can delete people brings: which records, how, and how one looks afterwards."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import httpx

from connectors.core.http import ToolClient
from reverse_etl import forgetting
from warehouse.errors import Refused

# There is no such record, or there is none any more.
_ABSENT = {httpx.codes.NOT_FOUND, httpx.codes.GONE}


@dataclass(frozen=True)
class Forgetting:
    """How one tool forgets people.

    Attributes:
        objects: our name of a stream -> the tool's own name of the object.
        forget: deletes records by the tool's ids; one that is not there any more is no error.
        held: which of the ids the tool still shows.
        remains: what stays behind there all the same, in words, for a person to see to.
    """

    objects: Mapping[str, str]
    forget: Callable[[ToolClient, str, Sequence[str]], None]
    held: Callable[[ToolClient, str, Sequence[str]], set[str]]
    remains: str | None = None

    def can(self, stream: str) -> bool:
        return stream in self.objects


@cache
def tools() -> dict[str, Forgetting]:
    """Every tool that can, by name."""
    names = [one.name for one in pkgutil.iter_modules(forgetting.__path__) if one.name != "base"]
    package = forgetting.__name__
    return {name: importlib.import_module(f"{package}.{name}").FORGETTING for name in names}


def is_there(client: ToolClient, path: str, params: Mapping[str, str] | None = None) -> bool:
    """Whether a tool shows what it has at a path."""
    try:
        client.send("GET", path, lambda _: None, params=params)
    except Refused as refusal:
        if refusal.status in _ABSENT:
            return False
        raise
    return True


def delete(client: ToolClient, path: str) -> None:
    """Delete what is at a path, if it is there."""
    try:
        client.send("DELETE", path, lambda _: None)
    except Refused as refusal:
        if refusal.status not in _ABSENT:
            raise
