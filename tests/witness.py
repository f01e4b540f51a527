"""Holds every call to an emulated vendor and every answer to the official description."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from openapi_core import Config, OpenAPI
from openapi_core.contrib.werkzeug import WerkzeugOpenAPIRequest, WerkzeugOpenAPIResponse
from openapi_core.templating.paths.exceptions import PathNotFound
from werkzeug.test import Client, EnvironBuilder
from werkzeug.wrappers import Request

from warehouse.settings import PROJECT_ROOT

Mend = Callable[[dict[str, Any]], None]


def described(name: str, mend: Mend = lambda _: None) -> dict[str, Any]:
    """A description out of `../shared/specs`, mended; the test is skipped where it is absent."""
    path = PROJECT_ROOT.parent / "shared" / "specs" / name
    if not path.is_file():
        pytest.skip(f"the official description is not here: {name}")
    document: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    mend(document)
    document["servers"] = [{"url": "http://localhost"}]
    return document


def description(name: str, mend: Mend = lambda _: None) -> OpenAPI:
    """The same, ready to judge calls and answers."""
    return OpenAPI.from_dict(described(name, mend), config=Config(spec_validator_cls=None))


class Witness:
    """A WSGI application around the sandbox.

    Attributes:
        seen: what was called, of what the descriptions know.
        unknown: what was called and no description knows.
        found: what breaks a description.
    """

    def __init__(
        self,
        app: Any,
        vendor: str,
        descriptions: Sequence[OpenAPI],
        *,
        is_refusal: Callable[[Any], bool] = lambda _: False,
    ) -> None:
        self._app, self._prefix, self._descriptions = app, f"/{vendor}", descriptions
        self._is_refusal = is_refusal
        self.seen: set[str] = set()
        self.unknown: set[str] = set()
        self.found: list[str] = []

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        path = environ["PATH_INFO"]
        if not path.startswith(f"{self._prefix}/"):
            return self._app(environ, start_response)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        asked: dict[str, Any] = {
            "method": environ["REQUEST_METHOD"],
            "query_string": environ.get("QUERY_STRING", ""),
            "data": body,
            "headers": _headers(environ, has_body=bool(body)),
        }
        answer = Client(self._app).open(path, **asked)
        official = EnvironBuilder(
            path=path.removeprefix(self._prefix), base_url="http://localhost", **asked
        )
        self._judge(Request(official.get_environ()), answer)
        return answer(environ, start_response)

    def _judge(self, request: Request, answer: Any) -> None:
        call = f"{request.method} {request.path}"
        asked = WerkzeugOpenAPIRequest(request)
        for described in self._descriptions:
            try:
                described.validate_request(asked)
                if answer.is_json and not self._is_refusal(answer):
                    described.validate_response(asked, WerkzeugOpenAPIResponse(answer))
            except PathNotFound:
                continue
            except Exception as error:  # noqa: BLE001 - whatever is wrong is what we look for
                causes = getattr(error.__cause__, "schema_errors", [])
                said = [f"{list(one.absolute_path)}: {one.message[:200]}" for one in causes]
                self.found.append(f"{call}: {error!r} {error.__cause__!r:.200} {said}")
            self.seen.add(call)
            return
        self.unknown.add(call)


def _headers(environ: dict[str, Any], *, has_body: bool) -> dict[str, str]:
    found = {
        name[5:].replace("_", "-"): value
        for name, value in environ.items()
        if name.startswith("HTTP_") and name != "HTTP_HOST"
    }
    return found | ({"Content-Type": environ.get("CONTENT_TYPE", "")} if has_body else {})
