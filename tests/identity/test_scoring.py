"""Scoring without labels: what it finds in people it has not seen, and what it will not learn."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from identity.blocking import Limits, candidate_pairs
from identity.comparisons import compared, labels
from identity.features import date_digits, given_forms, make_features, postcode_area
from identity.scoring import score, score_pairs, train
from tests.identity.drawn_people import drawn, table
from warehouse.connection import Session, scratch


@pytest.fixture
def session() -> Iterator[Session]:
    with scratch() as session:
        yield session


def scored(session: Session, records: pa.Table) -> pa.Table:
    session.load("records", records)
    score(session, "records", "person", into="scored")
    edges: pa.Table = session.arrow("from scored order by left_record, right_record")
    return edges


def test_pairs_of_one_person_are_told_from_others_without_labels(session: Session) -> None:
    edges = scored(session, drawn(400, seed=1))
    session.load("edges", edges)
    (found,) = session.rows("""
        with truth as (
            select a.record as left_record, b.record as right_record
            from records as a join records as b on b.truth = a.truth and b.record != a.record
        )
        select count(*) as accepted, count(truth.left_record) as right_ones,
            (select count(*) // 2 from truth) as all
        from edges left join truth using (left_record, right_record) where weight >= 3
    """)
    assert found["right_ones"] / found["accepted"] > 0.99
    assert found["right_ones"] / found["all"] > 0.97


@pytest.mark.slow
def test_no_order_of_the_records_changes_a_score(session: Session) -> None:
    records = drawn(150, seed=2)
    one = scored(session, records)
    other = scored(session, records.take(pa.array(range(records.num_rows - 1, -1, -1))))
    assert one.drop_columns("weight").equals(other.drop_columns("weight"))
    apart = pc.abs(pc.subtract(one["weight"], other["weight"]))
    assert pc.max(apart).as_py() < 1e-6


@pytest.mark.parametrize("fields", [("given_name", "family_name"), ("birth_date", "street")])
def test_from_too_few_facts_nothing_is_learnt(session: Session, fields: tuple[str, ...]) -> None:
    rows = drawn(100, seed=3).to_pylist()
    few = table([{name: row[name] for name in ("record", "truth", *fields)} for row in rows])
    assert scored(session, few).num_rows == 0


@pytest.mark.slow
def test_a_model_scores_pairs_that_a_caller_gives_and_tells_their_levels(session: Session) -> None:
    session.load("known", drawn(200, seed=4))
    filled = make_features(session, "known", "person", "features")
    model = train(session, "features", "person", filled)
    assert model is not None
    same = {"given_name": "Robert", "family_name": "Ebers", "birth_date": "1950-03-04"}
    others = [{**same, "record": "a"}, {**same, "record": "b", "given_name": "Bob"}]
    session.load("others", table([*others, {"record": "c", "given_name": "Ida"}]))
    session.execute("create table records as from known union all by name from others")
    make_features(session, "records", "person", "features")
    session.execute("""
        create table pairs as
        select a.number as left_number, b.number as right_number
        from features as a join features as b on a.record = 'a' and b.record in ('b', 'c')
    """)
    assert score_pairs(session, "features", "pairs", model, into="scored") == 1
    (pair,) = session.rows("from scored")
    assert (pair["left_record"], pair["right_record"]) == ("a", "b")
    assert labels("given")[pair["gamma_given"]] == "a form of it"
    assert labels("birth")[pair["gamma_birth"]] == "equal"
    assert labels("street")[pair["gamma_street"]] == "unknown"


def test_sister_companies_at_one_address_are_no_pair(session: Session) -> None:
    rows = [
        {
            "record": f"{number}{side}",
            "name": f"House{number} {'Logistics' if side == 'a' else 'Textiles'}",
            "street": f"{number} Mill Lane",
            "city": "Derby",
            "postcode": f"DE{number} 4AB",
        }
        for number in range(60)
        for side in "abb"
    ]
    for place, row in enumerate(rows):
        row["record"] += str(place)
    columns = ["name", "street", "city", "postcode"]
    missing = ["corporate_number", "industry", "country", "prefecture", "source"]
    texts = {x: pa.array([row.get(x) for row in rows]) for x in ("record", *columns)}
    texts |= {x: pa.nulls(len(rows), pa.string()) for x in missing}
    lists = {
        x: pa.nulls(len(rows), pa.list_(pa.string())) for x in ("emails", "phones", "websites")
    }
    session.load("records", pa.table({**texts, **lists}))
    score(session, "records", "company", into="scored")
    found = session.rows("""
        select a.name, b.name as other from scored
        join records as a on a.record = left_record join records as b on b.record = right_record
        where weight >= 3
    """)
    assert len(found) == 60
    assert all(one["name"] == one["other"] for one in found)


def test_a_large_block_is_left_to_narrower_rules(session: Session) -> None:
    rows = [
        {"record": f"r{n}", "given_name": "Anna", "birth_date": f"19{n:02}-01-01"}
        for n in range(30)
    ]
    session.load("records", table([*rows, {**rows[0], "record": "twin"}]))
    filled = make_features(session, "records", "person", "features")
    assert candidate_pairs(session, "features", filled, "pairs", Limits(block=30, pairs=100)) == 1
    assert candidate_pairs(session, "features", filled, "pairs", Limits(block=31, pairs=100)) == 465


def test_a_name_is_compared_whole_where_it_is_not_given_in_parts() -> None:
    assert compared({"token_key": 9, "birth": 9}) == ["token_key", "birth"]
    assert compared({"given": 9, "family": 9, "token_key": 9}) == ["given", "family"]


@pytest.mark.parametrize(
    ("typed", "digits"),
    [
        ("1850-03-04", "18500304"),
        ("18500304", "18500304"),
        ("1850/3/4", "18500304"),
        ("4.3.1850", "18500304"),
        ("1850-81-01", "18508101"),
        ("１８５０年３月４日", "18500304"),
        ("unknown", None),
        (None, None),
    ],
)
def test_a_date_is_eight_digits_however_it_is_written(
    typed: str | None, digits: str | None
) -> None:
    assert date_digits(pa.array([typed], pa.string())).to_pylist() == [digits]


def test_the_area_of_a_postcode() -> None:
    codes = pa.array(["sw1a1aa", "2119", "10115", "1070061", None], pa.string())
    assert postcode_area(codes).to_pylist() == ["sw1a", "21", "101", "1070", None]


def test_a_short_name_shares_a_form_with_the_long_one() -> None:
    bob, robert, none = given_forms(pa.array(["bob", "robert", None])).to_pylist()
    assert set(bob) & set(robert)
    assert none is None
