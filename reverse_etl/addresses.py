"""Asks for many keys in the query of addresses, which are not as long as one likes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from urllib.parse import quote

# Servers and gateways commonly take 8 KB; the rest of an address has to have its part.
_LONGEST = 5_000
_COMMA = len(quote(","))


def joined(keys: Iterable[str], most: int) -> Iterator[str]:
    """The keys with commas between them, in as many texts as fit an address each.

    A key with a comma in it cannot be asked for like this, and is left out.
    """
    part: list[str] = []
    length = 0
    for key in (one for one in keys if "," not in one):
        # A letter of Japanese is nine bytes in an address.
        more = len(quote(key, safe="")) + _COMMA
        if part and (len(part) == most or length + more > _LONGEST):
            yield ",".join(part)
            part, length = [], 0
        part.append(key)
        length += more
    if part:
        yield ",".join(part)
