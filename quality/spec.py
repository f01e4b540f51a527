"""What a ruleset may say: which rows of a table may go on, and why not."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from quality.row_rules import (
    Between,
    CorporateNumber,
    Domain,
    Email,
    Holds,
    NotNull,
    OneOf,
    Pattern,
    Phone,
    Relation,
    Unique,
)
from quality.rule import Severity
from quality.table_rules import (
    Completeness,
    Drift,
    Freshness,
    Query,
    Reconciliation,
    RowCount,
    Schema,
    Volume,
)
from warehouse.connection import quoted
from warehouse.documents import Document, choose, read_folder, said_hash
from warehouse.version_log import VERSION_ORDER

__all__ = ["Between", "OneOf", "Rule", "RuleSet", "Severity", "ruleset", "rulesets"]

RULES = Path(__file__).parent / "rules"

# Where a gate stands: what stops when it does not let anything through.
Stage = Literal["landing", "canonical", "activation"]
STAGES: tuple[Stage, ...] = ("landing", "canonical", "activation")

_Kinds = (
    NotNull
    | Unique
    | Between
    | OneOf
    | Relation
    | Pattern
    | Email
    | Phone
    | Domain
    | CorporateNumber
    | Holds
    | RowCount
    | Freshness
    | Volume
    | Drift
    | Completeness
    | Reconciliation
    | Schema
    | Query
)
Rule = Annotated[_Kinds, Field(discriminator="kind")]


class RuleSet(Document):
    """The rules of one table; `key` is the column that names a withheld row."""

    ruleset: str
    # `schema` is a name of pydantic's own.
    schema_name: str = Field(
        "marts",
        alias="schema",
        pattern=r"^(raw_[a-z0-9_]+|canonical|marts|activation)$",
        description="of the table: raw_<vendor> as landed, canonical, marts or activation",
    )
    model: str = Field(description="the table: a model of dbt's, or a stream")
    key: str
    owner: str
    description: str
    slo: float = Field(0.99, gt=0, le=1, description="the share of sound rows that is promised")
    max_quarantined_share: float = Field(0.2, ge=0, le=1)
    after: tuple[str, ...] = Field(
        (), description="gates of the tables below: what they hold or withhold counts here too"
    )
    rules: tuple[Rule, ...] = Field(min_length=1)

    @property
    def stage(self) -> Stage:
        """Where the gate stands, which follows from where its table is."""
        if self.schema_name.startswith("raw_"):
            return "landing"
        return "canonical" if self.schema_name == "canonical" else "activation"

    @property
    def vendor(self) -> str | None:
        """Whose stream is judged, if it is one."""
        return self.schema_name.removeprefix("raw_") if self.stage == "landing" else None

    @property
    def table(self) -> str:
        return f"{quoted(self.schema_name)}.{quoted(self.model)}"

    @property
    def relation(self) -> str:
        """What is judged: the table, or of a stream what its newest run has landed."""
        if self.stage != "landing":
            return self.table
        newest = f"(select max_by(_run_id, _extracted_at) from {self.table})"
        return f"(select * from {self.table} where _run_id = {newest})"

    @property
    def live(self) -> str | None:
        """Of a stream, the records that its tool still has, as an aggregate over any relation."""
        if self.stage != "landing":
            return None
        latest = f"select arg_max(_deleted, {VERSION_ORDER}) as is_gone"
        versions = f"{latest} from {self.table} group by _key"
        return f"coalesce(max((select count(*) from ({versions}) where not is_gone)), 0)"

    @property
    def rules_hash(self) -> str:
        """Changes when anything that decides a verdict changes."""
        return said_hash(self, besides={"description", "owner", "slo"})

    def owner_of(self, rule: str) -> str:
        """Who mends what a rule finds."""
        return next((one.owner for one in self.rules if one.name == rule and one.owner), self.owner)

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = [rule.name for rule in self.rules]
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            raise ValueError(f"rule names are used twice: {', '.join(doubled)}")
        return self

    @model_validator(mode="after")
    def _a_landed_version_cannot_be_withheld(self) -> Self:
        withholding = [rule.name for rule in self.rules if rule.severity == "quarantine"]
        if self.stage == "landing" and withholding:
            raise ValueError(
                f"{', '.join(withholding)}: what is landed goes on whole or not at all, so that"
                " the severity is warn or hold; a record that breaks its contract is rejected"
                " by its connector"
            )
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
