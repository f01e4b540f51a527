"""`revops sql`: ask the published copy, or the warehouse itself."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Any

import click

from orchestration.output import ERR, OUT, print_json
from warehouse.asking import Answer, ask, ask_each, known_names
from warehouse.connection import Session, Warehouse
from warehouse.errors import Misconfigured
from warehouse.lake import Lake
from warehouse.lake_history import reading_lake_at
from warehouse.lake_published import published_by
from warehouse.reading import reading_live
from warehouse.settings import Settings, load

_SHOWN, _ALL = 40, 10_000


@click.command("sql")
@click.argument("statement", required=False)
@click.option("--warehouse", "live", is_flag=True, help="Ask the warehouse itself, in its turn.")
@click.option(
    "--as-of",
    "instant",
    metavar="INSTANT",
    help="Ask a lake as it was at an instant that has passed.",
)
@click.option("--rows", metavar="N", default=_SHOWN, help="Show so many rows of a table at most.")
@click.option("--csv", "as_csv", is_flag=True, help="Every row as CSV instead.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document instead.")
def sql_command(
    *,
    statement: str | None,
    live: bool,
    instant: str | None,
    rows: int,
    as_csv: bool,
    as_json: bool,
) -> None:
    """Ask the copy of the warehouse that the last build published.

    It is there at any time: no run is waited for, and none waits. Nothing can be changed, and no
    other file is read or written. With --warehouse what is there now is asked, which other
    processes may have to wait for. With --as-of a lake is asked as it was then, as far back as its
    snapshots are kept. Without a STATEMENT it is read from standard input; where that
    is a terminal, a prompt is shown, with history and completion.

    \b
    Examples:
      revops sql "from marts.accounts limit 5"
      revops sql "select * from marts.accounts" --csv > accounts.csv
      revops sql --as-of 2026-07-01T09:00:00+09:00 "from marts.accounts"
      revops sql < question.sql
      revops sql
    """
    if as_csv and as_json:
        raise Misconfigured("--csv and --json are two forms: ask for one of them")
    if live and instant:
        raise Misconfigured("--warehouse asks as it is now, --as-of as it was: one of them")
    settings = load(Settings)
    with ExitStack() as stack:
        asked = _asked(settings, stack, live=live, instant=instant)
        is_typed = statement is None and sys.stdin.isatty()
        if is_typed and (as_csv or as_json):
            raise Misconfigured(
                "--csv and --json answer one statement, and there is none",
                advice="write it behind the options, or leave them away for a prompt",
            )
        if is_typed:
            _prompt(settings, asked, rows, live=live)
            return
        text = sys.stdin.read() if statement is None else statement
        with asked() as session:
            answer = ask(session, text)
            if as_json:
                print_json(_document(settings, answer, live=live))
            elif answer is not None and as_csv:
                _write_csv(answer)
            elif answer is not None:
                answer.show(rows=rows, width=OUT.width)


_Asked = Callable[[], Any]


def _asked(
    settings: Settings, stack: ExitStack, *, live: bool, instant: str | None = None
) -> _Asked:
    """How a session is had: the copy is open for all statements, the warehouse for each one."""
    if live:
        warehouse = Warehouse.from_settings(settings)
        return lambda: reading_live(warehouse, "revops sql")
    past = _at(settings, instant) if instant else published_by(settings).open()
    session = stack.enter_context(past)

    @contextmanager
    def same() -> Iterator[Session]:
        yield session

    return same


def _at(settings: Settings, instant: str) -> AbstractContextManager[Session]:
    """The lake as it was at an instant; one without an offset is in UTC."""
    lake = Lake.from_settings(settings)
    if lake is None:
        raise Misconfigured(
            "--as-of is for a lake: a DuckDB file keeps no snapshots",
            advice="`revops metrics --as-of` makes a report of then again",
        )
    try:
        then = datetime.fromisoformat(instant)
    except ValueError:
        raise Misconfigured(f"{instant!r} is no instant, such as 2026-07-01T09:00:00Z") from None
    return reading_lake_at(lake, then if then.tzinfo else then.replace(tzinfo=UTC))


def _prompt(settings: Settings, asked: _Asked, rows: int, *, live: bool) -> None:
    from orchestration.shell import Shell  # noqa: PLC0415 - only a terminal needs it

    def run(text: str, *, every_row: bool) -> None:
        def show(answer: Answer) -> None:
            answer.show(rows=_ALL if every_row else rows, width=OUT.width)

        with asked() as session:
            ask_each(session, text, show)

    def names() -> list[str]:
        with asked() as session:
            return known_names(session)

    ERR.print(f"{_about(settings, live=live)}; `.help` says more")
    Shell(run, names, settings.home / "sql_history").loop()


def _write_csv(answer: Answer) -> None:
    try:
        answer.write_csv(sys.stdout.buffer)
    except BrokenPipeError:
        # Whoever reads has enough, such as `head`; nothing more is written at the end either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _about(settings: Settings, *, live: bool) -> str:
    made_at = _made_at(settings, live=live)
    return f"The copy of {made_at:%Y-%m-%d %H:%M}Z" if made_at else "The warehouse as it is now"


def _made_at(settings: Settings, *, live: bool) -> datetime | None:
    copies = [] if live else published_by(settings).copies()
    return copies[0].made_at if copies else None


def _document(settings: Settings, answer: Answer | None, *, live: bool) -> dict[str, Any]:
    return {
        "published_at": _made_at(settings, live=live),
        "columns": answer.columns if answer else {},
        "rows": list(answer.rows()) if answer else [],
    }
