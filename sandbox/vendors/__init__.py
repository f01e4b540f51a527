"""Finds the emulated vendors: a folder may declare `api.VENDOR` and `invention.INVENTION`."""

import importlib
import pkgutil
from functools import cache
from importlib.util import find_spec
from typing import Any


@cache
def names() -> tuple[str, ...]:
    """Every vendor's folder, in alphabetical order."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def declared(module: str, constant: str) -> list[Any]:
    """What every vendor that has such a module declares there."""
    found = [f"{__name__}.{name}.{module}" for name in names()]
    return [getattr(importlib.import_module(one), constant) for one in found if find_spec(one)]
