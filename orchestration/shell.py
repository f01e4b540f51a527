"""A prompt at which SQL is typed: lines until a semicolon, with history and completion."""

from __future__ import annotations

import os
import readline
import signal
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from orchestration.output import OUT, fail
from warehouse.errors import RevopsError, is_interrupt

_FIRST, _FURTHER = "revops> ", "   ...> "
_REMEMBERED = 1000
_HELP = """\
A statement ends with a semicolon. Nothing can be changed here.
  .tables [SCHEMA]   what there is
  .columns TABLE     its columns
  .help              this
  .quit, Ctrl-D      leave
Ctrl-C throws away what is typed, and ends a statement that runs."""
# What people type at a prompt, whichever one they come from.
_PLAIN = {"help": ".help", "?": ".help", "quit": ".quit", "exit": ".quit", ".exit": ".quit"}
# A line of the file is a statement; psql, too, writes its line breaks so.
_BREAK = "\x01"
_TABLES = """
select schema_name as "schema", table_name as "table"
from (
    select schema_name, table_name, internal from duckdb_tables()
    union all
    select schema_name, view_name, internal from duckdb_views()
)
where not internal and {where}
order by all"""
_COLUMNS = 'select column_name as "column", column_type as "type" from (describe {table})'
_WORDS = [
    *("select", "distinct", "from", "join", "left", "using", "on", "where", "and", "or", "not"),
    *("in", "is", "null", "like", "between", "group", "having", "order", "by", "limit", "union"),
    *("with", "as", "case", "when", "then", "else", "end", "count", "sum", "avg", "min", "max"),
    *("describe", "summarize", ".tables", ".columns", ".help", ".quit"),
]


class Run(Protocol):
    """Carries statements out and shows what they give: every row, or as many as was asked for."""

    def __call__(self, text: str, *, every_row: bool) -> None: ...


class Shell:
    """Asks for statements and carries each one out, until the input ends.

    Args:
        run: carries out what was typed.
        names: what can be completed, asked for at the first Tab.
        history: the file in which statements are remembered.
    """

    def __init__(self, run: Run, names: Callable[[], Sequence[str]], history: Path) -> None:
        self._run, self._names, self._history = run, names, history
        self._known: list[str] | None = None

    def loop(self) -> None:
        self._begin()
        with suppress(EOFError):
            for text in iter(self._typed, ".quit"):
                self._answer(text)
            return
        OUT.print()

    def _typed(self) -> str:
        """A whole statement or command; Ctrl-C throws away what was begun."""
        lines: list[str] = []
        while True:
            try:
                lines.append(input(_FURTHER if lines else _FIRST))
            except KeyboardInterrupt:
                OUT.print()
                lines = []
                continue
            text = "\n".join(lines).strip()
            plain = text.rstrip("; ").lower()
            if not text.strip("; \n") or text.startswith(".") or plain in _PLAIN:
                return _PLAIN.get(plain, plain if plain == ".quit" else text)
            # SQLite knows where a statement ends: not in a text, and a remark may follow.
            if sqlite3.complete_statement(text):
                self._remember(text)
                return text

    def _answer(self, text: str) -> None:
        is_command = text.startswith(".")
        statement = _statement_of(text) if is_command else text
        try:
            if statement == _HELP:
                OUT.print(_HELP, markup=False)
            elif statement.strip("; \n"):
                self._run(statement, every_row=is_command)
        except RevopsError as error:
            fail(error, as_json=False)
        except (KeyboardInterrupt, RuntimeError) as error:
            if not is_interrupt(error):
                raise
            OUT.print("interrupted")

    def _begin(self) -> None:
        # What a script starts in its background is told to ignore it, a terminal of its own or not.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        readline.set_auto_history(False)
        with suppress(OSError):
            kept = self._history.read_text("utf-8").splitlines()[-_REMEMBERED:]
            for line in kept:
                readline.add_history(line.replace(_BREAK, "\n"))
            self._write("\n".join([*kept, ""]), os.O_TRUNC)
        readline.set_completer(self.complete)
        readline.set_completer_delims(" \t\n,()=<>+-*/;")
        readline.parse_and_bind("tab: complete")

    def _remember(self, text: str) -> None:
        """At once, as a window may be closed; two prompts write below each other."""
        readline.add_history(text)
        with suppress(OSError):
            self._write(text.replace("\n", _BREAK) + "\n", os.O_APPEND)

    def _write(self, text: str, how: int) -> None:
        """Statements may name people: nobody else may read the file."""
        place = os.open(self._history, os.O_WRONLY | os.O_CREAT | how, 0o600)
        with open(place, "w", encoding="utf-8") as file:  # noqa: PTH123 - it is open already
            file.write(text)

    def complete(self, begun: str, place: int) -> str | None:
        """What the beginning of a word may become, one at a time, as readline asks for it."""
        if self._known is None:
            self._known = _WORDS
            with suppress(RevopsError):
                self._known = [*_WORDS, *self._names()]
        fitting = [one for one in self._known if one.startswith(begun.lower())]
        return fitting[place] if place < len(fitting) else None


def _statement_of(command: str) -> str:
    """What a command with a dot stands for."""
    word, *rest = command.rstrip("; ").split() or [""]
    name = rest[0].replace("'", "''") if rest else None
    if word == ".tables":
        return _TABLES.format(where=f"schema_name = '{name}'" if name else "true")
    if word == ".columns" and name:
        return _COLUMNS.format(table=rest[0])
    return _HELP
