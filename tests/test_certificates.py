"""Whoever has a certificate that nobody vouches for is told nothing: no record, no credential."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from connectors.core import registry
from connectors.core.http import ToolClient
from orchestration.alerting.channels import send
from orchestration.alerting.message import Message
from orchestration.alerting.spec import SlackChannel, WebhookChannel
from orchestration.app import App
from reverse_etl.destinations.http import account_of, kind_of
from reverse_etl.endpoint import Endpoint
from tests.orchestration.conftest import environment
from tests.orchestration.test_alert_channels import certificate
from tests.reverse_etl.test_http import ROWS, SAID
from warehouse.clock import SystemClock
from warehouse.errors import RevopsError, Unavailable
from warehouse.settings import HttpSettings

HTTP = HttpSettings(max_attempts=1, max_wait_seconds=1)


@contextmanager
def unvouched_for(folder: Path) -> Iterator[tuple[str, list[str]]]:
    """A server that calls itself 127.0.0.1 by its own word, and every request that reaches it."""
    told: list[str] = []

    class Server(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told.append(f"{self.path} {self.headers}")
            self.send_response(200)
            self.end_headers()

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """That the other side hangs up is what is asked for here."""

    server = Quiet(("127.0.0.1", 0), Server)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(folder))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"https://127.0.0.1:{server.server_port}", told
        server.shutdown()


MESSAGE = Message("held", "a gate holds", {})


def to_slack(_: str) -> None:
    send(App.from_environment(), SlackChannel(name="chat", kind="slack"), MESSAGE)


def to_a_webhook(_: str) -> None:
    send(App.from_environment(), WebhookChannel(name="hook", kind="webhook"), MESSAGE)


def to_an_http_endpoint(url: str) -> None:
    one = Endpoint.model_validate(SAID | {"auth": "bearer"})
    source = account_of(one)
    given = source.settings.model_validate({"base_url": url, "token": "s3cret-token"})
    with ToolClient(
        one.name,
        given.url,
        source.authorise(given),
        budget=source.budget,
        headers=source.headers,
        http=HTTP,
        clock=SystemClock(),
        secrets=given.secrets(),
        classify=source.classify,
    ) as client:
        kind_of(one)(client, "accounts", "ref").write("upsert", ROWS)


def from_hubspot(_: str) -> None:
    with registry.source("hubspot").open(HTTP, SystemClock()) as client:
        assert isinstance(client, ToolClient)
        client.get("/crm/v3/owners")


WAYS = [to_slack, to_a_webhook, to_an_http_endpoint, from_hubspot]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_server_that_nobody_vouches_for_is_told_nothing(
    way: Callable[[str], None], tmp_path: Path
) -> None:
    with unvouched_for(tmp_path) as (url, told):
        settings = {
            "REVOPS_HOME": str(tmp_path / "home"),
            "REVOPS_VENDORS": "hubspot",
            "REVOPS_HTTP__TIMEOUT_SECONDS": "5",
            "REVOPS_HUBSPOT__BASE_URL": url,
            "REVOPS_HUBSPOT__TOKEN": "s3cret-token",
            "REVOPS_ALERTS__SLACK_WEBHOOK_URL": f"{url}/s3cret-path",
            "REVOPS_ALERTS__WEBHOOK_URL": f"{url}/s3cret-path",
            "REVOPS_ALERTS__WEBHOOK_TOKEN": "s3cret-token",
        }
        with environment(settings, tmp_path):
            with pytest.raises(Unavailable) as caught:
                way(url)
            assert told == []
            assert "s3cret" not in str(caught.value)
            # It is the certificate alone that stood in the way.
            trusted = {"SSL_CERT_FILE": str(tmp_path / "server.pem")}
            # What this server says is no answer of a tool's: that it was asked is enough.
            with environment(settings | trusted, tmp_path), suppress(RevopsError):
                way(url)
            assert told
