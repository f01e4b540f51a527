"""What every rule says, and what its SQL may know besides the table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from warehouse.connection import Session, quoted
from warehouse.documents import Document

Severity = Literal["warn", "quarantine", "hold"]


@dataclass(frozen=True)
class Known:
    """What a rule may be held against.

    Attributes:
        relation: the table, or the query between parentheses, that is judged.
        now: the clock's instant.
        past: by rule, what it kept of earlier gates that it passed, the newest first.
        live: of a stream, the number of records that its tool still has, as an aggregate in SQL;
            what is judged of a stream is only what its last run has landed.
    """

    relation: str
    now: datetime
    past: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    live: str | None = None


@dataclass(frozen=True)
class Measure:
    """A rule as SQL: an aggregate over the relation, and the bounds within which it passes.

    `counts_rows` tells a number of failing rows from any other value.
    """

    sql: str
    low: float | None = None
    high: float | None = None
    counts_rows: bool = False


class BaseRule(Document):
    """A rule; who owns it is who the ruleset's owner is, unless it says otherwise."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    kind: str
    severity: Severity
    because: str = Field(min_length=10, description="why somebody would be sorry without it")
    owner: str | None = Field(None, description="who mends what it finds; the ruleset's if unset")

    def failing(self) -> str | None:
        """The SQL condition that a failing row meets, or None for a rule about the whole table."""
        raise NotImplementedError

    def measure(self, known: Known) -> Measure:
        """The aggregate that decides it."""
        raise NotImplementedError

    def kept(self, session: Session, relation: str, observed: Any) -> Any:  # noqa: ARG002
        """What later gates are told of this one, where the rule passed; None for nothing."""
        return None

    def columns(self) -> tuple[str, ...]:
        """The columns that it names; those within an SQL expression of its own are not listed."""
        return ()


class ValueRule(BaseRule):
    """A rule about one value of each row: a column's, or an SQL expression's."""

    column: str | None = None
    expression: str | None = Field(None, description="SQL, in place of a column")

    @property
    def value(self) -> str:
        """The value as SQL."""
        return f"({self.expression})" if self.column is None else quoted(self.column)

    def columns(self) -> tuple[str, ...]:
        return () if self.column is None else (self.column,)

    @model_validator(mode="after")
    def _is_about_something(self) -> Self:
        if (self.column is None) == (self.expression is None):
            raise ValueError("needs a column or an expression, and not both")
        return self


def text(value: str) -> str:
    """An SQL literal."""
    return "'" + value.replace("'", "''") + "'"
