"""Carries HTTP/1.1 for httpx at a fraction of its own transport's CPU.

urllib3 opens the connections (TLS, proxies, timeouts), a parser in C reads the answers; httpx
keeps what it is good at: requests, redirects, credentials, content codings.
"""

from __future__ import annotations

import re
import ssl
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from http.client import HTTPException
from time import monotonic
from typing import Any, cast

import httptools
import httpx
from urllib3.connection import HTTPConnection, HTTPSConnection, ProxyConfig
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NewConnectionError,
)
from urllib3.util import is_connection_dropped

from connectors.core.proxies import PORTS, Origin, Proxy, environment_proxy

_CHUNK = 65_536
_MOST_HEAD = 131_072
_HEADER = re.compile(rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]+: [^\r\n\0]*\r\n")
_TARGET = re.compile(rb"[\x21-\x7e]+")


@dataclass
class _Connection:
    """One connection; `prefix` stands before the path where a proxy forwards the request."""

    link: HTTPConnection
    origin: Origin
    prefix: bytes = b""
    headers: bytes = b""
    idle_since: float = 0.0

    @property
    def socket(self) -> Any:
        return self.link.sock


@dataclass
class _Timeouts:
    connect: float | None = None
    read: float | None = None
    write: float | None = None
    pool: float | None = None


class Transport(httpx.BaseTransport):
    """Pooled, kept-alive connections; safe for use from several threads.

    Raises what httpx's own transport raises, tries nothing twice, follows no redirect.
    `keepalive_seconds` is how long an idle connection is trusted, `most_idle` how many are kept
    per host. There is no limit to how many are open at once: each thread uses one at a time.
    """

    def __init__(
        self,
        *,
        verify: ssl.SSLContext | bool = True,
        trust_env: bool = True,
        keepalive_seconds: float = 5.0,
        most_idle: int = 10,
    ) -> None:
        self._verify = verify
        self._trust_env = trust_env
        self._keepalive = keepalive_seconds
        self._most_idle = most_idle
        # Appending to and popping from a deque needs no lock.
        self._idle: defaultdict[Origin, deque[_Connection]] = defaultdict(deque)
        self._proxies: dict[Origin, Proxy | None] = {}
        self._tls: ssl.SSLContext | None = None

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        timeouts = _Timeouts(**request.extensions.get("timeout", {}))
        connection = self._connection(_origin(request.url), timeouts.connect)
        try:
            _send(connection, request, timeouts.write)
            answer = _Answer(connection, request.method, timeouts.read, self._release)
            answer.read_head()
        except BaseException:
            connection.link.close()
            raise
        return _Response(
            answer.status,
            headers=answer.headers,
            stream=answer,
            request=request,
            extensions={"http_version": answer.version, "reason_phrase": bytes(answer.reason)},
        )

    def close(self) -> None:
        """Close the idle connections; one that is in use closes when its answer is read."""
        for idle in self._idle.values():
            while idle:
                idle.pop().link.close()
        self._most_idle = 0

    def _release(self, connection: _Connection) -> None:
        idle = self._idle[connection.origin]
        if len(idle) >= self._most_idle:
            connection.link.close()
            return
        connection.idle_since = monotonic()
        idle.append(connection)

    def _connection(self, origin: Origin, timeout: float | None) -> _Connection:
        idle = self._idle[origin]
        oldest = monotonic() - self._keepalive
        while idle:
            try:
                connection = idle.pop()
            except IndexError:  # another thread was quicker
                break
            if connection.idle_since >= oldest and not is_connection_dropped(connection.link):
                return connection
            connection.link.close()
        return self._connect(origin, timeout)

    def _connect(self, origin: Origin, timeout: float | None) -> _Connection:
        proxy = self._proxy(origin)
        connection = self._open(origin, proxy, timeout)
        link = connection.link
        try:
            link.connect()
        except BaseException as error:
            link.close()
            if _is_timeout(error):
                raise httpx.ConnectTimeout(str(error)) from error
            # A tunnel that is refused has no class of its own.
            if proxy and (type(error) is OSError or isinstance(error, HTTPException)):
                raise httpx.ProxyError(str(error)) from error
            if isinstance(error, (HTTPError, OSError)):
                raise httpx.ConnectError(str(error)) from error
            raise
        return connection

    def _open(self, origin: Origin, proxy: Proxy | None, timeout: float | None) -> _Connection:
        """The connection to the host or its proxy, not yet connected."""
        scheme, host, port = origin
        if proxy is None:
            if scheme == "https":
                link = HTTPSConnection(host, port, timeout=timeout, ssl_context=self._context())
                return _Connection(link, origin)
            return _Connection(HTTPConnection(host, port, timeout=timeout), origin)
        config = ProxyConfig(self._context(), False, None, None)  # noqa: FBT003 - urllib3's form
        if scheme == "https":
            tunnel = HTTPSConnection(
                proxy.host,
                proxy.port,
                timeout=timeout,
                ssl_context=self._context(),
                proxy_config=config,
            )
            tunnel.set_tunnel(host, port, headers=proxy.authorization, scheme=proxy.scheme)
            return _Connection(tunnel, origin)
        made = HTTPSConnection if proxy.scheme == "https" else HTTPConnection
        shown = f"[{host}]" if ":" in host else host
        return _Connection(
            made(proxy.host, proxy.port, timeout=timeout, proxy_config=config),
            origin,
            prefix=f"http://{shown}:{port}".encode(),
            headers=b"".join(f"{k}: {v}\r\n".encode() for k, v in proxy.authorization.items()),
        )

    def _proxy(self, origin: Origin) -> Proxy | None:
        if origin not in self._proxies:
            self._proxies[origin] = environment_proxy(origin) if self._trust_env else None
        return self._proxies[origin]

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = httpx.create_ssl_context(self._verify, trust_env=self._trust_env)
        return self._tls


class _Response(httpx.Response):
    """An answer without a content coding is read directly: httpx's own way costs a third of all."""

    def read(self) -> bytes:
        if not self.is_stream_consumed and "content-encoding" not in self.headers:
            self.is_stream_consumed = True
            try:
                self._content = b"".join(cast("Iterable[bytes]", self.stream))
            except httpx.RequestError as error:
                error.request = self.request
                raise
            self.close()
        return super().read()


@dataclass
class _Answer(httpx.SyncByteStream):
    """One answer as it arrives; the parser calls the `on_` methods."""

    connection: _Connection
    method: str
    timeout: float | None
    release: Any
    status: int = 0
    version: bytes = b"HTTP/1.1"
    reason: bytearray = field(default_factory=bytearray)
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    _pieces: list[bytes] = field(default_factory=list)
    _received: int = 0
    _has_head: bool = False
    _is_whole: bool = False
    _is_reusable: bool = False

    def __post_init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self.connection.socket.settimeout(self.timeout)

    def read_head(self) -> None:
        """Receive until the status and headers are known."""
        while not self._has_head:
            if not self._receive():
                raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
            if self._received > _MOST_HEAD and not self._has_head:
                raise httpx.RemoteProtocolError("The headers of the answer do not end.")
        if self.status == httpx.codes.SWITCHING_PROTOCOLS:
            raise httpx.RemoteProtocolError("The server switches to a protocol not asked for.")

    def __iter__(self) -> Iterator[bytes]:
        while True:
            pieces, self._pieces = self._pieces, []
            yield from pieces
            if self._is_whole:
                return
            if not self._receive():
                self._end_with_connection()

    def close(self) -> None:
        """Give the connection back when the answer was read to its end, else close it."""
        connection, self.release, release = self.connection, None, self.release
        if release is None:
            return
        if self._is_whole and self._is_reusable and not self._pieces:
            release(connection)
        else:
            connection.link.close()

    def _receive(self) -> bool:
        """Hand the next bytes to the parser; False at the end of the connection."""
        try:
            data = self.connection.socket.recv(_CHUNK)
        except TimeoutError as error:
            raise httpx.ReadTimeout(str(error)) from error
        except OSError as error:
            raise httpx.ReadError(str(error)) from error
        self._received += len(data)
        try:
            if data:
                self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            if not self._is_whole:
                raise httpx.RemoteProtocolError(str(error)) from error
            # The answer is whole; what came behind it makes the connection unfit for another.
            self._is_reusable = False
        return bool(data)

    def _end_with_connection(self) -> None:
        """An answer without a length ends with its connection; any other is cut off."""
        names = {name.lower() for name, _ in self.headers}
        if names & {b"content-length", b"transfer-encoding"}:
            raise httpx.RemoteProtocolError(
                "peer closed connection without sending complete message body"
                f" (received {self._received} bytes)"
            )
        self._is_whole = True

    # -- what the parser calls -----------------------------------------------------------------

    def on_message_begin(self) -> None:
        # Never asked for: a second answer behind the first.
        self._is_reusable = False

    def on_status(self, reason: bytes) -> None:
        self.reason += reason

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if self._is_whole or _is_interim(status):
            return
        self.status = status
        self.version = f"HTTP/{self._parser.get_http_version()}".encode()
        self._has_head = True
        if self.method == "HEAD":
            # The parser cannot know that no body follows, whatever the length says.
            self._is_whole = True
            self._is_reusable = self._parser.should_keep_alive()

    def on_body(self, body: bytes) -> None:
        if not self._is_whole:
            self._pieces.append(body)

    def on_message_complete(self) -> None:
        if self._is_whole:
            return
        if not self._has_head:
            # An interim answer, such as 103: the one that counts is still to come.
            self.headers, self.reason = [], bytearray()
            return
        self._is_whole = True
        self._is_reusable = self._parser.should_keep_alive()


def _is_timeout(error: BaseException) -> bool:
    # urllib3 derives "no connection" from "no connection in time".
    is_slow = isinstance(error, ConnectTimeoutError) and not isinstance(error, NewConnectionError)
    return is_slow or isinstance(error, TimeoutError)


def _is_interim(status: int) -> bool:
    return 100 <= status < 200 and status != httpx.codes.SWITCHING_PROTOCOLS


def _origin(url: httpx.URL) -> Origin:
    if url.scheme not in PORTS:
        raise httpx.UnsupportedProtocol(f"Request URL has an unsupported protocol '{url.scheme}'.")
    return url.scheme, url.raw_host.decode("ascii"), url.port or PORTS[url.scheme]


def _send(connection: _Connection, request: httpx.Request, timeout: float | None) -> None:
    lines = [b"%s: %s\r\n" % header for header in request.headers.raw]
    # A line break in a value would begin a header, or a request, that nobody asked for.
    if not all(map(_HEADER.fullmatch, lines)):
        raise httpx.LocalProtocolError("A header of the request is not what HTTP allows.")
    # As httpx has it: what is asked for may be given instead of parsed out of the URL each time.
    target: bytes = request.extensions.get("target", request.url.raw_path)
    if not _TARGET.fullmatch(target):
        raise httpx.LocalProtocolError("The target of the request is not what HTTP allows.")
    head = b"%s %s%s HTTP/1.1\r\n%s%s\r\n" % (
        request.method.encode("ascii"),
        connection.prefix,
        target,
        b"".join(lines),
        connection.headers,
    )
    connection.socket.settimeout(timeout)
    try:
        for part in _parts(head, request):
            connection.socket.sendall(part)
    except TimeoutError as error:
        raise httpx.WriteTimeout(str(error)) from error
    except OSError:
        # A server may answer and close before it has read all: what it answers counts.
        return


def _parts(head: bytes, request: httpx.Request) -> Iterator[bytes]:
    body = cast("Iterable[bytes]", request.stream)
    if "transfer-encoding" in request.headers:
        yield head
        for part in body:
            if part:
                yield b"%x\r\n%s\r\n" % (len(part), part)
        yield b"0\r\n\r\n"
    elif isinstance(body, httpx.ByteStream):
        # One packet, not two, for the short requests that most are.
        yield head + b"".join(body)
    else:
        yield head
        yield from body
