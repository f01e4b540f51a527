"""Names a plan by what it would send, and counts its changes in the same pass over them."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from warehouse.deliveries import Operation


class Named(Protocol):
    """A change, as far as it names a plan."""

    @property
    def key(self) -> str: ...
    @property
    def operation(self) -> Operation: ...
    @property
    def after(self) -> Mapping[str, Any]: ...
    @property
    def found(self) -> Mapping[str, Any] | None: ...
    @property
    def is_first(self) -> bool: ...
    @property
    def is_leaving(self) -> bool: ...


@dataclass(frozen=True)
class Summary:
    """The digest of a plan, and how many of its changes are of which kind."""

    digest: str
    of_each: Counter[Operation]
    first: int
    leaving: int


def summary(sync: str, config_hash: str, changes: Iterable[Named], *, is_read: bool) -> Summary:
    """Look at every change once; what the tool holds of them counts where it was read."""
    of_each: Counter[Operation] = Counter()
    first = leaving = 0

    def sent() -> Iterator[list[Any]]:
        nonlocal first, leaving
        for change in changes:
            of_each[change.operation] += 1
            first += change.is_first
            leaving += change.is_leaving
            told = [change.key, change.operation, change.after]
            yield [*told, change.found] if is_read else told

    digest = digest_of(sync, config_hash, sent())
    return Summary(digest, of_each, first, leaving)


def digest_of(sync: str, config_hash: str, sent: Iterable[list[Any]]) -> str:
    """What names a plan: the hash of what it would send, as one JSON document."""
    encode = json.JSONEncoder(sort_keys=True, ensure_ascii=False, default=str).encode
    found = hashlib.sha256(f"{encode([sync, config_hash])[:-1]}, [".encode())
    for number, one in enumerate(sent):
        found.update(f"{', ' if number else ''}{encode(one)}".encode())
    found.update(b"]]")
    return found.hexdigest()[:16]
