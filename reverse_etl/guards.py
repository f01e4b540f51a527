"""Stops a plan that does more than its sync may, and a delivery that goes wrong."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Literal, Protocol, Self

from pydantic import Field, model_validator

from warehouse.deliveries import Operation
from warehouse.documents import Document
from warehouse.errors import Misconfigured

Kind = Literal["created", "changed", "deleted"]
GuardName = Literal["max_created", "max_changed", "max_deleted"]
Share = Annotated[Decimal, Field(ge=0, le=1)]

GUARDS: dict[GuardName, Kind] = {
    "max_created": "created",
    "max_changed": "changed",
    "max_deleted": "deleted",
}
_MAKES = {"create", "append", "add", "upsert"}
_TAKES_AWAY = {"archive", "delete", "remove"}
# Of fewer rows, a share says little: one of two is half.
LOOKED_AT = 100


class Limit(Document):
    """How many records; as a number, as a share of those that the sync has sent, or as both."""

    count: int | None = Field(default=None, ge=0)
    share: Share | None = Field(
        default=None,
        description="Of the records that the sync has sent; of none sent yet, nothing is allowed.",
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.count is None and self.share is None:
            raise ValueError("say count, share or both")
        return self


class Guards(Document):
    """What a sync may do at most in one go; what is left out is not limited."""

    max_created: Limit | None = None
    max_changed: Limit | None = None
    max_deleted: Limit | None = None
    max_rejected_share: Share | None = Field(
        default=None,
        description="A running delivery is stopped once the tool has rejected more of what it got.",
    )
    canary: int | None = Field(
        default=None,
        ge=1,
        description="So many records are sent first and read back; the others follow if they hold.",
    )


@dataclass(frozen=True)
class Tripped:
    """A guard that says no: what the plan would do, and what it may."""

    guard: GuardName
    planned: int
    said: str
    is_allowed: bool = False


class Counted(Protocol):
    """What is asked of a change: what is done, for the first time or not, and what is there."""

    @property
    def operation(self) -> Operation: ...
    @property
    def is_first(self) -> bool: ...
    @property
    def is_leaving(self) -> bool: ...
    @property
    def is_there(self) -> bool | None: ...


def kind_of(change: Counted) -> Kind:
    """What a change does to the tool's records.

    An upsert of a record that was never sent makes one, unless the tool was read and has it; the
    fields of a record that are emptied because its row is gone count as a deletion.
    """
    if change.operation in _TAKES_AWAY or change.is_leaving:
        return "deleted"
    if change.operation not in _MAKES:
        return "changed"
    if change.operation == "upsert" and change.is_there is not None:
        return "changed" if change.is_there else "created"
    return "created" if change.is_first else "changed"


def tripped(
    guards: Guards, changes: Iterable[Counted], sent: int, allowed: Collection[str] = ()
) -> tuple[Tripped, ...]:
    """The guards that a plan exceeds; `sent` is how many records the sync has sent before."""
    counts: dict[Kind, int] = dict.fromkeys(GUARDS.values(), 0)
    for change in changes:
        counts[kind_of(change)] += 1
    found = []
    for guard, kind in GUARDS.items():
        limit: Limit | None = getattr(guards, guard)
        said = None if limit is None else _exceeded(limit, kind, counts[kind], sent)
        if said is not None:
            found.append(Tripped(guard, counts[kind], f"{guard}: {said}", guard in allowed))
    return tuple(found)


def check_allowed(allowed: Collection[str]) -> None:
    """Refuse the name of a guard that there is not.

    Raises:
        Misconfigured: there is no such guard.
    """
    unknown = sorted(set(allowed) - set(GUARDS))
    if unknown:
        raise Misconfigured(
            f"There is no guard {', '.join(unknown)} that can be allowed",
            advice=f"one of: {', '.join(GUARDS)}",
        )


def too_many_rejected(guards: Guards, rejected: int, sent: int, planned: int) -> str | None:
    """Why a running delivery must not go on; looked at once a hundred rows or all were sent."""
    limit = guards.max_rejected_share
    if limit is None or sent < min(LOOKED_AT, planned) or rejected <= limit * sent:
        return None
    return (
        f"the guard max_rejected_share stopped it: {rejected:,} of {sent:,} rows were rejected"
        f" ({rejected / sent:.1%}), {limit:.1%} may be"
    )


def _exceeded(limit: Limit, kind: Kind, planned: int, sent: int) -> str | None:
    """The figure that is too high, in words, or None."""
    if limit.count is not None and planned > limit.count:
        return f"{_records(planned)} would be {kind}, {limit.count:,} may be"
    if limit.share is not None and planned > limit.share * sent:
        if not sent:
            return f"{_records(planned)} would be {kind}, and the sync has sent none yet"
        return (
            f"{_records(planned)} would be {kind}, {planned / sent:.1%} of the {sent:,} that the"
            f" sync has sent; {limit.share:.1%} may be"
        )
    return None


def _records(count: int) -> str:
    return f"{count:,} record{'' if count == 1 else 's'}"
