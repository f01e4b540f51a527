"""Rules about a whole table: one value, and the bounds within which it must lie."""

from __future__ import annotations

import statistics
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from quality.drift import Shape, index_sql, shape_of
from quality.rule import BaseRule, Known, Measure, ValueRule, text
from warehouse.connection import Session


class TableRule(BaseRule):
    def failing(self) -> None:
        return None

    @model_validator(mode="after")
    def _cannot_name_rows(self) -> Self:
        if self.severity == "quarantine":
            raise ValueError("is about the whole table: its severity is warn or hold")
        return self


class RowCount(TableRule):
    kind: Literal["row_count"]
    min: int | None = None
    max: int | None = None

    def measure(self, known: Known) -> Measure:  # noqa: ARG002 - other rules need it
        return Measure("count(*)", low=self.min, high=self.max)


class Freshness(ValueRule, TableRule):
    """The youngest instant of a column is at most so many hours old."""

    kind: Literal["freshness"]
    max_age_hours: float = Field(gt=0)

    def measure(self, known: Known) -> Measure:
        now = f"timestamptz {text(known.now.isoformat())}"
        age = f"epoch({now} - max({self.value})::timestamptz) / 3600"
        return Measure(age, high=self.max_age_hours)


class Volume(TableRule):
    """The number of rows is near the median of the gates before; at first, there is a row.

    Of a stream, the records that its tool still has are counted, and at first none are asked for.
    """

    kind: Literal["volume"]
    max_drop: float = Field(gt=0, lt=1, description="the share that may be missing")
    max_growth: float | None = Field(None, gt=0, description="the share that may be new")
    gates: int = Field(7, ge=1, description="how many earlier gates are looked at")

    def measure(self, known: Known) -> Measure:
        past = known.past.get(self.name, ())[: self.gates]
        rows = known.live or "count(*)"
        if not past:
            return Measure(rows, low=1 if known.live is None else 0)
        usual = statistics.median(past)
        high = None if self.max_growth is None else usual * (1 + self.max_growth)
        return Measure(rows, low=usual * (1 - self.max_drop), high=high)

    def kept(self, session: Session, relation: str, observed: Any) -> Any:  # noqa: ARG002
        return observed


class Drift(ValueRule, TableRule):
    """A column is distributed as in the last gate that passed: Population Stability Index.

    Below 0.1 nothing has changed, above 0.25 much has; see `quality.drift`. The first gate has
    nothing to compare with: it asks for no more than that the column can be read.
    """

    kind: Literal["drift"]
    max_psi: float = Field(0.25, gt=0)
    min_rows: int = Field(200, ge=1, description="fewer rows, then or now, differ by chance")

    def measure(self, known: Known) -> Measure:
        shapes = [shape for one in known.past.get(self.name, ()) if (shape := Shape.read(one))]
        if not shapes or shapes[0].rows < self.min_rows:
            return Measure(f"count({self.value}) * 0", high=self.max_psi)
        index = index_sql(self.value, shapes[0])
        return Measure(
            f"case when count(*) < {self.min_rows} then 0 else {index} end", high=self.max_psi
        )

    def kept(self, session: Session, relation: str, observed: Any) -> Any:  # noqa: ARG002
        return shape_of(session, self.value, relation).as_json()


class Completeness(ValueRule, TableRule):
    """At least such a share of the rows has a value; an empty text is none."""

    kind: Literal["completeness"]
    min_share: float = Field(gt=0, le=1)
    where: str | None = Field(None, description="an SQL condition: other rows are not judged")
    min_rows: int = Field(1, ge=1, description="of fewer rows, a share says little")

    def measure(self, known: Known) -> Measure:  # noqa: ARG002
        judged = "true" if self.where is None else f"({self.where})"
        value = self.value
        has = f"count(*) filter (where {judged} and {value} is not null and {value}::varchar <> '')"
        rows = f"count(*) filter (where {judged})"
        share = f"case when {rows} < {self.min_rows} then 1 else {has} / {rows} end"
        return Measure(share, low=self.min_share)


class Reconciliation(TableRule):
    """Two queries of one value each come to the same, up to a tolerance."""

    kind: Literal["reconciliation"]
    left: str
    right: str
    tolerance: float = Field(0, ge=0, description="how far apart they may be, in their unit")

    def measure(self, known: Known) -> Measure:  # noqa: ARG002
        return Measure(f"abs(({self.left}) - ({self.right}))", high=self.tolerance)


class Schema(TableRule):
    """The table has these columns with these types, as DuckDB names them."""

    kind: Literal["schema"]
    columns_and_types: dict[str, str] = Field(min_length=1, alias="columns")
    is_closed: bool = Field(default=False, alias="closed", description="and no other columns")

    def columns(self) -> tuple[str, ...]:
        return tuple(self.columns_and_types)

    def measure(self, known: Known) -> Measure:
        described = (
            f"(select column_name, column_type from (describe select * from {known.relation}))"
        )
        said = ", ".join(
            f"({text(name)}, {text(kind.upper())})" for name, kind in self.columns_and_types.items()
        )
        wrong = (
            f"(select count(*) from (values {said}) as said (column_name, column_type)"
            f" where (column_name, column_type) not in {described})"
        )
        names = ", ".join(text(name) for name in self.columns_and_types)
        surplus = f"(select count(*) from {described} where column_name not in ({names}))"
        return Measure(wrong + (f" + {surplus}" if self.is_closed else ""), high=0)


class Query(BaseRule):
    """A query of one's own, which gives a row for all that is wrong.

    To withhold rows its first column must be the key of the ruleset.
    """

    kind: Literal["sql"]
    query: str

    def failing(self) -> None:
        return None

    def measure(self, known: Known) -> Measure:  # noqa: ARG002
        return Measure(f"(select count(*) from ({self.query}))", high=0, counts_rows=True)
