"""Serves the sandbox over HTTP/1.1 on the loopback interface, and nowhere else."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO, StringIO
from threading import Thread
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import unquote

from werkzeug.test import run_wsgi_app

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

HOST = "127.0.0.1"


class _LoopbackServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, app: "WSGIApplication", port: int) -> None:
        self.app = app
        super().__init__((HOST, port), _Handler)

    def server_bind(self) -> None:
        """Bind without the reverse name look-up, which may leave the machine."""
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = HOST, self.server_address[1]


class _Handler(BaseHTTPRequestHandler):
    """Keeps the connection open between requests, which werkzeug's own server does not."""

    protocol_version = "HTTP/1.1"
    # Without this, headers and body wait for each other's acknowledgement: 40 ms per request.
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _LoopbackServer

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # inherited name
        """Stay quiet: `/_sandbox/requests` counts the calls."""

    def handle(self) -> None:
        try:
            super().handle()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def finish(self) -> None:
        try:
            super().finish()
        except (OSError, ValueError):
            # The connection was dropped on purpose, there is nothing to flush to.
            self.close_connection = True

    def _serve(self) -> None:
        body, status, headers = run_wsgi_app(self.server.app, self._environ(), buffered=True)
        code, _, reason = status.partition(" ")
        self.send_response_only(int(code), reason)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.writelines(body)
        self.wfile.flush()

    def __getattr__(self, name: str) -> Any:
        """Answer every method alike: the base class looks for `do_<METHOD>`."""
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def _environ(self) -> dict[str, Any]:
        path, _, query = self.path.partition("?")
        length = int(self.headers.get("Content-Length") or 0)
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote(path, "latin-1"),
            "QUERY_STRING": query,
            "SERVER_NAME": HOST,
            "SERVER_PORT": str(self.server.server_port),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": self.client_address[0],
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(length),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": BytesIO(self.rfile.read(length)),
            "wsgi.errors": StringIO(),
            "wsgi.multithread": True,
            "wsgi.multiprocess": False,
            "wsgi.run_once": False,
            "werkzeug.socket": self.connection,
        }
        for name, value in self.headers.items():
            key = f"HTTP_{name.upper().replace('-', '_')}"
            if key not in {"HTTP_CONTENT_TYPE", "HTTP_CONTENT_LENGTH"}:
                environ[key] = value
        return environ


class _Address(Protocol):
    server_port: int


def base_url(server: _Address) -> str:
    return f"http://{HOST}:{server.server_port}"


def serve(app: "WSGIApplication", port: int) -> None:
    """Serve `app` on 127.0.0.1:`port` until interrupted; OSError when the port is taken."""
    with _LoopbackServer(app, port) as server:
        server.serve_forever()


@contextmanager
def running(app: "WSGIApplication", port: int = 0) -> Iterator[str]:
    """Serve `app` from a thread, yielding its base URL; port 0 takes a free one."""
    with _LoopbackServer(app, port) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield base_url(server)
        finally:
            server.shutdown()
            thread.join()
