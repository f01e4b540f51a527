"""What every metric means: one document, shown to people as the playbook and to SQL as a table.

`dbt_project/metric_registry.yml` says it in English and Japanese. SQL decides the values; a test
holds the two together, so that no metric is measured that is not explained, and none explained
that is not measured.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Self

import pyarrow as pa
from pydantic import AfterValidator, Field, model_validator

from warehouse.documents import Document, read_document
from warehouse.policy import Policy
from warehouse.settings import DBT_PROJECT

REGISTRY = DBT_PROJECT / "metric_registry.yml"

Name = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
# fmt: off
Unit = Literal[
    "money", "money_ratio", "money_per_day", "ratio", "count", "days", "minutes", "months",
    "points", "touches", "text",
]
# fmt: on
Direction = Literal["higher", "lower", "neutral"]
Language = Literal["en", "ja"]

# Where YAML joins lines by a space, Japanese has none: between its letters, and at its punctuation.
_WIDE, _MARKS = r"[\u3040-\u30ff\u3400-\u9fff]", r"[\u3000-\u303f\uff00-\uff0f]"
_FOLD = re.compile(f"(?<={_WIDE}) (?={_WIDE})|(?<={_MARKS}) | (?={_MARKS})")

_TEXTS = ("metric", "family", "subject", "name_en", "name_ja", "unit", "direction", "owner")
_COLUMNS = pa.schema({name: pa.string() for name in _TEXTS} | {"matures": pa.bool_()})


def _is_choice(path: str) -> str:
    model: Any = Policy
    for part in path.split("."):
        fields = getattr(model, "model_fields", {})
        if part not in fields:
            raise ValueError(f"{path!r} is no choice of the policy")
        model = fields[part].annotation
    return path


def _unfolded(text: str) -> str:
    return _FOLD.sub("", text)


Choice = Annotated[str, AfterValidator(_is_choice)]
Line = Annotated[str, Field(min_length=1)]


class Text(Document):
    """The same statement in both languages."""

    en: Line
    ja: Annotated[Line, AfterValidator(_unfolded)]

    def of(self, language: Language) -> str:
        return self.en if language == "en" else self.ja


class Competing(Document):
    """What others mean by the same name, and why it is not what we report under it."""

    definition: Text
    reason: Text


class Metric(Document):
    """One name of `metrics.metric_values`; its records have all of `dims`, or `also_by` too."""

    metric: Name
    unit: Unit
    dims: tuple[Name, ...] = ()
    also_by: tuple[Name, ...] = ()
    direction: Direction
    matures: bool = Field(
        default=False,
        description="what happens after a period has ended still changes the period's value",
    )
    name: Text
    what: Text

    @property
    def dimensions(self) -> set[frozenset[str]]:
        """The sets of dimensions that its records may have."""
        return {frozenset(self.dims), frozenset(self.dims + self.also_by)}


class Family(Document):
    """The metrics that share one definition."""

    id: Name
    subject: Name
    owner: Name
    models: tuple[Name, ...] = Field(min_length=1, description="the typed tables that hold it")
    tables: tuple[Name, ...] = Field(description="the canonical tables that it is made of")
    choices: tuple[Choice, ...] = Field((), description="choices of the policy that change it")
    name: Text
    formula: Text
    grain: Text
    time_basis: Text
    currency: Text
    undefined: Text
    authority: Text
    competing: tuple[Competing, ...] = ()
    metrics: tuple[Metric, ...] = Field(min_length=1)


class MetricRegistry(Document):
    """Everything the playbook says."""

    introduction: Text
    conventions: tuple[Text, ...]
    owners: dict[Name, Text]
    subjects: dict[Name, Text]
    dims: dict[Name, Text]
    families: tuple[Family, ...]

    @model_validator(mode="after")
    def _is_one_web(self) -> Self:
        faults = [*self._repeated(), *self._unexplained()]
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def metrics(self) -> Iterator[tuple[Family, Metric]]:
        for family in self.families:
            for metric in family.metrics:
                yield family, metric

    def _repeated(self) -> Iterator[str]:
        names = [f"family {family.id}" for family in self.families]
        names += [f"metric {metric.metric}" for _, metric in self.metrics()]
        for name in sorted({one for one in names if names.count(one) > 1}):
            yield f"{name} is defined twice"
        headings = [*self.subjects.values(), *(family.name for family in self.families)]
        for spoken in ([one.en for one in headings], [one.ja for one in headings]):
            for name in sorted({one for one in spoken if spoken.count(one) > 1}):
                yield f"{name!r} is the name of two things"

    def _unexplained(self) -> Iterator[str]:
        for family in self.families:
            if family.subject not in self.subjects:
                yield f"family {family.id}: subject {family.subject} is not among subjects"
            if family.owner not in self.owners:
                yield f"family {family.id}: owner {family.owner} is not among owners"
        for _, metric in self.metrics():
            for dim in (*metric.dims, *metric.also_by):
                if dim not in self.dims:
                    yield f"metric {metric.metric}: dimension {dim} is not among dims"


def read_registry() -> MetricRegistry:
    """The project's registry.

    Raises:
        Misconfigured: it is not what a registry is; the message names lines.
    """
    return read_document(REGISTRY, MetricRegistry)


def registry_table() -> pa.Table:
    """One row per metric, for dbt's Python model."""
    rows = [
        {
            "metric": metric.metric,
            "family": family.id,
            "subject": family.subject,
            "name_en": metric.name.en,
            "name_ja": metric.name.ja,
            "unit": metric.unit,
            "direction": metric.direction,
            "owner": family.owner,
            "matures": metric.matures,
        }
        for family, metric in read_registry().metrics()
    ]
    return pa.Table.from_pylist(rows, schema=_COLUMNS)
