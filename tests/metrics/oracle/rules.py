"""A company's rule documents, beside its policy: what is missing decides nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from tests.metrics.oracle.company import Company


def document(company: Company, name: str) -> dict[str, Any] | None:
    """What a document says, its numbers exact; None where the company has none."""
    path = company.folder / f"{name}.json"
    if not path.exists():
        return None
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"), parse_float=Fraction)
    return found


def highest_floor(floors: Sequence[Sequence[Any]], points: Fraction) -> str | None:
    """The name of the highest floor that the points reach, wherever it is listed."""
    reached = [(Fraction(floor), name) for floor, name in floors if points >= Fraction(floor)]
    return str(max(reached)[1]) if reached else None


def largest_remainder(total: int, weights: Sequence[Fraction]) -> list[int]:
    """Whole parts of a total by weights; a tie goes to the earlier one."""
    whole = sum(weights)
    exact = [total * weight / whole for weight in weights]
    parts = [int(share) for share in exact]
    order = sorted(range(len(exact)), key=lambda place: (parts[place] - exact[place], place))
    for place in order[: total - sum(parts)]:
        parts[place] += 1
    return parts
