"""The state store's versions: each is reached, no script is forgotten, a newer one is refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.warehouse.stores import differences, looking, schema, stamp
from tests.warehouse.test_old_state import old
from warehouse.errors import Misconfigured
from warehouse.migrations import move_to_head, versions
from warehouse.state import HEAD, METADATA, StateStore

__all__ = ["old"]


def test_the_models_say_the_version_of_the_newest_script() -> None:
    assert versions()[0] == HEAD
    assert versions() == [f"{number:04}" for number in range(len(versions()), 0, -1)]


def test_the_scripts_make_what_the_models_say(state_url: str, tmp_path: Path) -> None:
    """Nobody changes the tables without a script, nor writes a script that does something else."""
    (tmp_path / "state").mkdir()
    engine = sa.create_engine(state_url)
    with engine.begin() as connection:
        move_to_head(connection)
    engine.dispose()
    assert differences(state_url) == []
    assert set(schema(state_url)) == {*METADATA.tables, "alembic_version"}


def test_a_change_without_a_script_would_be_found(state: StateStore, state_url: str) -> None:
    models = sa.MetaData()
    for table in METADATA.tables.values():
        table.to_metadata(models)
    sa.Table("runs", models, sa.Column("host", sa.String), extend_existing=True)
    assert [one[:3] for one in differences(state_url, models)] == [("add_column", None, "runs")]


def test_a_new_store_is_of_the_newest_version(state: StateStore, state_url: str) -> None:
    assert stamp(state_url) == HEAD
    assert differences(state_url) == []


def test_to_open_a_store_again_is_one_query(state: StateStore, state_url: str) -> None:
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        StateStore(state_url).close()
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)
    (query,) = asked
    assert query.split()[0] == "SELECT"


def test_a_store_of_a_newer_version_is_refused_and_left_alone(
    state: StateStore, state_url: str
) -> None:
    with state.transaction() as connection:
        connection.execute(sa.text("update alembic_version set version_num = '9001'"))
        connection.execute(sa.text("drop table alerts"))
    with pytest.raises(Misconfigured, match=r"of version 9001.*newest that it knows is") as caught:
        StateStore(state_url)
    assert caught.value.exit_code == 2
    assert "install the newer revops" in str(caught.value)
    assert stamp(state_url) == "9001"
    assert "alerts" not in schema(state_url)


def test_the_tables_of_another_program_are_not_touched(state_url: str, tmp_path: Path) -> None:
    """Such as Dagster's, whose runs are in a table of the same name."""
    (tmp_path / "state").mkdir()
    with looking(state_url) as connection:
        connection.execute(sa.text("create table runs (id integer, run_id varchar)"))
        connection.commit()
    before = schema(state_url)
    with pytest.raises(Misconfigured, match="table runs that is not its own"):
        StateStore(state_url)
    assert schema(state_url) == before


KILLED = """
import os, sys
import sqlalchemy as sa
from warehouse.state import StateStore

def kill(_connection, _cursor, statement, *_):
    if statement.lstrip().startswith("ALTER TABLE ledger ADD COLUMN job"):
        os._exit(9)

sa.event.listen(sa.Engine, "after_cursor_execute", kill)
StateStore(sys.argv[1])
"""


def test_a_move_that_is_killed_half_way_is_made_by_the_next_opening(old: str) -> None:
    before = schema(old)
    ended = subprocess.run([sys.executable, "-c", KILLED, old], check=False)
    assert ended.returncode == 9
    assert schema(old) == before
    StateStore(old).close()
    assert differences(old) == []
    assert stamp(old) == HEAD


OPENING = """
import logging, os, sys
from warehouse.state import StateStore

def open_store():
    os.close(hold)
    os.read(wait, 1)
    StateStore(sys.argv[1]).close()
    os.write(1, f"{'alembic' in sys.modules}\\n".encode())

logging.basicConfig(level=logging.INFO)
wait, hold = os.pipe()
children = []
for _ in range(3):
    child = os.fork()
    if not child:
        try:
            open_store()
        finally:
            os._exit(0)
    children.append(child)
os.close(hold)
for child in children:
    os.waitpid(child, 0)
"""


def opened_by_three(url: str) -> tuple[int, list[str]]:
    """Let three processes open a store at one moment: how often it was moved; who had alembic."""
    ended = subprocess.run(
        [sys.executable, "-c", OPENING, url], check=True, capture_output=True, text=True
    )
    return ended.stderr.count("moved on from version"), sorted(ended.stdout.split())


def test_of_several_processes_that_open_an_old_store_one_moves_it(old: str) -> None:
    moves, alembic = opened_by_three(old)
    assert moves == 1
    assert len(alembic) == 3
    assert differences(old) == []


def test_several_that_make_a_new_store_at_once_all_succeed(state_url: str) -> None:
    assert opened_by_three(state_url) == (0, ["False"] * 3)
    assert differences(state_url) == []
