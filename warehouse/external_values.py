"""Puts values into the columns of a database unchanged, and takes them out in one form again.

What a column would round, cut or read in another zone is refused: it would hold something else
than was wished for, and look like somebody's change from then on.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

Change = Callable[[Any], Any]

_UNTYPED: sa.types.TypeEngine[Any] = sa.types.NullType()
_BITS = {"SMALLINT": 15, "INTEGER": 31, "BIGINT": 63}
_FINER_THAN_MICROSECONDS = re.compile(r"\.\d{7}")


class Unfit(ValueError):
    """A value that the column cannot hold as it is, and why."""


@dataclass(frozen=True)
class Codec:
    """How the values of one column are written and read; None is null in every column.

    `key` is how the text of a key is written, None where the type cannot tell records apart;
    `bound` the type that the driver is told.
    """

    write: Change
    read: Change
    key: Change | None = None
    bound: sa.types.TypeEngine[Any] = _UNTYPED

    def put(self, value: Any) -> Any:
        """The value as the database takes it.

        Raises:
            Unfit: the column cannot hold it.
        """
        return None if value is None else self.write(value)

    def take(self, value: Any) -> Any:
        """What the database gives, as JSON knows it."""
        return None if value is None else self.read(value)


class Held(str):
    """A value read back that may be spelled in several ways."""

    __slots__ = ("write",)
    write: Change

    def means(self, wish: object) -> bool:
        try:
            return bool(self.write(str(self)) == self.write(wish))
        except Unfit:
            return False


def codec_of(kind: Any, *, is_sqlite: bool) -> Codec | None:
    """How to write a column of this type; None where that is not known to leave values whole."""
    for known, make in _MAKERS:
        if isinstance(kind, known):
            return make(kind, is_sqlite)
    return None


def _bound(kind: Any, is_sqlite: bool) -> sa.types.TypeEngine[Any]:  # noqa: FBT001 - as every maker
    # SQLite has no such types: what a column is called decides nothing but how it is written.
    return _UNTYPED if is_sqlite else kind


def _domain(kind: postgresql.DOMAIN, is_sqlite: bool) -> Codec | None:  # noqa: FBT001
    return codec_of(kind.data_type, is_sqlite=is_sqlite)


def _boolean(kind: sa.Boolean, is_sqlite: bool) -> Codec:  # noqa: FBT001
    return Codec(_truth, bool, None, _bound(kind, is_sqlite))


def _integer(kind: sa.Integer, is_sqlite: bool) -> Codec:  # noqa: FBT001
    whole = _whole(63 if is_sqlite else _BITS.get(type(kind).__name__, 63))
    return Codec(whole, _number, lambda key: whole(_spelled(key, int)), _bound(kind, is_sqlite))


def _string(kind: sa.String, is_sqlite: bool) -> Codec:  # noqa: FBT001
    text, read = _text(kind), _without_padding if isinstance(kind, sa.CHAR) else _as_is
    return Codec(text, read, text, _bound(kind, is_sqlite))


def _date(kind: sa.Date, is_sqlite: bool) -> Codec:  # noqa: FBT001
    def day(value: Any) -> date | str:
        found: date = _spelled(value, date.fromisoformat)
        return str(found) if is_sqlite else found

    return Codec(day, _held(day), day, _bound(kind, is_sqlite))


def _uuid(kind: sa.Uuid[Any], is_sqlite: bool) -> Codec:  # noqa: FBT001
    def uuid(value: Any) -> Any:
        return _parsed(value, UUID)

    return Codec(uuid, _held(uuid), uuid, _bound(kind, is_sqlite))


def _document(kind: sa.JSON, is_sqlite: bool) -> Codec:  # noqa: FBT001
    if is_sqlite:
        return Codec(_json_text, _json_in)
    is_binary = isinstance(kind, postgresql.JSONB)
    bound = (postgresql.JSONB if is_binary else postgresql.JSON)(none_as_null=True)
    return Codec(_json, _as_is, None, bound)


def _array(kind: sa.ARRAY[Any], is_sqlite: bool) -> Codec | None:  # noqa: FBT001
    item = codec_of(kind.item_type, is_sqlite=is_sqlite)
    if item is None:
        return None

    def listed(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise Unfit(f"{_shown(value)} is no list")
        return [item.put(one) for one in value]

    return Codec(listed, lambda many: [item.take(one) for one in many], None, kind)


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Unfit(f"{_shown(value)} is neither true nor false")
    return value


def _whole(bits: int) -> Change:
    def whole(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
            raise Unfit(f"{_shown(value)} is no whole number")
        if not -(2**bits) <= value < 2**bits:
            raise Unfit(f"{_shown(value)} is too large for {bits + 1} bits")
        return int(value)

    return whole


def _numeric(kind: sa.Numeric[Any] | sa.Float[Any], is_sqlite: bool) -> Codec | None:  # noqa: FBT001
    bound = _bound(kind, is_sqlite)
    if is_sqlite or isinstance(kind, sa.Double):
        return Codec(_floating, _number, None, bound)
    if isinstance(kind, sa.Float):
        # Four bytes hold seven digits of what is wished for.
        return None

    def exact(value: Any) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Unfit(f"{_shown(value)} is no number")
        number = Decimal(str(value))
        places = -int(number.normalize().as_tuple().exponent)
        if kind.scale is not None and places > kind.scale:
            raise Unfit(f"{_shown(value)} has more than {kind.scale} places: round it in the model")
        if kind.precision is not None and number:
            before = kind.precision - (kind.scale or 0)
            if number.adjusted() >= before:
                raise Unfit(f"{_shown(value)} has more than {before} digits before its places")
        return number

    def key(text: Any) -> Decimal:
        if kind.scale != 0:
            raise Unfit("a number with places cannot name a record")
        return Decimal(_spelled(text, int))

    return Codec(exact, _number, key, bound)


def _floating(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unfit(f"{_shown(value)} is no number")
    if float(value) != value:
        raise Unfit(f"{_shown(value)} has more digits than a floating number")
    return float(value)


def _text(kind: sa.String) -> Change:
    choices = kind.enums if isinstance(kind, sa.Enum) else None
    length = None if choices is not None else kind.length

    def text(value: Any) -> str:
        if not isinstance(value, str):
            raise Unfit(f"{_shown(value)} is no text")
        if choices is not None and value not in choices:
            raise Unfit(f"{_shown(value)} is none of {', '.join(choices)}")
        if length is not None and len(value) > length:
            raise Unfit(f"it has {len(value)} characters, and at most {length} fit")
        return _storable(value)

    return text


def _storable(text: str) -> str:
    if "\0" in text:
        raise Unfit("it holds the character NUL")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise Unfit("it holds half a character") from error
    return text


def _json(value: Any) -> Any:
    # Escaped, half a character looks like any other text until the database reads it.
    _storable(json.dumps(value, ensure_ascii=False))
    if "\\u0000" in json.dumps(value):
        raise Unfit("it holds the character NUL")
    return value


def _json_text(value: Any) -> str:
    return json.dumps(_json(value), ensure_ascii=False)


def _json_in(found: Any) -> Any:
    # To SQLite the name JSON means numbers: of a text that is one it keeps the number.
    return json.loads(found) if isinstance(found, str) else found


def _instants(kind: sa.DateTime, is_sqlite: bool) -> Codec | None:  # noqa: FBT001
    precision = getattr(kind, "precision", None)
    if precision is not None and precision < 6:
        # It would round the instant.
        return None

    def instant(value: Any) -> datetime | str:
        found: datetime = _parsed(value, datetime.fromisoformat)
        if found.tzinfo is None:
            raise Unfit(f"{_shown(value)} names no zone")
        if _FINER_THAN_MICROSECONDS.search(value):
            raise Unfit(f"{_shown(value)} is finer than a microsecond")
        in_utc = found.astimezone(UTC)
        if is_sqlite:
            return in_utc.replace(tzinfo=None).isoformat(" ", "microseconds")
        return in_utc if kind.timezone else in_utc.replace(tzinfo=None)

    def told(value: datetime | str) -> Any:
        found = value if isinstance(value, datetime) else _instant_in(value)
        if found is None:
            return value
        in_utc = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        return f"{in_utc:%Y-%m-%dT%H:%M:%S.%f}".rstrip("0").rstrip(".") + "Z"

    return Codec(instant, lambda value: _held(instant)(told(value)), None, _bound(kind, is_sqlite))


def _instant_in(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _held(write: Change) -> Change:
    def held(value: Any) -> Held:
        found = Held(value)
        found.write = write
        return found

    return held


def _parsed(value: Any, parse: Change) -> Any:
    try:
        return parse(value)
    except (ValueError, TypeError, AttributeError) as error:
        raise Unfit(f"{_shown(value)} cannot be read as what the column holds") from error


def _spelled(value: Any, parse: Change) -> Any:
    """What a text means, if it is spelled as it would be read back."""
    found = _parsed(value, parse)
    if str(found) != value:
        raise Unfit(f"{_shown(value)} is another spelling of {found}")
    return found


def _number(value: Any) -> Any:
    # SQLite keeps whatever is put into a column.
    if not isinstance(value, float | Decimal):
        return value
    number = Decimal(str(value))
    if not number.is_finite():
        return str(value)
    return int(number) if number == number.to_integral_value() else float(value)


def _without_padding(text: str) -> str:
    return text.rstrip(" ")


def _as_is(value: Any) -> Any:
    return value


def _shown(value: Any) -> str:
    return repr(value) if len(repr(value)) <= 80 else repr(value)[:80] + "..."


_MAKERS: tuple[tuple[Any, Callable[[Any, bool], Codec | None]], ...] = (
    (postgresql.DOMAIN, _domain),
    (sa.Boolean, _boolean),
    (sa.Integer, _integer),
    (sa.Numeric | sa.Float, _numeric),
    (sa.String, _string),
    (sa.DateTime, _instants),
    (sa.Date, _date),
    (sa.Uuid, _uuid),
    (sa.JSON, _document),
    (sa.ARRAY, _array),
)
