"""What each kind of mapping wishes for, as the warehouse computes it and the tool is sent it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from reverse_etl.diff import Difference, difference
from reverse_etl.mapping import key_of
from reverse_etl.spec import FieldMapping, Identifier, SyncSpec
from tests.reverse_etl.bench import SPEC
from warehouse.connection import Session, scratch
from warehouse.deliveries import Delivered

quick = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with scratch() as opened:
        opened.execute("create schema activation")
        yield opened


def spec_of(*fields: FieldMapping, **more: Any) -> SyncSpec:
    return SPEC.model_copy(
        update={
            "model": "tried",
            "identify_by": Identifier(column="id"),
            "gate": SPEC.gate.model_copy(update={"key": "id"}),
            "fields": fields,
            **more,
        }
    )


def column(name: str, **more: Any) -> FieldMapping:
    return FieldMapping(field=name, column=name, **more)


def build(session: Session, *rows: str, columns: str = "id, x") -> None:
    """The model, of rows in SQL."""
    values = ", ".join(f"({row})" for row in rows)
    session.execute(
        f"create or replace table activation.tried as from (values {values}) as t ({columns})"
    )


def wishes(session: Session, spec: SyncSpec) -> dict[str, Any]:
    (found,) = difference(session, spec, []).candidates
    return dict(json.loads(found.desired))


def sent(found: Difference, before: Mapping[str, Delivered] | None = None) -> list[Delivered]:
    """Everything that differs, as if it had been delivered."""
    known = dict(before or {})
    for one in found.candidates:
        held = known[one.key].held if one.key in known else {}
        known[one.key] = Delivered(one.key, one.desired, held | json.loads(one.patch))
    return list(known.values())


@pytest.mark.parametrize(
    ("value", "wish"),
    [
        ("1::integer", 1),
        ("1.00::decimal(18, 2)", 1),
        ("1.50::decimal(18, 2)", 1.5),
        ("100::decimal(18, 0)", 100),
        ("-0.10::decimal(18, 2)", -0.1),
        ("1.0::double", 1),
        ("0.1::double", 0.1),
        ("-2.5e300::double", -2.5e300),
        ("'nan'::double", None),
        ("'-inf'::double", None),
        ("9223372036854775807", 9223372036854775807),
        ("true", True),
        ("''", ""),
        ("'null'", "null"),
        ("'a\"b\\c'", 'a"b\\c'),
        ("null::varchar", None),
        ("null::integer", None),
        ("date '2026-01-31'", "2026-01-31"),
        ("timestamptz '2026-01-31 09:00:00+09'", "2026-01-31T00:00:00Z"),
        ("timestamptz '2026-01-31 09:00:00.120+00'", "2026-01-31T09:00:00.12Z"),
        ("timestamp '2026-01-31 09:00:00'", "2026-01-31T09:00:00Z"),
        ("timestamp_ms '2026-01-31 09:00:00.5'", "2026-01-31T09:00:00.5Z"),
        ("{'a': 1, 'b': null}", {"a": 1, "b": None}),
        ("[1, 2]", [1, 2]),
        ("'{\"a\": [1]}'::json", {"a": [1]}),
        ("'3f2504e0-4f89-11d3-9a0c-0305e82c3301'::uuid", "3f2504e0-4f89-11d3-9a0c-0305e82c3301"),
    ],
)
def test_a_value_has_one_form_whatever_its_type_and_is_the_same_the_next_time(
    session: Session, value: str, wish: object
) -> None:
    build(session, f"'k', {value}")
    spec = spec_of(column("x", nulls="clear"))
    found = difference(session, spec, [])
    assert json.loads(found.candidates[0].desired) == {"x": wish}
    assert json.loads(found.candidates[0].patch) == {"x": wish}
    again = difference(session, spec, sent(found))
    assert (again.candidates, again.same) == ((), 1)


@pytest.mark.parametrize(
    ("before", "after", "is_same"),
    [
        ("1::integer", "1.00::decimal(9, 2)", True),
        ("1.0::double", "1::bigint", True),
        ("1.10::decimal(9, 2)", "1.1::double", True),
        ("timestamptz '2026-01-31 09:00:00+09'", "timestamptz '2026-01-31 00:00:00+00'", True),
        ("timestamptz '2026-01-31 09:00:00+00'", "timestamp '2026-01-31 09:00:00'", True),
        ("null::varchar", "''", False),
        ("'1'", "'1.0'", False),
        ("'1'", "1", False),
        ("'true'", "true", False),
        ("0", "false", False),
        ("null::integer", "0", False),
        ("'one'", "null::integer", False),
        ("'2026-01-31'", "null::date", False),
        ("300", "null::tinyint", False),
        ("'a'", "'A'", False),
        ("1.1::decimal(9, 2)", "1.11::decimal(9, 2)", False),
    ],
)
def test_two_values_are_the_same_if_they_mean_the_same(
    session: Session, before: str, after: str, is_same: bool
) -> None:
    spec = spec_of(column("x", nulls="clear"))
    build(session, f"'k', {before}")
    last_sent = sent(difference(session, spec, []))
    build(session, f"'k', {after}")
    found = difference(session, spec, last_sent)
    patches = [json.loads(one.patch) for one in found.candidates]
    assert [one for one in patches if one] == ([] if is_same else [wishes(session, spec)])


def test_every_kind_of_mapping_says_what_it_wishes(session: Session) -> None:
    build(
        session,
        "'k', 'O''Brien', 12.50::decimal(9, 2), null::varchar, true",
        columns="id, name, amount, gone, is_on",
    )
    spec = spec_of(
        FieldMapping(field="constant", constant="it's"),
        FieldMapping(field="number", constant=0),
        FieldMapping(field="no", constant=False),
        FieldMapping(field="told", template="{{{name}}}: {amount} 円, {is_on}"),
        FieldMapping(field="untold", template="{name} {gone}"),
        FieldMapping(field="nested", object={"who": "name", "how much": "amount", "none": "gone"}),
        FieldMapping(field="listed", array=("amount", "gone", "name")),
        FieldMapping(field="empty object", object={"none": "gone"}),
        FieldMapping(field="empty list", array=("gone", "gone")),
    )
    assert wishes(session, spec) == {
        "constant": "it's",
        "number": 0,
        "no": False,
        "told": "{O'Brien}: 12.5 円, true",
        "untold": None,
        "nested": {"who": "O'Brien", "how much": 12.5, "none": None},
        "listed": [12.5, None, "O'Brien"],
        "empty object": None,
        "empty list": None,
    }
    assert list(wishes(session, spec)) == [one.field for one in spec.fields]
    found = difference(session, spec, [])
    assert difference(session, spec, sent(found)).candidates == ()


def test_another_constant_is_sent_to_every_row(session: Session) -> None:
    build(session, "'a', 1", "'b', 2")
    spec = spec_of(column("x"), FieldMapping(field="by", constant="us"))
    last_sent = sent(difference(session, spec, []))
    other = spec_of(column("x"), FieldMapping(field="by", constant="them"))
    found = difference(session, other, last_sent)
    assert [json.loads(one.patch) for one in found.candidates] == [{"by": "them"}] * 2


def test_a_field_that_is_new_is_sent_alone_and_one_that_is_no_longer_mapped_not_at_all(
    session: Session,
) -> None:
    build(session, "'a', 1, 2", columns="id, x, y")
    last_sent = sent(difference(session, spec_of(column("x")), []))
    found = difference(session, spec_of(column("y")), last_sent)
    assert [json.loads(one.patch) for one in found.candidates] == [{"y": 2}]


@pytest.mark.parametrize(
    ("nulls", "patch", "refused"),
    [("skip", {}, ()), ("clear", {"x": None}, ()), ("error", {}, "x")],
)
def test_a_null_is_skipped_cleared_or_refused(
    session: Session, nulls: Any, patch: dict[str, Any], refused: Any
) -> None:
    build(session, "'k', null::integer")
    (found,) = difference(session, spec_of(column("x", nulls=nulls)), []).candidates
    assert json.loads(found.patch) == patch
    assert found.refused == tuple(refused)


def test_what_is_sent_only_if_empty_is_sent_only_once(session: Session) -> None:
    spec = spec_of(column("x", only_if_empty=True))
    build(session, "'k', 1")
    found = difference(session, spec, [])
    assert json.loads(found.candidates[0].patch) == {"x": 1}
    build(session, "'k', 2")
    (again,) = difference(session, spec, sent(found)).candidates
    assert json.loads(again.patch) == {}


def test_a_store_that_keeps_an_object_in_another_order_makes_no_difference(
    session: Session,
) -> None:
    build(session, "'k', 1, 2", columns="id, x, y")
    spec = spec_of(FieldMapping(field="both", object={"b": "x", "a": "y"}), column("x"))
    (was,) = sent(difference(session, spec, []))
    turned = Delivered(was.key, was.desired, {"x": 1, "both": {"a": 2, "b": 1}})
    build(session, "'k', 3, 2", columns="id, x, y")
    spec = spec_of(FieldMapping(field="both", object={"b": "y", "a": "y"}), column("x"))
    build(session, "'k', 3, 1", columns="id, x, y")
    spec = spec_of(FieldMapping(field="both", object={"b": "y", "a": "z"}), column("x"))
    build(session, "'k', 3, 1, 2", columns="id, x, y, z")
    (found,) = difference(session, spec, [turned]).candidates
    assert json.loads(found.patch) == {"x": 3}


@quick
@given(parts=st.lists(st.tuples(texts, texts), min_size=2, max_size=4, unique=True))
@example(parts=[("a|b", "c"), ("a", "b|c"), ("a\\", "|b"), ("a", "\\|b")])
def test_two_rows_never_share_a_key_of_several_columns(
    session: Session, parts: list[tuple[str, str]]
) -> None:
    columns = {"a": [one for one, _ in parts], "b": [two for _, two in parts]}
    with session.table("parts", columns, {"a": "text", "b": "text"}):
        key = key_of(Identifier(columns=("a", "b")))
        assert session.value(f"select count(distinct {key}) from parts") == len(parts)


def test_a_key_of_several_columns_can_be_read_and_is_none_where_a_part_is_missing(
    session: Session,
) -> None:
    key = key_of(Identifier(columns=("region", "number")))
    rows = "(values ('EMEA', 4711), (null, 1)) as t (region, number)"
    assert session.rows(f"select {key} as key from {rows} order by key nulls last") == [
        {"key": "EMEA|4711"},
        {"key": None},
    ]


values = st.one_of(
    st.none(), st.integers(-3, 3), st.booleans(), texts, st.decimals(-2, 2, places=1)
)


@quick
@given(before=st.lists(values, min_size=1, max_size=4), after=st.lists(values, max_size=4))
def test_what_was_delivered_is_not_planned_again_and_every_change_is(
    session: Session, before: list[Any], after: list[Any]
) -> None:
    """The rows of one column of text, the same in both: an oracle for what differs."""
    spec = spec_of(column("x", nulls="clear"))
    texts_of = [[_text(value) for value in some] for some in (before, after)]
    for some, known in ((texts_of[0], None), (texts_of[1], texts_of[0])):
        ids = [str(number) for number in range(len(some))]
        with session.table("wished_for", {"id": ids, "x": some}, {"id": "text", "x": "text"}):
            session.execute("create or replace table activation.tried as from wished_for")
        last_sent = [] if known is None else LAST
        found = difference(session, spec, last_sent)
        if known is not None:
            differing = {n for n in ids if int(n) >= len(known) or known[int(n)] != some[int(n)]}
            assert {one.key for one in found.candidates} == differing
            assert found.gone == max(0, len(known) - len(some))
            patches = {one.key: json.loads(one.patch)["x"] for one in found.candidates}
            assert patches == {key: some[int(key)] for key in differing}
        LAST[:] = sent(found, {one.key: one for one in last_sent})
        assert difference(session, spec, LAST).candidates == ()


LAST: list[Delivered] = []


def _text(value: Any) -> str | None:
    return None if value is None else str(Decimal(value) if isinstance(value, int) else value)
