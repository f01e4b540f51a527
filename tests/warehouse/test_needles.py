"""One person is found in any text, by SQL and by Python alike, and nobody else is."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.connection import scratch
from warehouse.needles import ERASED, Needles

NEEDLES = Needles(
    ("a.quayle@x.example", "o+n@y.co.jp"),
    ("+81 3-1234-5678", "110"),
    ("Abigail Quayle", "石川 悠", "Cher"),
    ("hubspot:contacts:20000044771", "20000044771", "per_da280374d46659aa", "141"),
)
TEXTS = {
    "a.quayle@x.example;a.quayle@x.example": "[erased];[erased]",
    "A.Quayle@X.EXAMPLE": "[erased]",
    "xa.quayle@x.example": None,
    "x.a.quayle@x.example": None,
    "a.quayle@x.example.jp": None,
    "write to a.quayle@x.example.": "write to [erased].",
    json.dumps("hi\na.quayle@x.example"): '"hi\\n[erased]"',
    "a.quayle%40x.example": "[erased]",
    "tel +81-3-1234-5678 or 8131234-5678": "tel [erased] or [erased]",
    "181312345678": None,
    "call 110": None,
    "ABIGAIL  quayle": "[erased]",
    "Abigail Quayler": None,
    "石川悠さん": "[erased]さん",
    json.dumps("石川 悠"): '"[erased]"',
    "Cher": None,
    "hubspot:contacts:20000044771/20000044771": "[erased]/[erased]",
    "120000044771": None,
    "141": None,
    '{"id":20000044771,"of":"20000044771","n":[20000044771,20000044771,7]}': (
        '{"id":null,"of":"[erased]","n":[null,null,7]}'
    ),
}


@pytest.mark.parametrize(("text", "masked"), TEXTS.items())
def test_what_tells_of_the_person_is_masked_and_nothing_else(text: str, masked: str | None) -> None:
    assert NEEDLES.masked(text) == (text if masked is None else masked)
    if text[:1] == "{":
        json.loads(NEEDLES.masked(text))


def test_sql_finds_what_python_finds() -> None:
    patterns = {
        "identifiers": NEEDLES.identifiers,
        "ids": NEEDLES.ids,
    }
    with scratch() as session, session.table("texts", {"t": list(TEXTS)}, {"t": "text"}):
        found = session.rows(
            "select t, regexp_matches(t, $identifiers) or regexp_matches(t, $ids) as is_told"
            " from texts",
            patterns,
        )
    assert {row["t"]: row["is_told"] for row in found} == {
        text: NEEDLES.is_told_by(text) for text in TEXTS
    }


local = st.from_regex(r"\A[a-z0-9](?:[a-z0-9._+'-]{0,8}[a-z0-9])?\Z")
domain = st.from_regex(r"\A[a-z0-9]{1,6}\.(?:example|co\.jp)\Z")


@given(
    st.tuples(local, domain),
    st.text(alphabet=" <>()\"';:,/|=\n\t。", max_size=4),
    st.text(alphabet=" <>()\"';:,/|=\n\t。", max_size=4),
)
def test_any_address_is_found_between_any_marks(
    address: tuple[str, str], before: str, behind: str
) -> None:
    email = "@".join(address)
    needles = Needles((email,), (), (), ())
    for text in (f"{before}{email.upper()}{behind}", json.dumps(f"{before}{email}{behind}")):
        assert needles.is_told_by(text)
        assert email not in needles.masked(text).lower()
        assert ERASED in needles.masked(text)


def test_without_anything_to_look_for_nothing_is_found() -> None:
    nobody = Needles((), (), (), ())
    assert not nobody.is_told_by("a@b.example 0312345678")
    assert nobody.masked("a@b.example") == "a@b.example"
