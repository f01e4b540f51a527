"""What is asked of identity, what came out, and what the best known elsewhere is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Asked:
    """One figure to reach: at least (quality) or at most (time, memory, mistakes)."""

    measure: str
    target: float
    at_most: bool = False
    unit: str = ""
    # What others reached on this data, as told in the survey.
    elsewhere: str = ""

    def as_text(self) -> str:
        return f"{'<=' if self.at_most else '>='} {self.target:g}{self.unit}"

    def is_met(self, value: float) -> bool:
        # As precise as it is printed and asked: a figure just below the target has missed it.
        return value <= self.target if self.at_most else value >= self.target


@dataclass(frozen=True)
class Figure:
    """One answer to one question."""

    asked: Asked
    value: float

    @property
    def is_met(self) -> bool:
        return self.asked.is_met(self.value)

    def as_text(self) -> str:
        if self.asked.at_most:
            return f"{self.value:.4g}{self.asked.unit}"
        return f"{self.value:.4f}"

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self.asked), "value": self.value, "is_met": self.is_met}


def answered(asked: Mapping[str, Asked], values: Mapping[str, float]) -> list[Figure]:
    """The figures in the order in which they were asked.

    Raises:
        KeyError: a figure that was asked for was not measured.
    """
    return [Figure(one, values[name]) for name, one in asked.items()]
