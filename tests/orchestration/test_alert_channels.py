"""Alerts reach a real mail server and real HTTP servers, once, again, and at their end."""

from __future__ import annotations

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from orchestration.alerting import run as alerting
from orchestration.alerting.facts import Facts, GateFact, gather
from orchestration.alerting.run import tell_channels, watch
from orchestration.app import App
from orchestration.steps import deliver
from tests.docs.workspace import free_port
from tests.orchestration.command import revops
from tests.orchestration.conftest import environment
from tests.reverse_etl.bench import SPEC, Bench, wished
from warehouse.alert_log import told_to
from warehouse.clock import SystemClock
from warehouse.reconciliation import Reconciliation, note_reconciliation
from warehouse.settings import export_environment
from warehouse.state import RUNS

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
PASSWORD = "s3cr3t-smtp"
SECRET_PATH = "/hooks/T000-s3cr3t"
TOKEN = "t0ken-webhook"


@dataclass
class Receiver:
    """An HTTP server that keeps what was posted to it, and answers as it is told to."""

    url: str = ""
    status: int = 200
    got: list[tuple[str | None, Any]] = field(default_factory=list)


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if receiver.status == 200:
                receiver.got.append((self.headers["Authorization"], body))
            self.send_response(receiver.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.url = f"http://127.0.0.1:{server.server_port}{SECRET_PATH}"
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Mailbox:
    """What a mail server hands its letters to."""

    def __init__(self) -> None:
        self.letters: list[tuple[list[str], Message]] = []
        self.logins: list[tuple[bytes, bytes]] = []

    async def handle_DATA(self, _server: object, _session: object, envelope: Envelope) -> str:  # noqa: N802 - its name there
        assert isinstance(envelope.content, bytes)
        self.letters.append((envelope.rcpt_tos, message_from_bytes(envelope.content)))
        return "250 taken"

    def login(
        self, _server: Any, _session: Any, _envelope: Any, _how: Any, data: Any
    ) -> AuthResult:
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == PASSWORD.encode())


@contextmanager
def mail_server(folder: Path) -> Iterator[tuple[Mailbox, int]]:
    """A server that takes a letter after STARTTLS and a login only."""
    box = Mailbox()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(folder))
    controller = Controller(
        box,
        hostname="127.0.0.1",
        port=free_port(),
        tls_context=context,
        require_starttls=True,
        authenticator=box.login,
        auth_required=True,
    )
    controller.start()
    try:
        yield box, controller.port
    finally:
        controller.stop()


def certificate(folder: Path) -> Path:
    """A certificate for 127.0.0.1 that nobody has signed but itself, with its key."""
    path = folder / "server.pem"
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = SystemClock().now()
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


RULES = """
channels:
  - {name: chat, kind: slack}
  - {name: mail, kind: email}
  - {name: hook, kind: webhook}
rules:
  - rule: held_gate
    kind: held_gate
    severity: error
    because: look at the <rows> & free them
    to: [chat, mail, hook]
    repeat_after_hours: 6
"""


@dataclass
class World:
    bench: Bench
    chat: Receiver
    hook: Receiver
    mail: Mailbox
    decision: str = "hold"

    def at(self, hours: float) -> App:
        """The application, so many hours later."""
        export_environment({"REVOPS_CLOCK": (NOW + timedelta(hours=hours)).isoformat()})
        return App.from_environment()

    def facts(self, app: App) -> Facts:
        return Facts(app.clock.now(), gates=(GateFact("accounts", self.decision, 0),))

    @property
    def counts(self) -> tuple[int, int, int]:
        return len(self.chat.got), len(self.mail.letters), len(self.hook.got)


@pytest.fixture
def world(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    rules = tmp_path / "alerts.yaml"
    rules.write_text(RULES, encoding="utf-8")
    with receiving() as chat, receiving() as hook, mail_server(tmp_path) as (box, port):
        settings = bench.environment | {
            "REVOPS_VENDORS": "hubspot",
            "REVOPS_ALERTS__RULES": str(rules),
            "REVOPS_ALERTS__SLACK_WEBHOOK_URL": chat.url,
            "REVOPS_ALERTS__WEBHOOK_URL": hook.url,
            "REVOPS_ALERTS__WEBHOOK_TOKEN": TOKEN,
            "REVOPS_ALERTS__SMTP_HOST": "127.0.0.1",
            "REVOPS_ALERTS__SMTP_PORT": str(port),
            "REVOPS_ALERTS__SMTP_USER": "revops",
            "REVOPS_ALERTS__SMTP_PASSWORD": PASSWORD,
            "REVOPS_ALERTS__EMAIL_FROM": "revops@example.com",
            "REVOPS_ALERTS__EMAIL_TO": "ops@example.com, lead@example.com",
            "SSL_CERT_FILE": str(tmp_path / "server.pem"),
        }
        with environment(settings, tmp_path):
            world = World(bench, chat, hook, box)
            # Where everything stands is read in another test: here it is one gate.
            monkeypatch.setattr(alerting, "gather", world.facts)
            yield world


def test_an_alert_is_told_once_repeated_and_resolved_on_every_channel(world: World) -> None:
    assert tell_channels(world.at(0)) == []
    assert world.counts == (1, 1, 1)
    # Still true, and known.
    assert tell_channels(world.at(5)) == []
    assert world.counts == (1, 1, 1)
    assert tell_channels(world.at(6)) == []
    assert world.counts == (2, 2, 2)
    world.decision = "pass"
    assert tell_channels(world.at(7)) == []
    assert world.counts == (3, 3, 3)
    assert tell_channels(world.at(30)) == []
    assert world.counts == (3, 3, 3)

    text = world.chat.got[0][1]["text"]
    assert "gate accounts: it holds" in text
    assert "look at the &lt;rows&gt; &amp; free them" in text
    bearer, document = world.hook.got[1]
    assert bearer == f"Bearer {TOKEN}"
    assert [one["subject"] for one in document["still"]] == ["gate accounts"]
    assert [one["rule"] for one in world.hook.got[2][1]["resolved"]] == ["held_gate"]
    readers, letter = world.mail.letters[2]
    assert readers == ["ops@example.com", "lead@example.com"]
    assert letter["Subject"] == "revops: 1 resolved"
    assert world.mail.logins[0] == (b"revops", PASSWORD.encode())


def test_what_a_channel_does_not_take_is_sent_again_and_keeps_no_other_back(world: World) -> None:
    world.chat.status = 500
    (error,) = tell_channels(world.at(0))
    assert error.exit_code == 5
    assert SECRET_PATH not in str(error)
    assert world.counts == (0, 1, 1)
    world.chat.status = 200
    said = revops("alerts", "--send", "--json")
    assert said.code == 0
    assert said.document["sent"] == {"chat": {"new": 1, "still": 0, "resolved": 0}}
    assert world.counts == (1, 1, 1)
    shown = revops("alerts")
    assert "held_gate" in shown.out
    world.chat.status = 403
    refused = revops("alerts", "--test", "chat")
    assert (refused.code, SECRET_PATH in refused.err) == (2, False)
    assert revops("alerts", "--test", "mail").code == 0
    assert world.mail.letters[-1][1]["Subject"] == "revops: test"


def test_a_crash_between_sending_and_noting_sends_it_once_more(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At least once: never lost, and twice at the most by one crash."""

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(alerting, "note_told", dies)
        with pytest.raises(KeyboardInterrupt):
            watch(world.at(0), send_them=True)
    assert world.counts == (1, 0, 0)
    assert told_to(world.bench.state, "chat") == []
    watch(world.at(0), send_them=True)
    assert world.counts == (2, 1, 1)
    watch(world.at(0), send_them=True)
    assert world.counts == (2, 1, 1)


def test_a_mail_server_that_nobody_vouches_for_gets_no_password(world: World) -> None:
    (world.bench.home / "other").mkdir()
    other = certificate(world.bench.home / "other")
    export_environment({"SSL_CERT_FILE": str(other)})
    (error,) = tell_channels(world.at(0))
    assert "cannot be trusted" in str(error)
    assert (world.mail.logins, world.mail.letters) == ([], [])


def test_a_channel_without_settings_is_off_and_one_that_lacks_a_setting_says_which(
    world: World,
) -> None:
    export_environment({"REVOPS_ALERTS__EMAIL_FROM": "", "REVOPS_ALERTS__WEBHOOK_URL": ""})
    (error,) = tell_channels(world.at(0))
    assert "REVOPS_ALERTS__EMAIL_FROM is not set" in str(error)
    assert world.counts == (1, 0, 0)


def test_the_facts_are_what_the_stores_hold(bench: Bench, tmp_path: Path) -> None:
    with environment(bench.environment | {"REVOPS_VENDORS": "hubspot"}, tmp_path):
        app = App.from_environment()
        bench.wish([wished(number) for number in range(3)])
        bench.judge()
        deliver(app, SPEC, run_id="20_1")
        bench.judge("hold")
        for number, minutes in enumerate([1, 2, 3, 100]):
            note_run(bench, f"20_{number}", minutes)
        for number, live in enumerate([90, 100, 110, 55]):
            note_reading(bench, number, live, rejected=number)
        facts = gather(app)
    (companies,) = facts.streams
    assert (companies.name, companies.verdict) == ("hubspot.companies", "missing")
    assert (companies.usual, companies.rejected) == (100, 3)
    (run,) = facts.runs
    assert (run.name, run.status, run.seconds, run.usual_seconds) == (
        "run all",
        "failed",
        6000,
        120,
    )
    (sync,) = facts.syncs
    assert (sync.name, sync.status, sync.sent, sync.rejected) == (SPEC.name, "succeeded", 3, 0)
    assert [one.decision for one in facts.gates if one.name == "accounts"] == ["hold"]
    # The delivery has noted what HubSpot says of its own.
    quotas = {one.tool: (one.limit, one.remaining) for one in facts.quotas}
    assert quotas["crm"] == (1000, 7)
    assert "hubspot" in quotas


def note_run(bench: Bench, run_id: str, minutes: int) -> None:
    began = SystemClock().now() - timedelta(hours=10) + timedelta(minutes=int(run_id[3:]))
    report = {"quotas": {"crm": {"limit": 1000, "remaining": 10 - int(run_id[3:])}}}
    with bench.state.transaction() as connection:
        row = {"run_id": run_id, "kind": "run", "subject": "all", "status": "failed"}
        at = {"started_at": began, "finished_at": began + timedelta(minutes=minutes)}
        connection.execute(RUNS.insert().values(**row, **at, report=report))


def note_reading(bench: Bench, number: int, live: int, rejected: int) -> None:
    at = NOW + timedelta(minutes=number)
    found = Reconciliation("r", "hubspot", "companies", at, 100, live, rejected, 0, 0, "missing")
    with bench.warehouse.open("test") as session:
        note_reconciliation(session, found)
