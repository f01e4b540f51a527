"""Notices that a vendor's fields are no longer those that staging reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import msgspec
from pydantic import BaseModel, ValidationError

from connectors.core.source import Record
from warehouse.errors import Misconfigured
from warehouse.landing import Segment


class Drifted(Misconfigured):
    """A field that a staging model needs is gone or has another type; nothing of it is landed."""


def staging_model(vendor: str, stream: str) -> str:
    """The model that reads a stream, by the naming rule of the staging layer."""
    return f"stg_{vendor}__{stream}"


def require_fields(
    vendor: str, stream: str, needed: Mapping[str, str | None], found: Mapping[str, str]
) -> None:
    """Compare what staging needs with what the vendor says it has.

    Args:
        vendor: the source's name.
        stream: the stream's name.
        needed: field -> the vendor's own type, or None where any will do.
        found: field -> type, as the vendor describes its object today.

    Raises:
        Drifted: naming the staging model and every field that vanished or changed its type.
    """
    wrong = [
        f"{name} is gone"
        if name not in found
        else f"{name} is now of type {found[name]}, it was {wanted}"
        for name, wanted in needed.items()
        if name not in found or wanted not in {None, found[name]}
    ]
    if wrong:
        raise Drifted(
            f"{vendor}.{stream} has changed: {'; '.join(wrong)}"
            f" (needed by {staging_model(vendor, stream)})",
            advice="nothing was landed under the new shape; restore the field or the right to see"
            f" it, or change the contract in connectors/{vendor}/records.py and the model",
        )


# A field counts as always there once so many samples showed it without an exception.
ENOUGH_SAMPLES = 20
SAMPLED_PAGES = 20
# Of a stream that is nothing but refused records, so many are a change of the vendor's.
ENOUGH_REJECTS = 5
# What is nested deeper, or differs from record to record, is one field.
_DEPTH = 3
_MOST_FIELDS = 500


class FieldWatch:
    """Watches the fields of one stream over its runs, by the first and last record of each page.

    `known` is what earlier runs saw: `sampled` records, and in how many of them each field was.
    """

    def __init__(
        self, vendor: str, stream: str, contract: type[BaseModel], known: Mapping[str, Any]
    ) -> None:
        self._vendor, self._stream, self._contract = vendor, stream, contract
        self._needed = set(_paths(contract))
        self._sampled = int(known.get("sampled", 0))
        self._seen = Counter[str](known.get("seen", {}))
        self._pages = self._sampled_now = 0
        self._seen_now = Counter[str]()

    def look(self, records: Sequence[msgspec.Raw]) -> None:
        """Take the samples of a page; of a long reading, of every twentieth only."""
        self._pages += 1
        if self._pages > SAMPLED_PAGES and self._pages % SAMPLED_PAGES:
            return
        for record in {0: records[0], len(records) - 1: records[-1]}.values() if records else ():
            if self._is_deleted(record):
                continue
            with suppress(msgspec.DecodeError):
                self._seen_now.update(set(_fields(msgspec.json.decode(record))))
                self._sampled_now += 1

    def _is_deleted(self, record: msgspec.Raw) -> bool:
        """A deleted record may be its key and no more: it says nothing of the vendor's fields."""
        with suppress(ValidationError):
            found = self._contract.model_validate_json(bytes(record))
            return isinstance(found, Record) and found.record_deleted()
        return False

    def check(self, segment: Segment) -> None:
        """Compare what is about to be landed with what was always there.

        Raises:
            Drifted: naming the staging model and the field that vanished or changed its type.
        """
        if not segment.keys and len(segment.rejects) >= ENOUGH_REJECTS:
            raise self._drifted(_common_reason(segment))
        if not segment.keys or not self._sampled_now or self._sampled < ENOUGH_SAMPLES:
            return
        suspects = {
            name
            for name in self._needed
            if self._seen[name] == self._sampled and not self._seen_now[name]
        }
        if suspects:
            held = {
                name
                for payload, is_deleted in zip(segment.payloads, segment.deleted, strict=True)
                if not is_deleted
                for name in _fields(msgspec.json.decode(payload))
            }
            if gone := sorted(suspects - held):
                raise self._drifted(f"{', '.join(gone)} is gone")

    def new_fields(self) -> list[str]:
        """Fields that no earlier run saw, in order; none on the first run."""
        return sorted(set(self._seen_now) - set(self._seen)) if self._sampled else []

    def as_known(self) -> dict[str, Any]:
        """What the next run begins with."""
        seen = self._seen + self._seen_now
        kept = dict(seen.most_common(_MOST_FIELDS))
        kept |= {name: seen[name] for name in self._needed if seen[name]}
        return {"sampled": self._sampled + self._sampled_now, "seen": kept}

    def _drifted(self, what: str) -> Drifted:
        return Drifted(
            f"{self._vendor}.{self._stream} has changed: {what}"
            f" (needed by {staging_model(self._vendor, self._stream)})",
            advice="nothing was landed under the new shape; restore the field or the right to see"
            f" it, or change the contract in connectors/{self._vendor}/records.py and the model",
        )


def _common_reason(segment: Segment) -> str:
    reasons = Counter(one.reason for one in segment.rejects)
    reason, _ = reasons.most_common(1)[0]
    return f"no record keeps its contract: {reason}"


def _paths(contract: type[BaseModel], before: str = "") -> Iterator[str]:
    """The contract's fields as dotted paths, with the names that the vendor gives them."""
    for name, info in contract.model_fields.items():
        own = before + (info.validation_alias if isinstance(info.validation_alias, str) else name)
        nested = info.annotation
        if isinstance(nested, type) and issubclass(nested, BaseModel):
            yield from _paths(nested, f"{own}.")
        else:
            yield own


def _fields(value: Any, before: str = "", depth: int = 1) -> Iterator[str]:
    """The fields of one record as dotted paths."""
    for name, inner in value.items() if isinstance(value, dict) else ():
        if isinstance(inner, dict) and inner and depth < _DEPTH:
            yield from _fields(inner, f"{before}{name}.", depth + 1)
        else:
            yield f"{before}{name}"
