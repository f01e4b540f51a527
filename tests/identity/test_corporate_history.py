"""Renames and mergers of companies: dated aliases and redirects, never two accounts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

import networkx as nx
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from identity.corporate_history import (
    names_at,
    resolve_corporate_numbers,
    write_aliases,
    write_redirects,
)
from warehouse.connection import Session, scratch
from warehouse.settings import PROJECT_ROOT

HISTORY = PROJECT_ROOT.parent / "shared" / "data" / "jp_houjin_history"


@pytest.fixture
def session() -> Iterator[Session]:
    with scratch() as session:
        yield session


Rename = tuple[str, str, str | None, str, str | None]


def aliases(session: Session, *renames: Rename) -> list[tuple[str, str | None, str | None]]:
    """Names with the days from and to, of one company's renames."""
    columns = ("cn", "old_name", "old_seen", "new_name", "renamed_on")
    arrays = [pa.array(values, pa.string()) for values in zip(*renames, strict=True)]
    session.load("renames", pa.table(arrays, names=list(columns)))
    write_aliases(session, "aliases", renames="renames")
    return [
        (row["name"], _text(row["valid_from"]), _text(row["valid_to"]))
        for row in session.rows("from aliases")
    ]


def _text(day: date | None) -> str | None:
    return day.isoformat() if day else None


def redirects(session: Session, *mergers: tuple[str, str, str]) -> dict[str, list[tuple[str, str]]]:
    """Where each number leads, in the order of the days, of (number, successor, day)."""
    columns = ("cn", "successor_cn", "close_date")
    arrays = [pa.array(values, pa.string()) for values in zip(*mergers, strict=True)]
    session.load("mergers", pa.table(arrays, names=list(columns)))
    write_redirects(session, "redirects", mergers="mergers")
    found: dict[str, list[tuple[str, str]]] = {}
    for row in session.rows("from redirects"):
        steps = found.setdefault(row["corporate_number"], [])
        steps.append((row["successor"], row["since"].isoformat()))
    return found


def named(session: Session, day: str | None) -> str | None:
    session.load(
        "asked", pa.table({"corporate_number": ["1"], "day": pa.array([day], pa.string())})
    )
    names_at(session, "asked", "aliases", "named")
    name: str | None = session.value("select name from named")
    return name


def test_a_rename_ends_one_name_and_begins_the_next(session: Session) -> None:
    assert aliases(session, ("1", "山田商店", "2022-03-01", "ヤマダ", "2023-04-01")) == [
        ("山田商店", None, "2023-04-01"),
        ("ヤマダ", "2023-04-01", None),
    ]
    assert named(session, "2023-03-31") == "山田商店"
    assert named(session, "2023-04-01") == "ヤマダ"
    assert named(session, None) == "ヤマダ"


def test_several_renames_follow_each_other_whatever_their_order(session: Session) -> None:
    rows: list[Rename] = [
        ("1", "ベータ", "2023-01-10", "ガンマ", "2024-06-01"),
        ("1", "アルファ", "2021-01-10", "ベータ", "2022-05-01"),
    ]
    expected = [
        ("アルファ", None, "2022-05-01"),
        ("ベータ", "2022-05-01", "2024-06-01"),
        ("ガンマ", "2024-06-01", None),
    ]
    assert aliases(session, *rows) == expected
    assert aliases(session, *reversed(rows)) == expected


def test_a_company_that_takes_its_old_name_back_has_it_twice(session: Session) -> None:
    found = aliases(
        session,
        ("1", "アルファ", "2024-02-01", "ベータ", "2024-10-10"),
        ("1", "ベータ", "2024-10-23", "アルファ", "2025-01-15"),
    )
    assert found == [
        ("ベータ", "2024-10-10", "2025-01-15"),
        ("アルファ", "2025-01-15", None),
    ]


def test_a_name_published_late_still_ends_on_the_day_of_the_rename(session: Session) -> None:
    assert aliases(session, ("1", "アルファ", "2023-06-28", "ベータ", "2023-03-13")) == [
        ("アルファ", None, "2023-03-13"),
        ("ベータ", "2023-03-13", None),
    ]


def test_a_history_published_again_adds_nothing_and_turns_nothing_round(session: Session) -> None:
    """The number was given to アルファ; ベータ came later, though it was seen before."""
    found = aliases(
        session,
        ("1", "ベータ", "2023-06-09", "アルファ", "2015-10-05"),
        ("1", "アルファ", "2023-09-07", "ベータ", "2021-12-01"),
        ("1", "ベータ", "2023-09-07", "アルファ", "2015-10-05"),
        ("1", "アルファ", "2023-11-08", "ベータ", "2021-12-01"),
    )
    assert found == [
        ("アルファ", "2015-10-05", "2021-12-01"),
        ("ベータ", "2021-12-01", None),
    ]


def test_a_corrected_name_of_one_day_stays_an_alias_without_time(session: Session) -> None:
    found = aliases(
        session,
        ("1", "アルファ", "2021-01-01", "ベエタ", "2022-01-01"),
        ("1", "ベエタ", "2022-03-01", "ベータ", "2022-01-01"),
    )
    assert ("ベータ", "2022-01-01", None) in found
    assert ("ベエタ", "2022-01-01", "2022-01-01") in found
    assert named(session, "2022-02-01") == "ベータ"


def test_a_name_seen_between_two_dated_ones_has_its_time_between_them(session: Session) -> None:
    found = aliases(
        session,
        ("1", "ゼータ", "2015-01-01", "アルファ", "2016-01-01"),
        ("1", "ベータ", "2019-05-05", "ガンマ", "2020-01-01"),
    )
    assert ("アルファ", "2016-01-01", "2019-05-05") in found
    assert ("ベータ", "2019-05-05", "2020-01-01") in found


def test_a_rename_without_a_day_still_gives_both_names(session: Session) -> None:
    found = aliases(session, ("1", "アルファ", None, "ベータ", None))
    assert {name for name, _, _ in found} == {"アルファ", "ベータ"}


def test_events_tell_names_as_renames_do(session: Session) -> None:
    session.load("events", _events([
        ("1", "01", "2021-01-05", "2015-10-05", "アルファ", None, None),
        ("1", "12", "2022-01-05", "2022-01-01", "アルファ", None, None),
        ("1", "11", "2023-01-05", "2023-01-01", "ベータ", None, None),
    ]))  # fmt: skip
    write_aliases(session, "aliases", events="events")
    rows = session.rows("select name, valid_from::text as f, valid_to::text as t from aliases")
    assert [tuple(row.values()) for row in rows] == [
        ("アルファ", "2015-10-05", "2023-01-01"),
        ("ベータ", "2023-01-01", None),
    ]


def _events(rows: Sequence[tuple[str | None, ...]]) -> pa.Table:
    names = ("cn", "process", "update_date", "change_date", "name", "close_date", "successor_cn")
    return pa.table(
        [pa.array(values, pa.string()) for values in zip(*rows, strict=True)], names=list(names)
    )


def test_an_absorbed_company_leads_to_its_successor_from_its_day_on(session: Session) -> None:
    assert redirects(session, ("1", "2", "2024-04-01")) == {"1": [("2", "2024-04-01")]}
    days = pa.array(["2024-03-31", "2024-04-01", None, None], pa.string())
    session.load("asked", pa.table({"corporate_number": ["1", "1", "1", "2"], "day": days}))
    resolve_corporate_numbers(session, "asked", "redirects", "resolved")
    rows = session.rows("from resolved order by corporate_number, day nulls last")
    assert [(row["resolved"], _text(row["since"])) for row in rows] == [
        ("1", None),
        ("2", "2024-04-01"),
        ("2", "2024-04-01"),
        ("2", None),
    ]


def test_a_chain_of_mergers_is_followed_to_its_end_and_step_by_step(session: Session) -> None:
    found = redirects(
        session, ("2", "3", "2022-08-01"), ("1", "2", "2021-08-02"), ("3", "4", "2024-01-01")
    )
    assert found["1"] == [("2", "2021-08-02"), ("3", "2022-08-01"), ("4", "2024-01-01")]
    assert found["2"] == [("3", "2022-08-01"), ("4", "2024-01-01")]


def test_a_merger_into_a_company_that_was_already_closed_goes_on_at_once(session: Session) -> None:
    found = redirects(session, ("1", "2", "2026-06-22"), ("2", "3", "2026-06-01"))
    assert found["1"] == [("3", "2026-06-22")]


def test_a_merger_told_twice_counts_from_the_first_day(session: Session) -> None:
    found = redirects(session, ("1", "2", "2021-11-01"), ("1", "2", "2021-10-01"))
    assert found == {"1": [("2", "2021-10-01")]}


def test_of_two_successors_the_later_one_counts(session: Session) -> None:
    found = redirects(session, ("1", "2", "2021-11-01"), ("1", "3", "2023-10-01"))
    assert found == {"1": [("3", "2023-10-01")]}


def test_a_circle_is_opened_at_its_oldest_step(session: Session) -> None:
    found = redirects(
        session, ("1", "2", "2020-01-01"), ("2", "1", "2022-01-01"), ("9", "1", "2019-01-01")
    )
    assert found == {"2": [("1", "2022-01-01")], "9": [("1", "2019-01-01")]}


def test_a_number_that_follows_itself_stays_where_it_is(session: Session) -> None:
    assert redirects(session, ("1", "1", "2020-01-01"), ("2", "1", "2020-01-01")) == {
        "2": [("1", "2020-01-01")]
    }


@pytest.mark.parametrize("process", ["22", "72"])
def test_a_revived_company_leads_nowhere_until_it_is_closed_again(
    session: Session, process: str
) -> None:
    closing = ("1", "21", "2022-01-05", "2022-01-01", "アルファ", "2022-01-01", "2")
    revived = ("1", process, "2022-03-05", "2022-03-01", "アルファ", None, None)
    again = ("1", "21", "2023-01-05", "2023-01-01", "アルファ", "2023-01-01", "3")
    for events, expected in (
        ([closing], {"1": "2"}),
        ([closing, revived], {}),
        ([closing, revived, again], {"1": "3"}),
    ):
        session.load("events", _events(events))
        write_redirects(session, "redirects", events="events")
        rows = session.rows("from redirects")
        assert {row["corporate_number"]: row["successor"] for row in rows} == expected


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 400)),
        min_size=1,
        max_size=14,
    )
)
def test_every_number_leads_in_one_step_to_one_that_leads_nowhere(
    mergers: list[tuple[int, int, int]],
) -> None:
    first = date(2020, 1, 1)
    rows = [(str(a), str(b), (first + timedelta(days)).isoformat()) for a, b, days in mergers]
    with scratch() as session:
        found = redirects(session, *rows)
    ends = {number: steps[-1][0] for number, steps in found.items()}
    assert not set(ends.values()) & set(ends)
    connected = nx.Graph([(a, b) for a, b, _ in rows])
    for number, end in ends.items():
        assert nx.has_path(connected, number, end)
    for steps in found.values():
        assert [day for _, day in steps] == sorted({day for _, day in steps})


def test_every_rename_and_merger_of_the_register_is_followed(session: Session) -> None:
    if not HISTORY.exists():
        pytest.skip(f"{HISTORY} is not here")
    for name in ("renames", "mergers"):
        session.execute(
            f"create table {name} as from read_csv('{HISTORY / name}.csv.gz', all_varchar = true)"
        )
    write_aliases(session, "aliases", renames="renames")
    write_redirects(session, "redirects", mergers="mergers")
    for side in ("old_name", "new_name"):
        missing = f"""
            select count(*) from renames as r anti join aliases as a
            on a.corporate_number = r.cn and a.name = r.{side}
        """
        assert session.value(missing) == 0, side
    session.execute("create view asked as select cn as corporate_number, null as day from mergers")
    resolve_corporate_numbers(session, "asked", "redirects", "resolved")
    assert session.value("select count(*) from resolved where resolved = corporate_number") == 0
    lost = """
        select count(*) from mergers as m join resolved as r on r.corporate_number = m.cn
        left join redirects as next on next.corporate_number = m.successor_cn
        where r.resolved <> m.successor_cn and next.successor is null
    """
    assert session.value(lost) == 0
    assert session.value("select count(*) from resolved where since is null") == 0
