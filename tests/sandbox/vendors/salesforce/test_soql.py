from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.instants import salesforce_instant
from sandbox.vendors.salesforce import soql

TYPES = {
    "Id": "id",
    "Name": "string",
    "Amount": "currency",
    "IsWon": "boolean",
    "CloseDate": "date",
    "SystemModstamp": "datetime",
}
DAY_ZERO = date(2026, 1, 1)
INSTANT_ZERO = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = st.sampled_from(
    ["acme", "Acme", "ACME, Inc.", "O'Neil", "桜工業", "100%", "a_b", "back\\slash", ""]
)
NUMBERS = st.integers(-3, 3)
HOURS = st.integers(-3, 3)

records = st.fixed_dictionaries(
    {
        "Id": st.just("001"),
        "Name": st.none() | NAMES,
        "Amount": st.none() | NUMBERS,
        "IsWon": st.booleans(),
        "CloseDate": st.none() | HOURS.map(lambda n: str(DAY_ZERO + timedelta(days=n))),
        "SystemModstamp": HOURS.map(
            lambda n: salesforce_instant(INSTANT_ZERO + timedelta(hours=n))
        ),
    }
)


@dataclass(frozen=True)
class Condition:
    """A condition as text, and what it means, written down independently."""

    text: str
    means: Any


def quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def plain(field: str, value: Any) -> Any:
    if value is None:
        return None
    if field == "Name":
        return value.lower()
    if field == "SystemModstamp":
        return datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.000%z")
    return value


def compares(field: str, operator: str, literal: str, want: Any) -> Condition:
    def means(record: dict[str, Any]) -> bool:
        have = plain(field, record[field])
        if operator == "=":
            return bool(have == want)
        if operator == "!=":
            return bool(have != want)
        if have is None:
            return False
        order = {"<": have < want, "<=": have <= want, ">": have > want, ">=": have >= want}
        return bool(order[operator])

    return Condition(f"{field} {operator} {literal}", means)


ORDERED = st.sampled_from(["=", "!=", "<", "<=", ">", ">="])
EQUAL = st.sampled_from(["=", "!="])
comparisons = st.one_of(
    st.builds(lambda o, v: compares("Name", o, quoted(v), v.lower()), ORDERED, NAMES),
    st.builds(lambda o, v: compares("Amount", o, str(v), v), ORDERED, NUMBERS),
    st.builds(lambda o, v: compares("IsWon", o, str(v).lower(), v), EQUAL, st.booleans()),
    st.builds(
        lambda o, n: compares(
            "CloseDate", o, str(DAY_ZERO + timedelta(days=n)), str(DAY_ZERO + timedelta(days=n))
        ),
        ORDERED,
        HOURS,
    ),
    st.builds(
        lambda o, n: compares(
            "SystemModstamp",
            o,
            f"{INSTANT_ZERO + timedelta(hours=n):%Y-%m-%dT%H:%M:%SZ}",
            INSTANT_ZERO + timedelta(hours=n),
        ),
        ORDERED,
        HOURS,
    ),
    st.builds(
        lambda f, o: compares(f, o, "null", None),
        st.sampled_from(["Name", "Amount", "CloseDate"]),
        EQUAL,
    ),
    st.builds(
        lambda vs, no: Condition(
            f"Amount {'NOT IN' if no else 'IN'} ({', '.join(map(str, vs))})",
            lambda r: (r["Amount"] in vs) is not no,
        ),
        st.lists(NUMBERS, min_size=1, max_size=3),
        st.booleans(),
    ),
    st.builds(
        lambda v: Condition(
            f"name like {quoted(v).replace('%', chr(92) + '%').replace('_', chr(92) + '_')[:-1]}%'",
            lambda r: (r["Name"] or "").lower().startswith(v.lower()),
        ),
        NAMES,
    ),
)


def joined(word: str, parts: list[Condition]) -> Condition:
    join = all if word == "AND" else any
    text = f" {word} ".join(f"({part.text})" for part in parts)
    return Condition(text, lambda record: join(part.means(record) for part in parts))


conditions = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        st.builds(joined, st.sampled_from(["AND", "OR"]), st.lists(inner, min_size=2, max_size=3)),
        st.builds(lambda part: Condition(f"NOT ({part.text})", lambda r: not part.means(r)), inner),
    ),
    max_leaves=6,
)


@given(conditions, st.lists(records, max_size=6))
def test_where_keeps_exactly_the_rows_an_independent_reading_keeps(
    condition: Condition, rows: list[dict[str, Any]]
) -> None:
    query = soql.parse(f"SELECT Id FROM Account WHERE {condition.text}")
    assert soql.run(query, rows, TYPES) == [row for row in rows if condition.means(row)]


@given(st.lists(records, max_size=8), st.booleans(), st.integers(0, 9))
def test_order_by_sorts_with_nulls_first_and_limit_cuts(
    rows: list[dict[str, Any]], descending: bool, limit: int
) -> None:
    direction = "DESC" if descending else "ASC"
    query = soql.parse(f"select Id, Amount from Account order by Amount {direction} limit {limit}")
    nulls = [row for row in rows if row["Amount"] is None]
    known = sorted(
        (row for row in rows if row["Amount"] is not None),
        key=lambda r: r["Amount"],
        reverse=descending,
    )
    assert soql.run(query, rows, TYPES) == (nulls + known)[:limit]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SELECT FROM Account",
        "SELECT Id",
        "SELECT Id FROM Account WHERE",
        "SELECT Id FROM Account WHERE Name = 'a' AND Name = 'b' OR Name = 'c'",
        "SELECT Id FROM Account WHERE (Name = 'a'",
        "SELECT Id FROM Account WHERE Name = 'unfinished",
        "SELECT Id FROM Account LIMIT x",
        "SELECT Id FROM Account; DROP",
        "SELECT Id FROM Account WHERE Amount < null",
        "SELECT Id FROM Account WHERE CloseDate = 2026-13-01",
    ],
)
def test_text_outside_the_grammar_is_malformed(text: str) -> None:
    with pytest.raises(soql.MalformedQuery):
        soql.run(soql.parse(text), [], TYPES)


@pytest.mark.parametrize(
    "text",
    [
        "SELECT Id, Nope FROM Account",
        "SELECT Id FROM Account WHERE Nope = 1",
        "SELECT Id FROM Account ORDER BY Nope",
        "SELECT Id FROM Account WHERE SystemModstamp > '2026-01-01'",
        "SELECT Id FROM Account WHERE Amount = 'ten'",
        "SELECT Id FROM Account WHERE Amount LIKE '1%'",
    ],
)
def test_a_field_or_value_that_does_not_fit_is_an_invalid_field(text: str) -> None:
    with pytest.raises(soql.InvalidField):
        soql.run(soql.parse(text), [], TYPES)


def test_a_short_id_finds_the_long_one() -> None:
    query = soql.parse("SELECT Id FROM Account WHERE Id = '001D000000IqhSL'")
    row = {"Id": "001D000000IqhSLIAZ"}
    assert soql.run(query, [row], TYPES) == [row]
