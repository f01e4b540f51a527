"""What the generic tests need to know about one emulated vendor."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from typing import Any

from connectors.core import registry

Record = dict[str, Any]


@dataclass(frozen=True)
class Broken:
    """A stream, a glob of the path that gives its pages, and a field that its contract needs."""

    stream: str
    path: str
    field: str


@dataclass(frozen=True)
class Emulation:
    """How tests look into one vendor's tool.

    Attributes:
        kinds: stream -> the sandbox's object, for streams that show its records one to one.
        keys: for every other stream, the keys that a full reading must land, live or deleted.
        no_limits: what the manifest's limits must be so that no test has to wait.
        small_pages: dotted name -> value, so that a small company's data takes several pages.
        broken: where one record can be broken, and where pages can fail.
        deletable: streams of `kinds` in which `Vendor.deleted` makes a deletion that must arrive.
        ways: one stream for each way of reading; the others are only tested by `make test-slow`.
        disabling: the setting without which the vendor is disabled, and a word of its advice.
        secrets: what opens a door, beside the settings: sessions that the vendor issued.
        unstamped: streams of `kinds` whose records say nothing of when they were changed.
    """

    kinds: Mapping[str, str]
    broken: Broken
    disabling: tuple[str, str]
    keys: Callable[[Any, str], set[str]] | None = None
    no_limits: Mapping[str, int] = field(default_factory=dict)
    small_pages: Mapping[str, int] = field(default_factory=dict)
    deletable: tuple[str, ...] = ()
    ways: tuple[str, ...] = ()
    secrets: Callable[[Any], set[str]] | None = None
    unstamped: tuple[str, ...] = ()


@cache
def emulations() -> dict[str, Emulation]:
    """Every vendor whose tests declare one in `tests/connectors/<vendor>/emulation.py`."""
    found = {}
    for name in registry.sources():
        module = f"tests.connectors.{name}.emulation"
        if find_spec(f"tests.connectors.{name}") and find_spec(module):
            found[name] = importlib.import_module(module).EMULATION
    return found
