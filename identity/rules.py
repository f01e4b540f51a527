"""Reads what `rules.yaml` declares."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import yaml

_RULES = Path(__file__).with_name("rules.yaml")


@functools.cache
def rules() -> dict[str, Any]:
    """The rules of contacts: placeholders, weights, guards, shipped pattern precisions."""
    declared: dict[str, Any] = yaml.safe_load(_RULES.read_text(encoding="utf-8"))
    return declared


def guard(name: str) -> float:
    return float(rules()["guards"][name])
