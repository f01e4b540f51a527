"""Parses the texts of the records, each of them once ever.

What a parser said of a text is kept in a `seen_*` table of the work schema, so that a later run
parses the new texts only. Many texts are parsed in processes beside this one, by as many as the
machine has processors for.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import loky
import pyarrow as pa

from identity.columns import flat
from identity.normalise import PARSERS, Parser
from identity.tables import exists, make_table
from warehouse.connection import Session

# What one process parses in a second or two; that many more pay for starting some, which takes as
# long.
_PIECE = 25_000
_MANY = 100_000


@dataclass(frozen=True)
class _Unknown:
    """Texts that the table `seen_{kind}` of the schema `work` does not know yet."""

    session: Session
    work: str
    kind: str
    parser: Parser
    is_begun: bool
    texts: Any

    def keep(self, parsed: Any) -> None:
        table = f"{self.work}.seen_{self.kind}"
        if self.is_begun and not self.texts.num_rows:
            return
        self.session.load("parsed", parsed, temporary=True)
        if self.is_begun:
            self.session.execute(f"insert into {table} by name from parsed")
        else:
            make_table(self.session, table, "from parsed")
        self.session.execute("drop table parsed")


def parse(session: Session, work: str, kind: str, texts: str, parser: Parser | None = None) -> None:
    """Parse the texts of a query that `seen_{kind}` does not know yet.

    Args:
        session: where the texts are.
        work: the schema of the engine.
        kind: what the texts are; one of `PARSERS`, unless `parser` is given.
        texts: a query with the parser's input columns.
        parser: what parses them.
    """
    unknown = _unknown(session, work, kind, texts, parser or PARSERS[kind])
    unknown.keep(_parsed(unknown.parser, unknown.texts))


def parse_all(session: Session, work: str, relation: str, entity: str) -> None:
    """Parse every text of the records of a relation that was not parsed before."""
    is_many = session.value(f"select count(*) from {relation}") >= _MANY
    with _processes(is_wanted=is_many) as pool:
        pending = []
        for kind, texts in _texts_of(relation, entity).items():
            unknown = _unknown(session, work, kind, texts, PARSERS[kind])
            pending.append((unknown, _begun(pool, unknown)))
        for unknown, pieces in pending:
            unknown.keep(pa.concat_tables([piece.result() for piece in pieces]))


def _texts_of(relation: str, entity: str) -> dict[str, str]:
    """By kind of text the query of them; what takes longest to parse comes first."""
    names = f"select given_name, family_name, full_name, reading from {relation}"
    company = "company" if entity == "person" else "name"
    locale = "locale" if entity == "person" else "null as locale"
    return {
        **({"name": names} if entity == "person" else {}),
        "email": f"select unnest(emails) as raw from {relation}",
        "company": f"select {company} as raw from {relation}",
        "phone": f"select unnest(phones) as raw, country, {locale} from {relation}",
        "site": f"select unnest(websites) as raw from {relation}",
        "number": f"select corporate_number as raw from {relation}",
        "prefecture": f"select prefecture as raw from {relation}",
    }


def _unknown(session: Session, work: str, kind: str, texts: str, parser: Parser) -> _Unknown:
    columns = ", ".join(parser.inputs)
    is_begun = exists(session, work, f"seen_{kind}")
    same = " and ".join(f"seen.{name} is not distinct from texts.{name}" for name in parser.inputs)
    unseen = f"where not exists (from {work}.seen_{kind} as seen where {same})" if is_begun else ""
    new = session.arrow(
        f"select distinct {columns} from ({texts}) as texts {unseen} order by {columns}"
    )
    inputs = {name: flat(new[name]).cast(pa.string()) for name in parser.inputs}
    return _Unknown(session, work, kind, parser, is_begun, pa.table(inputs))


def _parsed(parser: Parser, texts: Any) -> Any:
    """The texts and what is made of them. Other processes call this, too."""
    inputs = {name: flat(texts[name]) for name in parser.inputs}
    return pa.table(inputs | {name: flat(got) for name, got in parser.parse(inputs).items()})


@contextmanager
def _processes(*, is_wanted: bool) -> Iterator[Executor | None]:
    """Processes that parse; none where they would have to be started by one that may not."""
    if not is_wanted or multiprocessing.current_process().daemon:
        yield None
        return
    if (count := min(loky.cpu_count(), 8)) < 2:
        yield None
        return
    # Other than the standard library's it does not run the program's main module again.
    with loky.ProcessPoolExecutor(count) as pool:
        yield pool


def _begun(pool: Executor | None, unknown: _Unknown) -> list[Future[Any]]:
    """The pieces of the texts in their order, being parsed or parsed already."""
    if pool is None or unknown.texts.num_rows < _PIECE:
        done: Future[Any] = Future()
        done.set_result(_parsed(unknown.parser, unknown.texts))
        return [done]
    # A slice would be sent with all that it is a slice of.
    pieces = (
        unknown.texts.take(pa.array(range(start, min(start + _PIECE, unknown.texts.num_rows))))
        for start in range(0, unknown.texts.num_rows, _PIECE)
    )
    return [pool.submit(_parsed, unknown.parser, piece) for piece in pieces]
