"""Splits an answer into records without changing a byte of them."""

from __future__ import annotations

from typing import Any

import httpx
import msgspec

from warehouse.errors import Unavailable


class BadPage(Unavailable):
    """An answer that is not what it should be, though its status says success."""


_ENVELOPE = msgspec.json.Decoder(dict[str, msgspec.Raw])
_RECORDS = msgspec.json.Decoder(list[msgspec.Raw])


class Envelope:
    """The outer object of an answer; its parts are decoded only when asked for."""

    def __init__(self, response: httpx.Response) -> None:
        self._where = f"{response.request.method} {response.request.url.path}"
        try:
            self._parts = _ENVELOPE.decode(response.content)
        except msgspec.DecodeError as error:
            raise BadPage(
                f"The answer to {self._where} is not the JSON object it should be: {error}"
            ) from error

    def records(self, name: str) -> list[msgspec.Raw]:
        """The records under `name`, each as the bytes received.

        Raises:
            BadPage: the answer has no such list; nothing may be taken for "no records".
        """
        if name not in self._parts:
            raise BadPage(f"The answer to {self._where} has no {name!r}")
        return _RECORDS.decode(self._parts[name])

    def value(self, name: str, default: Any = None) -> Any:
        """A part of the envelope, decoded."""
        return msgspec.json.decode(self._parts[name]) if name in self._parts else default
