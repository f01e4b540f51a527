"""How accounts are scored: fit by intent, who of the buying group is known, and the tiers."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from warehouse.documents import Document
from warehouse.rules.scoring import AttributeRule, Points

Tier = Literal["A", "B", "C"]
Seniority = Literal["executive", "director", "manager", "staff"]
Cap = Annotated[Points, Field(gt=0, le=100)]
Grades = tuple[tuple[Points, str], ...]

# What a rule may ask about an account: columns of `metrics.account_facts`.
FIELDS = tuple(
    f"account.{name}"
    for name in (
        *("account_name", "domain", "country", "industry", "employee_count", "segment"),
        *("billing_currency", "is_target_account", "owner_id", "is_customer", "mrr"),
        *("person_count", "open_opportunity_count", "open_pipeline_amount"),
        *("won_opportunity_count", "won_revenue_amount", "open_ticket_count"),
    )
)


def _is_field(name: str) -> str:
    if name not in FIELDS:
        raise ValueError(f"{name!r} is no fact of an account; one of: {', '.join(FIELDS)}")
    return name


class FitRule(AttributeRule):
    """Points for a fact of the account, in the language of scoring.yml."""

    field: Annotated[str, AfterValidator(_is_field)]


class Fit(Document):
    """Who an account is and what it is to us; all rules that hold count, up to the cap."""

    cap: Cap
    rules: tuple[FitRule, ...] = Field(min_length=1)
    grades: Grades = Field(min_length=1)


class Intent(Document):
    """What its people did lately, by the behaviour rules of scoring.yml, up to the cap."""

    cap: Cap
    grades: Grades = Field(min_length=1)


class Role(Document):
    """Who has it: somebody whose department and seniority are both listed, where they are."""

    role: str
    departments: tuple[str, ...] = ()
    seniorities: tuple[Seniority, ...] = ()

    @model_validator(mode="after")
    def _is_told_by_something(self) -> Self:
        if not self.departments and not self.seniorities:
            raise ValueError(f"{self.role}: needs departments, seniorities or both")
        return self


class BuyingGroup(Document):
    engaged_days: int = Field(90, ge=1)
    roles: tuple[Role, ...] = ()


class Accounts(Document):
    """The two caps make 100, so that a score has nothing to be explained but its parts."""

    fit: Fit
    intent: Intent
    buying_group: BuyingGroup = BuyingGroup()
    tiers: dict[str, dict[str, Tier]] = Field(
        description="the tier of every grade of fit and grade of intent"
    )

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        if self.fit.cap + self.intent.cap != 100:
            raise ValueError("fit.cap and intent.cap must make 100")
        for axis, grades in (("fit", self.fit.grades), ("intent", self.intent.grades)):
            if min(floor for floor, _ in grades) > 0:
                raise ValueError(f"{axis}.grades: the lowest must begin at 0")
            for what in zip(*grades, strict=True):
                if len(set(what)) < len(what):
                    raise ValueError(f"{axis}.grades: two floors or names are the same")
        names = [role.role for role in self.buying_group.roles]
        ids = [rule.id for rule in self.fit.rules]
        for one, said in (("buying_group.roles", names), ("fit.rules", ids)):
            if len(set(said)) < len(said):
                raise ValueError(f"{one}: two are called the same")
        wanted = {(fit, intent) for _, fit in self.fit.grades for _, intent in self.intent.grades}
        given = {(fit, intent) for fit, row in self.tiers.items() for intent in row}
        if wanted != given:
            odd = ", ".join(" x ".join(pair) for pair in sorted(wanted ^ given))
            raise ValueError(f"tiers: every fit x intent has one tier; missing or unknown: {odd}")
        return self
