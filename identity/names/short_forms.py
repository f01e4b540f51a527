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
    """The names that it is short for."""
    return frozenset(_list().canonicals_of(name))


@lru_cache(maxsize=1 << 17)
def are_forms_of_one(one: str, other: str) -> bool:
    """Whether one given name is short for the other, or both for a third.

    Some pairs are listed in both directions, which makes Bill a link between William and Robert;
    such entries count for the pair itself only.
    """
    if other in long_forms(one) or one in long_forms(other):
        return True
    return not _only_long(one).isdisjoint(_only_long(other))


def _only_long(name: str) -> frozenset[str]:
    return long_forms(name) - frozenset(_list().nicknames_of(name))


def is_listed(name: str) -> bool:
    """Whether the list has the name, as a short or as a long one."""
    return bool(long_forms(name)) or bool(_list().nicknames_of(name))
