"""Holdouts: who is held out is a matter of name and id alone, and what is held out is not sent."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reverse_etl.holdout import MEMBERS, Holdout, enrol, is_held_out
from reverse_etl.spec import SYNCS, SyncSpec
from tests.reverse_etl.bench import SPEC, Bench, bench_at, wished
from warehouse.clock import FixedClock
from warehouse.connection import Session, scratch
from warehouse.documents import read_document
from warehouse.errors import Misconfigured
from warehouse.settings import DBT_PROJECT

BEGAN = datetime(2026, 11, 20, 9, tzinfo=UTC)
LATER = BEGAN + timedelta(days=3)

names = st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True)
shares = st.decimals("0.000001", "0.999999", places=6)
keys = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)


def holdout(share: str = "0.4", name: str = "score_push", **more: Any) -> Holdout:
    return Holdout(name=name, share=Decimal(share), **more)


def with_holdout(one: Holdout | None) -> SyncSpec:
    return SPEC.model_copy(update={"holdout": one})


def by_hand(one: Holdout, key: str) -> bool:
    """The definition again: the first 15 hex digits of MD5 as a part of one, below the share."""
    digits = hashlib.md5(f"{one.name}:{key}".encode(), usedforsecurity=False).hexdigest()[:15]
    return Decimal(int(digits, 16)) < one.share * 16**15 - (one.share * 16**15) % 1


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    with scratch() as opened:
        yield opened


def held_out(session: Session, one: Holdout | None, members: list[str]) -> set[str]:
    with session.table("members", {"key": members}, {"key": "text"}):
        rows = session.rows(f"select key from members where {is_held_out(one, 'key')}")
    return {row["key"] for row in rows}


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=names, share=shares, members=st.lists(keys, max_size=30, unique=True))
def test_the_warehouse_decides_as_the_definition_says(
    session: Session, name: str, share: Decimal, members: list[str]
) -> None:
    one = Holdout(name=name, share=share)
    assert held_out(session, one, members) == {key for key in members if by_hand(one, key)}


def test_who_is_held_out_does_not_change_with_machine_or_version(session: Session) -> None:
    members = [f"acc-{n}" for n in range(40)]
    assert sorted(held_out(session, holdout("0.25"), members)) == PINNED


# Written down once: another hash, or another reading of it, would move people between the groups.
PINNED = ["acc-1", "acc-10", "acc-14", "acc-22", "acc-28", "acc-3", "acc-31"]


@settings(max_examples=25, deadline=None)
@given(name=names, share=st.decimals("0.02", "0.98", places=2))
def test_the_share_is_met_as_far_as_chance_lets(
    session: Session, name: str, share: Decimal
) -> None:
    n = 20_000
    found = len(held_out(session, Holdout(name=name, share=share), [f"acc-{i}" for i in range(n)]))
    # Five standard errors: one in two million by chance.
    assert abs(found - n * float(share)) <= 5 * math.sqrt(n * float(share) * (1 - float(share)))


def test_two_holdouts_know_nothing_of_each_other(session: Session) -> None:
    n = 40_000
    members = [f"acc-{i}" for i in range(n)]
    one = held_out(session, holdout("0.3", "first"), members)
    two = held_out(session, holdout("0.5", "second"), members)
    expected, spread = n * 0.15, math.sqrt(n * 0.15 * 0.85)
    assert abs(len(one & two) - expected) <= 5 * spread


@settings(max_examples=25, deadline=None)
@given(name=names, low=shares, high=shares)
def test_a_greater_share_holds_out_the_same_and_more(
    session: Session, name: str, low: Decimal, high: Decimal
) -> None:
    members = [f"p{i}" for i in range(300)]
    less, more = sorted([low, high])
    assert held_out(session, Holdout(name=name, share=less), members) <= held_out(
        session, Holdout(name=name, share=more), members
    )


def test_who_has_no_id_is_in_no_group(session: Session) -> None:
    assert session.value(f"select {is_held_out(holdout(), 'null')}") is False
    assert session.value(f"select {is_held_out(None, 'anything')}") is False


@pytest.mark.parametrize(
    "said",
    [
        {"name": "a:b", "share": "0.1"},
        {"name": "x'; drop table y", "share": "0.1"},
        {"name": "x", "share": "0"},
        {"name": "x", "share": "1"},
        {"name": "x", "share": "0.1", "unit": "deal"},
        {"name": "x", "share": "0.1", "colour": "red"},
    ],
)
def test_what_is_no_holdout_is_refused(said: dict[str, str], tmp_path: Path) -> None:
    document = tmp_path / f"{SPEC.name}.yaml"
    lines = "".join(f"  {key}: {value!r}\n" for key, value in said.items())
    text = (SYNCS / f"{SPEC.name}.yaml").read_text("utf-8")
    document.write_text(f"{text}holdout:\n{lines}", "utf-8")
    with pytest.raises(Misconfigured, match=r"\.yaml:\d+: holdout"):
        read_document(document, SyncSpec)


COMPANIES = 40


@pytest.fixture
def companies(tmp_path: Path) -> Iterator[Bench]:
    with bench_at(tmp_path, COMPANIES) as made:
        made.wish([wished(n) for n in range(COMPANIES)])
        made.judge()
        yield made


def of_holdout(one: Holdout) -> tuple[set[str], set[str]]:
    """Record keys that are held out, and those that are treated, by the account behind them."""
    rows = [wished(n) for n in range(COMPANIES)]
    out = {r["hubspot_company_id"] for r in rows if by_hand(one, r["account_id"])}
    return out, {r["hubspot_company_id"] for r in rows} - out


def members(bench: Bench) -> list[dict[str, Any]]:
    with bench.warehouse.open("test") as opened:
        return opened.rows("select * from ops.holdout_members order by unit_id")


def test_a_plan_withholds_who_is_held_out_and_says_of_which_holdout(companies: Bench) -> None:
    plan = companies.plan(with_holdout(holdout()))
    out, treated = of_holdout(holdout())
    assert out
    assert treated
    assert {one.key for one in plan.changes} == treated
    assert {(one.key, one.reason, one.details) for one in plan.withheld} == {
        (key, "holdout", ("score_push",)) for key in out
    }
    assert plan.counts["withheld"] == len(out)
    assert plan.counts["rows"] == COMPANIES


def test_nobody_who_is_held_out_is_ever_in_a_payload(companies: Bench) -> None:
    spec = with_holdout(holdout())
    out, treated = of_holdout(holdout())
    companies.sync(spec)
    companies.wish([wished(n, account_score=99) for n in range(COMPANIES)])
    companies.judge()
    companies.sync(spec)
    assert {row["key"] for row in companies.ledger()} == treated
    held = companies.companies()
    assert all(held[key]["revops_account_id"] is None for key in out)
    assert all(held[key]["revops_account_id"] is not None for key in treated)


def test_without_the_holdout_they_are_sent(companies: Bench) -> None:
    out, _ = of_holdout(holdout())
    companies.sync(with_holdout(holdout()))
    result = companies.sync(SPEC)
    assert {change.key for change in result.plan.changes} == out
    companies.assert_holds([wished(n) for n in range(COMPANIES)])


def test_two_records_of_one_account_are_on_one_side(companies: Bench) -> None:
    rows = [wished(n, account_id=f"acc-{n // 2}") for n in range(COMPANIES)]
    companies.wish(rows)
    plan = companies.plan(with_holdout(holdout()))
    account_of = {row["hubspot_company_id"]: row["account_id"] for row in rows}
    sent = {account_of[change.key] for change in plan.changes}
    kept = {account_of[str(one.key)] for one in plan.withheld}
    assert kept
    assert sent.isdisjoint(kept)


def test_whom_the_gate_withholds_is_told_by_the_gates_reason(companies: Bench) -> None:
    companies.judge("quarantine", quarantined={f"acc-{n}": ["rule"] for n in range(COMPANIES)})
    plan = companies.plan(with_holdout(holdout()))
    assert {one.reason for one in plan.withheld} == {"quarantined"}
    companies.sync(with_holdout(holdout()))
    assert members(companies) == []


def test_who_takes_part_is_noted_before_anything_is_sent_and_stays_noted(companies: Bench) -> None:
    spec = with_holdout(holdout())
    companies.sync(spec)
    first = members(companies)
    assert {(row["unit_id"], row["is_held_out"]) for row in first} == {
        (f"acc-{n}", by_hand(holdout(), f"acc-{n}")) for n in range(COMPANIES)
    }
    assert {(row["holdout"], row["unit"], row["sync"]) for row in first} == {
        ("score_push", "account", SPEC.name)
    }
    sent_at = min(row["sent_at"] for row in companies.mirrored())
    assert max(row["began_at"] for row in first) <= sent_at
    companies.sync(spec)
    assert members(companies) == first


def test_a_plan_notes_nobody_and_neither_does_a_gate_that_holds(companies: Bench) -> None:
    companies.plan(with_holdout(holdout()))
    companies.judge("hold")
    companies.sync(with_holdout(holdout()))
    with companies.warehouse.open("test") as opened:
        assert not opened.value(
            "select count(*) from duckdb_tables() where table_name = 'holdout_members'"
        )


def test_who_changes_sides_is_marked_and_keeps_the_first(session: Session) -> None:
    units = "select 'acc-' || n as unit_id from range(40) as series (n)"
    session.execute("drop schema if exists ops cascade")
    for share, at in [("0.2", BEGAN), ("0.6", LATER), ("0.2", LATER + timedelta(days=1))]:
        enrol(session, "a", holdout(share), units, besides=(), clock=FixedClock(at))
    rows = session.rows("select * from ops.holdout_members")
    assert {row["began_at"] for row in rows} == {BEGAN}
    for row in rows:
        before, after = (by_hand(holdout(share), row["unit_id"]) for share in ("0.2", "0.6"))
        assert row["is_held_out"] == before
        assert row["moved_at"] == (None if before == after else LATER)


def test_who_comes_later_begins_later(session: Session) -> None:
    session.execute("drop schema if exists ops cascade")
    for count, at in [(10, BEGAN), (20, LATER)]:
        units = f"select 'acc-' || n as unit_id from range({count}) as series (n)"
        enrol(session, "a", holdout(), units, besides=("acc-3",), clock=FixedClock(at))
    began = {row["unit_id"]: row["began_at"] for row in session.rows("from ops.holdout_members")}
    assert "acc-3" not in began
    assert [began["acc-9"], began["acc-10"]] == [BEGAN, LATER]


def test_dbt_prepares_the_same_table_as_the_sync(session: Session) -> None:
    macro = (DBT_PROJECT / "macros" / "holdouts.sql").read_text("utf-8")
    begin = macro.index("create table if not exists ops.holdout_members")
    prepared = macro[begin : macro.index(";", begin)]
    # A lake has no keys; a file has them.
    in_file = re.sub(r"\s*{{ primary_key\('([^']*)'\) }}", r", primary key (\1)", prepared)
    assert " ".join(in_file.split()) == " ".join(MEMBERS.split())
