"""Our transport against httpx's own, over sockets: the same answers, the same errors."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from connectors.core.transport import Transport

Script = Callable[[socket.socket, bytes], None]

BIG = bytes(range(256)) * 20_000
MULTIPART = {"Content-Type": "multipart/form-data; boundary=x"}


class Server:
    """Reads whole requests from each connection and lets a script answer every one."""

    def __init__(self, script: Script, tls: ssl.SSLContext | None) -> None:
        self.script = script
        self.tls = tls
        self.requests: list[bytes] = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            if self.tls:
                connection = self.tls.wrap_socket(connection, server_side=True)
            while request := read_request(connection):
                self.requests.append(request)
                self.script(connection, request)

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


def read_request(connection: socket.socket) -> bytes:
    """The bytes of one request, as far as its own length or last chunk says."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65_536)
        if not more:
            return b""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    headers = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    length = int(headers.get(b"content-length", 0))
    is_chunked = headers.get(b"transfer-encoding") == b"chunked"
    while len(body) < length or (is_chunked and not body.endswith(b"0\r\n\r\n")):
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body


def sends(*parts: bytes, then_close: bool = False) -> Script:
    def script(connection: socket.socket, _: bytes) -> None:
        for part in parts:
            connection.sendall(part)
        if then_close:
            connection.close()

    return script


def whole(body: bytes, *headers: bytes) -> bytes:
    lines = b"".join(header + b"\r\n" for header in headers)
    return b"HTTP/1.1 200 OK\r\n%sContent-Length: %d\r\n\r\n%s" % (lines, len(body), body)


def resets(*before: bytes) -> Script:
    """Say something, or nothing, and drop the connection hard."""

    def script(connection: socket.socket, _: bytes) -> None:
        for part in before:
            connection.sendall(part)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        connection.close()

    return script


@contextmanager
def serving(script: Script, tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    server = Server(script, tls)
    try:
        yield server
    finally:
        server.close()


@pytest.fixture(params=["ours", "httpx"])
def transport(request: pytest.FixtureRequest) -> Iterator[httpx.BaseTransport]:
    """Every test of behaviour runs over httpx's transport too: it says what is right."""
    made: httpx.BaseTransport
    with Transport() if request.param == "ours" else httpx.HTTPTransport() as made:
        yield made


def client(transport: httpx.BaseTransport, server: Server, timeout: float = 5) -> httpx.Client:
    return httpx.Client(transport=transport, base_url=server.url, timeout=timeout)


def chunked(*parts: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (*parts, b""))


ANSWERS = {
    "length": whole(b'{"a":1}', b"Content-Type: application/json"),
    "no content": b"HTTP/1.1 204 No Content\r\nX-A: 1\r\nX-A: 2\r\n\r\n",
    "gzip": whole(gzip.compress(BIG), b"Content-Encoding: gzip"),
    "large": whole(BIG),
    "chunked": b"HTTP/1.1 200 Fine\r\nTransfer-Encoding: chunked\r\n\r\n" + chunked(BIG, b"end"),
    "refusal": b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3\r\nContent-Length: 2\r\n\r\nno",
    "redirect": b"HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n",
    "interim": b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + whole(b"after all"),
    "no reason": b"HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx",
    "cookies": whole(b"", b"Set-Cookie: a=1", b"Set-Cookie: b=2"),
    "not ascii": whole(b"", "X-Name: Zoë".encode("latin-1")),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_is_what_httpx_makes_of_it(name: str) -> None:
    with serving(sends(ANSWERS[name])) as server:
        answers = []
        for transport in (Transport(), httpx.HTTPTransport()):
            with client(transport, server) as web:
                answer = web.get("/")
            answers.append(
                (
                    answer.status_code,
                    answer.reason_phrase,
                    answer.http_version,
                    answer.headers.raw,
                    answer.content,
                )
            )
    assert answers[0] == answers[1]


@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("GET", {"params": {"after": "a b/?&é", "limit": 100}}),
        ("POST", {"json": {"name": "髙田"}}),
        ("PUT", {"content": BIG}),
        ("PATCH", {"data": {"a": "1", "b": "x y"}}),
        ("DELETE", {"headers": [("X-A", "1"), ("X-A", "2")]}),
        ("POST", {"content": lambda: iter([b"one", b"", b"two"])}),
        ("POST", {"files": {"file": ("rows.csv", b"a,b\n1,2\n")}, "headers": MULTIPART}),
        ("GET", {"auth": ("me", "secret")}),
    ],
)
def test_a_request_is_the_same_on_the_wire(method: str, arguments: dict[str, Any]) -> None:
    with serving(sends(whole(b""))) as server:
        for transport in (Transport(), httpx.HTTPTransport()):
            with client(transport, server) as web:
                made = {name: v() if callable(v) else v for name, v in arguments.items()}
                web.request(method, "/path", **made)
        ours, theirs = server.requests
    assert ours == theirs


def test_a_head_answer_has_a_length_and_no_body(transport: httpx.BaseTransport) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"
    with serving(sends(head)) as server, client(transport, server) as web:
        assert [web.head("/").headers["Content-Length"] for _ in range(2)] == ["99", "99"]
        assert server.connections == 1


def test_an_answer_without_a_length_ends_with_its_connection(
    transport: httpx.BaseTransport,
) -> None:
    script = sends(b"HTTP/1.1 200 OK\r\n\r\nall ", b"of it", then_close=True)
    with serving(script) as server, client(transport, server) as web:
        assert web.get("/").text == "all of it"


def test_a_body_is_streamed_as_it_comes(transport: httpx.BaseTransport) -> None:
    release = threading.Event()

    def script(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nhalf")
        release.wait(5)
        connection.sendall(b"rest")

    with serving(script) as server, client(transport, server) as web, web.stream("GET", "/") as got:
        chunks = got.iter_raw()
        assert next(chunks) == b"half"
        release.set()
        assert b"".join(chunks) == b"rest"


def test_connections_are_kept_and_used_again(transport: httpx.BaseTransport) -> None:
    with serving(sends(whole(BIG))) as server, client(transport, server) as web:
        assert all(web.get("/").content == BIG for _ in range(5))
        assert server.connections == 1


def test_an_answer_read_half_way_does_not_spoil_the_next(transport: httpx.BaseTransport) -> None:
    with serving(sends(whole(BIG))) as server, client(transport, server) as web:
        with web.stream("GET", "/") as half:
            next(half.iter_raw())
        assert web.get("/").content == BIG
        assert server.connections == 2


def test_a_connection_that_the_server_closes_is_not_used_again(
    transport: httpx.BaseTransport,
) -> None:
    told = sends(whole(b"x", b"Connection: close"), then_close=True)
    for script in (told, sends(whole(b"x"), then_close=True)):
        with serving(script) as server, client(transport, server) as web:
            for _ in range(3):
                assert web.get("/").text == "x"
                threading.Event().wait(0.02)  # until the close has arrived
            assert server.connections == 3


def test_what_comes_behind_an_answer_is_not_taken_for_the_next() -> None:
    # httpx's own transport takes the forged one.
    for tail in (whole(b"forged"), b"rubbish"):
        with serving(sends(whole(b"real") + tail)) as server, client(Transport(), server) as web:
            assert [web.get("/").text for _ in range(2)] == ["real", "real"]
            assert server.connections == 2


def test_many_threads_share_it() -> None:
    def script(connection: socket.socket, request: bytes) -> None:
        connection.sendall(whole(request.split(b" ")[1] * 9_000))

    with serving(script) as server, client(Transport(), server) as web:
        paths = [f"/{number}" for number in range(200)]
        with ThreadPoolExecutor(8) as pool:
            texts = list(pool.map(lambda path: web.get(path).text, paths))
        assert texts == [path * 9_000 for path in paths]
        assert server.connections <= 8


def silent(connection: socket.socket, _: bytes) -> None:
    connection.recv(1)


HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"
FAILURES: dict[str, tuple[Script, type[httpx.RequestError]]] = {
    "silence": (silent, httpx.ReadTimeout),
    "silence in a body": (sends(HALF), httpx.ReadTimeout),
    "a hang-up": (sends(then_close=True), httpx.RemoteProtocolError),
    "a reset": (resets(), httpx.ReadError),
    "a reset in a body": (resets(HALF), httpx.ReadError),
    "a body that ends early": (sends(HALF, then_close=True), httpx.RemoteProtocolError),
    "chunks that end early": (
        sends(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", then_close=True),
        httpx.RemoteProtocolError,
    ),
    "a bad chunk": (
        sends(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab\r\n"),
        httpx.RemoteProtocolError,
    ),
    "no HTTP at all": (sends(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), httpx.RemoteProtocolError),
    "headers without end": (sends(b"HTTP/1.1 200 OK\r\nX: " + BIG), httpx.RemoteProtocolError),
    "a body that is no gzip": (
        sends(whole(b"plain", b"Content-Encoding: gzip")),
        httpx.DecodingError,
    ),
}


@pytest.mark.parametrize("name", FAILURES)
def test_a_failure_is_the_one_that_httpx_raises(name: str, transport: httpx.BaseTransport) -> None:
    script, error = FAILURES[name]
    with serving(script) as server, client(transport, server, timeout=0.3) as web:
        with pytest.raises(error) as caught:
            web.get("/")
        assert type(caught.value) is error
        assert caught.value.request.url.path == "/"


def test_a_refused_connection(transport: httpx.BaseTransport) -> None:
    with serving(silent) as server:
        pass
    with client(transport, server) as web, pytest.raises(httpx.ConnectError):
        web.get("/")


def test_an_unknown_host(transport: httpx.BaseTransport) -> None:
    with httpx.Client(transport=transport) as web, pytest.raises(httpx.ConnectError):
        web.get("http://nowhere.invalid/")


def test_a_connection_that_is_never_accepted(transport: httpx.BaseTransport) -> None:
    # A full queue of one lets no further connection be completed.
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, socket.socket() as first:
        first.connect(full.getsockname())
        url = f"http://127.0.0.1:{full.getsockname()[1]}/"
        web = httpx.Client(transport=transport, timeout=0.3)
        with web, pytest.raises(httpx.ConnectTimeout):
            web.get(url)


def test_a_scheme_that_is_not_http(transport: httpx.BaseTransport) -> None:
    with httpx.Client(transport=transport) as web, pytest.raises(httpx.UnsupportedProtocol):
        web.get("ftp://localhost/")


def test_a_header_that_would_begin_another_is_refused(transport: httpx.BaseTransport) -> None:
    with serving(sends(whole(b""))) as server, client(transport, server) as web:
        with pytest.raises(httpx.LocalProtocolError):
            web.get("/", headers={"X-Note": "a\r\nX-Admin: 1"})
        assert server.requests == []


def test_a_target_given_stands_in_place_of_the_url(transport: httpx.BaseTransport) -> None:
    with serving(sends(whole(b""))) as server, client(transport, server) as web:
        web.get("/path?a=1", extensions={"target": b"/other?after=2"})
        assert server.requests[0].startswith(b"GET /other?after=2 HTTP/1.1\r\n")
        with pytest.raises(httpx.LocalProtocolError):
            web.get("/", extensions={"target": b"/ HTTP/1.1\r\nX-Admin: 1\r\n"})


def test_a_server_that_answers_before_it_has_read_all_is_heard() -> None:
    def script(connection: socket.socket, _: bytes) -> None:
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")

    with serving(script) as server, client(Transport(), server) as web:
        assert web.post("/", content=BIG).status_code == 413


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for localhost that no authority vouches for, and its key in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    return path


def test_tls_is_spoken_with_whom_an_authority_vouches_for(certificate: Path) -> None:
    server_side = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server_side.load_cert_chain(certificate)
    trusting = ssl.create_default_context(cafile=certificate)
    with serving(sends(whole(BIG)), tls=server_side) as server:
        url, other = (f"https://{name}:{server.port}/" for name in ("localhost", "127.0.0.1"))
        with httpx.Client(transport=Transport(verify=trusting)) as web:
            assert [web.get(url).content == BIG for _ in range(2)] == [True, True]
            with pytest.raises(httpx.ConnectError, match=r"mismatch|not valid for"):
                web.get(other)
        web = httpx.Client(transport=Transport())
        with web, pytest.raises(httpx.ConnectError, match="self-signed"):
            web.get(url)
        with httpx.Client(transport=Transport(verify=False)) as web:
            assert web.get(other).content == BIG


def test_certificates_are_checked_unless_told_not_to() -> None:
    strict, lax = Transport()._context(), Transport(verify=False)._context()
    assert (strict.verify_mode, strict.check_hostname) == (ssl.CERT_REQUIRED, True)
    assert lax.verify_mode == ssl.CERT_NONE


def test_a_proxy_of_the_environment_forwards_and_is_told_who_asks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with serving(sends(whole(b"by proxy"))) as server:
        monkeypatch.setenv("http_proxy", f"http://me:secret@127.0.0.1:{server.port}")
        monkeypatch.setenv("no_proxy", "direct.example")
        with httpx.Client(transport=Transport()) as web:
            assert web.get("http://vendor.example/path?a=1").text == "by proxy"
            with pytest.raises(httpx.ConnectError):
                web.get("http://direct.example.invalid.direct.example/")
        web = httpx.Client(transport=Transport(trust_env=False))
        with web, pytest.raises(httpx.ConnectError):
            web.get("http://vendor.invalid/")
    (request,) = server.requests
    assert request.startswith(b"GET http://vendor.example:80/path?a=1 HTTP/1.1\r\n")
    assert b"host: vendor.example\r\n" in request.lower()
    assert b"proxy-authorization: Basic bWU6c2VjcmV0" in request


def test_a_proxy_that_refuses_a_tunnel_is_a_proxy_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(sends(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")) as server:
        monkeypatch.setenv("https_proxy", server.url)
        with httpx.Client(transport=Transport()) as web, pytest.raises(httpx.ProxyError):
            web.get("https://vendor.example/")
    assert server.requests[0].startswith(b"CONNECT vendor.example:443 HTTP/1.")
