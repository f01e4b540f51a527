"""A prompt at which SQL is typed: lines until a semicolon, with history and completion."""

from __future__ import annotations

import readline
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from orchestration.output import OUT, fail
from warehouse.errors import RevopsError

_FIRST, _FURTHER = "revops> ", "   ...> "
_REMEMBERED = 1000
_HELP = """\
A statement ends with a semicolon. Nothing can be changed here.
  .tables [SCHEMA]   what there is
  .columns TABLE     its columns
  .help              this
  .quit, Ctrl-D      leave"""
_TABLES = """
select schema_name as "schema", table_name as "table"
from (
    select schema_name, table_name, internal from duckdb_tables()
    union all
    select schema_name, view_name, internal from duckdb_views()
)
where not internal and {where}
order by all"""
_WORDS = [
    *("select", "distinct", "from", "join", "left", "using", "on", "where", "and", "or", "not"),
    *("in", "is", "null", "like", "between", "group", "having", "order", "by", "limit", "union"),
    *("with", "as", "case", "when", "then", "else", "end", "count", "sum", "avg", "min", "max"),
    *("describe", "summarize", ".tables", ".columns", ".help", ".quit"),
]


class Shell:
    """Asks for statements and carries each one out, until the input ends.

    Args:
        run: carries a statement out and shows what it gives.
        names: what can be completed, asked for at the first Tab.
        history: the file in which statements are remembered.
    """

    def __init__(
        self, run: Callable[[str], None], names: Callable[[], Sequence[str]], history: Path
    ) -> None:
        self._run, self._names, self._history = run, names, history
        self._known: list[str] | None = None

    def loop(self) -> None:
        self._begin()
        try:
            for text in iter(self._typed, ".quit"):
                self._answer(text if not text.startswith(".") else _statement_of(text))
        except EOFError:
            OUT.print()
        finally:
            self._end()

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
            if not text or text.startswith(".") or text.endswith(";"):
                return text

    def _answer(self, text: str) -> None:
        if text == _HELP:
            OUT.print(text)
        elif text:
            try:
                self._run(text)
            except RevopsError as error:
                fail(error, as_json=False)
            except KeyboardInterrupt:
                OUT.print("interrupted")

    def _begin(self) -> None:
        with suppress(OSError):
            readline.read_history_file(self._history)
        readline.set_history_length(_REMEMBERED)
        readline.set_completer(self.complete)
        readline.set_completer_delims(" \t\n,()=<>+-*/;")
        readline.parse_and_bind("tab: complete")

    def _end(self) -> None:
        with suppress(OSError):
            readline.write_history_file(self._history)
            # Statements may name people.
            self._history.chmod(0o600)

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
    word, *rest = command.rstrip(";").split()
    name = rest[0].replace("'", "''") if rest else None
    if word == ".tables":
        return _TABLES.format(where=f"schema_name = '{name}'" if name else "true")
    if word == ".columns" and name:
        return f"describe {rest[0]}"
    return _HELP
