"""HubSpot's CRM search: filters, sorts and pages, over the records given."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from sandbox.store import Record
from sandbox.vendors.hubspot.errors import invalid
from sandbox.vendors.hubspot.properties import Definitions, as_text, instant_of

CEILING = 10_000
MAX_LIMIT = 200
MAX_GROUPS, MAX_FILTERS, MAX_ALL_FILTERS = 5, 6, 18

Comparable = float | datetime | str
Predicate = Callable[[Record], bool]

_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "EQ": lambda have, want: bool(have == want),
    "NEQ": lambda have, want: bool(have != want),
    "GT": lambda have, want: bool(have > want),
    "GTE": lambda have, want: bool(have >= want),
    "LT": lambda have, want: bool(have < want),
    "LTE": lambda have, want: bool(have <= want),
}


class Matches(list[Record]):
    """The first that match, one more than can be paged to; `total` counts all."""

    total = 0


class Search:
    """Compiles one search body for an object type; raises HubSpot's 400 for a wrong one."""

    def __init__(self, body: dict[str, Any], object_type: str, definitions: Definitions) -> None:
        self._object_type = object_type
        self._definitions = definitions
        self.limit = _whole(body.get("limit", 10), "limit")
        self.after = _whole(body.get("after") or 0, "after")
        if not 0 <= self.limit <= MAX_LIMIT:
            raise invalid(f"limit must not exceed {MAX_LIMIT}, got {self.limit}")
        if self.after >= CEILING:
            raise invalid(f"A query pages through {CEILING} results at most: narrow its filters")
        self.properties: list[str] | None = body.get("properties")
        self._groups = self._compile_groups(_objects(body, "filterGroups"))
        self._sorts = [self._sort(sort) for sort in body.get("sorts") or []]
        self._words = str(body.get("query") or "").casefold()

    def matching(self, records: Iterable[Record]) -> Matches:
        """Every live record that passes, in the order asked for, else in id order."""
        found = Matches()
        for record in records:
            if not record["archived"] and self._passes(record):
                found.total += 1
                found.append(record)
            if len(found) >= 2 * CEILING:
                self._cut(found)
        self._cut(found)
        return found

    def _cut(self, found: list[Record]) -> None:
        # Sorting keeps the order of equals, so cutting early leaves the same first ones.
        for key, descending in reversed(self._sorts):
            found.sort(key=key, reverse=descending)
        del found[CEILING + 1 :]

    def _passes(self, record: Record) -> bool:
        if self._words and not _mentions(record, self._words):
            return False
        return not self._groups or any(all(test(record) for test in g) for g in self._groups)

    def _compile_groups(self, groups: list[Any]) -> list[list[Predicate]]:
        compiled = [
            [self._predicate(condition) for condition in _objects(group, "filters")]
            for group in groups
        ]
        if len(compiled) > MAX_GROUPS or sum(map(len, compiled)) > MAX_ALL_FILTERS:
            raise invalid(f"At most {MAX_GROUPS} filter groups and {MAX_ALL_FILTERS} filters")
        if any(len(group) > MAX_FILTERS for group in compiled):
            raise invalid(f"At most {MAX_FILTERS} filters in a group")
        return compiled

    def _known(self, name: object) -> str:
        if not isinstance(name, str) or not self._definitions.get(self._object_type, name):
            raise invalid(f"There is no property {name!r} of {self._object_type}")
        return name

    def _value(self, name: str, raw: object) -> Comparable | None:
        """A value as its property compares: numbers, instants, or text without case."""
        text = as_text(raw)
        if text is None:
            return None
        kind = self._definitions.kind(self._object_type, name)
        if kind == "number":
            return _number(text)
        return instant_of(text) if kind in {"date", "datetime"} else text.casefold()

    def _wanted(self, name: str, raw: object) -> Comparable:
        value = self._value(name, raw)
        if value is None:
            raise invalid(f"{raw!r} is no value to compare {name} with")
        return value

    def _predicate(self, condition: dict[str, Any]) -> Predicate:
        name, operator = self._known(condition.get("propertyName")), condition.get("operator")

        def have(record: Record) -> Comparable | None:
            return self._value(name, record["properties"].get(name))

        if operator == "HAS_PROPERTY":
            return lambda record: have(record) is not None
        if operator == "NOT_HAS_PROPERTY":
            return lambda record: have(record) is None
        if operator in {"IN", "NOT_IN"}:
            wanted = {self._wanted(name, value) for value in condition.get("values") or []}
            return lambda record: _among(have(record), wanted, inside=operator == "IN")
        low = self._wanted(name, condition.get("value"))
        if operator == "BETWEEN":
            high = self._wanted(name, condition.get("highValue"))
            return lambda record: (
                _compare("GTE", have(record), low) and _compare("LTE", have(record), high)
            )
        if operator not in _COMPARISONS:
            raise invalid(f"The sandbox knows no search operator {operator!r}")
        return lambda record: _compare(operator, have(record), low)

    def _sort(self, sort: Any) -> tuple[Callable[[Record], Any], bool]:
        spec = sort if isinstance(sort, dict) else {"propertyName": str(sort).lstrip("-")}
        name = self._known(spec.get("propertyName"))
        descending = spec.get("direction") == "DESCENDING" or str(sort).startswith("-")

        def key(record: Record) -> tuple[bool, Any]:
            value = self._value(name, record["properties"].get(name))
            # Records without the value come last in both directions.
            return ((value is None) is not descending, 0 if value is None else value)

        return key, descending


def _objects(body: dict[str, Any], name: str) -> list[dict[str, Any]]:
    entries = body.get(name) or []
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise invalid(f"{name} must be a list of objects")
    return entries


def _compare(operator: str, have: Comparable | None, want: Comparable) -> bool:
    return have is not None and _COMPARISONS[operator](have, want)


def _among(have: Comparable | None, wanted: set[Comparable], *, inside: bool) -> bool:
    return have is not None and (have in wanted) is inside


def _number(text: str) -> float | None:
    try:
        # Ids above 2**53 stay exact as integers.
        return int(text) if text.lstrip("-").isdigit() else float(text)
    except ValueError:
        return None


def _whole(value: object, name: str) -> int:
    try:
        return int(str(value))
    except ValueError as error:
        raise invalid(f"{name} must be a whole number, got {value!r}") from error


def _mentions(record: Record, words: str) -> bool:
    return any(words in str(value).casefold() for value in record["properties"].values() if value)
