"""A small SOQL: parses a query and runs it over records."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sandbox.instants import parse_instant
from sandbox.store import Record
from sandbox.vendors.salesforce.ids import long_id

FieldTypes = Mapping[str, str]
Predicate = Callable[[Record], bool]

NUMBERS = {"int", "double", "currency", "percent"}
IDS = {"id", "reference"}


class MalformedQuery(ValueError):
    """The text is no SOQL of this grammar."""


class InvalidField(ValueError):
    """A field that the object lacks, or compared with a value of another type."""


@dataclass(frozen=True)
class Ordering:
    field: str
    descending: bool
    nulls_first: bool


@dataclass(frozen=True)
class Query:
    """A parsed query; `fields` None stands for COUNT()."""

    fields: tuple[str, ...] | None
    target: str
    where: tuple["Token", ...]
    order: tuple[Ordering, ...]
    limit: int | None
    offset: int


@dataclass(frozen=True)
class Token:
    kind: str
    text: str

    def is_word(self, word: str) -> bool:
        return self.kind == "name" and self.text.upper() == word


_TOKEN = re.compile(
    r"""\s*(?:
      (?P<string>'(?:[^'\\]|\\.)*')
    | (?P<datetime>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d))
    | (?P<date>\d{4}-\d\d-\d\d)
    | (?P<number>[+-]?\d+(?:\.\d+)?)
    | (?P<name>[A-Za-z_][\w.]*)
    | (?P<operator><=|>=|!=|<>|[=<>])
    | (?P<mark>[(),])
    )""",
    re.VERBOSE,
)
_END = Token("end", "end of query")
_CLAUSES = ("ORDER", "LIMIT", "OFFSET")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


def tokenize(text: str) -> list[Token]:
    tokens, place = [], 0
    while text[place:].strip():
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            raise MalformedQuery(f"unexpected character at position {place}: {text[place:][:12]!r}")
        tokens.append(Token(match.lastgroup, match[match.lastgroup]))
        place = match.end()
    return tokens


class _Reader:
    """Walks over tokens."""

    def __init__(self, tokens: Iterable[Token]) -> None:
        self._tokens = list(tokens)
        self._place = 0

    @property
    def next(self) -> Token:
        return self._tokens[self._place] if self._place < len(self._tokens) else _END

    def take(self) -> Token:
        token = self.next
        self._place += 1
        return token

    def skip(self, wanted: str) -> bool:
        """Step over `wanted`, a word or a mark, if it comes next."""
        here = self.next.is_word(wanted) or (self.next.kind == "mark" and self.next.text == wanted)
        self._place += here
        return here

    def expect(self, wanted: str) -> None:
        if not self.skip(wanted):
            raise MalformedQuery(f"expecting {wanted}, found {self.next.text!r}")

    def name(self) -> str:
        token = self.take()
        if token.kind != "name":
            raise MalformedQuery(f"expecting a name, found {token.text!r}")
        return token.text

    def number(self) -> int:
        token = self.take()
        if token.kind != "number" or not token.text.isdigit():
            raise MalformedQuery(f"expecting a whole number, found {token.text!r}")
        return int(token.text)


def parse(text: str) -> Query:
    """Parse `text`; the condition itself is checked once the fields are known, in `run`.

    The grammar, with keywords and names free of case:

        SELECT COUNT() | field, ... FROM object
        [WHERE condition] [ORDER BY field [ASC|DESC] [NULLS FIRST|LAST], ...] [LIMIT n] [OFFSET n]

    Conditions compare a field with = != <> < <= > >= LIKE, IN (...) or NOT IN (...) and join with
    NOT, AND and OR; as in Salesforce, AND and OR mix only with parentheses.

    Raises:
        MalformedQuery: the text is outside the grammar.
    """
    reader = _Reader(tokenize(text))
    reader.expect("SELECT")
    fields = _selected(reader)
    reader.expect("FROM")
    target = reader.name()
    where = _where_tokens(reader) if reader.skip("WHERE") else ()
    order = _orderings(reader) if reader.skip("ORDER") else ()
    limit = reader.number() if reader.skip("LIMIT") else None
    offset = reader.number() if reader.skip("OFFSET") else 0
    if reader.next is not _END:
        raise MalformedQuery(f"unexpected token: {reader.next.text!r}")
    return Query(fields, target, where, order, limit, offset)


def _selected(reader: _Reader) -> tuple[str, ...] | None:
    names = [reader.name()]
    if names[0].upper() == "COUNT" and reader.skip("("):
        reader.expect(")")
        return None
    while reader.skip(","):
        names.append(reader.name())
    return tuple(names)


def _where_tokens(reader: _Reader) -> tuple[Token, ...]:
    tokens = []
    while reader.next is not _END and not any(map(reader.next.is_word, _CLAUSES)):
        tokens.append(reader.take())
    if not tokens:
        raise MalformedQuery("WHERE has no condition")
    return tuple(tokens)


def _orderings(reader: _Reader) -> tuple[Ordering, ...]:
    reader.expect("BY")
    orderings = [_ordering(reader)]
    while reader.skip(","):
        orderings.append(_ordering(reader))
    return tuple(orderings)


def _ordering(reader: _Reader) -> Ordering:
    field = reader.name()
    descending = reader.skip("DESC")
    if not descending:
        reader.skip("ASC")
    nulls_first = True
    if reader.skip("NULLS"):
        nulls_first = reader.skip("FIRST")
        if not nulls_first:
            reader.expect("LAST")
    return Ordering(field, descending, nulls_first)


def run(query: Query, records: Iterable[Record], types: FieldTypes) -> list[Record]:
    """The matching records, whole, in the order asked for; raises InvalidField."""
    for name in query.fields or ():
        field_of(types, name)
    passes = compile_where(query.where, types) if query.where else _always
    found = [record for record in records if passes(record)]
    for ordering in reversed(query.order):
        _sort(found, ordering, types)
    end = None if query.limit is None else query.offset + query.limit
    return found[query.offset : end]


def _always(record: Record) -> bool:  # noqa: ARG001  # a predicate
    return True


def _sort(found: list[Record], ordering: Ordering, types: FieldTypes) -> None:
    name = field_of(types, ordering.field)

    def key(record: Record) -> tuple[bool, Any]:
        value = comparable(types[name], record.get(name))
        if value is None:
            return (ordering.nulls_first is ordering.descending, 0)
        return (ordering.nulls_first is not ordering.descending, value)

    found.sort(key=key, reverse=ordering.descending)


def field_of(types: FieldTypes, name: str) -> str:
    """The field's own spelling; InvalidField when the object has none of that name."""
    for known in types:
        if known.lower() == name.lower():
            return known
    raise InvalidField(f"No such column '{name}' on this entity")


def comparable(kind: str, value: Any) -> Any:
    """A stored value as it compares and sorts."""
    if value is None or kind in NUMBERS or kind == "boolean" or kind in IDS:
        return value
    if kind == "datetime":
        return parse_instant(value)
    return date.fromisoformat(value) if kind == "date" else str(value).casefold()


def compile_where(tokens: Iterable[Token], types: FieldTypes) -> Predicate:
    """A predicate over records; raises MalformedQuery or InvalidField."""
    reader = _Reader(tokens)
    predicate = _condition(reader, types)
    if reader.next is not _END:
        raise MalformedQuery(f"unexpected token: {reader.next.text!r}")
    return predicate


def _condition(reader: _Reader, types: FieldTypes) -> Predicate:
    parts = [_term(reader, types)]
    for word, join in (("AND", all), ("OR", any)):
        if not reader.next.is_word(word):
            continue
        while reader.skip(word):
            parts.append(_term(reader, types))
        return lambda record, join=join: join(part(record) for part in parts)  # type: ignore[misc]
    return parts[0]


def _term(reader: _Reader, types: FieldTypes) -> Predicate:
    if reader.skip("NOT"):
        inner = _term(reader, types)
        return lambda record: not inner(record)
    if reader.skip("("):
        inner = _condition(reader, types)
        reader.expect(")")
        return inner
    return _comparison(reader, types)


def _comparison(reader: _Reader, types: FieldTypes) -> Predicate:
    name = field_of(types, reader.name())
    kind = types[name]
    if reader.skip("LIKE"):
        return _like(name, kind, reader.take())
    negated = reader.skip("NOT")
    if reader.skip("IN"):
        wanted = _list(reader, kind)
        return lambda record: (comparable(kind, record.get(name)) in wanted) is not negated
    operator = reader.take()
    if negated or operator.kind != "operator":
        raise MalformedQuery(f"unexpected token: {operator.text!r}")
    return _compared(name, kind, operator.text, _literal(kind, reader.take()))


def _compared(name: str, kind: str, operator: str, want: Any) -> Predicate:
    if operator in {"=", "!=", "<>"}:
        return lambda record: (comparable(kind, record.get(name)) == want) is (operator == "=")
    if want is None or kind == "boolean":
        raise MalformedQuery(f"{operator} cannot compare {name} with that")
    test = _ORDER[operator]

    def passes(record: Record) -> bool:
        have = comparable(kind, record.get(name))
        return have is not None and test(have, want)

    return passes


_ORDER: dict[str, Callable[[Any, Any], bool]] = {
    "<": lambda have, want: bool(have < want),
    "<=": lambda have, want: bool(have <= want),
    ">": lambda have, want: bool(have > want),
    ">=": lambda have, want: bool(have >= want),
}


def _list(reader: _Reader, kind: str) -> list[Any]:
    reader.expect("(")
    values = [_literal(kind, reader.take())]
    while reader.skip(","):
        values.append(_literal(kind, reader.take()))
    reader.expect(")")
    return values


def _like(name: str, kind: str, token: Token) -> Predicate:
    if token.kind != "string" or kind in NUMBERS | {"boolean", "date", "datetime"}:
        raise InvalidField(f"LIKE needs text and a text field, got {name}")
    pattern = ""
    for match in re.finditer(r"\\(.)|(.)", token.text[1:-1], re.DOTALL):
        escaped, plain = match.groups()
        if escaped:
            pattern += re.escape(_ESCAPES.get(escaped, escaped))
        else:
            pattern += {"%": ".*", "_": "."}.get(plain, re.escape(plain))
    matcher = re.compile(pattern, re.IGNORECASE | re.DOTALL)
    return lambda record: matcher.fullmatch(str(record.get(name) or "")) is not None


def _literal(kind: str, token: Token) -> Any:
    """The token's value as a field of `kind` compares; InvalidField when it does not fit."""
    if token.is_word("NULL"):
        return None
    if token.kind == "name" and token.text.upper() in {"TRUE", "FALSE"}:
        fits, value = kind == "boolean", token.text.upper() == "TRUE"
    elif token.kind in {"string", "number", "date", "datetime"}:
        fits, value = _VALUES[token.kind](kind, token.text)
    else:
        raise MalformedQuery(f"unexpected token: {token.text!r}")
    if not fits:
        raise InvalidField(f"value of filter criterion must be of type {kind}: {token.text}")
    return value


def _string(kind: str, text: str) -> tuple[bool, Any]:
    plain = re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), text[1:-1], flags=re.DOTALL)
    if kind in IDS:
        return True, long_id(plain)
    return kind not in NUMBERS | {"boolean", "date", "datetime"}, plain.casefold()


def _instant(kind: str, text: str) -> tuple[bool, Any]:
    try:
        return kind == "datetime", parse_instant(text)
    except ValueError as error:
        raise MalformedQuery(f"no such instant: {text}") from error


def _day(kind: str, text: str) -> tuple[bool, Any]:
    try:
        return kind == "date", date.fromisoformat(text)
    except ValueError as error:
        raise MalformedQuery(f"no such day: {text}") from error


_VALUES: dict[str, Callable[[str, str], tuple[bool, Any]]] = {
    "string": _string,
    "number": lambda kind, text: (kind in NUMBERS, float(text)),
    "date": _day,
    "datetime": _instant,
}
