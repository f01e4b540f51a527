"""A small part of Google's query language: one resource, plain conditions, an order, a limit."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from sandbox.store import Record

_QUERY = re.compile(
    r"\s*SELECT\s+(?P<fields>.+?)\s+FROM\s+(?P<resource>\w+)"
    r"(?:\s+WHERE\s+(?P<where>.+?))?"
    r"(?:\s+ORDER\s+BY\s+(?P<order>[\w.]+)(?:\s+(?P<way>ASC|DESC))?)?"
    r"(?:\s+LIMIT\s+(?P<limit>\d+))?\s*",
    re.IGNORECASE | re.DOTALL,
)
_RANGE = re.compile(r"([\w.]+)\s+BETWEEN\s+'([^']*)'\s+AND\s+'([^']*)'", re.IGNORECASE)
_CONDITION = re.compile(
    r"([\w.]+)\s*(=|!=|>=|<=|>|<|IN)\s*('[^']*'|[\w.]+|\([^)]*\))", re.IGNORECASE
)

_OPERATORS: dict[str, Callable[[str, tuple[str, ...]], bool]] = {
    "BETWEEN": lambda text, values: values[0] <= text <= values[1],
    "IN": lambda text, values: text in values,
    "=": lambda text, values: text == values[0],
    "!=": lambda text, values: text != values[0],
    ">=": lambda text, values: text >= values[0],
    "<=": lambda text, values: text <= values[0],
    ">": lambda text, values: text > values[0],
    "<": lambda text, values: text < values[0],
}


class BadQuery(Exception):
    """A query that cannot be answered: Google's name of the error, and what is wrong."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Condition:
    field: str
    operator: str
    values: tuple[str, ...]

    def holds(self, record: Record) -> bool:
        return _OPERATORS[self.operator](str(value_of(record, self.field)), self.values)


@dataclass(frozen=True)
class Query:
    fields: tuple[str, ...]
    resource: str
    conditions: tuple[Condition, ...]
    order: str | None
    descending: bool
    limit: int | None

    def rows(self, records: Iterable[Record]) -> list[Record]:
        """The records that fit, in order; `shaped` gives what was asked of each."""
        found = [one for one in records if all(each.holds(one) for each in self.conditions)]
        if self.order:
            order = self.order
            found.sort(key=lambda one: str(value_of(one, order)), reverse=self.descending)
        return found[: self.limit]


def parse(text: str, known: Iterable[str]) -> Query:
    """Read a query.

    Args:
        text: the query.
        known: every field that may be named, in dotted snake case.

    Raises:
        BadQuery: it is no query, or it names what does not exist.
    """
    found = _QUERY.fullmatch(text)
    if found is None:
        raise BadQuery("UNEXPECTED_INPUT", f"Error in query: unexpected input: {text[:80]}")
    fields = tuple(field.strip() for field in found["fields"].split(","))
    conditions = tuple(_conditions(found["where"] or ""))
    named = {*fields, *(one.field for one in conditions), *filter(None, [found["order"]])}
    unknown = sorted(named - set(known))
    if unknown:
        raise BadQuery("UNRECOGNIZED_FIELD", f"Unrecognized field in the query: '{unknown[0]}'.")
    is_daily = any(field.startswith("segments.") for field in fields)
    if is_daily and "segments.date" not in {one.field for one in conditions}:
        raise BadQuery("EXPECTED_FILTERS_ON_DATE_RANGE", "A filter on segments.date is needed.")
    limit = int(found["limit"]) if found["limit"] else None
    descending = (found["way"] or "").upper() == "DESC"
    return Query(fields, found["resource"], conditions, found["order"], descending, limit)


def _conditions(text: str) -> Iterable[Condition]:
    for field, first, last in _RANGE.findall(text):
        yield Condition(field, "BETWEEN", (first, last))
    rest = _RANGE.sub("", text)
    for field, operator, values in _CONDITION.findall(rest):
        listed = values.strip("()").split(",")
        yield Condition(field, operator.upper(), tuple(one.strip().strip("'") for one in listed))
    left = re.sub(r"\bAND\b", "", _CONDITION.sub("", rest), flags=re.IGNORECASE).strip()
    if left:
        raise BadQuery("UNEXPECTED_INPUT", f"Error in query: unexpected input: {left}")


@cache
def camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(one.capitalize() for one in others)


def value_of(record: Record, field: str) -> Any:
    found: Any = record
    for name in field.split("."):
        found = found.get(camel(name)) if isinstance(found, dict) else None
    return found


def shaped(record: Record, fields: Iterable[str]) -> Record:
    """The asked fields only, each resource with its name."""
    row: Record = {}
    for field in fields:
        resource, *within, name = field.split(".")
        part = record.get(camel(resource), {})
        own = {"resourceName": part["resourceName"]} if "resourceName" in part else {}
        shown = row.setdefault(camel(resource), own)
        if (value := value_of(record, field)) is not None:
            for one in within:
                shown = shown.setdefault(camel(one), {})
            shown[camel(name)] = value
    return row
