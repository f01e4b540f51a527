"""Finds the connectors: every folder beside `core` that declares a SOURCE."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from importlib.util import find_spec

import connectors
from connectors.core.settings import is_any_given
from connectors.core.source import Source
from warehouse.documents import choose


@cache
def sources() -> dict[str, Source]:
    """Every declared source by name, in alphabetical order."""
    names = sorted(m.name for m in pkgutil.iter_modules(connectors.__path__) if m.name != "core")
    modules = [f"connectors.{name}.source" for name in names]
    found = [importlib.import_module(one).SOURCE for one in modules if find_spec(one)]
    return {source.name: source for source in found}


def sources_in_use(names: tuple[str, ...] | None) -> list[Source]:
    """The named sources, else those of which any setting is given, else every one.

    Raises:
        Misconfigured: there is no connector of one of the names.
    """
    if names is not None:
        return [source(name) for name in names]
    known = list(sources().values())
    return [one for one in known if is_any_given(one.settings)] or known


def source(name: str) -> Source:
    """One source.

    Raises:
        Misconfigured: there is no connector of that name.
    """
    return choose(sources(), "connector", name)
