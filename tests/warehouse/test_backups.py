"""What is put back is what was there; what is killed leaves the old or the whole new one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest
import sqlalchemy as sa

from tests.orchestration.command import revops
from tests.postgresql import NewUrl
from tests.warehouse.test_deliveries import header, new
from tests.warehouse.test_landing import AT
from warehouse import backups as module
from warehouse import layout
from warehouse.backups import Backup, back_up, backups, forget_older, opened, restore, verify
from warehouse.connection import Warehouse
from warehouse.deliveries import Deliveries, Settlement
from warehouse.errors import Misconfigured, Unavailable
from warehouse.settings import Settings, export_environment, load
from warehouse.state import METADATA, StateStore
from warehouse.suppressions import TABLE, Suppression, Suppressions

Tables = dict[str, list[Any]]


class Home:
    """An installation with a little of everything."""

    def __init__(self, path: Path, url: str | None = None) -> None:
        self.path = path
        export_environment({"REVOPS_HOME": str(path)} | ({"REVOPS_STATE__URL": url} if url else {}))
        self.settings = load(Settings)
        self.warehouse = Warehouse.from_settings(self.settings)
        self.state = StateStore.from_settings(self.settings)

    def fill(self) -> None:
        with self.warehouse.open("filling") as session:
            session.execute("create schema marts")
            session.execute(
                "create table marts.accounts as"
                " select i as id, '株式会社' || i as name from range(1000) as made(i)"
            )
        self.deliver("1", "2")
        (self.path / "history").mkdir(parents=True)
        with closing(sqlite3.connect(self.path / "history" / "runs.db")) as runs:
            runs.execute("create table runs (id text)")
            runs.execute("insert into runs values ('dagster-run')")
            runs.commit()
        (self.path / "storage").mkdir()
        (self.path / "storage" / "plan.md").write_text("計画", encoding="utf-8")

    def deliver(self, *keys: str) -> None:
        deliveries = Deliveries(self.state)
        plan = header(f"plan-{'-'.join(keys)}")
        entries = deliveries.open_plan(plan, [new(key) for key in keys], AT)
        deliveries.settle(plan.sync, [Settlement(e, "acknowledged", e.key) for e in entries], AT)

    def spoil(self) -> None:
        """A day on which all goes wrong."""
        with self.warehouse.open("spoiling") as session:
            session.execute("delete from marts.accounts where id > 3")
        self.deliver("3")
        (self.path / "storage" / "plan.md").write_text("", encoding="utf-8")

    def back_up(self) -> Backup:
        return back_up(self.settings, self.warehouse, self.state, self.path / "backups", AT)

    def restore(self, backup: Backup, *, replace: bool = True) -> int:
        return restore(backup, self.settings, self.warehouse, self.state, replace=replace)

    def content(self) -> Tables:
        """Every row of everything."""
        with self.warehouse.open("comparing") as session:
            found: Tables = {"accounts": session.rows("from marts.accounts order by id")}
        with self.state.transaction() as connection:
            for table in METADATA.sorted_tables:
                rows = connection.execute(sa.select(table)).mappings()
                found[table.name] = sorted((dict(row) for row in rows), key=str)
            # A null is no JSON null.
            found["nulls"] = list(
                connection.execute(sa.text("select count(*) from ledger where found is null"))
            )
        with closing(sqlite3.connect(self.path / "history" / "runs.db")) as runs:
            found["dagster"] = runs.execute("select * from runs").fetchall()
        found["plan"] = [(self.path / "storage" / "plan.md").read_text(encoding="utf-8")]
        return found


@pytest.fixture
def filled(tmp_path: Path) -> Home:
    found = Home(tmp_path / "home")
    found.fill()
    return found


def test_what_is_put_back_is_what_was_there(filled: Home) -> None:
    before = filled.content()
    made = filled.back_up()
    assert verify(made) == []
    filled.spoil()
    spoilt = filled.content()
    assert filled.restore(made) == 0
    assert filled.content() == before
    former = filled.path / f"warehouse.before-{made.path.name}.duckdb"
    with duckdb.connect(former, read_only=True) as kept:
        (rows,) = kept.execute("select count(*) from marts.accounts").fetchall()
    assert rows == (len(spoilt["accounts"]),)


def test_it_is_put_into_a_home_without_anything(filled: Home, tmp_path: Path) -> None:
    made, before = filled.back_up(), filled.content()
    elsewhere = Home(tmp_path / "another")
    elsewhere.restore(opened(made.path), replace=False)
    assert elsewhere.content() == before


def test_a_warehouse_is_replaced_only_when_that_is_asked_for(filled: Home) -> None:
    made = filled.back_up()
    filled.spoil()
    spoilt = filled.content()
    with pytest.raises(Misconfigured, match="There is a warehouse"):
        filled.restore(made, replace=False)
    assert filled.content() == spoilt


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: (path / "warehouse.duckdb").open("r+b").write(b"?"),
        lambda path: (path / "files" / "storage" / "plan.md").unlink(),
        lambda path: (path / "files" / "stranger").touch(),
    ],
)
def test_a_damaged_backup_is_told_and_touches_nothing(
    filled: Home, damage: Callable[[Path], Any]
) -> None:
    made, before = filled.back_up(), filled.content()
    if (made.path / "warehouse.duckdb").exists():
        (made.path / "warehouse.duckdb").chmod(0o644)
    damage(made.path)
    assert len(verify(made)) == 1
    with pytest.raises(Misconfigured, match="is not restored"):
        filled.restore(made)
    assert filled.content() == before


class Killed(BaseException):
    pass


STEPS = ("copied", "copy_store", "_copy_files", "_described", "_make_all_lasting", "make_lasting")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_killed_backup_is_none_or_whole(
    filled: Home, monkeypatch: pytest.MonkeyPatch, step: str, when: str
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(module, step, killed(getattr(module, step), when))
        with pytest.raises(Killed):
            filled.back_up()
    assert [verify(one) for one in backups(filled.path / "backups")] in ([], [[]])
    if backups(filled.path / "backups"):
        forget_older(filled.path / "backups", 0)
    assert verify(filled.back_up()) == []
    assert not list((filled.path / "backups").glob("*.partial"))


@pytest.mark.parametrize("step", ["_put_files_back", "put_back", "copied", "_put_warehouse_back"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_killed_restore_is_begun_again(
    filled: Home, monkeypatch: pytest.MonkeyPatch, step: str, when: str
) -> None:
    before, made = filled.content(), filled.back_up()
    filled.spoil()
    with monkeypatch.context() as patched:
        patched.setattr(module, step, killed(getattr(module, step), when))
        with pytest.raises(Killed):
            filled.restore(made)
    filled.restore(made)
    assert filled.content() == before


def killed(does: Callable[..., Any], when: str) -> Callable[..., Any]:
    def dies(*given: Any, **named: Any) -> Any:
        if when == "after":
            does(*given, **named)
        raise Killed

    return dies


def test_who_was_withheld_since_stays_withheld(filled: Home) -> None:
    made = filled.back_up()
    who = Suppression("all", "by letter", AT, "taro@aoba.example")
    Suppressions(filled.state).add(who)
    assert filled.restore(made) == 1
    assert Suppressions(filled.state).all() == [who]
    # Plans read the list in the warehouse, which is the older one.
    with filled.warehouse.open("looking") as session:
        assert session.value(f"select count(*) from {TABLE}") == 1


def test_a_disk_without_room_is_told_before_anything_is_written(
    filled: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        free = 1_000

    monkeypatch.setattr("shutil.disk_usage", lambda _: Full)
    with pytest.raises(Unavailable, match="no room"):
        filled.back_up()
    assert list((filled.path / "backups").iterdir()) == []


def test_a_backup_of_a_newer_version_is_not_put_back(
    filled: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = filled.back_up()
    filled.spoil()
    spoilt = filled.content()
    with monkeypatch.context() as older:
        older.setattr(layout, "LAYOUT", layout.LAYOUT - 1)
        with pytest.raises(Misconfigured, match="does not know"):
            filled.restore(made)
    assert filled.content() == spoilt


def test_the_commands_make_prove_list_and_restore(filled: Home) -> None:
    before = filled.content()
    made = revops("backup", "--keep", "1", "--json")
    assert made.code == 0
    parts = {part["name"]: part for part in made.document["parts"]}
    assert parts["warehouse.duckdb"]["rows"]["marts.accounts"] == 1_000
    assert parts["state.sqlite"]["rows"]["ledger"] == 2
    (listed,) = revops("backup", "--list", "--json").document["backups"]
    assert listed["path"] == made.document["path"]
    assert "verified" in revops("backup", "--verify").out
    filled.spoil()
    assert revops("restore", listed["path"]).code == 2
    assert revops("restore", listed["path"], "--replace").code == 0
    assert filled.content() == before


def test_without_a_backup_there_is_nothing_to_verify(filled: Home) -> None:
    said = revops("backup", "--verify")
    assert said.code == 2
    assert "no backup" in said.err
    assert str(filled.path) in said.err.replace("\n", "")


@pytest.fixture
def in_postgresql(tmp_path: Path, postgresql: NewUrl) -> Iterator[Home]:
    found = Home(tmp_path / "home", postgresql())
    found.fill()
    yield found
    found.state.close()


@pytest.mark.slow
def test_a_store_in_postgresql_is_put_back_and_counts_on(in_postgresql: Home) -> None:
    before, made = in_postgresql.content(), in_postgresql.back_up()
    assert verify(made) == []
    in_postgresql.spoil()
    in_postgresql.restore(made)
    assert in_postgresql.content() == before
    in_postgresql.deliver("4")
    assert len(in_postgresql.content()["ledger"]) == len(before["ledger"]) + 1


@pytest.mark.slow
def test_a_store_moves_from_sqlite_to_postgresql_and_back(
    filled: Home, tmp_path: Path, postgresql: NewUrl
) -> None:
    before, made = filled.content(), filled.back_up()
    moved = Home(tmp_path / "moved", postgresql())
    moved.restore(made, replace=False)
    again = moved.back_up()
    moved.state.close()
    back = Home(tmp_path / "back", f"sqlite:///{tmp_path / 'back.sqlite'}")
    back.restore(again, replace=False)
    assert back.content() == before
