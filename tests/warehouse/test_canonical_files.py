"""Canonical files: what is right is loaded, what is wrong is named by file, line and field."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.metrics.oracle.company import TABLES as ORACLE_TABLES
from warehouse.canonical_files import LoadResult, load_canonical
from warehouse.canonical_tables import TABLES
from warehouse.connection import Session, scratch
from warehouse.errors import Misconfigured

EXAMPLE = Path(__file__).parents[1] / "metrics" / "worked_example"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(EXAMPLE, tmp_path / "company"))


@pytest.fixture
def session() -> Iterator[Session]:
    with scratch() as opened:
        yield opened


def faults(result: LoadResult) -> list[str]:
    return [str(fault) for fault in result.faults]


def rewrite(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_worked_example_is_loaded_whole(folder: Path, session: Session) -> None:
    result = load_canonical(session, folder)
    assert faults(result) == []
    assert result.loaded["subscription_item"] == 26
    assert result.loaded["touch"] == 43
    names = session.value("select account_name from canonical.account where account_id = 'A01'")
    assert names == "青葉製作所株式会社"


def test_the_declared_tables_are_those_of_the_worked_example() -> None:
    assert TABLES.keys() == set(ORACLE_TABLES)
    for table in TABLES.values():
        header = (EXAMPLE / f"{table.name}.csv").read_text(encoding="utf-8").partition("\n")[0]
        assert [column.name for column in table.columns] == header.split(",")
        assert set(table.key) <= {column.name for column in table.columns}


def test_a_value_of_another_kind_is_refused_and_the_rest_goes_on(
    folder: Path, session: Session
) -> None:
    rewrite(folder / "spend.csv", "2025-02-05,marketing,media", "Feb 5,marketing,media")
    rewrite(folder / "nps_response.csv", "N2,P01,A01,6,", "N2,P01,A01,six,")
    result = load_canonical(session, folder)
    assert faults(result) == [
        "spend.csv:3: spend_date: Feb 5 is no date",
        "nps_response.csv:3: score: six is no integer",
    ]
    assert result.refused["spend"] == 1
    assert result.loaded["spend"] == 46


def test_an_empty_required_field_and_an_unknown_word_are_refused(
    folder: Path, session: Session
) -> None:
    rewrite(
        folder / "opportunity.csv",
        "OP02,A03,U3,Cobalt core + onboarding,new_business,",
        "OP02,A03,U3,Cobalt core + onboarding,upsell,",
    )
    rewrite(folder / "ticket.csv", "TK1,A01,P01,TYO,2025-04-28T08:00:00Z,", "TK1,A01,P01,TYO,,")
    types = "new_business, expansion, renewal, winback"
    assert faults(load_canonical(session, folder)) == [
        f"opportunity.csv:3: opportunity_type: upsell is none of {types}",
        "ticket.csv:2: created_at: is empty",
    ]


def test_a_key_that_comes_twice_is_refused_and_the_first_is_kept(
    folder: Path, session: Session
) -> None:
    with (folder / "owner.csv").open("a", encoding="utf-8") as file:
        file.write("U1,もう一人,JP Sales,,true,\n")
    (fault,) = faults(load_canonical(session, folder))
    assert fault.endswith("owner_id: the same key stands on line 2")
    assert (
        session.value("select owner_name from canonical.owner where owner_id = 'U1'") == "佐藤 花子"
    )


def test_a_line_that_is_no_row_is_refused_and_later_lines_keep_their_numbers(
    folder: Path, session: Session
) -> None:
    lines = (folder / "quota.csv").read_text(encoding="utf-8").splitlines()
    lines.insert(2, "U2,2025-Q1")
    lines.append("U9,2025-Q4,USD,much")
    (folder / "quota.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = load_canonical(session, folder)
    assert [(fault.line, fault.field) for fault in found.faults] == [
        (3, "row"),
        (len(lines), "amount"),
    ]
    assert found.loaded["quota"] == len(lines) - 3


def test_a_header_without_rows_is_an_empty_table(folder: Path, session: Session) -> None:
    header = (folder / "touch.csv").read_text(encoding="utf-8").partition("\n")[0]
    (folder / "touch.csv").write_text(header + "\n", encoding="utf-8")
    assert load_canonical(session, folder).loaded["touch"] == 0


def test_a_file_with_a_byte_order_mark_and_columns_in_another_order_is_read(
    folder: Path, session: Session
) -> None:
    (folder / "holiday.csv").write_text(
        "\ufeffholiday_name,holiday_date,schedule_id,note\n元日,2025-01-01,TYO,x\n",
        encoding="utf-8",
    )
    assert faults(load_canonical(session, folder)) == []
    assert session.value("select holiday_name from canonical.holiday") == "元日"


def test_a_missing_file_is_named(folder: Path, session: Session) -> None:
    (folder / "quota.csv").unlink()
    with pytest.raises(Misconfigured, match=r"lacks quota\.csv"):
        load_canonical(session, folder)


def test_a_missing_column_is_named(folder: Path, session: Session) -> None:
    rewrite(folder / "quota.csv", "currency", "cur")
    with pytest.raises(Misconfigured, match="columns currency are missing"):
        load_canonical(session, folder)
