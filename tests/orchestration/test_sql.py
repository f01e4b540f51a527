from __future__ import annotations

import io
import json
import os
import pty
import select
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest

from orchestration.shell import Shell
from tests.orchestration.command import revops
from warehouse.asking import ask, known_names
from warehouse.connection import Warehouse, WarehouseError
from warehouse.lease import Lease
from warehouse.published import Published
from warehouse.reading import reading, reading_live


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home whose published copy is one row behind its warehouse."""
    home = tmp_path_factory.mktemp("home")
    warehouse = Warehouse(home / "warehouse.duckdb")
    with warehouse.open("a test") as session:
        session.execute("create schema marts")
        session.execute("create table marts.accounts as select 'Aoba' as name, 1.50::decimal(9, 2)")
    Published(home / "published").publish(warehouse)
    with warehouse.open("a test") as session:
        session.execute("insert into marts.accounts values ('暁風', 7)")
    return home


@pytest.fixture(autouse=True)
def at_home(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVOPS_HOME", str(place))
    monkeypatch.setenv("REVOPS_WAREHOUSE__WAIT_SECONDS", "0.2")


@contextmanager
def typed(text: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    yield


def test_the_copy_is_asked_while_somebody_else_has_the_warehouse(place: Path) -> None:
    with Lease(place / "warehouse.duckdb", wait_seconds=0).held("dbt build"):
        said = revops("sql", "select name from marts.accounts", "--json")
        live = revops("sql", "select 1", "--warehouse", "--json")
    assert said.document["rows"] == [{"name": "Aoba"}]
    assert said.document["columns"] == {"name": "VARCHAR"}
    assert said.document["published_at"].startswith("20")
    assert live.code == 5
    assert "`dbt build`" in live.err


def test_the_warehouse_itself_is_asked_where_that_is_wished() -> None:
    said = revops("sql", "select name from marts.accounts order by all", "--warehouse", "--json")
    assert said.document == {
        "published_at": None,
        "columns": {"name": "VARCHAR"},
        "rows": [{"name": "Aoba"}, {"name": "暁風"}],
    }


def test_people_get_a_table_and_a_file_can_be_the_question(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with typed("from marts.accounts;", monkeypatch):
        said = revops("sql")
    assert said.code == 0
    assert "│ Aoba" in said.out


@pytest.mark.parametrize(
    "statement",
    [
        "drop table marts.accounts",
        "insert into marts.accounts values ('x', 1)",
        "copy marts.accounts to 'stolen.csv'",
        "attach 'other.duckdb'",
        "from read_csv('/etc/passwd')",
        "set enable_external_access = true",
        "install httpfs",
    ],
)
def test_nothing_is_changed_and_no_other_file_is_touched(statement: str, place: Path) -> None:
    live = Warehouse(place / "warehouse.duckdb")
    for opened in (Published(place / "published").open(), reading_live(live, "a test")):
        with opened as session, pytest.raises(WarehouseError, match="only what reads"):
            ask(session, statement)
    assert list(Path.cwd().iterdir()) == []


def test_a_wrong_statement_says_where(place: Path) -> None:
    said = revops("sql", "selec 1", "--json")
    assert said.code == 2
    assert "syntax error" in said.document["error"]
    both = revops("sql", "select 1", "--json", "--csv")
    assert both.code == 2


def test_where_nothing_is_published_the_next_step_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REVOPS_HOME", str(tmp_path / "empty"))
    said, live = revops("sql", "select 1"), revops("sql", "select 1", "--warehouse")
    assert (said.code, live.code) == (2, 2)
    assert "`revops build`" in said.err
    assert "`revops extract`" in live.err
    assert not (tmp_path / "empty").exists()


def test_csv_tells_null_from_nothing_and_names_columns_apart(place: Path) -> None:
    with Published(place / "published").open() as session:
        answer = ask(session, "select 1 as a, 'x\"y' as a, null as n, '' as e, ['p', null] as l")
        assert answer is not None
        file = io.BytesIO()
        answer.write_csv(file)
        (row,) = answer.rows()
    assert file.getvalue().decode() == '"a","a_2","n","e","l"\n"1","x""y",,"","[p, NULL]"\n'
    assert row == {"a": 1, "a_2": 'x"y', "n": None, "e": "", "l": ["p", None]}


def test_the_prompt_takes_statements_until_the_input_ends(place: Path) -> None:
    child, terminal = pty.fork()
    if child == 0:
        os.execv(sys.executable, [sys.executable, "-m", "orchestration.cli", "sql"])
    printed = ""
    for line in ("", "select name\n", "from marts.accounts;\n", "drop table x;\n", ".tables\n"):
        os.write(terminal, line.encode())
        printed += until_prompt(terminal)
    os.write(terminal, b"\x04")
    os.waitpid(child, 0)
    assert "│ Aoba" in printed
    assert "│ marts   │ accounts" in printed
    assert "Catalog Error" in printed
    history = place / "sql_history"
    assert history.stat().st_mode & 0o077 == 0
    assert "from marts.accounts;" in history.read_text("utf-8")


def until_prompt(terminal: int) -> str:
    printed, until = "", time.monotonic() + 60
    while time.monotonic() < until and not printed.endswith(("revops> ", "...> ")):
        if select.select([terminal], [], [], 0.1)[0]:
            printed += os.read(terminal, 65_536).decode(errors="replace")
    return printed


def test_tab_completes_keywords_relations_and_columns(place: Path) -> None:
    with Published(place / "published").open() as session:
        shell = Shell(lambda _: None, lambda: known_names(session), place / "none")
        assert shell.complete("marts.a", 0) == "marts.accounts"
        assert shell.complete("sel", 0) == "select"
        assert shell.complete("nothing", 0) is None


def test_any_client_reads_the_copy_as_documented(place: Path) -> None:
    with duckdb.connect(str(place / "published" / "current.duckdb"), read_only=True) as client:
        assert client.execute("select name from marts.accounts").fetchall() == [("Aoba",)]
    with reading(place / "published" / "current.duckdb") as session:
        assert json.dumps(session.value("select count(*) from marts.accounts")) == "1"
