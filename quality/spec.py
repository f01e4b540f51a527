"""What a ruleset may say: which rows of a model may leave, and why not."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from warehouse.connection import quoted
from warehouse.documents import Document, choose, read_folder, said_hash

RULES = Path(__file__).parent / "rules"

Severity = Literal["warn", "quarantine", "hold"]


class _Rule(Document):
    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    severity: Severity
    because: str = Field(min_length=10, description="why somebody would be sorry without it")

    def failing(self) -> str | None:
        """The SQL condition that a failing row meets, or None for a rule about the whole table."""
        raise NotImplementedError


class _ColumnRule(_Rule):
    column: str


class NotNull(_ColumnRule):
    kind: Literal["not_null"]

    def failing(self) -> str:
        return f"{quoted(self.column)} is null"


class Unique(_ColumnRule):
    kind: Literal["unique"]

    def failing(self) -> str:
        column = quoted(self.column)
        return f"{column} is not null and count(*) over (partition by {column}) > 1"


class Between(_ColumnRule):
    kind: Literal["between"]
    min: Decimal | None = None
    max: Decimal | None = None

    def failing(self) -> str:
        column = quoted(self.column)
        bounds = [
            f"{column} < {self.min}" if self.min is not None else None,
            f"{column} > {self.max}" if self.max is not None else None,
        ]
        return " or ".join(bound for bound in bounds if bound)

    @model_validator(mode="after")
    def _has_a_bound(self) -> Self:
        if self.min is None and self.max is None:
            raise ValueError("needs a min or a max")
        return self


class OneOf(_ColumnRule):
    kind: Literal["one_of"]
    values: tuple[str, ...] = Field(min_length=1)

    def failing(self) -> str:
        listed = ", ".join("'" + value.replace("'", "''") + "'" for value in self.values)
        return f"{quoted(self.column)} not in ({listed})"


class Holds(_Rule):
    """A condition, in SQL, that every row must meet; unknown (null) counts as not met."""

    kind: Literal["holds"]
    expression: str

    def failing(self) -> str:
        return f"not coalesce(({self.expression}), false)"


class RowCount(_Rule):
    kind: Literal["row_count"]
    min: int | None = None
    max: int | None = None

    def failing(self) -> None:
        return None

    @model_validator(mode="after")
    def _cannot_name_rows(self) -> Self:
        if self.severity == "quarantine":
            raise ValueError("is about the whole table: its severity is warn or hold")
        return self


Rule = Annotated[NotNull | Unique | Between | OneOf | Holds | RowCount, Field(discriminator="kind")]


class RuleSet(Document):
    """The rules of one model; `key` is the column that names a withheld row."""

    ruleset: str
    # `schema` is a name of pydantic's own.
    model: str
    key: str
    owner: str
    description: str
    max_quarantined_share: float = Field(0.2, ge=0, le=1)
    rules: tuple[Rule, ...] = Field(min_length=1)

    @property
    def table(self) -> str:
        return f"marts.{quoted(self.model)}"

    @property
    def rules_hash(self) -> str:
        """Changes when anything that decides a verdict changes."""
        return said_hash(self, besides={"description", "owner"})

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = [rule.name for rule in self.rules]
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            raise ValueError(f"rule names are used twice: {', '.join(doubled)}")
        return self


def rulesets(folder: Path = RULES) -> dict[str, RuleSet]:
    """Every ruleset by name.

    Raises:
        Misconfigured: a document is wrong, or named otherwise than its file.
    """
    return read_folder(folder, RuleSet, lambda one: one.ruleset)


def ruleset(name: str) -> RuleSet:
    """One ruleset.

    Raises:
        Misconfigured: there is none of that name.
    """
    return choose(rulesets(), "ruleset", name)
