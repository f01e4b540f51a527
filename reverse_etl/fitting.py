"""Keeps back what a tool's fields cannot hold, row by row, before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from reverse_etl.destinations.base import FieldLimit
from reverse_etl.plan import Change, Plan, Withheld

# Of a long list of choices, so many are named.
_NAMED = 8


def fitting(plan: Plan, limits: Mapping[str, FieldLimit]) -> Plan:
    """The plan without the rows of which a value does not fit; a pure function.

    A row goes whole or not at all: half of its fields would be a record that nobody wished for.
    """
    changes: list[Change] = []
    withheld: list[Withheld] = []
    for change in plan.changes:
        details = _misfits(change, limits)
        if details:
            rows = 0 if change.is_leaving else 1
            withheld.append(Withheld(change.key, "does_not_fit", details, rows))
        else:
            changes.append(change)
    if not withheld:
        return plan
    return replace(plan, changes=tuple(changes), withheld=(*plan.withheld, *withheld))


def _misfits(change: Change, limits: Mapping[str, FieldLimit]) -> tuple[str, ...]:
    return tuple(
        f"{field}: {said}"
        for field, wish in change.after.items()
        if field in limits and (said := misfit(wish, limits[field])) is not None
    )


def misfit(wish: object, limit: FieldLimit) -> str | None:
    """Why a field cannot hold a value, in words; every field can be emptied."""
    if wish is None or isinstance(wish, (dict, list)):
        return None
    text = _text(wish)
    if limit.kind == "number" and not _is_number(wish):
        return f"{text!r} is no number"
    if limit.kind == "truth" and text not in {"true", "false"}:
        return f"{text!r} is neither true nor false"
    if limit.max_length is not None and len(text) > limit.max_length:
        return f"{len(text):,} characters, {limit.max_length:,} may be"
    if limit.choices is None:
        return None
    parts = [text] if limit.separator is None else text.split(limit.separator)
    unknown = [part for part in parts if part and part not in limit.choices]
    return f"{', '.join(unknown)} is none of: {_listed(sorted(limit.choices))}" if unknown else None


def _text(wish: object) -> str:
    if isinstance(wish, bool):
        return str(wish).lower()
    return str(int(wish)) if isinstance(wish, float) and wish.is_integer() else str(wish)


def _is_number(wish: object) -> bool:
    if isinstance(wish, bool):
        return False
    try:
        return abs(float(str(wish))) < float("inf")
    except ValueError:
        # An empty text empties a field.
        return wish == ""


def _listed(choices: Sequence[str]) -> str:
    more = f" and {len(choices) - _NAMED:,} more" if len(choices) > _NAMED else ""
    return ", ".join(choices[:_NAMED]) + more
