"""Knows which given names are short for others: Bob is Robert, Peggy is Margaret.

The list is that of the package `nicknames` (Apache-2.0), English for the most part.
"""

from __future__ import annotations

from functools import cache, lru_cache

from nicknames import NickNamer


@cache
def _list() -> NickNamer:
    return NickNamer()


@lru_cache(maxsize=1 << 17)
def long_forms(name: str) -> frozenset[str]:
    """The name and those that it is short for; two that share one may be one name."""
    return frozenset({name, *_list().canonicals_of(name)})


def is_listed(name: str) -> bool:
    """Whether the list has the name, as a short or as a long one."""
    return len(long_forms(name)) > 1 or bool(_list().nicknames_of(name))
