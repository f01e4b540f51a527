"""Values of a database as JSON that loses nothing, and as positions that survive between runs."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

_MOST = 2**63
_NAME = {bool: "bool", int: "int", float: "float", str: "str", bytes: "bytes", Decimal: "decimal"}
_INSTANT_LENGTH = len("2026-11-20 09:00:00")

Written = list[Any]


def as_json(row: Mapping[str, Any]) -> bytes:
    """A row as one JSON object.

    Decimals, numbers beyond 64 bits and what is no number (NaN) become text, dates and instants
    ISO text (instants with a zone in UTC), bytes base64; JSON and arrays stay what they are.
    """
    return msgspec.json.encode({name: _plain(value) for name, value in row.items()}, enc_hook=str)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(inner) for inner in value]
    return _scalar(value)


def _scalar(value: Any) -> Any:
    plain = value
    match value:
        case float() if not math.isfinite(value):
            plain = str(value)
        case int() if abs(value) >= _MOST:
            plain = str(value)
        case Decimal():
            plain = f"{value:f}"
        case datetime() if value.tzinfo is not None:
            plain = value.astimezone(UTC)
        case memoryview():
            plain = bytes(value)
    return plain


def as_text(value: Any) -> str:
    """A value as part of a key or as a cursor: the text that its JSON shows."""
    shown = msgspec.json.decode(msgspec.json.encode(_plain(value), enc_hook=str))
    return shown if isinstance(shown, str) else str(shown)


def written(values: Sequence[Any]) -> Written:
    """Values with their types, for the cursor."""
    return [_written(value) for value in values]


def _written(value: Any) -> list[str]:
    match value:
        case datetime():
            return ["datetime", value.isoformat()]
        case date():
            return ["date", value.isoformat()]
        case memoryview() | bytes():
            return ["bytes", base64.b64encode(bytes(value)).decode()]
        case UUID():
            return ["uuid", str(value)]
    return [_NAME.get(type(value), "str"), str(value)]


def read(values: Written) -> list[Any]:
    """What `written` wrote, in the types that the database gave."""
    return [_readers[kind](text) for kind, text in values]


_readers: dict[str, Any] = {
    "bool": lambda text: text == "True",
    "int": int,
    "float": float,
    "str": str,
    "bytes": base64.b64decode,
    "decimal": Decimal,
    "datetime": datetime.fromisoformat,
    "date": date.fromisoformat,
    "uuid": UUID,
}


def before(value: Any, look_back: int) -> Any:
    """The value so many seconds earlier, or so many steps of a number; text is read as an instant.

    What cannot be moved back stays where it is.
    """
    match value:
        case datetime():
            return value - timedelta(seconds=look_back)
        case date():
            return value - timedelta(days=math.ceil(look_back / 86_400))
        case bool() | time():
            return value
        case int() | float() | Decimal():
            return value - look_back
        case str():
            return _text_before(value, look_back)
    return value


def _text_before(value: str, look_back: int) -> str:
    """ISO text sorts like time: whole seconds are no later than the same with a fraction."""
    try:
        at = datetime.fromisoformat(value[:_INSTANT_LENGTH]) - timedelta(seconds=look_back)
    except ValueError:
        return value
    separator = value[10] if len(value) > 10 else "T"
    return at.isoformat(separator)[: len(value)]
