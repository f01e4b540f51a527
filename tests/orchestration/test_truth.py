"""The demo's figures of quality, on a handful of records that can be counted by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration.truth import measure
from warehouse.connection import Session, scratch

TRUTH = """vendor,object,record_id,person
a,contacts,1,p1
a,contacts,2,p1
b,users,3,p1
a,contacts,4,p2
b,users,5,p2
a,owners,6,s1
b,owners,7,s1
"""

# Record, predicted, name, address, shared mailbox: 3 has nothing of its own, 2 and 4 are mixed up.
PEOPLE = [
    ("a", "1", "x", "Hana", "hana@aoba.jp", False),
    ("a", "2", "y", "Hana", None, False),
    ("b", "3", "z", None, "info@aoba.jp", True),
    ("a", "4", "y", None, "kai@aoba.jp", False),
    ("b", "5", "y", "Kai", None, False),
]


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with scratch(threads=1) as session:
        rows = ", ".join(
            f"('{source}:{number}', '{source}', '{number}', '{person}',"
            f" {_text(name)}, {_text(mail)}, {shared}, []::varchar[])"
            for source, number, person, name, mail, shared in PEOPLE
        )
        session.execute("create schema identity")
        session.execute(
            f"create table everything as from (values {rows}) as t(record_reference, source,"
            " source_record_id, person_id, full_name, normalised_email, is_shared_mailbox, links)"
        )
        session.execute(
            "create view identity.person_map as"
            " select record_reference, source, source_record_id, person_id from everything"
        )
        session.execute(
            "create view identity.person_records as select record_reference, full_name,"
            " normalised_email, is_shared_mailbox, links from everything"
        )
        (tmp_path / "people.csv").write_text(TRUTH, encoding="utf-8")
        yield session


def _text(value: str | None) -> str:
    return "null" if value is None else f"'{value}'"


def test_pairs_are_counted_and_the_ceiling_is_what_the_data_allows(
    session: Session, tmp_path: Path
) -> None:
    (found,) = measure(session, tmp_path).values()
    # Put together: 2-4, 2-5, 4-5, one of them right. True: 1-2, 1-3, 2-3, 4-5, two out of reach.
    assert (found.records, found.unresolvable) == (5, 1)
    assert found.precision == pytest.approx(1 / 3)
    assert found.recall == pytest.approx(1 / 4)
    assert found.best_recall == pytest.approx(2 / 4)
    assert found.best_f1 == pytest.approx(2 / 3)


def test_without_a_truth_there_are_no_figures(session: Session, tmp_path: Path) -> None:
    assert measure(session, tmp_path / "elsewhere") == {}
