import http.client
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest

from sandbox.app import create_app
from sandbox.manifest import read_manifest
from sandbox.server import running


def connect(base_url: str) -> http.client.HTTPConnection:
    return http.client.HTTPConnection(urlsplit(base_url).netloc, timeout=5)


def test_the_sandbox_serves_keeps_alive_and_drops_connections(data: Path) -> None:
    app = create_app(data)
    token = read_manifest(data).credentials["hubspot"]["token"]
    headers = {"Authorization": f"Bearer {token}"}
    with running(app) as base_url:
        assert base_url.startswith("http://127.0.0.1:")
        connection = connect(base_url)
        for _ in range(3):
            connection.request("GET", "/hubspot/crm/v3/objects/companies", headers=headers)
            answer = connection.getresponse()
            assert answer.status == 200
            assert len(answer.read()) == int(answer.headers["Content-Length"])
            assert answer.headers["Connection"] is None
        connection.request("DELETE", "/hubspot/crm/v3/objects/companies/1", headers=headers)
        answer = connection.getresponse()
        assert (answer.status, answer.read()) == (204, b"")

        faults = b'[{"vendor": "hubspot", "path": "*", "kind": "reset"}]'
        connection.request("POST", "/_sandbox/faults", body=faults)
        assert connection.getresponse().read() == b'{"faults":1}'
        connection.request("GET", "/hubspot/crm/v3/owners", headers=headers)
        with pytest.raises(ConnectionError):
            connection.getresponse()

        again = connect(base_url)
        again.request("GET", "/hubspot/crm/v3/owners", headers=headers)
        assert again.getresponse().status == 200
        again.close()
    with pytest.raises(ConnectionError):
        connect(base_url).request("GET", "/_sandbox/health")


def test_concurrent_writers_lose_nothing(data: Path) -> None:
    app = create_app(data)
    token = read_manifest(data).credentials["hubspot"]["token"]
    results: list[int] = []

    def create(base_url: str, name: str) -> None:
        connection = connect(base_url)
        for number in range(10):
            body = f'{{"inputs": [{{"properties": {{"name": "{name}-{number}"}}}}]}}'
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
            path = "/hubspot/crm/v3/objects/companies/batch/create"
            connection.request("POST", path, body=body, headers=headers)
            answer = connection.getresponse()
            answer.read()
            results.append(answer.status)
        connection.close()

    before: Any = len(app.records("hubspot", "companies").splitlines())
    with running(app) as base_url:
        threads = [Thread(target=create, args=(base_url, str(n))) for n in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert results == [201] * 40
    assert len(app.records("hubspot", "companies").splitlines()) == before + 40
