"""Reads tables and queries of somebody else's SQL database, a page at a time.

What is written there is written by `warehouse/external_writing.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from warehouse.errors import Misconfigured, Refused, Unauthorised, Unavailable
from warehouse.verified import verified

_LOCKED_OUT = ("authentication failed", "access denied", "login failed", "password")
# Classes of SQLSTATE (PostgreSQL's Appendix A): what says no to a row, and what does to the moment.
# A trigger may fail in any language (21, 27, 2F, 38, 39), and a row be larger than its page (54).
_ABOUT_A_ROW = ("21", "22", "23", "27", "2F", "38", "39", "44", "54", "P0")
_FOR_THE_MOMENT = ("08", "25P", "40", "53", "55", "57", "58", "XX")
# Not serialised, or one of a deadlock: the transaction is undone, and another one may go through.
_ROLLED_BACK = {"40001", "40P01"}
# The table is not as the statement needs it, such as with a deferrable key.
_NOT_PREPARED = "55000"
_NOT_ALLOWED = "42501"
_OF_A_POLICY = "ExecWithCheckOptions"
# What a refusal would be over HTTP: understood, and not to be carried out.
_UNPROCESSABLE = 422
# Seconds that a write to SQLite waits for another one.
_PATIENCE = 30
_LOOPBACK = {None, "", "localhost", "127.0.0.1", "::1"}

Row = dict[str, Any]
Values = Sequence[Any]


class RolledBack(Unavailable):
    """Other transactions were in the way: nothing of ours is there, and it may be tried again."""


class ExternalDatabase:
    """One database, by its SQLAlchemy URL; nothing is written to it unless `writes` says so.

    Raises:
        Misconfigured: the URL, its driver or the file that it names is wrong.
    """

    def __init__(self, url: str, *, writes: bool = False) -> None:
        try:
            self._url = sa.make_url(url)
            self._engine = _engine(self._url, writes=writes)
        except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
            raise Misconfigured(
                f"the database cannot be reached: {_plainly(error)}",
                advice="the URL is dialect+driver://user:password@host/database, and the driver"
                " must be installed, such as the extra `postgres`",
            ) from None

    @property
    def dialect(self) -> str:
        return self._url.get_backend_name()

    @property
    def is_on_loopback(self) -> bool:
        return self.dialect == "sqlite" or self._url.host in _LOOPBACK

    def redact(self, text: str) -> str:
        """The text without the password and the URL that holds it."""
        shown = text.replace(self._url.render_as_string(hide_password=False), "***")
        password = self._url.password
        return shown.replace(str(password), "***") if password else shown

    def close(self) -> None:
        self._engine.dispose()

    def table(self, name: str) -> Relation:
        """A table or view, with its schema before a dot if it has one."""
        schema, _, own = name.rpartition(".")
        return Relation(self, name, sa.table(own, schema=schema or None))

    def query(self, name: str, text: str) -> Relation:
        """What a query gives, under a name for messages."""
        escaped = text.strip().rstrip(";").replace(":", "\\:")
        return Relation(self, name, sa.text(f"({escaped}) selection"))

    @contextmanager
    def connected(self, purpose: str) -> Iterator[sa.Connection]:
        """A connection for one statement.

        Raises:
            Unauthorised: the database does not accept the credential.
            Unavailable: it does not answer.
            Misconfigured: it refuses the statement.
        """
        try:
            with self._engine.connect() as connection:
                yield connection
        except DBAPIError as error:
            raise self._error(purpose, error) from error
        except SQLAlchemyError as error:
            raise Misconfigured(self.redact(f"{purpose}: {_plainly(error)}")) from error

    @contextmanager
    def transaction(self, purpose: str) -> Iterator[sa.Connection]:
        """A connection whose statements count all or not at all, committed at the end.

        Raises:
            Refused: the database refuses a row; nothing of the transaction is there.
            RolledBack: other transactions were in the way.
            Unavailable: it does not answer, or was cut off: it may have committed.
            Misconfigured: our user may not do it, or it refuses the statement.
        """
        try:
            with self._engine.begin() as connection:
                yield connection
        except DBAPIError as error:
            raise self._error_writing(purpose, error) from error
        except SQLAlchemyError as error:
            raise Misconfigured(self.redact(f"{purpose}: {_plainly(error)}")) from error

    def _error(self, purpose: str, error: DBAPIError) -> Exception:
        told = self.redact(f"{purpose}: {_plainly(error.orig or error)}")
        state = _state(error)
        # Where a driver tells no state, its words have to do; a file of SQLite asks for no user.
        is_told_in_words = not state and self.dialect != "sqlite"
        if state.startswith("28") or (
            is_told_in_words and any(word in told.lower() for word in _LOCKED_OUT)
        ):
            return Unauthorised(told, advice="check the user and password of the URL")
        # SQLite has codes of its own for files that are locked or full; this one is for statements.
        is_wrong = getattr(error.orig, "sqlite_errorname", None) == "SQLITE_ERROR"
        is_passing = not is_wrong and state != _NOT_PREPARED and "no such" not in told
        if isinstance(error, sa.exc.OperationalError) and is_passing:
            return Unavailable(told)
        return Misconfigured(told, advice="compare the declared stream with the database")

    def _error_writing(self, purpose: str, error: DBAPIError) -> Exception:
        told = self.redact(_plainly(error.orig or error))
        state = _state(error)
        is_about_a_row = isinstance(error, sa.exc.IntegrityError | sa.exc.DataError)
        # A policy says no to a row by the code that otherwise says that we lack a right.
        diagnosis = getattr(error.orig, "diag", None)
        is_about_a_row |= getattr(diagnosis, "source_function", None) == _OF_A_POLICY
        if is_about_a_row or state.startswith(_ABOUT_A_ROW):
            return Refused(f"{purpose}: {told}", status=_UNPROCESSABLE, body=told)
        if state in _ROLLED_BACK:
            return RolledBack(f"{purpose}: {told}")
        if state.startswith(_FOR_THE_MOMENT) and state != _NOT_PREPARED:
            return Unavailable(f"{purpose}: {told}")
        if state == _NOT_ALLOWED or "readonly database" in told:
            told = f"{purpose}: {told}"
            return Misconfigured(told, advice="grant our user the right to write there")
        return self._error(purpose, error)


class Relation:
    """A table or query whose rows are read in the order of some columns."""

    def __init__(self, database: ExternalDatabase, name: str, source: Any) -> None:
        self._database, self._name, self._from = database, name, source

    def columns(self) -> list[str]:
        """The names of its columns; no row is read."""
        nothing = sa.select(sa.text("*")).select_from(self._from).where(sa.text("1 = 0"))
        return [str(name) for name in self._run(nothing, lambda result: list(result.keys()))]

    def count(self) -> int:
        counted = sa.select(sa.func.count()).select_from(self._from)
        return int(self._run(counted, lambda result: result.scalar_one()))

    def highest(self, column: str) -> Any:
        """The greatest value of a column, None where there is none."""
        top: Any = sa.select(sa.func.max(sa.column(column))).select_from(self._from)
        return self._run(top, lambda result: result.scalar_one())

    def with_null(self, columns: Sequence[str]) -> int:
        """How many rows lack a value in one of the columns."""
        lacking = sa.or_(*(sa.column(name).is_(None) for name in columns))
        counted = sa.select(sa.func.count()).select_from(self._from).where(lacking)
        return int(self._run(counted, lambda result: result.scalar_one()))

    def page(
        self,
        order: Sequence[str],
        *,
        after: Values | None,
        limit: int,
        only: Sequence[str] | None = None,
        where: Where | None = None,
    ) -> list[Row]:
        """The next rows in the order of `order`, behind the values `after`; fewer at the end.

        Args:
            order: columns that tell every row from every other.
            after: the values of the last row that was read, None for the first page.
            limit: how many rows at most.
            only: these columns alone.
            where: which rows, see `Where`.
        """
        wanted: list[Any] = [sa.column(name) for name in only] if only else [sa.text("*")]
        found = sa.select(*wanted).select_from(self._from)
        if where is not None:
            found = found.where(where.clause())
        if after is not None:
            found = found.where(_behind(order, after))
        found = found.order_by(*(sa.column(name) for name in order)).limit(limit)
        rows: list[Row] = self._run(found, lambda result: [dict(r) for r in result.mappings()])
        return rows

    def _run(self, statement: sa.Select[Any], take: Callable[[sa.Result[Any]], Any]) -> Any:
        with self._database.connected(f"reading {self._name}") as connection:
            return take(connection.execute(statement))


class Where:
    """Rows of which a column lies between two values, both included, or has none at all."""

    def __init__(self, column: str, low: Any = None, high: Any = None) -> None:
        self._column: sa.ColumnElement[Any] = sa.column(column)
        self._low, self._high = low, high

    def clause(self) -> sa.ColumnElement[bool]:
        if self._high is None:
            return self._column.is_(None)
        until = self._column <= _bound(self._high)
        if self._low is None:
            return until
        return sa.and_(self._column >= _bound(self._low), until)


def _behind(order: Sequence[str], values: Values) -> sa.ColumnElement[bool]:
    """The rows behind a position: a row constructor that every dialect understands."""
    alternatives = []
    for place, (name, value) in enumerate(zip(order, values, strict=True)):
        same = [
            sa.column(before) == _bound(known)
            for before, known in zip(order[:place], values[:place], strict=True)
        ]
        alternatives.append(sa.and_(*same, sa.column(name) > _bound(value)))
    return sa.or_(*alternatives)


def _bound(value: Any) -> sa.BindParameter[Any]:
    # Without a type: a cast to one would read an instant in the session's zone.
    return sa.bindparam(None, value, type_=sa.types.NullType(), unique=True)


def _engine(url: sa.URL, *, writes: bool) -> sa.Engine:
    backend = url.get_backend_name()
    if backend == "sqlite":
        path = Path(url.database or "")
        if not path.is_file():
            raise ArgumentError(f"there is no file {path}")
        mode = "rw" if writes else "ro"
        opened = url.set(database=f"file:{path}", query={"mode": mode, "uri": "true"})
        if not writes:
            return sa.create_engine(opened)
        engine = sa.create_engine(opened, connect_args={"timeout": _PATIENCE})
        sa.event.listen(engine, "connect", _leave_transactions_to_us)
        sa.event.listen(engine, "begin", _begin_at_once)
        return engine
    is_read_only = backend == "postgresql" and not writes
    options = {"postgresql_readonly": True} if is_read_only else {}
    return sa.create_engine(verified(url), pool_pre_ping=True, execution_options=options)


def _leave_transactions_to_us(connection: Any, _: object) -> None:
    connection.isolation_level = None


def _begin_at_once(connection: sa.Connection) -> None:
    # A lock that is asked for after a reading may find another writer in between.
    connection.exec_driver_sql("begin immediate")


def _state(error: DBAPIError) -> str:
    """The SQLSTATE; empty where the driver tells none."""
    return str(getattr(error.orig, "sqlstate", None) or "")


def _plainly(error: BaseException) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
