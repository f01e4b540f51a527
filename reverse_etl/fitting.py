"""Keeps back what a tool's fields cannot hold, row by row, before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from reverse_etl.destinations.base import FieldLimit
from reverse_etl.plan import Change, Plan, Withheld

# Of a long list of choices, so many are named.
_NAMED = 8


def fitting(plan: Plan, limits: Mapping[str, FieldLimit]) -> Plan:
    """The plan without the rows of which a value does not fit; a pure function.

    A row goes whole or not at all: half of its fields would be a record that nobody wished for.
    """

    def why(change: Change) -> Withheld | None:
        details = _misfits(change, limits)
        rows = 0 if change.is_leaving else 1
        return Withheld(change.key, "does_not_fit", details, rows) if details else None

    return plan.without(why)


def _misfits(change: Change, limits: Mapping[str, FieldLimit]) -> tuple[str, ...]:
    return tuple(
        f"{field}: {said}"
        for field, wish in change.after.items()
        if field in limits and (said := misfit(wish, limits[field])) is not None
    )


def misfit(wish: object, limit: FieldLimit) -> str | None:
    """Why a field cannot hold a value, in words; every field can be emptied."""
    if wish is None:
        return None
    if limit.check is not None:
        return limit.check(wish)
    if isinstance(wish, (dict, list)):
        return _unknown(list(map(_text, wish)) if isinstance(wish, list) else [], limit)
    text = _text(wish)
    if limit.kind is not None and not _is_of(limit.kind, wish, text):
        return f"{text!r} is {_NO[limit.kind]}"
    if limit.max_length is not None and len(text) > limit.max_length:
        return f"{len(text):,} characters, {limit.max_length:,} may be"
    return _unknown([text] if limit.separator is None else text.split(limit.separator), limit)


def _unknown(parts: Sequence[str], limit: FieldLimit) -> str | None:
    if limit.choices is None:
        return None
    unknown = [part for part in parts if part and part not in limit.choices]
    return f"{', '.join(unknown)} is none of: {_listed(sorted(limit.choices))}" if unknown else None


_NO = {
    "number": "no number",
    "integer": "no whole number",
    "truth": "neither true nor false",
    "date": "no day such as 2026-11-30",
    "instant": "no instant such as 2026-11-30T09:00:00Z",
}


def _is_of(kind: str, wish: object, text: str) -> bool:
    if kind == "truth":
        return text in {"true", "false"}
    if text == "":
        # An empty text empties a field.
        return True
    if kind == "number":
        return _is_number(wish)
    if kind == "integer":
        return _is_number(wish) and float(text).is_integer()
    try:
        found = (date if kind == "date" else datetime).fromisoformat(text)
    except ValueError:
        return False
    # Of the ways to write a day, tools read one.
    return kind == "instant" or found.isoformat() == text


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
        return False


def _listed(choices: Sequence[str]) -> str:
    more = f" and {len(choices) - _NAMED:,} more" if len(choices) > _NAMED else ""
    return ", ".join(choices[:_NAMED]) + more
