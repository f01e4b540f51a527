"""What to do next: of the rules in their order, the first whose conditions all hold decides."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from warehouse.documents import Document
from warehouse.rules.conditions import CONDITIONS, Condition, Subject

Asked = bool | int | Decimal | str | tuple[str, ...]

# Facts are numbers of 38 digits, ten of them after the point.
_PLACES, _TOO_LARGE = 10, Decimal(10) ** 28


def _known_to(subject: Subject) -> AfterValidator:
    def check(name: str) -> str:
        if name not in CONDITIONS[subject]:
            known = ", ".join(sorted(CONDITIONS[subject]))
            raise ValueError(f"there is no such condition on {_NAMED[subject]}; there are: {known}")
        return name

    return AfterValidator(check)


_NAMED: Mapping[Subject, str] = {"opportunity": "opportunities", "person": "people"}


class Rule(Document):
    """If all of `when` holds, do `action`."""

    subject: ClassVar[Subject]

    id: str = Field(min_length=1)
    when: Mapping[str, Asked]
    action: str = Field(min_length=1)

    @model_validator(mode="after")
    def _is_askable(self) -> Self:
        for name, asked in self.when.items():
            condition = CONDITIONS[self.subject][name]
            if limits(condition, asked) is None:
                raise ValueError(f"{name} takes {condition.takes}, not {asked!r}")
        return self


class OpportunityRule(Rule):
    subject = "opportunity"

    when: dict[Annotated[str, _known_to("opportunity")], Asked] = Field(min_length=1)


class PersonRule(Rule):
    subject = "person"

    when: dict[Annotated[str, _known_to("person")], Asked] = Field(min_length=1)


class Action(Document):
    """How an action is told to people, and to whom."""

    en: str
    ja: str
    assign_to: Literal["owner", "manager"] = "owner"
    is_escalation: bool = Field(default=False, description="told in the team's chat, too")


class Decisions(Document):
    """The rules on open opportunities and on people; an opportunity without one gets the default.

    Of a person whom no rule concerns, nothing is said.
    """

    rules_in_priority_order: tuple[OpportunityRule, ...]
    default_action: str = Field(min_length=1)
    people_rules_in_priority_order: tuple[PersonRule, ...] = ()
    actions: dict[str, Action] = Field({})

    @property
    def rules(self) -> dict[Subject, tuple[Rule, ...]]:
        return {
            "opportunity": self.rules_in_priority_order,
            "person": self.people_rules_in_priority_order,
        }

    @model_validator(mode="after")
    def _names_agree(self) -> Self:
        for rules in self.rules.values():
            names = [rule.id for rule in rules]
            doubled = sorted({name for name in names if names.count(name) > 1})
            if doubled:
                raise ValueError(f"two rules have one id: {', '.join(doubled)}")
        used = {rule.action for rules in self.rules.values() for rule in rules}
        unused = sorted(self.actions.keys() - used - {self.default_action})
        if unused:
            raise ValueError(f"no rule leads to these actions: {', '.join(unused)}")
        return self


def limits(condition: Condition, asked: Asked) -> tuple[bool | Decimal | str, ...] | None:
    """What a fact is compared with: a truth, a number or several words; None if it cannot be."""
    match condition.operator:
        case "is" | "is null":
            return (asked,) if isinstance(asked, bool) else None
        case "in":
            words = asked if isinstance(asked, tuple) else (asked,)
            fits = bool(words) and all(isinstance(word, str) for word in words)
            return tuple(dict.fromkeys(str(word) for word in words)) if fits else None
        case _:
            number = _number(asked)
            return None if number is None else (number,)


def _number(asked: Asked) -> Decimal | None:
    """A number of at most ten places, or None; exchanged files write some of theirs as texts."""
    if isinstance(asked, bool | tuple):
        return None
    try:
        number = Decimal(asked)
        is_small = number.is_finite() and abs(number) < _TOO_LARGE
        return number if is_small and number == round(number, _PLACES) else None
    except InvalidOperation:
        return None
