"""Writes and reads JSON, at a fifth of what the standard library's costs."""

from __future__ import annotations

import json
from typing import Any

import msgspec


def written(value: object) -> str:
    """JSON; where a text holds half of a surrogate pair, the standard library's, which takes it."""
    try:
        return msgspec.json.encode(value).decode()
    except UnicodeEncodeError:
        return json.dumps(value)


def read(text: str | bytes) -> Any:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return json.loads(text)
