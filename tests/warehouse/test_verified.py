"""A PostgreSQL on another machine is told nothing before it has proven who it is."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import BaseRequestHandler, ThreadingTCPServer
from threading import Thread

import pytest
import sqlalchemy as sa

from warehouse.errors import Unavailable
from warehouse.state import StateStore
from warehouse.verified import verified

# The request for TLS is eight bytes; what names user and database would come behind it.
ASKED_FOR_TLS = bytes.fromhex("0000000804d2162f")
# Loopback too, but not by a name that says so: it stands for another machine.
ELSEWHERE = "127.1"


@contextmanager
def without_tls() -> Iterator[tuple[int, list[bytes]]]:
    """A server that has no TLS, and what it is told."""
    told: list[bytes] = []

    class Server(BaseRequestHandler):
        def handle(self) -> None:
            told.append(self.request.recv(1024))
            self.request.sendall(b"N")
            told.append(self.request.recv(1024))

    with ThreadingTCPServer(("127.0.0.1", 0), Server) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1], told
        server.shutdown()


@pytest.mark.parametrize("host", ["db.example.com", ELSEWHERE, "a.example,127.0.0.1", "10.0.0.5"])
@pytest.mark.parametrize("driver", ["psycopg", "psycopg2"])
def test_a_server_elsewhere_is_verified(host: str, driver: str) -> None:
    trusted = ssl.get_default_verify_paths().cafile or "system"
    for url in (f"postgresql+{driver}://u:p@{host}/d", f"postgresql+{driver}:///d?host={host}"):
        query = verified(sa.make_url(url)).query
        assert (query["sslmode"], query["sslrootcert"]) == ("verify-full", trusted)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://u:p@127.0.0.1/d",
        "postgresql+psycopg://u:p@localhost:5432/d",
        "postgresql+psycopg://u:p@[::1]/d",
        "postgresql+psycopg:///d?host=/run/postgresql",
        "postgresql+psycopg:///d",
        "postgresql+psycopg://u:p@db.example.com/d?sslmode=prefer",
        "sqlite:///state.sqlite",
    ],
)
def test_what_is_here_or_says_otherwise_is_left_as_it_is(url: str) -> None:
    assert verified(sa.make_url(url)) == sa.make_url(url)


def test_an_authority_of_ones_own_is_kept() -> None:
    url = "postgresql+psycopg://u:p@db.example.com/d?sslrootcert=ours.pem"
    assert verified(sa.make_url(url)).query["sslrootcert"] == "ours.pem"


def test_neither_user_nor_password_is_told_to_who_proves_nothing() -> None:
    with without_tls() as (port, told):
        url = f"postgresql+psycopg://revops:s3cret@{ELSEWHERE}:{port}/d"
        with pytest.raises(Unavailable, match="SSL") as caught:
            StateStore(url)
        assert "has to prove who it is" in str(caught.value)
        assert told[0] == ASKED_FOR_TLS
        assert told[1:] in ([], [b""])
        told.clear()
        with pytest.raises(Unavailable):
            StateStore(url + "?sslmode=disable")
        assert b"revops" in b"".join(told)
