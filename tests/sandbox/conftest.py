import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from werkzeug.test import Client, TestResponse

from sandbox.app import Sandbox, create_app
from sandbox.generate import generate

AS_OF = datetime(2026, 11, 20, 9, tzinfo=UTC)


class Ticks:
    """Seconds under the test's control."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


class Caller:
    """A client of one sandbox that knows its credentials and lets rate windows pass."""

    def __init__(self, app: Sandbox, data: Path, ticks: Ticks) -> None:
        self.app = app
        self.ticks = ticks
        self.web = Client(app)
        self.credentials = json.loads((data / "manifest.json").read_text("utf-8"))["credentials"]
        self.session = ""

    def call(self, method: str, path: str, **kwargs: Any) -> TestResponse:
        headers = {"Authorization": self.authorization(path), **kwargs.pop("headers", {})}
        return self.web.open(path, method=method, headers=headers, **kwargs)

    def patiently(self, method: str, path: str, **kwargs: Any) -> TestResponse:
        self.ticks.seconds += 60
        return self.call(method, path, **kwargs)

    def get(self, path: str, **kwargs: Any) -> TestResponse:
        return self.call("GET", path, **kwargs)

    def post(self, path: str, body: Any = None, **kwargs: Any) -> TestResponse:
        return self.call("POST", path, json=body, **kwargs)

    def authorization(self, path: str) -> str:
        vendor = urlsplit(path).path.split("/")[1]
        if vendor == "hubspot":
            return f"Bearer {self.credentials['hubspot']['token']}"
        if vendor in {"zendesk", "intercom", "slack", "stripe"}:
            return f"Bearer {self.credentials[vendor]['token']}"
        return f"Bearer {self.session}"

    def log_in(self) -> "Caller":
        form = {"grant_type": "client_credentials", **self.credentials["salesforce"]}
        answer = self.web.post("/salesforce/services/oauth2/token", data=form)
        self.session = answer.get_json()["access_token"]
        return self

    def soql(self, query: str, *, everything: bool = False, **headers: str) -> TestResponse:
        path = f"/salesforce/services/data/v62.0/{'queryAll' if everything else 'query'}"
        return self.get(path, query_string={"q": query}, headers=headers)

    def records(self, vendor: str, kind: str) -> list[dict[str, Any]]:
        text = self.web.get(f"/_sandbox/records/{vendor}/{kind}").get_data(as_text=True)
        return [json.loads(line) for line in text.splitlines()]


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("sandbox") / "data"
    generate(out, as_of=AS_OF)
    return out


@pytest.fixture
def start(data: Path) -> Callable[..., Caller]:
    """Start a sandbox on a data directory, by default the generated one."""

    def start(where: Path = data, **kwargs: Any) -> Caller:
        ticks = Ticks()
        return Caller(create_app(where, ticks=ticks, **({"lazily": True} | kwargs)), where, ticks)

    return start


@pytest.fixture
def caller(start: Callable[..., Caller]) -> Caller:
    return start()
