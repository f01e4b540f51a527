"""A vendor that says exactly what a test wants it to say, over a real connection."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx
import pytest

from connectors.core.auth import BearerAuth
from connectors.core.http import Account, ToolClient
from connectors.core.pace import Budget
from sandbox.server import running
from warehouse.clock import FixedClock
from warehouse.settings import HttpSettings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
TOKEN = "pat-t0ken"


@dataclass
class Answer:
    body: bytes = b'{"results":[]}'
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


Say = Callable[["WSGIEnvironment"], Answer]


@dataclass
class Script:
    """Answers in turn, the last one for ever; `asked` holds method and path of every request."""

    answers: list[Answer | Say] = field(default_factory=lambda: [Answer()])
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.asked.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        answer = answer if isinstance(answer, Answer) else answer(environ)
        headers = {"Content-Length": str(len(answer.body)), **answer.headers}
        start_response(f"{answer.status} Said", list(headers.items()))
        return [answer.body]

    def says(self, *answers: Answer | Say) -> None:
        self.answers = list(answers)
        self.asked.clear()


def document(value: object, status: int = 200, **headers: str) -> Answer:
    return Answer(json.dumps(value).encode(), status, headers)


@pytest.fixture
def script() -> Iterator[Script]:
    script = Script()
    with running(script) as script.url:
        yield script


MakeClient = Callable[..., ToolClient]


@pytest.fixture
def make_client(script: Script) -> Iterator[MakeClient]:
    made: list[ToolClient] = []

    def make(auth: httpx.Auth | None = None, *, attempts: int = 3, **kwargs: object) -> ToolClient:
        options: dict[str, object] = {
            "budget": Budget(requests=10_000, seconds=1),
            "http": HttpSettings(max_attempts=attempts, backoff_seconds=0.01, timeout_seconds=5),
            "clock": FixedClock(NOW),
            "secrets": [TOKEN],
            "account": Account(("REVOPS_ACME__TOKEN",), "the token needs the scope things.read"),
        }
        client = ToolClient(
            "acme",
            script.url,
            auth or BearerAuth(TOKEN),
            **(options | kwargs),  # type: ignore[arg-type]
        )
        made.append(client)
        return client

    yield make
    for client in made:
        with client:
            pass


@pytest.fixture
def client(make_client: MakeClient) -> ToolClient:
    return make_client()
