"""Turns at a lake whose catalogue is a PostgreSQL: for the processes of every machine."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from threading import RLock
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from warehouse.errors import Busy, Unavailable
from warehouse.lease import Holder
from warehouse.waiting import Wait

# The turn of whoever needs the whole warehouse; a part has one of its own besides.
WHOLE = "warehouse"
_PREFIX = "revops"
_HELD = sa.text(
    "select application_name from pg_stat_activity as activity"
    " inner join pg_locks as locks using (pid)"
    " where locks.locktype = 'advisory' and locks.granted and locks.objsubid = 1"
    " and (locks.classid::bigint << 32 | locks.objid::bigint) = :key and not pid = any(:mine)"
    " and locks.database = (select oid from pg_database where datname = current_database())"
)


class Turns:
    """Advisory locks in the catalogue: the server frees those of a connection that is gone.

    Who works on the whole is alone; who works on a part keeps out those of the whole, and of the
    same part. Re-entrant within this object, in any thread: the process is the holder, as with
    `warehouse.lease.Lease`, and its threads have a turn together.
    """

    def __init__(self, url: sa.URL, *, wait_seconds: float) -> None:
        self._engine = sa.create_engine(
            url, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool, hide_parameters=True
        )
        self._name = f"lake {url.host or ''}/{url.database}"
        self._wait_seconds = wait_seconds
        self._counting = RLock()
        self._held: dict[str, tuple[sa.Connection, int]] = {}

    @contextmanager
    def held(self, purpose: str, part: str | None = None) -> Iterator[None]:
        """Hold the turn of the whole, or of a part, for the block.

        Raises:
            Busy: others still held it after the wait; the message names one of them.
            Unavailable: the server cannot be asked.
        """
        key = self._take(part or WHOLE, purpose)
        try:
            yield
        finally:
            with self._counting:
                self._release(key)

    def holder(self) -> Holder | None:
        """Who works on the whole, if that process is of this machine."""
        with self._counting:
            if WHOLE in self._held:
                return _holder(_application("", os.getpid()))
        with self._connected("asking") as connection:
            return next(filter(None, map(_holder, self._others(connection, WHOLE))), None)

    def _take(self, part: str, purpose: str) -> str:
        """Have the turn, and the name under which it is counted."""
        wait, connection = Wait(self._name, self._wait_seconds), None
        try:
            while True:
                with self._counting:
                    # What holds all of it holds each part.
                    key = WHOLE if WHOLE in self._held else part
                    if key in self._held:
                        mine, count = self._held[key]
                        self._held[key] = mine, count + 1
                        break
                    connection = connection or self._connect(purpose)
                    blocked = _blocked(connection, key)
                    if blocked is None:
                        self._held[key], connection = (connection, 1), None
                        break
                others = self._others(connection, blocked)
                self._wait(wait, _told(others[0]) if others else "another process")
        finally:
            if connection is not None:
                connection.close()
        wait.end()
        return key

    def _wait(self, wait: Wait, whom: str) -> None:
        if wait.is_over:
            raise Busy(
                f"{self._name} is in use by {whom}; waited {self._wait_seconds:g} s",
                advice="wait for it to end, or raise REVOPS_WAREHOUSE__WAIT_SECONDS",
            )
        wait.tell(whom)
        wait.pause()

    def _others(self, connection: sa.Connection, name: str) -> list[str]:
        mine = [connection.execute(sa.text("select pg_backend_pid()")).scalar()]
        found = connection.execute(_HELD, {"key": _key(name), "mine": mine})
        return [row[0] for row in found]

    def _release(self, key: str) -> None:
        connection, count = self._held[key]
        if count > 1:
            self._held[key] = connection, count - 1
            return
        del self._held[key]
        # The end of its connection is the end of its locks.
        connection.close()

    @contextmanager
    def _connected(self, purpose: str) -> Iterator[sa.Connection]:
        connection = self._connect(purpose)
        try:
            yield connection
        finally:
            connection.close()

    def _connect(self, purpose: str) -> sa.Connection:
        try:
            connection = self._engine.connect()
            name: Any = {"name": _application(purpose, os.getpid())}
            connection.execute(sa.text("select set_config('application_name', :name, false)"), name)
        except DBAPIError as error:
            raise Unavailable(
                f"The catalogue of the {self._name} cannot be used:"
                f" {type(error.orig).__name__}: {error.orig}",
                advice="check REVOPS_WAREHOUSE__CATALOG, and that the server runs",
            ) from error
        return connection


def _blocked(connection: sa.Connection, key: str) -> str | None:
    """Take the locks of a turn; the name of the one that others have, with none of them taken."""
    for name, kind in [(WHOLE, "")] if key == WHOLE else [(WHOLE, "_shared"), (key, "")]:
        asked = sa.text(f"select pg_try_advisory_lock{kind}(:key)")
        if not connection.execute(asked, {"key": _key(name)}).scalar():
            connection.execute(sa.text("select pg_advisory_unlock_all()"))
            return name
    return None


def _key(name: str) -> int:
    """A lock's number, signed and of 64 bits; other programs' locks are of other numbers."""
    digest = blake2b(f"{_PREFIX} {name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _application(purpose: str, pid: int) -> str:
    """A connection's name, of which PostgreSQL keeps 63 bytes: the purpose last."""
    return f"{_PREFIX} {pid}@{socket.gethostname()[:20]} {purpose}"


def _told(application: str) -> str:
    pid, host, purpose = _said(application)
    return f"`{purpose}` (process {pid} of {host})"


def _holder(application: str) -> Holder | None:
    """The holder of a turn, as far as its connection's name tells; None of another machine."""
    pid, host, purpose = _said(application)
    if not pid.isdecimal() or host != socket.gethostname()[:20]:
        return None
    return Holder(purpose, int(pid), time.time(), "somebody")


def _said(application: str) -> tuple[str, str, str]:
    """Process, machine and purpose of a connection's name, as `_application` has written it."""
    _, _, said = application.partition(" ")
    process, _, purpose = said.partition(" ")
    pid, _, host = process.partition("@")
    return pid, host, purpose
