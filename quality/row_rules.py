"""Rules about single rows: a condition that a failing row meets, so that it can be withheld."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from quality.forms import CORPORATE_NUMBER, DOMAIN, EMAIL, PHONE
from quality.rule import BaseRule, Known, Measure, ValueRule, text
from warehouse.connection import quoted
from warehouse.documents import Document


class RowRule(BaseRule):
    where: str | None = Field(None, description="an SQL condition: other rows are not judged")

    def broken(self) -> str:
        """The condition of a failing row, whatever `where` says."""
        raise NotImplementedError

    def failing(self) -> str:
        broken = self.broken()
        return broken if self.where is None else f"({self.where}) and ({broken})"

    def measure(self, known: Known) -> Measure:  # noqa: ARG002 - a table's rule needs it
        return Measure(f"count(*) filter (where {self.failing()})", high=0, counts_rows=True)


class ColumnRule(ValueRule, RowRule):
    pass


class NotNull(ColumnRule):
    kind: Literal["not_null"]

    def broken(self) -> str:
        return f"{self.value} is null"


class Unique(RowRule):
    """No two rows have the same values; a row with an empty one is like no other."""

    kind: Literal["unique"]
    column: str | tuple[str, ...]

    def columns(self) -> tuple[str, ...]:
        return (self.column,) if isinstance(self.column, str) else self.column

    def _known(self) -> str:
        known = " and ".join(f"{quoted(one)} is not null" for one in self.columns())
        return known if self.where is None else f"({self.where}) and {known}"

    def _keys(self) -> str:
        return ", ".join(quoted(one) for one in self.columns())

    def broken(self) -> str:
        # The partition holds what is judged: a row left out by `where` is nobody's double.
        known = self._known()
        return f"{known} and count(*) filter (where {known}) over (partition by {self._keys()}) > 1"

    def measure(self, known: Known) -> Measure:
        """By groups: a window over the table would cost several times as much."""
        doubled = (
            f"select count(*) as copies from {known.relation} where {self._known()}"
            f" group by {self._keys()} having count(*) > 1"
        )
        return Measure(
            f"(select coalesce(sum(copies), 0) from ({doubled}))", high=0, counts_rows=True
        )


Bound = Annotated[Decimal | dt.date, Field(union_mode="left_to_right")]


class Between(ColumnRule):
    kind: Literal["between"]
    min: Bound | None = None
    max: Bound | None = None

    def broken(self) -> str:
        value = self.value
        bounds = [
            f"{value} < {_literal(self.min)}" if self.min is not None else None,
            f"{value} > {_literal(self.max)}" if self.max is not None else None,
        ]
        return " or ".join(bound for bound in bounds if bound)

    @model_validator(mode="after")
    def _has_a_bound(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("needs a min or a max")
        return self


class OneOf(ColumnRule):
    kind: Literal["one_of"]
    values: tuple[str, ...] = Field(min_length=1)

    def broken(self) -> str:
        listed = ", ".join(text(value) for value in self.values)
        return f"{self.value} not in ({listed})"


class Place(Document):
    """A column of another table."""

    table: str = Field(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$", description="schema.table")
    column: str

    @property
    def sql(self) -> str:
        schema, _, table = self.table.partition(".")
        return f"{quoted(schema)}.{quoted(table)}"


class Relation(ColumnRule):
    """The value stands in a column of another table; an empty one passes."""

    kind: Literal["relation"]
    to: Place

    def broken(self) -> str:
        value, there = self.value, quoted(self.to.column)
        return (
            f"{value} is not null and {value} not in"
            f" (select {there} from {self.to.sql} where {there} is not null)"
        )


class Pattern(ColumnRule):
    """The whole text matches a regular expression, in RE2's syntax; an empty one passes."""

    kind: Literal["pattern"]
    regex: str = Field(min_length=1)

    def broken(self) -> str:
        return f"not regexp_full_match({self.value}, {text(self.regex)})"


class _Form(ColumnRule):
    """A text of a known form; an empty one passes, and `not_null` asks for one."""

    def form(self) -> str:
        """The condition that a text of the form meets, of `{value}`."""
        raise NotImplementedError

    def broken(self) -> str:
        return f"not ({self.form().format(value=self.value)})"


class Email(_Form):
    kind: Literal["email"]

    def form(self) -> str:
        return EMAIL


class Phone(_Form):
    kind: Literal["phone"]

    def form(self) -> str:
        return PHONE


class Domain(_Form):
    kind: Literal["domain"]

    def form(self) -> str:
        return DOMAIN


class CorporateNumber(_Form):
    """The thirteen digits that Japan's tax agency gives a corporation (法人番号)."""

    kind: Literal["corporate_number"]

    def form(self) -> str:
        return CORPORATE_NUMBER


class Holds(RowRule):
    """A condition, in SQL, that every row must meet; unknown (null) counts as not met."""

    kind: Literal["holds"]
    expression: str

    def broken(self) -> str:
        return f"not coalesce(({self.expression}), false)"


def _literal(bound: Decimal | dt.date) -> str:
    return str(bound) if isinstance(bound, Decimal) else f"date {text(bound.isoformat())}"
