"""Decides which exit code stands for several steps."""

from __future__ import annotations

from collections.abc import Iterable

# When steps end differently, the command ends with the one that most needs a person.
_SEVERITY = (2, 5, 3, 4, 1)


def worst(exit_codes: Iterable[int]) -> int:
    """The exit code that stands for several steps."""
    codes = set(exit_codes)
    return next((code for code in _SEVERITY if code in codes), 0)
