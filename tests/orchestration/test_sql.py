from __future__ import annotations

import io
import json
import os
import pty
import select
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

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


class Prompt:
    """`revops sql` on a terminal of its own; it ends with the block."""

    def __enter__(self) -> Self:
        self.child, self.terminal = pty.fork()
        if self.child == 0:
            os.execv(sys.executable, [sys.executable, "-m", "orchestration.cli", "sql"])
        self.ended: int | None = None
        self.shown()
        return self

    def __exit__(self, *_: object) -> None:
        if self.ended is None:
            os.kill(self.child, signal.SIGKILL)
            os.waitpid(self.child, 0)
        os.close(self.terminal)

    def type(self, text: str, patience: float = 60) -> str:
        """What is shown then, until it asks again."""
        os.write(self.terminal, text.encode())
        return self.shown(patience)

    def interrupt(self) -> str:
        """Ctrl-C, as often as it takes: one that comes as readline begins waits for a key."""
        answers = (self.type("\x03", patience=1) for _ in range(60))
        return next((one for one in answers if one), "")

    def shown(self, patience: float = 60) -> str:
        printed, until = b"", time.monotonic() + patience
        while time.monotonic() < until and not printed.endswith((b"revops> ", b"...> ")):
            if select.select([self.terminal], [], [], 0.1)[0]:
                printed += os.read(self.terminal, 65_536)
        return printed.decode()

    def leave(self, text: str) -> int:
        """The exit code, if it leaves for that."""
        os.write(self.terminal, text.encode())
        self.ended = os.waitstatus_to_exitcode(os.waitpid(self.child, 0)[1])
        return self.ended

    def worked(self) -> int:
        """Clock ticks of processor time so far."""
        fields = Path(f"/proc/{self.child}/stat").read_text("ascii").rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])


def test_the_prompt_takes_statements_until_the_input_ends(place: Path) -> None:
    history = place / "sql_history"
    with Prompt() as prompt:
        for asked in ("help\n", "help;\n", ".help\n", ".nothing\n"):
            assert "Ctrl-C throws away" in prompt.type(asked)
        assert prompt.type("select name\n").endswith("...> ")
        assert "│ Aoba" in prompt.type("from marts.accounts;\n")
        # The width is that of the signs on a terminal; what is deleted is one sign, not a byte.
        wide = prompt.type("select '株式会社青空\x7f葉' as 会社, 'x' as y; -- 注\n")
        assert "┌──────────────┬" in wide
        assert "│ 株式会社青葉 │ x" in wide
        both = prompt.type("select 11 as a; select 22 as b;\n")
        assert "│    11 │" in both
        assert "│    22 │" in both
        assert prompt.type("select 'a;\n").endswith("...> ")
        assert prompt.interrupt().endswith("revops> ")
        assert "│ marts   │ accounts" in prompt.type(".tables\n")
        assert "│ name" in prompt.type(".columns marts.accounts\n")
        assert "Catalog Error" in prompt.type("drop table x;\n")
        assert prompt.leave("quit\n") == 0
    assert history.stat().st_mode & 0o077 == 0
    with Prompt() as prompt:
        # Back over `drop`, two questions in one line, and the wide one: a statement is one step.
        assert "│ Aoba" in prompt.type("\x1b[A" * 4 + "\n")
        assert prompt.leave("\x04") == 0


def test_the_prompt_outlives_ctrl_c_and_a_newer_copy(
    place: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = Path(shutil.copytree(place, tmp_path / "home"))
    monkeypatch.setenv("REVOPS_HOME", str(place))
    with Prompt() as prompt:
        os.write(prompt.terminal, b"select count(*) from range(300000000) a, range(1000) b;\n")
        before, until = prompt.worked(), time.monotonic() + 60
        while prompt.worked() < before + 20 and time.monotonic() < until:
            time.sleep(0.02)
        assert "interrupted" in prompt.interrupt()
        warehouse = Warehouse(place / "warehouse.duckdb")
        with Lease(place / "warehouse.duckdb", wait_seconds=0).held("dbt build"):
            assert "│ Aoba" in prompt.type("from marts.accounts;\n")
        Published(place / "published").publish(warehouse)
        assert "│ 1 │" in " ".join(prompt.type("select count(*) from marts.accounts;\n").split())
        assert prompt.leave("\x04") == 0


def test_csv_and_json_on_a_terminal_want_a_statement(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    said = revops("sql", "--json")
    assert (said.code, "there is none" in said.document["error"]) == (2, True)


def test_tab_completes_keywords_relations_and_columns(place: Path) -> None:
    with Published(place / "published").open() as session:
        shell = Shell(lambda *_, **__: None, lambda: known_names(session), place / "none")
        assert shell.complete("marts.a", 0) == "marts.accounts"
        assert shell.complete("sel", 0) == "select"
        assert shell.complete("nothing", 0) is None


def test_any_client_reads_the_copy_as_documented(place: Path) -> None:
    with duckdb.connect(str(place / "published" / "current.duckdb"), read_only=True) as client:
        assert client.execute("select name from marts.accounts").fetchall() == [("Aoba",)]
    with reading(place / "published" / "current.duckdb") as session:
        assert json.dumps(session.value("select count(*) from marts.accounts")) == "1"
