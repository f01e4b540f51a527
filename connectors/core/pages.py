"""Splits an answer into records without changing a byte of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import msgspec

from warehouse.errors import Unavailable


class BadPage(Unavailable):
    """An answer that is not what it should be, though its status says success."""


# One way through the answer does for both, its parts and the records of its lists.
_Part = list[msgspec.Raw] | dict[str, msgspec.Raw] | str | int | float | bool | None
_ENVELOPE = msgspec.json.Decoder(dict[str, _Part])


class TextRecords(list[msgspec.Raw]):
    """Records out of a text that was read as UTF-8 as a whole: nobody need look again."""


class Envelope:
    """The outer object of an answer; what lies deeper is decoded only when asked for."""

    def __init__(self, response: httpx.Response) -> None:
        self._where = f"{response.request.method} {response.request.url.path}"
        try:
            self._parts = _members(response.content)
        except (msgspec.DecodeError, ValueError, IndexError, RecursionError) as error:
            raise BadPage(
                f"The answer to {self._where} is not the JSON object it should be: {error}"
            ) from error

    def records(self, name: str) -> list[msgspec.Raw]:
        """The records under `name`, each as the bytes received.

        Raises:
            BadPage: the answer has no such list; nothing may be taken for "no records".
        """
        found = self._parts.get(name)
        if not isinstance(found, list):
            raise BadPage(f"The answer to {self._where} has no list {name!r}")
        return TextRecords(found)

    def some(self, name: str) -> list[msgspec.Raw]:
        """As `records`; none where there is no such list."""
        return self.records(name) if isinstance(self._parts.get(name), list) else TextRecords()

    def value(self, name: str, default: Any = None) -> Any:
        """A part of the envelope, decoded; `default` when it is missing or null."""
        found = self._parts.get(name)
        if isinstance(found, list):
            return [msgspec.json.decode(one) for one in found]
        if isinstance(found, dict):
            return {inner: msgspec.json.decode(one) for inner, one in found.items()}
        if isinstance(found, msgspec.Raw):
            found = msgspec.json.decode(found)
        return default if found is None else found


def _members(body: bytes) -> dict[str, Any]:
    text = body.decode()
    try:
        return _ENVELOPE.decode(body)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        if not _may_hold_half_a_character(text):
            raise
        places = _places(text, text.index("{"), "}")
        return {
            json.loads(text[slice(*name)]): _part(text[slice(*next(places))]) for name in places
        }


def _part(text: str) -> list[msgspec.Raw] | msgspec.Raw:
    if not text.startswith("["):
        return msgspec.Raw(text.encode())
    return [msgspec.Raw(text[slice(*place)].encode()) for place in _places(text, 0, "]")]


# A text that was cut inside an emoji ends in half of it: no other reader than Python's own lets
# that pass, and one such record must not keep its whole page from being read.
_SPACE = re.compile(r"[ \t\r\n]*")
_scan = json.JSONDecoder().raw_decode


def _may_hold_half_a_character(text: str) -> bool:
    return "\\ud" in text or "\\uD" in text


def _places(text: str, opening: int, closing: str) -> Iterator[tuple[int, int]]:
    """Where each name and value of the object, or element of the array, begins and ends."""
    at = _behind_space(text, opening + 1)
    while text[at] != closing:
        end = _scan(text, at)[1]
        yield at, end
        at = _behind_space(text, end)
        if text[at] in ",:":
            at = _behind_space(text, at + 1)


def _behind_space(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at
