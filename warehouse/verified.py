"""Lets a PostgreSQL on another machine prove who it is, unless its URL says otherwise."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from ipaddress import ip_address

import sqlalchemy as sa


def verified(url: sa.URL) -> sa.URL:
    """The URL, by which certificate and host of the server are checked.

    By itself the driver takes any certificate, or none, and a password is sent all the same. On
    this machine, by a socket or on loopback, there is nobody in between.
    """
    is_theirs = url.get_driver_name() in {"psycopg", "psycopg2"} and "sslmode" not in url.query
    if not is_theirs or all(map(_is_here, _hosts(url))):
        return url
    trusted = url.query.get("sslrootcert") or ssl.get_default_verify_paths().cafile or "system"
    return url.update_query_dict({"sslmode": "verify-full", "sslrootcert": trusted})


def _hosts(url: sa.URL) -> Iterator[str]:
    """Of the URL itself and of its query, where several may be named."""
    named = url.query.get("host", ())
    for one in (url.host or "", *((named,) if isinstance(named, str) else named)):
        yield from filter(None, one.split(","))


def _is_here(host: str) -> bool:
    if host.startswith(("/", "@")) or host.partition(":")[0] == "localhost":
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
